"""What must hold afterwards, read from the ledger alone (design.md §3.1, §3.11, §3.12, §3.15)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import asyncpg

from domain.deadlines import clock_command
from domain.evolve import fold
from domain.holders import tile
from ledger.load import load
from ledger.rebuild import differences
from tests.chaos.clients import Acknowledged


@dataclass
class Findings:
    """What is wrong, each with the command or case that it is about."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    untiled: list[str] = field(default_factory=list)
    timers: list[str] = field(default_factory=list)
    read_models: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Nothing is wrong."""
        return not any(vars(self).values())

    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {name: len(found) for name, found in vars(self).items()}


@dataclass(frozen=True)
class Bell:
    """A clock that must have struck once on each case, at that instant or at the case's last one if that was later."""

    id: str
    due: datetime


async def examine(
    pool: asyncpg.Pool, cases: Sequence[UUID], acknowledged: Sequence[Acknowledged], bells: Sequence[Bell]
) -> Findings:
    """Everything that can be said against the ledger."""
    found = Findings()
    await _acknowledgements(pool, acknowledged, found)
    await _positions(pool, found)
    for case in cases:
        await _case(pool, case, bells, found)
    if not found.unreadable:
        found.read_models += [str(row) for row in await differences(pool)]
    return found


async def _acknowledgements(
    pool: asyncpg.Pool, acknowledged: Sequence[Acknowledged], found: Findings
) -> None:
    """Each acknowledgement has one answer row, and the row its events, once."""
    rows = await pool.fetch(
        "SELECT c.case_id, c.command_id, c.outcome, c.answer,"
        " coalesce(c.last_version - c.first_version + 1, 0) AS told,"
        " (SELECT count(*) FROM event e WHERE e.case_id = c.case_id AND e.command_id = c.command_id) AS written"
        " FROM command c"
    )
    by_command: dict[tuple[UUID, str], list[asyncpg.Record]] = {}
    for row in rows:
        by_command.setdefault((row["case_id"], row["command_id"]), []).append(row)
        if row["told"] != row["written"]:
            found.doubled.append(f"{row['command_id']}: {row['written']} events of {row['told']}")
    for told in acknowledged:
        answers = by_command.get((told.case, told.command), [])
        if not answers:
            if told.by_rule:
                found.lost.append(told.command)
            continue
        if answers[0]["outcome"] != told.outcome or answers[0]["answer"]["version"] != told.version:
            found.lost.append(f"{told.command}: another answer than the one that was given")
    found.doubled += [
        f"{command}: {len(all_)} answers" for (_, command), all_ in by_command.items() if len(all_) > 1
    ]


async def _positions(pool: asyncpg.Pool, found: Findings) -> None:
    """Positions have no gap, and the time of recording never runs backwards along them."""
    rows = await pool.fetch("SELECT position, recorded_at FROM event ORDER BY position")
    if [row["position"] for row in rows] != list(range(1, len(rows) + 1)):
        found.out_of_order.append("the positions have a gap")
    if any(a["recorded_at"] > b["recorded_at"] for a, b in pairwise(rows)):
        found.out_of_order.append("recorded_at runs backwards")


async def _case(pool: asyncpg.Pool, case: UUID, bells: Sequence[Bell], found: Findings) -> None:
    versions = [
        row["version"]
        for row in await pool.fetch("SELECT version FROM event WHERE case_id = $1 ORDER BY version", case)
    ]
    if versions != list(range(1, len(versions) + 1)):
        found.out_of_order.append(f"{case}: versions {Counter(versions).most_common(1)}")
        found.unreadable.append(str(case))
        return
    events = (await load(pool, case)).events
    state = fold(events)
    if state is None:
        found.lost.append(f"{case}: the whole case")
        return
    held = tile(events, state.last_at)
    whole = sum((each.end - each.start for each in held), timedelta())
    if whole != state.last_at - state.registered_at:
        found.untiled.append(str(case))
    if any(a.at > b.at for a, b in pairwise(events)):
        found.out_of_order.append(f"{case}: at runs backwards")
    for bell in bells:
        struck = [event for event in events if event.command == clock_command(bell.id)]
        before = [event.at for event in events if struck and event.version < struck[0].version]
        if len({event.command for event in struck}) != 1 or struck[0].at != max([bell.due, *before[-1:]]):
            found.timers.append(f"{case}: {bell.id} struck {len(struck)} times")
