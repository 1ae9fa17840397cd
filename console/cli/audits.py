"""`zeren audit`: the supervisors' questions."""

from collections.abc import Iterable
from typing import Any, cast
from zoneinfo import ZoneInfo

import click

from console.cli.options import as_json, time, viewing
from console.cli.output import emit, table
from console.cli.telling import run
from console.opening import opened_reader
from console.settings import Settings
from console.shown import called, lasting, local
from console.views import Json
from ledger.audits import Question

_FOR_MACHINES = frozenset({"missing", "mended_by", "version", "fields", "rule_version", "answered_by"})
_LENGTHS = frozenset({"seconds", "late_seconds", "latest_seconds"})
_INSTANTS = frozenset({"at", "due", "answered_at"})


@click.command("audit")
@click.argument("question", type=click.Choice([question.value for question in Question]))
@click.option(
    "--from", "since", metavar="TIME", help="自何时起，缺省为 30 天前 / from when; 30 days ago if left out."
)
@click.option("--to", "until", metavar="TIME", help="至何时止，缺省为现在 / up to when; now if left out.")
@click.option("--body", help="单位编号或名称 / a body's id or name.")
@viewing
@as_json
def audit(question: str, since: str | None, until: str | None, body: str | None, user: str | None) -> None:
    r"""督查：升级、反复流转、下推、时长归属、查阅、异常、评价 / what supervisors ask.

    \b
    例 / examples:
      zeren audit pushdown --as wuchang-supervisor-1
      zeren audit dwell --from 2026-03-01T00:00:00+08:00 --body 420106.housing --json
    """
    begin, end = time("from", since), time("to", until)

    async def work() -> tuple[Json, ZoneInfo]:
        async with opened_reader(Settings.find(), user) as reader:
            found = await reader.audit(Question(question), since=begin, until=end, body=body)
            return found, await reader.zone()

    document, zone = run(work())
    emit(document, lambda: _in_words(document, zone))


def _in_words(document: Json, zone: ZoneInfo) -> Iterable[str]:
    names = document["names"]
    yield f"{document['question']}  {local(document['from'], zone)} → {local(document['to'], zone)}"
    summary: Json = document["summary"]
    for key, value in summary.items():
        yield f"  {key}: {_told(key, value, names)}"
    rows: list[Json] = document["rows"]
    if rows:
        columns = [key for key in rows[0] if key not in _FOR_MACHINES]
        yield from table(
            [tuple(columns), *(tuple(_cell(k, row[k], names, zone) for k in columns) for row in rows)]
        )


def _told(key: str, value: Any, names: Json) -> str:  # noqa: ANN401 - a part of any summary
    if key in _LENGTHS:
        return lasting(value)
    if isinstance(value, dict):
        counts = cast("dict[str, object]", value)
        return "，".join(f"{called(names, id_)} {count}" for id_, count in counts.items())
    return str(value)


def _cell(key: str, value: object, names: Json, zone: ZoneInfo) -> str:
    match value:
        case None:
            return "—"
        case str() if key in _INSTANTS:
            return local(value, zone)
        case bool():
            return "是" if value else "否"
        case float() | int() if key in _LENGTHS:
            return lasting(value)
        case list():
            return "、".join(called(names, str(each)) for each in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case dict():
            return " ".join(str(each) for each in value.values() if each)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            return called(names, str(value)) if str(value) in names else str(value)
