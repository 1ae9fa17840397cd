"""Temporal's database is deleted under many open cases; all come back from the ledger, timers at the same instants.

A server of its own, since its file goes. ``ZEREN_REHYDRATE_CASES=300`` makes it the size that docs/operations.md tells
the figures of.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from temporalio.client import WorkflowHandle

from console.rehydration import Rehydrated, chosen, rehydrate
from deploy.onemachine.temporal import EmbeddedTemporal
from domain import commands as c
from domain.numbers import workflow_id
from domain.words import Contacted, Reason, Solved, Step, Truth
from ledger.reads import open_cases
from tests import small
from tests.running import Running, run_all
from worker import case_worker
from workflows.door import OutcomeKind

CASES = int(os.environ.get("ZEREN_REHYDRATE_CASES", "14"))
AT_ONCE = 8
_ANSWERS = {"truth": Truth.TRUE, "ours": True, "contacted": Contacted.YES, "solved": Solved.YES}
_WAY: tuple[tuple[Any, Any, dict[str, Any]], ...] = (
    (c.Propose, small.CLERK, {"to": small.HOUSING}),
    (c.Sign, small.HOUSING_WORKER, {}),
    (c.Start, small.HOUSING_WORKER, {}),
    (c.Resolve, small.HOUSING_WORKER, _ANSWERS),
    (c.Review, small.REVIEWER, {"passed": True}),
)
_DISPUTE: tuple[tuple[Any, Any, dict[str, Any]], ...] = (
    _WAY[0],
    (
        c.Object,
        small.HOUSING_WORKER,
        {"reason": Reason.NOT_OUR_DUTY, "proposed_owner": small.CIVIL_AFFAIRS},
    ),
    (c.ContestObjection, small.CLERK, {}),
)


@pytest.fixture
async def alone(database: str, tmp_path: Path) -> AsyncIterator[tuple[Running, EmbeddedTemporal]]:
    """Everything on a Temporal server that may be lost."""
    server = EmbeddedTemporal(tmp_path / "temporal")
    server.start()
    try:
        async with run_all(database, server.address, tmp_path) as running:
            yield running, server
    finally:
        server.stop()


async def _mixed(running: Running, cases: int) -> list[UUID]:
    """Open cases in the states of the way: triage, proposed, signed, working, resolved, reviewed, in dispute."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> UUID:
        async with gate:
            steps = number % 7
            case = await running.open(place=small.COMMUNITY, matter=small.HOUSING_MATTER)
            for model, actor, fields in _DISPUTE if steps == 6 else _WAY[:steps]:
                await running.done(case, model, actor, **fields)
            return case

    return await asyncio.gather(*(one(number) for number in range(cases)))


async def _timer(handle: WorkflowHandle[Any, Any]) -> datetime | None:
    """The instant at which the server lets the run's pending timer ring."""
    pending: dict[str, datetime] = {}
    async for event in handle.fetch_history_events():
        if event.HasField("timer_started_event_attributes"):
            told = event.timer_started_event_attributes
            since = event.event_time.ToDatetime(UTC)
            pending[told.timer_id] = since + told.start_to_fire_timeout.ToTimedelta()
        elif event.HasField("timer_canceled_event_attributes"):
            del pending[event.timer_canceled_event_attributes.timer_id]
    return min(pending.values(), default=None)


async def _timers(running: Running, cases: list[UUID]) -> dict[UUID, datetime]:
    """The pending timer of every case, once each has one."""
    found: dict[UUID, datetime] = {}
    while len(found) < len(cases):
        for case in cases:
            if case not in found:
                timer = await _timer(running.client.get_workflow_handle(workflow_id(case)))
                if timer is not None:
                    found[case] = timer
    return found


async def _again(running: Running, **how: Any) -> Rehydrated:
    cases = await chosen(running.pool, how.pop("numbers", ()), how.pop("bodies", ()))
    return await rehydrate(running.pool, running.door, cases, **how)


@pytest.mark.timeout(600)
async def test_everything_comes_back_from_the_ledger(
    alone: tuple[Running, EmbeddedTemporal], record_property: Any
) -> None:
    running, server = alone
    cases = await _mixed(running, CASES)
    standing = {case.id: case.due for case in await open_cases(running.pool)}
    assert standing.keys() == set(cases)
    before = await _timers(running, cases)
    events = await running.pool.fetchval("SELECT count(*) FROM event")
    await running.worker.shutdown()
    server.stop()
    for file in (server.data / "temporal").glob("temporal.sqlite*"):
        file.unlink()
    server.start()
    async with case_worker(running.client, running.pool, task_queue=running.task_queue):
        # Some of them first, by number and by body; then all, twice at once, while commands arrive.
        number = (await running.case(cases[0])).number
        part = await _again(running, numbers=[number], whole=False)
        assert (part.open, part.started) == (1, 1)
        housing = await _again(running, bodies=[small.CIVIL_AFFAIRS], whole=False)
        assert housing.open == 0
        began = time.monotonic()
        notes = [running.act(case, c.RecordStep, small.CLERK, step=Step.NOTE) for case in cases[1:8]]
        (first, second), outcomes = await asyncio.gather(
            asyncio.gather(_again(running), _again(running)), asyncio.gather(*notes)
        )
        assert {outcome.kind for outcome in outcomes} == {OutcomeKind.DONE}
        assert first.failed == second.failed == 0
        # What neither started was begun by the command that came first.
        assert CASES - 1 - len(notes) <= first.started + second.started <= CASES - 1
        after = await _timers(running, cases)
        seconds = time.monotonic() - began
        for case in cases:
            due = standing[case]
            assert due is not None
            for instant in (before[case], after[case]):
                # Never before; behind by what the task that set it took. The clock decides as of the due instant.
                assert timedelta(0) <= instant - due < timedelta(minutes=1), (case, due, instant)
        assert await running.pool.fetchval("SELECT count(*) FROM event") == events + len(notes)
        assert await running.pool.fetchval("SELECT count(*) FROM alarm") == 0
        assert [schedule.id async for schedule in await running.client.list_schedules()]
        assert {case.id: case.due for case in await open_cases(running.pool)} == standing
        apart = sorted(abs(after[case] - before[case]) for case in cases)
        told = (
            f"{CASES} cases: started {first.started}+{second.started} in {first.seconds} s, every timer set after"
            f" {seconds:.1f} s; apart by {apart[len(apart) // 2]} (median), {apart[-1]} (most)"
        )
        record_property("rehydrate", told)
        print(told)  # noqa: T201 - the figures


async def test_anew_ends_what_runs_and_begins_it_again(running: Running) -> None:
    case = await running.open()
    handle = running.client.get_workflow_handle(workflow_id(case))
    first = (await handle.describe()).run_id
    done = await _again(running, anew=True, whole=False)
    assert (done.open, done.started) == (1, 1)
    assert (await handle.describe()).run_id != first
    await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    assert (await running.case(case)).version == 2
