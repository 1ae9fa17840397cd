"""The whole way of a case to a verdict that lapses by its durable timer: console, worker and commands as processes.

No dev server can move its clock, and a pack's shortest window is an hour. So the workflow server is the one on which
a workflow's time can be moved forward; the rest is the product as it is run in production, each part a process that
finds the servers by their addresses. The pack is Wuchang's, loaded a second time with another policy.
"""

import asyncio
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from deploy.onemachine.temporal import SEARCH_ATTRIBUTE, temporal_program
from domain.numbers import workflow_id
from ledger.keys import create_kek_file
from tests.console.calling import ROOT, Called, zeren
from tests.onemachine.up import a_free_port, in_words
from tests.onemachine.whole_way import FIRST_EPISODE, SECOND_EPISODE, WholeWay, adds_up, table
from workflows import names

WUCHANG = ROOT / "deploy" / "wuchang"
UNDER_REVIEW = ("under_review", "420106.housing", "420106.dispatch")


class Production:
    """The parts of the product, each by itself, over a database and a workflow server of somebody else's."""

    def __init__(self, env: dict[str, str], skipping: WorkflowEnvironment) -> None:
        self.env = env
        self.skipping = skipping
        self._parts: list[asyncio.subprocess.Process] = []

    async def start(self, part: str, log: Path) -> None:
        """`zeren worker` or `zeren console`."""
        with log.open("ab") as said:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "console.cli.main", part),
                cwd=ROOT,
                env=self.env,
                stdout=said,
                stderr=said,
            )
        self._parts.append(process)

    async def stop(self) -> None:
        """Tell every part; each has to end well."""
        for process in self._parts:
            process.send_signal(signal.SIGTERM)
        assert [await process.wait() for process in self._parts] == [0] * len(self._parts)

    async def zeren(self, *words: str) -> Called:
        """A command, whatever becomes of it."""
        return await zeren(self.env, *words)

    async def told(self, *words: str) -> Any:
        """A command that must succeed; answers its document."""
        called = await self.zeren(*words, "--json")
        assert called.code == 0, called
        return called.json

    async def open(self, user: str, **fields: str) -> Any:
        """Take a case in by the command line."""
        known = {"command_id" if name == "key" else name: value for name, value in fields.items()}
        return await self.told("case", "open", *in_words(known), "--as", user)

    async def act(self, number: str, user: str, command: str, **fields: str) -> Any:
        """Give a command by the command line."""
        return await self.told("case", "act", number, command, *in_words(fields), "--as", user)

    async def forward(self, case: str, **span: float) -> None:
        """Let time pass for one case."""
        handle = self.skipping.client.get_workflow_handle(workflow_id(UUID(case)))
        assert await self.skipping.fast_forward(handle, timedelta(**span))


@pytest.fixture
async def production(bare_database: str, tmp_path: Path) -> AsyncIterator[Production]:
    """Everything running, with the Wuchang pack loaded."""
    skipping = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=str(temporal_program()),
        search_attributes=[names.STARTED_BY],
        dev_server_log_level="error",
        dev_server_startup_timeout=timedelta(seconds=30),
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"],
    )
    assert names.STARTED_BY.name == SEARCH_ATTRIBUTE
    create_kek_file(tmp_path / "kek.json")
    port = a_free_port()
    env = {
        **os.environ,
        "ZEREN_MODE": "embedded",
        "ZEREN_DATABASE_URL": bare_database,
        "ZEREN_TEMPORAL_ADDRESS": skipping.client.service_client.config.target_host,
        "ZEREN_KEK_FILE": str(tmp_path / "kek.json"),
        "ZEREN_URL": f"http://127.0.0.1:{port}",
        "ZEREN_PORT": str(port),
    }
    everything = Production(env, skipping)
    try:
        await everything.told("migrate")
        assert (await everything.told("pack", "load", str(WUCHANG)))["version"] == 1
        await everything.start("worker", tmp_path / "worker.log")
        await everything.start("console", tmp_path / "console.log")
        yield everything
        await everything.stop()
    finally:
        await skipping.shutdown()


def a_hasty_office(folder: Path) -> Path:
    """The Wuchang pack with every window of the hotline an hour long, and the promise with it."""
    copy = folder / "急 办"
    shutil.copytree(WUCHANG, copy)
    policy = copy / "policy.toml"
    head, limits, rest = re.split(
        r"(?m)^\[limits\.(?:hotline|petition)\]$", policy.read_text(encoding="utf-8")
    )
    length = r"(?m)^(\w+ = \{ )(?:days|working_days|working_hours) = \d+(?:, roll = true)?"
    shorter, changed = re.subn(length, r"\g<1>hours = 1", limits)
    assert changed >= 10
    policy.write_text(f"{head}[limits.hotline]{shorter}[limits.petition]{rest}", encoding="utf-8")
    return copy


@pytest.mark.timeout(240)
async def test_the_whole_way_to_a_verdict_that_lapses(production: Production, tmp_path: Path) -> None:
    before = WholeWay(production)
    await before.take_in()
    pinned = await _pinned(production, before.number)
    loaded = await production.told("pack", "load", str(a_hasty_office(tmp_path)))
    assert (loaded["version"], loaded["loaded"]) == (2, True)
    assert await _pinned(production, before.number) == pinned, "no running deadline moves"

    way = WholeWay(production)
    await way.to_the_first_ending()
    await way.be_reopened()
    clocks = (await production.told("case", "clocks", way.number))["clocks"]
    assert {(clock["hours"], clock["rule_version"]) for clock in clocks if clock["kind"] != "resolve"} == {
        (1, 2)
    }
    verdict = clocks[-1]
    assert (verdict["kind"], verdict["state"], verdict["rule"]) == (
        "verdict",
        "running",
        "policy.hotline.verdict",
    )

    early = await production.zeren("case", "act", way.number, "close", "--as", "wuchang-reviewer-1")
    assert early.code == 1
    assert "nor has" in early.err or "not judged" in early.err
    await production.forward(way.case, minutes=61)
    assert await way.act("wuchang-reviewer-1", "close") == "ended"

    history = (await production.told("case", "history", way.number))["events"]
    lapsed = next(event for event in history if event["type"] == "verdict_lapsed")
    assert (lapsed["at"], lapsed["actor"]["kind"]) == (verdict["due"], "clock")
    held = await production.told("case", "holders", way.number)
    adds_up(held)
    assert table(held, 1) == FIRST_EPISODE
    assert table(held, 2) == [*SECOND_EPISODE, UNDER_REVIEW]
    waited = held["intervals"][-2]
    assert (waited["seconds"], waited["closed_by"]["type"]) == (3600.0, "verdict_lapsed")
    await _the_console_says_the_same(production, way.number, held)


async def _pinned(production: Production, number: str) -> list[Any]:
    """The clocks of a case without how they stand just now, which the time of the day decides."""
    told = (await production.told("case", "clocks", number))["clocks"]
    return [{key: value for key, value in clock.items() if key != "going"} for clock in told]


async def _the_console_says_the_same(production: Production, number: str, held: Any) -> None:
    async with httpx.AsyncClient(base_url=production.env["ZEREN_URL"], trust_env=False) as web:
        assert (await web.get(f"/api/v1/cases/{number}/holders")).json() == held
        shown = (await web.get(f"/api/v1/cases/{number}")).json()
        assert (shown["state"], shown["episode"], shown["ending"]) == ("ended", 2, "closed")
        assert datetime.fromisoformat(shown["ended_at"]) == datetime.fromisoformat(held["to"])
        assert number in (await web.get(f"/cases/{number}", headers={"Accept": "text/html"})).text
