"""One run of the crash lab: clients send, things break by a seed, and the ledger is examined.

cases opened ─▶ clients send ─┬─ fault ─ fault ─ … ─▶ all answered ─▶ clocks have struck ─▶ examined
                              └─ two bodies end, one after the other: a clock on every case
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from domain.actors import person
from domain.deadlines import clock_command
from domain.jurisdiction import Pack
from domain.succession import PREFIX
from domain.words import Role
from ledger.keys import Keyring
from ledger.packs import store_pack
from tests import small
from tests.chaos.checks import Bell, Findings, examine
from tests.chaos.clients import AWAY, Crowd, Log
from tests.chaos.faults import fault
from tests.chaos.lab import Lab, running_lab
from tests.chaos.sealing import Sealer
from tests.domain import world
from workflows.connection import connect
from workflows.door import Door

SETTLE_SECONDS = 90
"""How long everything may take to be answered and to ring after the last fault."""

WARM = person("warm-1", Role.CASEWORKER, small.HEATING)


@dataclass(frozen=True)
class Plan:
    """What a run does. ``control`` names a worker of controls.py that is wrong on purpose."""

    seed: int
    faults: Sequence[str]
    cases: int = 6
    clients: int = 8
    between: float = 1.5
    control: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    statements: Sequence[str] = ()
    small_disk: bool = False
    fake_clock: bool = False
    bells: bool = True

    @property
    def honest(self) -> bool:
        """Nothing in it is wrong on purpose. A control has to be found out without the help of checkpoints."""
        return not (self.control or self.settings or self.statements)


@dataclass
class Report:
    """What came of it."""

    plan: Plan
    findings: Findings
    attempts: int = 0
    acknowledged: int = 0
    stopped: int = 0
    unanswered: int = 0
    events: int = 0
    alarms: dict[str, int] = field(default_factory=dict)
    injected: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Nothing is wrong, and every client was answered."""
        return self.findings.clean and not self.stopped and not self.unanswered


async def run(plan: Plan) -> Report:
    """Carry the plan out, in a folder of its own that is gone afterwards."""
    began = time.monotonic()
    program = ("-m", "tests.chaos.controls", plan.control) if plan.control else ("-m", "worker")
    with tempfile.TemporaryDirectory(prefix="zeren-chaos-") as folder:
        async with running_lab(
            Path(folder),
            worker_program=program,
            settings=plan.settings,
            small_disk=plan.small_disk,
            fake_clock=plan.fake_clock,
        ) as lab:
            report = await _carry_out(plan, lab)
    report.seconds = time.monotonic() - began
    return report


async def _carry_out(plan: Plan, lab: Lab) -> Report:
    await _prepare(lab, plan.statements)
    for name in ("worker", "console"):
        await lab.start_child(name)
    crowd = await _crowd(lab)
    report = Report(plan, Findings())
    try:
        cases = await asyncio.gather(*(crowd.open_case() for _ in range(plan.cases)))
        sealer = Sealer(crowd.pool, lab.folder)
        sealing = asyncio.create_task(sealer.go_on()) if plan.honest else None
        bells = await _two_bodies_end(crowd, plan) if plan.bells else ()
        dice = random.Random(plan.seed)
        kinds = (crowd.by_door, crowd.by_console)
        sending = [
            asyncio.create_task(kinds[number % 2](random.Random(plan.seed * 1000 + number)))
            for number in range(plan.clients)
        ]
        for name in plan.faults:
            await asyncio.sleep(plan.between * dice.uniform(0.5, 1.5))
            await fault(name)(lab, dice)
            report.injected[name] = report.injected.get(name, 0) + 1
        await asyncio.sleep(plan.between)
        crowd.over = True
        done, late = await asyncio.wait(sending, timeout=SETTLE_SECONDS)
        for task in late:
            task.cancel()
        for task in done:
            task.result()
        report.unanswered = len(late)
        await _rung(crowd, len(cases), bells)
        pool = await crowd.pool()
        report.findings = await examine(pool, cases, crowd.log.acknowledged, bells)
        if sealing is not None:
            sealer.over = True
            await sealing
            report.findings.unproven += await sealer.unproven()
        report.events = await pool.fetchval("SELECT count(*) FROM event")
        report.alarms = {
            row["kind"]: row["number"]
            for row in await pool.fetch("SELECT kind, count(*) AS number FROM alarm GROUP BY kind")
        }
    finally:
        report.attempts = crowd.log.attempts
        report.acknowledged = len(crowd.log.acknowledged)
        report.stopped = crowd.stopped
        await crowd.close()
    return report


async def _prepare(lab: Lab, statements: Sequence[str]) -> None:
    connection = await asyncpg.connect(lab.dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _crowd(lab: Lab) -> Crowd:
    client = await connect(lab.temporal.address)
    log = Log(lab.folder / "clients.jsonl")
    keyring = Keyring.from_file(lab.folder / "kek.json")
    crowd: Crowd | None = None

    async def find(ask):  # noqa: ANN001, ANN202 - as the door's own
        assert crowd is not None, "made below"
        return await crowd.find(ask)

    crowd = Crowd(lab, Door(client, find), log, keyring)
    await store_pack(await crowd.pool(), _pack())
    return crowd


def _pack(heating_ends: datetime | None = None, housing_ends: datetime | None = None) -> Pack:
    bodies = {body.id: body for body in small.BODIES}
    heating = bodies[small.HEATING].model_copy(
        update={"valid_to": heating_ends, "successor": small.HOUSING if heating_ends else None}
    )
    housing = bodies[small.HOUSING].model_copy(
        update={"valid_to": housing_ends, "successor": small.CIVIL_AFFAIRS if housing_ends else None}
    )
    return world.with_body(housing, world.with_body(heating, world.with_posts([world.post(WARM)])))


async def _two_bodies_end(crowd: Crowd, plan: Plan) -> tuple[Bell, Bell]:
    """A newer pack: the lead of every case ends among the faults, and its successor a little later."""
    span = timedelta(seconds=plan.between * len(plan.faults))
    now = datetime.now(UTC)
    first, second = now + span * 0.4, now + span * 0.7
    await store_pack(await crowd.pool(), _pack(first, second))
    for case in crowd.numbers:
        await crowd.door.tell_of_pack(case)
    return Bell(f"{PREFIX}{small.HEATING}", first), Bell(f"{PREFIX}{small.HOUSING}", second)


async def _rung(crowd: Crowd, cases: int, bells: Sequence[Bell]) -> None:
    """Wait until every clock has struck; one that never does is found by the examination."""
    wanted = cases * len(bells)
    ids = [clock_command(bell.id) for bell in bells]
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        try:
            pool = await crowd.pool()
            struck = await pool.fetchval("SELECT count(*) FROM command WHERE command_id = ANY($1)", ids)
        except AWAY:
            struck = 0
        if struck >= wanted:
            return
        await asyncio.sleep(0.2)
