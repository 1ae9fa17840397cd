"""A case goes the whole way on real servers: dispute, ruling, re-handling, closing, a new episode, a lapse."""

from domain import commands as c
from domain.numbers import case_id
from domain.words import Contacted, Reason, Satisfaction, Solved, Truth
from ledger.reads import holders
from tests import small
from tests.running import Running
from workflows.door import OutcomeKind

ANSWERS = {"truth": Truth.TRUE, "ours": True, "contacted": Contacted.YES, "solved": Solved.YES}
VERDICT = {"response": True, "resolution": True, "channel": "phone"}


async def test_a_case_goes_from_intake_to_closure_and_once_more(running: Running) -> None:
    case = await running.open(place=small.COMMUNITY)
    await running.done(case, c.Triage, small.CLERK, matter=small.HOUSING_MATTER)
    await running.done(case, c.Propose, small.CLERK, to=small.HOUSING)
    await running.done(
        case, c.Object, small.HOUSING_WORKER, reason=Reason.NOT_OUR_DUTY, proposed_owner=small.CIVIL_AFFAIRS
    )
    await running.done(case, c.ContestObjection, small.CLERK)
    await running.done(case, c.RuleOn, small.DISTRICT_HEAD, designate=small.HOUSING)
    await running.done(case, c.Acknowledge, small.HOUSING_WORKER)
    await running.done(case, c.Start, small.HOUSING_WORKER)
    await running.done(case, c.Resolve, small.HOUSING_WORKER, **ANSWERS)
    await running.done(case, c.Review, small.REVIEWER, passed=True)
    await running.done(case, c.RecordVerdict, small.CLERK, satisfaction=Satisfaction.UNSATISFIED, **VERDICT)
    await running.done(case, c.Resolve, small.HOUSING_WORKER, **ANSWERS)
    await running.done(case, c.Review, small.REVIEWER, passed=True)
    await running.done(case, c.RecordVerdict, small.CLERK, satisfaction=Satisfaction.SATISFIED, **VERDICT)
    await running.done(case, c.Close, small.REVIEWER)
    handle = running.client.get_workflow_handle(f"case-{case}")
    await handle.result()
    await running.done(case, c.Reopen, small.CLERK, channel="phone")
    assert (await running.case(case)).episode == 2
    assert await running.types(case) == [
        "registered",
        "triaged",
        "proposed",
        "objected",
        "ruling_opened",
        "ruled",
        "designated",
        "acknowledged",
        "started",
        "resolved",
        "reviewed",
        "verdict_recorded",
        "rehandling_ordered",
        "resolved",
        "reviewed",
        "verdict_recorded",
        "closed",
        "reopened",
    ]
    held = await holders(running.pool, case, None, None)
    assert [(interval.answering, interval.charge) for interval in held][-1] == (small.HOUSING, "working")
    assert {interval.episode for interval in held} == {1, 2}


async def test_a_command_on_an_ended_case_is_refused_by_name(running: Running) -> None:
    case = await running.open()
    await running.done(case, c.Withdraw, small.CLERK, channel="phone", note="asked to")
    outcome = await running.act(case, c.Triage, small.CLERK, matter=small.HOUSING_MATTER)
    assert outcome.kind is OutcomeKind.CASE_ENDED
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "case.ended"


async def test_a_refused_registration_is_a_row_and_its_run_ends(running: Running) -> None:
    outcome = await running.act(
        (case := case_id("refused-1")), c.Register, small.CLERK, id="refused-1", matter="no-such-matter"
    )
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "intake.unknown-matter"
    await running.client.get_workflow_handle(f"case-{case}").result()
    again = await running.act(case, c.Register, small.CLERK, id="refused-1", matter="no-such-matter")
    assert again.answer == outcome.answer
    row = await running.pool.fetchrow("SELECT outcome FROM command WHERE case_id = $1", case)
    assert row is not None
    assert row["outcome"] == "refused"
