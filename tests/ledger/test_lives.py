"""Whole cases for replaying: every case once, in pages, and none that is hidden from whoever asks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from domain import commands as c
from ledger.lives import how_many, lives
from tests import small
from tests.ledger.cases import Story, ready

SINCE = datetime.now(UTC) - timedelta(days=1)


async def _open(pool: asyncpg.Pool, mark: str, *against: str) -> None:
    fields: dict[str, Any] = {"number": f"2222-22{mark}{mark}", "place": small.COMMUNITY}
    story = Story(pool, mark, start=datetime.now(UTC) - timedelta(hours=5))
    answer = await story.say(c.Register, small.STATION_CLERK, **fields, against=against)
    assert answer.outcome == "done", answer


async def _seen(pool: asyncpg.Pool, viewer: str | None) -> tuple[int, list[str]]:
    until = datetime.now(UTC)
    count, _ = await how_many(pool, SINCE, until, viewer)
    pages = [page async for page in lives(pool, SINCE, until, viewer, page=2)]
    assert all(set(page.numbers) <= set(page.events) for page in pages)
    return count, [number for page in pages for number in page.numbers]


async def test_every_case_comes_once_and_a_hidden_one_to_nobody_it_is_hidden_from(pool: asyncpg.Pool) -> None:
    await ready(pool)
    for mark in "ABCDE":
        await _open(pool, mark)
    before = await _seen(pool, "office-1"), await _seen(pool, None)
    await _open(pool, "F", small.OFFICE)
    assert (await _seen(pool, "office-1"), await _seen(pool, None)) == before
    assert before[0][0] == 5
    assert sorted(before[0][1]) == [f"2222-22{mark * 2}" for mark in "ABCDE"]
    assert (await _seen(pool, "city-supervisor"))[0] == 6
