"""What an operator does: prepare the database, fold the read models again, start lost workflows again."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import click

from console.cli.options import as_json
from console.cli.output import emit, say
from console.cli.telling import run
from console.opening import opened_desk, opened_pool
from console.settings import Settings
from ledger.pool import migrate as apply_migrations
from ledger.reads import open_cases
from ledger.rebuild import differences
from ledger.rebuild import rebuild as fold_again
from ledger.relations import waiting
from workflows.door import Door

_TOLD_EVERY = 100
_AT_ONCE = 16
"""Workflows being started."""


@click.command("migrate")
@as_json
def migrate() -> None:
    """把数据库更新到本版本 / bring the database up to this version.

    例 / example: zeren migrate
    """
    applied = run(apply_migrations(Settings.find().database_url))
    emit({"applied": applied}, lambda: [f"已执行 applied: {', '.join(applied) or '无 none'}"])


@click.command("rebuild")
@click.option("--check", is_flag=True, help="只比较，不重建 / only compare.")
@as_json
def rebuild(*, check: bool) -> None:
    """由事件从零重建查询表 / fold the read models again from the events.

    例 / example: zeren rebuild --check
    """

    async def work() -> None:
        async with opened_pool(Settings.find()) as pool:
            found = [row.model_dump(mode="json") for row in await differences(pool)]
            if check:
                emit({"differences": found}, lambda: [f"差异 differences: {len(found)}"])
                if found:
                    say(
                        "查询表与事件不一致；请运行 zeren rebuild。 / The read models differ from the events; "
                        "run zeren rebuild."
                    )
                    raise click.exceptions.Exit(1)
                return
            done = await fold_again(pool)
            emit(
                {"cases": done.cases, "events": done.events, "differences": found},
                lambda: [
                    f"已由 {done.events} 个事件重建 {done.cases} 件，原有差异 {len(found)} 处",
                    f"rebuilt {done.cases} cases from {done.events} events; {len(found)} rows were different",
                ],
            )

    run(work())


@click.command("rehydrate")
@as_json
def rehydrate() -> None:
    """为失去流程的未结案件重新启动流程 / start again every open case whose workflow is gone.

    例 / example: zeren rehydrate
    """

    async def work() -> None:
        async with opened_desk(Settings.find()) as parts:
            cases = await open_cases(parts.pool)
            started = await _wake(parts.door, cases)
            for parent in await waiting(parts.pool):
                await parts.door.wake_children(parent.parent, parent.version)
        emit(
            {"open": len(cases), "started": started, "running": len(cases) - started},
            lambda: [
                f"未结 open {len(cases)} · 已启动 started {started} · 原在运行 running {len(cases) - started}"
            ],
        )

    run(work())


async def _wake(door: Door, cases: Sequence[UUID]) -> int:
    """Start what does not run, the most urgent first; answers how many were started."""
    # One iterator for all: whoever is free takes the next case.
    waiting = enumerate(cases, start=1)

    async def work() -> int:
        started = 0
        for seen, case in waiting:
            started += await door.wake(case)
            if seen % _TOLD_EVERY == 0:
                say(f"{seen}/{len(cases)}")
        return started

    return sum(await asyncio.gather(*(work() for _ in range(_AT_ONCE))))
