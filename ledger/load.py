"""What the ledger gives back to a workflow: a case's events and answered commands, and earlier answers."""

from uuid import UUID

import asyncpg

from domain.events import Recorded
from domain.ports import Answer, Answered, Ask, LoadCase, Loaded
from ledger.envelope import recorded
from ledger.projection import SHAPE, Standing, project

EVENTS = "SELECT * FROM event WHERE case_id = $1 ORDER BY version"
COMMANDS = "SELECT command_id FROM command WHERE case_id = $1 ORDER BY recorded_at, command_id"
NEXT_EVENTS = "SELECT * FROM event WHERE case_id = $1 AND version > $2 ORDER BY version LIMIT $3"
NEXT_COMMANDS = """
SELECT command_id FROM command WHERE case_id = $1 AND command_id > $2 ORDER BY command_id LIMIT $3
"""
EARLIER = "SELECT fingerprint, answer FROM command WHERE case_id = $1 AND command_id = $2"


async def load(pool: asyncpg.Pool, case: UUID) -> Loaded:
    """Every event of the case in order, and the ids of all commands that it has answered, as of one instant.

    A case that does not exist is empty; refused registrations are among its answered commands.
    """
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        events = await connection.fetch(EVENTS, case)
        commands = await connection.fetch(COMMANDS, case)
    return Loaded(
        events=tuple(recorded(event) for event in events),
        answered=tuple(str(command["command_id"]) for command in commands),
    )


PAGE_EVENTS = 400
PAGE_COMMANDS = 4_000
"""At most so many in one page: with the largest events and ids still below the 2 MB that Temporal takes as one value."""


async def page(
    pool: asyncpg.Pool, request: LoadCase, *, events: int = PAGE_EVENTS, commands: int = PAGE_COMMANDS
) -> Loaded:
    """The next ``events`` events of a case and ``commands`` ids, after those that the request names."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        found = await connection.fetch(NEXT_EVENTS, request.case, request.version, events)
        ids = await connection.fetch(NEXT_COMMANDS, request.case, request.command or "", commands)
    return Loaded(
        events=tuple(recorded(event) for event in found),
        answered=tuple(str(command["command_id"]) for command in ids),
        more=len(found) == events or len(ids) == commands,
    )


async def answered(pool: asyncpg.Pool, ask: Ask) -> Answered:
    """What the command was answered, none, or that its id came with other content."""
    row = await pool.fetchrow(EARLIER, ask.case, ask.command)
    if row is None:
        return Answered(outcome="none")
    if row["fingerprint"] != ask.fingerprint:
        return Answered(outcome="reused")
    return Answered(outcome="found", answer=Answer.model_validate(row["answer"]))


async def events(connection: asyncpg.Pool | asyncpg.pool.PoolConnectionProxy, case: UUID) -> list[Recorded]:
    """Every event of the case in order, on a pool or on the connection of a transaction."""
    return [recorded(event) for event in await connection.fetch(EVENTS, case)]


async def standing(
    connection: asyncpg.Pool | asyncpg.pool.PoolConnectionProxy, case: UUID, shape: str | None, doc: object
) -> Standing | None:
    """The case as it stands, from its row in ``case_now``; from its events where the row has an older shape."""
    if shape is None:
        return None
    if shape == SHAPE:
        return Standing.model_validate(doc)
    return project(None, await events(connection, case))[0]
