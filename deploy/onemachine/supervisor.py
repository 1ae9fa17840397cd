"""`zeren up`: starts the four children, watches them, stops them in order, and leaves nobody behind.

```
lock ─ leftovers ─ port ─ key file ─ postgres ─ temporal ─ prepare… ─ worker ─ console ─ /readyz ─ "ready URL"
                                                           recover, where Temporal's file is gone
                                                                                          │
     each 0.2 s: a child ended? say so, wait (0.5, 1, 2, 4, 8 s), start it again; the sixth time in 60 s: stop all
                                                                                          │
SIGINT, SIGTERM, SIGHUP: console, worker, temporal, postgres, each with its time.  Again: at once.
```

What a child needs to be up before it starts is what stands before it in the list; a restart keeps that order.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from deploy.onemachine.files import FolderLock
from deploy.onemachine.instance import Instance, read_instance
from deploy.onemachine.places import make_data, make_private
from deploy.onemachine.postgres import EmbeddedPostgres
from deploy.onemachine.processes import StartRefused, Tethered, birth, exit_words, last_lines, rotate
from deploy.onemachine.services import Service
from deploy.onemachine.steps import (
    Prepare,
    check_port,
    create_kek_file,
    environment,
    key_file,
    stop_earlier,
)
from deploy.onemachine.temporal import EmbeddedTemporal
from deploy.onemachine.words import announce, say

TICK_SECONDS = 0.2
ROTATE_SECONDS = 5
READY_SECONDS = 120
"""How long one child may take to get ready."""
CRASHES_ALLOWED = 5
CRASH_WINDOW_SECONDS = 60
WORKER_STOP_SECONDS = 40
"""Above the worker's own graceful time, which is above the append's 30 s: a command under way is finished."""
CONSOLE_STOP_SECONDS = 10


class Part(Protocol):
    """What the supervisor asks of a child."""

    @property
    def name(self) -> str:
        """How it is called in sentences and in instance.json."""
        ...

    log: Path
    process: Tethered | None

    def launch(self) -> None:
        """Starts it without waiting."""
        ...

    def is_ready(self) -> bool:
        """Whether it does its work; raises StartRefused when it ended instead."""
        ...


@dataclass
class _Watched:
    part: Part
    state: str = "down"
    due: float = 0.0
    launched: float = 0.0
    crashes: deque[float] = field(default_factory=deque[float])


class Supervisor:
    """One run of `zeren up` on one data folder."""

    def __init__(self, instance: Instance, parts: Sequence[Part]) -> None:
        """`parts` stand in the order of their start."""
        self.instance = instance
        self.hurry = False
        self._watched = [_Watched(part) for part in parts]
        self._announced = False

    # ------------------------------------------------------------ start

    async def begin(self, part: Part) -> None:
        """Starts one child and waits until it is ready.

        Raises:
            StartRefused: it ended, or took too long.
        """
        watched = next(entry for entry in self._watched if entry.part is part)
        self._launch(watched)
        while not part.is_ready():
            if time.monotonic() - watched.launched > READY_SECONDS:
                raise StartRefused(
                    f"{part.name} 在 {READY_SECONDS} 秒内未就绪；请看 {part.log}，排除原因后重新启动。",
                    f"The {part.name} was not ready after {READY_SECONDS} s. Read {part.log}, mend the cause and "
                    "start again.",
                )
            await asyncio.sleep(0.05)
        watched.state = "up"

    def _launch(self, watched: _Watched) -> None:
        watched.launched = time.monotonic()
        watched.state = "starting"
        watched.part.launch()
        self._note()

    def _note(self) -> None:
        """Writes who runs into instance.json."""
        pids = {"supervisor": os.getpid()}
        for entry in self._watched:
            if entry.part.process is not None and (pid := entry.part.process.pid) is not None:
                pids[entry.part.name] = pid
        self.instance.pids = pids
        self.instance.births = {name: born for name, pid in pids.items() if (born := birth(pid)) is not None}
        self.instance.write()

    # ------------------------------------------------------------ watch

    async def watch(self) -> int:
        """Keeps the children running until it is cancelled; returns 1 when one keeps failing."""
        rotated = time.monotonic()
        while True:
            for entry in self._watched:
                if not self._look_after(entry):
                    return 1
            if not self._announced and all(entry.state == "up" for entry in self._watched):
                self._announced = True
                self.instance.state = "ready"
                self._note()
                announce(f"ready {self.instance.url}")
            if time.monotonic() - rotated > ROTATE_SECONDS:
                rotated = time.monotonic()
                for entry in self._watched:
                    rotate(entry.part.log)
            await asyncio.sleep(TICK_SECONDS)

    def _look_after(self, entry: _Watched) -> bool:
        """Moves one child a step on; False when it has failed too often."""
        now = time.monotonic()
        process = entry.part.process
        if entry.state == "down":
            if now >= entry.due and self._stands_on_up(entry):
                try:
                    self._launch(entry)
                except StartRefused as refused:
                    return self._failed(entry, refused.zh, refused.en)
            return True
        if process is not None and (code := process.exit_code) is not None and entry.state == "up":
            ended = exit_words(code)
            return self._failed(entry, f"{entry.part.name} {ended.zh}", f"{entry.part.name} {ended.en}")
        if entry.state == "starting":
            return self._see_it_start(entry)
        return True

    def _see_it_start(self, entry: _Watched) -> bool:
        try:
            if entry.part.is_ready():
                entry.state = "up"
                self._note()
                if entry.crashes:
                    say(f"{entry.part.name} 已恢复运行。 / The {entry.part.name} runs again.")
            elif time.monotonic() - entry.launched > READY_SECONDS and entry.part.process is not None:
                entry.part.process.kill()
                return self._failed(
                    entry,
                    f"{entry.part.name} 在 {READY_SECONDS} 秒内未就绪",
                    f"{entry.part.name} was not ready after {READY_SECONDS} s",
                )
        except StartRefused as refused:
            return self._failed(entry, refused.zh, refused.en)
        return True

    def _stands_on_up(self, entry: _Watched) -> bool:
        """Whether every server it stands on is up; the worker and the console do not stand on each other."""
        for earlier in self._watched:
            if earlier is entry or isinstance(earlier.part, Service):
                return True
            if earlier.state != "up":
                return False
        return True

    def _failed(self, entry: _Watched, zh: str, en: str) -> bool:
        """Reports a crash and plans the restart; False when there were too many."""
        now = time.monotonic()
        entry.state = "down"
        entry.crashes.append(now)
        while entry.crashes and now - entry.crashes[0] > CRASH_WINDOW_SECONDS:
            entry.crashes.popleft()
        log, count = entry.part.log, len(entry.crashes)
        zh, en = zh.rstrip("。"), en.rstrip(".")
        self._note()
        if count > CRASHES_ALLOWED:
            say(
                f"{zh}：{CRASH_WINDOW_SECONDS} 秒内已是第 {count} 次，全部停止；请看 {log}，排除原因后重新启动。 / {en}, for "
                f"the {count}th time in {CRASH_WINDOW_SECONDS} s: everything is stopped. Read {log}, mend the cause "
                f"and start again. 最后的输出 / its last words: {last_lines(log)}"
            )
            return False
        pause = 0.5 * 2 ** (count - 1)
        entry.due = now + pause
        say(
            f"{zh}；{pause:g} 秒后重启。如反复出现，请看 {log}。 / {en}; it is started again in {pause:g} s. If it "
            f"goes on, read {log}."
        )
        return True

    # ------------------------------------------------------------ stop

    async def stop(self) -> None:
        """Stops every child, the last started first."""
        self.instance.state = "stopping"
        with contextlib.suppress(OSError):
            self.instance.write()
        for entry in reversed(self._watched):
            process = entry.part.process
            if process is None or process.pid is None:
                continue
            say(f"停止 {entry.part.name} / stopping {entry.part.name}")
            while not process.advance_stop(hurry=self.hurry):
                await asyncio.sleep(0.05)
        self.instance.state = "stopped"
        self.instance.pids, self.instance.births = {}, {}
        with contextlib.suppress(OSError):
            self.instance.write()


# ---------------------------------------------------------------- the whole run


async def up(
    data: Path,
    port: int = 8400,
    host: str = "127.0.0.1",
    *,
    pack: Path | None = None,
    prepare: Sequence[Prepare] = (),
    recover: Sequence[Prepare] = (),
    worker: Sequence[str] | None = None,
    console: Sequence[str] | None = None,
    create_kek: Callable[[Path], object] | None = None,
) -> int:
    """Runs Zeren on one machine until it is told to stop; says the exit code for the command.

    Args:
        data: the data folder; made when absent.
        port: where the console listens.
        host: on which address.
        pack: the jurisdiction pack, handed to the `prepare` steps as `Instance.pack`.
        prepare: steps between the servers and the children, in order.
        recover: steps after those, where the ledger is there and Temporal's file is gone.
        worker: the worker's command; `python -m worker` when None.
        console: the console's command; `python -m console` when None.
        create_kek: makes the key file; `ledger.keys.create_kek_file` when None.

    Returns:
        0 after a stop that was asked for, 1 when it could not start or a child kept failing.
    """
    data = data.resolve()
    try:
        async with _locked(data):
            return await _run(
                data,
                port,
                host,
                pack=pack,
                prepare=prepare,
                recover=recover,
                worker=worker or (sys.executable, "-m", "worker"),
                console=console or (sys.executable, "-m", "console"),
                create_kek=create_kek or create_kek_file,
            )
    except StartRefused as refused:
        say(str(refused))
        return 1


@contextlib.asynccontextmanager
async def _locked(data: Path) -> AsyncGenerator[None, None]:
    make_data(data)
    lock = FolderLock(data / "lock")
    if not lock.take():
        running = read_instance(data)
        where = running.url if running is not None and running.url else "?"
        raise StartRefused(
            f"责任系统已在数据目录 {data} 上运行（{where}）；请先停止它，或换目录：make run DATA=… PORT=…",
            f"Zeren already runs on {data} ({where}). Stop that one first, or use another folder: "
            "make run DATA=… PORT=…",
        )
    try:
        yield
    finally:
        lock.release()


async def _run(
    data: Path,
    port: int,
    host: str,
    *,
    pack: Path | None,
    prepare: Sequence[Prepare],
    recover: Sequence[Prepare],
    worker: Sequence[str],
    console: Sequence[str],
    create_kek: Callable[[Path], object],
) -> int:
    logs = data / "logs"
    make_private(logs)
    earlier = read_instance(data)
    postgres = EmbeddedPostgres(data)
    temporal = EmbeddedTemporal(data, port=None if earlier is None else earlier.temporal_port)
    services = [
        Service("worker", worker, logs / "worker.log", WORKER_STOP_SECONDS),
        Service("console", console, logs / "console.log", CONSOLE_STOP_SECONDS),
    ]
    instance = earlier.model_copy(deep=True) if earlier else Instance(data=str(data))
    instance.state, instance.url, instance.pids, instance.births = "starting", f"http://{host}:{port}", {}, {}
    supervisor = Supervisor(instance, [postgres, temporal, *services])

    async def live() -> int:
        stop_earlier(earlier)
        check_port(host, port)
        instance.pack = "" if pack is None else str(pack.resolve())
        instance.kek_file = str(key_file(data, create_kek, first=postgres.is_first_start))
        lost = temporal.is_first_start and not postgres.is_first_start
        say("启动数据库 / starting PostgreSQL")
        await supervisor.begin(postgres)
        postgres.create_database()
        instance.database_url = postgres.dsn()
        instance.postgres_data = str(postgres.home)
        say("启动流程引擎 / starting Temporal")
        await supervisor.begin(temporal)
        instance.temporal_address = temporal.address
        instance.write()
        for step in (*prepare, *(recover if lost else ())):
            await step(instance)
        for service in services:
            service.env = environment(instance, host, port)
        services[-1].probe = (host, port)
        say("启动工作进程和控制台 / starting the worker and the console")
        return await supervisor.watch()

    try:
        return await _until_told(live, supervisor)
    finally:
        await supervisor.stop()
        postgres.release()


async def _until_told(live: Callable[[], Awaitable[int]], supervisor: Supervisor) -> int:
    """Runs `live` until it ends or a signal asks us to stop; a second signal makes haste."""
    loop = asyncio.get_running_loop()
    main = asyncio.ensure_future(live())

    def told() -> None:
        if main.done() or main.cancelling():
            supervisor.hurry = True
        else:
            say("正在停止；再按一次立即停止 / stopping; once more to stop at once")
            main.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, told)
    try:
        return await main
    except asyncio.CancelledError:
        if not main.done():
            main.cancel()
            raise
        return 0
