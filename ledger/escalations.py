"""How each ladder was climbed, rung by rung: folded from the events of a case, pure.

deadline missed ─▶ rung 0, at the body whose time it was
escalated       ─▶ one rung more, from the body below to the one above
alerted         ─▶ the same rung again: nobody stands above
its clock gone  ─▶ answered, by the event that took it away
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from domain import events as e
from domain.base import BodyId, Frozen, Instant
from domain.case import Case
from domain.events import Recorded
from domain.evolve import evolve
from domain.words import DeadlineKind
from ledger.envelope import recorded


class Climb(Frozen):
    """One step. ``rule`` and ``due`` are those of the deadline that was missed; ``about`` the body whose own clock it was.

    ``answered`` is None where a ladder has come to its end without anybody being asked any more. ``late_seconds`` runs
    from ``due`` until it was answered, or until the instant asked for.
    """

    cause: DeadlineKind
    about: BodyId | None
    rule: str | None
    rule_version: int | None
    due: Instant | None
    rung: int
    frm: BodyId
    to: BodyId
    answered: bool | None
    answered_at: Instant | None
    answered_by: str | None
    late_seconds: float | None


@dataclass
class _Step:
    version: int
    rung: int
    frm: BodyId
    to: BodyId


@dataclass
class _Ladder:
    cause: DeadlineKind
    about: BodyId | None
    rule: str | None
    rule_version: int | None
    due: datetime | None
    here: BodyId
    rung: int = 0
    armed: bool = False
    steps: list[_Step] = field(default_factory=list[_Step])
    answered: bool | None = False
    answered_at: datetime | None = None
    answered_by: str | None = None

    def climbed(self, version: int, to: BodyId, rungs: int) -> None:
        self.rung += rungs
        self.steps.append(_Step(version, self.rung, self.here, to))
        self.here = to

    def runs(self, case: Case) -> bool:
        return any(
            deadline.kind is DeadlineKind.LADDER
            and deadline.cause is self.cause
            and deadline.body == self.about
            for deadline in case.deadlines
        )


def climbs(events: Iterable[Recorded], until: datetime) -> dict[int, Climb]:
    """Every step on a ladder of one case, by the version of its event; of what was on record up to ``until``."""
    case: Case | None = None
    every: list[_Ladder] = []
    running: dict[tuple[DeadlineKind, BodyId | None], _Ladder] = {}
    for event in events:
        if event.at >= until:
            break
        before, case = case, evolve(case, event)
        _step(before, event, running, every)
        for key, ladder in [*running.items()]:
            if ladder.runs(case):
                ladder.armed = True
            elif ladder.armed:
                del running[key]
                if ladder.answered is False:
                    ladder.answered, ladder.answered_at = True, event.at
                    ladder.answered_by = event.body.type
    return {step.version: _climb(ladder, step, until) for ladder in every for step in ladder.steps}


def _step(
    before: Case | None,
    event: Recorded,
    running: dict[tuple[DeadlineKind, BodyId | None], _Ladder],
    every: list[_Ladder],
) -> None:
    match event.body:
        case e.DeadlineMissed() as body:
            missed = next((d for d in before.deadlines if d.id == body.deadline), None) if before else None
            ladder = _Ladder(
                cause=body.kind,
                about=missed.body if missed else None,
                rule=missed.rule if missed else None,
                rule_version=missed.rule_version if missed else None,
                due=missed.due if missed else None,
                here=body.charged_to,
            )
            ladder.climbed(event.version, body.charged_to, 0)
            running[ladder.cause, ladder.about] = ladder
            every.append(ladder)
        case e.Escalated() as body if (body.cause, body.about) in running:
            running[body.cause, body.about].climbed(event.version, body.to, 1)
        case e.Alerted() as body if (body.cause, body.about) in running:
            ladder = running[body.cause, body.about]
            ladder.climbed(event.version, body.body, 0)
            if body.deadline is None:
                # The top is alerted once; nothing tells whether the thing was done in the end.
                ladder.armed, ladder.answered = True, None
        case _:
            pass


def _climb(ladder: _Ladder, step: _Step, until: datetime) -> Climb:
    ended = ladder.answered_at or until
    return Climb(
        cause=ladder.cause,
        about=ladder.about,
        rule=ladder.rule,
        rule_version=ladder.rule_version,
        due=ladder.due,
        rung=step.rung,
        frm=step.frm,
        to=step.to,
        answered=ladder.answered,
        answered_at=ladder.answered_at,
        answered_by=ladder.answered_by,
        late_seconds=(ended - ladder.due).total_seconds() if ladder.due is not None else None,
    )


async def climbs_of(
    pool: asyncpg.Pool, cases: Iterable[UUID], until: datetime
) -> dict[tuple[UUID, int], Climb]:
    """The steps of these cases, by case and version."""
    rows = await pool.fetch(
        "SELECT * FROM event WHERE case_id = ANY ($1) ORDER BY case_id, version", list(cases)
    )
    histories: dict[UUID, list[Recorded]] = {}
    for row in rows:
        histories.setdefault(row["case_id"], []).append(recorded(row))
    return {
        (case, version): climb
        for case, events in histories.items()
        for version, climb in climbs(events, until).items()
    }
