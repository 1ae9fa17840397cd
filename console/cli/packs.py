"""`zeren pack`: check a jurisdiction pack, and load it as the newest version."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path

import asyncpg
import click
from temporalio.service import RPCError

from console.announced import year_file
from console.cli.options import as_json
from console.cli.output import emit, say
from console.cli.telling import run
from console.errors import WrongUsage
from console.opening import opened_pool
from console.packs import PackError, read_pack
from console.settings import Settings
from console.views import Json
from domain.jurisdiction import Pack
from domain.pack_check import check
from domain.pack_findings import Finding
from ledger.ended import cases_of_ended_bodies, cases_to_rebase
from ledger.load import answered
from ledger.packs import current_pack, store_pack
from workflows.connection import TemporalAway, connect
from workflows.door import Door

_SOON = timedelta(days=1)
_YEAR_DIGITS = 4
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group("pack")
def pack() -> None:
    """辖区数据包：单位、事项、政策、人员 / the jurisdiction pack: bodies, matters, policy, people.

    例 / example: zeren pack check deploy/wuchang
    """


@pack.command("check")
@click.argument("folder", type=_FOLDER)
@as_json
def check_(folder: Path) -> None:
    """校验数据包，不载入 / validate a pack without loading it.

    例 / example: zeren pack check deploy/wuchang
    """
    found, findings = _read(folder)
    emit({**_counts(found), "findings": _told(findings)}, lambda: _in_words(found, findings))
    _stop_at(findings)


@pack.command("load")
@click.argument("folder", type=_FOLDER)
@click.option("--first", is_flag=True, help="仅在尚无数据包时载入 / only where none has been loaded yet.")
@as_json
def load(folder: Path, *, first: bool) -> None:
    """校验并载入为最新版本；内容未变则版本不变 / validate and load; the same content keeps its version.

    例 / example: zeren pack load deploy/wuchang
    """

    async def work() -> None:
        async with opened_pool(Settings.find()) as pool:
            current = await current_pack(pool)
            if first and current is not None:
                document: Json = {"pack": current.pack, "version": current.version, "loaded": False}
                emit(
                    document, lambda: [f"已有数据包 {current.pack} 第 {current.version} 版 / already loaded"]
                )
                return
            found, findings = _read(folder)
            if found is None or findings:
                emit({**_counts(found), "version": None, "findings": _told(findings)}, lambda: ())
                _stop_at(findings)
                return
            version = await store_pack(pool, found)
            before = current.version if current else 0
            if current is not None and version != before:
                await _tell(pool)
            emit(
                {**_counts(found), "version": version, "loaded": version != before, "findings": []},
                lambda: [f"数据包 {found.id} 第 {version} 版 / pack {found.id}, version {version}"],
            )

    run(work())


@pack.command("calendar")
@click.option("--years", required=True, help="年份或起止年份 / a year, or the first and the last: 2025-2026.")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="写入的目录 / the folder to write to.",
)
@click.option(
    "--replace", is_flag=True, help="改写已有且内容不同的文件 / write over files that say something else."
)
@as_json
def calendar(years: str, out: Path, *, replace: bool) -> None:
    """按公布的放假安排生成每年的日历文件；未公布的年份不推测 / write a calendar file a year; never a guess.

    例 / example: zeren pack calendar --years 2025-2026 --out deploy/wuchang/calendar
    """

    async def work() -> None:
        files = {out / f"{year}.toml": year_file(year) for year in _years(years)}
        for file, text in files.items():
            if not replace and file.exists() and file.read_text(encoding="utf-8") != text:
                raise WrongUsage(
                    f"{file} 已存在且内容不同，没有改写；确要改写请加 --replace。",
                    f"{file} is there and says something else; nothing was written. Add --replace to write over it.",
                )
        out.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            file.write_text(text, encoding="utf-8")
        written = [str(file) for file in files]
        emit({"written": written}, lambda: [f"已写入 / written: {file}" for file in written])

    run(work())


def _years(text: str) -> range:
    """The years from ``2025`` or ``2025-2026``. Raises WrongUsage for anything else."""
    first, _, last = text.partition("-")
    ends = [
        end for end in (first, last or first) if end.isascii() and end.isdigit() and len(end) == _YEAR_DIGITS
    ]
    if len(ends) != 2 or int(ends[0]) > int(ends[1]):  # noqa: PLR2004 - the first and the last
        raise WrongUsage(
            f"“{text}”不是年份；请写成 2026 或 2025-2026。", f"{text} is no year; write 2026 or 2025-2026."
        )
    return range(int(ends[0]), int(ends[1]) + 1)


async def _tell(pool: asyncpg.Pool) -> None:
    """Tell the open cases that the new version concerns: a body of theirs ends by it, or a year of theirs is announced.

    The housekeeping does it too, within hours.
    """
    settings = Settings.find()
    ended = await cases_of_ended_bodies(pool, _SOON)
    cases = list(dict.fromkeys([*ended, *await cases_to_rebase(pool)]))
    if not cases:
        return
    try:
        client = await connect(settings.temporal_address, settings.temporal_namespace)
        door = Door(client, partial(answered, pool), task_queue=settings.task_queue)
        told = [await door.tell_of_pack(case) for case in cases]
    except (TemporalAway, RPCError):
        say(
            f"{len(cases)} 件涉及撤并单位或新公布年份的案件将在数小时内自动处理。 / {len(cases)} cases of bodies that "
            "end, or of a year that was announced, follow within hours: the workflow server does not answer now."
        )
        return
    say(
        f"已通知 {sum(told)} 件涉及撤并单位或新公布年份的案件 / told {sum(told)} cases of bodies that end or of a year "
        "that was announced"
    )


def _read(folder: Path) -> tuple[Pack | None, tuple[Finding, ...]]:
    """The pack with what is wrong in what it means, or what could not be read."""
    try:
        found = read_pack(folder)
    except PackError as error:
        return None, error.findings
    return found, check(found)


def _counts(found: Pack | None) -> Json:
    if found is None:
        return {"pack": None}
    return {
        "pack": found.id,
        "bodies": len(found.bodies),
        "places": len(found.places),
        "matters": len(found.matters),
        "people": len(found.people),
    }


def _told(findings: Iterable[Finding]) -> list[Json]:
    return [finding.model_dump() for finding in findings]


def _in_words(found: Pack | None, findings: tuple[Finding, ...]) -> Iterable[str]:
    if found is not None and not findings:
        counts = _counts(found)
        yield f"数据包 {counts.pop('pack')} 通过 / passes: " + ", ".join(
            f"{n} {what}" for what, n in counts.items()
        )


def _stop_at(findings: tuple[Finding, ...]) -> None:
    """Say every finding on stderr. Raises click's Exit(1) if there is one."""
    if not findings:
        return
    for finding in findings:
        say(f"{finding.where}：{finding.zh} / {finding.en} [{finding.code}]")
    count = len(findings)
    say(
        f"数据包有 {count} 处问题，没有载入；请更正后重试。 / {count} findings, nothing was loaded; mend them."
    )
    raise click.exceptions.Exit(1)
