"""`zeren ledger` as an operator types it: keys, checkpoints, exports, and what it says when something is wrong."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest
from click.testing import CliRunner

from console.cli.doctor import _evidence
from console.cli.main import zeren
from deploy.verify import zeren_verify as alone
from ledger.evidence.checkpoints import Standing, coverage
from tests.ledger.cases import Story, ready
from tests.ledger.forging import edit, free


class Said(NamedTuple):
    """What a call ended with."""

    code: int
    json: Any
    err: str


Call = Callable[..., Coroutine[Any, Any, Said]]


@pytest.fixture
def call(database: str, tmp_path: Path) -> Call:
    """Run a command in a thread; it needs the database and no Temporal."""
    env = {
        "ZEREN_DATABASE_URL": database,
        "ZEREN_TEMPORAL_ADDRESS": "127.0.0.1:1",
        "ZEREN_KEK_FILE": str(tmp_path / "kek.json"),
        "ZEREN_EVIDENCE_KEY_FILE": str(tmp_path / "keys" / "evidence.json"),
        "ZEREN_EVIDENCE_DIR": str(tmp_path / "evidence"),
    }

    async def called(*words: str, database: bool = True) -> Said:
        given = env if database else dict.fromkeys(env, "")
        ran = await asyncio.to_thread(CliRunner().invoke, zeren, ["ledger", *words, "--json"], env=given)
        return Said(ran.exit_code, json.loads(ran.stdout) if ran.stdout else None, ran.stderr)

    return called


async def test_from_the_first_key_to_an_export_that_an_office_checks(
    call: Call, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    await ready(pool)
    first = await call("key", "--first")
    assert (first.code, first.json["made"]) == (0, True), first
    assert not (await call("key", "--first")).json["made"]
    mailed = tmp_path / "mailed.checkpoint"
    mailed.write_text((await call("checkpoint")).json["note"], encoding="utf-8")
    await (await Story(pool, "told").open()).work()
    newer = await call("checkpoint", "--since", str(mailed), "--proof", str(tmp_path / "proof"))
    assert (newer.code, newer.json["new"]) == (0, True), newer
    latest, vkeys = tmp_path / "evidence" / "latest.checkpoint", tmp_path / "evidence" / "zeren.vkey"
    consistency = [str(tmp_path / "proof"), str(mailed), str(latest), "--key", str(vkeys), "--consistency"]
    assert alone.main(consistency) == 0
    out = tmp_path / "ledger.jsonl"
    assert (await call("export", "--out", str(out))).code == 0
    assert out.stat().st_mode & 0o077 == 0
    for words in (
        ("verify", str(out)),
        ("verify", str(out), "--checkpoint", str(mailed), "--key", vkeys.read_text(encoding="utf-8")),
    ):
        said = await call(*words, database=False)
        assert said.code == 0 and said.json["ok"], said
    assert alone.main([str(out), str(latest), "--key", str(vkeys)]) == 0
    said = await call("verify", "--checkpoint", str(mailed), "--key", str(vkeys))
    assert said.code == 0 and said.json["uncovered"] == 3, said
    # And now somebody changes an event, in the database and in the file.
    async with pool.acquire() as connection:
        await free(connection)
        await edit(connection, 2)
    out.write_text(out.read_text(encoding="utf-8").replace("propose", "prepose"), encoding="utf-8")
    for words in (("verify",), ("verify", str(out))):
        said = await call(*words)
        assert said.code == 1 and said.json["findings"][0]["kind"] == "bad_leaf", said
        assert "docs/evidence.md" in said.err


async def test_a_lost_key_is_said_and_replaced_only_when_asked(
    call: Call, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    await ready(pool)
    assert (await call("key", "--new")).code == 0
    old = (await call("key")).json["keys"]
    assert (await call("key", "--new")).code == 1
    (tmp_path / "keys" / "evidence.json").unlink()
    said = await call("key", "--first")
    assert (said.code, said.json) == (0, {"keys": old, "made": False}) and "--replace-lost" in said.err
    assert (await call("checkpoint")).code == 1
    assert (await call("key", "--replace-lost")).code == 0
    new = (await call("key", "--rotate")).json["keys"]
    assert len(new) == 3 and new[0] == old[0]
    said = await call("verify")
    assert said.code == 1 and "unendorsed_key" in {one["kind"] for one in said.json["findings"]}, said
    # Who was handed the old key and the one that replaced it trusts the third, which the second endorsed.
    assert (await call("verify", "--key", new[0], "--key", new[1])).code == 0


async def test_wrong_words_are_wrong_usage_or_one_sentence(call: Call, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"\xff\xfe")
    for code, words in (
        (2, ("checkpoint", "--since", str(wrong))),
        (2, ("key", "--new", "--rotate")),
        (2, ("verify", str(tmp_path / "nowhere"))),
        (1, ("verify", "--checkpoint", str(wrong))),
        (1, ("verify", "--key", str(wrong))),
        (1, ("verify", "--key", "a+00000000+b")),
        (1, ("verify", str(wrong))),
        (1, ("key", "--rotate")),
        (1, ("checkpoint",)),
        (1, ("export", "--out", str(tmp_path / "nowhere" / "x"))),
        (1, ("export", "--out", str(tmp_path / "x"))),
    ):
        said = await call(*words)
        assert said.code == code and said.err and "unexpected" not in str(said.json), (words, said)
    assert not (tmp_path / "x").exists()


async def test_the_doctor_tells_the_age_of_the_newest_checkpoint(call: Call, pool: asyncpg.Pool) -> None:
    await ready(pool)
    assert _evidence(await coverage(pool)).ok, "nothing is recorded yet"
    await Story(pool, "recorded").open()
    none = _evidence(await coverage(pool))
    assert not none.ok and "zeren ledger key --new" in none.en
    await call("key", "--new")
    fresh = _evidence(await coverage(pool))
    assert fresh.ok and "covers 3 leaves and is 0 minutes old; 0 records" in fresh.en
    old = Standing(size=3, made_at=datetime.now(UTC) - timedelta(hours=3), leaves_after=0, waiting=0)
    assert _evidence(old).ok, "nothing was recorded since"
    late = _evidence(old.model_copy(update={"waiting": 2}))
    assert not late.ok and "180 minutes old; 2 records" in late.en
