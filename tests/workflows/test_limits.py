"""What a run costs the server, and that a long case stays below what the server takes (docs/temporal.md)."""

from temporalio.api.enums.v1 import EventType

from domain import commands as c
from domain.numbers import workflow_id
from domain.ports import LoadCase, Loaded
from domain.words import Step
from ledger.load import load, page
from tests import small
from tests.mishaps import grow
from tests.running import Running
from workflows.case_workflow import HISTORY_LIMIT, CaseWorkflow

MOST_UPDATES = 2_000
"""Updates that the server takes in one run: history.maxTotalUpdates."""
ONE_VALUE = 2 * 1024 * 1024
"""Bytes that the server takes as one payload."""


async def test_a_command_costs_six_events_of_history(running: Running) -> None:
    """Three of a workflow task, two of the update, one marker of the append; the timer is left as it is.

    So a run is renewed long before it has had the updates that the server allows it.
    """
    case = await running.open()
    handle = running.client.get_workflow_handle(workflow_id(case))
    before = len((await handle.fetch_history()).events)
    for _ in range(20):
        await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    history = (await handle.fetch_history()).events
    assert len(history) - before == 20 * 6
    timers = [event.event_type for event in history if "TIMER" in EventType.Name(event.event_type)]
    assert timers == [EventType.EVENT_TYPE_TIMER_STARTED]
    assert HISTORY_LIMIT / 6 < MOST_UPDATES / 2


async def test_a_case_too_long_for_one_value_is_loaded_all_the_same(running: Running) -> None:
    case = await running.open()
    await grow(running, case, 5_000)
    assert len((await load(running.pool, case)).model_dump_json()) > ONE_VALUE
    handle = running.client.get_workflow_handle(workflow_id(case))
    await handle.terminate("lost")
    assert await running.door.wake(case)
    await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    assert await handle.query(CaseWorkflow.version) == 5_001
    failed = [
        event
        for event in (await handle.fetch_history()).events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    ]
    assert not failed


async def test_the_pages_of_a_case_add_up(running: Running) -> None:
    case = await running.open()
    for number in range(7):
        await running.done(case, c.RecordStep, small.CLERK, id=f"note-{number}", step=Step.NOTE)
    await running.act(case, c.Sign, small.HOUSING_WORKER, id="a-refused-one")
    whole = await load(running.pool, case)
    for events, commands in ((1, 1), (3, 2), (2, 9), (8, 9), (100, 100)):
        pages: list[Loaded] = []
        while not pages or pages[-1].more:
            request = LoadCase(
                case=case,
                version=sum(len(got.events) for got in pages),
                command=max((one for got in pages for one in got.answered), default=None),
            )
            pages.append(await page(running.pool, request, events=events, commands=commands))
        assert [event for got in pages for event in got.events] == list(whole.events)
        assert sorted(one for got in pages for one in got.answered) == sorted(whole.answered)
