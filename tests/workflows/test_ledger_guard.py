"""The ledger is the guard: a run that it contradicts stops and alarms, one that it outruns catches up and alarms."""

from domain import commands as c
from domain.words import Step
from ledger.load import load
from tests import small
from tests.mishaps import lose_the_last_event, reset_to, reset_to_the_beginning, somebody_else_writes
from tests.running import Running
from workflows.door import OutcomeKind


async def test_a_ledger_that_is_ahead_is_caught_up_with_and_alarmed(running: Running) -> None:
    case = await running.open()
    await somebody_else_writes(running, case)
    await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    assert (await running.case(case)).version == 3
    kinds = [
        row["kind"] for row in await running.pool.fetch("SELECT kind FROM alarm WHERE case_id = $1", case)
    ]
    assert kinds == ["ledger_ahead"]


async def test_a_reset_run_forks_and_is_stopped(running: Running) -> None:
    """An operator resets the run to before its last command; the ledger knows what was decided since."""
    case = await running.open()
    await running.done(case, c.RecordStep, small.CLERK, id="before-1", step=Step.NOTE)
    await reset_to_the_beginning(running, case)
    again = await running.act(case, c.RecordStep, small.CLERK, id="before-1", step=Step.NOTE)
    assert again.kind is OutcomeKind.DONE
    events = (await load(running.pool, case)).events
    assert [event.version for event in events] == [1, 2], "no fork: the ledger's own history stands"


async def test_a_reset_run_that_decides_on_what_it_forgot_is_refused_and_alarmed(running: Running) -> None:
    """It knows an older version of the case, as a fork would: the append refuses it, and it takes the ledger's."""
    case = await running.open()
    await running.done(case, c.RecordStep, small.CLERK, id="kept-1", step=Step.NOTE)
    await running.done(case, c.RecordStep, small.CLERK, id="forgotten-1", step=Step.NOTE)
    await reset_to(running, case, -1)
    await running.done(case, c.RecordStep, small.CLERK, id="after-1", step=Step.NOTE)
    events = await running.events(case)
    assert [event.command for event in events[1:]] == ["kept-1", "forgotten-1", "after-1"]
    rung = await running.pool.fetch("SELECT kind, detail FROM alarm WHERE case_id = $1", case)
    assert [(row["kind"], row["detail"]) for row in rung] == [("ledger_ahead", "knew 2, found 3")]


async def test_a_run_that_the_ledger_contradicts_stops(running: Running) -> None:
    case = await running.open()
    await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    await lose_the_last_event(running, case)
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
