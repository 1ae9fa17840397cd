"""kill -9 in the middle: every acknowledged command is in the ledger, once and in order (design.md §3.11).

Real processes: a PostgreSQL, a Temporal server and a worker of this test's own. Clients send 200 commands to eight
cases and send each again, under its id, until it is answered; meanwhile the worker, the Temporal server and PostgreSQL
are killed and started again.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from deploy.onemachine.postgres import EmbeddedPostgres, temporary_postgres
from deploy.onemachine.temporal import EmbeddedTemporal
from domain import commands as c
from domain.evolve import fold
from domain.holders import tile
from domain.numbers import case_id
from domain.ports import Answer, Answered, Ask
from domain.words import Step
from ledger.compartment import put
from ledger.keys import Keyring, create_kek_file
from ledger.load import answered, load
from ledger.packs import store_pack
from ledger.pool import migrate, open_pool
from ledger.rebuild import differences
from tests import small
from workflows.connection import connect
from workflows.door import Door, OutcomeKind

CASES = 8
COMMANDS = 200
AT_ONCE = 8
AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What the driver raises when its server is killed under it."""


@dataclass
class Machine:
    """Three processes that can be killed, and what clients were told."""

    postgres: EmbeddedPostgres
    temporal: EmbeddedTemporal
    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    worker: asyncio.subprocess.Process | None = None
    acknowledged: dict[tuple[UUID, str], Answer] = field(default_factory=dict)

    async def start_worker(self) -> None:
        """A worker process of its own."""
        with (self.folder / "worker.log").open("ab") as log:
            self.worker = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "worker", env=self.env, stdout=log, stderr=log
            )

    async def kill_worker(self) -> None:
        """Kill -9, and a new one."""
        assert self.worker is not None
        self.worker.kill()
        await self.worker.wait()
        await self.start_worker()

    async def kill_temporal(self) -> None:
        """Kill -9, and the same one again on its file and port."""
        assert self.temporal.pid is not None
        os.kill(self.temporal.pid, signal.SIGKILL)
        await asyncio.sleep(0.2)
        self.temporal.start()

    async def kill_postgres(self) -> None:
        """Kill -9 of the postmaster, and the same cluster again."""
        assert self.postgres.pid is not None
        os.kill(self.postgres.pid, signal.SIGKILL)
        await asyncio.sleep(0.2)
        self.postgres.start()


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    """Everything started, with the small jurisdiction loaded."""
    with temporary_postgres() as postgres:
        temporal = EmbeddedTemporal(tmp_path / "temporal")
        temporal.start()
        machine = Machine(postgres, temporal, tmp_path)
        try:
            postgres.create_database("zeren")
            await migrate(postgres.dsn("zeren"))
            create_kek_file(tmp_path / "kek.json")
            machine.env = {
                **os.environ,
                "ZEREN_DATABASE_URL": postgres.dsn("zeren"),
                "ZEREN_TEMPORAL_ADDRESS": temporal.address,
                "ZEREN_KEK_FILE": str(tmp_path / "kek.json"),
            }
            await machine.start_worker()
            yield machine
        finally:
            if machine.worker is not None and machine.worker.returncode is None:
                machine.worker.kill()
                await machine.worker.wait()
            temporal.stop()


class Client:
    """A client that does not give up: it sends the same command until it is answered."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.keyring = Keyring.from_file(machine.folder / "kek.json")
        self.pool: asyncpg.Pool | None = None

    async def find(self, ask: Ask) -> Answered:
        while True:
            try:
                return await answered(await self.opened(), ask)
            except AWAY:
                await asyncio.sleep(0.1)

    async def opened(self) -> asyncpg.Pool:
        while self.pool is None:
            try:
                self.pool = await open_pool(self.machine.env["ZEREN_DATABASE_URL"], size=AT_ONCE)
            except AWAY:
                await asyncio.sleep(0.1)
        return self.pool

    async def prepared(self, case: UUID, command_id: str, text: str) -> c.RecordStep | c.Register:
        while True:
            try:
                ref = await put(
                    await self.opened(), self.keyring, case, command_id, {text: f"words of {command_id}"}
                )
                break
            except AWAY:
                await asyncio.sleep(0.1)
        if text == "text":
            return c.Register(id=command_id, actor=small.CLERK, personal=ref, place=small.COMMUNITY)
        return c.RecordStep(id=command_id, actor=small.CLERK, personal=ref, step=Step.NOTE)

    async def send(self, door: Door, case: UUID, command_id: str, text: str) -> None:
        command = await self.prepared(case, command_id, text)
        while True:
            outcome = await door.send(case, command, patience=3)
            if outcome.kind is OutcomeKind.DONE:
                assert outcome.answer is not None
                self.machine.acknowledged[case, command_id] = outcome.answer
                return
            assert outcome.kind in {
                OutcomeKind.STILL_DECIDING,
                OutcomeKind.MAY_HAVE_BEEN_SENT,
                OutcomeKind.NOTHING_SENT,
            }, outcome


@pytest.mark.timeout(300)
async def test_kill_everything_in_the_middle_of_200_commands(machine: Machine) -> None:
    client = Client(machine)
    await store_pack(await client.opened(), small.PACK)
    door = Door(await connect(machine.temporal.address), client.find)
    intakes = [f"intake-{number}" for number in range(CASES)]
    cases = [case_id(intake) for intake in intakes]
    for case, intake in zip(cases, intakes, strict=True):
        await client.send(door, case, intake, "text")
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with gate:
            await client.send(door, cases[number % CASES], f"note-{number}", "note")

    sending = asyncio.gather(*(one(number) for number in range(COMMANDS - CASES)))
    for done, kill in ((40, machine.kill_worker), (80, machine.kill_temporal), (120, machine.kill_postgres)):
        while len(machine.acknowledged) < done:
            await asyncio.sleep(0.02)
        await kill()
    await sending
    await _everything_stands(machine, await client.opened(), cases)
    # And the cases go on.
    for number, case in enumerate(cases):
        await client.send(door, case, f"after-{number}", "note")


async def _everything_stands(machine: Machine, pool: asyncpg.Pool, cases: list[UUID]) -> None:
    assert len(machine.acknowledged) == COMMANDS
    for case in cases:
        events = (await load(pool, case)).events
        assert [event.version for event in events] == list(range(1, len(events) + 1))
        by_command = {event.command: event for event in events}
        assert len(by_command) == len(events), "each command has its one event once"
        told = {command: answer for (of, command), answer in machine.acknowledged.items() if of == case}
        assert set(told) == set(by_command)
        assert all(answer.events[0].id == by_command[command].id for command, answer in told.items())
        state = fold(events)
        assert state is not None
        held = tile(events, state.last_at)
        assert (
            sum(interval.seconds for interval in held)
            == (state.last_at - state.registered_at).total_seconds()
        )
    assert await differences(pool) == []
    positions = [row["position"] for row in await pool.fetch("SELECT position FROM event ORDER BY position")]
    assert positions == list(range(1, len(positions) + 1))
