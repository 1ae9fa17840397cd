"""A message as a channel sends it, and how it reads."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.notices import STATES, kind
from ledger.digest import Digest, Section
from ledger.outbox import Item, Letter

NAMED = 20
"""Cases that a message names; the rest is counted."""


class Undelivered(Exception):
    """The other side has not taken the message. ``fault`` is a short code, such as ``http-503``."""

    def __init__(self, fault: str) -> None:
        """Takes the code."""
        super().__init__(fault)
        self.fault = fault


class Message(NamedTuple):
    """What is sent. ``key`` is the same at every try; ``data`` is for machines, ``title`` and ``lines`` for people."""

    key: str
    title: str
    lines: Sequence[str]
    data: dict[str, Any]

    def text(self, largest: int = 20_000) -> str:
        """Title, lines and mark, within ``largest`` bytes of UTF-8: of too many lines the last ones are left out."""
        foot = f"（通知编号 {self.key[:8]}）"
        room = largest - len(f"{self.title}\n{foot}".encode())
        kept: list[str] = []
        for line in self.lines:
            room -= len(line.encode()) + 1
            if room < 0:
                break
            kept.append(line)
        return "\n".join([self.title, *kept, foot])


def of_notices(letter: Letter, url: str) -> Message:
    """A message of one notice, or of many that were folded."""
    zone = ZoneInfo(letter.zone)
    causes = Counter(item.cause for item in letter.items)
    count = len(letter.items)
    (often, _), *others = causes.most_common()
    what = kind(often).name.zh if not others else "案件通知"
    title = f"【责任】{what}" if count == 1 else f"【责任】{what}（{count}件）"
    shown = letter.items[:NAMED]
    lines = [_line(item, zone, url, told=bool(others)) for item in shown]
    if count > NAMED:
        lines.insert(0, f"以下为其中{NAMED}件，其余请登录系统查看。")
    return Message(
        key=str(letter.message),
        title=title,
        lines=lines,
        data={
            "id": str(letter.message),
            "to": letter.recipient,
            "count": count,
            "causes": dict(causes),
            "notices": [_data(item, url) for item in shown],
        },
    )


def _line(item: Item, zone: ZoneInfo, url: str, *, told: bool) -> str:
    due = f"，时限 {_minute(item.deadline, zone)}" if item.deadline else ""
    why = f"{kind(item.cause).name.zh}；" if told else ""
    return f"案件 {item.number}：{why}{STATES[item.state]}{due}，{_link(url, item.number)}"


def _data(item: Item, url: str) -> dict[str, Any]:
    return {
        "key": item.key,
        "cause": item.cause,
        "number": item.number,
        "state": item.state.value,
        "deadline": item.deadline.isoformat() if item.deadline else None,
        "link": _link(url, item.number),
    }


def of_digest(found: Digest, key: UUID, zone: ZoneInfo, url: str) -> Message:
    """A supervisor's digest."""
    sections = {
        "超时": found.overdue,
        "一天内到期": found.soon,
        "昨日以来上报或告警": found.escalated,
        "异常待处理": found.exceptions,
    }
    lines = [f"在办 {found.open} 件"]
    for name, section in sections.items():
        lines += _section(name, section, zone, url)
    return Message(
        key=str(key),
        title=f"【责任】督办摘要 {found.day}",
        lines=lines,
        data={
            "id": str(key),
            "to": found.person,
            "digest": found.model_dump(mode="json", exclude={"person"}),
        },
    )


def _section(name: str, section: Section, zone: ZoneInfo, url: str) -> list[str]:
    lines = [f"{name} {section.count} 件"]
    for case in section.cases:
        due = f"，时限 {_minute(case.deadline, zone)}" if case.deadline else ""
        lines.append(f"· {case.number}：{STATES[case.state]}{due}，{_link(url, case.number)}")
    return lines


def _minute(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _link(url: str, number: str) -> str:
    return f"{url.rstrip('/')}/cases/{number}"
