"""What an operator does: prepare the database, fold the read models again, start lost workflows again."""

import click

from console.cli.options import as_json
from console.cli.output import emit, say
from console.cli.telling import run
from console.opening import opened_desk, opened_pool
from console.rehydration import Rehydrated, chosen
from console.rehydration import rehydrate as bring_back
from console.settings import Settings
from ledger.pool import migrate as apply_migrations
from ledger.rebuild import differences
from ledger.rebuild import rebuild as fold_again

_TOLD_EVERY = 100


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
@click.option(
    "--case",
    "numbers",
    multiple=True,
    metavar="NUMBER",
    help="只处理该案件，可重复 / only this case; repeatable.",
)
@click.option(
    "--body",
    "bodies",
    multiple=True,
    metavar="BODY",
    help="只处理在该单位手上的案件 / only what is on this body's desk.",
)
@click.option(
    "--anew",
    is_flag=True,
    help="结束在运行的流程并由台账重新开始，用于规则变更后的升级 / end running workflows and begin them again from the "
    "ledger: for an upgrade after a change of rules.",
)
@as_json
def rehydrate(numbers: tuple[str, ...], bodies: tuple[str, ...], *, anew: bool) -> None:
    """由台账恢复丢失的流程、计时和定时任务 / bring lost workflows, timers and Schedules back from the ledger.

    可随时、重复运行。/ It may be run at any time, and again.

    例 / example: zeren rehydrate
    """

    async def work() -> Rehydrated:
        async with opened_desk(Settings.find()) as parts:
            cases = await chosen(parts.pool, numbers, bodies)
            return await bring_back(
                parts.pool,
                parts.door,
                cases,
                anew=anew,
                whole=not (numbers or bodies),
                tell=_told_now_and_then,
            )

    done = run(work())
    emit(
        done.model_dump(mode="json"),
        lambda: [
            f"未结 open {done.open} · 已启动 started {done.started} · 原在运行 running {done.running}",
            f"未成 failed {done.failed} · 批次 batches {done.batches}",
            f"{done.seconds:.1f} s · 最早到期 first due {done.first_due.isoformat() if done.first_due else '—'}",
        ],
    )
    if done.failed:
        say(
            f"{done.failed} 件未能启动；请确认流程服务正常（zeren doctor）后再运行一次。 / {done.failed} could not be "
            "started; see that Temporal is well (zeren doctor), and run it again."
        )
        raise click.exceptions.Exit(1)


def _told_now_and_then(looked: int, of: int, started: int) -> None:
    if looked % _TOLD_EVERY == 0 or looked == of:
        say(f"{looked}/{of}，已启动 / started: {started}")
