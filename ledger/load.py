"""What the ledger gives back to a workflow: a case's events and answered commands, and earlier answers."""

from uuid import UUID

import asyncpg

from domain.events import Recorded
from domain.ports import Answer, Answered, Ask, Loaded
from ledger.envelope import recorded
from ledger.projection import SHAPE, Standing, project

EVENTS = "SELECT * FROM event WHERE case_id = $1 ORDER BY version"
COMMANDS = "SELECT command_id FROM command WHERE case_id = $1 ORDER BY recorded_at, command_id"
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
