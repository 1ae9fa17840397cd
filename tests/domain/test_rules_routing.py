"""Routing and succession: which body, why, and what becomes of a case whose body ends (design.md §3.2)."""

from datetime import timedelta
from typing import Any

import pytest

from domain import events as e
from domain.facts import Needs
from domain.holders import holding
from domain.jurisdiction import Lead, Matter, Pack, Place, PropertyRoute
from domain.route import Route
from domain.routing import route
from domain.words import BodyKind, Charge, Exceptional, Level, PropertyStatus, State, WhyNot
from tests import small
from tests.domain import world
from tests.domain.telling import Story, refuses, table, written

HEATING_MATTER = "cold-radiators"
STAIRS = "dark-stairs"
QUASI, MANAGED = f"{small.COMMUNITY}-c01", f"{small.COMMUNITY}-c02"


def _matter(id_: str, lead: Lead, **more: object) -> Matter:
    base = next(matter for matter in small.PACK.matters if matter.id == small.HOUSING_MATTER)
    return base.model_copy(update={"id": id_, "lead": lead, **more})


def _pack(pack: Pack = world.PACK) -> Pack:
    department = Lead(level=Level.DISTRICT, kind=BodyKind.DEPARTMENT, office="heating")
    street = Lead(level=Level.STREET, kind=BodyKind.STREET_OFFICE)
    stairs = _matter(
        STAIRS,
        Lead(level=Level.DISTRICT, kind=BodyKind.DEPARTMENT, office="housing"),
        routes=(
            PropertyRoute(
                when=(PropertyStatus.QUASI, PropertyStatus.NONE), lead=street, ground="illustrative"
            ),
        ),
    )
    places = tuple(
        Place(code=code, name="某小区", level=Level.COMMUNITY, parent=small.COMMUNITY, property_status=status)
        for code, status in ((QUASI, PropertyStatus.QUASI), (MANAGED, PropertyStatus.MANAGED))
    )
    return pack.model_copy(
        update={
            "matters": (*pack.matters, _matter(HEATING_MATTER, department), stairs),
            "places": (*pack.places, *places),
        }
    )


PACK = _pack()


def routed(
    matter: str, place: str = small.COMMUNITY, *, pack: Pack = PACK, days: int = 0, **more: Any
) -> Route:
    """The route of a matter at a place, ``days`` after START."""
    facts = small.facts_for(Needs(matters=frozenset({matter}), places=frozenset({place})), pack=pack)
    return route(matter, place, facts, small.START + timedelta(days=days), **more)


def test_the_route_explains_itself() -> None:
    found = routed(small.HOUSING_MATTER)
    assert (found.lead, found.problem) == (small.HOUSING, None)
    assert found.path == (small.COMMUNITY, small.STREET, small.DISTRICT, small.CITY)
    assert found.rules == (f"matter.{small.HOUSING_MATTER}.lead",)
    assert (found.pack, found.version, found.ground) == ("small", 1, "illustrative")


@pytest.mark.parametrize(
    ("matter", "place", "lead"),
    [
        (small.COMMITTEE_MATTER, small.COMMUNITY, small.COMMITTEE),
        (small.PUSHED_DOWN_MATTER, small.COMMUNITY, small.CIVIL_AFFAIRS),
        (small.HOUSING_MATTER, small.POOR_COMMUNITY, small.POOR_HOUSING),
        (STAIRS, QUASI, small.OFFICE),
        (STAIRS, MANAGED, small.HOUSING),
        (STAIRS, small.COMMUNITY, small.HOUSING),
    ],
)
def test_matter_place_and_property_status_decide(matter: str, place: str, lead: str) -> None:
    assert routed(matter, place).lead == lead


def test_the_rule_for_another_property_status_is_an_alternative_with_its_reason() -> None:
    (passed,) = routed(STAIRS, MANAGED).alternatives
    assert (passed.rule, passed.why_not) == (f"matter.{STAIRS}.routes.1", WhyNot.OTHER_PROPERTY_STATUS)
    (general,) = routed(STAIRS, QUASI).alternatives
    assert general.why_not is WhyNot.SPECIAL_RULE_FITS


def test_a_dissolved_body_never_gets_a_case_its_successor_does() -> None:
    assert routed(HEATING_MATTER).lead == small.HEATING
    after = (small.HEATING_ENDS - small.START).days + 1
    found = routed(HEATING_MATTER, days=after)
    assert found.lead == small.HOUSING
    assert found.rules[-1] == "body.successor"
    assert found.alternatives[0].why_not is WhyNot.NOT_THERE


def test_a_rule_that_names_no_body_is_an_alarm_and_never_a_silent_fallback() -> None:
    found = routed(small.HOUSING_MATTER, pack=_pack(world.without_bodies(small.HOUSING)))
    assert (found.lead, found.problem) == (None, Exceptional.NO_ROUTE)
    story = Story(world.without_bodies(small.HOUSING)).register(matter=small.HOUSING_MATTER)
    assert story.last(e.ExceptionRaised).kind is Exceptional.NO_ROUTE
    assert Exceptional.NO_ROUTE in story.case.exceptions
    story.triage(small.PUSHED_DOWN_MATTER)
    assert story.case.exceptions == (), "it has a route now"


@refuses("hand-off.no-route")
def test_without_a_route_a_proposal_has_to_name_a_body() -> None:
    story = Story(world.without_bodies(small.HOUSING)).register(matter=small.HOUSING_MATTER)
    assert story.tries("propose", small.CLERK)
    assert story.propose(small.CIVIL_AFFAIRS).case.state is State.PROPOSED


def test_a_desk_that_everybody_left_is_an_alarm_too() -> None:
    empty = small.PACK.model_copy(
        update={
            "people": tuple(
                person
                for person in small.PACK.people
                if not any(post.body == small.CIVIL_AFFAIRS for post in person.posts)
            )
        }
    )
    found = routed(small.PUSHED_DOWN_MATTER, pack=empty)
    assert (found.lead, found.problem) == (small.CIVIL_AFFAIRS, Exceptional.NOBODY_AT_THE_DESK)


def test_the_accused_and_those_below_are_passed_over_upwards() -> None:
    barred = frozenset({small.OFFICE, small.COMMITTEE})
    found = routed(small.COMMITTEE_MATTER, accused=(small.OFFICE,), barred=barred)
    assert found.lead == small.GOVERNMENT
    assert found.alternatives[-1].why_not is WhyNot.ACCUSED


def test_a_proposal_without_a_body_goes_where_the_rules_say() -> None:
    story = Story(PACK).register(matter=small.HOUSING_MATTER).does("propose", small.CLERK)
    assert story.last(e.Proposed).to == small.HOUSING
    assert story.last(e.Proposed).route.lead == small.HOUSING


def test_a_proposal_off_the_route_shows_both() -> None:
    story = Story(PACK).register(matter=small.HOUSING_MATTER).propose(small.CIVIL_AFFAIRS)
    proposed = story.last(e.Proposed)
    assert (proposed.to, proposed.route.lead) == (small.CIVIL_AFFAIRS, small.HOUSING)


# ---------------------------------------------------------------- another matter
@refuses("intake.nothing-new", "intake.unknown-matter", "intake.unknown-place", "intake.another-procedure")
def test_recategorising_keeps_the_body_and_the_start_and_swaps_the_allowance() -> None:
    story = Story(PACK).working().wait(hours=10)
    before = story.case
    story.does("recategorise", small.CLERK, matter=small.PUSHED_DOWN_MATTER)
    resolve = next(clock for clock in story.case.deadlines if clock.kind == "resolve")
    assert (story.case.lead, story.case.matter) == (small.HOUSING, small.PUSHED_DOWN_MATTER)
    assert (resolve.started_at, resolve.hours) == (before.registered_at, 240)
    assert story.last(e.Recategorised).was == small.HOUSING_MATTER
    assert story.last(e.Recategorised).route.lead == small.CIVIL_AFFAIRS
    assert holding(story.case) == holding(before)
    assert story.tries("recategorise", small.CLERK, matter=small.PUSHED_DOWN_MATTER)
    assert story.tries("recategorise", small.CLERK, matter="no-such")
    assert story.tries("recategorise", small.CLERK, matter=small.HOUSING_MATTER, place="9999")
    assert story.tries("recategorise", small.CLERK, matter=small.PETITION_MATTER)


def test_after_recategorising_the_lead_may_return_again() -> None:
    story = Story(PACK).working().wait(hours=60)
    assert story.tries("return", small.HOUSING_WORKER, reason="wrong_matter", proposed_owner=small.WATER)
    story.does("recategorise", small.CLERK, matter=small.PUSHED_DOWN_MATTER)
    assert story.returns().case.state is State.RETURNING


# ---------------------------------------------------------------- succession
def about_to_end(**before: float) -> Story:
    """A case shortly before HEATING ends and HOUSING succeeds it."""
    return Story(PACK, now=small.HEATING_ENDS - timedelta(**before))


def test_a_lead_that_ends_is_succeeded_at_that_instant() -> None:
    story = about_to_end(hours=10).register(matter=HEATING_MATTER).propose(small.HEATING)
    story.does("sign", small.HEATING_WORKER).wait(hours=30)
    assert story.case.lead == small.HOUSING
    moved = next(event for event in story.events if isinstance(event.body, e.Succeeded))
    assert moved.at == small.HEATING_ENDS
    assert table(story.holders()) == written(
        """
        heating | working | heating | 08-31 22:00 | 09-01 08:00
        housing | working | housing | 09-01 08:00 | 09-02 04:00
        """
    )


def test_what_was_not_noticed_in_time_is_decided_for_when_it_was() -> None:
    story = about_to_end(hours=10).register(matter=HEATING_MATTER).propose(small.HEATING)
    story.does("sign", small.HEATING_WORKER).goes_down().wait(hours=50).comes_up()
    moved = next(event for event in story.events if isinstance(event.body, e.Succeeded))
    assert moved.at == small.HEATING_ENDS


def test_a_proposal_to_a_body_that_ends_ends_with_it() -> None:
    story = about_to_end(hours=10).register(matter=HEATING_MATTER).propose(small.HEATING).wait(hours=12)
    assert story.types[-2:] == ["proposal_ended", "succeeded"]
    assert story.last(e.ProposalEnded).cause == "body_ended"
    held = holding(story.case)
    assert held is not None
    assert (story.case.state, held.charge, held.charged_to) == (
        State.TRIAGE,
        Charge.TRIAGE,
        small.DISPATCH,
    )


def test_without_a_successor_the_body_above_answers_and_everybody_sees_it() -> None:
    heating = next(body for body in PACK.bodies if body.id == small.HEATING)
    orphan = world.with_body(heating.model_copy(update={"successor": None}), PACK)
    story = Story(orphan, now=small.HEATING_ENDS - timedelta(hours=10)).register(matter=HEATING_MATTER)
    story.propose(small.HEATING).does("sign", small.HEATING_WORKER).wait(hours=30)
    assert story.case.lead == small.GOVERNMENT
    assert story.last(e.Succeeded).named is False
    assert Exceptional.LEAD_GONE in story.case.exceptions


def test_a_return_that_waits_goes_on_with_the_successor() -> None:
    story = about_to_end(hours=10).register(matter=HEATING_MATTER).propose(small.HEATING)
    story.does("sign", small.HEATING_WORKER)
    story.does("return", small.HEATING_WORKER, reason="wrong_matter", proposed_owner=small.CIVIL_AFFAIRS)
    story.wait(hours=12)
    assert story.case.return_request is not None
    assert story.case.return_request.by == small.HOUSING
    story.refuse_return()
    assert story.case.ruling is not None
    assert small.HEATING not in story.case.ruling.parties


def test_one_succession_is_decided_once() -> None:
    story = about_to_end(hours=10).register(matter=HEATING_MATTER).propose(small.HEATING)
    story.does("sign", small.HEATING_WORKER).wait(days=20)
    assert len(story.all(e.Succeeded)) == 1
