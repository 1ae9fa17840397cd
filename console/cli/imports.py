"""`zeren import`: live intake from a file."""

import asyncio
import signal
import sys
import time
from pathlib import Path

import click

from console.cli.options import acting, as_json, who
from console.cli.output import emit, say
from console.cli.telling import run
from console.intake.files import read_file
from console.intake.report import SUFFIX, InHand, Report
from console.intake.rows import Table
from console.intake.run import Figures, Import
from console.opening import opened_desk
from console.settings import Settings
from domain.errors import BadInput

_SAID_EVERY = 2.0
_SHOWN = 20


@click.group("import")
def import_() -> None:
    """导入 / take cases in from a file.

    例 / example: zeren import cases letters.csv
    """


@import_.command("cases")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, path_type=Path),
    help="退回清单写到哪里，缺省在原文件旁 / where refused rows go; beside FILE if left out.",
)
@acting
@as_json
def cases(file: Path, refused: Path | None, user: str | None, hat: str | None) -> None:
    """从 CSV 或 XLSX 受理案件 / live intake from CSV or XLSX.

    首行为列名，须有内容一列（text、内容、诉求内容…）；另可有标题、收到时间、事项、地点、类型、姓名、电话、地址。
    可中断，再次运行接着做，不会重复登记。退回的行连同原因写入 FILE.refused.csv，其中有贵单位提供的原文，请妥善保管。

    The first row names the columns; one has to hold the text. It can be interrupted and run again: nothing is
    opened twice. Refused rows go to FILE.refused.csv with their reasons; that file holds what you gave, keep it safe.

    例 / example: zeren import cases letters.csv --as wuchang-clerk-1
    """
    if not file.is_file():
        raise BadInput("没有这个文件；请核对路径。", "There is no such file; check its path.")

    async def work() -> tuple[Figures, Path | None]:
        settings = Settings.find()
        async with opened_desk(settings) as parts:
            acts = await who(user, hat, parts.desk, settings)
            table = Table(read_file(file), await parts.desk.zone(), parts.desk.row_marks)
            report = _report(file, refused, table.head)
            progress = _Progress()
            taking = Import(parts.desk, acts, report, progress=progress)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, taking.stop)
            try:
                figures = await taking.run(table)
            finally:
                progress.end(taking.figures)
                written = report.finish()
            figures.not_taken = [head for head in table.not_taken if head]
            return figures, written

    figures, written = run(work())
    document = {
        **figures.as_json(),
        "not_taken": figures.not_taken,
        "refused_file": str(written) if written else None,
        "finished": figures.stopped is None,
    }
    emit(document, lambda: _in_words(figures, written))
    if figures.stopped is not None:
        say(f"{figures.stopped[0]} / {figures.stopped[1]}")
        raise click.exceptions.Exit(1)


def _report(file: Path, refused: Path | None, head: list[str]) -> Report:
    """Where refused rows go: where it was said, else beside the file, else here. Raises BadInput."""
    if refused is not None:
        return Report(refused, head)
    name = file.name + SUFFIX
    try:
        return Report(file.with_name(name), head)
    except InHand:
        raise
    except BadInput:
        report = Report(Path.cwd() / name, head)
    say(
        "原文件所在文件夹不可写，退回清单写在当前文件夹 / the file's folder cannot be written to; refused rows go here"
    )
    return report


def _in_words(figures: Figures, written: Path | None) -> list[str]:
    lines = [_figures(figures)]
    if figures.not_taken:
        more = "…" if len(figures.not_taken) > _SHOWN else ""
        lines.append(f"未采用的列 columns not taken: {'、'.join(figures.not_taken[:_SHOWN])}{more}")
    if written is not None:
        lines.append(f"退回与备注 refused rows and remarks: {written}")
    return lines


def _figures(figures: Figures) -> str:
    return (
        f"已读 read {figures.read} · 已登记 opened {figures.opened} · 原已登记 already {figures.already} · "
        f"退回 refused {figures.refused} · 备注 remarks {figures.remarks}"
    )


class _Progress:
    """Says on stderr how far it is: on one line of a terminal, and now and then in a log."""

    def __init__(self) -> None:
        self._said = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def __call__(self, figures: Figures) -> None:
        now = time.monotonic()
        if now - self._said < (0.1 if self._terminal else _SAID_EVERY):
            return
        self._said = now
        click.echo(
            f"\r{_figures(figures)}" if self._terminal else _figures(figures), err=True, nl=not self._terminal
        )

    def end(self, figures: Figures) -> None:
        """Leave the last figures on the terminal's line."""
        if self._terminal:
            click.echo(f"\r{_figures(figures)}", err=True)
