"""Queues: whose desk a case lies on, in which order, and pages that neither repeat nor skip."""

import random
from datetime import timedelta

import asyncpg
import pytest

from domain import commands as c
from domain.errors import BadInput
from domain.words import Charge, DeadlineKind, State
from ledger.queue import QueueItem, queue
from tests import small
from tests.ledger.cases import Story, mixed, ready


async def _walk(pool: asyncpg.Pool, limit: int) -> list[QueueItem]:
    items: list[QueueItem] = []
    after = None
    while True:
        page = await queue(pool, limit=limit, after=after)
        items += page.items
        after = page.after
        if after is None:
            return items


async def _many(pool: asyncpg.Pool, count: int) -> list[Story]:
    chance = random.Random(7)
    stories = []
    for number in range(count):
        start = small.START + timedelta(hours=chance.randrange(4))
        stories.append(await Story(pool, f"many-{number}", start=start).open())
    return stories


async def test_the_most_urgent_comes_first_then_the_number_and_cases_without_a_deadline_last(
    pool: asyncpg.Pool,
) -> None:
    await ready(pool)
    await _many(pool, 12)
    await pool.execute(
        "UPDATE case_now SET next_deadline = NULL, due_order = 'infinity' WHERE number IN"
        " (SELECT number FROM case_now ORDER BY number LIMIT 3)"
    )
    items = await _walk(pool, 5)
    assert len(items) == 12
    assert [item.next_deadline for item in items[-3:]] == [None] * 3
    keys = [(item.next_deadline or small.START + timedelta(days=9999), item.number) for item in items]
    assert keys == sorted(keys)


async def test_pages_neither_repeat_nor_skip_while_cases_come_and_go(pool: asyncpg.Pool) -> None:
    await ready(pool)
    stories = await _many(pool, 12)
    first = await queue(pool, limit=5)
    assert first.total == 12
    assert first.after is not None
    seen = {item.number for item in first.items}
    gone = next(story for story in stories if story.case and story.case.number in seen)
    await gone.say(c.Withdraw, small.RESIDENT, channel="link")
    await Story(pool, "urgent", start=small.START - timedelta(days=3)).open()
    rest = [item.number for item in (await queue(pool, limit=50, after=first.after)).items]
    assert not seen & set(rest)
    assert seen | set(rest) == {story.case.number for story in stories if story.case}
    assert [item.number for item in await _walk(pool, 1)] == [item.number for item in await _walk(pool, 100)]


async def test_a_body_sees_what_lies_on_its_desk_and_why(pool: asyncpg.Pool) -> None:
    await ready(pool)
    stories = {story.name: story for story in await mixed(pool)}
    dispute, whole, empty = (stories[f"mixed-{name}"] for name in ("dispute", "whole", "empty"))
    civil = await queue(pool, bodies=[small.CIVIL_AFFAIRS])
    assert [item.case for item in civil.items] == [dispute.id]
    assert civil.items[0].because == ("answering", "charged")
    assert civil.total == 1
    housing = {item.case: item.because for item in (await queue(pool, bodies=[small.HOUSING])).items}
    assert housing[whole.id] == ("answering", "charged")
    city = {item.case: item.because for item in (await queue(pool, bodies=[small.CITY_GOVERNMENT])).items}
    assert city[empty.id] == ("overseeing",)
    both = await queue(pool, bodies=[small.CIVIL_AFFAIRS, small.HOUSING])
    assert {item.case for item in both.items} == {dispute.id, *housing}
    assert (await queue(pool, bodies=[])).total == 0
    assert (await queue(pool, bodies=["9999.unknown"])).items == ()


async def test_an_item_says_how_the_case_stands(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "item").open()
    await story.later(1).say(c.Propose, small.CLERK, to=small.HOUSING)
    (item,) = (await queue(pool, bodies=[small.HOUSING])).items
    assert story.case is not None
    assert story.case.next_deadline is not None
    assert item == QueueItem(
        case=story.id,
        number=story.case.number,
        state=State.PROPOSED,
        version=2,
        episode=1,
        matter=small.HOUSING_MATTER,
        place=small.COMMUNITY,
        dispatcher=small.DISPATCH,
        lead=None,
        answering=small.DISPATCH,
        charge=Charge.IN_TRANSIT,
        charged_to=small.HOUSING,
        next_deadline=story.case.next_deadline.due,
        deadline_kind=DeadlineKind.SIGN,
        missed=False,
        exceptions=(),
        registered_at=small.START,
        received_at=None,
        because=("charged", "proposed"),
    )


async def test_states_and_overdue_cases_can_be_asked_for(pool: asyncpg.Pool) -> None:
    await ready(pool)
    stories = await mixed(pool)
    ended = await queue(pool, state=State.ENDED)
    assert {item.case for item in ended.items} == {
        story.id for story in stories if story.case and story.case.ending
    }
    assert {item.case for item in (await queue(pool, state=State.ENDED, bodies=[small.DISPATCH])).items} == {
        item.case for item in ended.items
    }
    assert (await queue(pool, state=State.ENDED, bodies=[small.CIVIL_AFFAIRS])).total == 0
    assert all(item.state is State.WORKING for item in (await queue(pool, state=State.WORKING)).items)
    long_ago = await queue(pool, overdue=small.START - timedelta(days=1))
    # Nothing was due then, yet these have missed a deadline that still waits.
    assert {item.missed for item in long_ago.items} == {True}
    later = await queue(pool, overdue=small.START + timedelta(days=9999))
    assert later.total == (await queue(pool)).total


@pytest.mark.parametrize(
    "cursor",
    ["x", "%%%", "WzFd", "WyJ4IiwieSJd", "bnVsbA", "WyJpbmZpbml0eSIsIlx1MDAwMCJd", "WyJpbmZpbml0eSIsNV0"],
)
async def test_a_cursor_that_is_none_is_refused_in_one_sentence(pool: asyncpg.Pool, cursor: str) -> None:
    with pytest.raises(BadInput):
        await queue(pool, after=cursor)


async def test_past_the_last_page_the_total_still_stands(pool: asyncpg.Pool) -> None:
    await ready(pool)
    await _many(pool, 3)
    page = await queue(pool, limit=2)
    assert page.after is not None
    await pool.execute(
        "DELETE FROM case_now WHERE number NOT IN (SELECT unnest($1::text[]))", [page.items[1].number]
    )
    empty = await queue(pool, limit=2, after=page.after)
    assert (empty.items, empty.total, empty.after) == ((), 1, None)
