"""`zeren whatif`: the ledger under another pack."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from console.cli.options import as_json, time, viewing
from console.cli.output import emit, say, table
from console.cli.telling import run
from console.errors import WrongUsage
from console.hats import person_id
from console.opening import opened_pool
from console.packs import PackError, read_pack
from console.settings import Settings
from console.views import Json
from console.whatif import PAGE, replay
from domain.jurisdiction import Pack
from domain.pack_check import check
from ledger.lives import how_many, lives

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_WIDEST = 50
_SHOWN = 40


@click.command("whatif")
@click.option(
    "--policy",
    "folder",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="另一套数据包（政策、日历、权责清单） / the folder of another pack: policy, calendar, catalogue.",
)
@click.option("--from", "since", metavar="TIME", help="只看此后登记的案件 / cases registered from then on.")
@click.option("--to", "until", metavar="TIME", help="只看此前登记的案件 / cases registered before then.")
@viewing
@as_json
def whatif(folder: Path, since: str | None, until: str | None, user: str | None) -> None:
    r"""推演：若当时执行另一套数据包，会怎样 / what would have been under another pack.

    人的行为与系统回执保持原时刻，时钟的行为重新推算；此后不再成立的案件列为“分叉”。
    People's acts stay at their instants, what the clock did is derived anew; a case whose next act no longer fits is told
    as diverged at that event and not carried on. Nothing is written.

    \b
    例 / example: zeren whatif --policy deploy/wuchang --json
    """
    begin, end = time("from", since), time("to", until)
    pack = _pack(folder)

    async def work() -> Json:
        async with opened_pool(Settings.find()) as pool:
            viewer = person_id(user) if user else None
            period = (begin or _FIRST, end or datetime.now(UTC))
            count, written = await how_many(pool, *period, viewer)
            with click.progressbar(length=count, label="推演 / replaying", file=sys.stderr) as bar:
                found = await replay(lives(pool, *period, viewer, page=PAGE), pack, written, told=bar.update)
            return {"policy": pack.id, **found.as_json()}

    document = run(work())
    emit(document, lambda: _in_words(document))


def _pack(folder: Path) -> Pack:
    """The pack of that folder. Raises BadInput for one that cannot be read, WrongUsage for one with findings."""
    try:
        pack = read_pack(folder)
    except PackError as error:
        for found in error.findings:
            say(f"{found.where}: {found.zh} / {found.en}")
        raise WrongUsage(
            "数据包读不出来；请用 zeren pack check 查看。", "The pack cannot be read; see zeren pack check."
        ) from None
    if check(pack):
        raise WrongUsage(
            "数据包校验未通过；请用 zeren pack check 查看。", "The pack has findings; see zeren pack check."
        )
    return pack


def _in_words(document: Json) -> Iterable[str]:
    breaches, escalations = document["breaches"], document["escalations"]
    yield f"案件 cases: {document['cases']}   事件 events: {document['events']}"
    yield from _bars("超时 breaches", breaches)
    yield from _bars("升级 escalations", escalations)
    yield f"改派 elsewhere: {document['elsewhere']}   分叉 diverged: {len(document['diverged'])}"
    rows: list[Json] = document["rows"]
    if not rows:
        yield "没有任何不同 / nothing differs"
        return
    yield from table(
        [
            ("number", "breaches", "escalations", "routed", "lead", "diverged"),
            *(_row(row) for row in rows[:_SHOWN]),
        ]
    )
    if len(rows) > _SHOWN:
        yield f"… 另有 {len(rows) - _SHOWN} 件，见 --json / {len(rows) - _SHOWN} more: --json"


def _row(row: Json) -> tuple[str, ...]:
    before, after = row["before"], row["after"]
    diverged = row["diverged"]
    return (
        row["number"],
        *(_change(before[name], after[name]) for name in ("breaches", "escalations", "routed", "lead")),
        f"@{diverged['event']} {diverged['rule']}" if diverged else "—",
    )


def _change(before: object, after: object) -> str:
    return "=" if before == after else f"{before or 0} → {after or 0}"


def _bars(label: str, pair: Json) -> Iterable[str]:
    """Two bars of one scale, with their figures."""
    most = max(*pair.values(), 1)
    for name, word in (("before", "原 before"), ("after", "新 after ")):
        yield f"{label:<18} {word} {'█' * round(_WIDEST * pair[name] / most)} {pair[name]}"
