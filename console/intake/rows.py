"""From cells to the fields of a case: columns by the names of their heads, dates as people write them.

Text is the only column that has to be there. Columns that nobody knows are not taken and are named in the summary.
What a date cannot tell is no reason to turn a resident away: the case is opened without it, and the row is remarked.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from console.fields import EARLIEST
from console.intake.files import Line
from domain.errors import BadInput

COLUMNS: dict[str, tuple[str, ...]] = {
    "key": ("id", "编号", "序号", "工单号", "工单编号", "流水号", "信件编号"),
    "title": ("title", "subject", "标题", "主题", "信件标题"),
    "text": (
        "text",
        "content",
        "description",
        "内容",
        "诉求内容",
        "正文",
        "反映内容",
        "问题描述",
        "诉求",
        "信件内容",
    ),
    "received_at": (
        *("received_at", "received", "asked_on", "date", "日期", "收到时间", "来信时间", "受理时间"),
        *("反映时间", "提问时间", "登记时间", "来电时间"),
    ),
    "matter": ("matter", "事项", "事项编号", "事项名称"),
    "place": ("place", "地点", "区划代码", "社区", "所属社区"),
    "kind": ("kind", "诉求类型", "类型", "类别"),
    "name": ("name", "姓名", "联系人", "反映人", "诉求人", "来信人"),
    "phone": ("phone", "telephone", "电话", "联系电话", "手机", "手机号"),
    "address": ("address", "地址", "详细地址", "联系地址"),
    "note": ("note", "备注"),
}
"""What a column is for, and the heads by which it is known, in any letter case."""

_KNOWN = {head: column for column, heads in COLUMNS.items() for head in heads}
_DATE = re.compile(
    r"^(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    r"(?:[T\s]*(?P<hour>\d{1,2})[:：时](?P<minute>\d{1,2})?分?(?:[:：](?P<second>\d{1,2})(?:\.\d+)?)?秒?)?$"
)
_GUARDED = re.compile(r"^'[=+\-@\t\r]")

NO_DATE = ("收到时间无法识别，已按未知登记", "its date cannot be read; the case is opened without one")
LATER = ("收到时间晚于现在，已按未知登记", "its date lies in the future; the case is opened without one")


Marks = Callable[[bytes], tuple[str, ...]]
"""Keyed marks of a row's content, in hex, the current key's first (ledger/keys.py)."""

_MARK_LENGTH = 32


class Row(NamedTuple):
    """One row: its number in the file, the fields of a case, the id of its command, a remark, or why it is refused.

    ``earlier`` are the ids that it would have had under keys that were current before.
    """

    number: int
    cells: Sequence[str]
    fields: dict[str, object]
    command_id: str
    remark: tuple[str, str] | None = None
    broken: tuple[str, str] | None = None
    earlier: tuple[str, ...] = ()


class Table:
    """The rows of a file under its head."""

    def __init__(self, lines: Iterable[Line], zone: ZoneInfo, marks: Marks) -> None:
        """Reads the head. Raises BadInput if no column holds the text."""
        self._lines = iter(lines)
        first = next(self._lines, None)
        self.head = [cell.strip() for cell in first.cells] if first else []
        self._zone = zone
        self._marks = marks
        self._seen: Counter[str] = Counter()
        self._columns: dict[str, int] = {}
        for place, head in enumerate(self.head):
            column = _KNOWN.get(head.lower())
            if column is not None:
                self._columns.setdefault(column, place)
        if "text" not in self._columns:
            heads = "、".join(COLUMNS["text"])
            raise BadInput(
                f"没有诉求内容一列；首行应有其中之一：{heads}。什么都没有导入。",
                f"No column holds the text; the first row has to name one of: {heads}. Nothing was imported.",
            )
        taken = set(self._columns.values())
        self.not_taken = [head for place, head in enumerate(self.head) if place not in taken]

    def __iter__(self) -> Iterator[Row]:
        for line in self._lines:
            yield self._row(line)

    def _row(self, line: Line) -> Row:
        broken = line.broken or self._wrong_length(line.cells)
        if broken is not None:
            return Row(line.number, line.cells, {}, "", broken=broken)
        cells = [unguarded(cell) for cell in line.cells]
        told = {column: cells[place].strip() for column, place in self._columns.items() if place < len(cells)}
        command_id, *earlier = self._command_ids(told)
        told.pop("key", None)
        told["text"] = "\n\n".join(part for part in (told.pop("title", ""), told["text"]) if part)
        if not told["text"]:
            return Row(line.number, cells, {}, command_id, broken=("诉求内容为空", "its text is empty"))
        remark = self._date(told)
        fields: dict[str, object] = {
            "channel": "import",
            **{name: value for name, value in told.items() if value},
        }
        return Row(line.number, cells, fields, command_id, remark=remark, earlier=tuple(earlier))

    def _wrong_length(self, cells: Sequence[str]) -> tuple[str, str] | None:
        if len(cells) == len(self.head):
            return None
        return (
            f"有 {len(cells)} 列，应为 {len(self.head)} 列",
            f"it has {len(cells)} cells and should have {len(self.head)}",
        )

    def _date(self, told: dict[str, str]) -> tuple[str, str] | None:
        """Turns the date into an instant with its offset; answers a remark where that cannot be."""
        if "received_at" not in told:
            return None
        received = received_at(told.pop("received_at"), self._zone)
        if received is None:
            return NO_DATE
        if received > datetime.now(UTC):
            return LATER
        told["received_at"] = received.isoformat()
        return None

    def _command_ids(self, told: dict[str, str]) -> list[str]:
        """The same row always gets the same ids, in this file or another one; they tell nobody what it says.

        Rows without a key of their own that say the same are counted, so that two residents with one wording are two.
        """
        content = json.dumps(told, sort_keys=True).encode("ascii")
        ids = [f"import:{mark[:_MARK_LENGTH]}" for mark in self._marks(content)]
        if told.get("key"):
            return ids
        self._seen[ids[0]] += 1
        again = self._seen[ids[0]]
        return ids if again == 1 else [f"{id_}:{again}" for id_ in ids]


def received_at(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant that a cell names: a date is its first moment in ``zone``. None if it names none."""
    text = text.strip()
    found = _DATE.match(text)
    try:
        if found is None:
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=moment.tzinfo or zone)
        else:
            parts = {name: int(value or 0) for name, value in found.groupdict().items()}
            moment = datetime(**parts, tzinfo=zone)
        return moment.astimezone(UTC) if moment > EARLIEST else None
    except (ValueError, OverflowError):
        return None


def unguarded(cell: str) -> str:
    """A cell as it was before ``guarded``: a file of refused rows can be mended and imported again."""
    return cell[1:] if _GUARDED.match(cell) else cell


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} and cell else cell
