"""The instances of a petition: opinion, review, final review, and the end of the way (信访工作条例 Arts 32 to 36)."""

from datetime import timedelta

import pytest

from domain import events as e
from domain.actors import person
from domain.holders import holding
from domain.words import Charge, DeadlineKind, Ending, Exceptional, Instance, Procedure, Role, State
from tests import small
from tests.domain import world
from tests.domain.telling import Story, personal, refuses

ANSWERS = {"truth": "true", "ours": True, "contacted": "yes", "solved": "no"}
OPINION = personal("demand", "evidence", "finding", "ground", "reply")


def delivered() -> Story:
    """A petition whose written opinion was delivered and whose verdict is asked."""
    return Story().petition().wait(days=10).opinion().review(small.PETITION_REVIEWER)


def reviewed_above() -> Story:
    """The district upheld the opinion five days after it was asked."""
    return delivered().wait(days=3).asks_review().wait(days=5).decides()


def exhausted() -> Story:
    """The city upheld it too."""
    return reviewed_above().wait(days=3).asks_final_review().wait(days=5).decides()


# ---------------------------------------------------------------- the opinion
@refuses("opinion.incomplete")
@pytest.mark.parametrize("missing", ["judgement", "delivered_at", "told_by", "demand", "ground"])
def test_a_petition_is_resolved_by_a_written_opinion_and_by_nothing_less(missing: str) -> None:
    story = Story().petition()
    texts = tuple(name for name in OPINION.fields if name != missing)
    fields = {"judgement": "supported", "delivered_at": story.now, "told_by": "letter", missing: None}
    fields = {name: value for name, value in fields.items() if name not in {"demand", "ground"}}
    refused = story.tries("resolve", small.HOUSING_WORKER, personal=personal(*texts), **ANSWERS, **fields)
    assert refused is not None
    assert missing in refused.en
    assert story.case.state is State.WORKING


@refuses("opinion.only-for-petitions")
def test_a_hotline_case_has_no_opinion() -> None:
    story = Story().working()
    assert story.tries("resolve", small.HOUSING_WORKER, judgement="supported", **ANSWERS)


@refuses("opinion.delivered-wrongly")
@pytest.mark.parametrize("off", [timedelta(minutes=1), timedelta(days=-20)])
def test_an_opinion_is_delivered_after_the_body_had_the_case_and_not_tomorrow(off: timedelta) -> None:
    story = Story().petition().wait(days=10)
    fields = {"judgement": "supported", "delivered_at": story.now + off, "told_by": "letter"}
    assert story.tries("resolve", small.HOUSING_WORKER, personal=OPINION, **ANSWERS, **fields)


def test_the_time_to_ask_runs_from_the_delivery_and_names_its_rule() -> None:
    story = Story().petition().wait(days=10)
    sent = story.now - timedelta(days=2)
    story.opinion(delivered=sent)
    clock = story.case.deadline(DeadlineKind.ASK_APPEAL)
    assert clock is not None
    assert (clock.started_at, clock.hours, clock.rule) == (sent, 720, "policy.petition.ask_appeal")
    assert story.last(e.Resolved).judgement == "not_supported"


def test_an_opinion_that_is_sent_back_stands_no_longer() -> None:
    story = Story().petition().opinion().review(small.PETITION_REVIEWER, passed=False)
    assert (story.case.opinion, story.case.deadline(DeadlineKind.ASK_APPEAL)) == (None, None)
    story.wait(days=1).opinion().review(small.PETITION_REVIEWER).asks_review()


# ---------------------------------------------------------------- asking
def test_a_review_goes_to_the_organ_above_which_leads_until_it_has_decided() -> None:
    story = delivered().asks_review()
    case = story.case
    assert (case.lead, case.state, case.last_lead) == (small.GOVERNMENT, State.APPEAL, small.HOUSING)
    held = holding(case)
    assert held is not None
    assert (held.answering, held.charge, held.charged_to) == (
        small.GOVERNMENT,
        Charge.WORKING,
        small.GOVERNMENT,
    )
    assert {clock.kind for clock in case.deadlines} == {DeadlineKind.DECIDE_APPEAL}
    story.wait(days=5).decides().asks_final_review()
    assert story.case.lead == small.CITY_GOVERNMENT


def test_a_street_guides_a_committee_and_is_still_the_counter_above_it() -> None:
    matters = tuple(
        each.model_copy(update={"procedure": Procedure.PETITION})
        if each.id == small.COMMITTEE_MATTER
        else each
        for each in small.MATTERS
    )
    story = Story(world.PACK.model_copy(update={"matters": matters}))
    story.register(matter=small.COMMITTEE_MATTER).propose(small.COMMITTEE, small.PETITION_CLERK)
    story.sign().opinion().asks_review()
    assert story.case.lead == small.OFFICE


def test_a_review_may_be_asked_while_the_reviewing_body_still_looks_at_it() -> None:
    story = Story().petition().opinion()
    assert story.asks_review().case.state is State.APPEAL


@refuses("appeal.too-late")
def test_the_window_to_ask_ends_thirty_days_after_the_delivery() -> None:
    assert delivered().wait(days=30).asks_review(asked_at=None).case.state is State.APPEAL
    story = delivered().wait(days=30, minutes=1)
    assert story.tries("request_review", small.RESIDENT, channel="web")
    assert story.last(e.AppealLapsed).instance is Instance.REVIEW


def test_a_request_that_came_by_letter_in_time_counts_though_it_is_typed_in_later() -> None:
    story = delivered()
    posted = story.now + timedelta(days=29)
    story.wait(days=33).asks_review(small.PETITION_CLERK, asked_at=posted)
    assert story.last(e.AppealRequested).asked_at == posted
    clock = story.case.deadline(DeadlineKind.DECIDE_APPEAL)
    assert clock is not None
    assert (clock.started_at, clock.hours) == (story.now, 720)


@refuses("appeal.asked-wrongly")
def test_the_time_of_asking_is_neither_in_the_future_nor_before_the_delivery_nor_the_residents_to_choose() -> (
    None
):
    story = delivered()
    at = story.now
    for when in (at + timedelta(minutes=1), at - timedelta(days=1)):
        assert story.tries("request_review", small.PETITION_CLERK, channel="web", asked_at=when)
    assert story.tries("request_review", small.RESIDENT, channel="web", asked_at=at)


@refuses("appeal.wrong-instance", "appeal.no-opinion")
def test_no_instance_is_skipped_or_asked_twice() -> None:
    story = delivered()
    assert story.tries("request_final_review", small.RESIDENT, channel="web")
    assert reviewed_above().tries("request_review", small.RESIDENT, channel="web")
    assert Story().reviewed().tries("request_review", small.RESIDENT, channel="web")
    assert Story().working().tries("request_review", small.RESIDENT, channel="web")


@refuses("appeal.no-organ-above")
def test_where_the_pack_has_nobody_above_it_is_said() -> None:
    housing = next(body for body in small.BODIES if body.id == small.HOUSING)
    pack = world.with_body(housing.model_copy(update={"links": ()}), world.PACK)
    story = Story(pack).petition().opinion()
    assert story.tries("request_review", small.RESIDENT, channel="web")


def test_the_body_whose_opinion_it_is_cannot_refuse_to_take_the_request() -> None:
    story = delivered()
    assert small.HOUSING in story.allowed()["request_review"].bodies


# ---------------------------------------------------------------- deciding
def test_upheld_or_changed_is_a_new_opinion_with_a_window_of_its_own() -> None:
    story = delivered().asks_review().wait(days=5).decides("changed")
    opinion, clock = story.case.opinion, story.case.deadline(DeadlineKind.ASK_APPEAL)
    assert opinion is not None
    assert clock is not None
    assert (opinion.instance, opinion.by, opinion.handler) == (
        Instance.REVIEW,
        small.GOVERNMENT,
        small.HOUSING,
    )
    assert (clock.started_at, opinion.ask_until) == (story.now, clock.due)
    assert story.case.state is State.AWAITING_VERDICT


def test_revoked_goes_back_to_the_body_that_handled_it_with_a_time_of_its_own() -> None:
    story = delivered().asks_review().wait(days=5).decides("revoked")
    case, clock = story.case, story.case.deadline(DeadlineKind.RESOLVE)
    assert (case.lead, case.state, case.opinion) == (small.HOUSING, State.WORKING, None)
    assert clock is not None
    assert (clock.started_at, clock.hours, clock.rule) == (story.now, 720, "policy.rehandle_within")
    story.wait(days=2).opinion("supported").asks_review()
    assert story.case.lead == small.GOVERNMENT


@refuses("hand-off.designated")
def test_a_designated_body_whose_opinion_is_revoked_may_still_not_return() -> None:
    deputy = person("deputy-1", Role.HEAD, small.GOVERNMENT)
    story = Story(world.with_posts([world.post(deputy)], world.PACK)).register(matter=small.PETITION_MATTER)
    story.propose(small.HOUSING, small.PETITION_CLERK).object()
    story.contest_objection(by=small.PETITION_CLERK).rule(small.HOUSING)
    story.opinion().review(by=small.PETITION_REVIEWER).asks_review().decides("revoked", by=deputy)
    assert story.case.state is State.WORKING
    assert story.tries(
        "return", small.HOUSING_WORKER, reason="not_our_duty", proposed_owner=small.CIVIL_AFFAIRS
    )


def test_a_final_review_that_revokes_leaves_the_way_open() -> None:
    story = reviewed_above().asks_final_review().decides("revoked")
    assert (story.case.lead, story.case.exhausted) == (small.HOUSING, False)
    assert story.opinion().asks_review().case.lead == small.GOVERNMENT


def test_a_handling_body_that_ended_is_succeeded_or_leaves_the_case_in_triage_visibly() -> None:
    heating = next(body for body in small.BODIES if body.id == small.HEATING)
    for successor, lead in ((small.HOUSING, small.HOUSING), (None, None)):
        pack = world.with_body(heating.model_copy(update={"successor": successor}), world.PACK)
        story = Story(pack, now=small.HEATING_ENDS - timedelta(days=10))
        story.register(matter=small.PETITION_MATTER).propose(small.HEATING, small.PETITION_CLERK).sign()
        story.opinion().asks_review().wait(days=11).decides("revoked")
        assert story.case.lead == lead
        assert (Exceptional.LEAD_GONE in story.case.exceptions) == (lead is None)


@refuses("appeal.same-person")
def test_who_had_a_part_in_the_case_does_not_decide_its_review() -> None:
    story = Story().register(matter=small.PETITION_MATTER).propose(by=small.PETITION_CLERK)
    story.sign(world.MANY_AS_HOUSING).opinion().asks_review()
    fields = {"outcome": "upheld", "delivered_at": story.now, "told_by": "letter"}
    assert story.tries("decide_appeal", world.MANY_AS_DISTRICT_HEAD, **fields)
    story.decides()


@refuses("appeal.same-person")
def test_who_had_a_part_before_the_closing_does_not_decide_either() -> None:
    story = Story().register(matter=small.PETITION_MATTER).propose(by=small.PETITION_CLERK)
    story.sign(world.MANY_AS_HOUSING).opinion().review(small.PETITION_REVIEWER)
    story.verdict("unsatisfied").close(small.PETITION_REVIEWER).asks_review()
    fields = {"outcome": "upheld", "delivered_at": story.now, "told_by": "letter"}
    assert story.tries("decide_appeal", world.MANY_AS_DISTRICT_HEAD, **fields)


@refuses("appeal.none-asked")
def test_nothing_is_decided_that_was_not_asked() -> None:
    story = delivered()
    fields = {"outcome": "upheld", "delivered_at": story.now, "told_by": "letter"}
    assert story.tries("decide_appeal", small.DISTRICT_HEAD, **fields)


def test_an_organ_that_is_late_climbs_the_ladder_and_goes_on_leading() -> None:
    story = delivered().asks_review().wait(days=31)
    missed = story.last(e.DeadlineMissed)
    assert (missed.kind, missed.charged_to) == (DeadlineKind.DECIDE_APPEAL, small.GOVERNMENT)
    assert (story.case.lead, small.CITY_GOVERNMENT in story.case.overseers) == (small.GOVERNMENT, True)
    story.decides()


def test_what_an_organ_outside_the_jurisdiction_decided_is_recorded_by_the_reviewing_body() -> None:
    story = Story().register(matter=small.PETITION_MATTER)
    story.propose(small.CITY_GOVERNMENT, small.PETITION_CLERK)
    story.sign(small.CITY_HEAD).opinion().asks_review()
    assert story.case.lead == small.ORGAN
    story.decides(by=small.PETITION_REVIEWER)
    assert story.case.opinion is not None
    assert story.case.opinion.by == small.ORGAN


# ---------------------------------------------------------------- closed, and the end
def test_a_closing_does_not_cut_the_window_short() -> None:
    story = delivered().verdict("unsatisfied").close(small.PETITION_REVIEWER).wait(days=20).asks_review()
    assert (story.case.episode, story.case.state, story.case.lead) == (2, State.APPEAL, small.GOVERNMENT)
    late = delivered().verdict().close(small.PETITION_REVIEWER).wait(days=31)
    refused = late.tries("request_review", small.RESIDENT, channel="web")
    assert refused is not None
    assert refused.rule == "appeal.too-late"


def test_a_withdrawn_petition_is_reviewed_by_nobody() -> None:
    refused = delivered().withdraw().tries("request_review", small.RESIDENT, channel="web")
    assert refused is not None
    assert refused.rule == "appeal.wrong-instance"


def test_after_a_final_review_the_way_is_stated_as_exhausted() -> None:
    story = exhausted()
    assert story.last(e.WayExhausted).told == small.POLICY.exhausted
    assert story.case.deadline(DeadlineKind.ASK_APPEAL) is None
    story.verdict("unsatisfied").close(small.PETITION_REVIEWER)
    assert story.last(e.Closed).appeal == small.POLICY.exhausted
    assert story.case.ending is Ending.CLOSED


@refuses("ending.exhausted")
def test_what_is_exhausted_is_neither_asked_nor_opened_nor_registered_again() -> None:
    story = exhausted()
    assert story.tries("request_final_review", small.RESIDENT, channel="web")
    story.verdict().close(small.PETITION_REVIEWER)
    for command in ("request_review", "request_final_review", "reopen"):
        refused = story.tries(command, small.RESIDENT, channel="web")
        assert refused is not None
        assert refused.rule == "ending.exhausted"
    again = Story()
    again.exhausted = frozenset({story.case.number})
    fields = {"place": small.COMMUNITY, "matter": small.PETITION_MATTER, "same_as": story.case.number}
    refused = again.tries("register", small.STATION_CLERK, **fields)
    assert refused is not None
    assert (refused.rule, again.current) == ("ending.exhausted", None)


def test_an_earlier_case_that_is_not_at_its_end_is_only_recorded() -> None:
    story = Story().register(matter=small.PETITION_MATTER, same_as="2345-6789")
    assert story.last(e.Registered).same_as == "2345-6789"


def test_an_organ_above_is_never_sent_back_to_work_by_a_verdict() -> None:
    pack = world.with_policy(world.PACK, rehandlings={"hotline": 2, "petition": 2})
    story = Story(pack).petition().opinion().review(small.PETITION_REVIEWER).asks_review().decides()
    story.verdict("unsatisfied")
    assert (story.case.state, story.last(e.VerdictRecorded).final) == (State.JUDGED, True)


def test_the_whole_way_tiles() -> None:
    story = exhausted().wait(days=1).verdict("unsatisfied").close(small.PETITION_REVIEWER)
    held = [(row.answering, row.charge) for row in story.holders()]
    assert held == [
        (small.HOUSING, Charge.WORKING),
        (small.HOUSING, Charge.AWAITING_VERDICT),
        (small.GOVERNMENT, Charge.WORKING),
        (small.GOVERNMENT, Charge.AWAITING_VERDICT),
        (small.CITY_GOVERNMENT, Charge.WORKING),
        (small.CITY_GOVERNMENT, Charge.AWAITING_VERDICT),
    ]
    assert sum((row.end - row.start for row in story.holders()), timedelta()) == story.now - small.START
