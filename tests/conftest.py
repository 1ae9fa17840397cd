"""Fixtures for all tests: one real PostgreSQL for the session, and a fresh migrated database for every test.

postgres (session) ── template (session, migrated once) ── database (a copy for each test) ── pool
"""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from temporalio.testing import WorkflowEnvironment

from deploy.onemachine.postgres import EmbeddedPostgres
from deploy.onemachine.temporal import EmbeddedTemporal
from ledger.pool import migrate, open_pool
from tests.databases import fresh_database
from tests.running import Running, run_all
from tests.skipping import skipping_server

_NUMBERS = itertools.count(1)
_TEMPLATE = "template_of_tests"


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A server of its own in a temporary folder, stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="zeren-tests-"))
    server = EmbeddedPostgres(folder / "data")
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        # As root the cluster may have been put where its own user can reach it.
        shutil.rmtree(server.home, ignore_errors=True)


@pytest.fixture(scope="session")
def template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated database that nobody connects to: databases are copied from it in milliseconds."""
    postgres.create_database(_TEMPLATE)
    asyncio.run(migrate(postgres.dsn(_TEMPLATE)))
    return _TEMPLATE


async def _drop(admin: asyncpg.Connection, name: str) -> None:
    """Drop a database, whoever is still connected to it."""
    for _ in range(100):
        try:
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        except asyncpg.InsufficientPrivilegeError:
            # The server's own vacuum is in it, which only its superuser could end; it leaves by itself.
            await asyncio.sleep(0.1)
        else:
            return
    pytest.fail(f"the database {name} cannot be dropped")


@pytest.fixture
async def database(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """The address of a fresh, migrated, empty database."""
    async with fresh_database(postgres, f"test_{next(_NUMBERS)}", template=template) as dsn:
        yield dsn


@pytest.fixture
async def bare_database(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The address of a database without any table."""
    async with fresh_database(postgres, f"test_{next(_NUMBERS)}") as dsn:
        yield dsn


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on the fresh database."""
    opened = await open_pool(database)
    try:
        yield opened
    finally:
        await asyncio.wait_for(opened.close(), 10)


@pytest.fixture(scope="session")
def temporal() -> Iterator[EmbeddedTemporal]:
    """A Temporal server of its own, stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="zeren-temporal-"))
    server = EmbeddedTemporal(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def running(database: str, temporal: EmbeddedTemporal, tmp_path: Path) -> AsyncIterator[Running]:
    """The whole product with the small jurisdiction, on real servers: worker, door, keyring, pool."""
    async with run_all(database, temporal.address, tmp_path) as everything:
        yield everything


@pytest.fixture(scope="session")
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """A server on which a workflow's time can be moved forward."""
    async with skipping_server() as environment:
        yield environment
