"""The whole house for this test: servers, worker and console as processes of their own, and all that they say in files.

postgres (session) ─ a database of its own          temporal (own) ─ its file and log
worker ─▶ logs/worker.log                            console ─▶ logs/console.log
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
from temporalio.client import Client

from deploy.onemachine.postgres import EmbeddedPostgres, temporary_postgres
from deploy.onemachine.temporal import EmbeddedTemporal
from domain.ports import Answered, Ask
from ledger.keys import Keyring, create_kek_file
from ledger.load import answered
from ledger.packs import store_pack
from ledger.pool import migrate, open_pool
from tests.console.calling import ROOT
from tests.console.test_joint_work import VALID
from workflows.connection import connect
from workflows.door import Door

_DATABASE = "zeren"


@dataclass
class House:
    """Handles on everything that runs. ``web`` talks to the console's own port."""

    postgres: EmbeddedPostgres
    temporal: EmbeddedTemporal
    logs: Path
    pool: asyncpg.Pool
    client: Client
    keyring: Keyring
    env: dict[str, str]
    port: int
    web: httpx.AsyncClient
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    @property
    def door(self) -> Door:
        """A client's way to a case without the console."""

        async def find(ask: Ask) -> Answered:
            try:
                return await answered(self.pool, ask)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                return Answered(outcome="none")

        return Door(self.client, find, task_queue=self.env["ZEREN_TASK_QUEUE"])

    def log(self, name: str) -> str:
        """What a process has said so far."""
        return (self.logs / f"{name}.log").read_text(encoding="utf-8")

    async def start(self, name: str, *words: str) -> None:
        """A process whose every word goes to its log."""
        with (self.logs / f"{name}.log").open("ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *words), cwd=ROOT, env=self.env, stdout=log, stderr=log
            )

    async def ready(self) -> None:
        """Wait until a case can be opened."""
        while True:
            assert all(process.returncode is None for process in self.processes.values()), self.log("console")
            try:
                if (await self.web.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)

    async def stop(self) -> dict[str, int]:
        """Stop the processes as an operator does; answers how each ended."""
        for process in self.processes.values():
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        ended = {name: await asyncio.wait_for(process.wait(), 40) for name, process in self.processes.items()}
        self.processes.clear()
        return ended

    @asynccontextmanager
    async def without_its_database(self) -> AsyncGenerator[None]:
        """The database takes no connections and drops those it has, as in a restart that lasts."""
        admin = await asyncpg.connect(self.postgres.dsn("postgres"))
        try:
            await admin.execute(f'ALTER DATABASE "{_DATABASE}" WITH ALLOW_CONNECTIONS false')
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", _DATABASE
            )
            yield
        finally:
            await admin.execute(f'ALTER DATABASE "{_DATABASE}" WITH ALLOW_CONNECTIONS true')
            await admin.close()

    async def end_runs(self) -> None:
        """No run is left to wake up."""
        async for found in self.client.list_workflows("ExecutionStatus = 'Running'"):
            await self.client.get_workflow_handle(found.id).terminate("the test is over")


@asynccontextmanager
async def house(folder: Path) -> AsyncGenerator[House]:
    """Everything started with the small jurisdiction, and stopped at the end."""
    temporal = EmbeddedTemporal(folder / "temporal")
    with temporary_postgres() as postgres:
        postgres.create_database(_DATABASE)
        await migrate(postgres.dsn(_DATABASE))
        temporal.start()
        try:
            async with _started(postgres, temporal, folder) as everything:
                yield everything
        finally:
            temporal.stop()


@asynccontextmanager
async def _started(
    postgres: EmbeddedPostgres, temporal: EmbeddedTemporal, folder: Path
) -> AsyncGenerator[House]:
    database = postgres.dsn(_DATABASE)
    kek, logs, port = folder / "kek.json", folder / "logs", _free_port()
    create_kek_file(kek)
    logs.mkdir()
    env = {
        **os.environ,
        "ZEREN_DATABASE_URL": database,
        "ZEREN_TEMPORAL_ADDRESS": temporal.address,
        "ZEREN_KEK_FILE": str(kek),
        "ZEREN_EVIDENCE_KEY_FILE": str(folder / "evidence.json"),
        "ZEREN_EVIDENCE_DIR": str(folder / "evidence"),
        "ZEREN_TASK_QUEUE": "privacy",
        "ZEREN_MODE": "embedded",
        "ZEREN_PORT": str(port),
        "PYTHONWARNINGS": "default",
    }
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=40) as web,
        _pool(database) as pool,
    ):
        await store_pack(pool, VALID)
        everything = House(
            *(postgres, temporal, logs, pool),
            client=await connect(temporal.address),
            keyring=Keyring.from_file(kek),
            env=env,
            port=port,
            web=web,
        )
        try:
            await everything.start("worker", "worker")
            await everything.start("console", "console")
            await everything.ready()
            yield everything
        finally:
            await everything.stop()


@asynccontextmanager
async def _pool(database: str) -> AsyncGenerator[asyncpg.Pool]:
    pool = await open_pool(database)
    try:
        yield pool
    finally:
        await asyncio.wait_for(pool.close(), 30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
