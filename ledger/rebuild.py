"""The read models from zero: folded from the events alone, by the code that the append uses, to the same rows.

    events, case by case in order ─▶ project ─▶ rows ─┬─ rebuild: written to emptied tables, all or nothing
                                                      └─ differences: compared with what stands

Events are streamed in (case, version) order, so that one case at a time is in memory however many there are. A rebuild
keeps appends out by the gate; they wait up to their lock time-out, fail whole, and are tried again. Readers see the old
rows until it commits.
"""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg

from domain.base import Frozen
from domain.events import Recorded
from ledger.envelope import recorded
from ledger.pool import GATE
from ledger.projection import Rows, project

MODELS = ("case_now", "holding", "desk", "inbox", "tie")

BATCH_CASES = 200
WHOLE_SECONDS = 3600.0
"""The longest that one statement of a rebuild may take."""

_EVENTS = "SELECT * FROM event ORDER BY case_id, version"


class Rebuilt(Frozen):
    """How much a rebuild folded."""

    cases: int
    events: int


class Difference(Frozen):
    """A row that is not what the events add up to. ``side``: it is ``missing``, or stands there and is ``wrong``."""

    model: str
    case: UUID
    side: str


async def rebuild(pool: asyncpg.Pool) -> Rebuilt:
    """Throw the read models away and fold them again from every event, in one transaction."""
    cases = events = 0
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", GATE, timeout=WHOLE_SECONDS)
        for model in MODELS:
            await connection.execute(f"DELETE FROM {model}", timeout=WHOLE_SECONDS)  # noqa: S608 - our own names
        async for batch, rows in _batches(connection):
            cases += len(rows.case_now)
            events += batch
            for model in MODELS:
                await connection.execute(
                    f"INSERT INTO {model} SELECT * FROM jsonb_populate_recordset(NULL::{model}, $1)",  # noqa: S608
                    getattr(rows, model),
                    timeout=WHOLE_SECONDS,
                )
    return Rebuilt(cases=cases, events=events)


async def differences(pool: asyncpg.Pool, limit: int = 100) -> list[Difference]:
    """The rows that a rebuild would change, at most ``limit``; empty if the read models are right. Changes nothing."""
    found: list[Difference] = []
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        async for _, rows in _batches(connection):
            cases = [row["case_id"] for row in rows.case_now]
            for model in MODELS:
                found += await _compare(connection, model, cases, getattr(rows, model), limit - len(found))
            if len(found) >= limit:
                return found
        for model in MODELS:
            stray = await connection.fetch(
                f"SELECT DISTINCT case_id FROM {model} m"  # noqa: S608 - our own names
                " WHERE NOT EXISTS (SELECT FROM event e WHERE e.case_id = m.case_id) LIMIT $1",
                limit - len(found),
            )
            found += [Difference(model=model, case=row["case_id"], side="wrong") for row in stray]
    return found


async def _compare(
    connection: asyncpg.pool.PoolConnectionProxy, model: str, cases: list[str], rows: list[object], limit: int
) -> list[Difference]:
    expected = f"SELECT * FROM jsonb_populate_recordset(NULL::{model}, $1)"  # noqa: S608 - our own names
    stored = f"SELECT * FROM {model} WHERE case_id = ANY ($2::uuid[])"  # noqa: S608 - our own names
    found = await connection.fetch(
        f"SELECT case_id, 'missing' AS side FROM ({expected} EXCEPT {stored}) m"  # noqa: S608 - our own names
        f" UNION ALL SELECT case_id, 'wrong' AS side FROM ({stored} EXCEPT {expected}) w LIMIT $3",
        rows,
        cases,
        limit,
        timeout=WHOLE_SECONDS,
    )
    return [Difference(model=model, case=row["case_id"], side=row["side"]) for row in found]


async def _batches(connection: asyncpg.pool.PoolConnectionProxy) -> AsyncIterator[tuple[int, Rows]]:
    """How many events a batch of cases had, and the rows that they add up to."""
    events, cases, rows = 0, 0, Rows()
    async for case in _cases(connection):
        rows = rows.plus(project(None, case)[1])
        events += len(case)
        cases += 1
        if cases == BATCH_CASES:
            yield events, rows
            events, cases, rows = 0, 0, Rows()
    if cases:
        yield events, rows


async def _cases(connection: asyncpg.pool.PoolConnectionProxy) -> AsyncIterator[list[Recorded]]:
    """The events of one case after the other, through a cursor of the transaction."""
    case: list[Recorded] = []
    async for row in connection.cursor(_EVENTS, prefetch=2000, timeout=WHOLE_SECONDS):
        event = recorded(row)
        if case and case[-1].case != event.case:
            yield case
            case = []
        case.append(event)
    if case:
        yield case
