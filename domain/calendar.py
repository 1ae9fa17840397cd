"""A calendar (日历): when an office works, and how long a length of time is. Data of a pack; nothing here reckons.

    hours      the stints of a working day, lunch left out
    weekend    the days of the week that are free
    holidays   free, whatever the weekday          ┐ announced year by year
    workdays   worked, though a weekend (调休)      ┘

China announces the holidays of a year in the autumn before it, and nobody can know them earlier: ``years`` says which are
announced. A deadline that runs into another year is provisional, and is reckoned by the week alone until then.
"""

import hashlib
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, Strict, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from domain.base import Frozen

ClockTime = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
"""A time on the wall clock, ``08:30``. ``24:00`` is the end of the day, so that a day can be worked to its last instant."""


def minutes(wall: ClockTime) -> int:
    """Minutes since midnight."""
    hour, minute = wall.split(":")
    return int(hour) * 60 + int(minute)


class Stint(Frozen):
    """An unbroken stretch of work: ``start`` belongs to it, ``end`` does not."""

    start: ClockTime
    end: ClockTime


class Calendar(Frozen):
    """When an office works.

    ``years``: those whose holidays are announced; None where no year needs it. ``day_ends``: when the last day of a term
    in working days is over, with the last stint (民法典 Art 203) or at midnight.
    """

    id: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z._-]+$")]
    zone: str
    hours: tuple[Stint, ...] = (Stint(start="00:00", end="24:00"),)
    weekend: tuple[Annotated[int, Field(ge=1, le=7)], ...] = ()
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()
    years: tuple[int, ...] | None = None
    day_ends: Literal["closing", "midnight"] = "closing"

    @field_validator("holidays", "workdays", "weekend", "years")
    @classmethod
    def _in_order(cls, found: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        """Sorted, so that the version says what the calendar is and not how it was written down."""
        return None if found is None else tuple(sorted(set(found)))

    @property
    def version(self) -> str:
        """Eight digits of its content's SHA-256: a calendar that was edited is another one, whoever forgot to say so."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]

    @property
    def label(self) -> str:
        """What a deadline names it by."""
        return f"{self.id}/{self.version}"

    def announced(self, year: int) -> bool:
        """Whether the free days of the year are known."""
        return self.years is None or year in self.years


def around_the_clock(zone: str = "UTC") -> Calendar:
    """The calendar of a pack that has none: every day is worked, from midnight to midnight."""
    return Calendar(id="around-the-clock", zone=zone)


class Unit(StrEnum):
    """What a length is counted in (计时单位)."""

    HOUR = "hour"  # 小时
    CALENDAR_DAY = "calendar_day"  # 日（自然日）
    WORKING_DAY = "working_day"  # 工作日
    WORKING_MINUTE = "working_minute"  # 工作分钟


_TEN_YEARS = {
    Unit.HOUR: 10 * 366 * 24,
    Unit.CALENDAR_DAY: 10 * 366,
    Unit.WORKING_DAY: 10 * 366,
    Unit.WORKING_MINUTE: 10 * 366 * 24 * 60,
}
"""The longest of each. Beyond that it is a slip of the pen, and some would not fit into a calendar."""

_WRITTEN = {
    "hours": (Unit.HOUR, 1),
    "days": (Unit.CALENDAR_DAY, 1),
    "working_days": (Unit.WORKING_DAY, 1),
    "working_hours": (Unit.WORKING_MINUTE, 60),
    "working_minutes": (Unit.WORKING_MINUTE, 1),
}
"""How a pack writes a length: the unit, and how many of it one is."""


WRITTEN = frozenset(_WRITTEN)
"""The words for a unit in a pack."""


class Length(Frozen):
    """So many hours, days, working days or working minutes. A bare number is hours, as older packs and events have it.

    ``roll``: a term in calendar days whose last day is free ends with the next working day.
    """

    amount: Annotated[int, Strict(), Field(gt=0)]
    unit: Unit = Unit.HOUR
    roll: bool = False

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, found: object) -> object:
        if isinstance(found, int) and not isinstance(found, bool):
            return {"amount": found}
        if not isinstance(found, dict):
            return found
        table: dict[str, object] = dict(found)  # pyright: ignore[reportUnknownArgumentType]
        named = [key for key in table if key in _WRITTEN]
        if len(named) != 1:
            return table
        unit, each = _WRITTEN[named[0]]
        amount = table.pop(named[0])
        if isinstance(amount, int) and not isinstance(amount, bool):
            amount *= each
        return {**table, "unit": unit, "amount": amount}

    @property
    def zh(self) -> str:
        """So long, in Chinese."""
        count, zh, _ = self._counted()
        return f"{count}{zh}"

    @property
    def en(self) -> str:
        """So long, in English."""
        count, _, en = self._counted()
        return f"{count} {en}{'' if count == 1 else 's'}"

    def _counted(self) -> tuple[int, str, str]:
        if self.unit is Unit.HOUR and self.amount % 24 == 0:
            return self.amount // 24, "天", "day"
        if self.unit is Unit.WORKING_MINUTE and self.amount % 60 == 0:
            return self.amount // 60, "个工作小时", "working hour"
        return self.amount, *_SPOKEN[self.unit]


_SPOKEN = {
    Unit.HOUR: ("小时", "hour"),
    Unit.CALENDAR_DAY: ("天", "day"),
    Unit.WORKING_DAY: ("个工作日", "working day"),
    Unit.WORKING_MINUTE: ("个工作分钟", "working minute"),
}


def _bounded(length: Length) -> Length:
    if length.amount > _TEN_YEARS[length.unit]:
        raise PydanticCustomError("less_than_equal", "longer than ten years")
    return length


Limit = Annotated[Length, AfterValidator(_bounded)]
"""A length that a pack may give."""


def hours(amount: int) -> Length:
    """So many elapsed hours."""
    return Length(amount=amount)


def days(amount: int, *, roll: bool = False) -> Length:
    """So many calendar days."""
    return Length(amount=amount, unit=Unit.CALENDAR_DAY, roll=roll)


def working_days(amount: int) -> Length:
    """So many working days."""
    return Length(amount=amount, unit=Unit.WORKING_DAY)


def working_minutes(amount: int) -> Length:
    """So many minutes of working time."""
    return Length(amount=amount, unit=Unit.WORKING_MINUTE)
