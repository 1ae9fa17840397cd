"""A release changes a rule under running cases: their histories do not replay, and they are begun anew (docs/temporal.md)."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from domain import commands as c
from domain import decide as rules
from domain import events as e
from domain.case import Case
from domain.commands import AnyCommand, Start
from domain.decision import Decision
from domain.facts import Facts
from domain.numbers import workflow_id
from domain.words import Step
from tests import small
from tests.running import run_all
from worker import case_worker
from workflows.door import OutcomeKind


async def test_a_case_whose_history_does_not_replay_is_begun_anew(
    database: str, skipping: WorkflowEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def noisier(case: Case | None, command: AnyCommand, facts: Facts, at: datetime) -> Decision:
        decision = rules.decide(case, command, facts, at)
        more = e.OversightAdded(body=small.GOVERNMENT, cause="by_hand", personal=None)
        return Decision(events=(*decision.events, more)) if isinstance(command, Start) else decision

    async with run_all(database, skipping.client, tmp_path) as running:
        case = await running.open(place=small.COMMUNITY, matter=small.HOUSING_MATTER)
        await running.done(case, c.Propose, small.CLERK, to=small.HOUSING)
        await running.done(case, c.Sign, small.HOUSING_WORKER)
        await running.done(case, c.Start, small.HOUSING_WORKER)
        due = (await running.case(case)).next_deadline.due
        await running.worker.shutdown()
        monkeypatch.setattr("workflows.case_workflow.decide", noisier)
        async with case_worker(running.client, running.pool, task_queue=running.task_queue):
            note = await running.command(case, c.RecordStep, small.HOUSING_WORKER, step=Step.NOTE)
            stuck = await running.door.send(case, note, patience=3)
            assert stuck.kind is OutcomeKind.MAY_HAVE_BEEN_SENT
            assert await running.door.wake(case, anew=True)
            assert (await running.door.send(case, note)).kind is OutcomeKind.DONE
            handle = running.client.get_workflow_handle(workflow_id(case))
            assert await skipping.fast_forward(handle, timedelta(days=6))
            missed = [
                event.at for event in await running.events(case) if event.body.type == "deadline_missed"
            ]
            assert missed[0] == due, "the clock rings when it would have rung"
