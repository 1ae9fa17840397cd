"""Everything stopped while timers fall due: on return each rings once, in due order, and what arrives first comes after them.

Once with the time of the cases moved by three hours, and once in real seconds, with every server stopped.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from temporalio.testing import WorkflowEnvironment

from domain import commands as c
from domain.calendar import hours
from domain.events import Recorded
from domain.numbers import workflow_id
from domain.words import Step
from ledger.compartment import put
from ledger.load import load
from tests import small
from tests.ledger.cases import KEYRING, Story, ready
from tests.running import run_all
from tests.workflows.test_kill import Client, Machine, machine
from worker import case_worker
from workflows.case_workflow import CaseWorkflow
from workflows.connection import connect
from workflows.door import Door, OutcomeKind

__all__ = ["machine"]

CLOCKED = {"deadline_missed", "escalated", "alerted", "exception_raised"}
LIMIT = timedelta(hours=4)
"""What the small pack gives for triage."""


def rung(events: tuple[Recorded, ...]) -> list[tuple[str, datetime]]:
    """What the clock did, and at which instants."""
    return [(event.body.type, event.at) for event in events if event.body.type in CLOCKED]


async def test_three_hours_later_everything_that_fell_due_meanwhile_has_rung_once_and_in_order(
    database: str, skipping: WorkflowEnvironment, tmp_path: Path
) -> None:
    hourly = small.POLICY.model_copy(update={"ladder_every": hours(1), "alert_every": hours(1)})
    pack = small.PACK.model_copy(update={"policy": hourly})
    async with run_all(database, skipping.client, tmp_path, pack=pack) as office:
        cases = [await office.open() for _ in range(2)]
        due = [(await office.case(case)).next_deadline.due for case in cases]
        handles = [office.client.get_workflow_handle(workflow_id(case)) for case in cases]
        for handle in handles:
            assert await skipping.fast_forward(handle, timedelta(hours=3, minutes=30))
        await office.worker.shutdown()
        slept = [asyncio.create_task(skipping.fast_forward(handle, timedelta(hours=3))) for handle in handles]
        notes = [
            asyncio.create_task(office.act(case, c.RecordStep, small.CLERK, id=f"first-{n}", step=Step.NOTE))
            for n, case in enumerate(cases)
        ]
        await asyncio.sleep(0.5)
        async with case_worker(office.client, office.pool, task_queue=office.task_queue):
            outcomes = await asyncio.gather(*notes)
            await asyncio.gather(*slept)
            histories = [(await load(office.pool, case)).events for case in cases]
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.DONE] * 2
    for n, events in enumerate(histories):
        hour = timedelta(hours=1)
        rings = [
            ("deadline_missed", due[n]),
            ("escalated", due[n]),
            ("escalated", due[n] + hour),
            ("alerted", due[n] + 2 * hour),
        ]
        assert rung(events)[:4] == rings
        assert [event.version for event in events] == list(range(1, len(events) + 1))
        step = next(event for event in events if event.command == f"first-{n}")
        before = [event for event in events if event.body.type in CLOCKED and event.at <= step.at]
        assert all(event.version < step.version for event in before)
        assert len(before) >= 2


async def _woken(door: Door, client: Client, stories: list[Story]) -> None:
    """Their workflows run and have loaded them."""
    temporal = await connect(client.machine.temporal.address)
    for story in stories:
        assert await door.wake(story.id)
    for story in stories:
        handle = temporal.get_workflow_handle_for(CaseWorkflow.run, workflow_id(story.id))
        while await handle.query(CaseWorkflow.version) != 1:
            await asyncio.sleep(0.05)


async def _note(client: Client, case: UUID, name: str) -> c.RecordStep:
    ref = await put(await client.opened(), KEYRING, case, name, {"note": f"note of {name}"})
    return c.RecordStep(id=name, actor=small.CLERK, personal=ref, step=Step.NOTE)


@pytest.mark.timeout(180)
async def test_in_real_seconds_with_every_server_stopped(machine: Machine) -> None:
    client = Client(machine)
    pool = await client.opened()
    await ready(pool)
    door = Door(await connect(machine.temporal.address), client.find)
    first = datetime.now(UTC) + timedelta(seconds=6)
    due = [first + timedelta(seconds=n / 2) for n in range(4)]
    stories = [await Story(pool, f"stopped-{uuid4()}", start=at - LIMIT).open(None) for at in due]
    await _woken(door, client, stories)
    notes = [await _note(client, story.id, f"first-{n}") for n, story in enumerate(stories)]
    assert machine.worker is not None
    machine.worker.kill()
    await machine.worker.wait()
    machine.temporal.stop()
    assert await pool.fetchval("SELECT count(*) FROM event") == 4, "nothing has rung before the stop"
    await pool.close()
    client.pool = None
    machine.postgres.stop()
    while datetime.now(UTC) < due[-1] + timedelta(seconds=1):
        await asyncio.sleep(0.1)

    machine.postgres.start()
    machine.temporal.start()
    back = datetime.now(UTC)
    sent = [
        asyncio.create_task(door.send(story.id, note, patience=60))
        for story, note in zip(stories, notes, strict=True)
    ]
    await asyncio.sleep(1)
    await machine.start_worker()
    assert [(await one).kind for one in sent] == [OutcomeKind.DONE] * 4
    for n, story in enumerate(stories):
        events = (await load(await client.opened(), story.id)).events
        assert rung(events) == [("deadline_missed", due[n]), ("escalated", due[n])]
        assert [event.body.type for event in events][-1] == "step_recorded"
        missed, step = events[1], events[-1]
        assert missed.recorded_at is not None
        assert step.recorded_at is not None
        assert back < missed.recorded_at <= step.recorded_at
        assert step.at > due[n]
    await (await client.opened()).close()
