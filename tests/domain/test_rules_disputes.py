"""Disputes: ping-pong, hand-backs without end, whom a ruling counts against, and who is told (design.md §3.3–3.5)."""

import pytest

from domain import events as e
from domain.holders import holding
from domain.words import Charge, Exceptional, Informing, RulingCause, State
from tests import small
from tests.domain import world
from tests.domain.telling import USUAL, Story, refuses

NOT_OURS = {"reason": "not_our_duty", "proposed_owner": small.CIVIL_AFFAIRS}


def passed_on(story: Story, first: str = small.HOUSING, then: str = small.CIVIL_AFFAIRS) -> Story:
    """Proposed to one body, which objects successfully, and then to another, which does too."""
    story.register(matter=small.HOUSING_MATTER).propose(first).object(then).accept_objection()
    return story.propose(then).object(first).accept_objection()


def test_to_a_body_a_second_time_after_another_a_ruling_opens_instead() -> None:
    story = passed_on(Story()).propose(small.HOUSING)
    ruling = story.last(e.RulingOpened)
    assert (ruling.cause, ruling.body) == (RulingCause.PING_PONG, small.GOVERNMENT)
    assert set(ruling.parties) == {small.HOUSING, small.CIVIL_AFFAIRS}
    assert story.case.state is State.RULING
    held = holding(story.case)
    assert held is not None
    assert (held.charge, held.charged_to) == (Charge.IN_DISPUTE, small.GOVERNMENT)
    story.rule(small.HOUSING)
    assert story.case.lead == small.HOUSING
    assert story.last(e.Ruled).against is None, "nobody claimed anything in a case that went to and fro"


def test_a_lead_that_handed_back_counts_as_having_had_it() -> None:
    story = Story().working(small.HOUSING).returns().sign_return().propose(small.CIVIL_AFFAIRS)
    story.object(small.OFFICE).accept_objection().propose(small.HOUSING)
    assert story.last(e.RulingOpened).cause == RulingCause.PING_PONG


def test_the_same_body_again_without_another_between_is_no_ping_pong() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose(small.HOUSING).object()
    story.accept_objection().propose(small.HOUSING)
    assert story.case.state is State.PROPOSED


def test_the_dispatching_body_does_not_count() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose(small.DISPATCH, by=small.CLERK)
    USUAL_CLERK = small.DISPATCH_HEAD  # noqa: N806 - the same desk, another person
    story.does("object", USUAL_CLERK, **NOT_OURS).accept_objection().propose(small.HOUSING).object()
    story.accept_objection().propose(small.DISPATCH)
    assert story.case.state is State.PROPOSED


def test_ping_pong_without_a_common_superior_is_a_visible_exception() -> None:
    story = Story().register(place=small.POOR_COMMUNITY, matter=small.HOUSING_MATTER)
    story.propose(small.POOR_HOUSING, by=small.CITY_CLERK).object(small.RAILWAY)
    story.accept_objection(by=small.CITY_CLERK).propose(small.RAILWAY, by=small.CITY_CLERK)
    story.object(small.POOR_HOUSING, by=small.RAILWAY_WORKER).accept_objection(by=small.CITY_CLERK)
    story.propose(small.POOR_HOUSING, by=small.CITY_CLERK)
    assert story.last(e.RulingOpened).body is None
    assert Exceptional.NO_COMMON_SUPERIOR in story.case.exceptions
    trouble = story.case.troubles[-1]
    assert (trouble.kind, trouble.body) == (Exceptional.NO_COMMON_SUPERIOR, small.CITY_DISPATCH)


def test_one_hand_back_more_than_allowed_opens_a_ruling_at_once() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose(small.HOUSING).object().accept_objection()
    story.propose(small.HOUSING).object().accept_objection().propose(small.HOUSING)
    assert story.case.hand_backs == small.POLICY.hand_backs
    story.object()
    assert story.types[-2:] == ["objected", "ruling_opened"]
    ruling = story.last(e.RulingOpened)
    assert (ruling.cause, ruling.claimant) == (RulingCause.TOO_MANY_HAND_BACKS, small.HOUSING)
    assert story.case.state is State.RULING


def test_returns_count_as_hand_backs_too() -> None:
    pack = world.with_policy(hand_backs=1)
    story = Story(pack).register(matter=small.HOUSING_MATTER).propose(small.HOUSING).object()
    story.accept_objection().propose(small.HOUSING).sign().returns()
    assert story.types[-2:] == ["return_requested", "ruling_opened"]
    assert story.last(e.RulingOpened).claim == "return"


def test_a_new_episode_counts_anew() -> None:
    story = (
        Story().working().returns().refuse_return().rule(small.HOUSING).resolve().review().verdict().close()
    )
    story.reopen()
    assert (story.case.hand_backs, story.case.passed_to) == (0, (small.HOUSING,))


@pytest.mark.parametrize(
    ("designate", "overruled", "against"),
    [
        (small.HOUSING, "objection", small.HOUSING),
        (small.CIVIL_AFFAIRS, "proposal", small.DISPATCH),
        (small.WATER, "proposal", small.DISPATCH),
    ],
)
def test_what_a_ruling_overrules_counts_against_somebody(
    designate: str, overruled: str, against: str
) -> None:
    ruled = Story().disputed().rule(designate).last(e.Ruled)
    assert (ruled.overruled, ruled.against) == (overruled, against)


def test_a_return_that_is_overruled_counts_against_the_returner() -> None:
    story = Story().working().returns().refuse_return()
    assert story.rule(small.HOUSING).last(e.Ruled).against == small.HOUSING
    assert story.last(e.Ruled).overruled == "return"
    story = Story().working().returns().refuse_return()
    assert story.rule(small.CIVIL_AFFAIRS).last(e.Ruled).against == small.DISPATCH


def test_what_goes_straight_to_a_street_is_told_to_its_district_once() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose(small.OFFICE)
    assert story.last(e.Informed) == e.Informed(body=small.GOVERNMENT, cause=Informing.DIRECT_TO_STREET)
    story.object().accept_objection().propose(small.OFFICE)
    assert len(story.all(e.Informed)) == 1
    assert story.case.informed == (small.GOVERNMENT,)


@refuses("hand-off.already-informed", "hand-off.no-such-body", "hand-off.body-not-there")
def test_informing_tells_a_body_and_moves_nothing() -> None:
    story = Story().working()
    before = holding(story.case)
    story.does("inform", small.HOUSING_WORKER, to=small.OFFICE)
    assert holding(story.case) == before
    assert story.tries("inform", small.CLERK, to=small.OFFICE)
    assert story.tries("inform", small.CLERK, to="nowhere")
    late = Story(now=small.HEATING_ENDS).working()
    assert late.tries("inform", small.CLERK, to=small.HEATING)


@refuses("push-down.protected")
def test_naming_a_protected_body_as_owner_is_pushing_down_too() -> None:
    story = Story().register(matter=small.PUSHED_DOWN_MATTER).propose(small.CIVIL_AFFAIRS)
    assert story.tries("object", small.CIVIL_WORKER, reason="not_our_duty", proposed_owner=small.COMMITTEE)
    tried = story.events[-1]
    assert tried.body == e.PushDownRefused(
        command="object", to=small.COMMITTEE, matter=small.PUSHED_DOWN_MATTER
    )
    assert tried.actor.body == small.CIVIL_AFFAIRS
    story.sign()
    assert story.tries("return", small.CIVIL_WORKER, reason="not_our_duty", proposed_owner=small.WORKSTATION)


@refuses("push-down.protected")
def test_a_street_is_protected_from_what_its_list_does_not_carry() -> None:
    assert Story().register(matter=small.PUSHED_DOWN_MATTER).tries("propose", small.CLERK, to=small.OFFICE)
    assert Story().working(small.OFFICE).case.lead == small.OFFICE, "its list carries this one"


@refuses("push-down.protected")
def test_responsibility_does_not_slide_below_the_level_that_the_catalogue_names() -> None:
    assert Story().register(matter=small.HOUSING_MATTER).tries("propose", small.CLERK, to=small.COMMITTEE)
    assert USUAL[small.COMMITTEE].body == small.COMMITTEE
