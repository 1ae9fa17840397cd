"""Deadlines: pinned when they are set, and able to explain themselves (design.md §3.8).

A deadline carries the rule and its version, the start, the length and the calendar by which it was reckoned. A later
change of the pack moves none that is running, unless a recorded event says so (domain/rebase.py).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import PositiveInt

from domain.base import BodyId, Frozen, Instant
from domain.calendar import Length, Unit
from domain.facts import Facts
from domain.jurisdiction import Name
from domain.quiet import awake
from domain.words import DeadlineKind, Procedure, Urgency
from domain.worktime import WorkTime

ELAPSED_HOURS = "elapsed-hours/1"
FIXED_DATE = "fixed-date/1"
"""The calendar of a deadline that an instant sets and no length: ``hours`` is then the length, rounded up."""

NUDGED = frozenset(
    {
        DeadlineKind.TRIAGE,
        DeadlineKind.SIGN,
        DeadlineKind.ANSWER_OBJECTION,
        DeadlineKind.SIGN_RETURN,
        DeadlineKind.ACKNOWLEDGE,
        DeadlineKind.FIRST_CONTACT,
        DeadlineKind.RESOLVE,
        DeadlineKind.REVIEW,
        DeadlineKind.CLOSE,
        DeadlineKind.RULING,
        DeadlineKind.DECIDE_APPEAL,
        DeadlineKind.ANSWER_ASSISTANCE,
        DeadlineKind.ANSWER_WHISTLE,
        DeadlineKind.REPORT_IN,
    }
)
"""The clocks on which a body of the house is nudged; the others wait for the resident, a provider or a date."""


class Nudge(Frozen):
    """When the one whose time it is will be nudged (催办), with ``percent`` of it gone."""

    percent: PositiveInt
    at: Instant


class Deadline(Frozen):
    """One running clock of a case.

    ``id`` is unique in the life of the case; the clock command that it causes is named after it. ``cause`` is set on
    a rung of the ladder: the kind of deadline that was missed. ``body`` is set where several bodies have a clock of
    the same kind, each its own; the ladder that such a clock starts carries it too.
    ``length`` is what the rule gives, None on deadlines from before there were calendars; ``hours`` is how long that was
    in elapsed hours, rounded up. ``reckoned``: what the length alone came to, where something has moved the instant
    since. ``provisional``: a year that it runs through was not announced when it was reckoned. ``nudges`` are those still
    to come. ``calendar_pack``: the version of the pack whose calendar it was, where that is not the rule's.
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
    length: Length | None = None
    reckoned: Instant | None = None
    provisional: bool = False
    nudges: tuple[Nudge, ...] = ()
    calendar_pack: int | None = None

    def moved(self, by: timedelta) -> "Deadline":
        """The same deadline, that much later, with what is still to come before it."""
        return self.model_copy(
            update={
                "due": self.due + by,
                "reckoned": self.reckoned or self.due,
                "nudges": tuple(nudge.model_copy(update={"at": nudge.at + by}) for nudge in self.nudges),
            }
        )


def clock_command(bell: str) -> str:
    """The id of the command that the clock gives when the deadline of that id is due, or that body ends."""
    return f"clock:{bell}"


class Term(NamedTuple):
    """What a rule gives: so long, by the rule of that name."""

    length: Length
    rule: str


def limit(
    kind: DeadlineKind,
    procedure: Procedure,
    matter: str | None,
    facts: Facts,
    urgency: Urgency = Urgency.NORMAL,
) -> Term:
    """How long a clock runs: the matter's own limit, else the policy's; an urgent case's come before either."""
    return next(_limits(kind, procedure, matter, facts, urgency))


def _limits(
    kind: DeadlineKind, procedure: Procedure, matter: str | None, facts: Facts, urgency: Urgency
) -> Iterator[Term]:
    own, policy = facts.matter(matter) if matter is not None else None, facts.policy
    by_policy = policy.urgent.get(procedure, {}).get(urgency, {})
    if own is not None and kind in own.urgent.get(urgency, {}):
        yield Term(own.urgent[urgency][kind], f"matter.{matter}.{urgency}.{kind}")
    if kind in by_policy:
        yield Term(by_policy[kind], f"policy.{procedure}.{urgency}.{kind}")
    if own is not None and kind in own.limits:
        yield Term(own.limits[kind], f"matter.{matter}.{kind}")
    yield Term(policy.limits[procedure][kind], f"policy.{procedure}.{kind}")


def over(length: Length, start: datetime, facts: Facts) -> datetime:
    """When a length from ``start`` is over, by the calendar of these facts."""
    return WorkTime(facts.calendar).add(start, length).due


def set_deadline(
    kind: DeadlineKind,
    *,
    version: int,
    procedure: Procedure,
    matter: str | None,
    facts: Facts,
    start: datetime,
    body: BodyId | None = None,
    urgency: Urgency = Urgency.NORMAL,
    term: Term | None = None,
    now: datetime | None = None,
) -> Deadline:
    """A deadline of ``kind`` that runs from ``start``; ``version`` is the version of the event that sets it.

    ``term`` is what another rule than the limit of this clock gives. ``now`` is when it is set, if not at its start.
    """
    term = term or limit(kind, procedure, matter, facts, urgency)
    own = facts.matter(matter) if matter and kind is DeadlineKind.RESOLVE else None
    return reckoned(
        Deadline(
            id=_id(f"{kind}.{version}", body),
            kind=kind,
            started_at=start,
            hours=1,
            due=start,
            rule=term.rule,
            rule_version=facts.version,
            promise=own.urgent_promises.get(urgency, own.promise) if own else None,
            body=body,
            length=term.length,
        ),
        term.length,
        facts,
        now=now,
    )


def reckoned(deadline: Deadline, length: Length, facts: Facts, *, now: datetime | None = None) -> Deadline:
    """The deadline with its instants reckoned from its start by the calendar of these facts. Nudges come after ``now``."""
    time = WorkTime(facts.calendar)
    due, provisional = time.add(deadline.started_at, length)
    return deadline.model_copy(
        update={
            "hours": _hours(deadline.started_at, due),
            "due": due,
            "calendar": ELAPSED_HOURS if length.unit is Unit.HOUR else facts.calendar.label,
            "provisional": provisional,
            "nudges": tuple(
                nudge
                for nudge in _nudges(deadline.kind, deadline.started_at, due, length.unit, time, facts)
                if now is None or nudge.at > now
            ),
        }
    )


def _hours(start: datetime, due: datetime) -> int:
    return max(1, -((start - due) // timedelta(hours=1)))


def _nudges(
    kind: DeadlineKind, start: datetime, due: datetime, unit: Unit, time: WorkTime, facts: Facts
) -> Iterator[Nudge]:
    """At the policy's percentages, out of its quiet hours; what quiet moves to one instant is one nudge."""
    found: dict[datetime, int] = {}
    for percent in facts.policy.nudge_at if kind in NUDGED else ():
        gone = percent / 100
        if unit in {Unit.WORKING_DAY, Unit.WORKING_MINUTE}:
            at = time.after(start, time.worked(start, due) * gone)
        else:
            at = start + (due - start) * gone
        at = awake(at, facts.policy.quiet, time)
        if start < at < due:
            found[at] = percent
    yield from (Nudge(percent=percent, at=at) for at, percent in sorted(found.items()))


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
    body: BodyId | None = None,
) -> Deadline:
    """A deadline at an instant that ``rule`` names, such as the end of a contract; it has no limit in the policy."""
    return Deadline(
        id=_id(f"{kind}.{version}", body),
        kind=kind,
        started_at=start,
        hours=_hours(start, due),
        due=due,
        rule=rule,
        rule_version=facts.version,
        calendar=FIXED_DATE,
        body=body,
    )


def next_rung(
    cause: DeadlineKind,
    term: Term,
    *,
    version: int,
    facts: Facts,
    start: datetime,
    body: BodyId | None = None,
) -> Deadline:
    """The instant at which the ladder that ``cause`` started, for ``body`` alone if set, climbs or alerts again."""
    return reckoned(
        Deadline(
            id=_id(f"ladder-{cause}.{version}", body),
            kind=DeadlineKind.LADDER,
            started_at=start,
            hours=1,
            due=start,
            rule=term.rule,
            rule_version=facts.version,
            cause=cause,
            body=body,
            length=term.length,
        ),
        term.length,
        facts,
    )
