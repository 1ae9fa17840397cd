"""`zeren queue`: the open cases by their next deadline."""

import click

from console.cli import printed
from console.cli.options import as_json, viewing
from console.cli.output import emit
from console.cli.telling import run
from console.errors import WrongUsage
from console.fields import clean
from console.opening import opened_reader
from console.settings import Settings
from console.words import LABELS
from domain.words import State


@click.command("queue")
@click.option("--body", help="单位编号或名称 / a body's id or name.")
@click.option("--state", help="状态，如 triage 待派 / a state.")
@click.option("--overdue", is_flag=True, help="只看已超时的 / only what is late.")
@click.option(
    "--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="每页件数 / rows a page."
)
@click.option("--after", metavar="CURSOR", help="上一页给出的标记 / the mark that the page before gave.")
@viewing
@as_json
def queue(
    body: str | None, state: str | None, limit: int, after: str | None, user: str | None, *, overdue: bool
) -> None:
    """待办：按最近时限排序 / the inbox, by next deadline.

    例 / example: zeren queue --body 420106.dispatch --state triage
    """
    wanted = read_state(state) if state else None

    async def work() -> None:
        async with opened_reader(Settings.find(), user) as reader:
            document = await reader.queue(body=body, state=wanted, overdue=overdue, limit=limit, after=after)
            zone = await reader.zone()
        emit(document, lambda: printed.queue(document, zone))

    run(work())


def read_state(text: str) -> State:
    """A state by its code or its Chinese word. Raises WrongUsage."""
    text = clean("state", text).strip()
    for state in State:
        if text in (state.value, LABELS[State][state.value]):
            return state
    raise WrongUsage(
        f"没有这个状态；状态有：{'、'.join(f'{code} {zh}' for code, zh in LABELS[State].items())}。",
        f"There is no such state; the states are: {', '.join(State)}.",
    )
