"""What befalls the machine. Each fault is a coroutine that brings it about and mends it; a seed says which and when."""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Awaitable, Callable, Mapping

from ledger.pool import open_pool
from tests.chaos.lab import TMPFS_MB, Lab
from tests.mishaps import write_behind

Fault = Callable[[Lab, random.Random], Awaitable[None]]
BALLAST = "ballast"


async def _kill_worker(lab: Lab, _: random.Random) -> None:
    await lab.kill_child("worker")


async def _kill_console(lab: Lab, _: random.Random) -> None:
    await lab.kill_child("console")


async def _kill_temporal(lab: Lab, _: random.Random) -> None:
    await lab.kill_temporal()


async def _kill_postgres(lab: Lab, _: random.Random) -> None:
    await lab.kill_postgres()


async def _crash_postgres(lab: Lab, _: random.Random) -> None:
    """Every process of the server at once, so that what was in its memory is gone."""
    await lab.crash_postgres()


async def _another_writer(lab: Lab, dice: random.Random) -> None:
    """Somebody writes into the ledger behind the back of a case's run: it must notice, reload and say so."""
    pool = await open_pool(lab.dsn, size=1)
    try:
        rows = await pool.fetch("SELECT case_id FROM case_now ORDER BY number")
        case = dice.choice(rows)["case_id"]
        while await write_behind(pool, case) != "ok":
            await asyncio.sleep(0.01)
    finally:
        await pool.close()


async def _kill_all(lab: Lab, dice: random.Random) -> None:
    """All four within a moment, in any order."""
    order = [lab.kill_temporal, lab.kill_postgres]
    dice.shuffle(order)
    await lab.kill_child("worker")
    for kill in order:
        await kill()
    await lab.kill_child("console")


async def _stop_and_go(lab: Lab, dice: random.Random) -> None:
    """One of the four stands still for a while, with its connections open."""
    name = dice.choice(["worker", "console", "temporal", "postgres"])
    pid = lab.pid(name)
    if pid is None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(dice.uniform(0.5, 3))
        finally:
            os.kill(pid, signal.SIGCONT)


async def _cut(lab: Lab, _: random.Random) -> None:
    """Every connection between worker or console and PostgreSQL ends in the middle of whatever it does."""
    assert lab.proxy is not None
    lab.proxy.cut()


async def _slow(lab: Lab, dice: random.Random) -> None:
    """The way to PostgreSQL takes long."""
    assert lab.proxy is not None
    lab.proxy.delay = dice.uniform(0.05, 0.3)
    await asyncio.sleep(dice.uniform(0.5, 2))
    lab.proxy.delay = 0.0


async def _fill_disk(lab: Lab, dice: random.Random) -> None:
    """No byte is left where the cluster lies; PostgreSQL may crash on it, and is started again with room."""
    ballast = lab.postgres.data / BALLAST
    try:
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            for _ in range(TMPFS_MB + 1):
                file.write(bytes(1024 * 1024))
        await asyncio.sleep(dice.uniform(1, 2))
    finally:
        ballast.unlink(missing_ok=True)
    await lab.kill_postgres()


async def _step_clock(lab: Lab, dice: random.Random) -> None:
    """PostgreSQL's clock jumps ten minutes or less, forth or back, and stays there."""
    lab.step_clock(dice.uniform(-600, 600))
    await asyncio.sleep(1.5)


EVERYWHERE: Mapping[str, Fault] = {
    "kill worker": _kill_worker,
    "kill console": _kill_console,
    "kill temporal": _kill_temporal,
    "kill postgres": _kill_postgres,
    "crash postgres": _crash_postgres,
    "kill all four": _kill_all,
    "stop and go": _stop_and_go,
    "cut connections": _cut,
    "slow connections": _slow,
    "another writer": _another_writer,
}
ON_A_SMALL_DISK: Mapping[str, Fault] = {"disk full": _fill_disk}
UNDER_A_FAKE_CLOCK: Mapping[str, Fault] = {"clock steps": _step_clock}


def drawn(seed: int, number: int, *, small_disk: bool = False, fake_clock: bool = False) -> list[str]:
    """So many faults by that seed, each kind before any comes twice."""
    dice = random.Random(seed)
    kinds = [
        *EVERYWHERE,
        *(ON_A_SMALL_DISK if small_disk else ()),
        *(UNDER_A_FAKE_CLOCK if fake_clock else ()),
    ]
    found: list[str] = []
    while len(found) < number:
        dice.shuffle(kinds)
        found += kinds
    return found[:number]


def fault(name: str) -> Fault:
    """The fault of that name."""
    return {**EVERYWHERE, **ON_A_SMALL_DISK, **UNDER_A_FAKE_CLOCK}[name]
