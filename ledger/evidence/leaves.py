"""The leaves with their rows, a run of them at a time: what verifying and exporting read.

leaf 4096 … 6143 ─▶ by kind: the rows that they stand for, or none where one is gone ─▶ in the tree's order
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from ledger.evidence.entries import COLUMNS, ORDINALS, TABLES, Entry, Kind, entry

CASES_REMEMBERED = 50_000
"""Cases whose last event's hash is kept in memory; of the others it is asked for again."""

KINDS: tuple[Kind, ...] = ("event", "command", "reading", "key")

_HASHES = """
SELECT e.case_id, e.version, l.hash FROM unnest($1::uuid[], $2::integer[]) AS w (case_id, version)
JOIN event e USING (case_id, version) JOIN leaf l ON l.kind = 'event' AND l.ordinal = e.position
"""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as it stands in the tree, and the row that it stands for; None where there is no such row."""

    index: int
    kind: Kind
    hash: bytes
    found_by: str
    row: Mapping[str, Any] | None


class Chain:
    """The leaf hash of the newest event of each case, as far as one has come. Memory stays flat."""

    def __init__(self) -> None:
        self._last: OrderedDict[UUID, tuple[int, bytes]] = OrderedDict()

    async def recall(self, connection: asyncpg.pool.PoolConnectionProxy, leaves: list[Leaf]) -> None:
        """Ask for what these leaves need and is not remembered."""
        wanted: dict[UUID, int] = {}
        for leaf in leaves:
            if leaf.kind == "event" and leaf.row is not None and leaf.row["version"] > 1:
                wanted.setdefault(leaf.row["case_id"], leaf.row["version"] - 1)
        missing = [
            (case, version)
            for case, version in wanted.items()
            if self._last.get(case, (0, b""))[0] != version
        ]
        for (case, version), hashed in (await hashes_of(connection, missing)).items():
            self._last[case] = (version, hashed)

    def previous(self, leaf: Leaf) -> bytes | None:
        """The hash of the event before this one in its case; None for the first, or where it is not there."""
        if leaf.kind != "event" or leaf.row is None or leaf.row["version"] == 1:
            return None
        version, hashed = self._last.get(leaf.row["case_id"], (0, b""))
        return hashed if version == leaf.row["version"] - 1 else None

    def passed(self, leaf: Leaf) -> None:
        """That one has been looked at."""
        if leaf.kind == "event" and leaf.row is not None:
            case = leaf.row["case_id"]
            self._last[case] = (leaf.row["version"], leaf.hash)
            self._last.move_to_end(case)
            if len(self._last) > CASES_REMEMBERED:
                self._last.popitem(last=False)


async def leaves(connection: asyncpg.pool.PoolConnectionProxy, low: int, high: int) -> list[Leaf]:
    """The leaves from ``low`` up to and without ``high`` that are there, in order."""
    found: list[Leaf] = []
    for kind in KINDS:
        for row in await connection.fetch(_query(kind), low, high):
            whole = dict(row)
            index, hashed, by = whole.pop("leaf_index"), whole.pop("leaf_hash"), whole.pop("leaf_found_by")
            there = whole.pop("leaf_row_there")
            found.append(Leaf(index, kind, hashed, by, whole if there else None))
    return sorted(found, key=lambda leaf: leaf.index)


async def entries(
    connection: asyncpg.pool.PoolConnectionProxy, low: int, high: int, batch: int, chain: Chain
) -> AsyncIterator[tuple[Leaf, Entry | None]]:
    """Each leaf with what it should hold by its row as that stands now; None where the row is gone."""
    for start in range(low, high, batch):
        run = await leaves(connection, start, min(start + batch, high))
        await chain.recall(connection, run)
        for leaf in run:
            previous = chain.previous(leaf)
            yield leaf, entry(leaf.kind, leaf.row, previous) if leaf.row is not None else None
            chain.passed(leaf)


async def hashes_of(
    connection: asyncpg.pool.PoolConnectionProxy, wanted: Iterable[tuple[UUID, int]]
) -> dict[tuple[UUID, int], bytes]:
    """The leaf hashes of these events, named by case and version, as far as they have leaves."""
    pairs = list(wanted)
    if not pairs:
        return {}
    rows = await connection.fetch(_HASHES, [case for case, _ in pairs], [version for _, version in pairs])
    return {(row["case_id"], row["version"]): row["hash"] for row in rows}


_THERE: dict[Kind, str] = {
    "event": "r.event_id",
    "command": "r.type",
    "reading": "r.case_id",
    "key": "r.vkey",
}
"""A column that is never null, so that it tells whether the row is there."""


def _query(kind: Kind) -> str:
    if kind == "command":
        by, on = "l.case_id || ' ' || l.command_id", "r.case_id = l.case_id AND r.command_id = l.command_id"
    else:
        by, on = "l.ordinal::text", f"r.{ORDINALS[kind]} = l.ordinal"
    return (
        f"SELECT l.index AS leaf_index, l.hash AS leaf_hash, {by} AS leaf_found_by,"  # noqa: S608 - our own names
        f" {_THERE[kind]} IS NOT NULL AS leaf_row_there, {COLUMNS[kind]}"
        f" FROM leaf l LEFT JOIN {TABLES[kind]} r ON {on}"
        f" WHERE l.kind = '{kind}' AND l.index >= $1 AND l.index < $2"
    )
