"""Every forgery that we could think of, tried on a real database and on exports; the table in docs/evidence.md is theirs.

ZEREN_WRITE_TABLES=1 pytest tests/ledger/test_forgeries.py     writes the table anew
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest

from deploy.onemachine.postgres import EmbeddedPostgres
from deploy.verify import zeren_verify as alone
from ledger.evidence.checkpoints import make_checkpoint
from ledger.evidence.errors import EvidenceBroken
from ledger.evidence.export import export
from ledger.evidence.notes import read_note
from ledger.evidence.verify import Verified, verify
from ledger.pool import open_pool
from tests.databases import fresh_database
from tests.ledger.forging import (
    FILE_FORGERIES,
    FORGERIES,
    FileForgery,
    Forgery,
    Sealed,
    free,
    make_ledger,
    size_of,
)

DOCS = Path(__file__).parents[2] / "docs" / "evidence.md"
BEGIN, END = "<!-- forgeries -->", "<!-- end of forgeries -->"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLACES = (
    "bad_leaf",
    "row_gone",
    "proof",
    "without_leaf",
    "leaf_gone",
    "gap",
    "chain",
    "truncated",
    "contradicted",
)
"""What names a place comes first in a cell, the narrowest before the others."""

NOT_IN_IT = "what was forged is not in it"


class Original(NamedTuple):
    """A sealed ledger that nobody is connected to, and its export."""

    database: str
    sealed: Sealed
    lines: list[dict[str, Any]]
    folder: Path


@pytest.fixture(scope="module")
async def original(
    postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Original]:
    """The ledger that is forged, again and again in copies."""
    folder = tmp_path_factory.mktemp("evidence")
    async with fresh_database(postgres, "evidence_original", template=template) as dsn:
        pool = await open_pool(dsn)
        sealed = await make_ledger(pool, folder)
        file = await exported(pool, folder / "good.jsonl")
        await pool.close()
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        yield Original("evidence_original", sealed, lines, folder)


@pytest.fixture(scope="module")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the verifier in it, and nothing else of ours."""
    folder = tmp_path_factory.mktemp("inspection")
    shutil.copy(Path(alone.__file__), folder / "zeren_verify.py")
    return folder


async def exported(pool: asyncpg.Pool, path: Path) -> Path:
    """The export of a ledger, with its checkpoint beside it."""
    with path.open("wb") as file:
        done = await export(pool, file.write)
    path.with_name(f"{path.name}.checkpoint").write_text(done.note, encoding="utf-8")
    return path


def alone_in(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run the copy there; it can import the standard library and what is installed, and nothing of ours."""
    command = [sys.executable, "-I", "zeren_verify.py", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, env={})


def judged(folder: Path, export_: Path, *checkpoints: Path) -> tuple[bool, dict[str, Any]]:
    """What the copy in the empty folder says, run by itself; it must be what `zeren ledger verify FILE` says."""
    ours = alone.verify(export_, checkpoints)
    ran = alone_in(folder, str(export_), *map(str, checkpoints), "--json")
    told = json.loads(ran.stdout)
    assert (ran.returncode == 0) == told["ok"] == ours.ok, ran.stderr
    assert told == json.loads(json.dumps(alone.document(ours)))
    return told["ok"], told


def in_words(findings: list[dict[str, Any]], uncovered: int) -> str:
    """A cell of the table: the first place, what else was found, or how much is not covered."""
    if not findings:
        return (
            f"**not covered**: {uncovered} events"
            if uncovered
            else "**not covered**: what was cut off left no trace"
        )
    first = min(
        findings, key=lambda one: _PLACES.index(one["kind"]) if one["kind"] in _PLACES else len(_PLACES)
    )
    others = sorted({one["kind"] for one in findings} - {first["kind"]})
    more = f" (also: {', '.join(others).replace('_', ' ')})" if others else ""
    return _UUID.sub(lambda found: found[0][:8], f"{first['en']}{more}")


# ---------------------------------------------------------------- what was not forged


async def test_what_nobody_forged_is_well(
    original: Original, postgres: EmbeddedPostgres, empty_folder: Path
) -> None:
    good = original.folder / "good.jsonl"
    beside = good.with_name("good.jsonl.checkpoint")
    for checkpoints in ([beside], [original.sealed.mailed, beside]):
        ok, told = judged(empty_folder, good, *checkpoints)
        assert ok and len(told["checkpoints"]) == len(checkpoints), told
    after = sum(line["entry"]["kind"] == "event" for line in original.lines[size_of(beside) :])
    assert told["uncovered"] == after > 0
    shutil.copy(good, empty_folder)
    shutil.copy(beside, empty_folder)
    assert "all is well" in alone_in(empty_folder, "good.jsonl").stdout.decode()
    copied = postgres.dsn(original.database)
    pool = await open_pool(copied)
    note = read_note(original.sealed.mailed.read_text(encoding="utf-8"))
    found = await verify(pool, [note], batch=7)
    await pool.close()
    assert found.ok and found.checkpoints == 3, found
    assert found.outside == size_of(original.sealed.mailed)
    assert found.waiting == 2  # what was recorded after the last sequencing: a resolution and its answer
    assert (
        found.uncovered
        == sum(line["entry"]["kind"] == "event" for line in original.lines[found.outside :]) + 1
    )


def test_lines_that_were_cut_out_stand_by_their_proofs(original: Original, tmp_path: Path) -> None:
    beside = original.folder / "good.jsonl.checkpoint"
    wanted = [line for line in original.lines if line["proof"] is not None][3:9:2]
    keys = [alone.read_key(original.lines[0]["entry"]["vkey"])]
    part = tmp_path / "part.jsonl"
    part.write_text("\n".join(json.dumps(line) for line in wanted), encoding="utf-8")
    assert alone.verify(part, [beside], keys, part=True).ok
    wanted[1] = {**wanted[1], "index": wanted[1]["index"] + 1}
    part.write_text("\n".join(json.dumps(line) for line in wanted), encoding="utf-8")
    report = alone.verify(part, [beside], keys, part=True)
    assert [one.kind for one in report.findings] == ["unproven"]


# ---------------------------------------------------------------- what was


async def on_a_copy(
    original: Original, postgres: EmbeddedPostgres, forgery: Forgery, number: int, folder: Path
) -> tuple[Verified, Verified, Path | None]:
    """Forge a copy; what verifying says with and without the mailed checkpoint; its export, where it can be made."""
    async with fresh_database(postgres, f"forged_{number}", template=original.database) as dsn:
        pool = await open_pool(dsn)
        try:
            async with pool.acquire() as connection, connection.transaction():
                await free(connection)
                await forgery.forge(connection, original.sealed)
            if forgery.seals:
                await make_checkpoint(pool, original.sealed.signing(), None)
            note = read_note(original.sealed.mailed.read_text(encoding="utf-8"))
            found, alone_ = await verify(pool, [note]), await verify(pool)
            try:
                file = await exported(pool, folder / f"{number}.jsonl")
            except EvidenceBroken:
                file = None
            return found, alone_, file
        finally:
            await pool.close()


async def test_every_forgery_is_found_and_named_or_told_as_not_covered(
    original: Original, postgres: EmbeddedPostgres, empty_folder: Path, tmp_path: Path
) -> None:
    rows = [
        "| what was done | and made anew | the database, with the mailed checkpoint | without it | its export |"
    ]
    rows += ["| --- | --- | --- | --- | --- |"]
    for number, forgery in enumerate(FORGERIES):
        found, unaided, file = await on_a_copy(original, postgres, forgery, number, tmp_path)
        covered = "after the mailed" not in forgery.name
        assert found.ok == (not covered), (forgery.name, forgery.also, found)
        cell = "cannot be made: it is not whole"
        if file is not None:
            ok, told = judged(empty_folder, file, original.sealed.mailed)
            assert ok == (found.ok or not forgery.exported), (forgery.name, told)
            cell = in_words(told["findings"], told["uncovered"]) if ok == found.ok else NOT_IN_IT
        rows.append(f"| {forgery.name} | {forgery.also} | {_said(found)} | {_said(unaided)} | {cell} |")
    rows += ["", "| what was done to an export | found |", "| --- | --- |"]
    for number, forgery in enumerate(FILE_FORGERIES):
        ok, told = _on_a_file(original, forgery, tmp_path / f"file-{number}.jsonl", empty_folder)
        assert ok == ("after the checkpoint" in forgery.name), (forgery.name, told)
        rows.append(f"| {forgery.name} | {in_words(told['findings'], told['uncovered'])} |")
    _kept("\n".join(rows))


def _said(found: Verified) -> str:
    return in_words([one.model_dump() for one in found.findings], found.uncovered)


def _on_a_file(
    original: Original, forgery: FileForgery, path: Path, folder: Path
) -> tuple[bool, dict[str, Any]]:
    beside = original.folder / "good.jsonl.checkpoint"
    lines = forgery.forge(json.loads(json.dumps(original.lines)), size_of(beside))
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return judged(folder, path, beside)


def _kept(table: str) -> None:
    """The table of the docs is the one that was just made."""
    told = DOCS.read_text(encoding="utf-8")
    before, _, rest = told.partition(BEGIN)
    kept, _, after = rest.partition(END)
    if os.environ.get("ZEREN_WRITE_TABLES"):
        DOCS.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
        return
    assert kept.strip() == table, "the table of forgeries has changed; see this file's first lines"


@pytest.mark.parametrize(
    "line",
    [
        '{"entry":',
        '{"entry":{},"index":0,"leaf":"zz","proof":null,"size":null}',
        '{"entry":{"kind":"event","version":"x"},"index":0,"leaf":"00","proof":null,"size":null}',
        '{"entry":{"kind":"key","kind":"event"},"index":0,"leaf":"00","proof":null,"size":null}',
        '{"entry":{"a":123456789012345678901234567890,"version":1},"index":0,"leaf":"00","proof":null,"size":null}',
        '{"entry":{"a":NaN},"index":0,"leaf":"00","proof":null,"size":null}',
        '{"entry":"\\ud800","index":0,"leaf":"00","proof":null,"size":null}',
        '{"entry":{"kind":"key","vkey":"x"},"index":0,"leaf":"00","proof":[],"size":[]}',
        '{"entry":{"kind":"key","ordinal":{}},"index":0,"leaf":"00","proof":null,"size":null}',
        '{"entry":{"kind":"event","version":1e999},"index":0,"leaf":"00","proof":null,"size":null}',
        '{"entry":{"a":' + "[" * 800 + "]" * 800 + '},"index":0,"leaf":"00","proof":null,"size":null}',
        "[" * 5000,
    ],
)
def test_a_line_that_is_none_is_told_and_never_a_traceback(
    original: Original, tmp_path: Path, line: str
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(f"{line}\n", encoding="utf-8")
    report = alone.verify(path, [original.sealed.mailed])
    assert not report.ok and report.findings
