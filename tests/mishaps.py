"""What can befall a running case: the ledger away, another writer, an older backup, a reset by an operator."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import ResetReapplyExcludeType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from domain.events import FactsUsed, Recorded, StepRecorded
from domain.numbers import event_id, workflow_id
from domain.ports import Append
from domain.words import Step
from ledger.append import append
from ledger.load import load
from tests import small
from tests.running import Running


@asynccontextmanager
async def ledger_away(running: Running) -> AsyncGenerator[None]:
    """The database takes no connection meanwhile, and the ones that it had are gone."""
    parts = urlsplit(running.env["ZEREN_DATABASE_URL"])
    name = parts.path.removeprefix("/")
    admin = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")))
    try:
        await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = current_user",
            name,
        )
        try:
            yield
        finally:
            await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    finally:
        await admin.close()


async def falls_back(running: Running, case: UUID) -> None:
    """Wait until the case's run has given up the quick call and made the durable one."""
    handle = running.client.get_workflow_handle(workflow_id(case))
    while not any(
        event.HasField("activity_task_scheduled_event_attributes")
        for event in (await handle.fetch_history()).events
    ):
        await asyncio.sleep(0.02)


async def somebody_else_writes(running: Running, case: UUID, events: int = 1) -> None:
    """Events in the ledger that the case's own run knows nothing of, under one command."""
    assert await write_behind(running.pool, case, events) == "ok"


async def write_behind(pool: asyncpg.Pool, case: UUID, events: int = 1) -> str:
    """The same over a pool; answers what the append said, since the run itself may have been quicker."""
    last = (await load(pool, case)).events[-1]
    command, at = str(uuid4()), max(datetime.now(UTC), last.at)
    body = StepRecorded(step=Step.NOTE, channel=None, by=small.DISPATCH, personal=None)
    row = Append(
        case=case,
        command=command,
        type="record_step",
        fingerprint="0" * 64,
        actor=small.CLERK,
        at=at,
        expected=last.version,
        facts=FactsUsed(pack=last.facts.pack, version=last.facts.version),
        events=tuple(
            Recorded(
                id=event_id(case, version, command),
                case=case,
                version=version,
                at=at,
                command=command,
                actor=small.CLERK,
                facts=last.facts,
                body=body,
            )
            for version in range(last.version + 1, last.version + 1 + events)
        ),
    )
    return (await append(pool, row)).outcome


async def grow(running: Running, case: UUID, to: int) -> None:
    """Let somebody else write until the case has as many events."""
    while (version := (await running.case(case)).version) < to:
        await somebody_else_writes(running, case, min(1_000, to - version))


async def lose_the_last_event(running: Running, case: UUID) -> None:
    """As a restore of an older backup would: the last event of the case is gone, with its command."""
    async with running.pool.acquire() as connection, connection.transaction():
        await connection.execute("ALTER TABLE event DISABLE TRIGGER append_only")
        await connection.execute("ALTER TABLE command DISABLE TRIGGER append_only")
        last = await connection.fetchval("SELECT max(version) FROM event WHERE case_id = $1", case)
        await connection.execute("DELETE FROM event WHERE case_id = $1 AND version = $2", case, last)
        await connection.execute("DELETE FROM command WHERE case_id = $1 AND last_version = $2", case, last)
        await connection.execute("DELETE FROM case_now WHERE case_id = $1", case)


async def reset_to_the_beginning(running: Running, case: UUID) -> None:
    """An operator resets the run to its first workflow task, and wants no update applied again."""
    await reset_to(running, case, 0)


async def reset_to(running: Running, case: UUID, task: int) -> None:
    """The same, to before that workflow task of those completed; -1 is the last."""
    handle = running.client.get_workflow_handle(workflow_id(case))
    completed = [
        event.event_id
        for event in (await handle.fetch_history()).events
        if event.HasField("workflow_task_completed_event_attributes")
    ]
    await running.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace="default",
            workflow_execution=WorkflowExecution(workflow_id=handle.id),
            reason="a test",
            workflow_task_finish_event_id=completed[task],
            request_id=str(uuid4()),
            reset_reapply_exclude_types=[ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE],
        )
    )


async def accepted_updates(running: Running, case: UUID) -> list[str]:
    """The ids of all updates that the run has accepted, in order."""
    history = await running.client.get_workflow_handle(workflow_id(case)).fetch_history()
    return [
        event.workflow_execution_update_accepted_event_attributes.accepted_request.meta.update_id
        for event in history.events
        if event.HasField("workflow_execution_update_accepted_event_attributes")
    ]
