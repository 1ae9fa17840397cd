"""Whole cases, many at a time, as the ledger keeps them: for replaying them elsewhere (whatif).

Rows are handed out as they are stored, so that they can go to another process and be read there.
"""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from domain.base import PersonId

Row = dict[str, Any]

_COUNT = """
SELECT count(*) FROM case_now
WHERE registered_at >= $1 AND registered_at < $2 AND case_id NOT IN (SELECT hidden_from($3))
"""

_PAGE = """
SELECT number, registered_at FROM case_now
WHERE registered_at >= $1 AND registered_at < $2 AND case_id NOT IN (SELECT hidden_from($3))
    AND (registered_at, number) > ($4, $5)
ORDER BY registered_at, number LIMIT $6
"""

_EVENTS = """
SELECT n.number, e.case_id, e.version, e.event_id, e.command_id, e.type, e.schema, e.at, e.recorded_at, e.done_at,
       e.actor, e.facts, e.body, c.type AS command_type, c.outcome = 'refused' AS refused
FROM event e JOIN command c USING (case_id, command_id) JOIN case_now n USING (case_id)
WHERE n.number = ANY ($1) ORDER BY e.case_id, e.version
"""

_NOW = "SELECT recorded_at FROM head"
_TIES = ("other_number", "parent_number", "same_as")


class Lives(NamedTuple):
    """A page of cases: the numbers asked about, and the events of these and of the cases that they are tied to."""

    numbers: list[str]
    events: dict[str, list[Row]]


async def how_many(
    pool: asyncpg.Pool, since: datetime, until: datetime, viewer: PersonId | None
) -> tuple[int, datetime]:
    """How many cases were registered in the period, and up to when the ledger has been written."""
    return (
        await pool.fetchval(_COUNT, since, until, viewer),
        await pool.fetchval(_NOW),
    )


async def lives(
    pool: asyncpg.Pool, since: datetime, until: datetime, viewer: PersonId | None, *, page: int
) -> AsyncGenerator[Lives]:
    """The cases registered in [since, until) that ``viewer`` may see, ``page`` at a time, in order of registration."""
    after: tuple[datetime, str] = (since, "")
    while True:
        found = await pool.fetch(_PAGE, since, until, viewer, *after, page)
        if not found:
            return
        numbers = [row["number"] for row in found]
        events = await _events(pool, numbers)
        tied = {
            row["body"][name]
            for rows in events.values()
            for row in rows
            for name in _TIES
            if row["body"].get(name)
        } - set(numbers)
        if tied:
            events |= await _events(pool, sorted(tied))
        yield Lives(numbers, events)
        after = (found[-1]["registered_at"], found[-1]["number"])


async def _events(pool: asyncpg.Pool, numbers: list[str]) -> dict[str, list[Row]]:
    events: dict[str, list[Row]] = {}
    for row in await pool.fetch(_EVENTS, numbers):
        events.setdefault(row["number"], []).append(dict(row))
    return events
