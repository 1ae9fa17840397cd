"""The firewall: the accused, those below and whoever acts for them are out of the case, and it goes on without them."""

from datetime import timedelta

import pytest

from domain import events as e
from domain.actors import Actor, person
from domain.authority import may
from domain.decide import needs
from domain.jurisdiction import Pack
from domain.words import Charge, Exceptional, Role, State
from tests import small
from tests.domain import world
from tests.domain.telling import Story, refuses

NO_CASE = "case.unknown"


def hidden(story: Story, by: Actor) -> bool:
    """Whether every command of that actor is told that there is no such case."""
    answers = {name: allowance.refusal for name, allowance in story.allowed(by).items()}
    told = story.tries("record_step", by, step="note")
    barred = told is not None and told.rule == NO_CASE
    assert not barred or all(refusal is not None for refusal in answers.values())
    return barred


def against(
    *bodies: str, by: Actor = small.STATION_CLERK, pack: Pack = world.PACK, **fields: object
) -> Story:
    return Story(pack).register(by, against=bodies, **fields)


# ---------------------------------------------------------------- at intake
@refuses("case.unknown")
def test_a_complaint_against_a_street_office_is_answered_by_the_district_and_its_registrar_loses_sight() -> (
    None
):
    story = against(small.OFFICE)
    assert story.case.dispatcher == small.DISPATCH
    assert [(row.answering, row.charge) for row in story.wait(hours=1).holders()] == [
        (small.DISPATCH, Charge.TRIAGE)
    ]
    for who in (
        small.STATION_CLERK,
        small.OFFICE_HEAD,
        small.OFFICE_WORKER,
        small.OFFICE_SUPERVISOR,
        small.COMMITTEE_WORKER,
        small.COMMITTEE_HEAD,
    ):
        assert hidden(story, who), who
    for who in (small.CLERK, small.REVIEWER, small.HOUSING_HEAD, small.DISTRICT_SUPERVISOR):
        assert not hidden(story, who), who


def test_an_accused_government_is_judged_above_it_by_the_dispatch_table() -> None:
    story = against(small.GOVERNMENT)
    assert story.case.dispatcher == small.CITY_DISPATCH
    assert hidden(story, small.CLERK), "the district's dispatch centre stands below it"
    assert hidden(story, small.HOUSING_HEAD)
    assert not hidden(story, small.CITY_CLERK)
    assert not hidden(story, small.POOR_HOUSING_WORKER)


def test_the_top_rung_accused_goes_to_the_outside_organ_visibly() -> None:
    story = against(small.CITY_GOVERNMENT)
    assert story.case.dispatcher == small.ORGAN
    assert Exceptional.NOBODY_ABLE in story.case.exceptions
    assert hidden(story, small.CITY_HEAD)
    assert hidden(story, small.CLERK)


def test_an_accused_outside_organ_bars_itself_alone_and_is_seen() -> None:
    organ = person("organ-1", Role.HEAD, small.ORGAN)
    story = against(small.ORGAN, pack=world.with_posts([world.post(organ)], world.PACK))
    assert story.case.dispatcher == small.DISPATCH
    assert story.case.exceptions == (Exceptional.ACCUSED_OUTSIDE,)
    assert hidden(story, organ)
    assert not hidden(story, small.CLERK)


@refuses("firewall.nobody-above")
def test_where_nobody_stands_above_all_the_accused_the_refusal_names_what_is_missing() -> None:
    refused = Story().tries(
        "register", small.STATION_CLERK, place=small.COMMUNITY, against=(small.CITY_GOVERNMENT, small.ORGAN)
    )
    assert refused is not None
    assert "outside organ" in refused.en
    story = Story().register()
    assert story.tries("accuse", small.CLERK, against=(small.CITY_GOVERNMENT, small.ORGAN)) is not None
    assert story.case.against == ()


@refuses("firewall.unknown-body")
def test_only_a_body_of_the_pack_can_be_accused() -> None:
    assert Story().tries("register", small.STATION_CLERK, place=small.COMMUNITY, against=("9999.nobody",))
    assert Story().register().tries("accuse", small.CLERK, against=("9999.nobody",))


def test_the_registrar_keeps_sight_while_he_acts_for_the_body_that_answers() -> None:
    story = against(small.HOUSING, by=small.CLERK, matter=small.PUSHED_DOWN_MATTER)
    assert not hidden(story, small.CLERK)
    story.propose(small.CIVIL_AFFAIRS, by=small.CLERK_2).sign()
    assert hidden(story, small.CLERK)
    assert not hidden(story, small.CLERK_2)


def test_a_complaint_against_nobody_hides_nothing() -> None:
    story = Story().register()
    assert not hidden(story, small.STATION_CLERK)
    assert not story.case.walled


def test_misconduct_is_kept_on_record() -> None:
    assert against(small.OFFICE, misconduct=True).case.misconduct
    story = against(small.OFFICE)
    assert not story.case.misconduct
    assert story.does("accuse", small.CLERK, against=(small.OFFICE,), misconduct=True).case.misconduct


# ---------------------------------------------------------------- who is behind the wall
def test_one_person_with_many_hats_is_barred_under_all_of_them() -> None:
    story = against(small.OFFICE, by=small.CLERK_2)
    for hat in world.MANY_HATS:
        assert hidden(story, hat), "one of his hats is at the accused office"


def _with(who: Actor, since: timedelta, until: timedelta | None) -> Pack:
    """The pack in which somebody acted for the accused office in that stretch, and is a clerk of the dispatch centre."""
    end = small.START + until if until is not None else None
    at_office = world.post(person(str(who.person), Role.CASEWORKER, small.OFFICE), small.START + since, end)
    return world.with_posts([at_office, world.post(who)], world.PACK)


@pytest.mark.parametrize(
    ("since", "until", "barred"),
    [
        (-48, -1, False),
        (-48, 0, False),
        (-48, 1, True),
        (-48, 9, True),
        (1, 2, True),
        (4, 6, True),
        (6, 9, False),
        (-48, None, True),
    ],
)
def test_who_acted_for_the_accused_at_any_time_of_the_case_is_barred(
    since: int,
    until: int | None,
    barred: bool,
) -> None:
    who = person("moved-1", Role.CLERK, small.DISPATCH)
    ends = timedelta(hours=until) if until is not None else None
    story = against(small.OFFICE, pack=_with(who, timedelta(hours=since), ends))
    assert hidden(story.wait(hours=5), who) is barred


def test_who_acted_for_the_accused_and_left_stays_barred() -> None:
    who = person("moved-1", Role.CLERK, small.DISPATCH)
    story = against(small.OFFICE, pack=_with(who, timedelta(hours=1), timedelta(hours=2)))
    assert hidden(story.wait(hours=5), who)


def test_who_joins_the_accused_later_is_barred_from_then_on() -> None:
    who = person("moved-1", Role.CLERK, small.DISPATCH)
    story = against(small.OFFICE, pack=_with(who, timedelta(hours=6), None))
    assert not hidden(story.wait(hours=5), who)
    assert hidden(story.wait(hours=2), who)


def test_a_new_name_is_no_way_through_the_wall() -> None:
    story = against(small.HEATING)
    assert hidden(story, small.HOUSING_WORKER), "housing succeeds the accused heating office"


def test_who_typed_for_another_is_barred_as_that_one_is() -> None:
    story = against(small.OFFICE)
    typed = small.CLERK.model_copy(update={"typed_by": "office-1"})
    assert hidden(story, typed)


def test_the_wall_is_asked_before_anything_else() -> None:
    story = against(small.OFFICE)
    for command in ("sign", "close", "oversee", "accuse"):
        fields = {"against": (small.OFFICE,)} if command == "accuse" else {}
        refused = story.tries(command, small.OFFICE_HEAD, expected_version=77, **fields)
        assert refused is not None
        assert refused.rule == NO_CASE


# ---------------------------------------------------------------- a later accusation
def test_an_accused_lead_loses_the_case_at_once() -> None:
    story = Story().working().does("accuse", small.CLERK, against=(small.HOUSING,))
    assert story.types[-2:] == ["accused", "removed_by_firewall"]
    assert (story.case.lead, story.case.state) == (None, State.TRIAGE)
    assert story.case.dispatcher == small.DISPATCH
    assert {deadline.kind for deadline in story.case.deadlines} == {"triage", "resolve"}
    assert story.case.last_lead is None


def test_the_resident_can_accuse_and_the_whole_district_goes() -> None:
    story = Story().working().does("accuse", small.RESIDENT, against=(small.GOVERNMENT,))
    assert story.case.dispatcher == small.CITY_DISPATCH
    assert hidden(story, small.CLERK)
    assert hidden(story, small.HOUSING_WORKER)
    story.propose(small.POOR_HOUSING, by=small.CITY_CLERK).sign()
    assert story.case.lead == small.POOR_HOUSING


@pytest.mark.parametrize("comes_to", ["resolved", "reviewed", "judged"])
def test_what_an_accused_lead_has_resolved_is_handled_again_by_another(comes_to: str) -> None:
    story = Story().working().resolve()
    story = story if comes_to == "resolved" else story.review()
    story = story.verdict() if comes_to == "judged" else story
    story.does("accuse", small.CLERK, against=(small.HOUSING,))
    assert (story.case.state, story.case.lead) == (State.TRIAGE, None)
    assert story.propose(small.CIVIL_AFFAIRS).sign().case.state is State.WORKING


def test_a_proposal_to_the_accused_ends() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose()
    story.does("accuse", small.CLERK, against=(small.HOUSING,))
    assert (story.case.state, story.case.proposal) == (State.TRIAGE, None)


def test_a_ruling_leaves_an_accused_ruler_and_goes_to_the_next_above() -> None:
    story = Story().disputed(small.HOUSING, small.CIVIL_AFFAIRS)
    assert story.case.ruling is not None
    assert story.case.ruling.body == small.GOVERNMENT
    # The conference was set up by the accused government, and everybody else of the district stands below it.
    story.does("accuse", small.CLERK, against=(small.GOVERNMENT,))
    assert story.case.state is State.TRIAGE
    assert story.case.dispatcher == small.CITY_DISPATCH


def test_a_ruling_goes_on_without_an_accused_party() -> None:
    story = Story().working().returns(owner=small.CIVIL_AFFAIRS).refuse_return()
    story.does("accuse", small.CLERK, against=(small.CIVIL_AFFAIRS,))
    assert story.case.ruling is not None
    assert story.case.ruling.parties == (small.HOUSING,)
    assert story.case.ruling.body == small.GOVERNMENT
    assert story.rule(small.HOUSING).case.lead == small.HOUSING


def test_a_return_goes_to_whoever_dispatches_now() -> None:
    story = Story().working(small.OFFICE).returns()
    before = story.case.deadlines
    story.wait(hours=2).does("accuse", small.CLERK, against=(small.DISPATCH,))
    assert story.case.return_request is not None
    assert story.case.return_request.to == story.case.dispatcher == small.CITY_DISPATCH
    assert story.case.lead == small.OFFICE
    new = [deadline for deadline in story.case.deadlines if deadline not in before]
    assert [deadline.kind for deadline in new] == ["sign_return"]
    assert story.sign_return(by=small.CITY_CLERK).case.state is State.TRIAGE


def test_the_review_goes_to_the_body_above_an_accused_dispatcher() -> None:
    story = Story().working().resolve().does("accuse", small.CLERK, against=(small.DISPATCH,))
    assert story.case.reviewer == small.CITY_DISPATCH
    assert (
        story.review(by=small.CITY_REVIEWER).verdict().close(by=small.CITY_REVIEWER).case.ending == "closed"
    )


def test_an_objection_waits_for_the_new_dispatcher() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose().object()
    story.does("accuse", small.CLERK, against=(small.DISPATCH,))
    assert story.accept_objection(by=small.CITY_CLERK).case.state is State.TRIAGE


def test_overseers_and_rungs_behind_the_wall_are_taken_away() -> None:
    story = (
        Story().working().does("oversee", small.DISTRICT_SUPERVISOR).does("oversee", small.CITY_SUPERVISOR)
    )
    story.does("accuse", small.RESIDENT, against=(small.GOVERNMENT,))
    assert story.case.overseers == (small.CITY_GOVERNMENT,)


def test_an_ended_case_can_be_accused_of_and_is_opened_again_without_the_accused() -> None:
    story = Story().closed().does("accuse", small.CLERK, against=(small.HOUSING,))
    assert story.types[-2:] == ["accused", "removed_by_firewall"]
    assert story.case.deadlines == ()
    assert hidden(story, small.HOUSING_WORKER)
    assert story.reopen().case.state is State.TRIAGE


@refuses("firewall.already-accused")
def test_to_accuse_twice_changes_nothing() -> None:
    story = against(small.OFFICE)
    assert story.tries("accuse", small.CLERK, against=(small.OFFICE,))


# ---------------------------------------------------------------- what the wall lets nobody do
@refuses("firewall.barred-body")
def test_nobody_behind_the_wall_is_proposed_designated_or_named_as_owner() -> None:
    story = against(small.OFFICE, matter=small.HOUSING_MATTER)
    for body in (small.OFFICE, small.COMMITTEE):
        refused = story.tries("propose", small.CLERK, to=body)
        assert refused is not None
        assert refused.rule == "firewall.barred-body"
    story.propose()
    assert story.tries("object", small.HOUSING_WORKER, reason="not_our_duty", proposed_owner=small.OFFICE)
    story.sign()
    assert story.tries("return", small.HOUSING_WORKER, reason="wrong_matter", proposed_owner=small.OFFICE)
    story.returns().refuse_return()
    refused = story.tries("rule", small.DISTRICT_HEAD, designate=small.OFFICE)
    assert refused is not None
    assert refused.rule == "firewall.barred-body"


def test_the_ladder_passes_over_the_accused() -> None:
    story = Story().working(small.OFFICE).does("accuse", small.CLERK, against=(small.PETITION,))
    assert story.case.lead == small.OFFICE
    # A street whose government is accused has nobody of the district above it any more.
    other = (
        Story()
        .register(matter=small.HOUSING_MATTER)
        .does("accuse", small.RESIDENT, against=(small.GOVERNMENT,))
    )
    other.time_passes_until("triage")
    assert other.last(e.Escalated).to == small.CITY_GOVERNMENT


def test_silence_does_not_bind_a_desk_where_everybody_is_barred() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose(small.CIVIL_AFFAIRS)
    for who in ("civil-1", "civil-head"):
        if story.case.state is State.PROPOSED:
            story.does("declare_interest", small.DISPATCH_HEAD, person=who)
    # Its own many-hatted colleague is left, so it still waits for a signature.
    assert story.case.state is State.PROPOSED
    story.does("recuse", world.MANY_AS_HOUSING)
    assert story.case.state is State.TRIAGE


# ---------------------------------------------------------------- recusal and interest
def test_anybody_may_step_out_at_once_and_does_not_see_the_case_any_more() -> None:
    story = Story().working()
    for who in (small.HOUSING_WORKER, small.CITY_SUPERVISOR, small.KEEPER):
        story.does("recuse", who)
        assert hidden(story, who)
    assert (story.case.lead, story.case.state) == (small.HOUSING, State.WORKING)
    assert story.resolve(by=small.HOUSING_HEAD).case.state is State.RESOLVED


def test_a_recused_person_is_out_under_every_hat() -> None:
    story = Story().working().does("recuse", world.MANY_AS_HOUSING)
    assert all(hidden(story, hat) for hat in world.MANY_HATS)


@refuses("firewall.nobody-able")
def test_a_case_never_falls_below_one_able_person_at_its_lead() -> None:
    story = Story(small.PACK).working()
    story.does("recuse", small.HOUSING_WORKER)
    assert story.case.lead == small.HOUSING
    story.does("recuse", small.HOUSING_HEAD)
    assert (story.case.lead, story.case.state) == (None, State.TRIAGE)
    assert story.case.exceptions == (Exceptional.NOBODY_ABLE,)
    refused = story.tries("propose", small.CLERK, to=small.HOUSING)
    assert refused is not None
    assert refused.rule == "firewall.nobody-able"


def test_a_dispatch_centre_without_an_able_person_hands_up_a_rung() -> None:
    story = Story(small.PACK).register()
    for who in (small.CLERK, small.CLERK_2, small.DISPATCH_HEAD):
        assert story.case.dispatcher == small.DISPATCH
        story.does("recuse", who)
    assert story.case.dispatcher == small.CITY_DISPATCH
    assert story.triage(by=small.CITY_CLERK).case.matter == small.HOUSING_MATTER


def test_where_nobody_above_is_able_either_the_case_stays_and_says_so() -> None:
    story = Story(small.PACK).register()
    for who in (small.CLERK, small.CLERK_2, small.DISPATCH_HEAD, small.CITY_CLERK, small.DISTRICT_HEAD):
        story.does("recuse", who)
    story.does("recuse", small.CITY_HEAD)
    assert Exceptional.NOBODY_ABLE in story.case.exceptions
    events = len(story.events)
    story.wait(hours=3)
    assert len(story.events) == events, "said once"


def test_a_ruling_body_without_an_able_head_hands_up_a_rung() -> None:
    story = Story(small.PACK).disputed().does("recuse", small.DISTRICT_HEAD)
    assert story.case.ruling is not None
    assert story.case.ruling.body == small.CITY_GOVERNMENT
    assert story.rule(small.HOUSING, by=small.CITY_HEAD).case.lead == small.HOUSING


@refuses("firewall.unknown-person", "firewall.already-barred")
def test_a_head_declares_the_interest_of_another() -> None:
    story = Story().working().does("declare_interest", small.HOUSING_HEAD, person="housing-1")
    assert hidden(story, small.HOUSING_WORKER)
    assert story.tries("declare_interest", small.HOUSING_HEAD, person="no-such-person")
    assert story.tries("declare_interest", small.HOUSING_HEAD, person="housing-1")


def test_the_ground_is_in_the_compartment_and_not_in_the_event() -> None:
    for type_, by, fields in (
        ("accuse", small.CLERK, {"against": (small.OFFICE,)}),
        ("recuse", small.HOUSING_WORKER, {}),
        ("declare_interest", small.HOUSING_HEAD, {"person": "housing-1"}),
    ):
        story = Story().working()
        assert story.tries(type_, by, leaving_out="ground", **fields) is not None
        story.does(type_, by, **fields)
        kind = {"accuse": e.Accused, "recuse": e.Recused, "declare_interest": e.InterestDeclared}[type_]
        assert story.last(kind).personal.fields == ("ground",)


def test_who_may_is_told_without_the_bodies_behind_the_wall() -> None:
    story = against(small.GOVERNMENT)
    assert small.DISPATCH not in story.allowed()["recuse"].bodies
    assert story.allowed()["triage"].bodies == (small.CITY_DISPATCH,)


def test_authority_itself_knows_the_wall() -> None:
    story = against(small.OFFICE)
    facts = story.facts(needs(story.case, story.command("start", small.OFFICE_HEAD)))
    refused = may(small.OFFICE_HEAD, "start", story.case, facts, story.now)
    assert refused is not None
    assert refused.rule == NO_CASE
