"""How a deadline was reckoned (时限说明): day by day, by the calendar that it is pinned to.

Reads a deadline and the calendar of the pack that it names, and says what was counted and what was not. It is the same
arithmetic laid open, not a second one: the last line's instant is the one that ``WorkTime.add`` gives.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import NonNegativeInt

from domain.base import Frozen, Instant
from domain.calendar import Calendar, Length, Unit
from domain.deadlines import FIXED_DATE, Deadline
from domain.jurisdiction import Name
from domain.worktime import WorkTime

_DAY = timedelta(days=1)
Going = Literal["running", "paused", "outside_hours"]


class Line(Frozen):
    """One stretch of days. ``counted``: how much of the length it is, in the length's unit; ``total``: so far."""

    first: date
    last: date
    counted: NonNegativeInt
    total: NonNegativeInt
    why: Name


class Explained(Frozen):
    """The arithmetic of a deadline. ``reckoned`` is what it came to; ``moved``: by how much something moved it since."""

    length: Length
    lines: tuple[Line, ...]
    reckoned: Instant
    moved_seconds: int
    provisional_years: tuple[int, ...]


def explain(deadline: Deadline, calendar: Calendar) -> Explained | None:
    """How ``deadline`` was reckoned by ``calendar``; None where an instant was agreed on and nothing was reckoned."""
    if deadline.calendar == FIXED_DATE:
        return None
    length = deadline.length or Length(amount=deadline.hours)
    time = WorkTime(calendar)
    reckoned = time.add(deadline.started_at, length).due
    lines = tuple(_lines(deadline.started_at, length, reckoned, time))
    years = range(time.day(deadline.started_at).year, time.day(reckoned).year + 1)
    return Explained(
        length=length,
        lines=lines,
        reckoned=reckoned,
        moved_seconds=int((deadline.due - (deadline.reckoned or deadline.due)).total_seconds()),
        provisional_years=tuple(year for year in years if not calendar.announced(year))
        if deadline.provisional
        else (),
    )


def going(deadline: Deadline, at: datetime, calendar: Calendar, *, paused: bool = False) -> Going:
    """How a running clock stands at ``at``: paused by a rule, outside the hours that it counts, or running."""
    if paused:
        return "paused"
    unit = deadline.length.unit if deadline.length else Unit.HOUR
    if unit in {Unit.WORKING_DAY, Unit.WORKING_MINUTE} and not WorkTime(calendar).working(at):
        return "outside_hours"
    return "running"


def _lines(start: datetime, length: Length, due: datetime, time: WorkTime) -> Iterator[Line]:
    first = time.day(start)
    match length.unit:
        case Unit.HOUR:
            last = time.day(due)
            yield _line(first, last, length.amount, length.amount, "按小时连续计算", "every hour counts")
        case Unit.CALENDAR_DAY:
            yield from _calendar_days(first, length, time)
        case Unit.WORKING_DAY:
            yield _line(first, first, 0, 0, *_NOT_COUNTED)
            yield from _working_days(first, length.amount, time)
        case Unit.WORKING_MINUTE:
            yield from _working_minutes(start, due, time)


_NOT_COUNTED = ("起算当日，不计入", "the day of the start, not counted")


def _line(first: date, last: date, counted: int, total: int, zh: str, en: str) -> Line:
    return Line(first=first, last=last, counted=counted, total=total, why=Name(zh=zh, en=en))


def _calendar_days(first: date, length: Length, time: WorkTime) -> Iterator[Line]:
    amount = length.amount
    yield _line(first, first, 0, 0, *_NOT_COUNTED)
    last = first + amount * _DAY
    yield _line(first + _DAY, last, amount, amount, "自然日，节假日也计入", "calendar days, free ones too")
    rolled = last
    while length.roll and not time.works(rolled):
        rolled += _DAY
    if rolled > last:
        why = ("末日为休息日，顺延至下一工作日", "the last day is free: it ends with the next working day")
        yield _line(last + _DAY, rolled, 0, amount, *why)


def _working_days(first: date, amount: int, time: WorkTime) -> Iterator[Line]:
    """Stretches of days of one kind, up to the last working day."""
    total, day = 0, first + _DAY
    while total < amount:
        kind, begun, counted = _kind(day, time), day, 0
        while total < amount and _kind(day, time) == kind:
            counted += kind in _WORKED
            total += kind in _WORKED
            day += _DAY
        yield _line(begun, day - _DAY, counted, total, *_KINDS[kind])


def _working_minutes(start: datetime, due: datetime, time: WorkTime) -> Iterator[Line]:
    total, day = 0, time.day(start)
    while True:
        kind, begun, counted = _kind(day, time), day, 0
        over = False
        while not over and _kind(day, time) == kind:
            spans = ((max(a, start), min(b, due)) for a, b in time.spans(day))
            counted += sum((b - a) // timedelta(minutes=1) for a, b in spans if a < b)
            over = time.ends(day) >= due
            day += _DAY
            if kind in _WORKED:
                break
        total += counted
        yield _line(begun, day - _DAY, counted, total, *_KINDS[kind])
        if over:
            return


Kind = Literal["working", "made_up", "weekend", "holiday"]
_WORKED = frozenset({"working", "made_up"})
_KINDS: dict[Kind, tuple[str, str]] = {
    "working": ("工作日", "working"),
    "made_up": ("调休上班", "a make-up day, worked"),
    "weekend": ("周末，不计入", "weekend, not counted"),
    "holiday": ("放假，不计入", "holiday, not counted"),
}


def _kind(day: date, time: WorkTime) -> Kind:
    calendar = time.calendar
    if time.works(day):
        return "made_up" if day in calendar.workdays else "working"
    return "holiday" if day in calendar.holidays else "weekend"
