"""The activities of a batch that wakes children: find parents that wait, and tell the next children of one.

They look only at the ledger to know whom to tell, so a retry goes on where the last try stopped: a child that was told
follows nobody any more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
from temporalio import activity

from domain.actors import SYSTEM
from domain.commands import Wake
from domain.ports import WAITING_PARENTS, WAKE_CHILDREN, WaitingParents, WakeChildren, Woken, wake_command
from ledger.relations import children, needs_waking, waiting

AT_ONCE = 12
"""Children that are told at the same time."""

Send = Callable[[UUID, Wake], Awaitable[bool]]
"""Sends a command to a case that sleeps; whether it was carried out."""


class ChildActivities:
    """The activities over one connection pool and one door."""

    def __init__(self, pool: asyncpg.Pool, send: Send) -> None:
        """Both are opened and closed by the worker."""
        self._pool = pool
        self._send = send

    def all(self) -> list[Callable[..., Any]]:
        """Every activity, to be registered with a worker."""
        return [self.wake, self.waiting]

    @activity.defn(name=WAITING_PARENTS)
    async def waiting(self) -> WaitingParents:
        """Parents that were answered or have ended while cases still follow them."""
        return WaitingParents(parents=tuple(await waiting(self._pool)))

    @activity.defn(name=WAKE_CHILDREN)
    async def wake(self, request: WakeChildren) -> Woken:
        """Tell the next children of a parent, a few at a time."""
        if not await needs_waking(self._pool, request.parent):
            return Woken(woken=0, failed=0, after=None)
        page = await children(self._pool, request.parent, request.after, request.limit)
        waiting = iter(page)
        told = asyncio.Queue[bool]()

        async def tell() -> None:
            for child in waiting:
                command = Wake(id=wake_command(request.parent, request.version), actor=SYSTEM)
                told.put_nowait(await self._send(child, command))
                activity.heartbeat(told.qsize())

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(tell())
        done = sum(told.get_nowait() for _ in page)
        full = len(page) == request.limit
        return Woken(woken=done, failed=len(page) - done, after=page[-1] if full else None)
