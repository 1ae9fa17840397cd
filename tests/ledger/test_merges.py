"""Cases that rest on one another, in the ledger: races, holders, relations, children, and the same reporter."""

import asyncio
from datetime import timedelta

import asyncpg

from domain import commands as c
from domain.actors import SYSTEM
from domain.holders import Held
from domain.words import Charge, State, Tie
from ledger.append import append
from ledger.queue import queue
from ledger.reads import holders, open_cases
from ledger.rebuild import differences
from ledger.relations import children, needs_waking, relations, waiting
from tests import small
from tests.ledger.cases import Story, ready


async def _family(pool: asyncpg.Pool) -> tuple[Story, Story]:
    """A parent that housing works on, and a case in triage."""
    await ready(pool)
    parent = await (await Story(pool, "parent").open()).work()
    child = await Story(pool, "child").open()
    child.at = parent.at
    return child, parent


async def _merge(child: Story, parent: Story) -> None:
    assert (await child.say(c.Merge, small.CLERK, into=parent.number)).outcome == "done"


async def _answer(parent: Story) -> None:
    await parent.resolve()
    await parent.later(1).say(c.Review, small.REVIEWER, passed=True)


# ---------------------------------------------------------------- races
async def test_a_decision_on_a_parent_that_changed_meanwhile_is_not_written(pool: asyncpg.Pool) -> None:
    child, parent = await _family(pool)
    merge = await child.decided(c.Merge(id="merge", actor=small.CLERK, into=parent.number))
    await _answer(parent)
    assert (await append(pool, merge)).outcome == "stale_facts"
    answer = await child.say(c.Merge, small.CLERK, into=parent.number)
    assert answer.refusal is not None
    assert answer.refusal.rule == "merge.parent-answered"


async def test_two_cases_that_merge_into_one_another_at_once_never_both_do(pool: asyncpg.Pool) -> None:
    """Nor do they wait for one another for ever: locks are taken in one order."""
    await ready(pool)
    for number in range(12):
        one, other = await Story(pool, f"one-{number}").open(), await Story(pool, f"other-{number}").open()
        rows = [
            await mine.decided(c.Merge(id="merge", actor=small.CLERK, into=theirs.number))
            for mine, theirs in ((one, other), (other, one))
        ]
        done = await asyncio.gather(*(append(pool, row) for row in rows))
        assert sorted(each.outcome for each in done) == ["ok", "stale_facts"]


async def test_a_parent_that_is_merged_itself_meanwhile_takes_no_child(pool: asyncpg.Pool) -> None:
    child, parent = await _family(pool)
    above = await (await Story(pool, "above").open()).work()
    merge = await child.decided(c.Merge(id="merge", actor=small.CLERK, into=parent.number))
    await _merge(parent, above)
    assert (await append(pool, merge)).outcome == "stale_facts"
    refused = await child.say(c.Merge, small.CLERK, into=parent.number)
    assert refused.refusal is not None
    assert refused.refusal.rule == "merge.parent-follows"


async def test_many_follow_one_at_once(pool: asyncpg.Pool) -> None:
    child, parent = await _family(pool)
    others = [await Story(pool, f"other-{number}").open() for number in range(10)]
    await _merge(child, parent)

    async def follow(case: Story) -> None:
        await _merge(case, parent)

    await asyncio.gather(*(follow(case) for case in others))
    assert (await relations(pool, parent.id)).child_count == 11
    assert len(await children(pool, parent.id, None, 100)) == 11


async def test_the_append_says_when_children_have_to_be_woken(pool: asyncpg.Pool) -> None:
    child, parent = await _family(pool)
    await _merge(child, parent)
    await parent.resolve()
    assert not await needs_waking(pool, parent.id)
    review = await parent.decided(c.Review(id="review", actor=small.REVIEWER, passed=True))
    assert (await append(pool, review)).wakes
    assert (await append(pool, review)).wakes, "sent again, it is said again"
    assert await needs_waking(pool, parent.id)
    assert [row.parent for row in await waiting(pool)] == [parent.id]
    await child.later(4).say(c.Wake, SYSTEM)
    assert not (await append(pool, review)).wakes
    assert await waiting(pool) == []


# ---------------------------------------------------------------- holders
def _rows(held: list[Held]) -> list[tuple[str, str | None, str, float]]:
    return [(row.answering, row.charged_to, row.charge, row.seconds / 3600) for row in held]


async def test_the_holders_of_a_child_are_read_from_its_parent_now_then_and_as_known(
    pool: asyncpg.Pool,
) -> None:
    child, parent = await _family(pool)
    start = child.at
    await _merge(child, parent)
    await _answer(parent)
    child.at = parent.at
    await child.say(c.Wake, SYSTEM)
    expected = [
        (small.DISPATCH, small.DISPATCH, Charge.TRIAGE, 2.0),
        (small.HOUSING, small.HOUSING, Charge.FOLLOWS_PARENT, 2.0),
        (small.HOUSING, small.DISPATCH, Charge.FOLLOWS_PARENT, 1.0),
        (small.HOUSING, small.DISPATCH, Charge.AWAITING_VERDICT, 5.0),
    ]
    then = start + timedelta(hours=8)
    assert _rows(await holders(pool, child.id, then)) == expected
    assert _rows(await holders(pool, child.id))[:3] == expected[:3]
    assert _rows(await holders(pool, child.id, start + timedelta(hours=1))) == [
        expected[0],
        (small.HOUSING, small.HOUSING, Charge.FOLLOWS_PARENT, 1.0),
    ]
    merged_at = await pool.fetchval(
        "SELECT recorded_at FROM event WHERE case_id = $1 AND type = 'merged'", child.id
    )
    known = _rows(await holders(pool, child.id, then, merged_at))
    assert known[-1] == (small.HOUSING, small.HOUSING, Charge.FOLLOWS_PARENT, 8.0)
    assert await differences(pool) == []


async def test_the_time_of_a_merged_case_is_no_bodys_dwell(pool: asyncpg.Pool) -> None:
    """In the read model it is marked: what is charged as the parent's is counted once, with the parent."""
    child, parent = await _family(pool)
    await _merge(child, parent)
    await child.later(10).say(c.Unmerge, small.CLERK)
    rows = await pool.fetch(
        "SELECT charge, follows, ends_at - starts_at AS length FROM holding WHERE case_id = $1"
        " AND charge = 'follows_parent'",
        child.id,
    )
    assert [(row["follows"], row["length"]) for row in rows] == [(parent.id, timedelta(hours=10))]


# ---------------------------------------------------------------- relations, queue, rehydration
async def test_relations_are_seen_from_both_sides_and_as_they_were(pool: asyncpg.Pool) -> None:
    child, parent = await _family(pool)
    other = await Story(pool, "other").open()
    await other.say(c.Link, small.CLERK, other=child.number, tie=Tie.DUPLICATE_SUSPECT)
    before = child.at
    await _merge(child.later(1), parent)
    merged = child.at
    await child.later(1).say(c.Unmerge, small.CLERK)
    assert [(tied.number, tied.tie) for tied in (await relations(pool, child.id)).ties] == [
        (other.number, "duplicate_suspect")
    ]
    assert [tied.number for tied in (await relations(pool, other.id)).ties] == [child.number]
    assert (await relations(pool, child.id)).parent is None
    assert (await relations(pool, child.id, merged)).parent == parent.number
    assert (await relations(pool, parent.id, merged)).children == (child.number,)
    assert (await relations(pool, parent.id, before)).child_count == 0
    await _merge(child, parent)
    assert (await relations(pool, child.id, child.at)).parent == parent.number
    assert (await relations(pool, child.id, before)).parent is None


async def test_a_child_is_on_no_desk_and_is_not_started_again(pool: asyncpg.Pool) -> None:
    child, parent = await _family(pool)
    await _merge(child, parent)
    assert [item.number for item in (await queue(pool)).items] == [parent.number]
    assert [item.number for item in (await queue(pool, bodies=[small.DISPATCH])).items] == []
    merged = await queue(pool, bodies=[small.DISPATCH], state=State.MERGED)
    assert [item.number for item in merged.items] == [child.number]
    assert [case.id for case in await open_cases(pool)] == [parent.id]


# ---------------------------------------------------------------- the same reporter
async def _calls(pool: asyncpg.Pool, name: str, phone: str) -> Story:
    story = Story(pool, name)
    number = {"one": "9MK6-DZN4", "two": "HPM4-N2Z4", "three": "WHAK-98RG"}[name]
    await story.say(
        c.Register,
        small.CLERK,
        {"text": "屋顶漏水", "phone": phone},
        number=number,
        matter=small.HOUSING_MATTER,
        place=small.COMMUNITY,
    )
    return story


async def test_the_same_telephone_is_known_again_and_is_nowhere_to_be_read(pool: asyncpg.Pool) -> None:
    await ready(pool)
    first = await _calls(pool, "one", "138 1234 5678")
    again = await _calls(pool, "two", "+86-138-1234-5678")
    other = await _calls(pool, "three", "13812345679")
    assert again.case is not None
    assert [(tied.number, tied.tie) for tied in again.case.ties] == [(first.number, Tie.REPEAT)]
    assert other.case is not None
    assert other.case.ties == ()
    everything = await pool.fetch(
        "SELECT to_jsonb(e)::text AS row FROM event e UNION ALL SELECT to_jsonb(c)::text FROM command c"
        " UNION ALL SELECT to_jsonb(r)::text FROM reporter r UNION ALL SELECT to_jsonb(n)::text FROM case_now n"
    )
    assert not any("12345678" in row["row"] for row in everything)


async def test_with_the_compartment_row_its_mark_goes(pool: asyncpg.Pool) -> None:
    await ready(pool)
    await Story(pool, "one").texts(text="屋顶漏水", phone="13812345678")
    assert await pool.fetchval("SELECT count(*) FROM reporter") == 1
    await pool.execute("DELETE FROM compartment")
    assert await pool.fetchval("SELECT count(*) FROM reporter") == 0
