"""Databases of their own on the server of the tests, made in milliseconds and gone afterwards."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

from deploy.onemachine.postgres import EmbeddedPostgres


@asynccontextmanager
async def fresh_database(
    postgres: EmbeddedPostgres, name: str, *, template: str | None = None
) -> AsyncGenerator[str]:
    """The address of a new database, empty or a copy of another one that nobody is connected to."""
    admin = await asyncpg.connect(postgres.dsn("postgres"))
    try:
        copied = f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""
        await admin.execute(f'CREATE DATABASE "{name}"{copied}')
        yield postgres.dsn(name)
        await _drop(admin, name)
    finally:
        await admin.close()


async def _drop(admin: asyncpg.Connection, name: str) -> None:
    try:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    except asyncpg.InsufficientPrivilegeError:
        # Autovacuum is in it, which we may not end by force; without force the server asks it to leave.
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
