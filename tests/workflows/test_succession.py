"""A body is merged away while it leads a case: on real servers, told by a newer pack."""

import asyncio
from datetime import UTC, datetime, timedelta

from domain import commands as c
from domain import events as e
from domain.actors import person
from domain.jurisdiction import Pack
from domain.words import Role
from ledger.ended import cases_of_ended_bodies
from ledger.load import load
from ledger.packs import store_pack
from ledger.reads import holders
from tests import small
from tests.domain import world
from tests.running import Running

WORKER = person("warm-1", Role.CASEWORKER, small.HEATING)


def _pack(ends: datetime | None) -> Pack:
    heating = next(body for body in small.BODIES if body.id == small.HEATING)
    lasting = heating.model_copy(
        update={"valid_to": ends, "successor": small.HOUSING if ends is not None else None}
    )
    return world.with_posts([world.post(WORKER)], world.with_body(lasting))


async def test_the_successor_answers_from_the_instant_of_the_end(running: Running) -> None:
    await store_pack(running.pool, _pack(None))
    case = await running.open(matter=small.HOUSING_MATTER, place=small.COMMUNITY)
    await running.done(case, c.Propose, small.CLERK, to=small.HEATING)
    await running.done(case, c.Sign, WORKER)
    assert await cases_of_ended_bodies(running.pool, timedelta(days=1)) == []

    ends = datetime.now(UTC)
    await store_pack(running.pool, _pack(ends))
    assert await cases_of_ended_bodies(running.pool, timedelta(days=1)) == [case]
    assert await running.door.tell_of_pack(case)

    for _ in range(300):
        if "succeeded" in await running.types(case):
            break
        await asyncio.sleep(0.1)
    events = (await load(running.pool, case)).events
    event = next(event for event in events if isinstance(event.body, e.Succeeded))
    assert event.at == max(ends, next(ev.at for ev in events if ev.body.type == "signed"))
    assert (await running.case(case)).lead == small.HOUSING
    before, after = (await holders(running.pool, case, None, None))[-2:]
    assert (before.answering, after.answering) == (small.HEATING, small.HOUSING)
    assert before.end == after.start == event.at
    assert await cases_of_ended_bodies(running.pool, timedelta(days=1)) == []


async def test_a_command_after_the_pack_finds_the_successor_first(running: Running) -> None:
    await store_pack(running.pool, _pack(None))
    case = await running.open(matter=small.HOUSING_MATTER, place=small.COMMUNITY)
    await running.done(case, c.Propose, small.CLERK, to=small.HEATING)
    await running.done(case, c.Sign, WORKER)
    await store_pack(running.pool, _pack(datetime.now(UTC)))
    await running.done(case, c.Start, small.HOUSING_WORKER)
    assert (await running.types(case))[-2:] == ["succeeded", "started"]
