"""What must hold of a calendar before its pack may be loaded: whatever is asked of it later has an answer."""

from collections.abc import Iterator
from itertools import pairwise

from domain.calendar import Calendar, Length, Unit, minutes
from domain.jurisdiction import Pack, Policy
from domain.pack_findings import Finding, finding


def calendar(pack: Pack) -> Iterator[Finding]:
    """The findings of the calendar, and of limits that it cannot serve."""
    found = pack.calendar
    where = f"calendar {found.id}"
    if found.zone != pack.zone:
        yield finding("calendar-zone", where, zone=found.zone, other=pack.zone)
    yield from _stints(found, where)
    yield from _days(found, where)
    yield from _years(found, where)
    endless = not found.weekend and found.years is None
    working = [name for name, length in _lengths(pack) if length.unit in _WORKING or length.roll]
    if endless and working:
        yield finding("calendar-missing", f"pack {pack.id}", limits=", ".join(sorted(set(working))[:5]))


_WEEK = frozenset(range(1, 8))
_WORKING = frozenset({Unit.WORKING_DAY, Unit.WORKING_MINUTE})


def _stints(found: Calendar, where: str) -> Iterator[Finding]:
    if not found.hours:
        yield finding("calendar-no-hours", where)
    for stint in found.hours:
        if minutes(stint.start) >= minutes(stint.end):
            yield finding("calendar-stint", where, start=stint.start, end=stint.end)
    for earlier, later in pairwise(found.hours):
        if minutes(later.start) < minutes(earlier.end):
            yield finding("calendar-overlap", where, start=later.start, end=earlier.end)


def _days(found: Calendar, where: str) -> Iterator[Finding]:
    if not _WEEK - {*found.weekend}:
        yield finding("calendar-no-day", where)
    for day in sorted({*found.holidays} & {*found.workdays}):
        yield finding("calendar-both", where, day=day.isoformat())


def _years(found: Calendar, where: str) -> Iterator[Finding]:
    if found.years is None:
        return
    if not found.years:
        yield finding("calendar-no-year", where)
    for earlier, later in pairwise(found.years):
        if later != earlier + 1:
            yield finding("calendar-gap", where, year=earlier + 1, earlier=earlier, later=later)
    for day in (*found.holidays, *found.workdays):
        if day.year not in found.years:
            yield finding("calendar-unannounced", where, day=day.isoformat(), year=day.year)


def _lengths(pack: Pack) -> Iterator[tuple[str, Length]]:
    policy = pack.policy
    for procedure, limits in policy.limits.items():
        yield from ((f"{procedure}.{kind}", length) for kind, length in limits.items())
    for procedure, by_urgency in policy.urgent.items():
        for limits in by_urgency.values():
            yield from ((f"{procedure}.{kind}", length) for kind, length in limits.items())
    for matter in pack.matters:
        for limits in (matter.limits, *matter.urgent.values()):
            yield from ((f"{matter.id}.{kind}", length) for kind, length in limits.items())
    for name in Policy.model_fields:
        value = getattr(policy, name)
        if isinstance(value, Length):
            yield name, value
