"""The responsibility ledger: for every instant of a case, which body answered, and what the instant is charged to.

    registered ──────────── signed ─────────── resolved ───── reviewed ───── judged ── closed     reopened ──▶
    │ dispatcher            │ lead                                                    │ nobody     │ last lead
    │ triage │ in transit   │ working          │ under review │ awaiting verdict │ …  │            │ working

Intervals are half-open, contiguous within an episode, and add up to it; equal neighbours merge, empty ones are dropped;
an open case's last one ends at the as-of instant (design.md §2, §3.1). ``holding`` is the rule, ``tile`` lays it out,
``follow`` puts a parent's intervals where a merged case followed it.

Where the table of design.md §2 was silent: from the verdict or its lapse to the closing the case waits for the
reviewing body alone, so that stretch is charged to it as *under review* (docs/decisions/0007).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, overload
from uuid import UUID

from pydantic import NonNegativeInt, PositiveInt

from domain.base import BodyId, Frozen, Instant
from domain.case import Case
from domain.events import Recorded
from domain.evolve import evolve
from domain.words import Charge, State


class Holding(Frozen):
    """Who answers now, and what and whom the instant is charged to.

    ``follows`` is the parent of a merged case: then the bodies are those of the case by itself, and what is told are the
    parent's (``follow``).
    """

    answering: BodyId
    charge: Charge
    charged_to: BodyId | None
    follows: UUID | None = None


class Mark(Frozen):
    """The event that opened or closed an interval: ``of`` the case itself, or of the parent that it follows."""

    version: PositiveInt
    type: str
    of: Literal["case", "parent"] = "case"


class Held(Frozen):
    """One interval: ``start`` belongs to it, ``end`` does not. ``closed_by`` is None while it is open.

    ``follows``: the parent whose intervals take the place of this one (``follow``).
    """

    episode: PositiveInt
    answering: BodyId
    charge: Charge
    charged_to: BodyId | None
    start: Instant
    end: Instant
    opened_by: Mark
    closed_by: Mark | None
    follows: UUID | None = None

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
    follows = case.merged.parent if case.merged else None
    return Holding(answering=answering, charge=charge, charged_to=charged_to, follows=follows)


def _charge(case: Case, answering: BodyId) -> tuple[Charge, BodyId]:
    """The first charge of the table of design.md §2 that holds."""
    if case.merged is not None:
        return Charge.FOLLOWS_PARENT, answering
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
        follows=running.holding.follows,
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
    return (left.episode, left.answering, left.charge, left.charged_to, left.follows, left.end) == (
        right.episode,
        right.answering,
        right.charge,
        right.charged_to,
        right.follows,
        right.start,
    )


def follow(own: Iterable[Held], parents: Mapping[UUID, Sequence[Held]]) -> list[Held]:
    """The intervals of a case with those of its parents in the place of the stretches in which it followed one.

    The charge stays *follows parent*; who answers and to whom it is charged are the parent's, instant by instant. Where
    the parent had nobody, between its end and the waking of the child, the case's own body answers.
    """
    told: list[Held] = []
    for interval in own:
        told += (
            [interval] if interval.follows is None else _pieces(interval, parents.get(interval.follows, ()))
        )
    return merge(told)


def _pieces(stretch: Held, parent: Sequence[Held]) -> list[Held]:
    """One stretch of following, cut where the parent's holder changed, without a gap."""
    pieces: list[Held] = []
    here, opened = stretch.start, stretch.opened_by
    for held in parent:
        start, end = max(held.start, here), min(held.end, stretch.end)
        if start >= end:
            continue
        since = _of_parent(held.opened_by) if held.start > stretch.start else stretch.opened_by
        if here < start:
            pieces.append(
                stretch.model_copy(
                    update={"start": here, "end": start, "opened_by": opened, "closed_by": since}
                )
            )
        until = stretch.closed_by if end == stretch.end else _of_parent(held.closed_by)
        bodies = {"answering": held.answering, "charged_to": held.charged_to}
        pieces.append(
            stretch.model_copy(
                update={**bodies, "start": start, "end": end, "opened_by": since, "closed_by": until}
            )
        )
        here, opened = end, until or opened
    if here < stretch.end:
        pieces.append(stretch.model_copy(update={"start": here, "opened_by": opened}))
    return pieces


@overload
def _of_parent(mark: Mark) -> Mark: ...
@overload
def _of_parent(mark: None) -> None: ...
def _of_parent(mark: Mark | None) -> Mark | None:
    return mark.model_copy(update={"of": "parent"}) if mark else None


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
