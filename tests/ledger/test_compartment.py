"""The compartment: ciphertext alone, under the command's id, bound to its place; and nobody reads without a record."""

import asyncio
import hashlib
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from domain import commands as c
from domain.errors import BadInput, CommandReused, CompartmentMissing
from domain.numbers import case_id
from domain.personal import PersonalRef
from ledger.append import append
from ledger.compartment import Reading, put, readings, reveal, sweep
from ledger.errors import CompartmentBroken
from ledger.keys import Keyring
from tests import small
from tests.ledger.cases import KEYRING, Story, decision, ready

PLANTED = {"text": "PLANTED-王小明漏水", "name": "PLANTED-王小明", "phone": "PLANTED-13900000000"}
CASE = case_id("compartment:1")


def _reading(ref: PersonalRef, *fields: str, case: UUID = CASE) -> Reading:
    return Reading(
        reader=small.CLERK, case=case, personal=ref.id, fields=fields or tuple(PLANTED), reason="show_case"
    )


async def test_what_goes_in_comes_out_once_the_reading_is_on_record(pool: asyncpg.Pool) -> None:
    ref = await put(pool, KEYRING, CASE, "a", PLANTED)
    assert ref.fields == ("name", "phone", "text")
    assert await reveal(pool, KEYRING, _reading(ref)) == PLANTED
    assert await reveal(pool, KEYRING, _reading(ref, "name", "address")) == {"name": PLANTED["name"]}
    first, second = await readings(pool, CASE)
    assert (first.reader.person, first.personal, first.fields) == (
        "clerk-1",
        ref.id,
        ("text", "name", "phone"),
    )
    assert second.fields == ("name", "address")
    assert first.at <= second.at


async def test_a_reading_that_cannot_be_recorded_releases_nothing(pool: asyncpg.Pool) -> None:
    ref = await put(pool, KEYRING, CASE, "a", PLANTED)
    await pool.execute("ALTER TABLE reading ADD CHECK (reason <> 'show_case') NOT VALID")
    with pytest.raises(asyncpg.CheckViolationError):
        await reveal(pool, KEYRING, _reading(ref))


async def test_a_reading_that_found_nothing_is_on_record_too(pool: asyncpg.Pool) -> None:
    ref = await put(pool, KEYRING, CASE, "a", PLANTED)
    with pytest.raises(CompartmentMissing):
        await reveal(pool, KEYRING, _reading(ref, case=case_id("another:1")))
    assert len(await readings(pool, case_id("another:1"))) == 1


async def test_the_same_words_under_the_same_command_get_the_same_row(pool: asyncpg.Pool) -> None:
    refs = await asyncio.gather(*(put(pool, KEYRING, CASE, "a", PLANTED) for _ in range(8)))
    assert len(set(refs)) == 1
    assert await pool.fetchval("SELECT count(*) FROM compartment") == 1
    assert await pool.fetchval("SELECT count(*) FROM case_key") == 1


async def test_other_words_under_the_same_command_are_refused(pool: asyncpg.Pool) -> None:
    ref = await put(pool, KEYRING, CASE, "a", PLANTED)
    with pytest.raises(CommandReused):
        await put(pool, KEYRING, CASE, "a", {**PLANTED, "phone": "other"})
    with pytest.raises(CommandReused):
        await put(pool, KEYRING, CASE, "a", {"text": PLANTED["text"]})
    assert await reveal(pool, KEYRING, _reading(ref)) == PLANTED


async def test_equal_words_leave_no_equal_trace_in_another_case_or_command(pool: asyncpg.Pool) -> None:
    one = await put(pool, KEYRING, CASE, "a", PLANTED)
    other_case = await put(pool, KEYRING, case_id("another:1"), "a", PLANTED)
    other_command = await put(pool, KEYRING, CASE, "b", PLANTED)
    assert len({one.digest, other_case.digest, other_command.digest}) == 3
    assert one.mac != other_case.mac


@pytest.mark.parametrize("fields", [{}, {"password": "x"}, {"text": "\ud800"}])
async def test_what_has_no_place_or_is_no_text_is_refused_in_one_sentence(
    pool: asyncpg.Pool, fields: dict[str, str]
) -> None:
    with pytest.raises(BadInput):
        await put(pool, KEYRING, CASE, "a", fields)
    assert await pool.fetchval("SELECT count(*) FROM compartment") == 0


async def test_nul_bytes_and_long_texts_survive(pool: asyncpg.Pool) -> None:
    fields = {"text": "前\0后" + "长" * 100_000, "note": ""}
    ref = await put(pool, KEYRING, CASE, "a", fields)
    assert await reveal(pool, KEYRING, _reading(ref, "text", "note")) == fields


async def test_no_table_holds_the_plain_text(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "planted").open()
    await story.later(1).say(c.Propose, small.CLERK, to=small.HOUSING)
    await story.later(1).say(
        c.Object,
        small.HOUSING_WORKER,
        text={"ground": PLANTED["text"]},
        reason="not_our_duty",
        proposed_owner=small.CIVIL_AFFAIRS,
    )
    await put(pool, KEYRING, CASE, "a", PLANTED)
    tables = await pool.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    assert len(tables) >= 16
    for table in tables:
        rows = await pool.fetch(f'SELECT t::text AS line FROM "{table["relname"]}" t')  # noqa: S608
        for row in rows:
            line = row["line"]
            assert "PLANTED" not in line, table["relname"]
            assert "王小明" not in line, table["relname"]
            assert b"PLANTED".hex() not in line, table["relname"]
            assert "王小明".encode().hex() not in line, table["relname"]
            assert f"text of {story.name}" not in line, table["relname"]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE compartment SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)",
        "UPDATE compartment SET sealed = substr(sealed, 1, 20)",
        "UPDATE compartment SET sealed = ''",
        "UPDATE compartment SET command_id = 'b'",
        "UPDATE case_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1)",
        "UPDATE case_key SET kek = 'lost'",
    ],
)
async def test_what_was_changed_or_moved_does_not_open(pool: asyncpg.Pool, damage: str) -> None:
    ref = await put(pool, KEYRING, CASE, "a", PLANTED)
    await pool.execute(damage)
    with pytest.raises(CompartmentBroken):
        await reveal(pool, KEYRING, _reading(ref))


async def test_a_key_moved_to_another_case_does_not_open(pool: asyncpg.Pool) -> None:
    other = case_id("another:1")
    await put(pool, KEYRING, CASE, "a", PLANTED)
    ref = await put(pool, KEYRING, other, "a", PLANTED)
    await pool.execute(
        "UPDATE case_key SET wrapped = (SELECT wrapped FROM case_key WHERE case_id = $1) WHERE case_id = $2",
        CASE,
        other,
    )
    with pytest.raises(CompartmentBroken):
        await reveal(pool, KEYRING, _reading(ref, case=other))


async def test_data_wrapped_by_an_earlier_key_still_open_after_a_rotation(pool: asyncpg.Pool) -> None:
    old, new = bytes(32), bytes([1] * 32)
    before = Keyring("old", {"old": old})
    after = Keyring("new", {"old": old, "new": new})
    ref = await put(pool, before, CASE, "a", PLANTED)
    assert await reveal(pool, after, _reading(ref)) == PLANTED
    later = await put(pool, after, case_id("later:1"), "a", PLANTED)
    assert await pool.fetchval("SELECT kek FROM case_key WHERE case_id = $1", case_id("later:1")) == "new"
    with pytest.raises(CompartmentBroken):
        await reveal(pool, before, _reading(later, case=case_id("later:1")))


# ---------------------------------------------------------------- with the append


async def test_the_append_refuses_a_reference_to_what_does_not_stand(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = Story(pool, "missing")
    command, ref = await story.texts(text="x")
    other = case_id("another:1")
    stranger = await put(pool, KEYRING, other, command, {"text": "x"})
    wrong = [
        ref.model_copy(update={"id": uuid4()}),
        ref.model_copy(update={"digest": hashlib.sha256(b"").hexdigest()}),
        ref.model_copy(update={"mac": hashlib.sha256(b"").hexdigest()}),
        ref.model_copy(update={"fields": ("text", "name")}),
        stranger,
    ]
    for personal in wrong:
        register = c.Register(id=command, actor=small.CLERK, number="2222-2222", personal=personal)
        done = await append(pool, decision(story.id, None, register, story.at))
        assert done.outcome == "compartment_missing"
    register = c.Register(id=command, actor=small.CLERK, number="2222-2222", personal=ref)
    assert (await append(pool, decision(story.id, None, register, story.at))).outcome == "ok"


async def test_the_append_refuses_a_row_that_belongs_to_another_command(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = Story(pool, "borrowed")
    ref = await put(pool, KEYRING, story.id, "somebody-else", {"text": "x"})
    register = c.Register(id="borrowed:1", actor=small.CLERK, number="2222-2222", personal=ref)
    assert (await append(pool, decision(story.id, None, register, story.at))).outcome == "compartment_missing"


async def test_the_sweep_takes_old_rows_that_no_command_refers_to(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "kept").open()
    refused = Story(pool, "refused")
    await refused.say(c.Register, small.HOUSING_WORKER, number="2222-2222")
    await put(pool, KEYRING, CASE, "never-sent", PLANTED)
    assert await sweep(pool, timedelta(hours=1)) == 0
    await pool.execute("UPDATE compartment SET written_at = written_at - interval '2 hours'")
    young = await put(pool, KEYRING, CASE, "young", PLANTED)
    assert await sweep(pool, timedelta(hours=1)) == 1
    left = {row["id"] for row in await pool.fetch("SELECT id FROM compartment")}
    kept = {row.personal.id for row in (*story.appends, *refused.appends) if row.personal}
    assert left == kept | {young.id}


async def test_a_sweep_and_an_append_at_once_never_leave_a_reference_to_nothing(pool: asyncpg.Pool) -> None:
    await ready(pool)
    for number in range(8):
        story = Story(pool, f"race-{number}")
        command, ref = await story.texts(text="x")
        register = c.Register(id=command, actor=small.CLERK, number=f"2222-222{number}", personal=ref)
        row = decision(story.id, None, register, story.at)
        done, _ = await asyncio.gather(append(pool, row), sweep(pool, timedelta()))
        assert done.outcome in {"ok", "compartment_missing"}
        if done.outcome == "compartment_missing":
            assert (await put(pool, KEYRING, story.id, command, {"text": "x"})).mac == ref.mac
    dangling = await pool.fetchval(
        "SELECT count(*) FROM command c WHERE personal IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM compartment WHERE id = c.personal)"
    )
    assert dangling == 0
