"""Assistance, and whistle and report-in: what is refused, what is on record, and that none of it moves the lead."""

from typing import Any

import pytest

from domain import events as e
from domain.holders import holding
from domain.joint_words import AssistanceState, CallState
from domain.jurisdiction import Pack
from domain.words import Duty, Role
from tests import small
from tests.domain import world
from tests.domain.telling import Story, local, refuses

FUNDED = {"funding": "budget", "until": local("03-09 09:00")}
SCORES = {"promptness": "4", "cooperation": "5", "clarity": "3"}


def _low_income() -> Story:
    """The matter that is pushed down to communities, led by the department that has to."""
    return Story().working(small.CIVIL_AFFAIRS, small.PUSHED_DOWN_MATTER)


def _asked(asked: str = small.COMMITTEE, **more: Any) -> Story:
    return _low_income().does("ask_assistance", small.CIVIL_WORKER, asked=asked, **{**FUNDED, **more})


def _whistled(*called: str) -> Story:
    return Story().working().does("whistle", small.OFFICE_HEAD, called=called or (small.WATER,))


def _duty(duty: Duty) -> Pack:
    """The small pack with another column of the street's duty list for both matters of departments."""
    matters = tuple(
        each.model_copy(update={"duty": duty}) if each.lead.office else each for each in small.PACK.matters
    )
    return small.PACK.model_copy(update={"matters": matters})


# ---------------------------------------------------------------- assistance
def test_assistance_of_a_community_names_task_funds_and_end_and_runs_to_it() -> None:
    story = _asked()
    before = holding(story.case)
    story.does("accept_assistance", small.COMMITTEE_WORKER)
    (assisting,) = story.case.assisting
    assert (assisting.body, assisting.funding, assisting.until) == (small.COMMITTEE, *FUNDED.values())
    assert assisting.task is not None
    assert assisting.task.fields == ("task",)
    story.does("record_step", small.COMMITTEE_WORKER, step="site_visit")
    assert small.COMMITTEE_WORKER.person not in story.case.handlers
    assert holding(story.case) == before
    story.at("03-09 09:00")
    assert story.types[-1] == "assistance_over"
    assert story.case.assisting == ()
    assert story.case.assistances[0].state is AssistanceState.OVER


def test_the_assisting_body_gives_its_result_and_is_done() -> None:
    story = _asked().does("accept_assistance", small.COMMITTEE_HEAD)
    story.does("finish_assistance", small.COMMITTEE_WORKER)
    assert story.last(e.AssistanceFinished).personal.fields == ("finding",)
    assert story.case.assistances[0].state is AssistanceState.FINISHED
    assert not [deadline for deadline in story.case.deadlines if deadline.body]


@refuses("assistance.needs-funding-and-end")
@pytest.mark.parametrize("left_out", ["funding", "until"])
def test_a_community_is_asked_for_nothing_without_funds_and_end(left_out: str) -> None:
    story = _low_income()
    fields = {name: value for name, value in FUNDED.items() if name != left_out}
    assert story.tries("ask_assistance", small.CIVIL_WORKER, asked=small.COMMITTEE, **fields) is not None
    assert story.types[-1] == "signed"


@refuses("push-down.assistance")
@pytest.mark.parametrize("duty", [Duty.TAKEN_BACK, Duty.NOT_LISTED])
def test_what_no_list_carries_is_not_asked_of_a_community_and_the_attempt_is_on_record(duty: Duty) -> None:
    story = Story(_duty(duty)).working(small.CIVIL_AFFAIRS, small.PUSHED_DOWN_MATTER)
    before = story.case
    story.tries("ask_assistance", small.CIVIL_WORKER, asked=small.COMMITTEE, **FUNDED)
    assert story.last(e.PushDownRefused) == e.PushDownRefused(
        command="ask_assistance", to=small.COMMITTEE, matter=small.PUSHED_DOWN_MATTER
    )
    assert story.events[-1].actor.person == small.CIVIL_WORKER.person
    assert story.case.assistances == before.assistances


@refuses("push-down.assistance")
def test_a_kind_of_community_body_that_the_catalogue_does_not_name_is_protected() -> None:
    story = _low_income()
    story.tries("ask_assistance", small.CIVIL_WORKER, asked=small.PARTY, **FUNDED)
    assert story.types[-1] == "push_down_refused"


def test_communities_help_one_another_on_their_own_matters() -> None:
    story = Story().working(small.COMMITTEE, small.COMMITTEE_MATTER)
    story.does("ask_assistance", small.COMMITTEE_HEAD, asked=small.WORKSTATION, **FUNDED)
    assert not story.last(e.AssistanceAsked).listed


def test_a_department_may_be_asked_beyond_the_catalogue_and_that_is_marked() -> None:
    story = _low_income().does("ask_assistance", small.CIVIL_WORKER, asked=small.HOUSING)
    assert not story.last(e.AssistanceAsked).listed
    story.does("ask_assistance", small.CIVIL_WORKER, asked=small.OFFICE)
    assert story.last(e.AssistanceAsked).listed


@refuses("hand-off.no-matter")
def test_without_a_matter_no_list_can_be_read() -> None:
    Story().register().tries("ask_assistance", small.CLERK, asked=small.COMMITTEE, **FUNDED)


@refuses(
    "hand-off.no-such-body",
    "hand-off.body-not-there",
    "assistance.needs-contract",
    "assistance.answers-already",
)
def test_only_a_body_that_stands_beside_the_case_is_asked() -> None:
    story = Story(now=small.HEATING_ENDS).working()
    for asked in ("nowhere", small.HEATING, small.LIFTS, small.HOUSING, small.DISPATCH):
        assert story.tries("ask_assistance", small.HOUSING_WORKER, asked=asked) is not None


@refuses("assistance.asked-already", "assistance.not-asked")
def test_one_asking_of_a_body_at_a_time_until_it_is_released() -> None:
    story = _asked()
    story.tries("ask_assistance", small.CLERK, asked=small.COMMITTEE, **FUNDED)
    story.does("release_assistance", small.CLERK, asked=small.COMMITTEE)
    assert story.case.assistances[0].state is AssistanceState.RELEASED
    story.tries("release_assistance", small.CLERK, asked=small.COMMITTEE)
    story.does("ask_assistance", small.CLERK, asked=small.COMMITTEE, **FUNDED)


@refuses("assistance.ends-already")
def test_an_end_lies_ahead() -> None:
    _low_income().tries(
        "ask_assistance",
        small.CIVIL_WORKER,
        asked=small.COMMITTEE,
        funding="budget",
        until=local("03-02 09:00"),
    )


def test_a_community_says_no_and_no_blame_moves() -> None:
    story = _asked()
    before = holding(story.case), story.case.overseers
    story.does("refuse_assistance", small.COMMITTEE_WORKER, refusal="no_capacity")
    assert story.last(e.AssistanceRefused).personal.fields == ("ground",)
    assert (holding(story.case), story.case.overseers) == before
    assert story.case.took_part == frozenset()


@refuses("assistance.owed")
def test_a_department_owes_its_assistance() -> None:
    story = _asked(small.HOUSING)
    story.tries("refuse_assistance", small.HOUSING_WORKER, refusal="no_capacity")
    assert story.case.assistances[0].state is AssistanceState.ASKED


def test_a_street_may_say_no_to_what_its_list_does_not_carry() -> None:
    story = Story(_duty(Duty.NOT_LISTED)).working()
    story.does("ask_assistance", small.HOUSING_WORKER, asked=small.OFFICE)
    story.does("refuse_assistance", small.OFFICE_WORKER, refusal="not_listed")


@refuses("assistance.owed")
def test_a_street_owes_what_its_list_carries() -> None:
    _asked(small.OFFICE).tries("refuse_assistance", small.OFFICE_WORKER, refusal="not_listed")


def test_volunteers_help_without_contract_and_without_the_lists() -> None:
    story = Story().working().does("ask_assistance", small.HOUSING_WORKER, asked=small.VOLUNTEERS)
    story.does("accept_assistance", small.VOLUNTEER)
    assert [each.body for each in story.case.assisting] == [small.VOLUNTEERS]


def test_silence_of_an_asked_body_is_an_event_and_goes_up_above_that_body() -> None:
    story = _asked(until=local("03-20 09:00"))
    before = holding(story.case)
    story.time_passes_until("answer_assistance")
    assert story.types[-2:] == ["deadline_missed", "escalated"]
    assert story.last(e.DeadlineMissed).charged_to == small.COMMITTEE
    assert (story.last(e.Escalated).to, story.last(e.Escalated).about) == (small.OFFICE, small.COMMITTEE)
    assert holding(story.case) == before
    story.does("accept_assistance", small.COMMITTEE_WORKER)
    assert not [rung for rung in story.case.rungs if rung.about]


def test_who_becomes_the_lead_assists_no_longer() -> None:
    story = Story().register(matter=small.HOUSING_MATTER)
    story.does("ask_assistance", small.CLERK, asked=small.OFFICE).does(
        "accept_assistance", small.OFFICE_WORKER
    )
    story.propose(small.OFFICE)
    assert [each.body for each in story.case.assisting] == [small.OFFICE]
    story.sign()
    assert story.case.assisting == ()
    assert story.case.assistances[0].state is AssistanceState.OVER


def test_the_end_of_a_case_ends_what_was_asked() -> None:
    story = _asked().does("whistle", small.OFFICE_HEAD, called=(small.WATER,)).withdraw()
    assert story.case.assistances[0].state is AssistanceState.OVER
    assert story.case.calls[0].state is CallState.STOOD_DOWN
    assert story.case.deadlines == ()


@refuses("verdict.from-helper")
def test_nobody_who_serves_a_body_that_took_part_enters_the_verdict() -> None:
    both = small.CLERK.model_copy(update={"role": Role.CASEWORKER, "body": small.OFFICE})
    story = Story(world.with_posts([world.post(both)], world.PACK)).working()
    story.does("ask_assistance", small.HOUSING_WORKER, asked=small.OFFICE)
    story.does("accept_assistance", small.OFFICE_HEAD).does("finish_assistance", small.OFFICE_HEAD)
    story.resolve().review()
    verdict = {"response": True, "resolution": True, "satisfaction": "satisfied", "channel": "phone"}
    story.tries("record_verdict", small.CLERK, **verdict)
    story.does("record_verdict", small.CLERK_2, **verdict)


@refuses("joint.not-handled")
def test_nobody_is_brought_in_once_it_is_resolved() -> None:
    story = Story().working().resolve()
    story.tries("ask_assistance", small.HOUSING_WORKER, asked=small.OFFICE)


# ---------------------------------------------------------------- whistle
def test_the_street_convenes_and_the_lead_stays_where_it_is() -> None:
    story = Story().working()
    before = holding(story.case)
    story.does("whistle", small.OFFICE_HEAD, called=(small.WATER, small.CIVIL_AFFAIRS))
    clocks = {deadline.body: deadline for deadline in story.case.deadlines if deadline.kind == "report_in"}
    assert set(clocks) == {small.WATER, small.CIVIL_AFFAIRS}
    story.does("report_in", small.CIVIL_WORKER, step="site_visit", channel="visit")
    story.does("record_step", small.CIVIL_WORKER, step="work_done")
    assert holding(story.case) == before
    assert story.case.lead == small.HOUSING
    assert {call.body: call.state for call in story.case.calls} == {
        small.WATER: CallState.CALLED,
        small.CIVIL_AFFAIRS: CallState.REPORTED,
    }


def test_who_does_not_report_in_is_carried_up_above_itself_rung_by_rung_and_alerted_once() -> None:
    story = _whistled(small.WATER, small.CIVIL_AFFAIRS).wait(hours=12)
    told = [(event.to, event.about) for event in story.all(e.Escalated)]
    assert told == [(small.GOVERNMENT, small.WATER), (small.GOVERNMENT, small.CIVIL_AFFAIRS)]
    story.does("report_in", small.CIVIL_WORKER, step="site_visit").wait(days=2)
    assert [(event.to, event.about) for event in story.all(e.Escalated)][2:] == [
        (small.CITY_GOVERNMENT, small.WATER)
    ]
    story.wait(days=2)
    alerts = [event for event in story.all(e.Alerted) if event.about]
    assert [(alert.body, alert.about, alert.deadline) for alert in alerts] == [
        (small.CITY_GOVERNMENT, small.WATER, None)
    ]
    story.at("04-30 09:00")
    assert len([event for event in story.all(e.Alerted) if event.about]) == 1
    assert story.case.calls[0].state is CallState.CALLED


@refuses(
    "whistle.not-to-be-called", "whistle.named-twice", "hand-off.no-such-body", "hand-off.body-not-there"
)
def test_whom_a_street_cannot_whistle() -> None:
    story = Story(now=small.HEATING_ENDS).working()
    for called in (
        (small.COMMITTEE,),
        (small.VOLUNTEERS,),
        (small.LIFTS,),
        (small.OFFICE,),
        (small.DISPATCH,),
        (small.WATER, small.WATER),
        ("nowhere",),
        (small.HEATING,),
    ):
        assert story.tries("whistle", small.OFFICE_HEAD, called=called) is not None


@refuses("whistle.called-already", "whistle.not-called", "whistle.named-twice")
def test_a_body_is_called_once_until_it_is_let_go() -> None:
    story = _whistled()
    story.tries("whistle", small.OFFICE_HEAD, called=(small.WATER,))
    story.tries("stand_down", small.OFFICE_HEAD, called=(small.HOUSING,))
    story.tries("stand_down", small.OFFICE_HEAD, called=(small.WATER, small.WATER))
    story.does("stand_down", small.OFFICE_HEAD, called=(small.WATER,))
    assert not [deadline for deadline in story.case.deadlines if deadline.body]
    story.does("whistle", small.OFFICE_HEAD, called=(small.WATER,))


@refuses("authority.wrong-body")
def test_a_street_of_another_place_does_not_whistle() -> None:
    other = small.OFFICE_HEAD.model_copy(update={"person": "other-office", "body": "990111001.office"})
    poor = small.BODIES[0].model_copy(
        update={
            "id": "990111001.office",
            "kind": "street_office",
            "level": "street",
            "division": small.POOR_STREET,
            "links": (),
        }
    )
    story = Story(world.with_posts([world.post(other)], world.with_body(poor))).working()
    story.tries("whistle", other, called=(small.WATER,))
    story.does("whistle", small.OFFICE_HEAD, called=(small.WATER,))


@refuses("authority.wrong-body")
def test_the_pack_says_who_may_whistle() -> None:
    story = Story(world.with_policy(whistles=("street_party",))).working()
    story.tries("whistle", small.OFFICE_HEAD, called=(small.WATER,))


@refuses("whistle.asked-already")
def test_a_community_asks_its_street_to_whistle_and_silence_goes_up() -> None:
    story = Story().working().does("ask_whistle", small.COMMITTEE_HEAD, called=(small.WATER,))
    assert story.last(e.WhistleAsked).street == small.OFFICE
    story.tries("ask_whistle", small.STATION_CLERK, called=(small.WATER,))
    story.time_passes_until("answer_whistle")
    assert (story.last(e.DeadlineMissed).charged_to, story.last(e.Escalated).to) == (
        small.OFFICE,
        small.GOVERNMENT,
    )
    story.does("whistle", small.OFFICE_HEAD, called=(small.WATER,))
    assert story.case.whistle_asks == ()
    assert [deadline.kind for deadline in story.case.deadlines if deadline.body] == ["report_in"]


def test_a_street_may_decline_to_whistle() -> None:
    story = Story().working().does("ask_whistle", small.COMMITTEE_HEAD, called=(small.WATER,))
    story.does("decline_whistle", small.OFFICE_SUPERVISOR)
    assert story.last(e.WhistleDeclined).asked_by == (small.COMMITTEE,)
    assert not [deadline for deadline in story.case.deadlines if deadline.body]


@refuses("whistle.nothing-to-score", "authority.wrong-body")
def test_the_two_of_a_whistle_score_each_other_once_and_nothing_else_changes() -> None:
    story = _whistled(small.CIVIL_AFFAIRS)
    story.tries("score", small.OFFICE_HEAD, scored=small.CIVIL_AFFAIRS, **SCORES)
    story.does("report_in", small.CIVIL_WORKER, step="site_visit")
    before = story.case.model_dump(exclude={"version", "material_version", "last_at", "calls"})
    story.tries("score", small.OFFICE_HEAD, scored=small.WATER, **SCORES)
    story.does("score", small.OFFICE_HEAD, scored=small.CIVIL_AFFAIRS, **SCORES)
    story.does("score", small.CIVIL_HEAD, scored=small.OFFICE, **SCORES)
    story.tries("score", small.CIVIL_HEAD, scored=small.OFFICE, **SCORES)
    assert story.case.model_dump(exclude={"version", "material_version", "last_at", "calls"}) == before
    assert [(each.by, each.scored) for each in story.all(e.Scored)] == [
        (small.OFFICE, small.CIVIL_AFFAIRS),
        (small.CIVIL_AFFAIRS, small.OFFICE),
    ]


def test_scores_may_still_be_given_when_the_case_has_ended() -> None:
    story = _whistled(small.CIVIL_AFFAIRS).withdraw()
    story.does("score", small.OFFICE_HEAD, scored=small.CIVIL_AFFAIRS, **SCORES)
    assert story.case.ending is not None
    assert holding(story.case) is None
