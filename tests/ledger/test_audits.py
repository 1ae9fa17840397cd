"""The supervisors' questions, against counts that are made apart."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from domain import commands as c
from domain.words import Channel, Reason, Satisfaction
from ledger.audits import Asked, Found, Question, audit
from ledger.compartment import Reading, reveal
from ledger.reads import holders
from tests import small
from tests.ledger.cases import KEYRING, Story, mixed, ready

ALWAYS = Asked(
    since=small.START, until=datetime(2036, 1, 1, tzinfo=UTC), body=None, viewer="district-supervisor"
)


async def asked(pool: asyncpg.Pool, question: Question, **other: object) -> Found:
    """The answer for the whole time, or as ``other`` says."""
    return await audit(pool, question, ALWAYS._replace(**other))


async def test_dwell_adds_up_to_the_whole_for_any_period(pool: asyncpg.Pool) -> None:
    await ready(pool)
    stories = await mixed(pool)
    for begin, end in ((0, 200), (3, 9), (5.5, 5.6), (150, 4000)):
        since, until = small.START + timedelta(hours=begin), small.START + timedelta(hours=end)
        found = await asked(pool, Question.DWELL, since=since, until=until)
        whole = 0.0
        for story in stories:
            for held in await holders(pool, story.id):
                cut = (min(held.end, until) - max(held.start, since)).total_seconds()
                whole += max(0.0, cut)
        assert found.summary["seconds"] == pytest.approx(whole, abs=1e-3)
        assert sum(found.summary["by_body"].values()) == pytest.approx(whole, abs=1e-3)
        assert sum(found.summary["by_charge"].values()) == pytest.approx(whole, abs=1e-3)


async def test_dwell_of_one_body_is_its_share(pool: asyncpg.Pool) -> None:
    await ready(pool)
    await mixed(pool)
    found = await asked(pool, Question.DWELL, body=small.HOUSING)
    assert found.rows
    assert all(small.HOUSING in (row["answering"], row["charged_to"]) for row in found.rows)


async def test_push_downs_tell_who_tried_what_and_what_became_of_it(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "pushed").open(small.PUSHED_DOWN_MATTER)
    await story.later(1).say(c.Propose, small.CLERK, to=small.COMMITTEE)
    await story.later(1).say(c.Propose, small.CLERK, to=small.CIVIL_AFFAIRS)
    await story.later(1).say(c.Sign, small.CIVIL_WORKER)
    found = await asked(pool, Question.PUSHDOWN)
    (row,) = found.rows
    assert row["tried_by"]["person"] == "clerk-1"
    assert (row["onto"], row["command"], row["lead_now"], row["state_now"]) == (
        small.COMMITTEE,
        "propose",
        small.CIVIL_AFFAIRS,
        "working",
    )
    assert found.summary["by_body"] == {small.DISPATCH: 1}
    assert (await asked(pool, Question.PUSHDOWN, body=small.HOUSING)).rows == []
    assert len((await asked(pool, Question.PUSHDOWN, body=small.COMMITTEE)).rows) == 1


async def test_pingpong_shows_the_ruling_and_against_whom_it_counts(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "fro").open()
    await story.later(1).say(c.Propose, small.CLERK, to=small.HOUSING)
    await story.later(1).say(
        c.Object, small.HOUSING_WORKER, reason=Reason.NOT_OUR_DUTY, proposed_owner=small.CIVIL_AFFAIRS
    )
    await story.later(1).say(c.ContestObjection, small.CLERK)
    undecided = await asked(pool, Question.PINGPONG)
    assert undecided.summary["undecided"] == 1
    await story.later(1).say(c.RuleOn, small.DISTRICT_HEAD, designate=small.HOUSING)
    found = await asked(pool, Question.PINGPONG)
    (row,) = found.rows
    assert (row["designated"], row["overruled"], row["against"]) == (
        small.HOUSING,
        "objection",
        small.HOUSING,
    )
    assert found.summary["objections"] == {small.HOUSING: 1}
    assert found.summary["overruled_against"] == {small.HOUSING: 1}


async def test_escalations_and_exceptions_tell_cause_and_body(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "late").open()
    await story.ring()
    await story.ring()
    found = await asked(pool, Question.ESCALATIONS)
    assert found.summary["missed"] == {"triage": 1}
    assert found.summary["missed_by_body"] == {small.DISPATCH: 1}
    assert found.rows[0]["type"] == "deadline_missed"
    assert (
        sum(found.summary["escalated_to"].values()) == sum(r["type"] == "escalated" for r in found.rows) > 0
    )
    empty = await Story(pool, "empty").open()
    await empty.later(1).say(c.Propose, small.CLERK, to=small.WATER)
    while empty.case is not None and empty.case.proposal is not None:
        await empty.ring()
    exceptions = await asked(pool, Question.EXCEPTIONS)
    assert exceptions.summary["kinds"] == {"empty_desk": 1}
    assert exceptions.rows[0]["missing"]["zh"]
    assert exceptions.rows[0]["mended_by"]["en"]
    assert exceptions.summary["open"] == 1


async def test_verdicts_give_the_three_rates_and_who_entered_what(pool: asyncpg.Pool) -> None:
    await ready(pool)
    for n, satisfaction in enumerate([Satisfaction.SATISFIED, Satisfaction.UNSATISFIED, Satisfaction.FAIRLY]):
        story = await (await Story(pool, f"v{n}").open()).work()
        await story.resolve()
        await story.judge(satisfaction)
    entered = await (await Story(pool, "staff").open()).work()
    await entered.resolve()
    await entered.later(1).say(c.Review, small.REVIEWER, passed=True)
    await entered.later(1).say(
        c.RecordVerdict,
        small.REVIEWER,
        response=True,
        resolution=True,
        satisfaction=Satisfaction.SATISFIED,
        channel=Channel.PHONE,
    )
    found = await asked(pool, Question.VERDICTS)
    assert found.summary["verdicts"] == 4
    assert found.summary["satisfaction_rate"] == 0.75
    assert found.summary["resolution_rate"] == 0.75
    assert found.summary["response_rate"] == 1.0
    assert found.summary["entered_by_staff"] == {"reviewer-1": 1}
    assert found.summary["channels"] == {"link": 3, "phone": 1}


async def test_reads_tell_who_looked_and_why(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "looked").open()
    personal = story.appends[0].personal
    assert personal is not None
    look = Reading(
        reader=small.KEEPER, case=story.id, personal=personal.id, fields=("text",), reason="show_case"
    )
    await reveal(pool, KEYRING, look)
    found = await asked(pool, Question.READS)
    assert [row["reason"] for row in found.rows] == ["show_case"]
    assert found.summary["by_person"] == {"keeper-1": 1}
    assert (await asked(pool, Question.READS, body=small.HOUSING)).rows == []


async def test_escalations_tell_the_rule_the_rung_from_whom_to_whom_and_how_late(pool: asyncpg.Pool) -> None:
    await ready(pool)
    story = await Story(pool, "climbs").open()
    due = small.START + timedelta(hours=4)
    await story.ring()
    await story.ring()
    found = await asked(pool, Question.ESCALATIONS, until=due + timedelta(hours=30))
    told = [(row["type"], row["rung"], row["from"], row["to"], row["rule"]) for row in found.rows]
    rule = "policy.hotline.triage"
    assert told == [
        ("deadline_missed", 0, small.DISPATCH, small.DISPATCH, rule),
        ("escalated", 1, small.DISPATCH, small.GOVERNMENT, rule),
        ("escalated", 2, small.GOVERNMENT, small.CITY_GOVERNMENT, rule),
    ]
    assert {(row["answered"], row["late_seconds"]) for row in found.rows} == {(False, 30 * 3600)}
    assert found.summary["unanswered"] == 1
    await story.later(2).say(c.AnswerAtIntake, small.CLERK)
    found = await asked(pool, Question.ESCALATIONS, until=due + timedelta(hours=30))
    assert {(row["answered"], row["answered_by"], row["late_seconds"]) for row in found.rows} == {
        (True, "answered_at_intake", 26 * 3600)
    }
    assert (found.summary["unanswered"], found.summary["latest_seconds"]) == (0, 26 * 3600)
    by_then = await asked(pool, Question.ESCALATIONS, until=due + timedelta(hours=25))
    assert {row["answered"] for row in by_then.rows} == {False}, "as it stood at the end of the period"
