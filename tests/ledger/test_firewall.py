"""The firewall in SQL: the reads hide exactly the cases on which domain/firewall.py bars the person from acting."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from domain import commands as c
from domain.decide import needs
from domain.facts import Needs
from domain.firewall import bars_person, wall
from domain.jurisdiction import Pack
from ledger.facts import look_up
from ledger.packs import store_pack
from ledger.queue import inbox, queue
from ledger.reads import case_by_number, exists_for
from ledger.rebuild import differences, rebuild
from tests import small
from tests.domain import world
from tests.ledger.cases import Story, ready

STARTS = datetime.now(UTC) - timedelta(hours=5)
"""The reads reckon by the database's clock, so these cases begin a few hours ago."""

BODIES = tuple(body.id for body in small.PACK.bodies)


async def _opened(pool: asyncpg.Pool, name: str, *against: str, version: int = 1) -> Story:
    story = Story(pool, name, start=STARTS, version=version)
    number = f"2222-22{name:0>2}".replace("1", "A").replace("0", "B")[:9]
    fields: dict[str, Any] = {"number": number, "matter": small.HOUSING_MATTER, "place": small.COMMUNITY}
    answer = await story.say(c.Register, small.STATION_CLERK, **fields, against=against)
    assert answer.outcome == "done", answer
    return story


def _people(pack: Pack) -> list[str]:
    return [who.id for who in pack.people]


async def _agree(pool: asyncpg.Pool, story: Story, people: list[str]) -> set[str]:
    """Who is barred, by both; they have to say the same. Only of those who hold a post now."""
    assert story.case is not None
    now = datetime.now(UTC)
    asking = needs(story.case, c.Start(id="asks", actor=small.CLERK))
    facts = await look_up(pool, asking.model_copy(update={"people": frozenset(people), "staff": True}))
    barred: set[str] = set()
    for who in people:
        held = any(post.person == who and post.held(now) for post in facts.posts)
        told = bars_person(wall(story.case), who, facts, now) or (story.case.walled and not held)
        assert await exists_for(pool, story.id, who) is not told, f"{who} and {story.case.against}"
        barred |= {who} if told else set()
    return barred


async def test_sql_and_domain_bar_the_same_people_whoever_is_accused(pool: asyncpg.Pool) -> None:
    assert await store_pack(pool, world.PACK) == 1
    sizes: dict[str, int] = {}
    for number, body in enumerate(BODIES):
        story = await _opened(pool, f"{number}", body)
        sizes[body] = len(await _agree(pool, story, _people(world.PACK)))
    assert (
        sizes[small.CITY_GOVERNMENT] > sizes[small.GOVERNMENT] > sizes[small.OFFICE] > sizes[small.COMMITTEE]
    )
    assert sizes[small.ORGAN] < sizes[small.CITY_GOVERNMENT]


async def test_recusal_and_interest_bar_by_name(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await _opened(pool, "2")
    assert await _agree(pool, story, _people(small.PACK)) == set()
    await story.say(c.Recuse, small.HOUSING_WORKER)
    await story.say(c.DeclareInterest, small.DISPATCH_HEAD, person="civil-1")
    assert await _agree(pool, story, _people(small.PACK)) == {"housing-1", "civil-1", "heating-1"} - (
        {"heating-1"} if datetime.now(UTC) < small.HEATING_ENDS else set()
    )


@pytest.mark.parametrize(
    ("since", "until", "barred"),
    [(-9, -6, False), (-9, -4, True), (-4, -2, True), (-9, 5, True), (-1, None, True), (1, 9, False)],
)
async def test_who_acted_for_the_accused_in_the_time_of_the_case_does_not_see_it(
    pool: asyncpg.Pool, since: int, until: int | None, barred: bool
) -> None:
    moved = small.CLERK.model_copy(update={"person": "moved-1"})
    at_office = small.OFFICE_WORKER.model_copy(update={"person": "moved-1"})
    now = datetime.now(UTC)
    end = now + timedelta(hours=until) if until is not None else None
    posts = [world.post(moved), world.post(at_office, now + timedelta(hours=since), end)]
    await store_pack(pool, world.with_posts(posts))
    story = await _opened(pool, "3", small.OFFICE)
    assert (await _agree(pool, story, ["moved-1"]) == {"moved-1"}) is barred


async def test_a_post_that_a_later_pack_does_not_name_any_more_still_bars(pool: asyncpg.Pool) -> None:
    """Who was moved by a new version of the pack, not by a date, acted for the accused all the same."""
    moved = small.CLERK.model_copy(update={"person": "moved-1"})
    at_office = small.OFFICE_WORKER.model_copy(update={"person": "moved-1"})
    await store_pack(pool, world.with_posts([world.post(at_office)]))
    early = await _opened(pool, "4", small.OFFICE)
    assert await store_pack(pool, world.with_posts([world.post(moved)])) == 2
    assert await _agree(pool, early, ["moved-1"]) == {"moved-1"}
    late = Story(pool, "5", start=datetime.now(UTC), version=2)
    number: dict[str, Any] = {"number": "2222-2255", "place": small.COMMUNITY}
    await late.say(c.Register, small.STATION_CLERK, **number, against=(small.OFFICE,))
    assert await _agree(pool, late, ["moved-1"]) == set()


async def test_nobody_in_particular_sees_no_case_that_is_hidden_from_anyone(pool: asyncpg.Pool) -> None:
    await ready(pool)
    plain, walled = await _opened(pool, "6"), await _opened(pool, "7", small.OFFICE)
    assert plain.case is not None
    assert walled.case is not None
    for nobody in (None, "no-such-person", ""):
        assert await case_by_number(pool, plain.case.number, nobody) is not None
        assert await case_by_number(pool, walled.case.number, nobody) is None
        assert [item.case for item in (await queue(pool, viewer=nobody)).items] == [plain.id]


async def test_a_hidden_case_is_in_no_total_page_or_inbox(pool: asyncpg.Pool) -> None:
    await ready(pool)
    stories = [await _opened(pool, f"{number}") for number in range(3)]
    hidden = await _opened(pool, "8", small.CIVIL_AFFAIRS)
    seen = await queue(pool, viewer="civil-1", limit=2)
    assert (seen.total, len(seen.items)) == (3, 2)
    rest = await queue(pool, viewer="civil-1", limit=2, after=seen.after)
    assert {item.case for item in (*seen.items, *rest.items)} == {story.id for story in stories}
    assert (await queue(pool, viewer="clerk-1")).total == 4
    assert hidden.id not in {one.case for one in await inbox(pool, [small.DISPATCH], viewer="civil-1")}
    assert hidden.id in {one.case for one in await inbox(pool, [small.DISPATCH], viewer="clerk-1")}


async def test_a_barred_actor_s_answer_says_nothing_of_the_case(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await _opened(pool, "9", small.OFFICE)
    answer = await story.say(c.Start, small.OFFICE_HEAD)
    assert answer.refusal is not None
    assert (answer.refusal.rule, answer.number, answer.version, answer.state) == (
        "case.unknown",
        None,
        0,
        None,
    )


async def test_the_accused_get_no_notice_and_the_rebuild_makes_the_same_rows(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await (await _opened(pool, "10")).work()
    await story.later(1).say(c.Accuse, small.CLERK, against=(small.HOUSING,))
    await story.later(1).say(c.Recuse, small.CLERK_2)
    kinds = {one.kind for one in await inbox(pool, [small.HOUSING], viewer="clerk-1")}
    assert not kinds & {"accused", "removed_by_firewall"}
    assert "removed_by_firewall" in {
        one.kind for one in await inbox(pool, [small.DISPATCH], viewer="clerk-1")
    }
    before = await pool.fetch("SELECT * FROM case_now")
    assert [(row["against"], row["recused"], row["taken_by"]) for row in before] == [
        ([small.HOUSING], ["clerk-2"], ["station-clerk"])
    ]
    assert await differences(pool) == []
    await rebuild(pool)
    assert await pool.fetch("SELECT * FROM case_now") == before


async def test_the_staff_is_looked_up_as_the_tests_cut_it(pool: asyncpg.Pool) -> None:
    await store_pack(pool, world.PACK)
    asked = Needs(
        bodies=frozenset({small.OFFICE, small.HEATING}),
        people=frozenset({"many-hats"}),
        places=frozenset({small.COMMUNITY}),
        staff=True,
    )
    found, cut = await look_up(pool, asked), small.facts_for(asked, pack=world.PACK)
    assert set(found.bodies) == set(cut.bodies)
    assert sorted(found.posts, key=str) == sorted(cut.posts, key=str)
    assert (found.other_rows, found.served) == ((), ())
    assert found.dispatch == cut.dispatch
