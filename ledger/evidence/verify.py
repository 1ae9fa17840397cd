"""Verifying a database: rows against leaves, leaves against checkpoints, checkpoints against keys.

    a row was changed, its leaf not       the first bad leaf is named
    a row is gone, or has no leaf         named
    leaves were changed too               a checkpoint is contradicted: somewhere after the last one that agrees
    checkpoints were made anew            an outside checkpoint, or the key that was given, contradicts

It reads the ledger once, in the order of the tree, in one snapshot and flat memory, and changes nothing. Checkpoints
from outside are worth more than those in the database: who can change the one can change the other.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from domain.base import Frozen
from ledger.evidence.entries import Entry, canonical
from ledger.evidence.errors import EvidenceBroken
from ledger.evidence.findings import Finding, Found
from ledger.evidence.leaves import Chain, Leaf, entries
from ledger.evidence.merkle import Frontier, leaf_hash
from ledger.evidence.notes import Note, VerifyingKey, read_note
from ledger.evidence.strays import strays
from ledger.evidence.suites import SHA256_ED25519, suite_named
from ledger.evidence.trust import trusted

BATCH = 2000


class Verified(Frozen):
    """What came of it.

    ``leaves``: how many the tree has, ``events`` of them events. ``checkpoints``: how many agree. ``outside``: the size of
    the newest outside checkpoint that agrees, None where none was given or none does. ``uncovered``: events that it does
    not cover, those without a leaf yet included. ``waiting``: rows that have no leaf yet.
    """

    ok: bool
    origin: str | None
    suite: str | None
    leaves: int
    events: int
    checkpoints: int
    outside: int | None
    uncovered: int
    waiting: int
    findings: tuple[Finding, ...]


class _Head(NamedTuple):
    """A checkpoint to be met on the way."""

    size: int
    root: bytes
    outside: bool


async def verify(
    pool: asyncpg.Pool,
    outside: Sequence[Note] = (),
    given: Sequence[VerifyingKey] = (),
    *,
    batch: int = BATCH,
) -> Verified:
    """Look at everything; ``outside`` are checkpoints and ``given`` keys that were kept elsewhere."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        row = await connection.fetchrow("SELECT * FROM tree")
        tree = dict(row) if row is not None else None
        found = Found()
        heads = await _heads(connection, tree, outside, given, found)
        last = await connection.fetchval("SELECT max(index) FROM leaf")
        size = max(tree["size"] if tree else 0, last + 1 if last is not None else 0)
        walk = _Walk(heads, tree["suite"] if tree else SHA256_ED25519, found)
        async for leaf, told in entries(connection, 0, size, batch, Chain()):
            walk.meet(leaf, told)
        walk.end(size, tree)
        waiting = await strays(connection, walk.last_command, found)
        newest = max((head.size for head in walk.agreed if head.outside), default=None)
        return Verified(
            ok=not found.all(),
            origin=tree["origin"] if tree else None,
            suite=tree["suite"] if tree else None,
            leaves=size,
            events=walk.events,
            checkpoints=len(walk.agreed),
            outside=newest,
            uncovered=walk.events - walk.events_at.get(newest or 0, 0) + waiting.events,
            waiting=waiting.rows,
            findings=tuple(found.all()),
        )


async def _heads(
    connection: asyncpg.pool.PoolConnectionProxy,
    tree: Mapping[str, Any] | None,
    outside: Sequence[Note],
    given: Sequence[VerifyingKey],
    found: Found,
) -> list[_Head]:
    """The checkpoints that count, the smallest first; the others are told."""
    told = await connection.fetch("SELECT * FROM signing_key ORDER BY ordinal")
    trust = trusted([dict(row) for row in told], given)
    for number in trust.strangers:
        found.add(
            "unendorsed_key",
            f"第 {number} 把公钥没有前一把的背书；若文件确曾丢失并重做，请用 --key 给出新公钥",
            f"nobody endorsed the key no. {number}; if the file was lost and made anew, give the new key with --key",
        )
    heads: list[_Head] = []
    rows = await connection.fetch("SELECT size, root, note FROM checkpoint ORDER BY size")
    for row in rows:
        note = _read(row["note"])
        same = note is not None and (note.checkpoint.size, note.checkpoint.root) == (row["size"], row["root"])
        if note is not None and same and trust.vouches(note) and _ours(note, tree):
            heads.append(_Head(row["size"], row["root"], outside=False))
        elif note is None or not same or not trust.leaves_open(note):
            found.add(
                "checkpoint",
                f"数据库中大小 {row['size']} 的检查点不成立：内容被改动，或不是可信密钥所签",
                f"the checkpoint of {row['size']} leaves in the database does not stand: it was changed, or no trusted key "
                "signed it",
            )
    for note in outside:
        size = note.checkpoint.size
        if trust.vouches(note) and _ours(note, tree):
            heads.append(_Head(size, note.checkpoint.root, outside=True))
        else:
            found.add(
                "foreign_checkpoint",
                f"所给大小 {size} 的检查点不属于本台账，或不是本台账可信密钥所签",
                f"the given checkpoint of {size} leaves is not this ledger's, or none of its trusted keys signed it",
            )
    return sorted(heads, key=lambda head: (head.size, head.outside))


def _read(told: str) -> Note | None:
    try:
        return read_note(told)
    except EvidenceBroken:
        return None


def _ours(note: Note, tree: Mapping[str, Any] | None) -> bool:
    about = (note.checkpoint.origin, note.checkpoint.suite)
    return tree is not None and about == (tree["origin"], tree["suite"])


class _Walk:
    """One way through the tree, from the first leaf to the last."""

    def __init__(self, heads: Sequence[_Head], suite: str, found: Found) -> None:
        self.agreed: list[_Head] = []
        self.events = 0
        self.events_at: dict[int, int] = {}
        self.last_command: datetime | None = None
        self._ahead = deque(heads)
        self._digest = suite_named(suite).digest
        self._frontier = Frontier(self._digest)
        self._found = found
        self._next = 0

    def meet(self, leaf: Leaf, told: Entry | None) -> None:
        """The next leaf, with what it should hold."""
        self._missing(leaf.index)
        self._heads_at(leaf.index)
        self._next = leaf.index + 1
        if told is None:
            self._found.add(
                "row_gone",
                f"第 {leaf.index} 叶所记的 {leaf.kind} {leaf.found_by} 不见了",
                f"leaf {leaf.index} stands for {leaf.kind} {leaf.found_by}, which is gone",
                index=leaf.index,
            )
        elif not self._agrees(leaf, told):
            self._found.add(
                "bad_leaf",
                f"第 {leaf.index} 叶与其 {leaf.kind} {leaf.found_by} 不符",
                f"leaf {leaf.index} and its {leaf.kind} {leaf.found_by} disagree",
                index=leaf.index,
            )
        self._frontier.add(leaf.hash)
        self._count(leaf)

    def end(self, size: int, tree: Mapping[str, Any] | None) -> None:
        """No more leaves."""
        self._missing(size)
        self._heads_at(size)
        for head in self._ahead:
            self._found.add(
                "truncated",
                f"检查点有 {head.size} 叶，树只有 {size} 叶：末尾被截去",
                f"a checkpoint has {head.size} leaves and the tree has {size}: its end was cut off",
                index=size,
            )
        if tree is not None and (tree["size"], tree["peaks"]) != (self._frontier.size, self._frontier.peaks):
            self._found.add(
                "tree",
                "树的记录与其叶不符",
                "what the tree says of itself and its leaves disagree",
            )

    def _agrees(self, leaf: Leaf, told: Entry) -> bool:
        try:
            return leaf_hash(self._digest, canonical(told)) == leaf.hash
        except ValueError:
            # What canonical JSON cannot hold was never hashed.
            return False

    def _missing(self, upto: int) -> None:
        if self._next < upto:
            self._found.add(
                "leaf_gone",
                f"第 {self._next} 叶不见了",
                f"leaf {self._next} is gone",
                index=self._next,
            )

    def _heads_at(self, size: int) -> None:
        """Compare every checkpoint of at most that many leaves."""
        while self._ahead and self._ahead[0].size <= size:
            head = self._ahead.popleft()
            if (self._frontier.size, self._frontier.root()) == (head.size, head.root):
                self.agreed.append(head)
                self.events_at[head.size] = self.events
                continue
            # A checkpoint from outside is not narrowed down by one that the forger may have made.
            sizes = (
                one.size for one in self.agreed if one.size < head.size and (one.outside or not head.outside)
            )
            last = max(sizes, default=0)
            self._found.add(
                "contradicted",
                f"大小 {head.size} 的检查点与台账矛盾：改动在第 {last} 叶至第 {head.size - 1} 叶之间",
                f"the checkpoint of {head.size} leaves contradicts the ledger: it was changed between leaf {last} and leaf "
                f"{head.size - 1}",
                index=last,
            )

    def _count(self, leaf: Leaf) -> None:
        self.events += leaf.kind == "event"
        if leaf.kind == "command" and leaf.row is not None:
            at = leaf.row["recorded_at"]
            self.last_command = max(at, self.last_command or at)
