"""The worker: the one place where the real parts are put together.

    settings ─▶ pool ─▶ activities ─┐
                Temporal client ────┼▶ Worker of cases: every workflow, and the activities that they wait for
                                    └▶ Worker of notices: only the sending, on a queue of its own

``zeren worker`` and ``python -m worker`` run it until SIGTERM or SIGINT. It then takes no new tasks and lets running
activities finish for longer than an append may take.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.children import ChildActivities
from activities.evidence import EvidenceActivities, EvidencePlaces
from activities.ledger_activities import LedgerActivities
from activities.notices import NoticeActivities
from activities.secrets import secrets_in
from console.errors import NotRunning
from console.logs import configure_logs
from console.settings import Settings
from domain.commands import Wake
from domain.ports import Answered, Ask
from ledger.load import answered
from ledger.packs import current_pack
from ledger.pool import open_pool
from workflows.calls import PATIENT_TRY
from workflows.case_workflow import CaseWorkflow
from workflows.checkpointing import CheckpointWorkflow, schedule_checkpoints
from workflows.connection import connect
from workflows.door import Door, OutcomeKind
from workflows.housekeeping import HousekeepingWorkflow, schedule_housekeeping
from workflows.merged_batch import MergedBatch
from workflows.names import TASK_QUEUE, notices_queue
from workflows.notices import DigestWorkflow, NoticesWorkflow, schedule_notices

GRACE = PATIENT_TRY + timedelta(seconds=10)
"""How long running activities may go on after a stop was asked for: above the append's own time-out."""

PASSED_THROUGH = (
    "domain",
    "workflows",
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "rfc8785",
    "structlog",
)
"""Modules that the workflow sandbox shares between runs. domain/ has no module state, so sharing it is safe."""

WORKFLOWS: tuple[type, ...] = (
    CaseWorkflow,
    MergedBatch,
    HousekeepingWorkflow,
    CheckpointWorkflow,
    NoticesWorkflow,
    DigestWorkflow,
)
"""Every workflow; the saved histories of all of them are replayed before a change goes in (docs/temporal.md)."""


def sandbox() -> SandboxedWorkflowRunner:
    """The sandbox in which workflows run: it catches clocks, randomness and I/O."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    )


DECIDING = 16
"""Cases that one worker decides on at the same time; a few more than its database connections. With the SDK's hundred a
command that arrives in a storm waits behind all those that were taken in hand before it (measured: bench/storm.py)."""

SENDING = 8
"""Messages that one worker sends at the same time. What waits is served by priority and in turn."""


def case_worker(
    client: Client,
    pool: asyncpg.Pool,
    *,
    task_queue: str = TASK_QUEUE,
    evidence: EvidencePlaces = EvidencePlaces(),  # noqa: B008 - it is frozen
    notices: NoticeActivities | None = None,
) -> Worker:
    """A worker for cases over a client and a pool. Its batches reach the children by a door of its own.

    With ``notices`` it looks into the outbox too; the sending is the other worker's.
    """

    async def find(ask: Ask) -> Answered:
        return await answered(pool, ask)

    door = Door(client, find, task_queue=task_queue)

    async def send(case: UUID, command: Wake) -> bool:
        outcome = await door.send(case, command, asleep=True)
        return outcome.kind is OutcomeKind.DONE

    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=[
            *LedgerActivities(pool).all(),
            *ChildActivities(pool, send).all(),
            *EvidenceActivities(pool, evidence).all(),
            *(notices.looking() if notices else ()),
        ],
        workflow_runner=sandbox(),
        max_concurrent_workflow_tasks=DECIDING,
        graceful_shutdown_timeout=GRACE,
    )


def notice_worker(
    client: Client, notices: NoticeActivities, *, task_queue: str = TASK_QUEUE, sending: int = SENDING
) -> Worker:
    """A worker that sends what the outbox holds, beside that of the cases on ``task_queue``."""
    return Worker(
        client,
        task_queue=notices_queue(task_queue),
        activities=notices.sending(),
        max_concurrent_activities=sending,
        graceful_shutdown_timeout=GRACE,
    )


@asynccontextmanager
async def running_worker(settings: Settings) -> AsyncGenerator[Worker]:
    """A worker that runs while the context is open; the pool is closed after it."""
    pool = await open_pool(settings.database_url)
    try:
        client = await connect(settings.temporal_address, settings.temporal_namespace)
        await schedule_housekeeping(client, settings.task_queue)
        await schedule_checkpoints(client, settings.task_queue)
        pack = await current_pack(pool)
        await schedule_notices(client, settings.task_queue, pack.zone if pack else None)
        places = EvidencePlaces(settings.signing_keys, settings.evidence_folder)
        notices = NoticeActivities(pool, secrets_in(settings.secrets_folder, os.environ), settings.url)
        async with (
            case_worker(
                client, pool, task_queue=settings.task_queue, evidence=places, notices=notices
            ) as worker,
            notice_worker(client, notices, task_queue=settings.task_queue),
        ):
            yield worker
    finally:
        await pool.close()


async def serve(settings: Settings) -> None:
    """Run until a signal asks to stop."""
    log = structlog.get_logger("zeren.worker")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with running_worker(settings):
        log.info("worker ready", task_queue=settings.task_queue)
        await stop.wait()
        log.info("worker stopping", grace_seconds=GRACE.total_seconds())
    log.info("worker stopped")


def main() -> None:
    """What ``zeren worker`` runs."""
    configure_logs()
    try:
        settings = Settings.find()
    except NotRunning as error:
        sys.exit(str(error))
    asyncio.run(serve(settings))
    # Everything is closed. The Temporal client's threads can abort an interpreter that is shutting down (exit 134),
    # and a worker that stopped cleanly would look like one that crashed.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
