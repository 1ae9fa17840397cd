"""`zeren notices`: what leaves the house, where it goes, what could not be delivered, and the supervisor's digest."""

from collections.abc import Iterable
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import click

from console.cli.options import as_json, viewing
from console.cli.output import emit, say, table
from console.cli.telling import run
from console.opening import opened_pool, opened_reader
from console.settings import Settings
from console.shown import called, local
from console.views import Json
from domain.notices import STATES, kind
from domain.words import State
from ledger.outbox import OutboxState, retry
from ledger.outlets import outlets as configured_outlets
from ledger.outlets import store_outlets, unknown_recipients

_STATES = {
    "pending": "待发",
    "sent": "已送达",
    "failed": "重试中",
    "dead": "未能送达",
    "withheld": "有回避，不外发",
    "moot": "已无需发出",
}
_SECTIONS = {"overdue": "超时", "soon": "一天内到期", "escalated": "昨日以来上报或告警", "exceptions": "异常"}


@click.group("notices")
def notices() -> None:
    """通知：发出情况、出口配置、死信与每日摘要 / notices that leave the house.

    例 / example: zeren notices list --state dead
    """


@notices.command("list")
@click.option("--state", type=click.Choice(get_args(OutboxState)), help="状态 / in which state.")
@click.option("--to", metavar="ID", help="单位或人员编号 / to which body or person.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="条数 / rows.")
@viewing
@as_json
def list_(state: OutboxState | None, to: str | None, limit: int, user: str | None) -> None:
    """列出发往外部渠道的通知 / notices with their receipts and faults.

    例 / example: zeren notices list --state dead --json
    """

    async def work() -> tuple[Json, ZoneInfo]:
        async with opened_reader(Settings.find(), user) as reader:
            return await reader.notices(recipient=to, state=state, limit=limit), await reader.zone()

    document, zone = run(work())
    emit(document, lambda: _listed(document, zone))


def _listed(document: Json, zone: ZoneInfo) -> Iterable[str]:
    counts: dict[str, int] = document["counts"]
    yield (
        "  ".join(f"{_STATES[state]} {state} {times}" for state, times in sorted(counts.items()))
        or "无 / none"
    )
    rows = [("时间", "案件", "通知", "收件", "渠道", "状态", "次数", "回执或原因")]
    for item in document["items"]:
        recipient = called(document["names"], item["body"] or item["person"])
        told = item["receipt"] or item["fault"] or "—"
        state = _STATES[item["state"]]
        rows.append(
            (
                local(item["at"], zone),
                item["number"] or item["day"],
                kind(item["cause"]).name.zh,
                recipient,
                f"{item['channel']} {item['outlet']}",
                state,
                str(item["attempts"]),
                told,
            )
        )
    if len(rows) > 1:
        yield from table(rows)


@notices.command("outlets")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@as_json
def outlets(file: Path | None) -> None:
    """查看通知出口；给出文件则以其替换 / show the outlets, or put those of a file in their place.

    例 / example: zeren notices outlets notices.toml
    """
    from console.outlets import read_outlets

    wanted = read_outlets(file) if file is not None else None

    async def work() -> tuple[Json, list[str]]:
        async with opened_pool(Settings.find()) as pool:
            if wanted is not None:
                await store_outlets(pool, wanted)
            found = await configured_outlets(pool)
            return found.model_dump(mode="json"), await unknown_recipients(pool, found.outlets)

    document, unknown = run(work())
    if unknown:
        say(f"配置中没有这些单位或人员：{', '.join(unknown)} / the pack does not know: {', '.join(unknown)}")
    emit(
        {**document, "unknown": unknown},
        lambda: [
            f"邮件服务器 mail {document['mail']['host']}:{document['mail']['port']}"
            if document["mail"]
            else "没有邮件服务器 / no mail server",
            *table(
                [
                    ("出口", "渠道", "收件", "地址", "通知"),
                    *(
                        (
                            one["id"],
                            one["channel"],
                            one["body"] or one["person"],
                            one["address"],
                            "、".join(one["causes"]) or "全部",
                        )
                        for one in document["outlets"]
                    ),
                ]
            ),
        ],
    )


@notices.command("retry")
@click.argument("keys", nargs=-1, metavar="[KEY]…")
@as_json
def retry_(keys: tuple[str, ...]) -> None:
    """重新发送未能送达的通知 / begin dead letters anew; all of them if no key is given.

    例 / example: zeren notices retry
    """

    async def work() -> int:
        async with opened_pool(Settings.find()) as pool:
            return await retry(pool, keys or None)

    begun = run(work())
    emit({"begun": begun}, lambda: [f"重新发送 {begun} 条 / {begun} begun anew"])


@notices.command("digest")
@viewing
@as_json
def digest(user: str | None) -> None:
    """本人下辖范围的督办摘要 / the digest of your subtree, as it would be sent now.

    例 / example: zeren notices digest --as wuchang-supervisor-1
    """

    async def work() -> tuple[Json, ZoneInfo]:
        async with opened_reader(Settings.find(), user) as reader:
            return await reader.digest(), await reader.zone()

    document, zone = run(work())
    emit(document, lambda: _digested(document, zone))


def _digested(document: Json, zone: ZoneInfo) -> Iterable[str]:
    yield f"督办摘要 {document['day']}，在办 {document['open']} 件"
    for name, words in _SECTIONS.items():
        section: Json = document[name]
        yield f"{words} {section['count']} 件"
        yield from table(
            [
                (
                    f"  {case['number']}",
                    STATES[State(case["state"])],
                    called(document["names"], case["answering"]),
                    local(case["deadline"], zone),
                )
                for case in section["cases"]
            ]
        )
