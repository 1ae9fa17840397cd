"""The calendar files of the shipped pack: those that the command writes, and no year that nobody has announced."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from console.announced import known_years, year_file
from console.cli.main import zeren
from console.packs import PackError, read_pack
from domain.calendar import Unit
from domain.errors import BadInput
from domain.pack_check import check
from domain.worktime import WorkTime

WUCHANG = Path(__file__).parents[2] / "deploy" / "wuchang"
YEARS = (2025, 2026)


def test_the_shipped_years_are_what_the_command_writes(tmp_path: Path) -> None:
    out = tmp_path / "日历"
    told = CliRunner().invoke(
        zeren, ["pack", "calendar", "--years", "2025-2026", "--out", str(out), "--json"]
    )
    assert told.exit_code == 0
    assert len(json.loads(told.stdout)["written"]) == len(YEARS)
    for year in YEARS:
        written = (out / f"{year}.toml").read_text(encoding="utf-8")
        assert (
            written == (WUCHANG / "calendar" / f"{year}.toml").read_text(encoding="utf-8") == year_file(year)
        )


def test_a_year_that_is_not_announced_is_refused_and_not_guessed(tmp_path: Path) -> None:
    unknown = known_years()[-1] + 1
    with pytest.raises(BadInput):
        year_file(unknown)
    told = CliRunner().invoke(zeren, ["pack", "calendar", "--years", str(unknown), "--out", str(tmp_path)])
    assert (told.exit_code, list(tmp_path.iterdir())) == (1, [])
    for wrong in ("26", "2026-2025", "x", "2025-2026-2027"):
        told = CliRunner().invoke(zeren, ["pack", "calendar", "--years", wrong, "--out", str(tmp_path)])
        assert told.exit_code == 2, wrong


def test_a_file_typed_from_the_notice_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "2026.toml").write_text("year = 2026", encoding="utf-8")
    ask = ["pack", "calendar", "--years", "2025-2026", "--out", str(tmp_path)]
    assert CliRunner().invoke(zeren, ask).exit_code == 2
    assert [file.name for file in tmp_path.iterdir()] == ["2026.toml"], "nothing at all was written"
    assert CliRunner().invoke(zeren, [*ask, "--replace"]).exit_code == 0


def test_the_shipped_calendar_works_as_the_notice_says() -> None:
    pack = read_pack(WUCHANG)
    time = WorkTime(pack.calendar)
    assert (pack.calendar.years, pack.calendar.zone) == (YEARS, "Asia/Shanghai")
    for worked in ("2026-02-14", "2026-02-28", "2026-10-10", "2026-02-24"):
        assert time.works(date.fromisoformat(worked)), worked
    for free in ("2026-01-01", "2026-02-15", "2026-02-23", "2026-10-07", "2026-03-01"):
        assert not time.works(date.fromisoformat(free)), free
    units = {length.unit for limits in pack.policy.limits.values() for length in limits.values()}
    assert units == {Unit.CALENDAR_DAY, Unit.WORKING_DAY, Unit.WORKING_MINUTE}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('year = 2026\nsource = "x"\n[[holiday]]\ndate = 2027-01-01', "calendar-other-year"),
        ('year = 2026\nsource = "x"\n[[holiday]]\ndate = "New Year"', "field"),
        ('source = "x"', "key-missing"),
        ("year = 2026", "source-missing"),
    ],
)
def test_a_calendar_file_that_cannot_be_meant_is_told(tmp_path: Path, text: str, code: str) -> None:
    for name in ("pack.toml", "divisions.csv"):
        (tmp_path / name).write_bytes((WUCHANG / name).read_bytes())
    (tmp_path / "calendar").mkdir()
    (tmp_path / "calendar" / "2026.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PackError) as error:
        read_pack(tmp_path)
    assert code in {each.code for each in error.value.findings if each.where.startswith("calendar/2026")}


def test_a_pack_without_a_calendar_counts_no_working_time(tmp_path: Path) -> None:
    pack = read_pack(WUCHANG)
    bare = type(pack).model_validate({**pack.model_dump(exclude={"calendar"})})
    assert {each.code for each in check(bare)} == {"calendar-missing"}
    assert tmp_path.exists()
