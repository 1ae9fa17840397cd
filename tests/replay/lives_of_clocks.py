"""Lives in which time passes: silence that binds, ladders, windows that lapse, and clocks that find nobody.

They are lived on the development server's own time-skipping, where the time of one workflow is moved by hand.
"""

import asyncio
from uuid import uuid4

from domain import commands as c
from domain.numbers import case_id, workflow_id
from domain.words import Step
from ledger.packs import store_pack
from tests import small
from tests.replay.stage import ANSWERS, NOT_OURS, WHOLE, Stage
from worker import case_worker


async def silence_binds(stage: Stage) -> None:
    """Nobody signs, somebody could have: deemed signed; then every later deadline is missed, and it is closed."""
    office = stage.office
    case = await office.open(**WHOLE)
    await office.done(case, c.Propose, small.CLERK, to=small.HOUSING)
    await stage.forward(case, days=2)
    assert "deemed_signed" in await office.types(case)
    await stage.forward(case, days=6)
    await office.done(case, c.Resolve, small.HOUSING_WORKER, **ANSWERS)
    await stage.forward(case, days=3)
    await office.done(case, c.Review, small.REVIEWER, passed=True)
    await stage.forward(case, days=8)
    assert "verdict_lapsed" in await office.types(case)
    await stage.forward(case, days=3)
    await office.done(case, c.Close, small.REVIEWER)
    await stage.handle(case).result()


async def an_empty_desk(stage: Stage) -> None:
    """Nobody could have signed: the proposal ends, visibly, and the triage climbs the ladder until it is done."""
    office = stage.office
    case = await office.open(**WHOLE)
    await office.done(case, c.Propose, small.CLERK, to=small.WATER)
    await stage.forward(case, days=4)
    assert "deemed_signed" not in await office.types(case)
    await stage.lead(case)


async def left_in_triage(stage: Stage) -> None:
    """Up the ladder to the top, which goes on alerting."""
    case = await stage.office.open()
    await stage.forward(case, days=10)
    assert "alerted" in await stage.office.types(case)


async def unanswered_disputes(stage: Stage) -> None:
    """An objection, then a return, that nobody answers: a ruling opens, is late, and is given."""
    office = stage.office
    objected = await office.open(**WHOLE)
    await office.done(objected, c.Propose, small.CLERK, to=small.HOUSING)
    await office.done(objected, c.Object, small.HOUSING_WORKER, **NOT_OURS)
    await stage.forward(objected, days=5)
    await office.done(objected, c.RuleOn, small.DISTRICT_HEAD, designate=small.HOUSING)
    await stage.forward(objected, days=2)
    returned = await office.open(**WHOLE)
    await stage.lead(returned)
    await office.done(returned, c.Return, small.HOUSING_WORKER, **NOT_OURS)
    await stage.forward(returned, days=2)
    await office.done(returned, c.RuleOn, small.DISTRICT_HEAD, designate=small.CIVIL_AFFAIRS)


async def a_worker_that_slept(stage: Stage) -> None:
    """A command that comes after an outage of the worker: what fell due meanwhile is decided first."""
    office = stage.office
    case = await office.open(**WHOLE)
    await office.done(case, c.Propose, small.CLERK, to=small.HOUSING)
    note = await office.command(case, c.RecordStep, small.HOUSING_WORKER, id="after-it", step=Step.NOTE)
    await office.worker.shutdown()
    skip = asyncio.create_task(stage.forward(case, days=2))
    sent = asyncio.create_task(office.door.send(case, note))
    await asyncio.sleep(0.5)
    async with case_worker(office.client, office.pool, task_queue=office.task_queue):
        await sent
        await skip
        assert "deemed_signed" in await office.types(case)


async def nobody_came(stage: Stage) -> None:
    """A run for a case that is not in the ledger waits a minute and ends."""
    case = case_id(str(uuid4()))
    assert await stage.office.door.wake(case)
    await stage.forward(case, minutes=2)
    await stage.handle(case).result()
    await stage.keep(workflow_id(case))


async def an_undecidable_clock(stage: Stage) -> None:
    """A clock rings that cannot be decided, since a newer pack lacks the matter: alarmed, and tried again later."""
    office = stage.office
    case = await office.open(**WHOLE)
    await office.done(case, c.Propose, small.CLERK, to=small.HOUSING)
    await office.done(case, c.Object, small.HOUSING_WORKER, **NOT_OURS)
    without = tuple(matter for matter in small.PACK.matters if matter.id != small.HOUSING_MATTER)
    await store_pack(office.pool, small.PACK.model_copy(update={"matters": without}))
    await stage.forward(case, hours=25)
    assert "ruling_opened" not in await office.types(case)
    await store_pack(office.pool, small.PACK)
    await stage.forward(case, hours=1)
    assert "ruling_opened" in await office.types(case)


async def renewed_with_its_clock(stage: Stage) -> None:
    """The run continues as new while a window runs, which ends when it would have ended."""
    office = stage.office
    case = await office.open(**WHOLE)
    await office.done(case, c.Propose, small.CLERK, to=small.HOUSING)
    first = (await stage.handle(case).describe()).run_id
    number = 0
    while (await stage.handle(case).describe()).run_id == first:
        number += 1
        await office.done(case, c.RecordStep, small.CLERK, id=f"note-{number}", step=Step.NOTE)
    await stage.forward(case, days=2)
    assert "deemed_signed" in await office.types(case)
