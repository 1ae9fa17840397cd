"""Deadlines: pinned when they are set, and able to explain themselves (design.md §3.8).

A deadline carries the rule and its version, the start, the length and the calendar by which it was reckoned. A later
change of the pack moves none that is running. Calendars: ``elapsed-hours/1`` counts every hour alike.
"""

from datetime import datetime, timedelta

from pydantic import PositiveInt

from domain.base import BodyId, Frozen, Instant
from domain.facts import Facts
from domain.jurisdiction import Name
from domain.words import DeadlineKind, Procedure

ELAPSED_HOURS = "elapsed-hours/1"
FIXED_DATE = "fixed-date/1"
"""The calendar of a deadline that an instant sets and no length: ``hours`` is then the length, rounded up."""


class Deadline(Frozen):
    """One running clock of a case.

    ``id`` is unique in the life of the case; the clock command that it causes is named after it. ``cause`` is set on
    a rung of the ladder: the kind of deadline that was missed. ``body`` is set where several bodies have a clock of
    the same kind, each its own; the ladder that such a clock starts carries it too.
    """

    id: str
    kind: DeadlineKind
    started_at: Instant
    hours: PositiveInt
    due: Instant
    rule: str
    rule_version: int
    calendar: str = ELAPSED_HOURS
    cause: DeadlineKind | None = None
    promise: Name | None = None
    body: BodyId | None = None


def clock_command(bell: str) -> str:
    """The id of the command that the clock gives when the deadline of that id is due, or that body ends."""
    return f"clock:{bell}"


def limit(kind: DeadlineKind, procedure: Procedure, matter: str | None, facts: Facts) -> tuple[int, str]:
    """Hours of a clock and the name of the rule that sets them: the matter's own, else the policy's."""
    if matter is not None:
        own = facts.matter(matter).limits.get(kind)
        if own is not None:
            return own, f"matter.{matter}.{kind}"
    return facts.policy.limits[procedure][kind], f"policy.{procedure}.{kind}"


def set_deadline(
    kind: DeadlineKind,
    *,
    version: int,
    procedure: Procedure,
    matter: str | None,
    facts: Facts,
    start: datetime,
    body: BodyId | None = None,
) -> Deadline:
    """A deadline of ``kind`` that runs from ``start``; ``version`` is the version of the event that sets it."""
    hours, rule = limit(kind, procedure, matter, facts)
    promise = facts.matter(matter).promise if matter and kind is DeadlineKind.RESOLVE else None
    return Deadline(
        id=_id(f"{kind}.{version}", body),
        kind=kind,
        started_at=start,
        hours=hours,
        due=start + timedelta(hours=hours),
        rule=rule,
        rule_version=facts.version,
        promise=promise,
        body=body,
    )


def _id(stem: str, body: BodyId | None) -> str:
    return stem if body is None else f"{stem}.{body}"


def fixed_date(
    kind: DeadlineKind,
    due: datetime,
    rule: str,
    *,
    version: int,
    facts: Facts,
    start: datetime,
    body: BodyId,
) -> Deadline:
    """A deadline at an instant that ``rule`` names, such as the end of a contract; it has no limit in the policy."""
    return Deadline(
        id=_id(f"{kind}.{version}", body),
        kind=kind,
        started_at=start,
        hours=max(1, -((start - due) // timedelta(hours=1))),
        due=due,
        rule=rule,
        rule_version=facts.version,
        calendar=FIXED_DATE,
        body=body,
    )


def next_rung(
    cause: DeadlineKind,
    hours: int,
    rule: str,
    *,
    version: int,
    facts: Facts,
    start: datetime,
    body: BodyId | None = None,
) -> Deadline:
    """The instant at which the ladder that ``cause`` started, for ``body`` alone if set, climbs or alerts again."""
    return Deadline(
        id=_id(f"ladder-{cause}.{version}", body),
        kind=DeadlineKind.LADDER,
        started_at=start,
        hours=hours,
        due=start + timedelta(hours=hours),
        rule=rule,
        rule_version=facts.version,
        cause=cause,
        body=body,
    )
