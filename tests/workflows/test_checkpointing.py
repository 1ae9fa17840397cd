"""Checkpoints come by a Schedule of Temporal's; a worker without a key says so and goes on."""

from uuid import uuid4

import pytest

from tests.running import Running
from workflows.checkpointing import CheckpointWorkflow


@pytest.mark.timeout(30)
async def test_without_a_key_nothing_is_signed(running: Running) -> None:
    await running.open()
    handle = await running.client.start_workflow(
        CheckpointWorkflow.run, id=f"checkpoint-{uuid4()}", task_queue=running.task_queue
    )
    assert (await handle.result()).outcome == "no_key"
