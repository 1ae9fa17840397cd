"""Checkpoints come by a Schedule of Temporal's; a worker without a key says so and goes on."""

import asyncio
from pathlib import Path
from uuid import uuid4

from temporalio.client import ScheduleActionExecutionStartWorkflow

from activities.evidence import EvidencePlaces
from ledger.evidence.keys import create_signing_keys
from ledger.evidence.verify import verify
from tests.running import Running
from worker import case_worker
from workflows.checkpointing import CheckpointWorkflow, schedule_checkpoints


async def test_without_a_key_nothing_is_signed(running: Running) -> None:
    handle = await running.client.start_workflow(
        CheckpointWorkflow.run, id=f"checkpoint-{uuid4()}", task_queue=running.task_queue
    )
    assert (await handle.result()).outcome == "no_key"
    assert await running.pool.fetchval("SELECT count(*) FROM checkpoint") == 0


async def test_the_schedule_makes_a_checkpoint_at_once(running: Running, tmp_path: Path) -> None:
    await running.open()
    places = EvidencePlaces(tmp_path / "evidence.json", tmp_path / "evidence")
    create_signing_keys(tmp_path / "evidence.json")
    queue = f"sealing-{uuid4()}"
    async with case_worker(running.client, running.pool, task_queue=queue, evidence=places):
        await schedule_checkpoints(running.client, queue)
        await schedule_checkpoints(running.client, queue)
        handle = running.client.get_schedule_handle("zeren-checkpoint")
        try:
            while not (actions := (await handle.describe()).info.recent_actions):
                await asyncio.sleep(0.05)
            started = actions[0].action
            assert isinstance(started, ScheduleActionExecutionStartWorkflow)
            run = running.client.get_workflow_handle_for(CheckpointWorkflow.run, started.workflow_id)
            made = await run.result()
        finally:
            await handle.delete()
    assert (made.outcome, made.size) == ("made", 3)  # a key, an event, an answer
    assert (await verify(running.pool)).checkpoints == 1
    assert (tmp_path / "evidence" / "latest.checkpoint").read_text(encoding="utf-8").split("\n")[1] == "3"
