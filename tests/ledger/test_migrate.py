"""Migrations: each once, in order, one process at a time; what was applied must not change."""

import asyncio
from importlib.resources import files
from pathlib import Path

import asyncpg
import pytest

from ledger.errors import MigrationRefused
from ledger.pool import migrate


def _folder(tmp_path: Path, **scripts: str) -> Path:
    for name, text in scripts.items():
        (tmp_path / f"{name.removeprefix('_')}.sql").write_text(text)
    return tmp_path


async def test_a_second_run_has_nothing_to_do(bare_database: str) -> None:
    names = sorted(entry.name for entry in (files("ledger") / "sql").iterdir() if entry.name.endswith(".sql"))
    assert await migrate(bare_database) == names
    assert await migrate(bare_database) == []


async def test_many_processes_at_once_apply_each_file_once(bare_database: str) -> None:
    applied = await asyncio.gather(*(migrate(bare_database) for _ in range(4)))
    assert sorted(len(names) for names in applied) == [0, 0, 0, 7]


async def test_a_changed_file_is_refused(bare_database: str, tmp_path: Path) -> None:
    folder = _folder(tmp_path, _0001_a="CREATE TABLE a (x int)")
    assert await migrate(bare_database, folder) == ["0001_a.sql"]
    _folder(tmp_path, _0001_a="CREATE TABLE a (x bigint)")
    with pytest.raises(MigrationRefused, match="has changed"):
        await migrate(bare_database, folder)


async def test_a_database_that_is_newer_than_the_code_is_refused(bare_database: str, tmp_path: Path) -> None:
    folder = _folder(tmp_path, _0001_a="CREATE TABLE a (x int)", _0002_b="CREATE TABLE b (x int)")
    await migrate(bare_database, folder)
    (folder / "0002_b.sql").unlink()
    with pytest.raises(MigrationRefused, match="0002_b"):
        await migrate(bare_database, folder)


async def test_a_file_slipped_in_before_the_newest_is_refused(bare_database: str, tmp_path: Path) -> None:
    folder = _folder(tmp_path, _0002_b="CREATE TABLE b (x int)")
    await migrate(bare_database, folder)
    with pytest.raises(MigrationRefused, match="higher number"):
        await migrate(bare_database, _folder(tmp_path, _0001_a="CREATE TABLE a (x int)"))


async def test_a_file_that_fails_leaves_nothing_of_itself(bare_database: str, tmp_path: Path) -> None:
    folder = _folder(
        tmp_path, _0001_a="CREATE TABLE a (x int)", _0002_b="CREATE TABLE b (x int); SELECT 1 / 0"
    )
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(bare_database, folder)
    _folder(tmp_path, _0002_b="CREATE TABLE b (x int)")
    assert await migrate(bare_database, folder) == ["0002_b.sql"]
