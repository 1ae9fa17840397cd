"""Housekeeping on a Temporal Schedule: rows of the compartment that no command refers to are swept away.

Personal data are written before the command that points at them; a client that died in between leaves a row that
nobody will ever read. A day later it goes (design.md §3.14).
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
    from domain.ports import SWEEP, Swept

_EVERY = timedelta(hours=6)
_SCHEDULE = "zeren-housekeeping"


@workflow.defn(name="HousekeepingWorkflow")
class HousekeepingWorkflow:
    """One round of housekeeping."""

    @workflow.run
    async def run(self) -> Swept:
        """Sweep, and say how many rows went."""
        return await workflow.execute_activity(
            SWEEP,
            result_type=Swept,
            start_to_close_timeout=timedelta(minutes=5),
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=5)),
        )


async def schedule_housekeeping(client: Client, task_queue: str) -> None:
    """Make the Schedule, unless it is there already."""
    action = ScheduleActionStartWorkflow(
        HousekeepingWorkflow.run, id=f"{_SCHEDULE}-run", task_queue=task_queue
    )
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=_EVERY)])
    try:
        await client.create_schedule(_SCHEDULE, Schedule(action=action, spec=spec))
    except ScheduleAlreadyRunningError:
        return
