"""The two clocks of a case (两个钟): the resident's, which never resets, and the answering body's, from each hand-over.

    resident   ├──────────── episode 1 ────────────┤        ├─ episode 2 ─▶   the first start stays shown
    body       ├─ dispatching ─┤├── lead A ──┤├─ lead B ─┤   ├─ lead B ───▶   each has its own time from the start

Each says how long it ran by the calendar and in working time, and how late what was promised is. Read off the events.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import NonNegativeInt, PositiveInt

from domain import events as e
from domain.base import BodyId, Frozen, Instant
from domain.case import Case
from domain.deadlines import Deadline
from domain.events import Recorded
from domain.evolve import evolve
from domain.holders import tile
from domain.words import DeadlineKind
from domain.worktime import WorkTime


class Elapsed(Frozen):
    """How long something lasted: by the calendar, and of that in working time."""

    seconds: NonNegativeInt
    working_seconds: NonNegativeInt


class ResidentTime(Frozen):
    """One episode on the resident's clock. ``due``: when it was promised; ``late``: how far that was missed, so far."""

    episode: PositiveInt
    start: Instant
    end: Instant | None
    elapsed: Elapsed
    due: Instant | None
    answered_at: Instant | None
    late: Elapsed | None


class BodyTime(Frozen):
    """How long one body answered without a break. ``end`` is None while it does."""

    episode: PositiveInt
    body: BodyId
    start: Instant
    end: Instant | None
    elapsed: Elapsed


class TwoClocks(Frozen):
    """Both clocks up to an instant. ``since`` is where the resident's began first."""

    since: Instant
    resident: tuple[ResidentTime, ...]
    bodies: tuple[BodyTime, ...]


def two_clocks(recorded: Sequence[Recorded], as_of: Instant, time: WorkTime) -> TwoClocks:
    """Both clocks of a case, from its events in order; working time by the calendar that ``time`` reckons with."""
    resident = tuple(_episodes(recorded, as_of, time))
    return TwoClocks(since=resident[0].start, resident=resident, bodies=tuple(_bodies(recorded, as_of, time)))


def lasted(start: datetime, end: datetime, time: WorkTime) -> Elapsed:
    """From ``start`` to ``end``; nothing if that is the other way round."""
    end = max(start, end)
    return Elapsed(
        seconds=(end - start) // timedelta(seconds=1),
        working_seconds=time.worked(start, end) // timedelta(seconds=1),
    )


class _Episode:
    """What is gathered of one episode while its events go by."""

    def __init__(self, case: Case) -> None:
        self.number = case.episode
        self.start = case.episode_at
        self.end: datetime | None = None
        self.promised: Deadline | None = None
        self.answered: datetime | None = None

    def note(self, before: Case | None, case: Case, event: Recorded) -> None:
        running = case.deadline(DeadlineKind.RESOLVE)
        if running is not None:
            self.promised, self.answered = running, None
        elif before is not None and before.deadline(DeadlineKind.RESOLVE) and _answers(event.body):
            self.answered = event.at
        elif self.answered is None and _answers(event.body):
            # The clock had rung before: its ladder was what ran.
            self.answered = event.at
        self.end = case.ended_at

    def told(self, as_of: datetime, time: WorkTime) -> ResidentTime:
        end = self.end if self.end is not None else None
        due = self.promised.due if self.promised else None
        until = self.answered or end or as_of
        late = lasted(due, until, time) if due is not None and until > due else None
        return ResidentTime(
            episode=self.number,
            start=self.start,
            end=end,
            elapsed=lasted(self.start, end or as_of, time),
            due=due,
            answered_at=self.answered,
            late=late,
        )


def _answers(body: e.AnyEvent) -> bool:
    return isinstance(body, e.Resolved | e.AnsweredAtIntake | e.AnsweredWithParent | e.AppealDecided)


def _episodes(recorded: Sequence[Recorded], as_of: Instant, time: WorkTime) -> Iterator[ResidentTime]:
    case: Case | None = None
    running: _Episode | None = None
    for event in recorded:
        if event.at > as_of:
            break
        before, case = case, evolve(case, event)
        if running is None or running.number != case.episode:
            if running is not None:
                yield running.told(as_of, time)
            running = _Episode(case)
        running.note(before, case, event)
    if running is not None:
        yield running.told(as_of, time)


def _bodies(recorded: Sequence[Recorded], as_of: Instant, time: WorkTime) -> Iterator[BodyTime]:
    """The intervals of the responsibility ledger, one for each stretch in which the same body answered."""
    held = tile(recorded, as_of)
    at = 0
    while at < len(held):
        last = at
        while (
            last + 1 < len(held)
            and held[last + 1].answering == held[at].answering
            and held[last + 1].episode == held[at].episode
        ):
            last += 1
        first, end = held[at], held[last]
        yield BodyTime(
            episode=first.episode,
            body=first.answering,
            start=first.start,
            end=end.end if end.closed_by is not None else None,
            elapsed=lasted(first.start, end.end, time),
        )
        at = last + 1
