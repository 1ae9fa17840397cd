"""Durable time: what is due happens at its instant, in order, once, whatever slept meanwhile (design.md §3.12).

The dev server's time-skipping gives every workflow a clock of its own; here it is moved by hand.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from temporalio.testing import WorkflowEnvironment

from domain import commands as c
from domain.words import Charge, Step
from ledger.load import load
from ledger.reads import holders
from tests import small
from tests.running import Running, run_all


@pytest.fixture
async def office(database: str, skipping: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Running]:
    """Everything running, on the server whose time moves by hand."""
    async with run_all(database, skipping.client, tmp_path) as running:
        yield running


async def forward(office: Running, skipping: WorkflowEnvironment, case: UUID, **span: float) -> None:
    """Let time pass for one case."""
    assert await skipping.fast_forward(office.client.get_workflow_handle(f"case-{case}"), timedelta(**span))


async def decided(office: Running, case: UUID, type_: str) -> list[datetime]:
    """The instants of all events of a type."""
    return [event.at for event in (await load(office.pool, case)).events if event.body.type == type_]


async def test_silence_binds_a_body_that_could_have_spoken(
    office: Running, skipping: WorkflowEnvironment
) -> None:
    case = await office.open(place=small.COMMUNITY, matter=small.HOUSING_MATTER)
    await office.done(case, c.Propose, small.CLERK, to=small.HOUSING)
    due = (await office.case(case)).next_deadline.due
    await forward(office, skipping, case, days=3)
    assert await decided(office, case, "deemed_signed") == [due]
    assert (await office.case(case)).lead == small.HOUSING


async def test_an_empty_desk_is_not_bound(office: Running, skipping: WorkflowEnvironment) -> None:
    case = await office.open(place=small.COMMUNITY, matter=small.HOUSING_MATTER)
    await office.done(case, c.Propose, small.CLERK, to=small.WATER)
    due = (await office.case(case)).next_deadline.due
    await forward(office, skipping, case, days=2)
    types = await office.types(case)
    assert "deemed_signed" not in types
    assert await decided(office, case, "exception_raised") == [due]
    assert (await office.case(case)).lead is None


async def test_a_case_in_triage_climbs_to_the_top_and_goes_on_alerting(
    office: Running, skipping: WorkflowEnvironment
) -> None:
    case = await office.open()
    await forward(office, skipping, case, days=30)
    types = await office.types(case)
    assert types[:3] == ["registered", "deadline_missed", "escalated"]
    assert types.count("alerted") >= 3
    instants = [event.at for event in (await load(office.pool, case)).events]
    assert instants == sorted(instants)
    alerts = await decided(office, case, "alerted")
    gaps = {later - earlier for earlier, later in pairwise(alerts)}
    assert gaps == {timedelta(hours=small.PACK.policy.alert_every.amount)}, "each alert at its own instant"
    held = await holders(office.pool, case, None, None)
    assert [(interval.answering, interval.charge) for interval in held] == [(small.DISPATCH, Charge.TRIAGE)]


async def test_a_worker_that_slept_decides_what_was_due_first(
    office: Running, skipping: WorkflowEnvironment, database: str, tmp_path: Path
) -> None:
    """A command that arrives after an outage is decided after everything that fell due meanwhile, at its due instant."""
    case = await office.open(place=small.COMMUNITY, matter=small.HOUSING_MATTER)
    await office.done(case, c.Propose, small.CLERK, to=small.HOUSING)
    due = (await office.case(case)).next_deadline.due
    await office.worker.shutdown()
    handle = office.client.get_workflow_handle(f"case-{case}")
    from temporalio.worker import Worker

    from worker import case_worker

    again: Worker = case_worker(office.client, office.pool, task_queue=office.task_queue)
    import asyncio

    skip = asyncio.create_task(skipping.fast_forward(handle, timedelta(days=2)))
    note = asyncio.create_task(
        office.act(case, c.RecordStep, small.HOUSING_WORKER, id="after-the-outage", step=Step.NOTE)
    )
    await asyncio.sleep(0.5)
    async with again:
        outcome = await note
        await skip
    assert outcome.answer is not None
    events = (await load(office.pool, case)).events
    signed = next(event for event in events if event.body.type == "deemed_signed")
    stepped = next(event for event in events if event.command == "after-the-outage")
    assert signed.at == due
    assert signed.version < stepped.version
    assert stepped.at >= due
    assert signed.recorded_at is not None


async def test_without_a_verdict_the_window_lapses_and_the_case_can_be_closed(
    office: Running, skipping: WorkflowEnvironment
) -> None:
    case = await office.open(place=small.COMMUNITY, matter=small.HOUSING_MATTER)
    await office.done(case, c.Propose, small.CLERK, to=small.HOUSING)
    await office.done(case, c.Sign, small.HOUSING_WORKER)
    answers = {"truth": "true", "ours": True, "contacted": "yes", "solved": "yes"}
    await office.done(case, c.Resolve, small.HOUSING_WORKER, **answers)
    await office.done(case, c.Review, small.REVIEWER, passed=True)
    due = (await office.case(case)).next_deadline.due
    await forward(office, skipping, case, days=8)
    assert await decided(office, case, "verdict_lapsed") == [due]
    await office.done(case, c.Close, small.REVIEWER)
    assert (await office.case(case)).ending == "closed"
