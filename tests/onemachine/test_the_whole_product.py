"""`zeren up` with everything real in it: a whole case, stops and kills, and a workflow server that lost everything."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.client import Client

from domain.numbers import case_id, workflow_id
from tests.onemachine.up import CHILDREN, House, none_lives, wait_until
from tests.onemachine.whole_way import (
    FIRST_EPISODE,
    HOUSING,
    MATTER,
    PLACE,
    SECOND_EPISODE,
    WholeWay,
    adds_up,
    table,
)

CLERK = "wuchang-clerk-1"
RINGS_AFTER = timedelta(minutes=1)
"""How long after the deadline its timer may be set to ring: the time between deciding and telling the server."""


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data folder that the tests share, each with a start of its own: the pack is loaded once."""
    made = Path(tempfile.mkdtemp(prefix="zeren 武昌 "))
    made.chmod(0o711)
    yield made / "数据 夹"
    shutil.rmtree(made)


@pytest.fixture
def house(data: Path) -> Iterator[House]:
    """Everything running."""
    made = House(data)
    try:
        yield made.ready()
    finally:
        made.end()


async def some_cases(house: House) -> dict[str, str]:
    """Three open cases that wait for different clocks: their ids by their numbers."""
    keys = [f"some-{uuid4()}" for _ in range(3)]
    waiting = await house.open(CLERK, text="屋顶漏水", key=keys[0])
    named = await house.open(CLERK, text="屋顶漏水", matter=MATTER, place=PLACE, key=keys[1])
    proposed = await house.open(CLERK, text="屋顶漏水", matter=MATTER, place=PLACE, key=keys[2])
    await house.act(proposed["number"], CLERK, "propose", to=HOUSING)
    return {
        opened["number"]: str(case_id(key))
        for opened, key in zip((waiting, named, proposed), keys, strict=True)
    }


async def clocks(house: House, cases: dict[str, str]) -> dict[str, Any]:
    """Every clock of every case, without what the instant of asking decides."""
    return {number: _lasting(await house.asked(f"/cases/{number}/clocks")) for number in cases}


def _lasting(told: Any) -> list[Any]:
    return [{key: value for key, value in clock.items() if key != "going"} for clock in told["clocks"]]


async def _next_bell(house: House, number: str) -> datetime:
    """The first instant at which the clock has something to do: a nudge comes before its deadline."""
    told = [(await house.asked(f"/cases/{number}"))["next_deadline"]]
    for clock in (await house.asked(f"/cases/{number}/clocks"))["clocks"]:
        told += [nudge["at"] for nudge in clock["nudges"] if clock["state"] == "running"]
    return min(map(datetime.fromisoformat, told))


async def ring_when_due(house: House, cases: dict[str, str]) -> dict[str, list[datetime]]:
    """The pending timers, once each case has one, and it is known that it rings at the case's next deadline or nudge."""
    due = {case: await _next_bell(house, number) for number, case in cases.items()}
    timers = await house.timers(list(cases.values()))
    for _ in range(200):
        if all(len(pending) == 1 for pending in timers.values()):
            break
        # A workflow sets its timer just after it has answered.
        await asyncio.sleep(0.1)
        timers = await house.timers(list(cases.values()))
    for case, pending in timers.items():
        assert len(pending) == 1
        assert due[case] <= pending[0] < due[case] + RINGS_AFTER
    return timers


@pytest.mark.timeout(240)
async def test_a_whole_case_and_its_clocks_over_a_stop_and_a_start(data: Path) -> None:
    house = House(data).ready()
    try:
        way = WholeWay(house)
        await way.to_the_first_ending()
        await way.be_reopened()
        cases = {way.number: way.case, **await some_cases(house)}
        before = await clocks(house, cases), await ring_when_due(house, cases)
        known = house.births()
    finally:
        assert house.end() == 0
    assert none_lives(known)

    again = House(data).ready()
    try:
        assert (await clocks(again, cases), await ring_when_due(again, cases)) == before
        assert _lasting(await again.told("case", "clocks", way.number)) == before[0][way.number]
        way.teller = again
        assert await way.be_judged("satisfied") == "judged"
        assert await way.act("wuchang-reviewer-1", "close") == "ended"
        held = await again.told("case", "holders", way.number)
        adds_up(held)
        assert (table(held, 1), table(held, 2)) == (FIRST_EPISODE, [*SECOND_EPISODE, FIRST_EPISODE[-1]])
        assert await again.asked(f"/cases/{way.number}/holders") == held
    finally:
        assert again.end() == 0


@pytest.mark.timeout(240)
async def test_killing_the_supervisor_leaves_nobody_and_loses_nothing(data: Path) -> None:
    house = House(data).ready()
    cases = await some_cases(house)
    number = next(iter(cases))
    first = await house.act(number, CLERK, "triage", matter=MATTER, key=f"{number}-named")
    before = await clocks(house, cases), await ring_when_due(house, cases)
    known = house.births()
    house.end(signal.SIGKILL)
    wait_until(lambda: none_lives(known))
    refused = await house.zeren("case", "show", number)
    assert refused.code == 1
    assert "make run" in refused.err

    again = House(data).ready()
    try:
        assert (await clocks(again, cases), await ring_when_due(again, cases)) == before
        assert await again.act(number, CLERK, "triage", matter=MATTER, key=f"{number}-named") == first
        assert (await again.act(number, CLERK, "propose", to=HOUSING))["state"] == "proposed"
    finally:
        assert again.end() == 0


@pytest.mark.timeout(240)
async def test_each_killed_child_is_reported_with_what_to_do_and_cases_go_on(house: House) -> None:
    for name in CHILDREN:
        before = house.instance["pids"][name]
        cases = await some_cases(house)
        os.kill(before, signal.SIGKILL)
        house.wait_for(f"{name} was killed by SIGKILL")
        report = next(line for line in house.said if f"{name} was killed by SIGKILL" in line)
        assert f"{house.data / 'logs' / name}.log" in report
        house.wait_for(f"The {name} runs again.")
        assert house.instance["pids"][name] != before
        await house.act(next(iter(cases)), CLERK, "triage", matter=MATTER)
        await ring_when_due(house, cases)
    assert house.process.poll() is None
    doctor = await house.told("doctor")
    assert doctor["ok"], doctor


@pytest.mark.timeout(240)
async def test_a_workflow_server_that_lost_everything_gets_it_back_from_the_ledger(data: Path) -> None:
    house = House(data).ready()
    cases = await some_cases(house)
    number = next(iter(cases))
    withdrawn = (await house.open(CLERK, text="漏水"))["number"]

    async def once(house: House) -> list[Any]:
        """Commands with ids of their own, to be sent again."""
        return [
            await house.open(CLERK, text="漏水", key=f"{number}-opened"),
            await house.act(number, CLERK, "triage", matter=MATTER, key=f"{number}-named"),
            await house.act(
                withdrawn, CLERK, "withdraw", channel="phone", note="居民要求", key=f"{number}-withdrawn"
            ),
        ]

    first = await once(house)
    cases[first[0]["number"]] = str(case_id(f"{number}-opened"))
    before = await clocks(house, cases)
    open_now = (await house.asked("/queue"))["total"]
    assert house.end() == 0
    gone = list((data / "temporal").glob("temporal.sqlite*"))
    assert gone
    for file in gone:
        file.unlink()

    again = House(data).ready()
    try:
        assert again.heard("Temporal's data are gone")
        assert await clocks(again, cases) == before
        await ring_when_due(again, cases)
        told = await again.told("rehydrate")
        assert (told["open"], told["started"], told["failed"]) == (open_now, 0, 0)
        assert await once(again) == first
        assert (await again.act(number, CLERK, "propose", to=HOUSING))["state"] == "proposed"
        assert (await again.asked("/queue"))["total"] == open_now
    finally:
        assert again.end() == 0


@pytest.mark.timeout(240)
async def test_the_doctor_misses_workflows_and_rehydrate_brings_them_back(house: House) -> None:
    cases = await some_cases(house)
    client = await Client.connect(house.instance["temporal_address"])
    for case in cases.values():
        await client.get_workflow_handle(workflow_id(UUID(case))).terminate("lost, for a test")
    called = await house.zeren("doctor", "--json")
    checks = {check["name"]: check for check in called.json["checks"]}
    assert called.code == 1
    assert checks["workflows"]["en"] == "3 open cases have none; run zeren rehydrate"
    assert (await house.told("rehydrate"))["started"] == 3
    await ring_when_due(house, cases)
    assert (await house.told("doctor"))["ok"]
