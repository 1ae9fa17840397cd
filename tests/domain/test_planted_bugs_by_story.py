"""Bugs planted on purpose that a story notices: no law of laws.py speaks of them, or the machine meets them by luck only."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain import (
    appeals,
    authority,
    decide,
    endings,
    firewall,
    holders,
    ladder,
    removal,
    shelving,
    work,
)
from domain import events as e
from domain import evolve as evolving
from domain.case import Case
from domain.deadlines import set_deadline
from domain.decision import NOTHING
from domain.evolving import handoffs as evolving_handoffs
from domain.evolving import joint as evolving_joint
from domain.evolving.appeals import opinion_of
from domain.joint_words import QuestionState
from domain.words import DeadlineKind, Ending, State
from tests import small
from tests.domain import (
    test_holders_tables,
    test_rules_clocks,
    test_rules_commission,
    test_rules_firewall,
    test_rules_handoffs,
    test_rules_intake,
    test_rules_joint,
    test_rules_merges,
    test_rules_petition,
    test_rules_redirects,
    test_rules_shelving,
    test_rules_work,
)
from tests.domain.planting import Plant, evolves, never, replaces, says_nothing, sees, sees_glances


def _the_window_never_ends(case: Case, body: e.Resolved) -> dict[str, Any]:
    opinion = opinion_of(case, body)
    late = small.START + timedelta(days=3650)
    return {"opinion": opinion and opinion.model_copy(update={"ask_until": late})}


def _all_of_a_kind_stop(patch: pytest.MonkeyPatch) -> None:
    """One body reports in, and nobody waits for the others any more."""
    right = evolving._TABLE[e.ReportedIn]

    def wrong(case: Case, body: Any, recorded: e.Recorded) -> dict[str, Any]:
        others = tuple(each for each in case.deadlines if each.kind is not DeadlineKind.REPORT_IN)
        return {**right(case, body, recorded), "deadlines": others}

    patch.setitem(evolving._TABLE, e.ReportedIn, wrong)


def _the_alert_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    evolves(e.Alerted, lambda case, _: {"rungs": case.rungs})(patch)


BY_STORY: dict[str, tuple[Plant, Callable[[], None]]] = {
    "the wall stops at the accused body itself": (
        replaces(lambda *_: frozenset(), (firewall, "_above")),
        test_rules_firewall.test_the_resident_can_accuse_and_the_whole_district_goes,
    ),
    "who becomes the lead goes on assisting": (
        replaces(lambda case, _: case, (evolving_handoffs, "stops_assisting")),
        test_rules_joint.test_who_becomes_the_lead_assists_no_longer,
    ),
    "a designated body may return": (
        sees("return", designated=False),
        test_rules_handoffs.test_a_designated_body_cannot_return,
    ),
    "a refused answer at intake leaves no clock of the resident": (
        evolves(
            e.RehandlingOrdered,
            lambda case, body: {"deadlines": body.deadlines[:1]} if case.lead is None else {},
        ),
        test_rules_intake.test_an_answer_at_intake_that_does_not_stand_leads_back_to_triage_with_every_clock,
    ),
    "who handled it may review it": (
        sees("review", handlers=()),
        lambda: test_rules_work.test_who_handled_it_does_not_review_it("start"),
    ),
    "one report-in lets all the others off": (
        _all_of_a_kind_stop,
        test_rules_joint.test_who_does_not_report_in_is_carried_up_above_itself_rung_by_rung_and_alerted_once,
    ),
    "a lapsed contract goes on": (
        evolves(e.CommissionLapsed, lambda case, _: {"commissions": case.commissions}),
        test_rules_commission.test_a_qualification_that_runs_out_in_mid_work_is_an_event_and_ends_the_work,
    ),
    "a late answer counts": (
        evolves(
            e.ProviderAnswered,
            lambda case, body: (
                evolving_joint._question_is(case, body.link, body.provider, QuestionState.ANSWERED)
                if not body.late
                else {"commissions": ()}
            ),
        ),
        test_rules_commission.test_silence_of_a_provider_is_an_event_and_a_late_answer_changes_no_state,
    ),
    "a helper's people enter the verdict": (
        lambda patch: patch.setattr(Case, "took_part", property(lambda _: frozenset())),
        test_rules_joint.test_nobody_who_serves_a_body_that_took_part_enters_the_verdict,
    ),
    "a late lead gets no time to act again": (
        replaces(
            lambda case, facts, at, after=1: set_deadline(
                DeadlineKind.RESOLVE,
                version=case.version + after,
                procedure=case.procedure,
                matter=case.matter,
                facts=facts,
                start=case.episode_at,
            ),
            (work, "fresh_allowance"),
            (endings, "fresh_allowance"),
        ),
        test_rules_work.test_what_is_sent_back_runs_on_the_same_clock_with_time_to_act,
    ),
    "a party rules on its own dispute": (
        lambda patch: patch.setitem(
            authority.WHO,
            "rule",
            authority.WHO["rule"]._replace(
                relation=lambda case, *_: frozenset(rung.body for rung in case.rungs)
            ),
        ),
        test_rules_handoffs.test_a_party_never_rules_on_its_own_dispute,
    ),
    "a lapse without contact counts as any other": (
        lambda patch: patch.setattr(
            ladder,
            "verdict_lapsed",
            lambda case, facts, at: endings.verdict_lapsed(
                case.model_copy(update={"no_contact": False}), facts, at
            ),
        ),
        lambda: test_rules_work.test_a_lapse_is_a_verdict_of_its_own_and_no_contact_is_counted_apart(
            no_contact=True
        ),
    ),
    "the ladder forgets where it rested": (
        _the_alert_is_forgotten,
        test_rules_clocks.test_a_late_ruling_of_the_top_rung_never_falls_to_those_below_it,
    ),
    "a hearing is taken for granted": (
        sees("not_accept", heard=True),
        test_rules_intake.test_not_accepting_takes_a_hearing_first,
    ),
    "the view as known forgets when it was recorded": (
        lambda patch: patch.setattr(
            test_holders_tables, "known", lambda events, at, _: holders.known(events, at, None)
        ),
        test_holders_tables.test_an_outage_moves_no_responsibility_but_the_record_shows_when_it_was_known,
    ),
    "who works on the case records that the resident gave up": (
        replaces(lambda _: frozenset(), (endings, "handling_bodies")),
        test_rules_work.test_a_registrar_that_leads_the_case_cannot_withdraw_it,
    ),
    "misconduct is handled here": (
        replaces(says_nothing, (decide, "handles_misconduct")),
        test_rules_redirects.test_misconduct_is_handled_by_nobody_here,
    ),
    "a closing cuts the window short": (
        sees("request_review", ending=Ending.WITHDRAWN),
        test_rules_petition.test_a_closing_does_not_cut_the_window_short,
    ),
    "what is exhausted is opened again": (
        sees("reopen", opinion=None),
        test_rules_petition.test_what_is_exhausted_is_neither_asked_nor_opened_nor_registered_again,
    ),
    "an opinion may be delivered tomorrow": (
        replaces(says_nothing, (appeals, "delivered_wrongly")),
        lambda: test_rules_petition.test_an_opinion_is_delivered_after_the_body_had_the_case_and_not_tomorrow(
            timedelta(minutes=1)
        ),
    ),
    "shelvings have no longest time": (
        replaces(says_nothing, (shelving, "_too_long")),
        test_rules_shelving.test_one_shelving_and_all_of_them_have_a_longest_time,
    ),
    "a review may be asked for ever": (
        evolves(e.Resolved, _the_window_never_ends),
        test_rules_petition.test_the_window_to_ask_ends_thirty_days_after_the_delivery,
    ),
    "who had a part decides the review": (
        sees("decide_appeal", handlers=(), reviewers=(), rulers=()),
        test_rules_petition.test_who_had_a_part_in_the_case_does_not_decide_its_review,
    ),
    "silence consents to a shelving": (
        replaces(lambda _: NOTHING, (ladder, "unanswered")),
        test_rules_shelving.test_asking_alone_shelves_nothing_and_silence_refuses,
    ),
    "what follows is followed": (
        sees_glances(parent=None),
        test_rules_merges.test_there_are_no_chains_and_no_rings,
    ),
    "a child is merged into what was answered": (
        sees_glances(state=State.WORKING),
        test_rules_merges.test_what_cannot_be_merged,
    ),
    "the resident's clock stands still in a merge": (
        evolves(
            e.Unmerged,
            lambda case, _: {
                "deadlines": tuple(
                    each.model_copy(update={"due": each.due + timedelta(hours=500)})
                    for each in (case.merged.suspended if case.merged else ())
                )
            },
        ),
        test_rules_merges.test_what_the_resident_waited_for_too_long_rings_as_soon_as_it_stands_again,
    ),
    "the parent's persons stay strangers to the child": (
        evolves(e.AnsweredWithParent, lambda case, _: {"handlers": case.handlers}),
        test_rules_merges.test_who_handled_or_reviewed_the_parent_has_that_part_in_the_child,
    ),
    "who has left the accused sees the case again": (
        replaces(lambda post, _since, at: post.held(at), (firewall, "_meets")),
        test_rules_firewall.test_who_acted_for_the_accused_and_left_stays_barred,
    ),
    "the last able person leaves and the lead stays": (
        replaces(never, (removal, "emptied")),
        test_rules_firewall.test_a_case_never_falls_below_one_able_person_at_its_lead,
    ),
    "every step counts as a hearing": (
        evolves(e.StepRecorded, lambda *_: {"heard": True}),
        test_rules_intake.test_another_step_is_no_hearing,
    ),
}


@pytest.mark.parametrize("bug", BY_STORY)
def test_a_story_notices(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, story = BY_STORY[bug]
    story()
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        story()
