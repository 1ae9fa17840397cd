"""`zeren case`: take a case in, look at it, and act on it (the acting is in acts.py)."""

import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from zoneinfo import ZoneInfo

import click

from console.cli import printed
from console.cli.acts import act
from console.cli.links import link
from console.cli.options import acting, as_json, as_of, time, viewing, who
from console.cli.output import emit
from console.cli.sending import conclude, note_id
from console.cli.telling import run
from console.desk import new_command_id
from console.opening import opened_desk, opened_reader
from console.reader import Reader
from console.settings import Settings
from console.views import Json


@click.group("case")
def case() -> None:
    """案件：登记、查看、办理 / take a case in, look at it, act on it.

    例 / example: zeren case show K7M2-9QXW
    """


case.add_command(act)
case.add_command(link)

_FIELDS = (
    "matter",
    "place",
    "kind",
    "channel",
    "procedure",
    "name",
    "phone",
    "address",
    "note",
    "received_at",
    "same_as",
    "split_from",
)


@case.command("open")
@click.option(
    "--text", required=True, help="诉求内容；写 - 则从标准输入读取 / what the resident says; - reads stdin."
)
@click.option("--matter", help="事项编号或名称 / a matter's id or name.")
@click.option("--place", help="区划代码或名称 / a place's code or name.")
@click.option("--kind", help="consult 咨询, help 求助, complaint 投诉, report 举报, suggestion 建议.")
@click.option("--channel", help="counter 窗口, phone 电话, hotline 12345, letter 信件, …")
@click.option("--procedure", help="hotline 热线 or petition 信访.")
@click.option("--name", help="姓名，存入隔离区 / kept in the compartment.")
@click.option("--phone", help="电话，存入隔离区 / kept in the compartment.")
@click.option("--address", help="地址，存入隔离区 / kept in the compartment.")
@click.option("--note", help="备注，存入隔离区 / kept in the compartment.")
@click.option(
    "--against",
    multiple=True,
    metavar="BODY",
    help="反映对象（单位），可多次；其与下级看不到本件 / a body that it is a complaint against; may be given again.",
)
@click.option("--misconduct", is_flag=True, help="检举控告 / it accuses of misconduct.")
@click.option("--anonymous", is_flag=True, help="匿名 / the resident gives no name.")
@click.option("--no-contact", is_flag=True, help="不愿被联系 / the resident does not want to be contacted.")
@click.option("--received-at", help="收到时间，带时区 / when it came in, with its offset.")
@click.option(
    "--same-as", help="同一居民同一事实的原案件号 / the number of an earlier case on the same facts."
)
@click.option("--split-from", help="由该案件拆分，时限接续原案 / one part of that case, on its clock.")
@click.option("--command-id", help="命令编号，重试时沿用 / give the same one to try again.")
@acting
@as_json
def open_(text: str, command_id: str | None, user: str | None, hat: str | None, **fields: Any) -> None:  # noqa: ANN401
    """登记一件诉求 / take a resident's issue in.

    缺事项或地点的，进入待派。单机模式下不指定办理人时，以派单中心第一位受理员登记。
    Without a matter or a place it waits in triage. On one machine, without --as, the dispatch centre's first
    clerk registers it.

    例 / example: zeren case open --text "电梯停了三天" --place 420106001001 --as wuchang-clerk-1
    """
    given: dict[str, object] = {name: fields[name] for name in _FIELDS if fields.get(name)}
    given["text"] = sys.stdin.read() if text == "-" else text
    given |= {name: True for name in ("anonymous", "no_contact", "misconduct") if fields.get(name)}
    if fields["against"]:
        given["against"] = list(fields["against"])

    async def work() -> None:
        settings = Settings.find()
        id_ = new_command_id() if command_id is None else command_id
        async with opened_desk(settings) as parts:
            acts = await who(user, hat, parts.desk, settings)
            note_id(id_, given=command_id is not None)
            receipt = await parts.desk.open_case(given, acts, command_id=id_)
        conclude(receipt)

    run(work())


def _read(
    user: str | None,
    look: Callable[[Reader], Awaitable[Json]],
    human: Callable[[Json, ZoneInfo], Iterable[str]],
) -> None:
    """Look something up for somebody and print it in the pack's time zone."""

    async def work() -> tuple[Json, ZoneInfo]:
        async with opened_reader(Settings.find(), user) as reader:
            return await look(reader), await reader.zone()

    document, zone = run(work())
    emit(document, lambda: human(document, zone))


@case.command("show")
@click.argument("number")
@as_of
@viewing
@as_json
def show(number: str, at: str | None, known: str | None, user: str | None) -> None:
    """案件现状或当时状况 / the case as it stands, or stood.

    只给 --known 时，显示当时所知的当时状况。 / With --known alone: as it stood then, as known then.

    例 / example: zeren case show K7M2-9QXW --at 2026-03-02T12:00:00+08:00
    """
    then, by = time("at", at), time("known", known)

    async def look(reader: Reader) -> Json:
        return await reader.show(number, then, by)

    _read(user, look, printed.case)


@case.command("holders")
@click.argument("number")
@as_of
@viewing
@as_json
def holders(number: str, at: str | None, known: str | None, user: str | None) -> None:
    """每一刻由谁负责、时间算谁的 / who answered for every instant, and whose time it was.

    例 / example: zeren case holders K7M2-9QXW --json
    """
    then, by = time("at", at), time("known", known)

    async def look(reader: Reader) -> Json:
        return await reader.holders(number, then, by)

    _read(user, look, printed.holders)


@case.command("history")
@click.argument("number")
@viewing
@as_json
def history(number: str, user: str | None) -> None:
    """全部事件 / every event.

    例 / example: zeren case history K7M2-9QXW
    """

    async def look(reader: Reader) -> Json:
        return await reader.history(number)

    _read(user, look, printed.history)


@case.command("clocks")
@click.argument("number")
@as_of
@viewing
@as_json
def clocks(number: str, at: str | None, known: str | None, user: str | None) -> None:
    """全部时限、依据，以及对居民的承诺 / every deadline, why it stands where it stands, and the promise.

    例 / example: zeren case clocks K7M2-9QXW
    """
    then, by = time("at", at), time("known", known)

    async def look(reader: Reader) -> Json:
        return await reader.clocks(number, then, by)

    _read(user, look, printed.clocks)


@case.command("route")
@click.option("--matter", required=True, help="事项编号或名称 / a matter's id or name.")
@click.option("--place", required=True, help="区划代码或名称 / a place's code or name.")
@as_json
def route(matter: str, place: str) -> None:
    """该事项在该地点应由谁主办，为什么 / which body such a case belongs to, and why.

    例 / example: zeren case route --matter compound-roof-leak --place 420106001007-c01
    """

    async def look(reader: Reader) -> Json:
        return await reader.route(matter, place)

    _read(None, look, printed.route)
