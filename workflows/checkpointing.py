"""Checkpoints on a Temporal Schedule: whatever was recorded is given its place in the tree, and the tree's head is signed.

It comes every quarter of an hour, and at once where there was no Schedule yet. A round in which nothing was recorded makes
no checkpoint; one that finds no signing key says so (design.md §3.13).
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleSpec,
)
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from domain.ports import CHECKPOINT, Checkpointed

EVERY = timedelta(minutes=15)
_SCHEDULE = "zeren-checkpoint"


@workflow.defn(name="CheckpointWorkflow")
class CheckpointWorkflow:
    """One checkpoint."""

    @workflow.run
    async def run(self) -> Checkpointed:
        """Have it made. A ledger from before the tree is hashed first, which may take its time."""
        return await workflow.execute_activity(
            CHECKPOINT,
            result_type=Checkpointed,
            start_to_close_timeout=timedelta(hours=1),
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=5)),
        )


async def schedule_checkpoints(client: Client, task_queue: str) -> None:
    """Make the Schedule, unless it is there already."""
    action = ScheduleActionStartWorkflow(CheckpointWorkflow.run, id=f"{_SCHEDULE}-run", task_queue=task_queue)
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=EVERY)])
    try:
        await client.create_schedule(_SCHEDULE, Schedule(action=action, spec=spec), trigger_immediately=True)
    except ScheduleAlreadyRunningError:
        return
