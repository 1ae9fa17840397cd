"""The quick call, the durable one behind it, and what a run shows meanwhile (docs/temporal.md)."""

import asyncio

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus

from domain import commands as c
from domain.numbers import workflow_id
from domain.words import Step
from tests import small
from tests.mishaps import falls_back, ledger_away
from tests.running import Running
from worker import case_worker
from workflows.case_workflow import CaseWorkflow
from workflows.door import OutcomeKind


async def test_nothing_has_changed_until_the_append_has_returned(running: Running) -> None:
    """The ledger is away in the middle of a command: it waits, the case stands, and then it is done, once."""
    case = await running.open()
    handle = running.client.get_workflow_handle(workflow_id(case))
    note = await running.command(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    async with ledger_away(running):
        sending = asyncio.create_task(running.door.send(case, note))
        await falls_back(running, case)
        assert await handle.query(CaseWorkflow.version) == 1
    assert (await sending).kind is OutcomeKind.DONE
    assert await handle.query(CaseWorkflow.version) == 2
    assert await running.types(case) == ["registered", "step_recorded"]
    kinds = [event.event_type for event in (await handle.fetch_history()).events]
    assert kinds.count(EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED) == 1


async def test_another_worker_takes_the_durable_call_over(running: Running) -> None:
    case = await running.open()
    note = await running.command(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    async with ledger_away(running):
        sending = asyncio.create_task(running.door.send(case, note))
        await falls_back(running, case)
        await running.worker.shutdown()
    async with case_worker(running.client, running.pool, task_queue=running.task_queue):
        assert (await sending).kind is OutcomeKind.DONE
        assert await running.types(case) == ["registered", "step_recorded"]


async def test_a_run_that_is_cancelled_answers_first(running: Running) -> None:
    """An operator cancels the run while a command waits for the ledger."""
    case = await running.open()
    handle = running.client.get_workflow_handle(workflow_id(case))
    note = await running.command(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    async with ledger_away(running):
        sending = asyncio.create_task(running.door.send(case, note))
        await falls_back(running, case)
        await handle.cancel()
    assert (await sending).kind is OutcomeKind.DONE
    while (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
        await asyncio.sleep(0.05)
    ended = await handle.describe()
    assert ended.status is WorkflowExecutionStatus.CANCELED
    kinds = [event.event_type for event in (await handle.fetch_history()).events]
    assert kinds.count(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED) == 2
    # An abandoned handler is an error in tests: it would have failed the task, again and again, until it was done.
    assert EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED not in kinds
    await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    assert (await handle.describe()).run_id != ended.run_id
    assert (await running.case(case)).version == 3
