"""The sequencer, the keys and the checkpoints over a real ledger: nothing is left out, and nobody signs for another."""

import asyncio
import json
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import asyncpg
import pytest

from deploy.verify import zeren_verify as alone
from ledger.evidence.checkpoints import LATEST, consistency, coverage, make_checkpoint
from ledger.evidence.errors import EvidenceBroken, SigningKeyRefused
from ledger.evidence.keys import SigningKeys, create_signing_keys, rotate_signing_keys, told_keys
from ledger.evidence.notes import read_note
from ledger.evidence.sequence import begin, sequence
from ledger.evidence.verify import verify
from ledger.pool import migrate, open_pool
from tests.ledger.cases import Story, mixed, ready
from tests.ledger.forging import free, look
from tests.ledger.test_forgeries import exported


def keys_in(folder: Path, name: str = "evidence.json", **more: str) -> SigningKeys:
    """New keys in a file."""
    create_signing_keys(folder / name, **more)
    return SigningKeys.from_file(folder / name)


async def test_every_row_gets_one_leaf_while_cases_and_readings_go_on(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    await ready(pool)
    keys = keys_in(tmp_path)
    await begin(pool, keys)
    stories = [await Story(pool, f"busy-{number}").open() for number in range(6)]
    going = True

    async def lives(story: Story) -> None:
        await story.work()
        for _ in range(4):
            await look(pool, story)
        await story.resolve()

    async def seals() -> int:
        done = 0
        while going:
            done += await sequence(pool, batch=3)
            await asyncio.sleep(0)
        return done

    sealing = [asyncio.create_task(seals()) for _ in range(2)]
    await asyncio.gather(*map(lives, stories))
    going = False
    done = sum(await asyncio.gather(*sealing)) + await sequence(pool, batch=3)
    await make_checkpoint(pool, keys, None)
    rows = await pool.fetchval(
        "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM command) + (SELECT count(*) FROM reading) + 1"
    )
    assert done == rows
    found = await verify(pool, batch=5)
    assert found.ok, found
    assert (found.leaves, found.waiting) == (rows, 0)


async def test_a_ledger_from_before_the_tree_is_hashed_from_its_first_row(
    bare_database: str, tmp_path: Path
) -> None:
    older, scripts = tmp_path / "sql", sorted(entry.name for entry in (files("ledger") / "sql").iterdir())
    older.mkdir()
    for name in scripts[: scripts.index(next(name for name in scripts if name.endswith("_evidence.sql")))]:
        text = (files("ledger") / "sql" / name).read_text(encoding="utf-8")
        (older / name).write_text(text, encoding="utf-8")
    await migrate(bare_database, older)
    pool = await open_pool(bare_database)
    try:
        read = (
            "INSERT INTO reading (case_id, personal, reader, fields, reason)"
            " VALUES (gen_random_uuid(), gen_random_uuid(), '{}', '{text}', 'test') RETURNING position"
        )
        before = [await pool.fetchval(read) for _ in range(3)]
        await migrate(bare_database)
        assert await pool.fetchval(read) == before[-1] + 1
        await ready(pool)
        await mixed(pool)
        assert (await coverage(pool)).made_at is None
        made = await make_checkpoint(pool, keys_in(tmp_path), None)
        found = await verify(pool)
        assert found.ok and found.leaves == made.checkpoint.size and found.waiting == 0, found
        assert await pool.fetchval("SELECT count(*) FROM leaf WHERE kind = 'reading'") == 4
    finally:
        await pool.close()


async def test_keys_are_handed_over_and_old_checkpoints_stay_good(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await ready(pool)
    keys, folder = keys_in(tmp_path), tmp_path / "out"
    await Story(pool, "first").open()
    first = await make_checkpoint(pool, keys, folder)
    assert not (await make_checkpoint(pool, keys, folder)).new
    rotated = rotate_signing_keys(tmp_path / "evidence.json")
    assert rotated.keys[0].public == keys.current.public and len(rotated.keys) == 2
    second = await make_checkpoint(pool, rotated, folder)
    assert second.new, "the handing over is a leaf"
    notes = [read_note(made.note) for made in (first, second)]
    told = await told_keys(pool)
    assert [key.encoded() for key in told] == (folder / "zeren.vkey").read_text(encoding="utf-8").split()
    assert (folder / LATEST).read_text(encoding="utf-8") == second.note
    for given, kept in (([], notes), (told[:1], notes), (told, notes), (told[1:], notes[1:])):
        found = await verify(pool, kept, given)
        assert found.ok and found.outside == second.checkpoint.size, found
    assert not (await verify(pool, notes, told[1:])).ok, (
        "who trusts the second key alone takes nothing from the first"
    )
    export = await exported(pool, tmp_path / "ledger.jsonl")
    report = alone.verify(export, [tmp_path / "ledger.jsonl.checkpoint"], [alone.read_key(told[0].encoded())])
    assert report.ok and len(report.keys) == 3, report.findings
    # The earlier checkpoint and the proof are enough to see that the later one extends it.
    size = second.checkpoint.size
    proof = await consistency(pool, first.checkpoint.size, size)
    for name, made in (("old", first), ("new", second)):
        (tmp_path / name).write_text(made.note, encoding="utf-8")
    (tmp_path / "proof").write_text(json.dumps({"proof": [one.hex() for one in proof]}), encoding="utf-8")
    both = [alone.read_key(key.encoded()) for key in told]
    assert alone.consistent(tmp_path / "proof", tmp_path / "old", tmp_path / "new", both)
    assert not alone.consistent(tmp_path / "proof", tmp_path / "new", tmp_path / "old", both)
    assert not alone.consistent(tmp_path / "proof", tmp_path / "old", tmp_path / "new", both[1:])
    with pytest.raises(EvidenceBroken):
        await consistency(pool, first.checkpoint.size, size + 1)


async def test_another_ledgers_key_and_a_lost_one_sign_nothing_by_themselves(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    await ready(pool)
    keys = keys_in(tmp_path)
    await make_checkpoint(pool, keys, None)
    with pytest.raises(SigningKeyRefused):
        await make_checkpoint(pool, keys_in(tmp_path, "stranger.json"), None)
    anew = keys_in(tmp_path, "anew.json", origin=keys.origin)
    with pytest.raises(SigningKeyRefused):
        await make_checkpoint(pool, anew, None)
    await Story(pool, "later").open()
    made = await make_checkpoint(pool, anew, None, lost=True)
    found = await verify(pool)
    assert {one.kind for one in found.findings} == {"unendorsed_key", "checkpoint"}
    given = [key.public for key in (keys.current, anew.current)]
    assert (await verify(pool, [read_note(made.note)], given)).ok


async def test_the_key_file_is_for_its_owner_and_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    keys = keys_in(tmp_path)
    assert "seed" not in repr(keys) and repr(keys.current) == f"SigningKey({keys.origin})"
    with pytest.raises(FileExistsError):
        create_signing_keys(path)
    path.chmod(0o644)
    with pytest.raises(SigningKeyRefused, match="chmod 600"):
        SigningKeys.from_file(path)
    path.chmod(0o600)
    for wrong in ("", "[]", "{}", path.read_text(encoding="utf-8").replace("sha256", "md5")):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(SigningKeyRefused):
            SigningKeys.from_file(path)


async def test_sm3_is_a_suite_like_the_other(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await ready(pool)
    await Story(pool, "sm3").open()
    keys = keys_in(tmp_path, suite="sm3-ed25519")
    made = await make_checkpoint(pool, keys, None)
    assert "\nsuite sm3-ed25519\n" in made.note
    assert (await verify(pool, [read_note(made.note)])).ok
    export = await exported(pool, tmp_path / "ledger.jsonl")
    assert alone.verify(export, [tmp_path / "ledger.jsonl.checkpoint"]).ok


async def test_what_was_sealed_is_not_changed_by_mistake(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await ready(pool)
    await make_checkpoint(pool, keys_in(tmp_path), None)
    for table, change in (
        ("leaf", "hash = '\\x00'"),
        ("checkpoint", "note = ''"),
        ("signing_key", "vkey = ''"),
    ):
        change_ = f"UPDATE {table} SET {change}"  # noqa: S608 - our own names
        for statement in (change_, f"DELETE FROM {table}", f"TRUNCATE {table}"):  # noqa: S608 - our own names
            with pytest.raises(asyncpg.RestrictViolationError):
                await pool.execute(statement)
    with pytest.raises(asyncpg.RestrictViolationError):
        await pool.execute("DELETE FROM tree")


async def test_numbers_that_canonical_json_cannot_hold_are_a_bad_leaf(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    await ready(pool)
    await Story(pool, "numbers").open()
    await make_checkpoint(pool, keys_in(tmp_path), None)
    async with pool.acquire() as connection:
        await free(connection)
        for number in ("1e400", "123456789012345678901234567890", "0.1"):
            await connection.execute(
                "UPDATE event SET body = jsonb_set(body, '{x}', to_jsonb($1::numeric)) WHERE position = 1",
                Decimal(number),
            )
            found = await verify(pool)
            assert [(one.kind, one.index) for one in found.findings] == [("bad_leaf", 1)], found
