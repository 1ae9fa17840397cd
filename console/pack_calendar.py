"""Reads the calendar of a pack: ``calendar/office.toml`` says when is worked, one file a year what is free in it.

    calendar/office.toml   id, hours, weekend, day_ends, source
    calendar/2026.toml     year, source · [[holiday]] date, name · [[workday]] date, name

A year has a file once it is announced; what a file of another year says is not read as anything.
"""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

Fields = dict[str, Any]
_OFFICE = ("id", "hours", "weekend", "day_ends", "source")
_YEAR = ("year", "source")
_ROWS = ("holiday", "workday")


class Say(Protocol):
    """Takes a finding."""

    def __call__(self, code: str, where: str, **holes: object) -> None:
        """The finding of that code at that row."""
        ...


Table = Callable[[str, tuple[str, ...], tuple[str, ...]], Fields]
"""Reads a file of the pack: its name, the arrays that are rows, the other keys."""


def calendar_fields(folder: Path, zone: object, table: Table, say: Say) -> Fields:
    """``calendar`` with the fields of a Calendar, or nothing if the pack has none."""
    names = sorted(path.name for path in (folder / "calendar").glob("*.toml"))
    if not names:
        return {}
    office = table("calendar/office.toml", (), _OFFICE)
    _sourced("calendar/office.toml", office, say)
    years: list[int] = []
    days: dict[str, list[date]] = {row: [] for row in _ROWS}
    for name in names:
        if name == "office.toml":
            continue
        where = f"calendar/{name}"
        read = table(where, _ROWS, _YEAR)
        _sourced(where, read, say)
        year = read.get("year")
        if not isinstance(year, int) or isinstance(year, bool):
            say("key-missing", where, key="year")
            continue
        years.append(year)
        for kind in _ROWS:
            days[kind] += list(_dates(read.get(kind, []), year, say))
    fields = {key: office[key] for key in ("id", "hours", "weekend", "day_ends") if key in office}
    return {
        "calendar": {
            **fields,
            "zone": zone,
            "years": tuple(years),
            "holidays": tuple(days["holiday"]),
            "workdays": tuple(days["workday"]),
        }
    }


def _sourced(where: str, read: Fields, say: Say) -> None:
    source = read.get("source")
    if not isinstance(source, str) or not source.strip():
        say("source-missing", where, field="calendar")


def _dates(rows: list[Any], year: int, say: Say) -> list[date]:
    found: list[date] = []
    for row in rows:
        day = row.fields.get("date")
        if not isinstance(day, date) or isinstance(day, datetime):
            say("field", row.where, field="date", zh="应写成 2026-01-01", en="must be written as 2026-01-01")
        elif day.year != year:
            say("calendar-other-year", row.where, day=day.isoformat(), year=year)
        else:
            found.append(day)
    return found
