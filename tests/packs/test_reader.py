"""What cannot be read is told with its file and its row."""

import shutil
from pathlib import Path

import pytest

from console.packs import PackError, read_pack
from domain.pack_check import check
from domain.pack_findings import Finding

TRIAGE = 'triage = { working_hours = 4, source = "illustrative" }'
WUCHANG = Path(__file__).parents[2] / "deploy" / "wuchang"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped pack, with spaces and Chinese in its path."""
    copy = tmp_path / "数据 包"
    shutil.copytree(WUCHANG, copy)
    return copy


def refused(folder: Path) -> list[Finding]:
    with pytest.raises(PackError) as error:
        read_pack(folder)
    return list(error.value.findings)


def replace(file: Path, old: str, new: str, count: int = 1) -> int:
    """Replaces text in a file; answers the line on which the text stood."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, count), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def head(file: Path, key: str, before: int) -> int:
    """The line of the last ``[[key]]`` at or above a line."""
    lines = file.read_text(encoding="utf-8").split("\n")
    return max(at for at, line in enumerate(lines[:before], 1) if line == f"[[{key}]]")


def test_a_pack_reads_the_same_wherever_it_lies(folder: Path) -> None:
    assert read_pack(folder) == read_pack(WUCHANG)


def test_a_pack_saved_on_another_system_reads_the_same(folder: Path) -> None:
    for file in folder.rglob("*.*"):
        mark = b"\xef\xbb\xbf" if file.suffix == ".csv" else b""
        file.write_bytes(mark + file.read_bytes().replace(b"\n", b"\r\n"))
    assert read_pack(folder) == read_pack(WUCHANG)


@pytest.mark.parametrize(
    "name", ["pack.toml", "divisions.csv", "petition_scheme.csv", "policy.toml", "people.toml"]
)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert ("file-missing", name) in {(found.code, found.where) for found in refused(folder)}


def test_a_missing_folder_is_named(folder: Path) -> None:
    shutil.rmtree(folder / "matters")
    assert [found.where for found in refused(folder)] == ["matters/*.toml"]
    assert refused(folder / "nowhere")


def test_a_wrong_encoding_is_refused(folder: Path) -> None:
    file = folder / "people.toml"
    file.write_bytes(file.read_text(encoding="utf-8").encode("gb18030"))
    assert [(found.code, found.where) for found in refused(folder)] == [("file-encoding", "people.toml")]


def test_broken_toml_is_refused_with_its_line(folder: Path) -> None:
    (folder / "dispatch.toml").write_text('[[dispatch]]\nlevel = "district\n', encoding="utf-8")
    (found,) = refused(folder)
    assert (found.code, found.where) == ("toml", "dispatch.toml")
    assert "line 2" in found.en


def test_a_broken_row_of_a_csv_is_named(folder: Path) -> None:
    line = replace(
        folder / "divisions.csv", "420106001007,沙湖社区居委会,community,420106001", "420106001007,沙湖"
    )
    found = refused(folder)[0]
    assert (found.code, found.where) == ("csv-row", f"divisions.csv:{line}")


def test_a_wrong_kind_in_a_csv_is_named(folder: Path) -> None:
    line = replace(folder / "divisions.csv", "沙湖社区居委会,community", "沙湖社区居委会,hamlet")
    found = refused(folder)[0]
    assert (found.code, found.where) == ("field", f"divisions.csv:{line}")
    assert "level" in found.en


def test_a_wrong_header_is_refused(folder: Path) -> None:
    replace(folder / "petition_scheme.csv", "level1,level2,level3", "a,b,c")
    assert refused(folder)[0].where == "petition_scheme.csv:1"


def test_an_unknown_scheme_is_named_with_its_row(folder: Path) -> None:
    file = folder / "matters" / "pushed_down.toml"
    line = replace(file, '"城镇低保"', '"乡镇低保"')
    (found,) = refused(folder)
    assert (found.code, found.where) == (
        "scheme-unknown",
        f"matters/pushed_down.toml:{head(file, 'matter', line)}",
    )
    assert "乡镇低保" in found.zh


def test_a_matter_without_a_lead_is_named_with_its_row(folder: Path) -> None:
    file = folder / "matters" / "eight_haves.toml"
    line = replace(file, "lead = {", "# lead = {")
    (found,) = refused(folder)
    assert (found.code, found.where) == ("field", f"matters/eight_haves.toml:{head(file, 'matter', line)}")
    assert "lead" in found.en


def test_an_unknown_field_is_named(folder: Path) -> None:
    file = folder / "people.toml"
    line = replace(file, 'name = "周岚"', 'name = "周岚"\nphone = "1"')
    (found,) = refused(folder)
    assert (found.code, found.where) == ("field", f"people.toml:{head(file, 'person', line)}")
    assert "phone" in found.en
    assert "周岚" not in found.zh + found.en


def test_a_date_without_an_offset_is_refused(folder: Path) -> None:
    replace(folder / "people.toml", "2024-07-01T00:00:00+08:00", "2024-07-01T00:00:00")
    (found,) = refused(folder)
    assert "offset" in found.en


@pytest.mark.parametrize(
    ("name", "old", "new", "field"),
    [
        ("policy.toml", TRIAGE, "triage = 4", "limits.hotline.triage"),
        ("policy.toml", TRIAGE, "triage = { working_hours = 4 }", "limits.hotline.triage"),
        ("policy.toml", TRIAGE, 'triage = { working_hours = 4, source = "" }', "limits.hotline.triage"),
        (
            "matters/market_and_safety.toml",
            '{ hours = 168, source = "illustrative" }',
            "168",
            "limits.resolve",
        ),
        ("people.toml", 'source = "invented"', "", "wuchang-clerk-1"),
        ("dispatch.toml", 'source = "illustrative: one', '# "', "{code}.dispatch"),
    ],
)
def test_nothing_stands_without_a_source(folder: Path, name: str, old: str, new: str, field: str) -> None:
    replace(folder / name, old, new)
    found = refused(folder)[0]
    assert found.code == "source-missing"
    assert found.where.startswith(name)
    assert field in found.en


def test_a_template_is_told_once_and_not_for_every_place(folder: Path) -> None:
    file = folder / "bodies" / "community.toml"
    line = replace(file, "党员群众服务中心", "{building}服务中心")
    (found,) = refused(folder)
    assert (found.code, found.where) == (
        "hole-unknown",
        f"bodies/community.toml:{head(file, 'template', line)}",
    )


def test_a_template_that_fits_nowhere_is_told(folder: Path) -> None:
    replace(folder / "bodies" / "street.toml", 'where = "[镇乡]$"', 'where = "旗$"')
    assert [found.code for found in refused(folder)] == ["template-empty"]


def test_a_broken_pattern_is_told(folder: Path) -> None:
    replace(folder / "bodies" / "street.toml", 'where = "[镇乡]$"', 'where = "[镇乡$"')
    assert "pattern" in {found.code for found in refused(folder)}


def test_an_unknown_key_of_a_file_is_told(folder: Path) -> None:
    replace(folder / "dispatch.toml", "[[dispatch]]", "[[dispatches]]")
    assert "key-unknown" in {found.code for found in refused(folder)}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("pack.toml", "valid_from = 2023-01-01T00:00:00+08:00", "valid_from = 3"),
        ("pack.toml", 'zone = "Asia/Shanghai"', "zone = 8"),
        ("people.toml", 'posts = [{ body = "420106.dispatch", role = "clerk" }]', "posts = 3"),
        ("people.toml", 'posts = [{ body = "420106.dispatch", role = "clerk" }]', 'posts = ["clerk"]'),
        ("policy.toml", 'ladder = { kinds = ["leads", "sets_up", "guides"]', 'ladder = { kinds = "leads"'),
        ("bodies/outside.toml", "[[body]]", "body = 3\n[elsewhere]"),
        ("bodies/street.toml", 'level = "street"', "level = []"),
        ("matters/petition.toml", "lead = {", "limits = 3\nlead = {"),
    ],
)
def test_a_value_of_the_wrong_shape_is_refused_and_breaks_nothing(
    folder: Path, name: str, old: str, new: str
) -> None:
    replace(folder / name, old, new)
    assert all(found.zh and found.en and found.where for found in refused(folder))


def test_a_policy_without_a_number_is_told(folder: Path) -> None:
    replace(folder / "policy.toml", "ladder_every", "# ladder_every")
    (found,) = refused(folder)
    assert (found.code, found.where) == ("field", "policy.toml")
    assert "ladder_every" in found.en


def test_everything_that_is_wrong_is_told_in_one_run(folder: Path) -> None:
    replace(folder / "people.toml", 'role = "clerk"', 'role = "scribe"')
    replace(folder / "matters" / "petition.toml", '"回迁房"', '"回迁"')
    replace(folder / "policy.toml", "{ times = 2", "{ times = 0")
    assert {found.where.split(":")[0] for found in refused(folder)} == {
        "people.toml",
        "matters/petition.toml",
        "policy.toml",
    }


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "policy.toml").unlink()
    (folder / "policy.toml").mkdir()
    assert ("file-unreadable", "policy.toml") in {(found.code, found.where) for found in refused(folder)}


@pytest.mark.parametrize(
    ("hours", "code"),
    [("999999999999", "field"), ("9" * 5000, "toml"), ("true", "field"), ("'24'", "field"), ("1.5", "field")],
    ids=["huge", "endless", "true", "text", "part"],
)
def test_a_limit_that_is_no_number_of_hours_is_refused(folder: Path, hours: str, code: str) -> None:
    replace(folder / "policy.toml", "working_days = 5", f"working_days = {hours}")
    assert [(found.code, found.where) for found in refused(folder)] == [(code, "policy.toml")]


def test_toml_nested_without_end_is_refused(folder: Path) -> None:
    with (folder / "pack.toml").open("a", encoding="utf-8") as file:
        file.write(f"x = {'[' * 20_000}{']' * 20_000}")
    assert ("toml", "pack.toml") in {(found.code, found.where) for found in refused(folder)}


def test_an_instant_outside_the_calendar_is_refused(folder: Path) -> None:
    file = folder / "pack.toml"
    since = next(
        line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("valid_from")
    )
    replace(file, since, "valid_from = 0001-01-01T00:00:00+08:00")
    assert {found.code for found in refused(folder)} == {"field"}


def test_a_control_character_is_refused(folder: Path) -> None:
    replace(folder / "people.toml", 'name = "周岚"', 'name = "周\\u0000岚"')
    with (folder / "divisions.csv").open("ab") as file:
        file.write(b"4201069,a\x07b,street,420106\n")
    found = refused(folder)
    assert [(each.code, each.where.partition(":")[0]) for each in found] == [
        ("control-character", "divisions.csv"),
        ("control-character", "people.toml"),
    ]


def test_what_is_shown_of_a_pack_stays_on_one_line(folder: Path) -> None:
    replace(folder / "pack.toml", "Asia/Shanghai", "A" * 5000)
    (found,) = check(read_pack(folder))
    assert len(found.en) < 600
