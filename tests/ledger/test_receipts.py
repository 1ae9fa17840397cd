"""Receipts: shown once, kept as a slow hash, and ten wrong ones in an hour are the most for all processes together."""

import asyncio
import random

import asyncpg
import pytest

from domain.numbers import draw_receipt
from ledger.pool import open_pool
from ledger.receipts import COST, MOST_FAILURES, WINDOW, Check, check, issue, renew
from tests.ledger.cases import Story, ready

NOBODYS = draw_receipt(random.Random("nobody's").randrange)
NO_CASE = "2222-2222"
WRONG = Check(outcome="wrong")


async def _opened(pool: asyncpg.Pool, name: str = "anonymous") -> tuple[Story, str]:
    """A case, and its number."""
    await ready(pool)
    story = await Story(pool, name).open()
    assert story.case is not None
    return story, story.case.number


async def _issued(pool: asyncpg.Pool, *, must_change: bool = True) -> tuple[Story, str, str]:
    """A case, its number and its receipt."""
    story, number = await _opened(pool)
    receipt = await issue(pool, story.id, must_change=must_change)
    assert receipt is not None
    return story, number, receipt


async def test_a_receipt_is_shown_once_and_opens_its_case_alone(pool: asyncpg.Pool) -> None:
    story, number, receipt = await _issued(pool)
    assert await issue(pool, story.id, must_change=False) is None
    right = await check(pool, number, receipt)
    assert right == Check(outcome="right", case=story.id, must_change=True)
    other = await Story(pool, "other").open()
    assert other.case is not None
    assert await check(pool, other.case.number, receipt) == WRONG
    assert await check(pool, number, NOBODYS) == WRONG
    assert await check(pool, NO_CASE, receipt) == WRONG


async def test_two_who_issue_at_once_show_one_receipt(pool: asyncpg.Pool) -> None:
    story, number = await _opened(pool)
    shown = [
        one
        for one in await asyncio.gather(*(issue(pool, story.id, must_change=True) for _ in range(4)))
        if one
    ]
    assert len(shown) == 1
    assert (await check(pool, number, shown[0])).outcome == "right"


async def test_what_is_kept_is_a_slow_hash_of_its_own_salt(pool: asyncpg.Pool) -> None:
    _, number, receipt = await _issued(pool)
    row = await pool.fetchrow("SELECT * FROM receipt")
    assert row is not None
    assert COST >= 15
    assert (row["cost"], len(row["hash"]), len(row["salt"])) == (COST, 32, 16)
    whole = str(await pool.fetchval("SELECT string_agg(r::text, '') FROM receipt r"))
    for kept in (receipt, receipt.replace("-", ""), receipt.encode().hex()):
        assert kept not in whole
    before = row["salt"]
    await renew(pool, number, receipt)
    assert await pool.fetchval("SELECT salt FROM receipt") != before


async def test_a_stronger_hash_of_later_leaves_the_receipts_of_today_valid(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, number, receipt = await _issued(pool)
    monkeypatch.setattr("ledger.receipts.COST", 16)
    assert (await check(pool, number, receipt)).outcome == "right"
    _, fresh = await renew(pool, number, receipt)
    assert await pool.fetchval("SELECT cost FROM receipt") == 16
    assert (await check(pool, number, fresh)).outcome == "right"


async def test_a_renewed_receipt_kills_the_old_one_and_need_not_be_changed(pool: asyncpg.Pool) -> None:
    _, number, receipt = await _issued(pool)
    renewed, fresh = await renew(pool, number, receipt)
    assert (renewed.outcome, fresh != receipt) == ("right", True)
    assert await check(pool, number, receipt) == WRONG
    assert (await renew(pool, number, receipt))[0] == WRONG
    right = await check(pool, number, fresh)
    assert (right.outcome, right.must_change) == ("right", False)
    assert await renew(pool, number, fresh, NOBODYS) == (right, NOBODYS)
    assert (await check(pool, number, NOBODYS)).outcome == "right"


async def test_of_two_who_renew_at_once_one_gets_a_receipt(pool: asyncpg.Pool) -> None:
    _, number, receipt = await _issued(pool)
    told = await asyncio.gather(*(renew(pool, number, receipt) for _ in range(3)))
    (fresh,) = [fresh for _, fresh in told if fresh]
    assert (await check(pool, number, fresh)).outcome == "right"


async def test_ten_failures_in_an_hour_end_all_tries_the_right_one_too(pool: asyncpg.Pool) -> None:
    _, number, receipt = await _issued(pool)
    for _ in range(3):
        assert (await check(pool, number, receipt)).outcome == "right"
    for _ in range(MOST_FAILURES):
        assert await check(pool, number, NOBODYS) == WRONG
    for tried in (NOBODYS, receipt):
        assert await check(pool, number, tried) == Check(outcome="too_many")
        assert (await renew(pool, number, tried))[0] == Check(outcome="too_many")
    await pool.execute("UPDATE receipt_try SET since = since - $1::interval", WINDOW)
    assert (await check(pool, number, receipt)).outcome == "right"
    assert await check(pool, number, NOBODYS) == WRONG


async def test_a_number_that_no_case_has_is_answered_and_counted_alike(pool: asyncpg.Pool) -> None:
    _, number, receipt = await _issued(pool)
    asked = [[await check(pool, one, NOBODYS) for _ in range(MOST_FAILURES + 2)] for one in (number, NO_CASE)]
    assert asked[0] == asked[1]
    assert asked[0][-1] == Check(outcome="too_many")
    assert (await check(pool, number, receipt)).outcome == "too_many"


async def test_processes_that_try_at_once_share_the_count(pool: asyncpg.Pool, database: str) -> None:
    _, number, _ = await _issued(pool)
    others = [await open_pool(database, size=4) for _ in range(2)]
    try:
        tries = [check(one, number, NOBODYS) for one in (pool, *others) for _ in range(8)]
        outcomes = [told.outcome for told in await asyncio.gather(*tries)]
    finally:
        await asyncio.gather(*(other.close() for other in others))
    assert (outcomes.count("wrong"), outcomes.count("too_many")) == (MOST_FAILURES, 24 - MOST_FAILURES)


async def test_counts_that_are_past_are_not_kept(pool: asyncpg.Pool) -> None:
    await ready(pool)
    for number in ("2222-2222", "3333-3333"):
        await check(pool, number, NOBODYS)
    await pool.execute("UPDATE receipt_try SET since = since - $1::interval", WINDOW)
    await check(pool, "4444-4444", NOBODYS)
    assert [row["number"] for row in await pool.fetch("SELECT number FROM receipt_try")] == ["4444-4444"]
