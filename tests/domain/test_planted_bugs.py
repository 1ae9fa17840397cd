"""Bugs planted on purpose, one guard at a time: the machine has to notice each of them.

A test that cannot fail proves nothing. ``BY_MACHINE`` are the bugs that the state machine finds by itself, with fixed
seeds and a small budget; those that it does not find in that budget are in test_planted_bugs_by_story.py.
"""

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
    handoffs,
    holders,
    intake,
    ladder,
    relations,
    removal,
    work,
)
from domain import events as e
from domain import evolve as evolving
from domain.base import Instant
from domain.case import Case
from domain.deadlines import set_deadline
from domain.decision import NOTHING, Decision
from domain.facts import Facts
from domain.holders import Held
from domain.words import DeadlineKind, Procedure
from tests import small
from tests.domain import (
    telling,
)
from tests.domain.planting import Plant, evolves, never, replaces, says_nothing, sees
from tests.domain.test_machine import CaseMachine

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


def _followers_are_charged_themselves(patch: pytest.MonkeyPatch) -> None:
    right = holders._charge
    patch.setattr(holders, "_charge", lambda case, who: right(case.model_copy(update={"merged": None}), who))


def _merged(intervals: Any) -> list[Held]:
    return list(intervals)


def _the_end_keeps_its_clocks(patch: pytest.MonkeyPatch) -> None:
    for event in (e.Closed, e.Withdrawn, e.EndedAtIntake):
        evolves(event, lambda case, _: {"deadlines": case.deadlines})(patch)


def _a_whistle_leads(patch: pytest.MonkeyPatch) -> None:
    evolves(e.ReportedIn, lambda _, body: {"lead": body.body})(patch)


BY_MACHINE: dict[str, Plant] = {
    "who reports in leads": _a_whistle_leads,
    "any task may be given to a community": replaces(says_nothing, (assistance, "_against_the_lists")),
    "the end of a case leaves what was asked": replaces(
        lambda self, *_: self, (relations.Assistance, "over"), (relations.Call, "over")
    ),
    "any body may be made lead": replaces(says_nothing, (handoffs, "unfit_lead"), (disputes, "unfit_lead")),
    "a missed deadline is not recorded": replaces(lambda *_: NOTHING, (ladder, "_missed")),
    "the clock to sign runs on after an objection": evolves(
        e.Objected, lambda case, _: {"deadlines": case.deadlines}
    ),
    "an ended case keeps its clocks": _the_end_keeps_its_clocks,
    "silence binds an empty desk": replaces(lambda *_: True, (Facts, "somebody_in_post")),
    "holding forgets proposals": _holding_forgets_proposals,
    "a signature leaves the proposal standing": evolves(
        e.Signed, lambda case, _: {"proposal": case.proposal}
    ),
    "who ruled or reviewed may handle": replaces(
        says_nothing, *((module, "barred_from_handling") for module in (handoffs, disputes, intake, work))
    ),
    "a step of the lead makes no handler": evolves(
        e.StepRecorded, lambda case, _: {"handlers": case.handlers}
    ),
    "reopening begins no episode": evolves(e.Reopened, lambda case, _: {"episode": case.episode}),
    "reopening keeps the parts of the last episode": evolves(
        e.Reopened, lambda case, _: {"handlers": case.handlers}
    ),
    "last_at stays where it was": _last_at_stays,
    "the ladder moves the lead": evolves(e.Escalated, lambda _, body: {"lead": body.to}),
    "bells ring early": _bells_ring_early,
    "anybody strikes": _anybody_strikes,
    "the last clock goes first": _the_last_clock_goes_first,
    "nothing is ever stale": replaces(says_nothing, (decide, "_stale")),
    "a push-down is refused and not recorded": _a_push_down_is_not_recorded,
    "equal neighbours stay apart": replaces(_merged, (holders, "merge")),
    "triage restarts the resident's clock": _triage_restarts_the_clock,
    "the ladder skips a rung": _the_ladder_skips_a_rung,
    "the ladder blames the lead for every delay": _only_the_lead_is_blamed,
    "every ringing makes stale": replaces(frozenset(), (evolving, "_CLOCKWORK")),
    "a merged case keeps its clocks": evolves(e.Merged, lambda case, _: {"deadlines": case.deadlines}),
    "unmerging forgets the clocks": evolves(e.Unmerged, lambda *_: {"deadlines": ()}),
    "a follower is charged as itself": _followers_are_charged_themselves,
    "nobody is charged": replaces(_not_held, (holders, "_charge")),
    "the organ above is skipped": replaces(lambda *_: small.CITY_GOVERNMENT, (appeals, "organ_above")),
    "what was revoked stays with the organ": evolves(e.AppealDecided, lambda _, body: {"lead": body.by}),
    "shelved time counts as work": lambda patch: patch.setattr(Case, "paused", property(lambda _: False)),
    "a shelving never ends": replaces(lambda *_: NOTHING, (ladder, "looked_at_again")),
    "a hotline case gets an opinion": sees("resolve", procedure=Procedure.PETITION),
    "the wall takes nothing away": replaces(lambda *_: [], (removal, "removal")),
    "whoever is barred may act all the same": replaces(never, (decide, "barred"), (authority, "barred")),
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
