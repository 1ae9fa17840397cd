"""The ledger is the guard: a run that it contradicts stops and alarms, one that it outruns catches up and alarms."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from domain import commands as c
from domain.events import FactsUsed, Recorded, StepRecorded
from domain.numbers import event_id
from domain.ports import Append
from domain.words import Step
from ledger.append import append
from ledger.load import load
from tests import small
from tests.running import Running
from workflows.door import OutcomeKind


async def _somebody_else_writes(running: Running, case: UUID) -> None:
    last = (await load(running.pool, case)).events[-1]
    command = str(uuid4())
    at = max(datetime.now(UTC), last.at)
    row = Append(
        case=case,
        command=command,
        type="record_step",
        fingerprint="0" * 64,
        actor=small.CLERK,
        at=at,
        expected=last.version,
        facts=FactsUsed(pack=last.facts.pack, version=last.facts.version),
        events=(
            Recorded(
                id=event_id(case, last.version + 1, command),
                case=case,
                version=last.version + 1,
                at=at,
                command=command,
                actor=small.CLERK,
                facts=last.facts,
                body=StepRecorded(step=Step.NOTE, channel=None, by=small.DISPATCH, personal=None),
            ),
        ),
    )
    assert (await append(running.pool, row)).outcome == "ok"


async def test_a_ledger_that_is_ahead_is_caught_up_with_and_alarmed(running: Running) -> None:
    case = await running.open()
    await _somebody_else_writes(running, case)
    await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    assert (await running.case(case)).version == 3
    kinds = [
        row["kind"] for row in await running.pool.fetch("SELECT kind FROM alarm WHERE case_id = $1", case)
    ]
    assert kinds == ["ledger_ahead"]


async def test_a_reset_run_forks_and_is_stopped(running: Running) -> None:
    """An operator resets the run to before its last command; the ledger knows what was decided since."""
    from temporalio.api.common.v1 import WorkflowExecution
    from temporalio.api.enums.v1 import ResetReapplyExcludeType
    from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

    case = await running.open()
    await running.done(case, c.RecordStep, small.CLERK, id="before-1", step=Step.NOTE)
    handle = running.client.get_workflow_handle(f"case-{case}")
    history = await handle.fetch_history()
    completed = [
        event.event_id
        for event in history.events
        if event.HasField("workflow_task_completed_event_attributes")
    ]
    await running.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace="default",
            workflow_execution=WorkflowExecution(workflow_id=handle.id),
            reason="a test",
            workflow_task_finish_event_id=completed[0],
            request_id=str(uuid4()),
            reset_reapply_exclude_types=[ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE],
        )
    )
    again = await running.act(case, c.RecordStep, small.CLERK, id="before-1", step=Step.NOTE)
    assert again.kind is OutcomeKind.DONE
    events = (await load(running.pool, case)).events
    assert [event.version for event in events] == [1, 2], "no fork: the ledger's own history stands"


async def test_a_run_that_the_ledger_contradicts_stops(running: Running) -> None:
    case = await running.open()
    await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    async with running.pool.acquire() as connection, connection.transaction():
        # As a restore of an older backup would: the last event of the case is gone.
        await connection.execute("ALTER TABLE event DISABLE TRIGGER append_only")
        await connection.execute("ALTER TABLE command DISABLE TRIGGER append_only")
        await connection.execute("DELETE FROM event WHERE case_id = $1 AND version = 2", case)
        await connection.execute("DELETE FROM command WHERE case_id = $1 AND last_version = 2", case)
        await connection.execute("DELETE FROM case_now WHERE case_id = $1", case)
    outcome = await running.act(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "case.stopped"
    assert (await running.case(case)).version == 1
    kinds = [
        row["kind"] for row in await running.pool.fetch("SELECT kind FROM alarm WHERE case_id = $1", case)
    ]
    assert kinds == ["ledger_contradicts"]


async def test_a_lost_workflow_comes_back_with_the_next_command(running: Running) -> None:
    case = await running.open()
    await running.client.get_workflow_handle(f"case-{case}").terminate("lost")
    await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    assert (await running.case(case)).version == 2


async def test_waking_a_lost_case_sets_its_timer_again(running: Running) -> None:
    case = await running.open()
    handle = running.client.get_workflow_handle(f"case-{case}")
    await handle.terminate("lost")
    assert await running.door.wake(case)
    assert not await running.door.wake(case)
    await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
