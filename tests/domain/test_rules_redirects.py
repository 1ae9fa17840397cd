"""Redirecting: the way that the law opens, by name; misconduct leaves to its organ and is handled by nobody here."""

import pytest

from domain import events as e
from domain.holders import holding
from domain.redirects import HANDLING, competent_organ
from domain.words import Ending, NotAcceptedGround, State, Way
from tests import small
from tests.domain import world
from tests.domain.telling import Story, refuses


def accused() -> Story:
    """A case marked as an accusation of misconduct."""
    story = Story().register(matter=small.HOUSING_MATTER)
    story.current = story.case.model_copy(update={"misconduct": True})
    return story


@pytest.mark.parametrize("way", sorted(set(Way) - {Way.MISCONDUCT}))
def test_a_case_is_redirected_by_naming_the_way_and_its_ground(way: str) -> None:
    story = Story().register().redirect(way)
    body = story.last(e.Redirected)
    assert (story.case.ending, body.basis, body.to) == (Ending.REDIRECTED, small.POLICY.ways[Way(way)], None)
    assert (body.told_by, story.events[-1].actor.person) == ("phone", "reviewer-1")
    assert body.personal is not None
    assert body.personal.fields == ("reply",)
    assert holding(story.case) is None


def test_no_ending_and_no_ground_says_that_it_does_not_pertain_to_us() -> None:
    said = {*Ending, *Way, *NotAcceptedGround}
    assert not {word for word in said if "our" in word.split("_") or "pertain" in word}


def test_what_its_lead_has_reported_may_be_redirected() -> None:
    story = Story().working().resolve(ours=False, solved="no").redirect("arbitration")
    assert story.case.ending is Ending.REDIRECTED


@refuses("redirect.opinion-stands")
def test_a_delivered_opinion_is_reviewed_and_not_redirected_away() -> None:
    story = Story().petition().opinion()
    assert story.tries("redirect", small.PETITION_REVIEWER, way="court", told_by="phone")
    story.review(small.PETITION_REVIEWER, passed=False).returns().sign_return(small.PETITION_CLERK)
    assert story.redirect("court", small.PETITION_REVIEWER).case.ending is Ending.REDIRECTED


@refuses("redirect.report-first", "redirect.not-now")
def test_nothing_is_redirected_over_the_head_of_who_works_on_it() -> None:
    story = Story().working()
    assert story.tries("redirect", small.REVIEWER, way="court", told_by="phone")
    assert story.returns().tries("redirect", small.REVIEWER, way="court", told_by="phone")
    assert Story().reviewed().tries("redirect", small.REVIEWER, way="court", told_by="phone")


@refuses("authority.wrong-hat", "authority.wrong-body")
def test_only_the_reviewing_body_redirects() -> None:
    story = Story().register()
    assert story.tries("redirect", small.CLERK, way="court", told_by="phone")
    assert story.tries("redirect", small.CITY_REVIEWER, way="court", told_by="phone")


@refuses("redirect.same-person")
def test_who_handled_it_does_not_redirect_it() -> None:
    story = Story().working().resolve(world.MANY_AS_HOUSING)
    assert story.tries("redirect", world.MANY_AS_REVIEWER, way="court", told_by="phone")


@refuses("redirect.way-not-offered")
def test_a_way_without_a_ground_in_the_pack_is_none() -> None:
    story = Story(world.with_policy(world.PACK, ways={})).register()
    assert story.tries("redirect", small.REVIEWER, way="court", told_by="phone")


@refuses("telling.no-contact")
def test_the_resident_is_told_in_the_way_that_he_wished() -> None:
    story = Story().register(no_contact=True)
    assert story.tries("redirect", small.REVIEWER, way="court", told_by="phone")
    story.redirect(told_by="link")


@refuses("ending.not-reopenable")
def test_what_was_redirected_is_registered_anew_if_it_comes_back() -> None:
    assert Story().register().redirect().tries("reopen", small.RESIDENT, channel="phone")


# ---------------------------------------------------------------- misconduct
def test_misconduct_leaves_to_the_organ_that_the_pack_names_for_the_place() -> None:
    story = accused().redirect("misconduct")
    assert (story.last(e.Redirected).to, story.case.ending) == (small.DISCIPLINE, Ending.REDIRECTED)
    there = Story().register(small.CITY_CLERK, place=small.POOR_COMMUNITY)
    assert there.redirect("misconduct", small.CITY_REVIEWER).last(e.Redirected).to == small.CITY_DISCIPLINE


@refuses("redirect.misconduct-only-there")
def test_misconduct_goes_nowhere_else() -> None:
    assert accused().tries("redirect", small.REVIEWER, way="court", told_by="phone")


@refuses("redirect.misconduct-only-leaves")
def test_misconduct_is_handled_by_nobody_here() -> None:
    story = accused()
    assert story.tries("propose", small.CLERK, to=small.HOUSING)
    assert story.tries("answer_at_intake", small.CLERK)
    assert {"propose", "answer_at_intake", "sign", "start", "resolve", "rule"} <= HANDLING


def test_misconduct_that_shows_in_the_work_leaves_from_there() -> None:
    story = Story().working()
    story.current = story.case.model_copy(update={"misconduct": True})
    assert story.tries(
        "resolve", small.HOUSING_WORKER, truth="true", ours=True, contacted="yes", solved="yes"
    )
    assert story.redirect("misconduct").case.state is State.ENDED


@refuses("redirect.no-organ")
def test_where_the_pack_names_no_organ_it_is_said() -> None:
    story = Story(world.with_policy(world.PACK, misconduct_organ={})).register()
    assert story.tries("redirect", small.REVIEWER, way="misconduct", told_by="phone")


def test_an_organ_that_is_itself_barred_is_passed_over_for_the_one_above() -> None:
    story = accused()
    facts = small.facts_for(small.Needs(bodies=frozenset({small.DISPATCH})), pack=story.pack)
    assert competent_organ(story.case, facts, frozenset({small.DISCIPLINE})) == small.CITY_DISCIPLINE
    assert competent_organ(story.case, facts, frozenset({small.DISCIPLINE, small.CITY_DISCIPLINE})) is None
