"""Intake and triage: what is taken in, what is refused at the door, and which clock starts when."""

from datetime import timedelta

import pytest

from domain import events as e
from domain.actors import RESIDENT, Actor
from domain.errors import DomainFault
from domain.words import ActorKind, CaseKind, DeadlineKind, Ending, Procedure, State
from tests import small
from tests.domain import world
from tests.domain.telling import Story, local, personal, refuses

PARTNER = Actor(kind=ActorKind.PARTNER)


def hours(story: Story, kind: DeadlineKind) -> float:
    clock = story.case.deadline(kind)
    assert clock is not None
    return (clock.due - story.case.registered_at) / timedelta(hours=1)


def test_a_case_without_matter_waits_in_triage_on_a_clock() -> None:
    case = Story().register().case
    assert (case.state, case.dispatcher, case.registrar) == (State.TRIAGE, small.DISPATCH, small.WORKSTATION)
    assert [clock.kind for clock in case.deadlines] == [DeadlineKind.TRIAGE]


def test_a_case_with_its_matter_has_the_residents_clock_from_registration() -> None:
    story = Story().register(matter=small.PUSHED_DOWN_MATTER)
    assert hours(story, DeadlineKind.RESOLVE) == 240
    clock = story.case.deadline(DeadlineKind.RESOLVE)
    assert clock is not None
    assert (clock.rule, clock.rule_version, clock.calendar) == (
        "matter.minimum-allowance.resolve",
        1,
        "elapsed-hours/1",
    )
    assert clock.promise is not None
    assert "答复" in clock.promise.zh


def test_received_at_is_kept_and_starts_no_clock() -> None:
    story = Story().register(matter=small.HOUSING_MATTER, received_at=local("02-01 08:00"))
    assert story.case.received_at == local("02-01 08:00")
    assert story.case.registered_at == small.START
    assert hours(story, DeadlineKind.TRIAGE) == 4
    assert hours(story, DeadlineKind.RESOLVE) == 120


def test_triage_swaps_the_allowance_and_not_the_start() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).wait(hours=2).triage(small.PUSHED_DOWN_MATTER)
    clock = story.case.deadline(DeadlineKind.RESOLVE)
    assert clock is not None
    assert (clock.started_at, clock.hours) == (small.START, 240)
    assert hours(story, DeadlineKind.TRIAGE) == 4


def test_triage_with_a_shorter_allowance_may_be_overdue_at_once() -> None:
    story = Story().register(matter=small.PUSHED_DOWN_MATTER).wait(hours=130).triage(small.HOUSING_MATTER)
    story.at(story.now)
    missed = [body.kind for body in story.all(e.DeadlineMissed)]
    assert missed == [DeadlineKind.TRIAGE, DeadlineKind.RESOLVE]
    assert story.events[-1].at == story.now


def test_naming_the_matter_again_is_no_way_down_the_ladder() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).wait(hours=150)
    rungs = [rung for rung in story.case.rungs if rung.cause is DeadlineKind.RESOLVE]
    missed = len(story.all(e.DeadlineMissed))
    story.triage(small.COMMITTEE_MATTER).wait(hours=1)
    assert [rung for rung in story.case.rungs if rung.cause is DeadlineKind.RESOLVE] == rungs
    assert len(story.all(e.DeadlineMissed)) == missed


def test_a_longer_allowance_stops_the_ladder_of_the_shorter_one() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).wait(hours=130).triage(small.PUSHED_DOWN_MATTER)
    assert not [rung for rung in story.case.rungs if rung.cause is DeadlineKind.RESOLVE]
    assert hours(story, DeadlineKind.RESOLVE) == 240


def test_triage_may_set_place_and_kind_and_leaves_what_it_does_not_name() -> None:
    story = Story().register(kind=CaseKind.COMPLAINT).triage(small.HOUSING_MATTER)
    assert (story.case.kind, story.case.place) == (CaseKind.COMPLAINT, small.COMMUNITY)
    story.triage(small.HOUSING_MATTER, kind="report", place=small.STREET)
    assert (story.case.kind, story.case.place) == (CaseKind.REPORT, small.STREET)


def test_the_matter_says_under_which_procedure_the_case_runs() -> None:
    case = Story().register(matter=small.PETITION_MATTER).case
    assert (case.procedure, case.dispatcher) == (Procedure.PETITION, small.PETITION)


def test_a_resident_and_a_partner_may_register_where_the_place_is_known() -> None:
    for who in (RESIDENT, PARTNER):
        case = Story().register(who).case
        assert (case.registrar, case.dispatcher) == (None, small.DISPATCH)


def test_a_partner_that_names_a_body_is_no_registrar_of_it() -> None:
    for body in ("nowhere", small.HOUSING):
        story = Story().register(Actor(kind=ActorKind.PARTNER, body=body))
        assert story.case.registrar is None


def test_without_a_place_the_office_that_registers_says_where() -> None:
    assert Story().register(place=None).case.dispatcher == small.DISPATCH
    assert Story().register(small.CITY_CLERK, place=None).case.dispatcher == small.CITY_DISPATCH


def test_the_longest_division_code_finds_the_dispatching_body() -> None:
    assert Story().register(place=small.POOR_COMMUNITY).case.dispatcher == small.CITY_DISPATCH


def test_an_answer_at_intake_ends_the_case_on_a_satisfied_verdict() -> None:
    story = Story().register().does("answer_at_intake", small.CLERK)
    assert story.case.state is State.AWAITING_VERDICT
    story.verdict("fairly")
    assert story.case.ending is Ending.ANSWERED_AT_INTAKE
    assert story.types[-2:] == ["verdict_recorded", "ended_at_intake"]


def test_an_answer_at_intake_that_does_not_stand_leads_back_to_triage_with_every_clock() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).does("answer_at_intake", small.CLERK)
    story.wait(hours=100).verdict("unsatisfied")
    assert story.case.state is State.TRIAGE
    assert {clock.kind for clock in story.case.deadlines} == {DeadlineKind.TRIAGE, DeadlineKind.RESOLVE}
    story.propose().sign()
    clock = story.case.deadline(DeadlineKind.RESOLVE)
    assert clock is not None, "a lead without the resident's clock"
    assert clock.due == local("03-06 13:00") + timedelta(hours=48)


def test_the_workflow_must_draw_a_number_first() -> None:
    with pytest.raises(DomainFault):
        Story().register(number=None)


@refuses("case.unknown")
def test_there_has_to_be_a_case() -> None:
    refused = Story().tries("triage", small.CLERK, matter=small.HOUSING_MATTER)
    assert refused is not None
    assert refused.rule == "case.unknown"


@refuses("case.already-registered")
def test_a_case_is_taken_in_once() -> None:
    story = Story().register()
    refused = story.tries("register", small.STATION_CLERK)
    assert refused is not None
    assert story.case.number in refused.en
    assert len(story.events) == 1


@refuses("intake.unknown-matter")
def test_the_catalogue_has_to_know_the_matter() -> None:
    assert Story().tries("register", small.STATION_CLERK, matter="nothing")
    assert Story().register().tries("triage", small.CLERK, matter="nothing")


@refuses("intake.unknown-place")
def test_the_place_has_to_exist() -> None:
    assert Story().tries("register", small.STATION_CLERK, place="9999")
    assert Story().register().tries("triage", small.CLERK, matter=small.HOUSING_MATTER, place="9999")


@refuses("intake.received-later")
def test_nothing_is_received_in_the_future() -> None:
    late = small.START + timedelta(seconds=1)
    assert Story().tries("register", small.STATION_CLERK, place=small.COMMUNITY, received_at=late)
    Story().register(received_at=small.START)


@refuses("intake.no-dispatcher")
def test_somebody_has_to_dispatch_there() -> None:
    assert Story().tries("register", RESIDENT), "no place, no office"
    pack = small.PACK.model_copy(update={"dispatch": ()})
    assert Story(pack).tries("register", small.STATION_CLERK)


@refuses("intake.another-procedure")
def test_a_matter_of_another_procedure_is_another_case() -> None:
    assert Story().tries("register", small.STATION_CLERK, matter=small.PETITION_MATTER, procedure="hotline")
    assert Story().register().tries("triage", small.CLERK, matter=small.PETITION_MATTER)


@refuses("case.text-missing")
def test_what_has_to_be_written_is_demanded() -> None:
    refused = Story().tries("register", small.STATION_CLERK, leaving_out="text")
    assert refused is not None
    assert "text" in refused.en
    story = Story().working()
    answers = {"truth": "true", "ours": True, "contacted": "yes", "solved": "yes"}
    refused = story.tries("resolve", small.HOUSING_WORKER, personal=personal("finding"), **answers)
    assert refused is not None
    assert "evidence, reply" in refused.en


@refuses("ending.not-heard")
def test_not_accepting_takes_a_hearing_first() -> None:
    story = Story().register()
    told = {"ground_code": "no_clear_demand", "told_by": "phone"}
    assert story.tries("not_accept", small.REVIEWER, **told)
    story.step("resident_heard", by=small.CLERK).does("not_accept", small.REVIEWER, **told)
    assert story.case.ending is Ending.NOT_ACCEPTED
    assert story.last(e.NotAccepted).ground_code == "no_clear_demand"


@refuses("ending.not-heard")
def test_another_step_is_no_hearing() -> None:
    story = Story().register().step("contacted_resident", by=small.CLERK)
    assert story.tries("not_accept", small.REVIEWER, ground_code="exhausted", told_by="phone")


@refuses("ending.handler-refuses")
def test_who_answered_the_case_does_not_decide_not_to_accept_it() -> None:
    story = Story().register().step("resident_heard", by=small.CLERK)
    story.does("answer_at_intake", world.MANY_AS_CLERK).verdict("unsatisfied")
    assert story.tries("not_accept", world.MANY_AS_REVIEWER, ground_code="exhausted", told_by="phone")
