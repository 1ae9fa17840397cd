"""Bugs planted on purpose, one guard at a time: the machine, or a story, has to notice each of them.

A test that cannot fail proves nothing. ``BY_MACHINE`` are the bugs that the state machine finds by itself, with a fixed
seed and a small budget. ``BY_STORY`` are those that it does not find in that budget, mostly because no law of laws.py
speaks of them; the story that tells of them fails.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.stateful import run_state_machine_as_test

from domain import (
    appeals,
    assistance,
    authority,
    decide,
    disputes,
    endings,
    firewall,
    handoffs,
    holders,
    intake,
    ladder,
    merges,
    relations,
    removal,
    shelving,
    work,
)
from domain import events as e
from domain import evolve as evolving
from domain.base import Instant
from domain.case import Case
from domain.deadlines import set_deadline
from domain.decision import NOTHING, Decision
from domain.evolving import handoffs as evolving_handoffs
from domain.evolving import joint as evolving_joint
from domain.evolving.appeals import opinion_of
from domain.facts import Facts
from domain.holders import Held
from domain.joint_words import QuestionState
from domain.words import DeadlineKind, Ending, Procedure, State
from tests import small
from tests.domain import (
    telling,
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
from tests.domain.test_machine import CaseMachine

Plant = Callable[[pytest.MonkeyPatch], None]

SMALL = settings(
    max_examples=50,
    stateful_step_count=40,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType]
)
ROUNDS = 8
"""Searches, each from its own seed, until one notices. What a single short one meets is a matter of chance."""


# ---------------------------------------------------------------- tools for planting
def _evolves(event: type[e.EventBody], change: Callable[[Case, Any], dict[str, Any]]) -> Plant:
    """The event changes the case in a way that it must not."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = evolving._TABLE[event]
        wrong = lambda case, body, recorded: {**right(case, body, recorded), **change(case, body)}  # noqa: E731
        patch.setitem(evolving._TABLE, event, wrong)

    return plant


def _sees(command: str, **instead: object) -> Plant:
    """The rule of a command sees another case than the one that stands."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        row = decide.RULES[command]

        def wrong(case: Case, given: Any, facts: Facts, at: Instant) -> Decision:
            return row.decide(case.model_copy(update=instead), given, facts, at)

        patch.setitem(decide.RULES, command, row._replace(decide=wrong))

    return plant


def _sees_glances(**instead: object) -> Plant:
    """Every other case looks different from what it is."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = merges.glance
        wrong = lambda case, **given: right(case, **given).model_copy(update=instead)  # noqa: E731
        patch.setattr(telling, "glance", wrong)

    return plant


def _replaces(value: object, *where: tuple[object, str]) -> Plant:
    """Names in modules stand for something else."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        for module, name in where:
            patch.setattr(module, name, value)

    return plant


def _no(*_: object, **__: object) -> None:
    return None


def _never(*_: object, **__: object) -> bool:
    return False


# ---------------------------------------------------------------- bugs that need a function of their own
def _holding_forgets_proposals(patch: pytest.MonkeyPatch) -> None:
    right = holders._charge
    patch.setattr(
        holders, "_charge", lambda case, who: right(case.model_copy(update={"proposal": None}), who)
    )


def _last_at_stays(patch: pytest.MonkeyPatch) -> None:
    right = evolving.evolve

    def wrong(case: Case | None, recorded: e.Recorded) -> Case:
        after = right(case, recorded)
        return after if case is None else after.model_copy(update={"last_at": case.last_at})

    for module in (evolving, holders, telling):
        patch.setattr(module, "evolve", wrong)


def _bells_ring_early(patch: pytest.MonkeyPatch) -> None:
    def wrong(case: Case, command: Any, facts: Facts, at: Instant) -> Decision:
        clock = next((each for each in case.deadlines if each.id == command.deadline), None)
        return ladder.strike(case, command, facts, max(at, clock.due) if clock else at)

    patch.setattr(decide, "strike", wrong)


def _anybody_strikes(patch: pytest.MonkeyPatch) -> None:
    right = decide._denied
    patch.setattr(
        decide, "_denied", lambda command, *rest: None if command.type == "strike" else right(command, *rest)
    )


def _the_last_clock_goes_first(patch: pytest.MonkeyPatch) -> None:
    latest = lambda case: max(case.deadlines, key=lambda each: each.due, default=None)  # noqa: E731
    patch.setattr(Case, "next_deadline", property(latest))


def _a_push_down_is_not_recorded(patch: pytest.MonkeyPatch) -> None:
    right = handoffs.unfit_lead

    def wrong(*args: Any) -> Decision | None:
        unfit = right(*args)
        return unfit and unfit.model_copy(update={"events": ()})

    patch.setattr(handoffs, "unfit_lead", wrong)
    patch.setattr(disputes, "unfit_lead", wrong)


def _triage_restarts_the_clock(patch: pytest.MonkeyPatch) -> None:
    def wrong(case: Case, matter: str, facts: Facts, at: Instant) -> object:
        return set_deadline(
            DeadlineKind.RESOLVE,
            version=case.version + 1,
            procedure=case.procedure,
            matter=matter,
            facts=facts,
            start=at,
        )

    patch.setattr(intake, "_allowance", wrong)


def _the_ladder_skips_a_rung(patch: pytest.MonkeyPatch) -> None:
    right = ladder.superiors_let_through

    def wrong(case: Case, body: str, *rest: Any) -> list[str]:
        above = right(case, body, *rest)
        return right(case, above[0], *rest) or above if above else above

    patch.setattr(ladder, "superiors_let_through", wrong)


def _not_held(_: Case, __: object) -> tuple[Any, ...]:
    return holders.Charge.UNKNOWN, None


def _only_the_lead_is_blamed(patch: pytest.MonkeyPatch) -> None:
    right = ladder._climb
    patch.setattr(ladder, "_climb", lambda *args, after, start=None: right(*args, after=after, start=None))


def _the_alert_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    _evolves(e.Alerted, lambda case, _: {"rungs": case.rungs})(patch)


def _followers_are_charged_themselves(patch: pytest.MonkeyPatch) -> None:
    right = holders._charge
    patch.setattr(holders, "_charge", lambda case, who: right(case.model_copy(update={"merged": None}), who))


def _merged(intervals: Any) -> list[Held]:
    return list(intervals)


def _the_end_keeps_its_clocks(patch: pytest.MonkeyPatch) -> None:
    for event in (e.Closed, e.Withdrawn, e.EndedAtIntake):
        _evolves(event, lambda case, _: {"deadlines": case.deadlines})(patch)


def _the_window_never_ends(case: Case, body: e.Resolved) -> dict[str, Any]:
    opinion = opinion_of(case, body)
    late = small.START + timedelta(days=3650)
    return {"opinion": opinion and opinion.model_copy(update={"ask_until": late})}


def _a_whistle_leads(patch: pytest.MonkeyPatch) -> None:
    _evolves(e.ReportedIn, lambda _, body: {"lead": body.body})(patch)


def _all_of_a_kind_stop(patch: pytest.MonkeyPatch) -> None:
    """One body reports in, and nobody waits for the others any more."""
    right = evolving._TABLE[e.ReportedIn]

    def wrong(case: Case, body: Any, recorded: e.Recorded) -> dict[str, Any]:
        others = tuple(each for each in case.deadlines if each.kind is not DeadlineKind.REPORT_IN)
        return {**right(case, body, recorded), "deadlines": others}

    patch.setitem(evolving._TABLE, e.ReportedIn, wrong)


BY_MACHINE: dict[str, Plant] = {
    "who reports in leads": _a_whistle_leads,
    "any task may be given to a community": _replaces(_no, (assistance, "_against_the_lists")),
    "the end of a case leaves what was asked": _replaces(
        lambda self, *_: self, (relations.Assistance, "over"), (relations.Call, "over")
    ),
    "any body may be made lead": _replaces(_no, (handoffs, "unfit_lead"), (disputes, "unfit_lead")),
    "a missed deadline is not recorded": _replaces(lambda *_: NOTHING, (ladder, "_missed")),
    "the clock to sign runs on after an objection": _evolves(
        e.Objected, lambda case, _: {"deadlines": case.deadlines}
    ),
    "an ended case keeps its clocks": _the_end_keeps_its_clocks,
    "silence binds an empty desk": _replaces(lambda *_: True, (Facts, "somebody_in_post")),
    "holding forgets proposals": _holding_forgets_proposals,
    "a signature leaves the proposal standing": _evolves(
        e.Signed, lambda case, _: {"proposal": case.proposal}
    ),
    "who ruled or reviewed may handle": _replaces(
        _no, *((module, "barred_from_handling") for module in (handoffs, disputes, intake, work))
    ),
    "a step of the lead makes no handler": _evolves(
        e.StepRecorded, lambda case, _: {"handlers": case.handlers}
    ),
    "reopening begins no episode": _evolves(e.Reopened, lambda case, _: {"episode": case.episode}),
    "reopening keeps the parts of the last episode": _evolves(
        e.Reopened, lambda case, _: {"handlers": case.handlers}
    ),
    "last_at stays where it was": _last_at_stays,
    "the ladder moves the lead": _evolves(e.Escalated, lambda _, body: {"lead": body.to}),
    "bells ring early": _bells_ring_early,
    "anybody strikes": _anybody_strikes,
    "the last clock goes first": _the_last_clock_goes_first,
    "nothing is ever stale": _replaces(_no, (decide, "_stale")),
    "a push-down is refused and not recorded": _a_push_down_is_not_recorded,
    "equal neighbours stay apart": _replaces(_merged, (holders, "merge")),
    "triage restarts the resident's clock": _triage_restarts_the_clock,
    "the ladder skips a rung": _the_ladder_skips_a_rung,
    "the ladder blames the lead for every delay": _only_the_lead_is_blamed,
    "every ringing makes stale": _replaces(frozenset(), (evolving, "_CLOCKWORK")),
    "a merged case keeps its clocks": _evolves(e.Merged, lambda case, _: {"deadlines": case.deadlines}),
    "unmerging forgets the clocks": _evolves(e.Unmerged, lambda *_: {"deadlines": ()}),
    "a follower is charged as itself": _followers_are_charged_themselves,
    "nobody is charged": _replaces(_not_held, (holders, "_charge")),
    "the organ above is skipped": _replaces(lambda *_: small.CITY_GOVERNMENT, (appeals, "organ_above")),
    "what was revoked stays with the organ": _evolves(e.AppealDecided, lambda _, body: {"lead": body.by}),
    "shelved time counts as work": lambda patch: patch.setattr(Case, "paused", property(lambda _: False)),
    "a shelving never ends": _replaces(lambda *_: NOTHING, (ladder, "looked_at_again")),
    "a hotline case gets an opinion": _sees("resolve", procedure=Procedure.PETITION),
    "the wall takes nothing away": _replaces(lambda *_: [], (removal, "removal")),
    "whoever is barred may act all the same": _replaces(_never, (decide, "barred"), (authority, "barred")),
}

BY_STORY: dict[str, tuple[Plant, Callable[[], None]]] = {
    "the wall stops at the accused body itself": (
        _replaces(lambda *_: frozenset(), (firewall, "_above")),
        test_rules_firewall.test_the_resident_can_accuse_and_the_whole_district_goes,
    ),
    "who becomes the lead goes on assisting": (
        _replaces(lambda case, _: case, (evolving_handoffs, "stops_assisting")),
        test_rules_joint.test_who_becomes_the_lead_assists_no_longer,
    ),
    "a designated body may return": (
        _sees("return", designated=False),
        test_rules_handoffs.test_a_designated_body_cannot_return,
    ),
    "a refused answer at intake leaves no clock of the resident": (
        _evolves(
            e.RehandlingOrdered,
            lambda case, body: {"deadlines": body.deadlines[:1]} if case.lead is None else {},
        ),
        test_rules_intake.test_an_answer_at_intake_that_does_not_stand_leads_back_to_triage_with_every_clock,
    ),
    "who handled it may review it": (
        _sees("review", handlers=()),
        lambda: test_rules_work.test_who_handled_it_does_not_review_it("start"),
    ),
    "one report-in lets all the others off": (
        _all_of_a_kind_stop,
        test_rules_joint.test_who_does_not_report_in_is_carried_up_above_itself_rung_by_rung_and_alerted_once,
    ),
    "a lapsed contract goes on": (
        _evolves(e.CommissionLapsed, lambda case, _: {"commissions": case.commissions}),
        test_rules_commission.test_a_qualification_that_runs_out_in_mid_work_is_an_event_and_ends_the_work,
    ),
    "a late answer counts": (
        _evolves(
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
        _replaces(
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
        _sees("not_accept", heard=True),
        test_rules_intake.test_not_accepting_takes_a_hearing_first,
    ),
    "the view as known forgets when it was recorded": (
        lambda patch: patch.setattr(
            test_holders_tables, "known", lambda events, at, _: holders.known(events, at, None)
        ),
        test_holders_tables.test_an_outage_moves_no_responsibility_but_the_record_shows_when_it_was_known,
    ),
    "who works on the case records that the resident gave up": (
        _replaces(lambda _: frozenset(), (endings, "handling_bodies")),
        test_rules_work.test_a_registrar_that_leads_the_case_cannot_withdraw_it,
    ),
    "misconduct is handled here": (
        _replaces(_no, (decide, "handles_misconduct")),
        test_rules_redirects.test_misconduct_is_handled_by_nobody_here,
    ),
    "a closing cuts the window short": (
        _sees("request_review", ending=Ending.WITHDRAWN),
        test_rules_petition.test_a_closing_does_not_cut_the_window_short,
    ),
    "what is exhausted is opened again": (
        _sees("reopen", opinion=None),
        test_rules_petition.test_what_is_exhausted_is_neither_asked_nor_opened_nor_registered_again,
    ),
    "an opinion may be delivered tomorrow": (
        _replaces(_no, (appeals, "delivered_wrongly")),
        lambda: test_rules_petition.test_an_opinion_is_delivered_after_the_body_had_the_case_and_not_tomorrow(
            timedelta(minutes=1)
        ),
    ),
    "shelvings have no longest time": (
        _replaces(_no, (shelving, "_too_long")),
        test_rules_shelving.test_one_shelving_and_all_of_them_have_a_longest_time,
    ),
    "a review may be asked for ever": (
        _evolves(e.Resolved, _the_window_never_ends),
        test_rules_petition.test_the_window_to_ask_ends_thirty_days_after_the_delivery,
    ),
    "who had a part decides the review": (
        _sees("decide_appeal", handlers=(), reviewers=(), rulers=()),
        test_rules_petition.test_who_had_a_part_in_the_case_does_not_decide_its_review,
    ),
    "silence consents to a shelving": (
        _replaces(lambda _: NOTHING, (ladder, "unanswered")),
        test_rules_shelving.test_asking_alone_shelves_nothing_and_silence_refuses,
    ),
    "what follows is followed": (
        _sees_glances(parent=None),
        test_rules_merges.test_there_are_no_chains_and_no_rings,
    ),
    "a child is merged into what was answered": (
        _sees_glances(state=State.WORKING),
        test_rules_merges.test_what_cannot_be_merged,
    ),
    "the resident's clock stands still in a merge": (
        _evolves(
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
        _evolves(e.AnsweredWithParent, lambda case, _: {"handlers": case.handlers}),
        test_rules_merges.test_who_handled_or_reviewed_the_parent_has_that_part_in_the_child,
    ),
    "who has left the accused sees the case again": (
        _replaces(lambda post, _since, at: post.held(at), (firewall, "_meets")),
        test_rules_firewall.test_who_acted_for_the_accused_and_left_stays_barred,
    ),
    "the last able person leaves and the lead stays": (
        _replaces(_never, (removal, "emptied")),
        test_rules_firewall.test_a_case_never_falls_below_one_able_person_at_its_lead,
    ),
    "every step counts as a hearing": (
        _evolves(e.StepRecorded, lambda *_: {"heard": True}),
        test_rules_intake.test_another_step_is_no_hearing,
    ),
}


def run_machine(number: int) -> None:
    """One search, from the seed of that number."""

    class Machine(CaseMachine):
        pass

    run_state_machine_as_test(seed(number)(Machine), settings=SMALL)


@pytest.mark.timeout(600)
def test_without_a_bug_the_same_machine_is_content() -> None:
    run_machine(0)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", BY_MACHINE)
def test_the_machine_notices(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BY_MACHINE[bug](monkeypatch)
    with pytest.raises(Exception) as noticed:  # noqa: PT011, PT012 - whatever breaks, in whichever round
        for number in range(ROUNDS):
            run_machine(number)
    assert not isinstance(noticed.value, HypothesisException)


@pytest.mark.parametrize("bug", BY_STORY)
def test_a_story_notices(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, story = BY_STORY[bug]
    story()
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        story()
