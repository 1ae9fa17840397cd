"""Puts the parts of a desk together, and says in one sentence which of them does not answer.

settings ─▶ pool ──────────────────────────▶ Reader
             ├─ keyring
             └─ Temporal client ─▶ door ───▶ Desk
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

import asyncpg
from temporalio.client import Client

from console.desk import Desk
from console.errors import NotRunning
from console.links import Links
from console.reader import Reader
from console.settings import Settings
from ledger.keys import Keyring
from ledger.load import answered
from ledger.pool import open_pool
from workflows.connection import TemporalAway, connect
from workflows.door import Door


class Opened(NamedTuple):
    """A desk with the parts that it was made of."""

    settings: Settings
    pool: asyncpg.Pool
    client: Client
    door: Door
    desk: Desk
    links: Links


@asynccontextmanager
async def opened_pool(settings: Settings) -> AsyncGenerator[asyncpg.Pool]:
    """The ledger's database. Raises NotRunning."""
    try:
        pool = await open_pool(settings.database_url)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise database_away() from error
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def opened_reader(settings: Settings, user: str | None = None) -> AsyncGenerator[Reader]:
    """The reads for somebody: they need the database and nothing else. Raises NotRunning."""
    async with opened_pool(settings) as pool:
        yield Reader(pool).seen_by(user)


@asynccontextmanager
async def opened_desk(settings: Settings) -> AsyncGenerator[Opened]:
    """A whole desk. Raises NotRunning, KeyFileRefused."""
    keyring = Keyring.from_file(settings.kek_file)
    async with opened_pool(settings) as pool:
        try:
            client = await connect(settings.temporal_address, settings.temporal_namespace)
        except TemporalAway as error:
            raise temporal_away() from error
        door = Door(client, partial(answered, pool), task_queue=settings.task_queue)
        desk = Desk(pool, keyring, door)
        yield Opened(settings, pool, client, door, desk, Links(pool, keyring, desk))


def database_away() -> NotRunning:
    """The database does not answer."""
    return NotRunning(
        "数据库没有应答；请确认已启动（make run），或用 zeren doctor 查看。",
        "The database does not answer; see that it runs (make run), or look with zeren doctor.",
    )


def temporal_away() -> NotRunning:
    """The workflow server does not answer."""
    return NotRunning(
        "流程服务没有应答，什么都没有发出；请确认已启动（make run），或用 zeren doctor 查看。",
        "The workflow server does not answer, nothing was sent; see if it runs (make run), or look with zeren doctor.",
    )
