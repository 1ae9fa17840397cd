"""Clients that never give up: each sends its command, under one id, until it is answered.

Every attempt is written to a file and synced before it is made, and every acknowledgement as it comes: what was promised
outlives whatever is killed. Half of them go through the door, half through the console.
"""

import asyncio
import json
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx

from domain import commands as c
from domain.commands import AnyCommand
from domain.numbers import case_id
from domain.ports import Answered, Ask
from domain.words import Step
from ledger.compartment import put
from ledger.keys import Keyring
from ledger.load import answered
from ledger.pool import open_pool
from tests import small
from tests.chaos.lab import Lab
from workflows.door import Door, OutcomeKind

AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""What the driver raises when its server is killed under it."""

ANSWERED = {OutcomeKind.DONE, OutcomeKind.REFUSED, OutcomeKind.CASE_ENDED}
PAUSE = 0.1
HTTP_ANSWERS = {200, 201, 409}


@dataclass(frozen=True)
class Acknowledged:
    """What a client was told of one command, for good. ``by_rule``: a rule of the case answered, so it is a row too."""

    case: UUID
    command: str
    outcome: str
    version: int
    by_rule: bool = True


class Log:
    """A file of lines, each on the disk before the next thing happens."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self.attempts = 0
        self.acknowledged: list[Acknowledged] = []

    async def attempt(self, case: UUID, command: str) -> None:
        self.attempts += 1
        await self._write({"attempt": command, "case": str(case)})

    async def acknowledge(self, told: Acknowledged) -> None:
        self.acknowledged.append(told)
        await self._write({"acknowledged": told.command, "case": str(told.case), "outcome": told.outcome})

    async def _write(self, line: dict[str, str]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        await asyncio.to_thread(os.fsync, self._file.fileno())

    def close(self) -> None:
        """No more lines."""
        self._file.close()


@dataclass
class Crowd:
    """All clients of one run, and the cases that they work on."""

    lab: Lab
    door: Door
    log: Log
    keyring: Keyring
    numbers: dict[UUID, str] = field(default_factory=dict)
    over: bool = False
    stopped: int = 0
    _pool: asyncpg.Pool | None = None
    _count: int = 0

    async def pool(self) -> asyncpg.Pool:
        """The ledger, without the proxy."""
        while self._pool is None:
            try:
                self._pool = await open_pool(self.lab.dsn, size=8)
            except AWAY:
                await asyncio.sleep(PAUSE)
        return self._pool

    async def close(self) -> None:
        """Nothing is sent any more."""
        self.log.close()
        if self._pool is not None:
            await asyncio.wait_for(self._pool.close(), 30)

    async def find(self, ask: Ask) -> Answered:
        """How the door asks the ledger, however long that takes."""
        while True:
            try:
                return await answered(await self.pool(), ask)
            except AWAY:
                await asyncio.sleep(PAUSE)

    async def open_case(self) -> UUID:
        """A case that the heating office leads."""
        command_id = self.next_id("intake")
        case = case_id(command_id)
        worker = small.HEATING_WORKER.model_copy(update={"person": "warm-1"})
        register = await self._sealed(
            case, command_id, c.Register, matter=small.HOUSING_MATTER, place=small.COMMUNITY
        )
        await self.send(case, register)
        await self.send(case, c.Propose(id=self.next_id("propose"), actor=small.CLERK, to=small.HEATING))
        await self.send(case, c.Sign(id=self.next_id("sign"), actor=worker))
        row = await (await self.pool()).fetchrow("SELECT number FROM case_now WHERE case_id = $1", case)
        assert row is not None, "it was acknowledged"
        self.numbers[case] = row["number"]
        return case

    def next_id(self, stem: str) -> str:
        """An id that no command has had."""
        self._count += 1
        return f"{stem}-{self._count}"

    async def send(self, case: UUID, command: AnyCommand) -> None:
        """Until it is answered, or the case says that it was stopped."""
        while True:
            await self.log.attempt(case, command.id)
            outcome = await self.door.send(case, command, patience=3)
            if outcome.kind in ANSWERED:
                rule = outcome.refusal.rule if outcome.refusal else ""
                await self._heard(case, command.id, outcome.kind.value, outcome.answer, rule)
                return
            if self.over and self.stopped:
                return

    async def _heard(self, case: UUID, command: str, outcome: str, answer: object, rule: str) -> None:
        if rule == "case.stopped":
            self.stopped += 1
            await asyncio.sleep(PAUSE)
            return
        version = getattr(answer, "version", 0)
        kind = "done" if outcome == "done" else "refused"
        await self.log.acknowledge(Acknowledged(case, command, kind, version, answer is not None))

    async def _sealed(
        self, case: UUID, command_id: str, model: type[c.Command], **fields: object
    ) -> AnyCommand:
        text = "text" if model is c.Register else "note"
        while True:
            try:
                ref = await put(
                    await self.pool(), self.keyring, case, command_id, {text: f"words of {command_id}"}
                )
                break
            except AWAY:
                await asyncio.sleep(PAUSE)
        return model(id=command_id, actor=small.CLERK, personal=ref, **fields)  # type: ignore[return-value]

    # ---------------------------------------------------------------- what a client does all day
    async def by_door(self, dice: random.Random) -> None:
        """Notes, things that a rule refuses, and now and then the same from two windows at once."""
        while not self.over:
            case = dice.choice(list(self.numbers))
            if dice.random() < 0.2:
                refused = c.Triage(id=self.next_id("triage"), actor=small.CLERK, matter=small.HOUSING_MATTER)
                await self.send(case, refused)
                continue
            note = await self._sealed(case, self.next_id("note"), c.RecordStep, step=Step.NOTE)
            windows = 2 if dice.random() < 0.1 else 1
            await asyncio.gather(*(self.send(case, note) for _ in range(windows)))

    async def by_console(self, dice: random.Random) -> None:
        """The same through HTTP, with the key of the command as the Idempotency-Key."""
        async with httpx.AsyncClient(base_url=self.lab.url, timeout=8) as web:
            while not self.over:
                case = dice.choice(list(self.numbers))
                command_id = self.next_id("http")
                told = {"type": "record_step", "step": "note", "note": f"words of {command_id}"}
                if dice.random() < 0.2:
                    told = {"type": "triage", "matter": small.HOUSING_MATTER}
                await self._post(web, case, command_id, told)

    async def _post(self, web: httpx.AsyncClient, case: UUID, command_id: str, told: dict[str, str]) -> None:
        headers = {"X-Zeren-User": small.CLERK.person or "", "Idempotency-Key": command_id}
        while True:
            await self.log.attempt(case, command_id)
            try:
                answer = await web.post(
                    f"/api/v1/cases/{self.numbers[case]}/commands", json=told, headers=headers
                )
            except httpx.HTTPError:
                await asyncio.sleep(PAUSE)
                continue
            if answer.status_code in HTTP_ANSWERS:
                said = answer.json()
                rule = said.get("rule", "")
                if rule == "case.stopped":
                    self.stopped += 1
                    await asyncio.sleep(PAUSE)
                    return
                kind = "done" if said["outcome"] == "done" else "refused"
                version = said.get("version") or 0
                await self.log.acknowledge(Acknowledged(case, command_id, kind, version))
                return
            if self.over and self.stopped:
                return
            await asyncio.sleep(PAUSE)
