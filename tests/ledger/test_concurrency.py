"""Sixteen writers and a reader that follows: every position once, in order, without a gap, and time never runs back."""

import asyncio
from datetime import datetime

import asyncpg

from domain import commands as c
from domain.words import Step
from ledger.append import CHANNEL, append
from ledger.pool import open_pool
from ledger.reads import events_after
from ledger.rebuild import differences
from tests import small
from tests.ledger.cases import Story, ready

WRITERS = 16
CASES_EACH = 2
STEPS = 6


async def _write(pool: asyncpg.Pool, writer: int) -> int:
    written = 0
    for number in range(CASES_EACH):
        story = await (await Story(pool, f"w{writer}-{number}").open()).work()
        for _ in range(STEPS):
            await story.later(0.5).say(c.RecordStep, small.HOUSING_WORKER, step=Step.COORDINATED)
        assert story.case is not None
        written += story.case.version
    return written


async def _follow(pool: asyncpg.Pool, done: asyncio.Event) -> list[tuple[int, datetime]]:
    """What a reader sees who only ever asks for what comes after the last position it saw."""
    seen: list[tuple[int, datetime]] = []
    while True:
        last_round = done.is_set()
        found = await events_after(pool, seen[-1][0] if seen else 0, 7)
        seen += [(position, event.recorded_at) for position, event in found if event.recorded_at]
        if not found and last_round:
            return seen
        await asyncio.sleep(0.001)


async def test_a_tailing_reader_sees_every_position_once_and_in_order(
    pool: asyncpg.Pool, database: str
) -> None:
    await ready(pool)
    writers = await open_pool(database, size=WRITERS)
    done = asyncio.Event()
    reader = asyncio.create_task(_follow(pool, done))
    woken = asyncio.Event()
    listener = await asyncpg.connect(database)
    await listener.add_listener(CHANNEL, lambda *_: woken.set())
    try:
        written = sum(await asyncio.gather(*(_write(writers, writer) for writer in range(WRITERS))))
    finally:
        done.set()
        seen = await reader
        await listener.close()
        await writers.close()
    assert [position for position, _ in seen] == list(range(1, written + 1))
    instants = [instant for _, instant in seen]
    assert instants == sorted(instants)
    assert woken.is_set()
    assert await pool.fetchval("SELECT position FROM head") == written
    assert await differences(pool) == []


async def test_recorded_at_never_runs_back_even_when_the_clock_does(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "clock").open()
    await pool.execute("UPDATE head SET recorded_at = recorded_at + interval '1 day'")
    ahead = await pool.fetchval("SELECT recorded_at FROM head")
    await story.work()
    assert await pool.fetch("SELECT DISTINCT recorded_at FROM event WHERE version > 1") == [(ahead,)]


async def test_the_same_case_from_many_connections_stays_whole(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await (await Story(pool, "busy").open()).work()

    async def retry(row_index: int) -> str:
        return (await append(pool, story.appends[row_index % len(story.appends)])).outcome

    outcomes = await asyncio.gather(*(retry(n) for n in range(30)))
    assert set(outcomes) == {"ok"}
    assert await pool.fetchval("SELECT count(*) FROM event") == 3
