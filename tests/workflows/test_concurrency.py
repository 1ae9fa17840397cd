"""Many at once on one case: one order, no gap, and nobody overwrites what he did not see."""

import asyncio
from pathlib import Path

from deploy.onemachine.temporal import EmbeddedTemporal
from domain import commands as c
from domain.calendar import hours
from domain.words import Step
from ledger.load import load
from ledger.packs import store_pack
from tests import small
from tests.running import Running, run_all
from workflows.door import OutcomeKind


async def test_two_with_the_same_expected_version_one_wins(running: Running) -> None:
    case = await running.open()
    for _ in range(10):
        seen = (await running.case(case)).version
        outcomes = await asyncio.gather(
            *(
                running.act(case, c.RecordStep, small.CLERK, step=Step.NOTE, expected_version=seen)
                for _ in range(2)
            )
        )
        kinds = sorted(outcome.kind for outcome in outcomes)
        assert kinds == [OutcomeKind.DONE, OutcomeKind.REFUSED]
        loser = next(outcome for outcome in outcomes if outcome.kind is OutcomeKind.REFUSED)
        assert loser.refusal is not None
        assert loser.refusal.rule == "case.stale-version"
    versions = [event.version for event in (await load(running.pool, case)).events]
    assert versions == list(range(1, 12))


async def test_nothing_is_lost_while_the_history_is_renewed(
    database: str, temporal: EmbeddedTemporal, tmp_path: Path
) -> None:
    async with run_all(database, temporal.address, tmp_path, history_limit=60) as running:
        case = await running.open()
        handle = running.client.get_workflow_handle(f"case-{case}")
        first_run = (await handle.describe()).run_id
        gate = asyncio.Semaphore(6)

        async def note(number: int) -> None:
            async with gate:
                await running.done(case, c.RecordStep, small.CLERK, id=f"note-{number}", step=Step.NOTE)

        await asyncio.gather(*(note(number) for number in range(80)))
        assert (await handle.describe()).run_id != first_run
        events = (await load(running.pool, case)).events
        assert [event.version for event in events] == list(range(1, 82))
        assert {event.command for event in events[1:]} == {f"note-{number}" for number in range(80)}


async def test_facts_that_went_stale_are_fetched_and_decided_again(running: Running) -> None:
    case = await running.open(place=small.COMMUNITY, matter=small.HOUSING_MATTER)
    policy = small.PACK.policy.model_copy(update={"return_within": hours(77)})
    version = await store_pack(running.pool, small.PACK.model_copy(update={"policy": policy}))
    outcome = await running.done(case, c.Propose, small.CLERK, to=small.HOUSING)
    assert outcome.answer is not None
    event = (await load(running.pool, case)).events[-1]
    assert event.facts.version == version
