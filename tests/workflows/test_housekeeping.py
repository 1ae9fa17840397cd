"""Housekeeping comes by a Schedule of Temporal's, and a worker that is asked to stop finishes what it has begun."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import ScheduleActionExecutionStartWorkflow, ScheduleHandle

from domain.numbers import case_id
from ledger.compartment import put
from tests.running import Running
from workflows.housekeeping import HousekeepingWorkflow, schedule_housekeeping


@pytest.fixture
async def schedule(running: Running) -> AsyncIterator[ScheduleHandle]:
    """The Schedule, made twice and gone after the test."""
    await schedule_housekeeping(running.client, running.task_queue)
    await schedule_housekeeping(running.client, running.task_queue)
    handle = running.client.get_schedule_handle("zeren-housekeeping")
    try:
        yield handle
    finally:
        await handle.delete()


async def test_the_schedule_sweeps_what_no_command_came_for(
    running: Running, schedule: ScheduleHandle
) -> None:
    case = await running.open()
    for command in ("old", "young"):
        await put(running.pool, running.keyring, case_id(command), command, {"text": "left behind"})
    await running.pool.execute(
        "UPDATE compartment SET written_at = written_at - interval '2 days' WHERE command_id <> 'young'"
    )
    await schedule.trigger()
    while not (actions := (await schedule.describe()).info.recent_actions):
        await asyncio.sleep(0.05)
    started = actions[0].action
    assert isinstance(started, ScheduleActionExecutionStartWorkflow)
    run = running.client.get_workflow_handle_for(HousekeepingWorkflow.run, started.workflow_id)
    assert (await run.result()).rows == 1
    left = await running.pool.fetch("SELECT command_id FROM compartment")
    assert "old" not in {row["command_id"] for row in left}
    assert len(left) == 2
    assert (await running.case(case)).version == 1


async def _until_said(log: Path, words: str) -> None:
    while words not in (log.read_text(encoding="utf-8") if log.exists() else ""):
        await asyncio.sleep(0.05)


async def test_a_worker_that_stops_finishes_what_it_has_begun(running: Running, tmp_path: Path) -> None:
    queue, log = f"stopping-{uuid4()}", tmp_path / "worker.log"
    with log.open("wb") as out:
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "worker",
            env={**running.env, "ZEREN_TASK_QUEUE": queue},
            stdout=out,
            stderr=out,
        )
    try:
        async with running.pool.acquire() as connection, connection.transaction():
            await connection.execute("LOCK TABLE compartment IN ACCESS EXCLUSIVE MODE")
            handle = await running.client.start_workflow(
                HousekeepingWorkflow.run, id=f"sweep-{uuid4()}", task_queue=queue
            )
            while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0.05)
            worker.send_signal(signal.SIGTERM)
            await _until_said(log, "worker stopping")
            assert worker.returncode is None
        assert await worker.wait() == os.EX_OK
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
        await running.client.get_schedule_handle("zeren-housekeeping").delete()
    history = (await handle.fetch_history()).events
    attempts = [
        event.activity_task_started_event_attributes.attempt
        for event in history
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
    ]
    kinds = [event.event_type for event in history]
    assert set(attempts) == {1}
    assert kinds.count(EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED) == len(attempts) == 2
    await handle.terminate("the test is over")
