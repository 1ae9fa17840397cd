"""Exporting: the ledger as a file that proves itself, one entry a line, the newest checkpoint beside it.

    {"entry": {"kind": "event", …}, "index": 17, "leaf": "…", "proof": ["…", …], "size": 4096}

``leaf`` is the leaf hash in hexadecimal. ``proof`` is the audit path from it to the root of the checkpoint of ``size``
leaves; both are null for a leaf that came after the checkpoint. Two passes over the ledger: the first reads leaf hashes
alone, 32 bytes each, and keeps one for 256 of them; the second reads the rows.
"""

import json
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import asyncpg

from ledger.evidence.entries import canonical
from ledger.evidence.errors import EvidenceBroken
from ledger.evidence.leaves import Chain, entries
from ledger.evidence.merkle import CHUNK, Frontier, Levels
from ledger.evidence.notes import read_note
from ledger.evidence.suites import Digest, suite_named

_HASHES = "SELECT hash FROM leaf WHERE index >= $1 AND index < $2 ORDER BY index"


class Exported(NamedTuple):
    """How much was written: leaves, events among them, leaves after the checkpoint; and the checkpoint."""

    leaves: int
    events: int
    after: int
    note: str


async def export(pool: asyncpg.Pool, write: Callable[[bytes], object]) -> Exported:
    """Write every entry as a line, in the order of the tree. Raises EvidenceBroken if there is no checkpoint yet."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        tree = await connection.fetchrow("SELECT size, suite FROM tree")
        note = await connection.fetchval("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1")
        if tree is None or note is None:
            raise EvidenceBroken(
                "台账还没有检查点；请先运行 zeren ledger checkpoint。 / The ledger has no checkpoint yet. Run zeren ledger "
                "checkpoint first."
            )
        size, covered = tree["size"], read_note(note).checkpoint.size
        digest = suite_named(tree["suite"]).digest
        upper = Levels(digest, [root async for root in _chunk_roots(connection, digest, covered)])
        paths = _Paths(connection, digest, upper, covered)
        events = 0
        async for leaf, told in entries(connection, 0, size, 8 * CHUNK, Chain()):
            if told is None:
                raise _gone(leaf.index)
            proof = await paths.of(leaf.index)
            rest = {
                "index": leaf.index,
                "leaf": leaf.hash.hex(),
                "proof": [node.hex() for node in proof] if proof is not None else None,
                "size": covered if proof is not None else None,
            }
            tail = json.dumps(rest, separators=(",", ":")).encode()
            write(b'{"entry":' + canonical(told) + b"," + tail[1:] + b"\n")
            events += leaf.kind == "event"
        return Exported(size, events, size - covered, note)


class _Paths:
    """Audit paths for leaves that are asked for in order."""

    def __init__(
        self, connection: asyncpg.pool.PoolConnectionProxy, digest: Digest, upper: Levels, covered: int
    ) -> None:
        self._connection = connection
        self._digest = digest
        self._upper = upper
        self._covered = covered
        self._chunk: tuple[int, Levels] | None = None

    async def of(self, index: int) -> list[bytes] | None:
        """The path of that leaf, None where the checkpoint does not cover it."""
        if index >= self._covered:
            return None
        number, inner = divmod(index, CHUNK)
        if self._chunk is None or self._chunk[0] != number:
            low, high = number * CHUNK, min((number + 1) * CHUNK, self._covered)
            rows = await self._connection.fetch(_HASHES, low, high)
            if len(rows) != high - low:
                raise _gone(low)
            self._chunk = number, Levels(self._digest, [row["hash"] for row in rows])
        return [*self._chunk[1].path(inner), *self._upper.path(number)]


async def _chunk_roots(
    connection: asyncpg.pool.PoolConnectionProxy, digest: Digest, size: int
) -> AsyncIterator[bytes]:
    frontier = Frontier(digest)
    async for row in connection.cursor(_HASHES, 0, size, prefetch=5000):
        frontier.add(row["hash"])
        if frontier.size == CHUNK:
            yield frontier.root()
            frontier = Frontier(digest)
    if frontier.size:
        yield frontier.root()


def _gone(index: int) -> EvidenceBroken:
    return EvidenceBroken(
        f"第 {index} 叶起台账不完整，无法导出；请运行 zeren ledger verify。 / From leaf {index} on the ledger is not whole and "
        "cannot be exported. Run zeren ledger verify."
    )
