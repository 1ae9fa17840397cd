"""The delivery of notices, and the digests: both come by Schedules of Temporal's, so that neither needs anybody to begin it.

    every minute, unless one runs ─▶ NoticesWorkflow ─▶ gather ─▶ deliver each ─▶ gather …      continues as new
    every day at half past eight  ─▶ DigestWorkflow ─▶ compose                                  if the day is worked

A delivery has the priority of what it tells, and its recipient for fairness: where many wait for a free worker,
escalations go first and no recipient waits for another's flood. The tries and the times between them are the outbox's,
not Temporal's, so that they can be seen; Temporal repeats only what a dead worker or database left undone.
"""

import asyncio
from datetime import timedelta
from uuid import UUID

from temporalio import workflow
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import Priority, RetryPolicy

with workflow.unsafe.imports_passed_through():
    from pydantic import PositiveInt

    from domain.base import Frozen
    from domain.notices import COMPOSE, DELIVER, GATHER, Composed, Delivered, Gather, Gathered, Outgoing
    from workflows.names import notices_queue

AT_ONCE = 64
"""Messages that wait for a worker or are on their way."""

WAIT_SECONDS = 50
"""How long the gathering waits for something to send."""

HISTORY_LIMIT = 2_000
"""Events in the history of a run after which it continues as new."""

ZONE = "Asia/Shanghai"
"""Whose morning a digest comes in before a pack has said."""

_AGAIN = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30))


class NoticesStart(Frozen):
    """How a run of the delivery works: on which queue the messages wait, and how many at once."""

    queue: str
    at_once: PositiveInt = AT_ONCE
    wait_seconds: PositiveInt = WAIT_SECONDS
    history_limit: PositiveInt = HISTORY_LIMIT


@workflow.defn(name="NoticesWorkflow")
class NoticesWorkflow:
    """Empties the outbox, for ever."""

    def __init__(self) -> None:
        """Nothing is under way yet."""
        self._under_way: dict[UUID, asyncio.Task[None]] = {}

    @workflow.run
    async def run(self, start: NoticesStart) -> None:
        """Gather and deliver until the history is long, then go on in a new one."""
        while not self._long(start):
            await workflow.wait_condition(lambda: len(self._under_way) < start.at_once)
            for message in (await self._gathered(start)).messages:
                self._under_way[message.message] = asyncio.create_task(self._deliver(start, message))
        await workflow.wait_condition(lambda: not self._under_way)
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(start)

    def _long(self, start: NoticesStart) -> bool:
        info = workflow.info()
        return info.is_continue_as_new_suggested() or info.get_current_history_length() > start.history_limit

    async def _gathered(self, start: NoticesStart) -> Gathered:
        return await workflow.execute_activity(
            GATHER,
            Gather(
                limit=start.at_once - len(self._under_way),
                seconds=start.wait_seconds,
                under_way=tuple(self._under_way),
            ),
            result_type=Gathered,
            start_to_close_timeout=timedelta(seconds=start.wait_seconds + 60),
            retry_policy=_AGAIN,
            priority=Priority(priority_key=1),
        )

    async def _deliver(self, start: NoticesStart, message: Outgoing) -> None:
        try:
            await workflow.execute_activity(
                DELIVER,
                message.message,
                result_type=Delivered,
                task_queue=start.queue,
                start_to_close_timeout=timedelta(minutes=2),
                retry_policy=_AGAIN,
                priority=Priority(priority_key=message.priority, fairness_key=message.recipient),
            )
        finally:
            del self._under_way[message.message]


@workflow.defn(name="DigestWorkflow")
class DigestWorkflow:
    """Puts the digests of a day into the outbox."""

    @workflow.run
    async def run(self) -> Composed:
        """One per supervisor and day, however often it runs."""
        return await workflow.execute_activity(
            COMPOSE,
            result_type=Composed,
            start_to_close_timeout=timedelta(minutes=5),
            retry_policy=_AGAIN,
        )


async def schedule_notices(client: Client, task_queue: str, zone: str | None = None) -> None:
    """Make both Schedules; the digest's follows the pack's ``zone``, where it is told. Safe to repeat, by anybody."""
    start = NoticesStart(queue=notices_queue(task_queue))
    await _made(
        client,
        f"{task_queue}-notices",
        Schedule(
            action=ScheduleActionStartWorkflow(
                NoticesWorkflow.run, start, id=f"{task_queue}-notices-run", task_queue=task_queue
            ),
            spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(minutes=1))]),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
        ),
        at_once=True,
        renew=False,
    )
    await _made(
        client,
        f"{task_queue}-digest",
        Schedule(
            action=ScheduleActionStartWorkflow(
                DigestWorkflow.run, id=f"{task_queue}-digest-run", task_queue=task_queue
            ),
            spec=ScheduleSpec(
                calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(8)], minute=[ScheduleRange(30)])],
                time_zone_name=zone or ZONE,
            ),
            # After an outage over the morning the digest still comes on its day.
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(hours=12)),
        ),
        at_once=False,
        renew=zone is not None,
    )


async def _made(client: Client, name: str, schedule: Schedule, *, at_once: bool, renew: bool) -> None:
    async def same(found: ScheduleUpdateInput) -> ScheduleUpdate | None:
        found.description.schedule.spec = schedule.spec
        return ScheduleUpdate(schedule=found.description.schedule)

    try:
        await client.create_schedule(name, schedule, trigger_immediately=at_once)
    except ScheduleAlreadyRunningError:
        if renew:
            await client.get_schedule_handle(name).update(same)
