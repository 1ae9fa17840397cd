"""Checkpoints: the tree's head, signed, kept in the database and as files that can be mailed or printed.

    sequence ─▶ has the tree grown? ─▶ sign ─▶ row ─▶ files:  latest.checkpoint
                                                              2026-11-25.checkpoint     the day's last one
                                                              zeren.vkey                the public keys, one a line

A checkpoint protects what it covers once somebody else keeps it: docs/evidence.md.
"""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import asyncpg

from domain.base import Frozen, Instant
from ledger.evidence.errors import EvidenceBroken
from ledger.evidence.keys import SigningKeys, told_keys
from ledger.evidence.merkle import Frontier, consistency_ranges
from ledger.evidence.notes import Checkpoint, read_note
from ledger.evidence.sequence import SEALER, begin, sequence
from ledger.evidence.suites import suite_named

LATEST = "latest.checkpoint"
KEYS = "zeren.vkey"

_WAITING = """
SELECT (SELECT position FROM head) - coalesce(max(t.events), 0) AS events,
       (SELECT position FROM reading_head) - coalesce(max(t.readings), 0) AS readings,
       (SELECT count(*) FROM command c WHERE c.recorded_at > coalesce(max(t.commands), '-infinity')) AS commands
FROM tree t
"""


class Made(NamedTuple):
    """A checkpoint that stands: the whole note, and whether it was made just now."""

    note: str
    checkpoint: Checkpoint
    new: bool


class Standing(Frozen):
    """How well the ledger is covered: the newest checkpoint, and what came after it."""

    size: int | None
    made_at: Instant | None
    leaves_after: int
    waiting: int


async def make_checkpoint(
    pool: asyncpg.Pool, keys: SigningKeys, folder: Path | None, *, lost: bool = False
) -> Made:
    """Sequence what was committed, sign the tree's head if it has grown, and write the files again.

    ``folder`` is where the files go; None writes none. Raises SigningKeyRefused if the keys are not this ledger's.
    """
    await begin(pool, keys, lost=lost)
    await sequence(pool)
    made = await _sign(pool, keys)
    if folder is not None:
        vkeys = [key.encoded() for key in await told_keys(pool)]
        write_files(folder, made, vkeys)
    return made


async def _sign(pool: asyncpg.Pool, keys: SigningKeys) -> Made:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", SEALER)
        tree = await connection.fetchrow("SELECT *, clock_timestamp() AS now FROM tree")
        newest = await connection.fetchrow("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1")
        if tree is None:
            raise EvidenceBroken("台账还没有树；请重试。 / The ledger has no tree yet. Try again.")
        if newest is not None and newest["size"] >= tree["size"]:
            return Made(newest["note"], read_note(newest["note"]).checkpoint, new=False)
        root = Frontier(suite_named(tree["suite"]).digest, tree["size"], tree["peaks"]).root()
        checkpoint = Checkpoint(
            origin=tree["origin"], size=tree["size"], root=root, suite=tree["suite"], at=tree["now"]
        )
        note = keys.current.sign(checkpoint.text())
        await connection.execute(
            "INSERT INTO checkpoint (size, root, note, made_at) VALUES ($1, $2, $3, $4)",
            checkpoint.size,
            checkpoint.root,
            note,
            checkpoint.at,
        )
        return Made(note, checkpoint, new=True)


async def newest_note(connection: asyncpg.Pool | asyncpg.pool.PoolConnectionProxy) -> str | None:
    """The newest checkpoint as it was signed, or None."""
    return await connection.fetchval("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1")


async def coverage(pool: asyncpg.Pool) -> Standing:
    """How old the newest checkpoint is, and how much came after it."""
    row = await pool.fetchrow("SELECT size, made_at FROM checkpoint ORDER BY size DESC LIMIT 1")
    waiting = await pool.fetchrow(_WAITING)
    size = await pool.fetchval("SELECT size FROM tree")
    return Standing(
        size=row["size"] if row else None,
        made_at=row["made_at"] if row else None,
        leaves_after=(size or 0) - (row["size"] if row else 0),
        waiting=sum(waiting.values()) if waiting else 0,
    )


async def consistency(pool: asyncpg.Pool, old: int, new: int) -> list[bytes]:
    """The proof that the tree of ``new`` leaves begins with all of that of ``old`` leaves (RFC 9162, 2.1.4).

    Reads every leaf hash once. Raises EvidenceBroken if the ledger has no trees of these sizes.
    """
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        tree = await connection.fetchrow("SELECT * FROM tree")
        if tree is None or not 0 < old <= new <= tree["size"]:
            size = tree["size"] if tree else 0
            raise EvidenceBroken(
                f"台账没有这样大小的树（{old}、{new}，现有 {size}）；请核对检查点是否属于本台账。 / The ledger has no trees of "
                f"{old} and {new} leaves, it has {size}. See whether the checkpoint is this ledger's."
            )
        digest = suite_named(tree["suite"]).digest
        ranges = sorted((low, high) for low, high in consistency_ranges(old, new))
        roots: dict[tuple[int, int], bytes] = {}
        for low, high in ranges:
            frontier = Frontier(digest)
            query = "SELECT hash FROM leaf WHERE index >= $1 AND index < $2 ORDER BY index"
            async for row in connection.cursor(query, low, high, prefetch=5000):
                frontier.add(row["hash"])
            roots[low, high] = frontier.root()
    return [roots[at] for at in consistency_ranges(old, new)]


def write_files(folder: Path, made: Made, vkeys: list[str]) -> None:
    """Put the checkpoint and the public keys where they can be taken from. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    day = made.checkpoint.at.astimezone(UTC).date().isoformat()
    if made.new:
        _write(folder / f"{day}.checkpoint", made.note)
    _write(folder / LATEST, made.note)
    _write(folder / KEYS, "".join(f"{vkey}\n" for vkey in vkeys))


def _write(path: Path, text: str) -> None:
    """A reader sees the old text or the new one, never a part."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        # There is no secret in it, but what lies in the data folder is its owner's alone, all of it.
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def age_seconds(standing: Standing, now: datetime) -> float | None:
    """How old the newest checkpoint is; None where there is none."""
    return (now - standing.made_at).total_seconds() if standing.made_at else None
