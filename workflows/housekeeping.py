"""Housekeeping on a Temporal Schedule: what has to be looked at now and then, whoever is asleep.

Rows of the compartment that no command refers to are swept away: personal data are written before the command that
points at them, and a client that died in between leaves a row that nobody will ever read. A day later it goes (design.md
§3.14). And cases that wait are told when a body with a part in them ends by the newest pack (§3.2).
"""

from datetime import timedelta
from uuid import UUID

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
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from domain.numbers import workflow_id
    from domain.ports import FIND_ENDED, SWEEP, Ended, Swept
    from workflows.names import PACK_LOADED

_EVERY = timedelta(hours=6)
_AGAIN = RetryPolicy(maximum_interval=timedelta(minutes=5))
_SCHEDULE = "zeren-housekeeping"


@workflow.defn(name="HousekeepingWorkflow")
class HousekeepingWorkflow:
    """One round of housekeeping."""

    @workflow.run
    async def run(self) -> Swept:
        """Tell the cases of ended bodies, sweep, and say how many rows went."""
        ended = await workflow.execute_activity(
            FIND_ENDED,
            result_type=Ended,
            start_to_close_timeout=timedelta(minutes=5),
            retry_policy=_AGAIN,
        )
        for case in ended.cases:
            await _tell(case)
        return await workflow.execute_activity(
            SWEEP,
            result_type=Swept,
            start_to_close_timeout=timedelta(minutes=5),
            retry_policy=_AGAIN,
        )


async def _tell(case: UUID) -> None:
    try:
        await workflow.get_external_workflow_handle(workflow_id(case)).signal(PACK_LOADED)
    except FailureError:
        # No run of that case: whoever starts one looks the pack up anyway.
        workflow.logger.info("no run to tell of the pack", extra={"case": str(case)})


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
