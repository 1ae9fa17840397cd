"""Rebuilt from zero, the read models are what the appends wrote; and what is wrong in them is found and mended."""

import asyncio

import asyncpg
import pytest

from ledger.rebuild import MODELS, Difference, differences, rebuild
from tests.ledger.cases import Story, mixed, ready


async def _dump(pool: asyncpg.Pool) -> dict[str, list[str]]:
    return {
        model: sorted(row[0] for row in await pool.fetch(f"SELECT to_jsonb(m)::text FROM {model} m"))  # noqa: S608
        for model in MODELS
    }


async def test_a_rebuild_after_a_mixed_history_equals_what_the_appends_wrote(pool: asyncpg.Pool) -> None:
    await ready(pool)
    stories = await mixed(pool)
    live = await _dump(pool)
    assert all(live.values())
    assert await differences(pool) == []
    rebuilt = await rebuild(pool)
    assert rebuilt.cases == len(stories)
    assert rebuilt.events == await pool.fetchval("SELECT count(*) FROM event")
    assert await _dump(pool) == live
    types = {row["type"] for row in await pool.fetch("SELECT DISTINCT type FROM event")}
    assert len(types) >= 25, sorted(types)


async def test_a_rebuild_in_several_batches_is_the_same(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ready(pool)
    await mixed(pool)
    live = await _dump(pool)
    monkeypatch.setattr("ledger.rebuild.BATCH_CASES", 2)
    await rebuild(pool)
    assert await _dump(pool) == live


async def test_every_kind_of_wrong_row_is_found_and_mended(pool: asyncpg.Pool) -> None:
    await ready(pool)
    stories = await mixed(pool)
    live = await _dump(pool)
    whole, dispute, empty = (story.id for story in (stories[0], stories[1], stories[4]))
    await pool.execute("UPDATE case_now SET answering = '9901.government' WHERE case_id = $1", whole)
    await pool.execute(
        "UPDATE holding SET ends_at = ends_at + interval '1 second' WHERE case_id = $1", dispute
    )
    await pool.execute("DELETE FROM desk WHERE case_id = $1", empty)
    await pool.execute("UPDATE inbox SET case_id = gen_random_uuid() WHERE case_id = $1", empty)
    found = {(one.model, one.side) for one in await differences(pool, 1000)}
    assert found == {
        ("case_now", "missing"),
        ("case_now", "wrong"),
        ("holding", "missing"),
        ("holding", "wrong"),
        ("desk", "missing"),
        ("inbox", "missing"),
        ("inbox", "wrong"),
    }
    assert len(await differences(pool, 1)) == 1
    assert Difference(model="case_now", case=whole, side="wrong") in await differences(pool, 1000)
    await rebuild(pool)
    assert await differences(pool) == []
    assert await _dump(pool) == live


async def test_appends_during_a_rebuild_wait_and_are_not_lost(pool: asyncpg.Pool) -> None:
    await ready(pool)
    await mixed(pool)

    async def write(name: str) -> None:
        await (await Story(pool, name).open()).work()

    await asyncio.gather(*(write(f"during-{n}") for n in range(6)), rebuild(pool), rebuild(pool))
    assert await differences(pool) == []
    assert await pool.fetchval("SELECT count(*) FROM case_now WHERE lead IS NOT NULL") >= 6
