"""Reading a case, now and as of another time, and who answered for it."""

from datetime import timedelta
from uuid import uuid4

import asyncpg

from domain import commands as c
from domain.holders import known, tile
from ledger.load import load
from ledger.projection import desks, told
from ledger.queue import inbox
from ledger.reads import (
    case_at,
    case_by_number,
    case_state,
    commands_of,
    events_of,
    holders,
    open_cases,
)
from tests import small
from tests.ledger.cases import Story, mixed, ready


async def test_a_case_is_found_by_its_number_and_stands_as_its_events_made_it(pool: asyncpg.Pool) -> None:
    await ready(pool)
    for story in await mixed(pool):
        assert story.case is not None
        assert await case_by_number(pool, story.case.number) == story.case
        assert await case_state(pool, story.id) == story.case
    assert await case_by_number(pool, "2222-2222") is None
    assert await case_state(pool, uuid4()) is None
    assert await events_of(pool, uuid4()) == []
    assert await holders(pool, uuid4()) == []


async def test_the_holders_read_model_equals_the_tiling_of_the_events(pool: asyncpg.Pool) -> None:
    await ready(pool)
    for story in await mixed(pool):
        now = await holders(pool, story.id)
        end = now[-1].end if now and now[-1].closed_by is None else story.at
        # What follows a parent is told with the parent's bodies: the tiling of its own events alone cannot know them.
        follows = any(held.follows for held in now)
        alone = tile(await events_of(pool, story.id), end)
        told = await holders(pool, story.id, at=end) if follows else alone
        assert now == told, story.name
        assert (sum(h.seconds for h in now), now[-1].end) == (sum(h.seconds for h in alone), alone[-1].end)


async def test_holders_at_any_instant_agree_with_the_list(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = (await mixed(pool))[0]
    whole = await holders(pool, story.id)
    for held in whole:
        instant = held.start + (held.end - held.start) / 2
        at = await holders(pool, story.id, at=instant)
        assert (at[-1].answering, at[-1].charge, at[-1].charged_to) == (
            held.answering,
            held.charge,
            held.charged_to,
        )
        assert at[-1].end == instant


async def test_a_case_as_of_an_instant_and_as_it_was_known(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await (await Story(pool, "as-of").open()).work()
    events = await events_of(pool, story.id)
    signed = events[-1]
    assert signed.recorded_at is not None
    before = signed.at - timedelta(seconds=1)
    early = await case_at(pool, story.id, at=before)
    assert early is not None
    assert (early.state, early.version) == ("proposed", 2)
    unknown = await case_at(pool, story.id, by=signed.recorded_at - timedelta(microseconds=1))
    assert unknown is not None
    assert unknown.version == 2
    assert await case_at(pool, story.id, at=small.START - timedelta(days=1)) is None
    assert await case_at(pool, story.id) == story.case
    at = small.START + timedelta(days=1)
    by = signed.recorded_at - timedelta(microseconds=1)
    assert await holders(pool, story.id, at, by) == tile(known(events, at, by), at)
    assert (await holders(pool, story.id, at, by))[-1].charge == "in_transit"
    assert (await holders(pool, story.id, at))[-1].charge == "working"


async def test_commands_are_listed_with_their_answers_refusals_too(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "list").open()
    refused = await story.later(1).say(c.Sign, small.HOUSING_WORKER)
    listed = await commands_of(pool, story.id)
    assert [(one.type, one.outcome) for one in listed] == [("register", "done"), ("sign", "refused")]
    assert listed[1].answer == refused
    assert (await load(pool, story.id)).answered == ("list:1", "list:2")


async def test_open_cases_are_those_that_have_not_ended(pool: asyncpg.Pool) -> None:
    await ready(pool)
    stories = await mixed(pool)
    still_open = {story.id for story in stories if story.case and story.case.ending is None}
    assert 0 < len(still_open) < len(stories)
    assert {case.id for case in await open_cases(pool)} == still_open


async def test_notices_lie_in_the_inbox_of_whom_they_concern(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "notice").open()
    await story.say(c.Propose, small.CLERK, to=small.WATER)
    notices = await inbox(pool, [small.WATER])
    assert [(one.kind, one.case, one.at) for one in notices] == [("proposed", story.id, story.at)]
    for _ in range(6):
        await story.ring()
    kinds = {one.kind for one in await inbox(pool, [small.WATER])}
    assert kinds >= {"proposed", "proposal_ended", "exception_raised"}
    assert "escalated" in {one.kind for one in await inbox(pool, [small.GOVERNMENT])}
    top = await inbox(pool, [small.CITY_GOVERNMENT], limit=500)
    assert "alerted" in {one.kind for one in top}
    assert [one.at for one in top] == sorted((one.at for one in top), reverse=True)
    assert await inbox(pool, [small.WATER], since=story.at + timedelta(hours=1)) == []
    assert await inbox(pool, [small.CIVIL_AFFAIRS]) == []


async def test_each_notice_and_each_desk_names_a_body_once(pool: asyncpg.Pool) -> None:
    await ready(pool)
    for story in await mixed(pool):
        assert story.case is not None
        for event in await events_of(pool, story.id):
            bodies = told(story.case, story.case, event.body)
            assert len(bodies) == len(set(bodies))
        assert all(story.case.ending is None for _ in desks(story.case))
