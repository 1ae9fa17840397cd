"""When a parent was answered or has ended: one batch tells every case that follows it (design.md §3.10).

    parent's run ─▶ batch (its id: parent and version) ─▶ page of children ─▶ each gets the command ``wake`` ─▶ next page
                                                    └─ some could not be reached: wait, and look again from the beginning

The children live in the ledger, not in the parent's workflow, so there may be thousands. Everything here may run twice:
a child that was woken follows nobody any more and is not found again, and ``wake`` is answered once per id. Should a
batch be lost with its server, housekeeping and ``zeren rehydrate`` find its parent (ledger/relations.py).
"""

from datetime import timedelta
from uuid import UUID

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from pydantic import NonNegativeInt, PositiveInt

    from domain.base import Frozen
    from domain.ports import ALARM, WAKE_CHILDREN, Alarm, WakeChildren, Woken
    from workflows.names import MERGED_BATCH

PAGE = 250
"""Children in one activity: less than a minute's work on one machine."""

PAGES_PER_RUN = 40
"""Pages after which the batch continues as new, so that its history stays short for any number of children."""

ROUNDS = 8
"""How often it looks again from the beginning before it gives up and raises an alarm."""

_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30))
_BREATH = timedelta(seconds=5)


class BatchStart(Frozen):
    """Which children to wake: those of ``parent``, on what it had come to by ``version``; and how far it has got."""

    parent: UUID
    version: PositiveInt
    page: PositiveInt = PAGE
    after: UUID | None = None
    round: PositiveInt = 1
    woken: NonNegativeInt = 0
    failed: NonNegativeInt = 0
    done: bool = False


@workflow.defn(name=MERGED_BATCH)
class MergedBatch:
    """Wakes the children of one parent."""

    @workflow.run
    async def run(self, start: BatchStart) -> BatchStart:
        """Page through the children until none is left; answers how far it got."""
        here = start
        for _ in range(PAGES_PER_RUN):
            here = await self._page(here)
            if here.done:
                break
        else:
            await workflow.wait_condition(workflow.all_handlers_finished)
            workflow.continue_as_new(here)
        return here

    async def _page(self, here: BatchStart) -> BatchStart:
        """The next page; after the last one the end, or another round for those that could not be reached."""
        page = await workflow.execute_activity(
            WAKE_CHILDREN,
            WakeChildren(parent=here.parent, version=here.version, after=here.after, limit=here.page),
            result_type=Woken,
            start_to_close_timeout=timedelta(minutes=30),
            heartbeat_timeout=timedelta(seconds=60),
            retry_policy=_RETRY,
        )
        failed = here.failed + page.failed
        got = here.model_copy(
            update={"after": page.after, "woken": here.woken + page.woken, "failed": failed}
        )
        if page.after is not None:
            return got
        if failed == 0 or here.round == ROUNDS:
            if failed:
                await self._alarm(got)
            return got.model_copy(update={"done": True})
        await workflow.sleep(_BREATH * here.round)
        return got.model_copy(update={"round": here.round + 1, "failed": 0})

    async def _alarm(self, here: BatchStart) -> None:
        alarm = Alarm(
            kind="children_asleep", case=here.parent, detail=f"{here.failed} children could not be woken"
        )
        await workflow.execute_activity(
            ALARM, alarm, result_type=Alarm, start_to_close_timeout=timedelta(seconds=20), retry_policy=_RETRY
        )


def batch_id(parent: UUID, version: int) -> str:
    """The id of the batch: the same parent at the same version is told of once."""
    return f"children-{parent}-{version}"
