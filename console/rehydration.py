"""Rehydration: what Temporal has lost comes back from the ledger (design.md §3.15).

    open cases, the most urgent first ─▶ a run of its own for each that has none ─▶ its timers, from its deadlines
    answered parents with children    ─▶ the batch that wakes them
    the Schedules                     ─▶ made where they are missing

Nothing is written to the ledger, so it may be done at any time, twice, on some of the cases, and while commands arrive: a
run that is there already is left alone, and a command that comes first starts the run itself. A deadline stands in the
event that set it, so its timer rings at the instant at which it would have rung.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar
from uuid import UUID

import asyncpg
from temporalio.service import RPCError

from console.numbers import case_number
from domain.base import BodyId, Frozen, Instant
from ledger.reads import OpenCase, open_cases
from ledger.relations import waiting
from workflows.door import Door

_AT_ONCE = 16
"""Runs being started."""

_TRIES = 6
_FIRST_PAUSE = 0.25
"""Seconds; doubled after each try, since a server that starts on an empty file turns some calls away."""

_ALL = 1_000_000

_T = TypeVar("_T")

Tell = Callable[[int, int, int], None]
"""Told now and then: how many were looked at, of how many, and how many were started."""


class Rehydrated(Frozen):
    """What was found and done. ``failed`` could not be started: doing it again is safe, and finds only those."""

    open: int
    started: int
    running: int
    failed: int
    batches: int
    first_due: Instant | None
    seconds: float


async def chosen(
    pool: asyncpg.Pool, numbers: Sequence[str] = (), bodies: Sequence[BodyId] = ()
) -> list[OpenCase]:
    """The open cases that wait by themselves, the most urgent first.

    Where any are given, only those of these numbers, and those on the desks of these bodies. A number that is none raises
    BadInput; one of no open case is left out.
    """
    canonical = [case_number(number) for number in numbers]
    return await open_cases(pool, numbers=canonical or None, bodies=list(bodies) or None)


async def rehydrate(
    pool: asyncpg.Pool,
    door: Door,
    cases: Sequence[OpenCase],
    *,
    anew: bool = False,
    whole: bool = True,
    tell: Tell | None = None,
) -> Rehydrated:
    """Start what does not run.

    ``anew``: end what runs too and start it again from the ledger, after a change of rules that running histories do not
    replay by (docs/temporal.md). ``whole``: the Schedules and the batches too. Never raises for a single case.
    """
    began = time.monotonic()
    if whole:
        await _tried(door.schedule)
    started, failed = await _woken(door, [case.id for case in cases], anew=anew, tell=tell)
    batches = 0
    if whole:
        for parent in await waiting(pool, _ALL):
            batches += await _tried(partial(door.wake_children, parent.parent, parent.version))
    return Rehydrated(
        open=len(cases),
        started=started,
        running=len(cases) - started - failed,
        failed=failed,
        batches=batches,
        first_due=min((case.due for case in cases if case.due is not None), default=None),
        seconds=round(time.monotonic() - began, 3),
    )


async def _woken(door: Door, cases: Sequence[UUID], *, anew: bool, tell: Tell | None) -> tuple[int, int]:
    """How many were started, and how many could not be."""
    # One iterator for all: whoever is free takes the next case, so that the most urgent are first.
    coming = iter(cases)
    done = {"looked": 0, "started": 0, "failed": 0}

    async def work() -> None:
        for case in coming:
            try:
                woken = await _tried(partial(door.wake, case, anew=anew))
            except RPCError:
                done["failed"] += 1
            else:
                done["started"] += woken
            done["looked"] += 1
            if tell is not None:
                tell(done["looked"], len(cases), done["started"])

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
    return done["started"], done["failed"]


async def _tried(call: Callable[[], Awaitable[_T]]) -> _T:
    """The call's answer, tried again while the server turns it away. Raises the last RPCError."""
    pause = _FIRST_PAUSE
    for last in (*(False for _ in range(_TRIES - 1)), True):
        try:
            return await call()
        except RPCError:
            if last:
                raise
        await asyncio.sleep(pause)
        pause *= 2
    raise AssertionError("the last try returns or raises")
