"""Five hundred cases whose time is up at one instant: each rings once, notices fold, and caseworkers go on working."""

from pathlib import Path

import pytest

from bench.storm import looking, storm
from deploy.onemachine.temporal import EmbeddedTemporal
from domain.numbers import workflow_id
from domain.words import Urgency
from tests import small
from tests.running import Running, run_all

CASES = 500


@pytest.mark.timeout(300)
async def test_a_storm_of_500(database: str, temporal: EmbeddedTemporal, tmp_path: Path) -> None:
    async with run_all(database, temporal.address, tmp_path, notices=looking) as running:
        report = await storm(running, CASES, lead_seconds=18)
        print("\n".join(report.lines()))  # noqa: T201 - the figures are the point
        rung = await running.pool.fetch(
            "SELECT type, count(*) AS times, count(DISTINCT case_id) AS cases FROM event"
            " WHERE type IN ('deadline_missed', 'escalated', 'alerted') GROUP BY type ORDER BY type"
        )
        states = await running.pool.fetch("SELECT state, count(*) AS times FROM outbox GROUP BY state")
    assert [tuple(row) for row in rung] == [
        ("deadline_missed", CASES, CASES),
        ("escalated", CASES, CASES),
    ]
    assert report.timers_due == CASES
    assert {row["state"]: row["times"] for row in states} == {"sent": report.notices}
    assert report.notices >= 2 * CASES
    assert report.messages <= CASES / 4, "many notices to one body are one message"
    assert report.commands > 0
    assert report.refused == 0


async def test_a_pressing_case_goes_before_the_others_where_many_wait(running: Running) -> None:
    told: list[tuple[int, str]] = []
    for urgency in (Urgency.NORMAL, Urgency.CRITICAL):
        case = await running.open(urgency=urgency)
        seen = await running.client.get_workflow_handle(workflow_id(case)).describe()
        priority = seen.raw_description.workflow_execution_info.priority
        told.append((priority.priority_key, priority.fairness_key))
    assert told == [(3, small.DISPATCH), (1, small.DISPATCH)]
