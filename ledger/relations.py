"""How cases have to do with one another: parents, children and ties. Every such read goes through here.

    relations   what a case shows of others
    glances     what a decision sees of them
    follow      a case's intervals of responsibility with those of its parents in their place
    children    the cases that follow one, page by page
    waiting     parents that were answered or have ended while cases still follow them

A viewer who is kept from a case must not learn of it from another one (design.md §3.6): ``relations`` is the one place
where what he may not see has to be left out.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from domain.base import Frozen, PersonId
from domain.glance import Glance
from domain.holders import Held, follow, known, tile
from domain.merges import WAKES, glance
from domain.ports import WaitingParent
from domain.words import State
from ledger.load import events, standing

Connection = asyncpg.Pool | asyncpg.pool.PoolConnectionProxy

SHOWN_CHILDREN = 20
"""How many children are named; all are counted."""

_CHILDREN_EXIST = "EXISTS (SELECT FROM case_now c WHERE c.parent = n.case_id)"


class Related(Frozen):
    """Another case, how it is tied to this one, and how it stands."""

    number: str
    tie: str
    state: State


class Relations(Frozen):
    """What a case shows of others. ``children`` are the first of ``child_count``, by number."""

    parent: str | None
    child_count: int
    children: tuple[str, ...]
    ties: tuple[Related, ...]


async def relations(
    pool: asyncpg.Pool, case: UUID, at: datetime | None = None, viewer: PersonId | None = None
) -> Relations:
    """The parent, children and ties of a case now, or as of ``at``; without those that do not exist for ``viewer``."""
    row = await pool.fetchrow(_RELATIONS, case, at, SHOWN_CHILDREN, viewer)
    assert row is not None, "the query has one row always"  # noqa: S101
    return Relations(
        parent=row["parent"],
        child_count=row["child_count"],
        children=tuple(row["children"]),
        ties=tuple(Related.model_validate(tied) for tied in row["ties"]),
    )


_RELATIONS = """
WITH followed AS (
    SELECT n.case_id AS child, n.parent AS parent FROM case_now n
    WHERE (n.parent = $1 OR n.case_id = $1) AND n.parent IS NOT NULL
      AND ($2::timestamptz IS NULL OR (n.doc -> 'running' ->> 'start')::timestamptz <= $2)
    UNION
    SELECT h.case_id, h.follows FROM holding h
    WHERE (h.follows = $1 OR h.case_id = $1) AND h.follows IS NOT NULL AND h.starts_at <= $2 AND $2 < h.ends_at
), children AS (
    SELECT n.number FROM followed f JOIN case_now n ON n.case_id = f.child
    WHERE f.parent = $1 AND n.case_id NOT IN (SELECT hidden_from($4))
), ties AS (
    SELECT DISTINCT n.number, t.kind AS tie, n.state
    FROM tie t JOIN case_now n ON n.case_id = CASE WHEN t.case_id = $1 THEN t.other ELSE t.case_id END
    WHERE (t.case_id = $1 OR t.other = $1) AND ($2::timestamptz IS NULL OR t.at <= $2)
      AND n.case_id NOT IN (SELECT hidden_from($4))
)
SELECT (SELECT n.number FROM followed f JOIN case_now n ON n.case_id = f.parent WHERE f.child = $1) AS parent,
       (SELECT count(*) FROM children) AS child_count,
       (SELECT coalesce(array_agg(number ORDER BY number), '{}')
        FROM (SELECT number FROM children ORDER BY number LIMIT $3) shown) AS children,
       (SELECT coalesce(jsonb_agg(to_jsonb(ties) ORDER BY number, tie), '[]') FROM ties) AS ties
"""


async def glances(connection: Connection, numbers: Iterable[str]) -> dict[str, Glance]:
    """What a decision may see of the cases with these numbers; an unknown number is left out."""
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    rows = await connection.fetch(
        f"SELECT n.case_id, n.shape, n.doc, {_CHILDREN_EXIST} AS children FROM case_now n"  # noqa: S608 - our own text
        " WHERE n.number = ANY ($1)",
        wanted,
    )
    seen = [await _seen(connection, row) for row in rows]
    return {each.number: each for each in seen}


async def _seen(connection: Connection, row: asyncpg.Record) -> Glance:
    found = await standing(connection, row["case_id"], row["shape"], row["doc"])
    assert found is not None, "a row of case_now has a case"  # noqa: S101
    return glance(found.case, children=row["children"])


_EARLIER = f"""
SELECT n.case_id, n.shape, n.doc, {_CHILDREN_EXIST} AS children
FROM reporter own JOIN reporter other ON other.marks && own.marks AND other.case_id <> own.case_id
JOIN case_now n ON n.case_id = other.case_id
WHERE own.personal = $1
ORDER BY n.registered_at DESC, n.number LIMIT 20
"""  # noqa: S608 - our own text


async def earlier_of_reporter(connection: Connection, personal: UUID) -> tuple[Glance, ...]:
    """The other cases of whoever gave the telephone number in that row of the compartment, the last one first."""
    return tuple([await _seen(connection, row) for row in await connection.fetch(_EARLIER, personal)])


# ---------------------------------------------------------------- responsibility
async def followed(
    connection: Connection, own: Sequence[Held], end: datetime, at: datetime | None, by: datetime | None
) -> list[Held]:
    """``own`` intervals, up to ``end``, with the parents' in the place of the stretches that follow one."""
    parents = {interval.follows for interval in own if interval.follows is not None}
    theirs = {
        parent: tile(known(await events(connection, parent), at, by), end) for parent in sorted(parents)
    }
    return follow(own, theirs)


# ---------------------------------------------------------------- waking children
async def children(pool: asyncpg.Pool, parent: UUID, after: UUID | None, limit: int) -> list[UUID]:
    """The next cases that follow ``parent``, in the order of their ids."""
    rows = await pool.fetch(
        "SELECT case_id FROM case_now WHERE parent = $1 AND ($2::uuid IS NULL OR case_id > $2)"
        " ORDER BY case_id LIMIT $3",
        parent,
        after,
        limit,
    )
    return [row["case_id"] for row in rows]


async def needs_waking(connection: Connection, parent: UUID) -> bool:
    """Whether ``parent`` was answered or has ended while cases still follow it."""
    return bool(
        await connection.fetchval(
            f"SELECT n.state = ANY ($2) AND {_CHILDREN_EXIST} FROM case_now n WHERE n.case_id = $1",  # noqa: S608
            parent,
            sorted(WAKES),
        )
    )


async def waiting(pool: asyncpg.Pool, limit: int = 100) -> list[WaitingParent]:
    """Parents that were answered or have ended while cases still follow them."""
    rows = await pool.fetch(
        "SELECT case_id AS parent, version FROM case_now WHERE state = ANY ($1)"
        " AND case_id IN (SELECT parent FROM case_now WHERE parent IS NOT NULL) ORDER BY last_at LIMIT $2",
        sorted(WAKES),
        limit,
    )
    return [WaitingParent.model_validate(dict(row)) for row in rows]
