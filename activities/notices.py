"""The activities of the delivery: gather what is due, deliver one message, put the day's digests in the outbox.

They run at least once. A message has the same key at every try, and what became of a try is in the outbox, so that a
worker that dies between sending and marking sends it once more and nobody is left out.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from temporalio import activity

from activities.channels import Secrets, send
from activities.channels.message import Message, Undelivered, of_digest, of_notices
from domain.notices import COMPOSE, DELIVER, GATHER, Composed, Delivered, Gather, Gathered
from ledger.digest import compose, digest
from ledger.outbox import Letter, gather, mark_failed, mark_sent, now, office_hours, open_letter

_LOOK_AGAIN = 0.5
"""Seconds between two looks into an empty outbox."""

BACK_OFF = tuple(
    timedelta(seconds=seconds) for seconds in (10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400)
)
"""How long after each failure it is tried again; after the last one it is a dead letter, some eight hours on."""


class NoticeActivities:
    """The activities over one connection pool. ``url`` is how the console is called from outside."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        secrets: Secrets,
        url: str,
        back_off: tuple[timedelta, ...] = BACK_OFF,
    ) -> None:
        """``pool`` is opened and closed by the worker."""
        self._pool = pool
        self._secrets = secrets
        self._url = url
        self._back_off = back_off

    def looking(self) -> list[Callable[..., Any]]:
        """Those that look into the ledger alone, to be registered with the worker of cases."""
        return [self.gather, self.compose]

    def sending(self) -> list[Callable[..., Any]]:
        """Those that send, to be registered with a worker of their own."""
        return [self.deliver]

    @activity.defn(name=GATHER)
    async def gather(self, request: Gather) -> Gathered:
        """Messages that are due. It waits for the first, and stops waiting when the worker is asked to stop."""
        loop = asyncio.get_running_loop()
        until = loop.time() + request.seconds
        hours = await office_hours(self._pool)
        while True:
            quiet = hours.asleep(await now(self._pool))
            found = await gather(self._pool, request, quiet=quiet)
            if found or loop.time() >= until or activity.is_worker_shutdown():
                return Gathered(messages=tuple(found))
            try:
                await asyncio.wait_for(activity.wait_for_worker_shutdown(), _LOOK_AGAIN)
            except TimeoutError:
                continue

    @activity.defn(name=DELIVER)
    async def deliver(self, message: UUID) -> Delivered:
        """Try to deliver one message, and put down what became of it."""
        letter = await open_letter(self._pool, message)
        if letter is None:
            return Delivered(state="gone")
        try:
            if letter.outlet is None:
                raise Undelivered("no-outlet")
            receipt = await send(await self._written(letter), letter.outlet, letter.mail, self._secrets)
        except Undelivered as error:
            again = self._back_off[letter.attempts] if letter.attempts < len(self._back_off) else None
            await mark_failed(self._pool, letter, error.fault, again)
            activity.logger.warning(
                "notice not delivered", extra={"fault": error.fault, "message_key": str(message)}
            )
            return Delivered(state="dead" if again is None else "failed")
        await mark_sent(self._pool, letter.keys, receipt)
        return Delivered(state="sent")

    async def _written(self, letter: Letter) -> Message:
        if letter.person is None:
            return of_notices(letter, self._url)
        zone = ZoneInfo(letter.zone)
        found = await digest(self._pool, letter.person, await now(self._pool), zone)
        return of_digest(found, letter.message, zone, self._url)

    @activity.defn(name=COMPOSE)
    async def compose(self) -> Composed:
        """Put the digests of today into the outbox, if today is worked."""
        at = await now(self._pool)
        day = (await office_hours(self._pool)).working_day(at)
        if day is None:
            return Composed(digests=0)
        return Composed(digests=await compose(self._pool, day, at), day=day)
