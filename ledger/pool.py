"""The way into PostgreSQL: a pool whose connections speak JSON, and the migrations.

    migrate ─▶ lock ─▶ for each sql/NNNN_*.sql in order: applied and the same? next. new? apply. changed? refuse

A migration is plain SQL and runs once, in a transaction of its own. Two processes may migrate at once: one waits.
"""

import hashlib
import json
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

import asyncpg

from ledger.errors import MigrationRefused

COMMAND_SECONDS = 60.0
"""The longest that one statement may take; longer work says so itself."""

GATE = 0x7A6572656E0001
"""Advisory lock. Appends hold it shared; the switch of a pack and a rebuild hold it alone."""

_MIGRATIONS = 0x7A6572656E0002
"""Advisory lock: one process migrates at a time."""

_JSONB_VERSION = b"\x01"
"""What PostgreSQL puts before a jsonb value in the binary protocol (src/backend/utils/adt/jsonb.c, jsonb_recv)."""


def _to_jsonb(value: object) -> bytes:
    return _JSONB_VERSION + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _from_jsonb(data: bytes) -> object:
    return json.loads(data[1:])


async def _speak_json(connection: asyncpg.Connection) -> None:
    # The binary form is the one that COPY takes too.
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_to_jsonb, decoder=_from_jsonb, format="binary"
    )


async def open_pool(dsn: str, *, size: int = 10) -> asyncpg.Pool:
    """A pool of at most ``size`` connections; jsonb goes in and comes out as Python values.

    Close it with ``await pool.close()``. Raises OSError or asyncpg.PostgresError if the database does not answer.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        init=_speak_json,
        command_timeout=COMMAND_SECONDS,
        server_settings={"application_name": "zeren", "timezone": "UTC"},
    )


async def migrate(dsn: str, folder: Traversable | None = None) -> list[str]:
    """Bring the database up to this version's SQL; answers the names of the files that were applied now.

    Raises MigrationRefused if an applied file has changed since, or the database has one that this version lacks.
    """
    scripts = dict(_scripts(folder or files("ledger") / "sql"))
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "zeren migrate"})
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATIONS)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        rows = await connection.fetch("SELECT name, sha256 FROM migration")
        applied = {str(row["name"]): str(row["sha256"]) for row in rows}
        _compare(applied, scripts)
        new = [name for name in scripts if name not in applied]
        for name in new:
            async with connection.transaction():
                await connection.execute(scripts[name])
                await connection.execute(
                    "INSERT INTO migration (name, sha256) VALUES ($1, $2)", name, _sha256(scripts[name])
                )
        return new
    finally:
        await connection.close()


def _scripts(folder: Traversable) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".sql"):
            yield entry.name, entry.read_text(encoding="utf-8")


def _compare(applied: dict[str, str], scripts: dict[str, str]) -> None:
    for name, sha256 in sorted(applied.items()):
        if name not in scripts:
            raise MigrationRefused(
                f"数据库已有本版本没有的迁移 {name}；请使用更新的版本。 / The database has the migration {name}, "
                "which this version does not know. Run the newer version that made it."
            )
        if _sha256(scripts[name]) != sha256:
            raise MigrationRefused(
                f"迁移 {name} 在执行之后被改动；请恢复原文件，改动另写新文件。 / The migration {name} has changed "
                "since it was applied. Restore the file, and write the change as a new one."
            )
    newest = max(applied, default="")
    late = [name for name in scripts if name not in applied and name < newest]
    if late:
        raise MigrationRefused(
            f"迁移 {late[0]} 的编号早于已执行的 {newest}；请改用更大的编号。 / The migration {late[0]} comes before "
            f"{newest}, which has been applied already. Give it a higher number."
        )


def _sha256(script: str) -> str:
    return hashlib.sha256(script.encode()).hexdigest()
