"""The contract of the append: once, in order, whole or not at all, and the same answer whenever it is asked again."""

import asyncio

import asyncpg
import pytest

from domain import commands as c
from domain.decide import decide, needs
from domain.decision import NOTHING
from domain.errors import LedgerError
from domain.ports import Append, Appended, Ask
from ledger.append import append
from ledger.compartment import put
from ledger.load import answered, load
from ledger.packs import store_pack
from ledger.pool import GATE
from ledger.rebuild import differences
from tests import small
from tests.ledger.cases import KEYRING, Story, decision, ready


async def _count(pool: asyncpg.Pool) -> tuple[int, int, int]:
    row = await pool.fetchrow(
        "SELECT (SELECT count(*) FROM event) e, (SELECT count(*) FROM command) c, (SELECT position FROM head) p"
    )
    assert row is not None
    return row["e"], row["c"], row["p"]


async def _next(story: Story, to: str = small.HOUSING) -> Append:
    """A proposal as the next command, decided but not sent."""
    command = c.Propose(id=f"{story.name}:next", actor=small.CLERK, to=to)
    return decision(story.id, story.case, command, story.at)


async def test_a_decision_is_written_with_its_envelope_and_its_read_models(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "first").open()
    event = await pool.fetchrow("SELECT * FROM event")
    assert event is not None
    assert (event["position"], event["version"], event["type"], event["schema"]) == (1, 1, "registered", 1)
    assert event["actor"]["person"] == "clerk-1"
    assert event["facts"] == {"pack": "small", "version": 1}
    assert "type" not in event["body"]
    loaded = await load(pool, story.id)
    assert [e.model_copy(update={"recorded_at": None}) for e in loaded.events] == list(
        story.appends[0].events
    )
    assert loaded.events[0].recorded_at == event["recorded_at"]
    assert loaded.answered == ("first:1",)
    assert await differences(pool) == []


async def test_a_retry_gets_the_first_rows_and_writes_nothing(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await (await Story(pool, "retry").open()).work()
    before = await _count(pool)
    first = [await append(pool, row) for row in story.appends]
    assert [done.outcome for done in first] == ["ok", "ok", "ok"]
    assert [done.answer.version for done in first if done.answer] == [1, 2, 3]
    assert first == [await append(pool, row) for row in story.appends]
    assert await _count(pool) == before


async def test_a_retry_after_the_pack_has_moved_on_and_the_case_too_still_gets_the_first_answer(
    pool: asyncpg.Pool,
) -> None:
    await ready(pool)
    story = await (await Story(pool, "late").open()).work()
    await store_pack(pool, small.PACK.model_copy(update={"zone": "Asia/Urumqi"}))
    again = await append(pool, story.appends[0])
    assert again.outcome == "ok"
    assert again.answer is not None
    assert (again.answer.version, again.answer.state) == (1, "triage")


async def test_the_same_id_with_other_content_is_refused(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "reused").open()
    row = await _next(story)
    assert (await append(pool, row)).outcome == "ok"
    before = await _count(pool)
    assert (await append(pool, await _next(story, small.CIVIL_AFFAIRS))).outcome == "reused"
    assert await _count(pool) == before
    other = await answered(pool, Ask(case=story.id, command=row.command, fingerprint="0" * 64))
    assert other.outcome == "reused"
    found = await answered(pool, Ask(case=story.id, command=row.command, fingerprint=row.fingerprint))
    assert found.answer is not None
    assert found.answer.events[0].id == row.events[0].id
    assert (await answered(pool, Ask(case=story.id, command="never", fingerprint="0" * 64))).outcome == "none"


async def test_another_version_than_expected_is_a_conflict(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "conflict").open()
    fork = await _next(story)
    await story.later(1).say(c.Propose, small.CLERK, to=small.CIVIL_AFFAIRS)
    before = await _count(pool)
    assert (await append(pool, fork)).outcome == "conflict"
    ahead = fork.model_copy(update={"expected": 9, "events": ()})
    assert (await append(pool, ahead)).outcome == "conflict"
    assert await _count(pool) == before


async def test_a_second_registration_of_a_case_is_a_conflict(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "twice").open()
    first = story.appends[0]
    event = first.events[0].model_copy(update={"command": "another"})
    again = first.model_copy(update={"command": "another", "fingerprint": "1" * 64, "events": (event,)})
    assert (await append(pool, again)).outcome == "conflict"


async def test_stale_facts_are_refused_until_the_command_is_decided_by_the_new_ones(
    pool: asyncpg.Pool,
) -> None:
    await ready(pool)
    story = await Story(pool, "stale").open()
    row = await _next(story)
    assert await store_pack(pool, small.PACK.model_copy(update={"zone": "Asia/Urumqi"})) == 2
    before = await _count(pool)
    assert (await append(pool, row)).outcome == "stale_facts"
    assert await _count(pool) == before
    command = c.Propose(id=row.command, actor=small.CLERK, to=small.HOUSING)
    fresh = decision(story.id, story.case, command, story.at, version=2)
    assert (await append(pool, fresh)).outcome == "ok"


async def test_without_a_pack_nothing_is_written(pool: asyncpg.Pool) -> None:
    command = c.Register(id="none:1", actor=small.CLERK, number="2222-2222", matter=None)
    story = Story(pool, "none")
    facts = small.facts_for(needs(None, command))
    row = decision(story.id, None, command, story.at, made=decide(None, command, facts, story.at))
    assert (await append(pool, row)).outcome == "stale_facts"


async def test_a_number_that_is_taken_is_drawn_again(pool: asyncpg.Pool) -> None:
    await ready(pool)
    first = await Story(pool, "number").open()
    assert first.case is not None
    second = Story(pool, "other")
    personal = await put(pool, KEYRING, second.id, "other:1", {"text": "x"})
    command = c.Register(
        id="other:1", actor=small.CLERK, number=first.case.number, matter=None, personal=personal
    )
    row = decision(second.id, None, command, second.at)
    assert (await append(pool, row)).outcome == "number_taken"
    assert (await load(pool, second.id)).answered == ()
    drawn = command.model_copy(update={"number": "2222-2222"})
    assert (await append(pool, decision(second.id, None, drawn, second.at))).outcome == "ok"


async def test_of_two_that_draw_the_same_number_at_once_one_draws_again(
    pool: asyncpg.Pool, database: str
) -> None:
    await ready(pool)
    rows: list[Append] = []
    for name in ("left", "right"):
        story = Story(pool, name)
        personal = await put(pool, KEYRING, story.id, f"{name}:1", {"text": "x"})
        command = c.Register(id=f"{name}:1", actor=small.CLERK, number="2222-2222", personal=personal)
        rows.append(decision(story.id, None, command, story.at))
    done = await _all_at_once(pool, database, rows)
    assert sorted(one.outcome for one in done) == ["number_taken", "ok"]
    assert await differences(pool) == []


async def test_a_refused_registration_is_a_row_among_the_commands_and_no_case(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = Story(pool, "refused")
    answer = await story.say(c.Register, small.HOUSING_WORKER, number="2222-2222")
    assert answer.outcome == "refused"
    assert (answer.number, answer.version, answer.state, answer.events) == (None, 0, None, ())
    assert answer.refusal is not None
    assert await _count(pool) == (0, 1, 0)
    assert await pool.fetchval("SELECT count(*) FROM case_now") == 0
    again = await append(pool, story.appends[0])
    assert again.answer == answer
    assert (await load(pool, story.id)).answered == ("refused:1",)


async def test_a_refusal_that_records_writes_both(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "pushed").open(small.PUSHED_DOWN_MATTER)
    answer = await story.say(c.Propose, small.CLERK, to=small.COMMITTEE)
    assert answer.outcome == "refused"
    assert answer.refusal is not None
    assert answer.refusal.rule == "push-down.protected"
    assert [event.type for event in answer.events] == ["push_down_refused"]
    assert (answer.version, answer.state) == (2, "triage")
    assert await differences(pool) == []


async def test_a_bell_for_something_already_done_is_a_command_without_events(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "bell").open()
    answer = await story.send(c.Strike(id="clock:none.9", actor=small.CLOCK, deadline="none.9"))
    assert (answer.outcome, answer.events, answer.version) == ("done", (), 1)
    assert NOTHING.events == ()
    assert await differences(pool) == []


async def test_events_that_do_not_follow_are_refused_before_anything_is_read(pool: asyncpg.Pool) -> None:
    await ready(pool)
    row = await _next(await Story(pool, "gap").open())
    skipped = row.model_copy(update={"events": (row.events[0].model_copy(update={"version": 5}),)})
    foreign = row.model_copy(update={"command": "somebody-else"})
    for broken in (skipped, foreign):
        with pytest.raises(LedgerError, match="do not follow"):
            await append(pool, broken)


async def _all_at_once(pool: asyncpg.Pool, database: str, rows: list[Append]) -> list[Appended]:
    """Every append is under way and waits before the first may finish."""
    other = await asyncpg.connect(database)
    held = other.transaction()
    await held.start()
    await other.execute("SELECT * FROM head FOR UPDATE")
    attempts = [asyncio.create_task(append(pool, row)) for row in rows]
    waiting = 0
    while waiting < len(rows):
        await asyncio.sleep(0.02)
        waiting = await other.fetchval(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN"
            " (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
        )
    await held.rollback()
    await other.close()
    return await asyncio.gather(*attempts)


async def test_two_connections_at_once_with_the_same_command_write_it_once(
    pool: asyncpg.Pool, database: str
) -> None:
    await ready(pool)
    story = await Story(pool, "at-once").open()
    row = await _next(story)
    done = await _all_at_once(pool, database, [row] * 8)
    assert {one.outcome for one in done} == {"ok"}
    assert len({one.model_dump_json() for one in done}) == 1
    assert await _count(pool) == (2, 2, 2)


async def test_two_connections_at_once_with_different_commands_let_one_through(
    pool: asyncpg.Pool, database: str
) -> None:
    await ready(pool)
    story = await Story(pool, "race").open()
    commands = [c.Propose(id=f"race:{n}", actor=small.CLERK, to=small.HOUSING) for n in range(10, 18)]
    rows = [decision(story.id, story.case, command, story.at) for command in commands]
    done = await _all_at_once(pool, database, rows)
    assert sorted(one.outcome for one in done) == ["conflict"] * 7 + ["ok"]
    assert await differences(pool) == []


async def test_a_connection_killed_in_the_middle_leaves_nothing_and_the_retry_writes_once(
    pool: asyncpg.Pool, database: str
) -> None:
    await ready(pool)
    story = await Story(pool, "killed").open()
    row = await _next(story)
    before = await _count(pool)
    other = await asyncpg.connect(database)
    held = other.transaction()
    await held.start()
    await other.execute("SELECT * FROM head FOR UPDATE")
    attempt = asyncio.create_task(append(pool, row))
    victim = None
    while victim is None:
        await asyncio.sleep(0.02)
        victim = await pool.fetchval(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    await other.execute("SELECT pg_terminate_backend($1)", victim)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await attempt
    await held.rollback()
    await other.close()
    assert await _count(pool) == before
    assert (await append(pool, row)).outcome == "ok"
    assert (await append(pool, row)).outcome == "ok"
    assert await _count(pool) == (2, 2, 2)
    assert await differences(pool) == []


@pytest.mark.parametrize("table", ["event", "command", "reading", "pack_version", "body", "post"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_what_is_written_cannot_be_changed(pool: asyncpg.Pool, table: str, change: str) -> None:
    await ready(pool)
    await Story(pool, "fixed").open()
    column = {"event": "at", "command": "at", "reading": "at", "pack_version": "zone"}.get(table, "doc")
    column = "role" if table == "post" else column
    with pytest.raises(asyncpg.PostgresError, match="added and never changed"):
        await pool.execute(change.format(table, column, column))


async def test_a_case_row_of_an_older_shape_is_folded_from_the_events(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "shape").open()
    await pool.execute("UPDATE case_now SET shape = 'older', doc = '{}'")
    await story.work()
    assert story.case is not None
    assert story.case.lead == small.HOUSING
    assert await differences(pool) == []


async def test_an_append_that_waits_too_long_fails_whole_and_can_be_sent_again(
    pool: asyncpg.Pool, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ready(pool)
    story = await Story(pool, "waits").open()
    row = await _next(story)
    monkeypatch.setattr("ledger.append.LOCK_TIMEOUT", "100ms")
    for lock in ("SELECT pg_advisory_lock(" + str(GATE) + ")", "SELECT * FROM head FOR UPDATE"):
        other = await asyncpg.connect(database)
        await other.execute("BEGIN; " + lock)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await append(pool, row)
        await other.close()
    assert await _count(pool) == (1, 1, 1)
    assert (await append(pool, row)).outcome == "ok"
