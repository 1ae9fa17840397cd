"""Files as rows: encodings, broken rows, sheets, and what is refused as a whole."""

import hashlib
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from console.intake import files
from console.intake.files import read_file, split
from console.intake.report import Report
from console.intake.rows import LATER, NO_DATE, Row, Table, guarded, received_at, unguarded
from domain.errors import BadInput
from ledger.keys import Keyring

ZONE = ZoneInfo("Asia/Shanghai")
KEY, NEW_KEY = bytes([1] * 32), bytes([2] * 32)
MARKS = Keyring("kek-1", {"kek-1": KEY}).row_marks
TEXT = "编号,标题,内容,收到时间\n1,路灯,楼道灯坏了三天，请修一下。,2026-03-01\n2,井盖,井盖破了，很危险。,-\n"


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def rows(path: Path) -> list[Row]:
    return list(Table(read_file(path), ZONE, MARKS))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_chinese_is_read_in_the_encodings_that_offices_use(tmp_path: Path, encoding: str) -> None:
    found = rows(write(tmp_path / "a.csv", TEXT.encode(encoding)))
    assert [row.fields["text"] for row in found] == [
        "路灯\n\n楼道灯坏了三天，请修一下。",
        "井盖\n\n井盖破了，很危险。",
    ]
    assert found[0].fields["received_at"] == "2026-02-28T16:00:00+00:00"
    assert [row.remark for row in found] == [None, NO_DATE]


@pytest.mark.parametrize(
    "data",
    [
        os.urandom(4096),
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
        TEXT.encode("utf-16"),
        TEXT.encode("big5", "ignore"),
        "text\ncafé à la crème, déjà vu\n".encode("latin-1"),
        b"text\na\0b\n",
        b"",
        b"\xd0\xcf\x11\xe0old excel",
        b"PK\x03\x04 not an archive",
    ],
    ids=["random", "picture", "utf-16", "big5", "latin-1", "nul", "empty", "xls", "broken xlsx"],
)
def test_garbage_is_refused_as_a_whole(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        rows(write(tmp_path / "a.csv", data))
    assert "\n" not in caught.value.en


def test_a_file_without_a_text_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No column holds the text"):
        rows(write(tmp_path / "a.csv", b"who,when\na,b\n"))


def test_a_folder_or_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read_file(tmp_path)
    with pytest.raises(BadInput):
        read_file(tmp_path / "none.csv")


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_FILE", 10)
    with pytest.raises(BadInput, match="200 MB"):
        read_file(write(tmp_path / "a.csv", TEXT.encode()))


def test_broken_rows_are_told_and_the_rest_goes_on() -> None:
    lines = [
        "id,text\n",
        "1,one\n",
        "2,two,more\n",
        "3\n",
        "\n",
        '4,"four\n',
        "5,five\n",
        '6,"six",\n',
        '7,"se""ven\n',
        'and more"\n',
        "8,\n",
        '9,"ni"ne\n',
        "10,ten\n",
    ]
    found = list(Table(split(lines), ZONE, MARKS))
    assert [(row.number, row.broken is None) for row in found] == [
        (2, True),
        (3, False),
        (4, False),
        (6, False),
        (7, True),
        (8, False),
        (9, True),
        (11, False),
        (12, False),
        (13, True),
    ]
    assert found[6].fields["text"] == 'se"ven\nand more'
    assert found[3].cells == ['4,"four']


def test_a_quote_that_never_closes_costs_one_line_however_long_the_file_is() -> None:
    lines = ["id,text\n", '1,"open\n', *(f"{n},row {n}\n" for n in range(2, 5000))]
    found = list(Table(split(lines), ZONE, MARKS))
    assert len(found) == 4999
    assert [row.number for row in found if row.broken] == [2]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_separator_is_found(mark: str) -> None:
    found = list(Table(split([f"id{mark}内容\n", f"1{mark}灯坏了\n"]), ZONE, MARKS))
    assert found[0].fields == {"channel": "import", "text": "灯坏了"}


def test_a_sheet_is_read_like_a_csv(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["编号", "诉求内容", "收到时间", "电话", "备注"])
    sheet.append([7, "灯坏了", datetime(2026, 3, 1, 9, 30), 13800000000.0, None])  # noqa: DTZ001 - a sheet has none
    sheet.append([None, None, None, None, None])
    sheet.append([8, "井盖破了"])
    path = tmp_path / "a.xlsx"
    book.save(path)
    found = rows(path)
    assert [row.number for row in found] == [2, 4]
    assert found[0].fields["received_at"] == "2026-03-01T01:30:00+00:00"
    assert found[0].fields["phone"] == "13800000000"
    assert found[1].broken is None


def test_a_sheet_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_UNPACKED", 1000)
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "0" * 100_000)
    with pytest.raises(BadInput, match="1 GB"):
        read_file(path)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2017-11-01", datetime(2017, 10, 31, 16, tzinfo=UTC)),
        ("2017/1/5", datetime(2017, 1, 4, 16, tzinfo=UTC)),
        ("2017年11月1日", datetime(2017, 10, 31, 16, tzinfo=UTC)),
        ("2017年11月1日 9时5分", datetime(2017, 11, 1, 1, 5, tzinfo=UTC)),
        ("2017-11-01 09:05", datetime(2017, 11, 1, 1, 5, tzinfo=UTC)),
        ("2017-11-01T09:05:06+00:00", datetime(2017, 11, 1, 9, 5, 6, tzinfo=UTC)),
        ("-", None),
        ("", None),
        ("2017-13-01", None),
        ("昨天", None),
        ("01/02/2017", None),
    ],
)
def test_dates_as_people_write_them(text: str, moment: datetime | None) -> None:
    assert received_at(text, ZONE) == moment


def test_a_date_in_the_future_is_remarked() -> None:
    found = list(Table(split(["text,date\n", "a,2999-01-01\n"]), ZONE, MARKS))
    assert found[0].remark == LATER
    assert "received_at" not in found[0].fields


def test_the_same_row_has_the_same_id_and_two_wordings_alike_are_two() -> None:
    lines = ["text,note\n", "灯坏了,\n", "灯坏了,\n", "井盖,\n"]
    first, second = (list(Table(split(lines), ZONE, MARKS)) for _ in range(2))
    ids = [row.command_id for row in first]
    assert ids == [row.command_id for row in second]
    assert len(set(ids)) == 3
    keyed = list(Table(split(["id,text\n", "1,灯\n", "1,灯\n", "2,灯\n"]), ZONE, MARKS))
    assert keyed[0].command_id == keyed[1].command_id != keyed[2].command_id


def test_an_id_tells_nobody_without_the_key_what_the_row_says() -> None:
    lines = ["text,phone\n", "灯坏了,13900001111\n"]
    (row,) = Table(split(lines), ZONE, MARKS)
    (other,) = Table(split(lines), ZONE, Keyring("kek-1", {"kek-1": NEW_KEY}).row_marks)
    assert row.command_id != other.command_id
    content = json.dumps({"text": "灯坏了", "phone": "13900001111"}, sort_keys=True).encode()
    guessed = {hashlib.new(name, content).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")}
    assert not any(row.command_id.removeprefix("import:") in digest for digest in guessed)


def test_a_new_key_gives_new_ids_and_knows_the_old_ones() -> None:
    lines = ["text\n", "灯坏了\n", "灯坏了\n"]
    before = list(Table(split(lines), ZONE, MARKS))
    rotated = Keyring("kek-2", {"kek-1": KEY, "kek-2": NEW_KEY})
    after = list(Table(split(lines), ZONE, rotated.row_marks))
    assert [row.earlier for row in after] == [(row.command_id,) for row in before]
    assert not {row.command_id for row in after} & {row.command_id for row in before}


@pytest.mark.parametrize("cell", ["=1+1", "+86 139", "-", "@x", "\tx", "plain", "'quoted", ""])
def test_a_guarded_cell_is_no_formula_and_comes_back_as_it_was(cell: str) -> None:
    assert guarded(cell)[:1] not in {"=", "+", "-", "@", "\t", "\r"}
    assert unguarded(guarded(cell)) == cell


def test_the_report_is_private_guarded_and_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "in.csv.refused.csv"
    report = Report(path, ["id", "text"])
    report.add(Row(3, ["9", "=HYPERLINK(1)"], {}, ""), "refused", ("不行", "no"))
    assert report.finish() == path
    assert path.stat().st_mode & 0o077 == 0
    assert "'=HYPERLINK(1)" in path.read_text(encoding="utf-8-sig")
    again = rows(path)
    assert again[0].fields["text"] == "=HYPERLINK(1)"
    empty = Report(path, ["id", "text"])
    assert empty.finish() is None
    assert not path.exists()
    assert list(tmp_path.iterdir()) == []
