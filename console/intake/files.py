"""A file as rows of cells, with its number in front of each; what cannot be read as a row is a broken row, not an end.

    PK…            XLSX   read only, as much unpacked as may be
    UTF-8          CSV    with or without a byte order mark
    GB18030        CSV    if what comes out is Chinese as it is written
    anything else  BadInput

A record whose quotes do not close is broken for one line only: reading goes on with the line after it, so that one
stray quotation mark does not swallow the rest of the file.
"""

import csv
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, cast

from openpyxl import Workbook, load_workbook

from domain.errors import BadInput

LARGEST_FILE = 200 * 1024 * 1024
LARGEST_UNPACKED = 1024 * 1024 * 1024
LONGEST_RECORD = 1_000
"""Lines of one record: a longer one is an open quotation mark."""
LARGEST_CELL = 1_000_000
"""Characters of one cell; a text may be far shorter (console/fields.py), which is said for its row."""

_OLE = b"\xd0\xcf\x11\xe0"
_BLOCK = 1024 * 1024
_CHINESE_SHARE = 0.9
_ELSEWHERE = "—·"
"""Marks that GB 2312 and GB 18030 map to different characters: they say nothing either way."""
_DELIMITERS = ",;\t"


class Line(NamedTuple):
    """One row: the line of a CSV or row of a sheet at which it begins, its cells, or why it is broken."""

    number: int
    cells: list[str]
    broken: tuple[str, str] | None = None


def read_file(path: Path) -> Iterator[Line]:
    """The rows of the file, the head first. Raises BadInput where it cannot be read as a table at all."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise BadInput(
            f"文件读不出来（{error.strerror}）；请核对路径和权限。",
            f"The file cannot be read ({error.strerror}); check its path and who may read it.",
        ) from None
    if size > LARGEST_FILE:
        raise BadInput(
            "文件超过 200 MB；请拆分后再导入。",
            "The file is larger than 200 MB; split it and import the parts.",
        )
    if size == 0:
        raise BadInput("文件是空的；请核对。", "The file is empty; check it.")
    if start.startswith(b"PK"):
        return _sheet(_book(path))
    if start == _OLE:
        raise BadInput(
            "旧版 .xls 不能读取；请另存为 .xlsx 或 CSV。",
            "An old .xls cannot be read; save it as .xlsx or CSV.",
        )
    return _csv(path, encoding_of(path))


# ------------------------------------------------------------------ text


def encoding_of(path: Path) -> str:
    """The encoding of a text file: utf-8-sig or gb18030. Raises BadInput for anything else."""
    with path.open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            raise _not_text("文件是 UTF-16 编码", "The file is in UTF-16")
    if _decodes(path, "utf-8-sig"):
        return "utf-8-sig"
    if _decodes(path, "gb18030"):
        return "gb18030"
    raise _not_text("文件不是 UTF-8 或 GB18030 编码的文本", "The file is not text in UTF-8 or GB18030")


def _not_text(zh: str, en: str) -> BadInput:
    return BadInput(
        f"{zh}；请另存为 CSV（UTF-8）后重试，什么都没有导入。",
        f"{en}; save it as CSV (UTF-8) and try again. Nothing was imported.",
    )


def _decodes(path: Path, encoding: str) -> bool:
    """Whether the whole file is text in that encoding. GB18030 takes nearly any bytes, so it has to look Chinese."""
    wide = common = 0
    try:
        with path.open(encoding=encoding, newline="") as file:
            while block := file.read(_BLOCK):
                if "\0" in block:
                    return False
                if encoding == "gb18030":
                    marks = "".join(char for char in block if not char.isascii() and char not in _ELSEWHERE)
                    wide += len(marks)
                    common += len(marks.encode("gb2312", "ignore")) // 2
    except UnicodeDecodeError:
        return False
    return encoding != "gb18030" or (wide > 0 and common >= wide * _CHINESE_SHARE)


def _csv(path: Path, encoding: str) -> Iterator[Line]:
    with path.open(encoding=encoding, newline="") as file:
        yield from split(file)


class _Lines:
    """The lines of a file, with the way back to just after the first line of the record that is being read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self._record) >= LONGEST_RECORD:
            raise csv.Error("a quotation mark does not close")
        line = self._again.popleft() if self._again else next(self._lines)
        self._record.append(line)
        self.number += 1
        return line

    def begin(self) -> int:
        """A new record begins; answers the number of its first line."""
        self._record = []
        return self.number + 1

    def first(self) -> str:
        """The first line of the record, as it stands in the file."""
        return self._record[0].rstrip("\r\n") if self._record else ""

    def back(self) -> None:
        """Give back every line of the record but the first."""
        rest = self._record[1:]
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)


def split(lines: Iterable[str]) -> Iterator[Line]:
    """The records of a CSV. Its separator is the one that divides the head most."""
    csv.field_size_limit(LARGEST_CELL)
    source = _Lines(lines)
    try:
        head = next(source)
    except StopIteration:
        return
    delimiter = max(_DELIMITERS, key=head.count)
    source.begin()
    yield Line(1, next(csv.reader([head], delimiter=delimiter)))
    while True:
        number = source.begin()
        try:
            # A reader of its own for each record: after an error the old one is of no use.
            cells = next(csv.reader(source, delimiter=delimiter, strict=True))
        except StopIteration:
            return
        except csv.Error:
            source.back()
            yield Line(
                number,
                [source.first()],
                ("引号没有配对，或一行过长", "its quotation marks do not match, or it is too long"),
            )
            continue
        if cells:
            yield Line(number, cells)


# ------------------------------------------------------------------ sheets


def _book(path: Path) -> Workbook:
    """The workbook, once it is known not to unpack to more than may be. Raises BadInput."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > LARGEST_UNPACKED:
            raise BadInput(
                "表格解压后超过 1 GB，不予读取；请拆分后再导入。",
                "The sheet unpacks to more than 1 GB and is not read; split it and import the parts.",
            )
        return load_workbook(path, read_only=True, data_only=True)
    except BadInput:
        raise
    except Exception as error:
        # The library raises whatever a damaged part of the archive brings about.
        raise BadInput(
            "文件不是可读的 XLSX 表格；请重新导出，或另存为 CSV（UTF-8）。",
            "The file is not an XLSX sheet that can be read; export it again, or save it as CSV (UTF-8).",
        ) from error


def _sheet(book: Workbook) -> Iterator[Line]:
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        width = 0
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells = [_cell(value) for value in cast("tuple[object, ...]", row)]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                width = width or len(cells)
                # A sheet leaves out the empty cells at the end of a row.
                yield Line(number, cells + _blank(width - len(cells)))
    finally:
        book.close()


def _blank(count: int) -> list[str]:
    return [""] * count


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat(sep=" ")
        case float() if value.is_integer():
            # A sheet knows no whole numbers: a telephone number comes out as 13800000000.0.
            return str(int(value))
        case _:
            return str(value)
