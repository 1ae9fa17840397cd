"""`zeren doctor`: what is running, what is not, and what to do. It never stops at the first thing that is wrong."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import asyncpg
import click
from temporalio.client import Client
from temporalio.service import RPCError

from console.cli.options import as_json
from console.cli.output import emit, say
from console.cli.telling import run
from console.errors import NotRunning
from console.opening import opened_pool
from console.polling import worker_polls
from console.settings import Settings, data_folder
from console.sign_in import sign_in_of
from domain.errors import LedgerError
from ledger.alarms import alarms
from ledger.errors import DATABASE_ERRORS
from ledger.evidence.checkpoints import Standing, coverage
from ledger.keys import Keyring
from ledger.outbox import counts
from ledger.packs import current_pack
from ledger.reads import open_cases
from ledger.rebuild import differences
from workflows.connection import TemporalAway, connect
from workflows.names import CASE


class Check(NamedTuple):
    """One thing that was looked at. ``zh`` and ``en`` say how it is, and where it is not well what to do."""

    name: str
    ok: bool
    zh: str
    en: str


_ROUNDS_MISSED = timedelta(hours=1)
"""After so long without a checkpoint something keeps it from being made: one comes every quarter of an hour."""

_WHERE = {
    "data": "数据目录 data folder",
    "postgres_data": "数据库文件 database files",
    "url": "控制台 console",
}


@click.command("doctor")
@as_json
def doctor() -> None:
    """检查各部分是否正常，并说明如何处理 / what is running, what is not, what to do.

    例 / example: zeren doctor
    """

    async def work() -> tuple[Settings | None, list[Check]]:
        try:
            settings = Settings.find()
        except NotRunning as error:
            return None, [Check("instance", ok=False, zh=error.zh, en=error.en)]
        return settings, [check async for check in _looked_at(settings)]

    settings, checks = run(work())
    ok = all(check.ok for check in checks)
    where = {
        "data": str(settings.data) if settings and settings.data else None,
        "postgres_data": _postgres_data(settings),
        "url": settings.url if settings else None,
    }
    emit(
        {"ok": ok, **where, "checks": [check._asdict() for check in checks]},
        lambda: [
            *(f"· {_WHERE[name]}：{place}" for name, place in where.items() if place),
            *(f"{'✓' if check.ok else '✗'} {check.name}：{check.zh} / {check.en}" for check in checks),
        ],
    )
    if not ok:
        wrong = ", ".join(check.name for check in checks if not check.ok)
        say(f"有问题：{wrong}；处理办法见各行。 / Not well: {wrong}; each line says what to do.")
        raise click.exceptions.Exit(1)


async def _looked_at(settings: Settings) -> AsyncIterator[Check]:
    yield Check("instance", ok=True, zh=f"找到实例（{settings.mode}）", en=f"found ({settings.mode})")
    yield _sign_in(settings)
    for name, pid in _pids(settings):
        alive = _alive(pid)
        yield Check(
            name,
            ok=alive,
            zh=f"进程 {pid} 在运行" if alive else f"进程 {pid} 不在；请用 make run 重新启动",
            en=f"process {pid} runs" if alive else f"process {pid} is gone; start again with make run",
        )
    yield _keys(settings)
    try:
        async with opened_pool(settings) as pool:
            async for check in _of_the_ledger(pool):
                yield check
    except NotRunning as error:
        yield Check("database", ok=False, zh=error.zh, en=error.en)
    yield await _of_temporal(settings)
    async for check in _of_the_workflows(settings):
        yield check


def _sign_in(settings: Settings) -> Check:
    """How people sign in to the console, and whether that is whole."""
    nothing: asyncpg.Pool = None  # pyright: ignore[reportAssignmentType] - looked at, not asked
    try:
        signing = sign_in_of(settings, nothing)
    except NotRunning as error:
        return Check("sign-in", ok=False, zh=error.zh, en=error.en)
    if signing is None and settings.embedded:
        return Check("sign-in", ok=True, zh="单机：一个名字即可办理", en="one machine: a name is enough")
    if signing is None:
        return Check(
            "sign-in",
            ok=True,
            zh="没有设置登录方式，控制台不接待任何人；请设 ZEREN_SIGN_IN",
            en="no way to sign in is set, the console lets nobody in; set ZEREN_SIGN_IN",
        )
    zh, en = {
        "oidc": ("统一身份（OpenID Connect）", "at a provider of OpenID Connect"),
        "header": ("由可信代理指明人员", "by a trusted proxy's header"),
    }[signing.way]
    return Check("sign-in", ok=True, zh=zh, en=en)


async def _of_the_ledger(pool: asyncpg.Pool) -> AsyncIterator[Check]:
    yield Check("database", ok=True, zh="有应答", en="answers")
    try:
        pack = await current_pack(pool)
        rung = await alarms(pool)
        left = await counts(pool)
        wrong = await differences(pool, limit=10)
    except asyncpg.UndefinedTableError:
        yield Check(
            "schema", ok=False, zh="尚未准备；请运行 zeren migrate", en="not prepared; run zeren migrate"
        )
        return
    if pack is None:
        yield Check(
            "pack",
            ok=False,
            zh="未载入；请运行 zeren pack load 目录",
            en="none loaded; run zeren pack load DIR",
        )
    else:
        yield Check(
            "pack", ok=True, zh=f"{pack.pack} 第 {pack.version} 版", en=f"{pack.pack}, version {pack.version}"
        )
    yield Check(
        "read models",
        ok=not wrong,
        zh="与事件一致" if not wrong else "与事件不一致；请运行 zeren rebuild",
        en="equal to the events" if not wrong else "not equal to the events; run zeren rebuild",
    )
    yield _evidence(await coverage(pool))
    told = "; ".join(f"{alarm.kind} {alarm.case} ({alarm.detail}, {alarm.times}×)" for alarm in rung[:5])
    yield Check(
        "alarms",
        ok=not rung,
        zh="无" if not rung else f"{len(rung)} 条，请查看所列案件：{told}",
        en="none" if not rung else f"{len(rung)}, look at these cases: {told}",
    )
    yield _outbox(left)


def _outbox(left: dict[str, int]) -> Check:
    """Dead letters: what somebody should have heard, and has not."""
    dead, waiting = left.get("dead", 0), left.get("pending", 0) + left.get("failed", 0)
    if dead:
        return Check(
            "notices",
            ok=False,
            zh=f"{dead} 条通知未能送达；请用 zeren notices list --state dead 查看，排除原因后 zeren notices retry",
            en=f"{dead} could not be delivered; see zeren notices list --state dead, mend it, then zeren notices retry",
        )
    return Check("notices", ok=True, zh=f"待发 {waiting} 条，无死信", en=f"{waiting} to be sent, none dead")


def _evidence(standing: Standing) -> Check:
    """How old the newest checkpoint is, and whether what came after it has waited for too long."""
    after = standing.leaves_after + standing.waiting
    if standing.made_at is None:
        return Check(
            "checkpoint",
            ok=after == 0,
            zh=f"还没有检查点，{after} 条记录不受保护；请运行 zeren ledger key --new",
            en=f"none yet, {after} records are not covered; run zeren ledger key --new",
        )
    age = datetime.now(UTC) - standing.made_at
    fresh = after == 0 or age < _ROUNDS_MISSED
    minutes = int(age.total_seconds() // 60)
    return Check(
        "checkpoint",
        ok=fresh,
        zh=f"最新检查点 {standing.size} 叶，{minutes} 分钟前；其后 {after} 条"
        + ("" if fresh else "；请运行 zeren ledger checkpoint 看原因"),
        en=f"the newest covers {standing.size} leaves and is {minutes} minutes old; {after} records came after it"
        + ("" if fresh else "; run zeren ledger checkpoint to see why"),
    )


async def _of_temporal(settings: Settings) -> Check:
    try:
        client = await connect(settings.temporal_address, settings.temporal_namespace)
        polls = await worker_polls(client, settings.task_queue)
    except (TemporalAway, RPCError):
        return Check(
            "temporal",
            ok=False,
            zh="没有应答；请用 make run 启动",
            en="does not answer; start it with make run",
        )
    if not polls:
        return Check(
            "worker",
            ok=False,
            zh="没有工作进程在取任务；请启动（make run 或 zeren worker）",
            en="no worker takes tasks; start one (make run, or zeren worker)",
        )
    return Check("temporal", ok=True, zh="有应答，工作进程在取任务", en="answers, and a worker takes tasks")


async def _of_the_workflows(settings: Settings) -> AsyncIterator[Check]:
    """Whether as many workflows run as there are open cases; nothing where one of the servers is away."""
    try:
        client = await connect(settings.temporal_address, settings.temporal_namespace)
        async with opened_pool(settings) as pool:
            for last in (False, True):
                missing = await _without_workflow(client, pool, settings.task_queue)
                if missing <= 0 or last:
                    break
                # What Temporal lists is a moment behind what it does.
                await asyncio.sleep(2)
    except (TemporalAway, RPCError, NotRunning, *DATABASE_ERRORS):
        return
    yield Check(
        "workflows",
        ok=missing <= 0,
        zh="每件未结案件都有流程"
        if missing <= 0
        else f"{missing} 件未结案件没有流程；请运行 zeren rehydrate",
        en="every open case has its own"
        if missing <= 0
        else f"{missing} open cases have none; run zeren rehydrate",
    )


async def _without_workflow(client: Client, pool: asyncpg.Pool, task_queue: str) -> int:
    """How many open cases there are beyond the workflows that run."""
    running = await client.count_workflows(
        f"WorkflowType = '{CASE}' AND ExecutionStatus = 'Running' AND TaskQueue = '{task_queue}'"
    )
    return len(await open_cases(pool)) - running.count


def _keys(settings: Settings) -> Check:
    try:
        Keyring.from_file(settings.kek_file)
    except LedgerError as error:
        zh, _, en = str(error).partition(" / ")
        return Check("key file", ok=False, zh=zh, en=en)
    return Check("key file", ok=True, zh="可用", en="can be used")


def _pids(settings: Settings) -> list[tuple[str, int]]:
    """The processes that the instance file names; none where there is no such file."""
    instance = _instance(settings)
    return [(name, pid) for name, pid in instance.pids.items() if name != "supervisor"] if instance else []


def _postgres_data(settings: Settings | None) -> str | None:
    instance = _instance(settings)
    return instance.postgres_data or None if instance else None


def _instance(settings: Settings | None):  # noqa: ANN202 - deploy's own model
    from deploy.onemachine.instance import read_instance

    folder: Path = settings.data if settings and settings.data else data_folder()
    return read_instance(folder)


def _alive(pid: int) -> bool:
    with suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
