"""Hand-offs and disputes: the lead moves by a signature, by silence that binds, or by a ruling (design.md §3.2-3.5)."""

from datetime import timedelta

import pytest

from domain import events as e
from domain.actors import person
from domain.holders import holding
from domain.words import Charge, DeadlineKind, Exceptional, Role, State
from tests import small
from tests.domain import world
from tests.domain.telling import Story, refuses

OBJECTION = {"reason": "not_our_duty"}


# ---------------------------------------------------------------- first receiver stays liable
def test_until_somebody_signs_the_dispatching_body_answers() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose()
    held = holding(story.case)
    assert held is not None
    assert (held.answering, held.charge, held.charged_to) == (
        small.DISPATCH,
        Charge.IN_TRANSIT,
        small.HOUSING,
    )
    story.sign()
    assert (story.case.lead, story.case.sender, story.case.state) == (
        small.HOUSING,
        small.DISPATCH,
        State.WORKING,
    )


def test_silence_binds_a_desk_that_was_held_throughout_by_one_after_the_other() -> None:
    story = Story().wait(hours=90).register(matter=small.HOUSING_MATTER).propose(small.WATER).wait(hours=24)
    deemed = story.last(e.DeemedSigned)
    assert (deemed.lead, story.case.lead) == (small.WATER, small.WATER)
    assert (deemed.window.start, deemed.window.end) == (story.events[1].at, story.now)
    assert story.case.handlers == ()


def test_silence_does_not_bind_an_empty_desk() -> None:
    story = Story(small.PACK).register(matter=small.HOUSING_MATTER).propose(small.WATER).wait(hours=24)
    assert story.types[-2:] == ["proposal_ended", "exception_raised"]
    assert story.last(e.ProposalEnded).cause == "nobody_in_post"
    assert (story.case.state, story.case.exceptions) == (State.TRIAGE, (Exceptional.EMPTY_DESK,))
    assert story.last(e.ExceptionRaised).body == small.WATER


@pytest.mark.parametrize("start", [179, 199, 276, 290])
def test_silence_does_not_bind_a_desk_that_was_empty_for_an_hour(start: int) -> None:
    story = (
        Story().wait(hours=start).register(matter=small.HOUSING_MATTER).propose(small.WATER).wait(hours=24)
    )
    assert story.case.state is State.TRIAGE
    assert story.last(e.ProposalEnded).cause == "nobody_in_post"


def test_the_last_hour_of_the_last_person_still_binds() -> None:
    story = Story().wait(hours=176).register(matter=small.HOUSING_MATTER).propose(small.WATER).wait(hours=24)
    assert story.case.lead == small.WATER


def test_silence_does_not_bind_a_body_that_ended_meanwhile() -> None:
    heating = next(body for body in small.BODIES if body.id == small.HEATING)
    staying = world.post(person("stays-1", Role.CASEWORKER, small.HEATING))
    pack = world.with_posts([staying], world.with_body(heating))
    story = Story(pack, now=small.HEATING_ENDS - timedelta(hours=12))
    story.register(matter=small.HOUSING_MATTER).propose(small.HEATING).wait(hours=24)
    assert story.last(e.ProposalEnded).cause == "body_ended"
    assert story.case.lead is None


def test_an_objection_that_is_accepted_ends_the_proposal() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose(small.CIVIL_AFFAIRS).object(small.HOUSING)
    assert story.case.state is State.OBJECTED
    assert story.case.deadline(DeadlineKind.SIGN) is None
    story.accept_objection()
    assert (story.case.state, story.case.proposal) == (State.TRIAGE, None)


def test_an_objection_that_nobody_answers_opens_a_ruling() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose().object().wait(hours=24)
    opened = story.last(e.RulingOpened)
    assert (opened.cause, opened.body) == ("objection_unanswered", small.GOVERNMENT)
    assert opened.parties == (small.HOUSING, small.CIVIL_AFFAIRS)


def test_a_return_takes_effect_when_the_sender_signs() -> None:
    story = Story().working().returns()
    assert (story.case.state, story.case.lead) == (State.RETURNING, small.HOUSING)
    story.sign_return()
    assert (story.case.state, story.case.lead) == (State.TRIAGE, None)


def test_a_return_that_nobody_answers_opens_a_ruling_and_the_lead_stays() -> None:
    story = Story().working().returns().wait(hours=24)
    assert story.last(e.RulingOpened).cause == "return_unanswered"
    assert (story.case.state, story.case.lead) == (State.RULING, small.HOUSING)


@refuses("hand-off.return-too-late")
def test_a_return_has_a_window() -> None:
    Story().working().wait(hours=48).returns()
    story = Story().working().wait(hours=48, minutes=1)
    assert story.tries("return", small.HOUSING_WORKER, **OBJECTION, proposed_owner=small.CIVIL_AFFAIRS)


@refuses("hand-off.no-such-body", "hand-off.names-itself")
def test_an_objection_names_another_body_that_exists() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose()
    assert story.tries("object", small.HOUSING_WORKER, **OBJECTION, proposed_owner="nowhere")
    assert story.tries("object", small.HOUSING_WORKER, **OBJECTION, proposed_owner=small.HOUSING)
    story.sign()
    assert story.tries("return", small.HOUSING_WORKER, **OBJECTION, proposed_owner=small.HOUSING)


# ---------------------------------------------------------------- who can be asked to lead
@refuses("hand-off.no-matter")
def test_nobody_is_proposed_before_the_matter_is_known() -> None:
    assert Story().register().tries("propose", small.CLERK, to=small.HOUSING)


@refuses("hand-off.no-such-body")
def test_the_proposed_body_has_to_exist() -> None:
    assert Story().register(matter=small.HOUSING_MATTER).tries("propose", small.CLERK, to="nowhere")


@refuses("hand-off.body-not-there")
def test_a_body_that_has_ended_is_not_proposed() -> None:
    story = Story(now=small.HEATING_ENDS).register(matter=small.HOUSING_MATTER)
    assert story.tries("propose", small.CLERK, to=small.HEATING)
    assert (
        Story().register(matter=small.HOUSING_MATTER).tries("propose", small.CLERK, to=small.HEATING) is None
    )


@refuses("hand-off.never-leads")
@pytest.mark.parametrize("body", [small.PARTY, small.CONFERENCE, small.ORGAN])
def test_party_organisations_conferences_and_outside_organs_never_lead(body: str) -> None:
    assert Story().register(matter=small.HOUSING_MATTER).tries("propose", small.CLERK, to=body)
    assert Story().disputed().tries("rule", small.DISTRICT_HEAD, designate=body)


@refuses("push-down.protected")
@pytest.mark.parametrize("body", [small.COMMITTEE, small.WORKSTATION, small.PARTY])
def test_a_push_down_is_refused_and_recorded_with_who_tried(body: str) -> None:
    story = Story().register(matter=small.PUSHED_DOWN_MATTER)
    before = story.case
    refused = story.tries("propose", small.CLERK, to=body)
    assert refused is not None
    assert refused.rule == "push-down.protected"
    recorded = story.events[-1]
    assert recorded.body == e.PushDownRefused(command="propose", to=body, matter=small.PUSHED_DOWN_MATTER)
    assert (recorded.actor.person, recorded.actor.body, recorded.actor.office) == (
        "clerk-1",
        small.DISPATCH,
        "甲区派单中心",
    )
    assert (story.case.state, story.case.deadlines) == (before.state, before.deadlines)


@refuses("push-down.protected")
def test_a_ruling_pushes_nothing_down_either() -> None:
    story = Story().register(matter=small.PUSHED_DOWN_MATTER).propose(small.CIVIL_AFFAIRS)
    story.object(small.HOUSING).contest_objection()
    assert story.tries("rule", small.DISTRICT_HEAD, designate=small.COMMITTEE)
    assert story.last(e.PushDownRefused).command == "rule"
    assert story.case.state is State.RULING


def test_a_community_body_leads_what_is_its_own() -> None:
    assert Story().working(small.COMMITTEE, small.COMMITTEE_MATTER).case.lead == small.COMMITTEE


# ---------------------------------------------------------------- rulings
def test_the_lowest_common_superior_rules_and_the_lead_moves_at_once() -> None:
    story = Story().disputed()
    assert story.last(e.RulingOpened).body == small.GOVERNMENT
    story.rule(small.CIVIL_AFFAIRS)
    assert story.types[-2:] == ["ruled", "designated"]
    case = story.case
    assert (case.lead, case.designated, case.acknowledged, case.state) == (
        small.CIVIL_AFFAIRS,
        True,
        False,
        State.WORKING,
    )
    story.acknowledge()
    assert story.case.acknowledged
    assert story.case.deadline(DeadlineKind.ACKNOWLEDGE) is None


def test_the_superior_is_strictly_above_every_party() -> None:
    story = Story().disputed(small.HOUSING, small.GOVERNMENT)
    assert story.last(e.RulingOpened).body == small.CITY_GOVERNMENT


def test_the_superior_of_two_districts_is_the_city() -> None:
    assert (
        Story().disputed(small.HOUSING, small.POOR_HOUSING).last(e.RulingOpened).body == small.CITY_GOVERNMENT
    )


def test_guiding_is_not_leading() -> None:
    story = Story().register(matter=small.COMMITTEE_MATTER).propose(small.COMMITTEE).object(small.HOUSING)
    story.contest_objection()
    assert story.last(e.RulingOpened).body == small.CONFERENCE, (
        "a street guides a committee and is not its superior"
    )


def test_a_joint_conference_rules_where_there_is_no_common_superior() -> None:
    story = Story().disputed(small.HOUSING, small.RAILWAY)
    assert story.last(e.RulingOpened).body == small.CONFERENCE
    assert story.case.exceptions == ()
    story.rule(small.HOUSING, by=small.CONFERENCE_HEAD)
    assert story.case.lead == small.HOUSING


def poor_dispute(owner: str = small.RAILWAY) -> Story:
    story = Story().register(place=small.POOR_COMMUNITY, matter=small.HOUSING_MATTER)
    story.propose(small.POOR_HOUSING, by=small.CITY_CLERK).object(owner)
    return story.contest_objection(by=small.CITY_CLERK)


def test_with_nobody_to_rule_there_is_an_exception_and_never_silence() -> None:
    story = poor_dispute()
    assert story.types[-2:] == ["ruling_opened", "exception_raised"]
    assert story.case.exceptions == (Exceptional.NO_COMMON_SUPERIOR,)
    held = holding(story.case)
    assert held is not None
    assert (held.charge, held.charged_to) == (Charge.IN_DISPUTE, small.CITY_DISPATCH)
    assert story.case.deadline(DeadlineKind.RULING) is not None


@refuses("authority.wrong-body")
def test_with_nobody_to_rule_the_bodies_of_the_ladder_may() -> None:
    story = poor_dispute()
    assert story.tries("rule", small.CITY_HEAD, designate=small.POOR_HOUSING), "not yet"
    story.wait(hours=72)
    assert story.last(e.Escalated).to == small.CITY_GOVERNMENT
    story.rule(small.POOR_HOUSING, by=small.CITY_HEAD)
    assert (story.case.lead, story.case.exceptions) == (small.POOR_HOUSING, ())


@refuses("authority.wrong-body")
def test_a_party_never_rules_on_its_own_dispute() -> None:
    story = poor_dispute(owner=small.CITY_GOVERNMENT).wait(hours=72)
    assert story.last(e.Escalated).to == small.CITY_GOVERNMENT
    assert story.tries("rule", small.CITY_HEAD, designate=small.POOR_HOUSING)


@refuses("case.nobody-may")
def test_the_list_of_what_is_allowed_says_when_nobody_may() -> None:
    story = poor_dispute()
    row = story.allowed()["rule"]
    assert not row.allowed
    assert row.refusal is not None
    assert row.refusal.rule == "case.nobody-may"


@refuses("hand-off.designated")
def test_a_designated_body_cannot_return() -> None:
    story = Story().disputed().rule(small.HOUSING)
    assert story.tries("return", small.HOUSING_WORKER, **OBJECTION, proposed_owner=small.CIVIL_AFFAIRS)


@refuses("hand-off.nothing-proposed")
def test_a_designated_body_is_not_asked_and_cannot_object() -> None:
    story = Story().disputed().rule(small.HOUSING)
    assert story.tries("object", small.HOUSING_WORKER, **OBJECTION, proposed_owner=small.CIVIL_AFFAIRS)
    assert story.tries("sign", small.HOUSING_WORKER)


def test_after_reopening_the_designation_binds_no_longer() -> None:
    story = Story().disputed().rule(small.HOUSING).acknowledge().resolve().review().verdict().close()
    story.reopen().returns()
    assert story.case.state is State.RETURNING


@refuses("dispute.nothing-to-acknowledge")
def test_only_a_designation_is_acknowledged_and_only_once() -> None:
    assert Story().working().tries("acknowledge", small.HOUSING_WORKER)
    story = Story().disputed().rule(small.HOUSING).acknowledge()
    assert story.tries("acknowledge", small.HOUSING_WORKER)


def test_setting_up_counts_for_the_common_superior() -> None:
    story = Story().register(matter=small.COMMITTEE_MATTER).propose(small.HOUSING).object(small.WORKSTATION)
    assert story.contest_objection().last(e.RulingOpened).body == small.GOVERNMENT
