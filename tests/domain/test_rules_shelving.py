"""Shelving (挂账): asked, consented to, visible, with an end; the resident's clock runs on."""

import pytest

from domain import events as e
from domain.holders import holding
from domain.words import Charge, DeadlineKind, State
from tests import small
from tests.domain import world
from tests.domain.telling import Story, refuses


def test_shelved_time_is_a_lawful_pause_of_the_lead_and_stops_no_promise() -> None:
    story = Story().working()
    promised = story.case.deadline(DeadlineKind.RESOLVE)
    story.shelve().consent()
    held = holding(story.case)
    assert held is not None
    assert (held.answering, held.charge, held.charged_to) == (
        small.HOUSING,
        Charge.LAWFUL_PAUSE,
        small.HOUSING,
    )
    assert story.case.state is State.SHELVED
    assert story.case.deadline(DeadlineKind.RESOLVE) == promised
    assert story.last(e.Shelved).until == story.case.deadline(DeadlineKind.LOOK_AGAIN).due  # type: ignore[union-attr]


def test_asking_alone_shelves_nothing_and_silence_refuses() -> None:
    story = Story().working().shelve()
    assert (story.case.state, story.case.paused) == (State.WORKING, False)
    story.wait(hours=48)
    assert story.last(e.ShelvingRefused).cause == "unanswered"
    assert (story.case.state, story.case.shelving_request) == (State.WORKING, None)


def test_it_is_looked_at_again_by_a_timer_and_the_ladder_climbs_meanwhile() -> None:
    story = Story().working().shelve(240).consent().wait(hours=200)
    assert story.last(e.DeadlineMissed).kind is DeadlineKind.RESOLVE
    assert story.case.state is State.SHELVED
    story.wait(hours=40)
    assert story.last(e.Unshelved) == e.Unshelved(
        shelving=story.last(e.Shelved).shelving, cause="until", seconds=240 * 3600, personal=None
    )
    assert (story.case.state, story.case.shelved_seconds) == (State.WORKING, 240 * 3600)


def test_the_lead_or_the_reviewing_body_takes_it_up_before() -> None:
    for by in (small.HOUSING_WORKER, small.REVIEWER_2):
        story = Story().working().shelve().consent().wait(hours=3).does("unshelve", by)
        assert (story.case.state, story.last(e.Unshelved).seconds) == (State.WORKING, 3 * 3600)
        story.resolve()


@refuses("shelving.too-long")
def test_one_shelving_and_all_of_them_have_a_longest_time() -> None:
    story = Story().working()
    assert story.tries("shelve", small.HOUSING_HEAD, hours=241)
    story.shelve(240).consent().wait(hours=240)
    assert story.tries("shelve", small.HOUSING_HEAD, hours=121)
    story.shelve(120).consent()


@refuses("authority.wrong-hat", "authority.wrong-body")
def test_only_the_head_of_the_lead_asks_and_only_the_reviewing_body_consents() -> None:
    story = Story().working()
    assert story.tries("shelve", small.HOUSING_WORKER, hours=1)
    assert story.tries("shelve", small.CIVIL_HEAD, hours=1)
    story.shelve()
    assert story.tries("consent_to_shelving", small.HOUSING_HEAD, told_by="phone")
    assert story.tries("consent_to_shelving", small.CITY_REVIEWER, told_by="phone")


@refuses("shelving.already-asked", "shelving.not-asked", "shelving.not-shelved")
def test_each_step_needs_the_one_before() -> None:
    story = Story().working()
    assert story.tries("consent_to_shelving", small.REVIEWER, told_by="phone")
    assert story.tries("refuse_shelving", small.REVIEWER)
    assert story.tries("unshelve", small.HOUSING_WORKER)
    assert story.shelve().tries("shelve", small.HOUSING_HEAD, hours=1)


@refuses("shelving.same-person")
@pytest.mark.parametrize("answer", ["consent_to_shelving", "refuse_shelving"])
def test_who_handles_the_case_does_not_answer_for_the_reviewing_body(answer: str) -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose().sign(world.MANY_AS_HOUSING).shelve()
    fields = {"told_by": "phone"} if answer == "consent_to_shelving" else {}
    assert story.tries(answer, world.MANY_AS_REVIEWER, **fields)


@refuses("work.same-person-handles")
def test_who_consented_handles_no_more() -> None:
    story = Story().working().shelve().consent(world.MANY_AS_REVIEWER).does("unshelve", small.HOUSING_HEAD)
    assert story.tries("start", world.MANY_AS_HOUSING)


def test_a_refusal_leaves_the_work_where_it_was() -> None:
    story = Story().working().shelve().does("refuse_shelving", small.REVIEWER)
    assert (story.case.state, story.last(e.ShelvingRefused).cause) == (State.WORKING, "by_hand")
    assert {clock.kind for clock in story.case.deadlines} == {DeadlineKind.RESOLVE}
    story.resolve()


@refuses("telling.no-contact")
def test_the_resident_is_told_in_the_way_that_he_wished() -> None:
    story = Story().register(matter=small.HOUSING_MATTER, no_contact=True).propose().sign().shelve()
    assert story.tries("consent_to_shelving", small.REVIEWER, told_by="phone")
    story.does("consent_to_shelving", small.REVIEWER, told_by="link")


def test_a_return_or_a_report_takes_the_request_with_it() -> None:
    for story in (Story().working().shelve().returns(), Story().working().shelve().resolve()):
        assert story.case.shelving_request is None
        assert story.case.deadline(DeadlineKind.CONSENT) is None


def test_a_new_episode_counts_its_own_shelvings() -> None:
    story = Story().working().shelve(240).consent().wait(hours=240).resolve().review().verdict().close()
    assert story.reopen().case.shelved_seconds == 0
