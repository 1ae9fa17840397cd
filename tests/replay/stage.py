"""Where a life is lived whose histories are to be kept: everything running, and the steps that many lives share."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from domain import commands as c
from domain.numbers import workflow_id
from domain.words import Contacted, Reason, Satisfaction, Solved, Truth
from tests import small
from tests.running import Running

ANSWERS: dict[str, Any] = {
    "truth": Truth.TRUE,
    "ours": True,
    "contacted": Contacted.YES,
    "solved": Solved.YES,
}
VERDICT: dict[str, Any] = {"response": True, "resolution": True, "channel": "phone"}
NOT_OURS: dict[str, Any] = {"reason": Reason.NOT_OUR_DUTY, "proposed_owner": small.CIVIL_AFFAIRS}
WHOLE: dict[str, Any] = {"place": small.COMMUNITY, "matter": small.HOUSING_MATTER}


class Run(NamedTuple):
    """One run of one workflow."""

    workflow: str
    run: str


@dataclass
class Stage:
    """Where a life is lived: everything running, and the runs whose histories are to be kept, in order."""

    office: Running
    skipping: WorkflowEnvironment | None = None
    kept: list[Run] = field(default_factory=list)

    def handle(self, case: UUID) -> WorkflowHandle:
        """The case's workflow, whichever run it is in."""
        return self.office.client.get_workflow_handle(workflow_id(case))

    async def keep(self, workflow: str) -> None:
        """Keep the run that the workflow is in now and those that it continues, the oldest first."""
        chain: list[Run] = []
        run: str | None = await self._at_rest(workflow)
        while run:
            chain.insert(0, Run(workflow, run))
            handle = self.office.client.get_workflow_handle(workflow, run_id=run)
            first = (await handle.fetch_history()).events[0]
            run = first.workflow_execution_started_event_attributes.continued_execution_run_id
        self.kept += [one for one in chain if one not in self.kept]

    async def _at_rest(self, workflow: str) -> str:
        """The run that the workflow is in, as soon as it has nothing to do: its history then ends at a whole task."""
        while True:
            seen = await self.office.client.get_workflow_handle(workflow).describe()
            raw = seen.raw_description
            if not (raw.HasField("pending_workflow_task") or raw.pending_activities):
                assert seen.run_id
                return seen.run_id
            await asyncio.sleep(0.02)

    async def keep_case(self, case: UUID) -> None:
        """Keep the run that a case is in now."""
        await self.keep(workflow_id(case))

    async def forward(self, case: UUID, **span: float) -> None:
        """Let time pass for one case."""
        assert self.skipping is not None, "this life needs the server whose time can be moved"
        reached = await self.skipping.fast_forward(self.handle(case), timedelta(**span))
        assert reached or not await self._open(case), "the case's time has not come as far as that"

    async def _open(self, case: UUID) -> bool:
        return (await self.handle(case).describe()).status is WorkflowExecutionStatus.RUNNING

    async def ended(self, case: UUID) -> None:
        """Wait until the case's run has ended, however."""
        while await self._open(case):
            await asyncio.sleep(0.02)

    async def lead(self, case: UUID) -> None:
        """Up to where the housing office leads."""
        await self.office.done(case, c.Propose, small.CLERK, to=small.HOUSING)
        await self.office.done(case, c.Sign, small.HOUSING_WORKER)

    async def judged(self, case: UUID, satisfaction: Satisfaction) -> None:
        """From working to the resident's verdict."""
        await self.office.done(case, c.Resolve, small.HOUSING_WORKER, **ANSWERS)
        await self.office.done(case, c.Review, small.REVIEWER, passed=True)
        await self.office.done(case, c.RecordVerdict, small.CLERK, satisfaction=satisfaction, **VERDICT)
