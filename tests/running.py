"""The whole product, running for a test: a real worker on a real Temporal, a real ledger, the door in front.

Each one has a database and a task queue of its own, so that tests do not meet one another.
"""

import asyncio
import itertools
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from temporalio.client import Client
from temporalio.worker import Worker

from activities.notices import NoticeActivities
from domain import commands as c
from domain.actors import Actor
from domain.commands import AnyCommand, Command
from domain.events import Recorded
from domain.evolve import fold
from domain.jurisdiction import Pack
from domain.numbers import case_id
from domain.ports import Answered, Ask
from ledger.compartment import put
from ledger.keys import Keyring, create_kek_file
from ledger.load import answered, load
from ledger.packs import store_pack
from ledger.pool import open_pool
from tests import small
from worker import case_worker
from workflows.connection import connect
from workflows.door import Door, Outcome, OutcomeKind

_QUEUES = itertools.count(1)


@dataclass
class Running:
    """Handles on everything that runs."""

    pool: asyncpg.Pool
    client: Client
    door: Door
    keyring: Keyring
    task_queue: str
    env: dict[str, str]
    worker: Worker
    opened: list[UUID] = field(default_factory=list)

    @property
    def desk(self) -> Any:
        """What the console and the commands work through."""
        from console.desk import Desk

        return Desk(self.pool, self.keyring, self.door)

    async def find_answer(self, ask: Ask) -> Answered:
        """The ledger's answer to a command."""
        return await answered(self.pool, ask)

    async def command(self, case: UUID, model: type[Command], actor: Actor, **fields: Any) -> AnyCommand:
        """A command with its free text in the compartment: keys that the model does not know are free text."""
        command_id = fields.pop("id", None) or str(uuid4())
        texts = {name: value for name, value in fields.items() if name not in model.model_fields}
        texts |= {name: f"{name} of the test" for name in model.texts if name not in texts}
        rest = {name: value for name, value in fields.items() if name in model.model_fields}
        ref = await put(self.pool, self.keyring, case, command_id, texts) if texts else None
        return model(id=command_id, actor=actor, personal=ref, **rest)  # type: ignore[return-value]

    async def open(self, actor: Actor = small.CLERK, **fields: Any) -> UUID:
        """A case; the answer has been checked."""
        command_id = fields.setdefault("id", str(uuid4()))
        case = case_id(command_id)
        outcome = await self.door.send(case, await self.command(case, c.Register, actor, **fields))
        assert outcome.kind is OutcomeKind.DONE, outcome
        self.opened.append(case)
        return case

    async def act(self, case: UUID, model: type[Command], actor: Actor, **fields: Any) -> Outcome:
        """Send a command, whatever becomes of it."""
        return await self.door.send(case, await self.command(case, model, actor, **fields))

    async def done(self, case: UUID, model: type[Command], actor: Actor, **fields: Any) -> Outcome:
        """Send a command that must be done."""
        outcome = await self.act(case, model, actor, **fields)
        assert outcome.kind is OutcomeKind.DONE, outcome
        return outcome

    async def case(self, case: UUID) -> Any:
        """The case as the ledger has it."""
        return fold((await load(self.pool, case)).events)

    async def events(self, case: UUID) -> list[Recorded]:
        """Its events, in order."""
        return list((await load(self.pool, case)).events)

    async def types(self, case: UUID) -> list[str]:
        """The types of its events, in order."""
        return [event.body.type for event in (await load(self.pool, case)).events]


@asynccontextmanager
async def run_all(
    database: str,
    temporal: str | Client,
    folder: Path,
    *,
    pack: Pack = small.PACK,
    history_limit: int = 4_000,
    notices: Callable[[asyncpg.Pool], NoticeActivities] | None = None,
) -> AsyncGenerator[Running]:
    """Start everything over a migrated database and a Temporal server, and stop it at the end.

    With ``notices`` the worker looks into the outbox too.
    """
    kek = folder / "kek.json"
    create_kek_file(kek)
    queue = f"tests-{os.getpid()}-{next(_QUEUES)}"
    pool = await open_pool(database)
    try:
        await store_pack(pool, pack)
        client = await connect(temporal) if isinstance(temporal, str) else temporal

        async def find(ask: Ask) -> Answered:
            return await answered(pool, ask)

        door = Door(client, find, task_queue=queue, history_limit=history_limit)
        env = {
            **os.environ,
            "ZEREN_DATABASE_URL": database,
            "ZEREN_TEMPORAL_ADDRESS": client.service_client.config.target_host,
            "ZEREN_KEK_FILE": str(kek),
            "ZEREN_TASK_QUEUE": queue,
            "ZEREN_MODE": "embedded",
        }
        looking = notices(pool) if notices else None
        async with case_worker(client, pool, task_queue=queue, notices=looking) as worker:
            running = Running(pool, client, door, Keyring.from_file(kek), queue, env, worker)
            yield running
            await _end_runs(running)
    finally:
        await asyncio.wait_for(pool.close(), 30)


async def _end_runs(running: Running) -> None:
    """No run of this test is left to wake up in a later one."""
    for case in running.opened:
        handle = running.client.get_workflow_handle(f"case-{case}")
        try:
            await handle.terminate("the test is over")
        except Exception:  # noqa: BLE001, S112 - it has ended by itself
            continue
