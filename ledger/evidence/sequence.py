"""The sequencer: gives every row that was committed its place in the tree, one process at a time.

    lock ─▶ tree: how far are we? ─▶ the next rows of each kind ─▶ leaf hashes ─▶ leaves · tree moved on ─▶ commit
                 ▲                                                                                          │
                 └───────────────────────────── until nothing is left ◀──────────────────────────────────────┘

It comes after the append and takes nothing from it: an append neither waits for it nor hashes anything. Each kind is
followed by a mark behind which nothing can appear any more: events and readings by positions without holes, commands by
``recorded_at``, which never runs backwards, and of which those of the last instant are looked at again. A ledger from
before the tree is hashed by the same steps, from its first row.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from ledger.evidence.entries import COLUMNS, ORDINALS, TABLES, Kind, leaf
from ledger.evidence.errors import EvidenceBroken
from ledger.evidence.keys import SigningKeys, register
from ledger.evidence.leaves import hashes_of
from ledger.evidence.merkle import Frontier, leaf_hash
from ledger.evidence.suites import suite_named

SEALER = 0x7A6572656E0003
"""Advisory lock: one process sequences and signs at a time."""

BATCH = 2000
"""Rows of each kind in one transaction."""

_BEGIN = """
INSERT INTO tree (origin, suite, size, peaks, events, commands, readings, keys)
VALUES ($1, $2, 0, '{}', 0, '-infinity', 0, 0) ON CONFLICT DO NOTHING
"""

_COMMANDS = f"""
SELECT {COLUMNS["command"]} FROM command r
WHERE r.recorded_at >= $1
  AND NOT EXISTS (SELECT FROM leaf l WHERE l.kind = 'command' AND l.case_id = r.case_id AND l.command_id = r.command_id)
ORDER BY r.recorded_at, r.case_id, r.command_id LIMIT $2
"""  # noqa: S608 - our own names


class _New(NamedTuple):
    """A row that has no leaf yet."""

    kind: Kind
    row: Mapping[str, Any]
    previous: bytes | None = None


async def begin(pool: asyncpg.Pool, keys: SigningKeys, *, lost: bool = False) -> None:
    """Give the tree its name and algorithms, once, and tell it of keys that it does not know.

    Raises SigningKeyRefused if the keys are another ledger's.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", SEALER)
        await register(connection, keys, lost=lost)
        await connection.execute(_BEGIN, keys.origin, keys.suite)


async def sequence(pool: asyncpg.Pool, *, batch: int = BATCH) -> int:
    """Give leaves to all that was committed before the call; answers to how many rows.

    Does nothing while the tree has no name (``begin``). Safe to call from anywhere at any time.
    """
    done, more = 0, True
    while more:
        count, more = await _step(pool, batch)
        done += count
    return done


async def _step(pool: asyncpg.Pool, batch: int) -> tuple[int, bool]:
    """How many rows got leaves, and whether there were more of one kind than go into a batch.

    It stops at the first batch that is not full: while cases go on there is always something new.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", SEALER)
        tree = await connection.fetchrow("SELECT * FROM tree")
        if tree is None:
            return 0, False
        digest = suite_named(tree["suite"]).digest
        frontier = Frontier(digest, tree["size"], tree["peaks"])
        rows = [
            *await _after(connection, "key", tree["keys"], batch),
            *await _after(connection, "event", tree["events"], batch),
            *[
                _New("command", dict(row))
                for row in await connection.fetch(_COMMANDS, tree["commands"], batch)
            ],
            *await _after(connection, "reading", tree["readings"], batch),
        ]
        if not rows:
            return 0, False
        chain = await _before(connection, rows)
        leaves: list[tuple[Any, ...]] = []
        for kind, row, _ in rows:
            previous = chain.get((row["case_id"], row["version"] - 1)) if kind == "event" else None
            hashed = leaf_hash(digest, _content(kind, row, previous))
            if kind == "event":
                chain[row["case_id"], row["version"]] = hashed
            leaves.append((frontier.size, kind, *_found_by(kind, row), hashed))
            frontier.add(hashed)
        await connection.copy_records_to_table(
            "leaf",
            records=leaves,
            columns=("index", "kind", "ordinal", "case_id", "command_id", "hash"),
        )
        await connection.execute(
            "UPDATE tree SET size = $1, peaks = $2, events = $3, commands = $4, readings = $5, keys = $6",
            frontier.size,
            frontier.peaks,
            *_marks(dict(tree), rows),
        )
        return len(rows), max(Counter(kind for kind, _, _ in rows).values()) == batch


def _content(kind: Kind, row: Mapping[str, Any], previous: bytes | None) -> bytes:
    try:
        return leaf(kind, row, previous)
    except ValueError as error:
        place = row.get("position") or row.get("command_id")
        raise EvidenceBroken(
            f"{kind} {place} 含有规范 JSON 无法表示的内容，不是本系统写入的；请保全现场。 / The {kind} {place} holds what "
            "canonical JSON cannot say, so it was not written by us. Keep everything as it is."
        ) from error


async def _after(
    connection: asyncpg.pool.PoolConnectionProxy, kind: Kind, mark: int, batch: int
) -> list[_New]:
    by = ORDINALS[kind]
    rows = await connection.fetch(
        f"SELECT {COLUMNS[kind]} FROM {TABLES[kind]} r WHERE r.{by} > $1 ORDER BY r.{by} LIMIT $2",  # noqa: S608
        mark,
        batch,
    )
    return [_New(kind, dict(row)) for row in rows]


async def _before(
    connection: asyncpg.pool.PoolConnectionProxy, rows: Sequence[_New]
) -> dict[tuple[UUID, int], bytes]:
    """The leaf hashes of the events that came just before these in their cases, and have leaves already."""
    first: dict[UUID, int] = {}
    for kind, row, _ in rows:
        if kind == "event" and row["version"] > 1:
            first.setdefault(row["case_id"], row["version"] - 1)
    return await hashes_of(connection, first.items())


def _found_by(kind: Kind, row: Mapping[str, Any]) -> tuple[int | None, UUID | None, str | None]:
    if kind == "command":
        return None, row["case_id"], row["command_id"]
    return row[ORDINALS[kind]], None, None


def _marks(tree: Mapping[str, Any], rows: Sequence[_New]) -> tuple[int, datetime, int, int]:
    """How far each kind has come: the last event, the last command's instant, the last reading, the last key."""

    def last(kind: Kind, column: str, before: Any) -> Any:  # noqa: ANN401 - an integer or an instant
        return max((row[column] for found, row, _ in rows if found == kind), default=before)

    return (
        last("event", "position", tree["events"]),
        last("command", "recorded_at", tree["commands"]),
        last("reading", "position", tree["readings"]),
        last("key", "ordinal", tree["keys"]),
    )
