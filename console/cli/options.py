"""The options that many commands share."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from console.cli.output import say
from console.desk import Desk
from console.errors import WrongUsage
from console.fields import instant
from console.hats import Acting
from console.settings import Settings

_F = TypeVar("_F", bound=Callable[..., Any])


def _note_json(context: click.Context, _parameter: click.Parameter, value: bool) -> bool:  # noqa: FBT001 - click's form
    if value:
        context.find_root().meta["zeren.json"] = True
    return value


def as_json(command: _F) -> _F:
    """--json: one JSON document on stdout."""
    return click.option(
        "--json",
        "json_",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_note_json,
        help="只输出一个 JSON 文档 / one JSON document on stdout.",
    )(command)


def acting(command: _F) -> _F:
    """--as and --hat."""
    command = click.option(
        "--hat", metavar="ROLE@BODY", help="以何身份办理，缺省自动选择 / under which hat; chosen if left out."
    )(command)
    return click.option(
        "--as",
        "user",
        envvar="ZEREN_USER",
        metavar="USER",
        help="办理人编号，或设 ZEREN_USER / who acts; or set ZEREN_USER.",
    )(command)


def viewing(command: _F) -> _F:
    """--as, on what only looks: cases that are hidden from somebody are shown to named people alone."""
    return click.option(
        "--as",
        "user",
        envvar="ZEREN_USER",
        metavar="USER",
        help="为谁查询；不指定则不显示有回避的案件 / for whom; without it no case is shown that is hidden from anyone.",
    )(command)


def as_of(command: _F) -> _F:
    """--at and --known."""
    command = click.option(
        "--known", metavar="TIME", help="按当时已记录的内容 / as it was on record at that time."
    )(command)
    return click.option("--at", metavar="TIME", help="截至该时刻 / as of that time.")(command)


def time(name: str, text: str | None) -> datetime | None:
    """The instant of an option. Raises BadInput."""
    return instant(name, text) if text is not None else None


async def who(user: str | None, hat: str | None, desk: Desk, settings: Settings) -> Acting:
    """Who takes a case in: the person named, or on one machine the dispatch centre's first clerk. Raises WrongUsage."""
    if user:
        return Acting(user, hat)
    clerk = await desk.intake_clerk() if settings.embedded else None
    if clerk is None:
        raise WrongUsage("请说明由谁办理：--as 人员编号。", "Say who acts: --as USER.")
    say(
        f"未指定办理人，以受理员 {clerk} 登记（可用 --as 指定） / acting as the clerk {clerk}; choose with --as"
    )
    return Acting(clerk, hat)
