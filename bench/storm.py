"""A storm: so many cases whose time is up at the same instant, on real servers, while caseworkers go on working.

    python -m bench.storm --cases 10000

Cases are written into the ledger so that their triage is due soon, and their workflows are started; then everything rings
at once. It prints cases, timers due, lateness, notices sent and folded, and the commands that were served meanwhile.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from activities.notices import NoticeActivities
from deploy.onemachine.postgres import temporary_postgres
from deploy.onemachine.temporal import EmbeddedTemporal
from domain import commands as c
from domain.words import DeadlineKind, Procedure, Step
from ledger.outlets import Outlet, Outlets, store_outlets
from ledger.pool import migrate
from tests import small
from tests.databases import fresh_database
from tests.ledger.cases import Story
from tests.notices.servers import Taker, taking_posts
from tests.running import Running, run_all
from worker import notice_worker
from workflows.door import OutcomeKind
from workflows.names import notices_queue
from workflows.notices import NoticesStart, NoticesWorkflow

_SECRETS = {"signs": "secret"}
_URL = "https://zeren.example"

AT_ONCE = 12
"""Workflows being started."""
DESKS = 8
"""Caseworkers who give commands during the storm, one after the other."""

CAUSES = ("nudged", "deadline_missed", "escalated", "alerted", "exception_raised")


@dataclass
class Report:
    """What a storm came to. ``late`` is from the due instant to the commit, ``served`` from sending to the answer, in s."""

    cases: int
    timers_due: int = 0
    started_before_due: int = 0
    late_p50: float = 0
    late_p99: float = 0
    notices: int = 0
    messages: int = 0
    folded: int = 0
    commands: int = 0
    refused: int = 0
    served_p50: float = 0
    served_p99: float = 0
    seconds: float = 0
    kinds: dict[str, int] = field(default_factory=dict[str, int])
    order: list[int] = field(default_factory=list[int])
    """The priorities of the messages in the order in which they arrived."""

    def lines(self) -> Iterator[str]:
        """The report, a line each."""
        yield f"cases                 {self.cases}, of which {self.started_before_due} ran before they were due"
        yield f"timers due            {self.timers_due}"
        yield f"lateness              p50 {self.late_p50:.2f} s   p99 {self.late_p99:.2f} s"
        yield f"notices to leave      {self.notices}   in {self.messages} messages   folded {self.folded}"
        yield f"commands meanwhile    {self.commands}   refused {self.refused}"
        yield f"answered in           p50 {self.served_p50:.2f} s   p99 {self.served_p99:.2f} s"
        yield f"from the first bell   {self.seconds:.1f} s until nothing was left to do"


async def storm(running: Running, cases: int, *, lead_seconds: float, say: bool = False) -> Report:
    """Let ``cases`` fall due ``lead_seconds`` from now, and work meanwhile. ``running`` looks into the outbox too."""
    report = Report(cases)
    with taking_posts() as taker:
        await _outlets(running, taker)
        notices = looking(running.pool)
        async with notice_worker(running.client, notices, task_queue=running.task_queue):
            due = datetime.now(UTC) + timedelta(seconds=lead_seconds)
            stories = await _written(running, cases, due)
            desks = await _desks(running)
            report.started_before_due = await _started(running, stories, due)
            _tell(f"{cases} cases run, {report.started_before_due} of them before they were due", say=say)
            run = await running.client.start_workflow(
                NoticesWorkflow.run,
                NoticesStart(queue=notices_queue(running.task_queue), wait_seconds=2),
                id=f"{running.task_queue}-notices-run",
                task_queue=running.task_queue,
            )
            await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
            began = time.monotonic()
            over = asyncio.Event()
            working = [asyncio.create_task(_works(running, desk, over, report)) for desk in desks]
            await _rung(running, cases, say=say)
            await _sent(running)
            report.seconds = time.monotonic() - began
            over.set()
            times = [each for one in await asyncio.gather(*working) for each in one]
            await run.terminate("the storm is over")
        await _count(running, stories, report, taker, times)
    return report


async def _outlets(running: Running, taker: Taker) -> None:
    hook = {"channel": "webhook", "address": taker.address, "secret": "signs", "causes": CAUSES}
    outlets = [Outlet.model_validate({"id": "all", "body": "*", "fold_seconds": 2, **hook})]
    await store_outlets(running.pool, Outlets(outlets=tuple(outlets)))


async def _written(running: Running, cases: int, due: datetime) -> list[Story]:
    """The cases in the ledger, taken in so long before ``due`` that their triage is up then."""
    limit = _limit()
    stories = [
        Story(running.pool, f"storm-{running.task_queue}-{number}", start=due - limit)
        for number in range(cases)
    ]
    waiting = iter(stories)

    async def write() -> None:
        for story in waiting:
            await story.open(None)

    await asyncio.gather(*(write() for _ in range(8)))
    return stories


def _limit() -> timedelta:
    """How long the small pack gives for triage."""
    limit = small.POLICY.limits[Procedure.HOTLINE][DeadlineKind.TRIAGE]
    return timedelta(hours=limit.amount)


async def _desks(running: Running) -> list[UUID]:
    """Cases of which somebody records steps during the storm."""
    cases = [await running.open(place=small.COMMUNITY, matter=small.HOUSING_MATTER) for _ in range(DESKS)]
    for case in cases:
        await running.done(case, c.Propose, small.CLERK, to=small.HOUSING)
        await running.done(case, c.Sign, small.HOUSING_WORKER)
    return cases


async def _started(running: Running, stories: list[Story], due: datetime) -> int:
    """Start their workflows, as after a loss of the server; answers how many ran in time."""
    waiting, before = iter(stories), 0

    async def start() -> None:
        nonlocal before
        for story in waiting:
            await running.door.wake(story.id)
            running.opened.append(story.id)
            before += datetime.now(UTC) < due

    await asyncio.gather(*(start() for _ in range(AT_ONCE)))
    return before


async def _works(running: Running, case: UUID, over: asyncio.Event, report: Report) -> list[float]:
    """A caseworker who records one step after the other; how long each answer took."""
    times: list[float] = []
    while not over.is_set():
        began = time.monotonic()
        outcome = await running.act(case, c.RecordStep, small.HOUSING_WORKER, step=Step.NOTE)
        times.append(time.monotonic() - began)
        report.commands += 1
        report.refused += outcome.kind is not OutcomeKind.DONE
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 0.2)
    return times


async def _rung(running: Running, cases: int, *, say: bool) -> None:
    told = 0
    while True:
        rung = await running.pool.fetchval(
            "SELECT count(DISTINCT case_id) FROM event WHERE type = 'escalated'"
        )
        if rung >= cases:
            return
        if rung >= told + max(1, cases // 10):
            told = rung
            _tell(f"{rung}/{cases} rung", say=say)
        await asyncio.sleep(0.25)


async def _sent(running: Running) -> None:
    while await running.pool.fetchval("SELECT count(*) FROM outbox WHERE state IN ('pending', 'failed')"):
        await asyncio.sleep(0.25)


async def _count(
    running: Running, stories: list[Story], report: Report, taker: Taker, times: list[float]
) -> None:
    rows = await running.pool.fetch(
        "SELECT extract(epoch FROM recorded_at - at)::float8 AS late FROM event"
        " WHERE type = 'deadline_missed' AND case_id = ANY ($1) ORDER BY 1",
        [story.id for story in stories],
    )
    late = [row["late"] for row in rows]
    report.timers_due = len(late)
    report.late_p50, report.late_p99 = at_rank(late, 0.5), at_rank(late, 0.99)
    report.served_p50, report.served_p99 = at_rank(sorted(times), 0.5), at_rank(sorted(times), 0.99)
    report.notices = await running.pool.fetchval("SELECT count(*) FROM outbox WHERE state = 'sent'")
    report.messages = len({post.headers["webhook-id"] for post in taker.seen})
    report.folded = report.notices - report.messages
    kinds = await running.pool.fetch("SELECT cause, count(*) AS times FROM outbox GROUP BY cause")
    report.kinds = {row["cause"]: row["times"] for row in kinds}
    priorities = {
        str(row["message"]): row["priority"]
        for row in await running.pool.fetch("SELECT DISTINCT message, priority FROM outbox")
    }
    report.order = [priorities[post.headers["webhook-id"]] for post in taker.seen]


def at_rank(values: list[float], part: float) -> float:
    """The value below which that part of the sorted ones lies; 0 of none."""
    return values[min(len(values) - 1, int(len(values) * part))] if values else 0.0


def _tell(line: str, *, say: bool) -> None:
    if say:
        print(line, flush=True)  # noqa: T201 - progress of a long run


async def _alone(cases: int, lead_seconds: float) -> Report:
    """A storm on servers of its own."""
    with temporary_postgres() as postgres, tempfile.TemporaryDirectory(prefix="zeren-storm-") as folder:
        temporal = EmbeddedTemporal(Path(folder))
        temporal.start()
        try:
            async with fresh_database(postgres, "storm") as dsn:
                await migrate(dsn)
                async with run_all(dsn, temporal.address, Path(folder), notices=looking) as running:
                    return await storm(running, cases, lead_seconds=lead_seconds, say=True)
        finally:
            temporal.stop()


def looking(pool: asyncpg.Pool) -> NoticeActivities:
    """The activities with which a worker of cases looks into the outbox."""
    return NoticeActivities(pool, _SECRETS.get, _URL)


def main() -> None:
    """What the command line runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000, help="cases that are due at once")
    parser.add_argument(
        "--lead", type=float, help="seconds until they are due; 20 and 50 ms a case if left out"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args()
    report = asyncio.run(_alone(given.cases, given.lead or 20 + given.cases * 0.05))
    if given.json:
        print(json.dumps({**asdict(report), "order": None}))  # noqa: T201
    else:
        print("\n".join(report.lines()))  # noqa: T201


if __name__ == "__main__":
    main()
