"""The activities that a case's workflow calls, each a thin hand on one function of the ledger.

They run at least once, so each is idempotent: an append by its command's id, an alarm by its content, the rest because
they only read. An outcome that the workflow has to decide about is a value; an exception means that the database did
not answer, and Temporal tries again.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg
from temporalio import activity

from domain.facts import Facts
from domain.ports import (
    ALARM,
    ANSWER,
    APPEND,
    FIND_ENDED,
    LOAD,
    LOOK_UP,
    SWEEP,
    Alarm,
    Answered,
    Append,
    Appended,
    Ask,
    Ended,
    LoadCase,
    Loaded,
    LookUp,
    Swept,
)
from ledger.alarms import raise_alarm
from ledger.append import append
from ledger.compartment import sweep
from ledger.ended import cases_of_ended_bodies, cases_to_rebase
from ledger.facts import look_up
from ledger.load import answered, page

LOOK_AHEAD = timedelta(hours=12)
"""How far ahead the end of a body is looked for: twice as far as the rounds are apart."""

UNREFERENCED_FOR = timedelta(days=1)
"""How long a row of the compartment may stand before its command has to have arrived."""


class LedgerActivities:
    """The activities over one connection pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """``pool`` is opened and closed by the worker."""
        self._pool = pool

    def all(self) -> list[Callable[..., Any]]:
        """Every activity, to be registered with a worker."""
        return [self.load, self.look_up, self.append, self.answer, self.alarm, self.sweep, self.find_ended]

    @activity.defn(name=LOAD)
    async def load(self, request: LoadCase) -> Loaded:
        """The events of a case and the ids of the commands that it has answered, a page at a time."""
        return await page(self._pool, request)

    @activity.defn(name=LOOK_UP)
    async def look_up(self, request: LookUp) -> Facts:
        """Facts from the newest version of the pack."""
        return await look_up(self._pool, request.needs)

    @activity.defn(name=APPEND)
    async def append(self, decision: Append) -> Appended:
        """One decision into the ledger, in one transaction."""
        return await append(self._pool, decision)

    @activity.defn(name=ANSWER)
    async def answer(self, request: Ask) -> Answered:
        """What a command was answered before."""
        return await answered(self._pool, request)

    @activity.defn(name=ALARM)
    async def alarm(self, what: Alarm) -> Alarm:
        """Something that a person has to look at."""
        await raise_alarm(self._pool, what)
        return what

    @activity.defn(name=SWEEP)
    async def sweep(self) -> Swept:
        """Remove what was written to the compartment for a command that never came."""
        return Swept(rows=await sweep(self._pool, UNREFERENCED_FOR))

    @activity.defn(name=FIND_ENDED)
    async def find_ended(self) -> Ended:
        """The open cases in which a body has a part that ends soon, or has ended, and those whose year was announced."""
        ended = await cases_of_ended_bodies(self._pool, LOOK_AHEAD)
        announced = await cases_to_rebase(self._pool)
        return Ended(cases=tuple(dict.fromkeys([*ended, *announced])))
