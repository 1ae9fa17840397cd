"""Clocks, the ladder, oversight, and the version that an actor saw (design.md §3.7, §3.8, §3.12)."""

from datetime import timedelta

import pytest

from domain import commands as c
from domain import events as e
from domain.actors import CLOCK, SYSTEM
from domain.decide import decide, needs
from domain.holders import holding
from domain.ladder import due
from domain.words import DeadlineKind, Exceptional, State
from tests import small
from tests.domain import world
from tests.domain.telling import Story, refuses

HOUR = timedelta(hours=1)


def climbs(story: Story, cause: DeadlineKind) -> list[tuple[str, str, float]]:
    """(what, where, hours since the beginning) of everything that the ladder did for ``cause``."""
    return [
        (
            event.body.type,
            event.body.to if isinstance(event.body, e.Escalated) else event.body.body,
            (event.at - small.START) / HOUR,
        )
        for event in story.events
        if isinstance(event.body, e.Escalated | e.Alerted) and event.body.cause is cause
    ]


# ---------------------------------------------------------------- the ladder
def test_the_ladder_climbs_from_community_to_city_and_the_top_goes_on_alerting() -> None:
    story = Story().working(small.COMMITTEE, small.COMMITTEE_MATTER).wait(hours=120 + 24 * 5)
    assert climbs(story, DeadlineKind.RESOLVE) == [
        ("escalated", small.OFFICE, 120),
        ("escalated", small.GOVERNMENT, 144),
        ("escalated", small.CITY_GOVERNMENT, 168),
        ("alerted", small.CITY_GOVERNMENT, 192),
        ("alerted", small.CITY_GOVERNMENT, 216),
        ("alerted", small.CITY_GOVERNMENT, 240),
    ]
    assert story.case.exceptions == ()


def test_escalating_moves_no_blame() -> None:
    story = Story().working(small.COMMITTEE, small.COMMITTEE_MATTER)
    before = holding(story.case)
    story.wait(hours=240)
    assert holding(story.case) == before
    assert story.case.overseers == (small.OFFICE, small.GOVERNMENT, small.CITY_GOVERNMENT)
    assert story.last(e.DeadlineMissed).charged_to == small.COMMITTEE
    assert len({row.charge for row in story.holders()}) == 1


def test_a_case_in_triage_climbs_too() -> None:
    story = Story().register().wait(hours=30)
    assert climbs(story, DeadlineKind.TRIAGE) == [
        ("escalated", small.GOVERNMENT, 4),
        ("escalated", small.CITY_GOVERNMENT, 28),
    ]


def test_what_is_done_stops_its_ladder_and_no_other() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).wait(hours=130).propose()
    causes = {clock.cause for clock in story.case.deadlines}
    assert causes == {None, DeadlineKind.RESOLVE}
    assert {rung.cause for rung in story.case.rungs} == {DeadlineKind.RESOLVE}


def test_the_ladder_begins_at_the_body_whose_time_it_was() -> None:
    story = Story().working(small.COMMITTEE, small.COMMITTEE_MATTER).resolve().wait(hours=48)
    assert story.last(e.DeadlineMissed) == e.DeadlineMissed(
        deadline=story.last(e.DeadlineMissed).deadline, kind=DeadlineKind.REVIEW, charged_to=small.DISPATCH
    )
    assert story.last(e.Escalated).to == small.GOVERNMENT


def test_with_nobody_above_there_is_an_exception_and_an_alert_again_and_again() -> None:
    story = Story().working(small.RAILWAY).wait(hours=120 + 48)
    assert [(what, who) for what, who, _ in climbs(story, DeadlineKind.RESOLVE)] == [
        ("alerted", small.RAILWAY)
    ] * 3
    assert story.case.exceptions == (Exceptional.NO_SUPERIOR,)
    assert len(story.all(e.ExceptionRaised)) == 1


def test_a_late_ruling_of_the_top_rung_never_falls_to_those_below_it() -> None:
    story = Story().working().returns(small.POOR_HOUSING).refuse_return().wait(hours=72 + 24 * 2)
    assert story.case.ruling is not None
    assert story.case.ruling.body == small.CITY_GOVERNMENT
    assert {(what, who) for what, who, _ in climbs(story, DeadlineKind.RULING)} == {
        ("alerted", small.CITY_GOVERNMENT)
    }


def test_the_alert_takes_the_rhythm_of_the_policy() -> None:
    pack = world.with_policy(world.PACK, ladder_every=10, alert_every=5)
    story = Story(pack).working(small.GOVERNMENT).wait(hours=150)
    assert [at for _, _, at in climbs(story, DeadlineKind.RESOLVE)] == [120, 130, 135, 140, 145, 150]


# ---------------------------------------------------------------- oversight by hand
@refuses("oversight.already")
def test_oversight_adds_an_eye_and_moves_nothing_else() -> None:
    story = Story().working()
    before = story.case
    story.does("oversee", small.DISTRICT_SUPERVISOR)
    after = story.case
    assert after.overseers == (small.GOVERNMENT,)
    unmoved = ("lead", "sender", "deadlines", "state", "designated", "rungs")
    assert [getattr(after, name) for name in unmoved] == [getattr(before, name) for name in unmoved]
    assert holding(after) == holding(before)
    assert story.tries("oversee", small.DISTRICT_SUPERVISOR)


# ---------------------------------------------------------------- striking
def test_what_is_due_is_decided_first_in_due_order_at_its_own_instant() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose(small.HOUSING).object()
    story.goes_down().wait(hours=200).comes_up()
    assert [strike.deadline.due for strike in story.struck] == sorted(
        strike.deadline.due for strike in story.struck
    )
    ends = [(event.body.type, (event.at - small.START) / HOUR) for event in story.events[3:6]]
    assert ends == [("ruling_opened", 24), ("deadline_missed", 96), ("escalated", 96)]


def test_a_command_at_the_due_instant_comes_after_the_clock() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose().wait(hours=24)
    assert story.case.lead == small.HOUSING
    refused = story.tries("object", small.HOUSING_WORKER, reason="not_our_duty", proposed_owner=small.OFFICE)
    assert refused is not None
    assert refused.rule == "hand-off.nothing-proposed"
    story = Story().register(matter=small.HOUSING_MATTER).propose().wait(hours=23, minutes=59).object()
    assert story.case.state is State.OBJECTED


def test_of_two_clocks_due_at_once_the_one_set_first_is_struck_first() -> None:
    pack = world.with_policy(
        limits={kind: {**hours, DeadlineKind.TRIAGE: 120} for kind, hours in small.POLICY.limits.items()}
    )
    story = Story(pack).register(matter=small.HOUSING_MATTER).wait(hours=120)
    assert [body.kind for body in story.all(e.DeadlineMissed)] == [DeadlineKind.TRIAGE, DeadlineKind.RESOLVE]


def _strike(story: Story, deadline: str, at: timedelta) -> object:
    command = c.Strike(id="bell", actor=CLOCK, deadline=deadline)
    return decide(story.case, command, story.facts(needs(story.case, command)), small.START + at)


def test_a_bell_for_what_is_done_or_not_yet_due_does_nothing() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose()
    asking = c.Strike(id="asks", actor=CLOCK, deadline="any")
    assert due(story.case, story.facts(needs(story.case, asking)), small.START + 23 * HOUR) is None
    nothing = _strike(story, "sign.9", 30 * HOUR)
    assert nothing == _strike(story, "sign.2", 23 * HOUR)
    assert nothing == _strike(Story().register().withdraw(), "triage.1", 30 * HOUR)
    assert nothing != _strike(story, "sign.2", 24 * HOUR)


@refuses("authority.only-the-clock")
def test_nobody_but_the_clock_strikes() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose()
    for actor in (small.CLERK, small.HOUSING_HEAD, small.RESIDENT, SYSTEM):
        refused = story.tries("strike", actor, deadline="sign.2")
        assert refused is not None
    assert story.case.lead is None


@refuses("authority.only-people")
def test_the_clock_gives_no_other_command() -> None:
    story = Story().working()
    assert story.tries("start", CLOCK)
    assert Story().tries("register", CLOCK)


# ---------------------------------------------------------------- the version that an actor saw
def test_a_clock_that_only_rang_makes_nothing_stale() -> None:
    story = Story().register().wait(hours=30)
    assert story.case.version > 1
    assert story.case.material_version == 1
    story.triage(expected_version=1)


@refuses("case.stale-version")
@pytest.mark.parametrize("seen", [1, 2, 4])
def test_what_happened_or_has_not_happened_yet_makes_it_stale(seen: int) -> None:
    story = Story().register().triage().propose()
    refused = story.tries("sign", small.HOUSING_WORKER, expected_version=seen)
    assert refused is not None
    assert refused.rule == "case.stale-version"
    story.does("sign", small.HOUSING_WORKER, expected_version=3)


@refuses("case.stale-version")
def test_a_clock_that_changed_what_is_allowed_makes_it_stale() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose().wait(hours=24)
    assert story.types[-1] == "deemed_signed"
    assert story.tries("start", small.HOUSING_WORKER, expected_version=2)
    story.does("start", small.HOUSING_WORKER, expected_version=3)


def test_being_stale_is_told_before_anything_else() -> None:
    story = Story().working()
    refused = story.tries("close", small.RESIDENT, expected_version=1)
    assert refused is not None
    assert refused.rule == "case.stale-version"


@refuses("case.done-later")
def test_nothing_is_done_in_the_future() -> None:
    story = Story().working().wait(hours=5)
    late = story.now + timedelta(seconds=1)
    assert story.tries("start", small.HOUSING_WORKER, done_at=late)
    assert Story().tries("register", small.STATION_CLERK, place=small.COMMUNITY, done_at=late)
    story.does("start", small.HOUSING_WORKER, done_at=story.now)


def test_done_at_is_kept_and_moves_nothing() -> None:
    story = Story().working().wait(hours=5).does("start", small.HOUSING_WORKER, done_at=small.START)
    assert (story.events[-1].done_at, story.events[-1].at) == (small.START, story.now)
