"""What if, over the whole ledger: pages of cases go to as many processes as there are processors, and are added up.

ledger ─▶ pages of rows ─▶ processes: read · live again · compare ─▶ sums, and a row for each case that differs
"""

import asyncio
import multiprocessing
import os
from collections import Counter
from collections.abc import AsyncIterable, Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from typing import Any

from pydantic import Field

from console.views import Json
from domain.base import Frozen, Instant
from domain.events import Recorded
from domain.evolve import fold
from domain.facts import Facts
from domain.given import grouped
from domain.glance import Glance
from domain.jurisdiction import Pack
from domain.merges import glance
from domain.whatif import Comparison, compare, live_again, whole
from ledger.envelope import recorded
from ledger.lives import Lives, Row

PAGE = 100
"""Cases that go to a process at once: enough to keep it busy, few enough to see how it goes on."""

_HERE: dict[str, Any] = {}
"""What a process of the pool was given when it began; nobody else has anything in it."""


class Sums(Frozen):
    """One page, added up. ``rows`` has the cases that differ."""

    cases: int = 0
    events: int = 0
    breaches: tuple[int, int] = (0, 0)
    escalations: tuple[int, int] = (0, 0)
    elsewhere: int = 0
    rows: tuple[Comparison, ...] = Field(default=())

    def plus(self, other: "Sums") -> "Sums":
        """Both together."""
        return Sums(
            cases=self.cases + other.cases,
            events=self.events + other.events,
            breaches=_both(self.breaches, other.breaches),
            escalations=_both(self.escalations, other.escalations),
            elsewhere=self.elsewhere + other.elsewhere,
            rows=(*self.rows, *other.rows),
        )

    def as_json(self) -> Json:
        """The shape of interface.md."""
        diverged = [row for row in self.rows if row.diverged is not None]
        return {
            "cases": self.cases,
            "events": self.events,
            "breaches": dict(zip(("before", "after"), self.breaches, strict=True)),
            "escalations": dict(zip(("before", "after"), self.escalations, strict=True)),
            "elsewhere": self.elsewhere,
            "diverged": [
                {"number": row.number, **row.diverged.model_dump(mode="json")}
                for row in diverged
                if row.diverged is not None
            ],
            "rules": dict(Counter(row.diverged.rule for row in diverged if row.diverged is not None)),
            "rows": [row.model_dump(mode="json") for row in self.rows],
        }


def _both(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


async def replay(
    pages: AsyncIterable[Lives],
    pack: Pack,
    until: datetime,
    *,
    told: Callable[[int], None],
    processes: int | None = None,
) -> Sums:
    """Every case of the pages under another pack. ``told`` hears how many more are done.

    At most two pages wait for each process, so memory stays flat however many cases there are.
    """
    count = processes or os.cpu_count() or 1
    loop = asyncio.get_running_loop()
    total, waiting = Sums(), set[asyncio.Future[Sums]]()
    with ProcessPoolExecutor(
        count,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(pack.model_dump_json(), until.isoformat()),
    ) as pool:
        async for page in pages:
            waiting.add(loop.run_in_executor(pool, _page, page))
            if len(waiting) >= 2 * count:
                total, waiting = await _gather(total, waiting, told, asyncio.FIRST_COMPLETED)
        while waiting:
            total, waiting = await _gather(total, waiting, told, asyncio.FIRST_COMPLETED)
    return total


async def _gather(
    total: Sums, waiting: set[asyncio.Future[Sums]], told: Callable[[int], None], when: str
) -> tuple[Sums, set[asyncio.Future[Sums]]]:
    done, pending = await asyncio.wait(waiting, return_when=when)
    for each in done:
        sums = each.result()
        total = total.plus(sums)
        told(sums.cases)
    return total, pending


def _begin(pack: str, until: str) -> None:
    """In a process of the pool: read the pack once."""
    _HERE["facts"] = whole(Pack.model_validate_json(pack), datetime.fromisoformat(until))
    _HERE["until"] = datetime.fromisoformat(until)


def _page(page: Lives) -> Sums:
    return lived(page, _HERE["facts"], _HERE["until"])


def lived(page: Lives, facts: Facts, until: Instant) -> Sums:
    """One page, in this process."""
    read = {number: [recorded(row) for row in rows] for number, rows in page.events.items()}
    total = Sums()
    for number in page.numbers:
        found = _compared(number, page.events[number], read, facts, until)
        landed = found.before.routed != found.after.routed and found.diverged is None
        total = total.plus(
            Sums(
                cases=1,
                events=len(read[number]),
                breaches=(found.before.breaches, found.after.breaches),
                escalations=(found.before.escalations, found.after.escalations),
                elsewhere=int(landed),
                rows=() if found.same else (found,),
            )
        )
    return total


def _compared(
    number: str, rows: list[Row], read: dict[str, list[Recorded]], facts: Facts, until: datetime
) -> Comparison:
    types = {row["command_id"]: (row["command_type"], row["refused"]) for row in rows}
    givens = grouped(read[number], types)
    upto: dict[Instant, datetime] = {
        given.at: given.first.recorded_at for given in givens if given.first.recorded_at is not None
    }

    def glimpse(other: str, at: Instant) -> Glance | None:
        """As the ledger had it when that command was recorded."""
        before = [
            event
            for event in read.get(other, ())
            if event.recorded_at is not None and event.recorded_at < upto.get(at, at)
        ]
        stood = fold(before)
        return glance(stood, children=False) if stood is not None else None

    return compare(number, read[number], live_again(givens, facts, glimpse, until))
