"""Rows without a leaf: new ones, which the sequencer has not reached, and such as it can never have passed by.

Behind the last event, reading and command that have leaves nothing can appear any more (ledger/evidence/sequence.py). A
row there that has none was put there by other hands.
"""

from datetime import datetime
from typing import NamedTuple

import asyncpg

from ledger.evidence.entries import ORDINALS, TABLES, Kind
from ledger.evidence.findings import Found

WHOLE_SECONDS = 3600.0

_NUMBERED: tuple[Kind, ...] = ("event", "reading", "key")

_COMMANDS = """
SELECT r.recorded_at < $1 AS behind, count(*) AS rows, min(r.case_id || ' ' || r.command_id) AS first FROM command r
WHERE NOT EXISTS (SELECT FROM leaf l WHERE l.kind = 'command' AND l.case_id = r.case_id AND l.command_id = r.command_id)
GROUP BY 1
"""

_SEALED = "SELECT count(*) FROM compartment WHERE encode(sha256(sealed), 'hex') <> digest"

_SHORT = """
SELECT h.position AS told, coalesce(max(e.position), 0) AS there FROM head h LEFT JOIN event e ON true GROUP BY h.position
"""


class Waiting(NamedTuple):
    """What has no leaf yet: rows of all kinds, and events among them."""

    rows: int
    events: int


async def strays(
    connection: asyncpg.pool.PoolConnectionProxy, last_command: datetime | None, found: Found
) -> Waiting:
    """Look for rows without a leaf; ``last_command`` is the latest ``recorded_at`` of a command that has one."""
    waiting = {kind: await _numbered(connection, kind, found) for kind in _NUMBERED}
    for row in await connection.fetch(_COMMANDS, last_command, timeout=WHOLE_SECONDS):
        if row["behind"]:
            _inserted(found, "command", row["first"])
        else:
            waiting["command"] = row["rows"]
    await _ends(connection, found)
    return Waiting(sum(waiting.values()), waiting["event"])


async def _numbered(connection: asyncpg.pool.PoolConnectionProxy, kind: Kind, found: Found) -> int:
    """How many rows come after the last one with a leaf; those before it are told."""
    table, by = TABLES[kind], ORDINALS[kind]
    last = await connection.fetchval("SELECT coalesce(max(ordinal), 0) FROM leaf WHERE kind = $1", kind)
    behind = await connection.fetchval(
        f"SELECT min(r.{by}) FROM {table} r WHERE r.{by} <= $1 AND NOT EXISTS"  # noqa: S608 - our own names
        f" (SELECT FROM leaf l WHERE l.kind = '{kind}' AND l.kind <> 'command' AND l.ordinal = r.{by})",
        last,
        timeout=WHOLE_SECONDS,
    )
    if behind is not None:
        _inserted(found, kind, str(behind))
    return await connection.fetchval(f"SELECT count(*) FROM {table} WHERE {by} > $1", last)  # noqa: S608 - our own


def _inserted(found: Found, kind: Kind, place: str) -> None:
    found.add(
        "without_leaf",
        f"{kind} {place} 在已入树的记录之间，却没有叶：是后来插入的",
        f"{kind} {place} stands among rows that have leaves and has none: it was inserted",
    )


async def _ends(connection: asyncpg.pool.PoolConnectionProxy, found: Found) -> None:
    """The end of the ledger against its head, and the ciphertexts against their digests."""
    row = await connection.fetchrow(_SHORT, timeout=WHOLE_SECONDS)
    if row is not None and row["told"] != row["there"]:
        found.add(
            "head",
            f"台账头记 {row['told']} 个事件，末个事件却是 {row['there']}",
            f"the head says {row['told']} events, and the last one is {row['there']}",
        )
    changed = await connection.fetchval(_SEALED, timeout=WHOLE_SECONDS)
    if changed:
        found.add(
            "ciphertext",
            f"个人信息隔离区有 {changed} 行密文与其摘要不符",
            f"{changed} rows of the compartment hold another ciphertext than their digests say",
        )
