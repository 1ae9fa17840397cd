"""The responsibility ledger: for every instant of a case, which body answered, and what the instant is charged to.

    registered ──────────── signed ─────────── resolved ───── reviewed ───── judged ── closed     reopened ──▶
    │ dispatcher            │ lead                                                    │ nobody     │ last lead
    │ triage │ in transit   │ working          │ under review │ awaiting verdict │ …  │            │ working

Intervals are half-open, contiguous within an episode, and add up to it; equal neighbours merge, empty ones are dropped;
an open case's last one ends at the as-of instant (design.md §2, §3.1). ``holding`` is the rule, ``tile`` lays it out.

Where the table of design.md §2 was silent: from the verdict or its lapse to the closing the case waits for the
reviewing body alone, so that stretch is charged to it as *under review* (docs/decisions/0007).
"""

from collections.abc import Iterable, Sequence

from pydantic import NonNegativeInt, PositiveInt

from domain.base import BodyId, Frozen, Instant
from domain.case import Case
from domain.events import Recorded
from domain.evolve import evolve
from domain.words import Charge, State


class Holding(Frozen):
    """Who answers now, and what and whom the instant is charged to."""

    answering: BodyId
    charge: Charge
    charged_to: BodyId | None


class Mark(Frozen):
    """The event that opened or closed an interval."""

    version: PositiveInt
    type: str


class Held(Frozen):
    """One interval: ``start`` belongs to it, ``end`` does not. ``closed_by`` is None while it is open."""

    episode: PositiveInt
    answering: BodyId
    charge: Charge
    charged_to: BodyId | None
    start: Instant
    end: Instant
    opened_by: Mark
    closed_by: Mark | None

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.start).total_seconds()


class OpenHolding(Frozen):
    """The interval that is running: all but its end."""

    episode: NonNegativeInt
    holding: Holding
    start: Instant
    opened_by: Mark


def holding(case: Case) -> Holding | None:
    """Who answers for the case as it stands, and the charge; None once the episode has ended."""
    if case.ending is not None:
        return None
    answering = case.lead or case.dispatcher
    charge, charged_to = _charge(case, answering)
    return Holding(answering=answering, charge=charge, charged_to=charged_to)


def _charge(case: Case, answering: BodyId) -> tuple[Charge, BodyId]:
    """The first charge of the table of design.md §2 that holds."""
    if case.ruling is not None:
        return Charge.IN_DISPUTE, case.ruling.body or case.dispatcher
    if case.paused:
        return Charge.LAWFUL_PAUSE, answering
    if case.proposal is not None:
        return Charge.IN_TRANSIT, case.proposal.to
    if case.return_request is not None:
        return Charge.IN_TRANSIT, case.return_request.to
    match case.state:
        case State.RESOLVED | State.JUDGED:
            return Charge.UNDER_REVIEW, case.reviewer
        case State.AWAITING_VERDICT:
            return Charge.AWAITING_VERDICT, case.reviewer
        case State.TRIAGE:
            return Charge.TRIAGE, case.dispatcher
        case _:
            return Charge.WORKING, answering


def advance(
    case: Case, running: OpenHolding | None, recorded: Recorded
) -> tuple[OpenHolding | None, Held | None]:
    """What an event does to the running interval: (the one that runs after it, the one that it closed).

    ``case`` is the case after the event.
    """
    now = holding(case)
    mark = Mark(version=recorded.version, type=recorded.body.type)
    if running is not None:
        if now == running.holding and case.episode == running.episode:
            return running, None
        start = (
            OpenHolding(episode=case.episode, holding=now, start=recorded.at, opened_by=mark) if now else None
        )
        closed = _close(running, recorded.at, mark)
        return start, closed if closed.start < closed.end else None
    if now is None:
        return None, None
    return OpenHolding(episode=case.episode, holding=now, start=recorded.at, opened_by=mark), None


def _close(running: OpenHolding, end: Instant, mark: Mark | None) -> Held:
    return Held(
        episode=running.episode,
        answering=running.holding.answering,
        charge=running.holding.charge,
        charged_to=running.holding.charged_to,
        start=running.start,
        end=end,
        opened_by=running.opened_by,
        closed_by=mark,
    )


def merge(intervals: Iterable[Held]) -> list[Held]:
    """Equal neighbours of one episode become one interval."""
    merged: list[Held] = []
    for interval in intervals:
        last = merged[-1] if merged else None
        if last is not None and _same(last, interval):
            merged[-1] = last.model_copy(update={"end": interval.end, "closed_by": interval.closed_by})
        else:
            merged.append(interval)
    return merged


def _same(left: Held, right: Held) -> bool:
    return (left.episode, left.answering, left.charge, left.charged_to, left.end) == (
        right.episode,
        right.answering,
        right.charge,
        right.charged_to,
        right.start,
    )


def tile(recorded: Sequence[Recorded], as_of: Instant) -> list[Held]:
    """Every interval of a case up to ``as_of``, from its events in order. Events after ``as_of`` are left out."""
    case: Case | None = None
    running: OpenHolding | None = None
    closed: list[Held] = []
    for event in recorded:
        if event.at > as_of:
            break
        case = evolve(case, event)
        running, done = advance(case, running, event)
        if done is not None:
            closed.append(done)
    if running is not None and running.start < as_of:
        closed.append(_close(running, as_of, None))
    return merge(closed)


def known(recorded: Iterable[Recorded], at: Instant | None, by: Instant | None) -> list[Recorded]:
    """The events decided for an instant up to ``at`` that were on record by ``by``; None means without limit."""
    return [
        event
        for event in recorded
        if (at is None or event.at <= at)
        and (by is None or (event.recorded_at is not None and event.recorded_at <= by))
    ]
