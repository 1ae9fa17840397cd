"""Packs and look-ups: a new version never rewrites an old one, and a look-up is the slice that a decision needs."""

import time
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from domain.facts import Facts, Needs
from domain.jurisdiction import Name
from domain.ports import Alarm
from domain.words import Level
from ledger.alarms import alarms, raise_alarm
from ledger.directory import (
    bodies,
    bodies_of,
    find_bodies,
    find_matters,
    find_places,
    matters,
    people,
    person,
    places,
)
from ledger.errors import NoPack
from ledger.facts import look_up
from ledger.packs import current_pack, store_pack
from tests import small
from tests.ledger.cases import ready

NEEDS = [
    Needs(),
    Needs(bodies=frozenset({small.COMMITTEE, small.HEATING, "9999.unknown"})),
    Needs(bodies=frozenset({small.DISPATCH}), people=frozenset({"clerk-1", "many-hats", "nobody"})),
    Needs(matters=frozenset({small.HOUSING_MATTER, small.PETITION_MATTER, "unknown"})),
    Needs(places=frozenset({small.COMMUNITY, "0000", small.POOR_DISTRICT})),
    Needs(contracts=frozenset({small.LIFT_CONTRACT, small.GARDEN_CONTRACT, "c-none"})),
    Needs(
        bodies=frozenset({small.PARTY, small.RAILWAY}),
        people=frozenset({"railway-1"}),
        matters=frozenset({small.PUSHED_DOWN_MATTER}),
        places=frozenset({small.POOR_COMMUNITY}),
    ),
]


def _sorted(facts: Facts) -> Facts:
    return facts.model_copy(
        update={
            "loaded_at": None,
            "posts": tuple(sorted(facts.posts, key=lambda post: post.model_dump_json())),
            "dispatch": tuple(sorted(facts.dispatch, key=lambda row: row.model_dump_json())),
        }
    )


@pytest.mark.parametrize("needs", NEEDS)
async def test_a_look_up_is_the_slice_that_plain_python_cuts(pool: asyncpg.Pool, needs: Needs) -> None:
    await ready(pool)
    assert _sorted(await look_up(pool, needs)) == _sorted(small.facts_for(needs))


async def test_without_a_pack_a_look_up_says_so(pool: asyncpg.Pool) -> None:
    with pytest.raises(NoPack, match="zeren pack load"):
        await look_up(pool, Needs())
    assert await current_pack(pool) is None


async def test_the_same_content_again_is_no_new_version(pool: asyncpg.Pool) -> None:
    assert await store_pack(pool, small.PACK) == 1
    assert await store_pack(pool, small.PACK) == 1
    changed = small.PACK.model_copy(update={"zone": "Asia/Urumqi"})
    assert await store_pack(pool, changed) == 2
    assert await store_pack(pool, small.PACK) == 3
    info = await current_pack(pool)
    assert info is not None
    assert (info.version, info.pack, info.bodies, info.matters) == (3, "small", len(small.BODIES), 4)
    assert (info.places, info.people) == (len(small.PLACES), len(small.PACK.people))


async def test_a_new_version_leaves_what_the_old_one_said(pool: asyncpg.Pool) -> None:
    await store_pack(pool, small.PACK)
    old = await pool.fetch("SELECT * FROM body WHERE version = 1 ORDER BY id")
    renamed = tuple(
        body.model_copy(update={"name": Name(zh="新房管局")}) if body.id == small.HOUSING else body
        for body in small.BODIES
        if body.id != small.WATER
    )
    await store_pack(pool, small.PACK.model_copy(update={"bodies": renamed}))
    assert await pool.fetch("SELECT * FROM body WHERE version = 1 ORDER BY id") == old
    facts = await look_up(pool, Needs(bodies=frozenset({small.HOUSING, small.WATER})))
    assert facts.version == 2
    assert facts.name(small.HOUSING) == "新房管局"
    assert small.WATER not in facts.bodies


async def test_of_a_body_with_several_rows_the_one_that_is_valid_now_is_given(pool: asyncpg.Pool) -> None:
    now = await pool.fetchval("SELECT now()")
    ended, begun, to_come = (
        small.BODIES[9].model_copy(
            update={"name": Name(zh=name), "valid_from": now + timedelta(days=start), "valid_to": end}
        )
        for name, start, end in (
            ("旧", -9, now - timedelta(days=1)),
            ("今", -1, now + timedelta(days=1)),
            ("后", 1, None),
        )
    )
    others = tuple(body for body in small.BODIES if body.id != ended.id)
    for rows, wanted in (((ended, begun, to_come), "今"), ((ended,), "旧"), ((to_come,), "后")):
        await store_pack(pool, small.PACK.model_copy(update={"bodies": (*others, *rows)}))
        facts = await look_up(pool, Needs(bodies=frozenset({ended.id})))
        assert facts.name(ended.id) == wanted


async def test_twelve_thousand_bodies_load_in_seconds_and_are_looked_up_at_once(pool: asyncpg.Pool) -> None:
    committee = next(body for body in small.BODIES if body.id == small.COMMITTEE)
    many = tuple(
        committee.model_copy(update={"id": f"{small.COMMUNITY}.c{number}"}) for number in range(12_500)
    )
    began = time.monotonic()
    await store_pack(pool, small.PACK.model_copy(update={"bodies": (*small.BODIES, *many)}))
    assert time.monotonic() - began < 20
    began = time.monotonic()
    facts = await look_up(pool, Needs(bodies=frozenset({many[-1].id})))
    assert time.monotonic() - began < 1
    assert small.CITY_GOVERNMENT in facts.bodies


async def test_a_pack_that_does_not_fit_leaves_nothing(pool: asyncpg.Pool) -> None:
    twice = small.PACK.model_copy(update={"places": (*small.PLACES, small.PLACES[0])})
    with pytest.raises(asyncpg.UniqueViolationError):
        await store_pack(pool, twice)
    assert await current_pack(pool) is None
    assert await pool.fetchval("SELECT count(*) FROM body") == 0


async def test_the_directory_finds_by_id_and_by_name(pool: asyncpg.Pool) -> None:
    await ready(pool)
    assert [body.id for body in await find_bodies(pool, "房管局")] == [small.HOUSING, small.POOR_HOUSING]
    assert (await find_bodies(pool, small.HOUSING))[0].id == small.HOUSING
    assert await find_bodies(pool, "%") == []
    assert await find_bodies(pool, "a\0b") == []
    assert len(await find_bodies(pool, limit=3)) == 3
    assert {body.id for body in await bodies_of(pool, small.COMMUNITY)} == {
        small.COMMITTEE,
        small.WORKSTATION,
        small.PARTY,
        small.VOLUNTEERS,
    }
    assert set(await bodies(pool, [small.HOUSING, "9999.unknown"])) == {small.HOUSING}
    assert [matter.id for matter in await find_matters(pool, "漏水")] == [small.HOUSING_MATTER]
    assert set(await matters(pool, [small.PETITION_MATTER, "x"])) == {small.PETITION_MATTER}
    assert [place.code for place in await find_places(pool, small.STREET)] == [small.STREET, small.COMMUNITY]
    assert [place.level for place in await find_places(pool, "社区")] == [Level.COMMUNITY] * 2
    assert set(await places(pool, [small.CITY, "0000"])) == {small.CITY}


async def test_people_are_listed_with_the_hats_of_that_instant(pool: asyncpg.Pool) -> None:
    await ready(pool)
    hats = await person(pool, "many-hats", small.START)
    assert hats is not None
    assert [(hat.post.body, hat.office.zh) for hat in hats.hats] == [
        (small.COMMITTEE, "梧桐社区居委会"),
        (small.PARTY, "梧桐社区党委"),
    ]
    assert await person(pool, "nobody", small.START) is None
    gone = await person(pool, "heating-1", small.HEATING_ENDS)
    assert gone is not None
    assert gone.hats == ()
    assert {one.id for one in await people(pool, small.START, body=small.HOUSING)} == {
        "housing-1",
        "housing-head",
    }
    assert len(await people(pool, small.START)) == len(small.PACK.people)


async def test_the_same_alarm_again_is_counted(pool: asyncpg.Pool) -> None:
    alarm = Alarm(kind="ledger_ahead", case=UUID(int=1), detail="knew 1, found 2")
    await raise_alarm(pool, alarm)
    await raise_alarm(pool, alarm)
    await raise_alarm(pool, alarm.model_copy(update={"kind": "undecidable"}))
    latest, first = await alarms(pool)
    assert (latest.kind, latest.times) == ("undecidable", 1)
    assert (first.kind, first.times) == ("ledger_ahead", 2)
