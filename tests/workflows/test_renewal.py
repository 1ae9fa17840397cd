"""A run that is renewed loses no command and moves no deadline, whoever asks for the renewal (docs/temporal.md)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from deploy.onemachine.temporal import EmbeddedTemporal, temporal_program
from domain import commands as c
from domain.numbers import workflow_id
from domain.words import Step
from ledger.load import load
from tests import small
from tests.mishaps import accepted_updates, falls_back, ledger_away
from tests.running import Running, run_all
from workflows import names
from workflows.case_workflow import CaseWorkflow, Submission
from workflows.connection import CONVERTER
from workflows.door import OutcomeKind

WHOLE: dict[str, Any] = {"place": small.COMMUNITY, "matter": small.HOUSING_MATTER}


async def _run_of(running: Running, case: UUID) -> str | None:
    return (await running.client.get_workflow_handle(workflow_id(case)).describe()).run_id


async def test_a_run_that_waits_to_be_renewed_takes_no_more(
    database: str, temporal: EmbeddedTemporal, tmp_path: Path
) -> None:
    """Handlers wait for the ledger, so the long run cannot be renewed: what comes now is sent away, unrecorded."""
    async with run_all(database, temporal.address, tmp_path, history_limit=12) as running:
        case = await running.open()
        handle = running.client.get_workflow_handle(workflow_id(case))
        run = await _run_of(running, case)
        notes = [
            await running.command(case, c.RecordStep, small.CLERK, id=f"note-{number}", step=Step.NOTE)
            for number in range(3)
        ]
        async with ledger_away(running):
            sending = [asyncio.create_task(running.door.send(case, notes[0]))]
            await falls_back(running, case)
            sending.append(asyncio.create_task(running.door.send(case, notes[1])))
            while len(await accepted_updates(running, case)) < 3:
                await asyncio.sleep(0.02)
            length = len((await handle.fetch_history()).events)
            with pytest.raises(WorkflowUpdateFailedError) as sent_away:
                await handle.execute_update(names.ACT, Submission(command=notes[2]))
            assert isinstance(sent_away.value.cause, ApplicationError)
            assert sent_away.value.cause.type == names.DRAINING
            assert len((await handle.fetch_history()).events) == length
            sending.append(asyncio.create_task(running.door.send(case, notes[2])))
        outcomes = await asyncio.gather(*sending)
        assert {outcome.kind for outcome in outcomes} == {OutcomeKind.DONE}
        assert await _run_of(running, case) != run
        commands = [event.command for event in (await load(running.pool, case)).events]
        assert commands[1:] == ["note-0", "note-1", "note-2"]


async def test_a_deadline_stays_when_the_run_is_renewed(
    database: str, skipping: WorkflowEnvironment, tmp_path: Path
) -> None:
    async with run_all(database, skipping.client, tmp_path, history_limit=30) as running:
        case = await running.open(**WHOLE)
        await running.done(case, c.Propose, small.CLERK, to=small.HOUSING)
        due = (await running.case(case)).next_deadline.due
        run = await _run_of(running, case)
        while await _run_of(running, case) == run:
            await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
        handle = running.client.get_workflow_handle(workflow_id(case))
        assert await skipping.fast_forward(handle, timedelta(days=2))
        signed = [
            event for event in (await load(running.pool, case)).events if event.body.type == "deemed_signed"
        ]
        assert [event.at for event in signed] == [due]


@pytest.fixture(scope="module")
async def eager() -> AsyncIterator[WorkflowEnvironment]:
    """A server that suggests to continue as new after 40 events or 24 KB, not after thousands and megabytes."""
    keys = {
        "limit.historyCount.suggestContinueAsNew": 40,
        "limit.historySize.suggestContinueAsNew": 24 * 1024,
    }
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(temporal_program()),
        data_converter=CONVERTER,
        search_attributes=[names.STARTED_BY],
        dev_server_log_level="error",
        dev_server_startup_timeout=timedelta(seconds=30),
        dev_server_extra_args=[
            argument
            for key, value in keys.items()
            for argument in ("--dynamic-config-value", f"{key}={value}")
        ],
    )
    try:
        yield environment
    finally:
        await environment.shutdown()


async def test_the_server_may_suggest_it(database: str, eager: WorkflowEnvironment, tmp_path: Path) -> None:
    async with run_all(database, eager.client, tmp_path) as running:
        case = await running.open()
        run = await _run_of(running, case)
        for number in range(12):
            await running.done(case, c.RecordStep, small.CLERK, id=f"note-{number}", step=Step.NOTE)
        assert await _run_of(running, case) != run
        assert (await running.case(case)).version == 13


async def test_a_case_that_is_long_when_loaded_is_not_renewed_for_ever(
    database: str, eager: WorkflowEnvironment, tmp_path: Path
) -> None:
    """What it loads makes the history longer than the server likes; another run would load as much."""
    async with run_all(database, eager.client, tmp_path) as running:
        case = await running.open()
        for number in range(60):
            await running.done(case, c.RecordStep, small.CLERK, id=f"note-{number}", step=Step.NOTE)
        handle = running.client.get_workflow_handle(workflow_id(case))
        await handle.terminate("lost")
        assert await running.door.wake(case)
        while await handle.query(CaseWorkflow.version) != 61:
            await asyncio.sleep(0.02)
        run = await _run_of(running, case)
        size = (await handle.describe()).raw_description.workflow_execution_info.history_size_bytes
        assert size > 24 * 1024
        await asyncio.sleep(1)
        assert await _run_of(running, case) == run
        await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
