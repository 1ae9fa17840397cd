"""Reading a case: how it stands, what has happened to it, who answered for it, and how that looked at another time.

now        from the read models
--at T     from the events decided for an instant up to T
--known K  from the events that were on record by K
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import asyncpg

from domain.base import Frozen, Instant, PersonId
from domain.case import Case
from domain.events import Recorded
from domain.evolve import fold
from domain.holders import Held, Mark, OpenHolding, known, merge, tile
from domain.ports import Answer
from ledger.envelope import recorded
from ledger.load import events, standing
from ledger.projection import Standing
from ledger.relations import followed


class CommandRecord(Frozen):
    """A command as the ledger answered it."""

    command: str
    type: str
    at: Instant
    recorded_at: Instant
    outcome: str
    answer: Answer


async def case_by_number(pool: asyncpg.Pool, number: str, viewer: PersonId | None = None) -> Case | None:
    """The case with that number as it stands, or None; also where it does not exist for ``viewer``.

    The number is in its canonical form (domain/numbers.py). A viewer of None is somebody who could be anybody: he gets
    no case that is hidden from anyone (ledger/sql/0015_firewall.sql).
    """
    row = await pool.fetchrow(
        "SELECT case_id, shape, doc FROM case_now WHERE number = $1 AND case_id NOT IN (SELECT hidden_from($2))",
        number,
        viewer,
    )
    found = await standing(pool, row["case_id"], row["shape"], row["doc"]) if row else None
    return found.case if found else None


async def case_state(pool: asyncpg.Pool, case: UUID) -> Case | None:
    """The case as it stands, or None."""
    found = await _standing(pool, case)
    return found.case if found else None


async def any_exists_for(pool: asyncpg.Pool, cases: Iterable[UUID], viewer: PersonId | None) -> bool:
    """Whether one of these is a case that exists for the viewer."""
    return await pool.fetchval(
        "SELECT EXISTS (SELECT FROM case_now WHERE case_id = ANY ($1) AND case_id NOT IN (SELECT hidden_from($2)))",
        list(cases),
        viewer,
    )


async def hidden_cases(pool: asyncpg.Pool, viewer: PersonId | None) -> frozenset[UUID]:
    """The cases that do not exist for the viewer."""
    return frozenset(row["id"] for row in await pool.fetch("SELECT hidden_from($1) AS id", viewer))


async def case_at(
    pool: asyncpg.Pool, case: UUID, at: datetime | None = None, by: datetime | None = None
) -> Case | None:
    """The case as of ``at``, as it was known at ``by``; None where there was no such case. Without both: now."""
    if at is None and by is None:
        return await case_state(pool, case)
    return fold(known(await events_of(pool, case), at, by))


async def events_of(pool: asyncpg.Pool, case: UUID) -> list[Recorded]:
    """Everything that has happened to the case, in order; empty if there is none."""
    return await events(pool, case)


async def commands_of(pool: asyncpg.Pool, case: UUID) -> list[CommandRecord]:
    """Every command that the case has answered, refusals too, in the order in which they were recorded."""
    rows = await pool.fetch(
        "SELECT command_id AS command, type, at, recorded_at, outcome, answer FROM command WHERE case_id = $1"
        " ORDER BY recorded_at, last_version NULLS LAST, command_id",
        case,
    )
    return [CommandRecord.model_validate(dict(row)) for row in rows]


async def holders(
    pool: asyncpg.Pool, case: UUID, at: datetime | None = None, by: datetime | None = None
) -> list[Held]:
    """Who answered for the case, and what each instant is charged to, up to ``at`` as known at ``by``.

    Without ``at`` it ends now, or at ``by`` if that is given; without both it is read from the read model.
    """
    if at is None and by is None:
        return await _holders_now(pool, case)
    end = at if at is not None else by
    assert end is not None, "one of both was given"  # noqa: S101
    return await followed(pool, tile(known(await events_of(pool, case), at, by), end), end, at, by)


async def _holders_now(pool: asyncpg.Pool, case: UUID) -> list[Held]:
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        now: datetime = await connection.fetchval("SELECT clock_timestamp()")
        row = await connection.fetchrow("SELECT shape, doc FROM case_now WHERE case_id = $1", case)
        found = await standing(connection, case, row["shape"], row["doc"]) if row else None
        rows = await connection.fetch("SELECT * FROM holding WHERE case_id = $1 ORDER BY opened_by", case)
        running = found.running if found else None
        own = merge([*(_held(row) for row in rows), *_up_to(running, now)])
        return await followed(connection, own, now, now, None)


def _held(row: asyncpg.Record) -> Held:
    return Held(
        episode=row["episode"],
        answering=row["answering"],
        charge=row["charge"],
        charged_to=row["charged_to"],
        start=row["starts_at"],
        end=row["ends_at"],
        opened_by=Mark(version=row["opened_by"], type=row["opened_type"]),
        closed_by=Mark(version=row["closed_by"], type=row["closed_type"]),
        follows=row["follows"],
    )


def _up_to(running: OpenHolding | None, now: datetime) -> list[Held]:
    """The running interval, cut at ``now``; empty ones are dropped."""
    if running is None or running.start >= now:
        return []
    return [
        Held(
            episode=running.episode,
            answering=running.holding.answering,
            charge=running.holding.charge,
            charged_to=running.holding.charged_to,
            start=running.start,
            end=now,
            opened_by=running.opened_by,
            closed_by=None,
            follows=running.holding.follows,
        )
    ]


async def _standing(pool: asyncpg.Pool, case: UUID) -> Standing | None:
    row = await pool.fetchrow("SELECT shape, doc FROM case_now WHERE case_id = $1", case)
    return await standing(pool, case, row["shape"], row["doc"]) if row else None


class OpenCase(Frozen):
    """A case that waits by itself, and what for: None where nothing is due."""

    id: UUID
    due: Instant | None


async def open_cases(
    pool: asyncpg.Pool, *, numbers: list[str] | None = None, bodies: list[str] | None = None
) -> list[OpenCase]:
    """Every case that waits by itself, the one that is due first before the others.

    Where they are given, of these numbers only, and on the desk of one of these bodies only. One that has ended waits for
    nothing; one that follows another without a clock of its own is woken with it.
    """
    rows = await pool.fetch(
        "SELECT case_id AS id, next_deadline AS due FROM case_now"
        " WHERE state <> 'ended' AND (state <> 'merged' OR next_deadline IS NOT NULL)"
        " AND ($1::text[] IS NULL OR number = ANY ($1))"
        " AND ($2::text[] IS NULL OR case_id IN (SELECT case_id FROM desk WHERE body = ANY ($2)))"
        " ORDER BY due_order, number",
        numbers,
        bodies,
    )
    return [OpenCase.model_validate(dict(row)) for row in rows]


async def events_after(pool: asyncpg.Pool, position: int, limit: int = 1000) -> list[tuple[int, Recorded]]:
    """The events of all cases after a position, in order, with theirs. Positions have no gaps and appear in order."""
    rows = await pool.fetch(
        "SELECT * FROM event WHERE position > $1 ORDER BY position LIMIT $2", position, limit
    )
    return [(row["position"], recorded(row)) for row in rows]
