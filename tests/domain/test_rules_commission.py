"""Commissioned service: only under a contract in force, to its first end, and the lead goes on answering."""

from collections.abc import Callable
from typing import Any

from domain import events as e
from domain.actors import RESIDENT, by_link
from domain.holders import holding
from domain.joint_words import CommissionState, Expired, QuestionState
from domain.jurisdiction import Contract, Pack
from tests import small
from tests.domain.telling import Story, local, refuses

UNDER = {"contract": small.LIFT_CONTRACT}
LIFTS = by_link(small.LIFTS)


def _commissioned(pack: Pack = small.PACK) -> Story:
    return Story(pack).working().does("commission", small.HOUSING_WORKER, **UNDER)


def _asked() -> Story:
    return _commissioned().does("ask_provider", small.HOUSING_WORKER, **UNDER)


def _with(**change: Any) -> Pack:
    contracts = tuple(
        each.model_copy(update=change) if each.id == small.LIFT_CONTRACT else each for each in small.CONTRACTS
    )
    return small.PACK.model_copy(update={"contracts": contracts})


def _renewed(change: Callable[[Contract], Contract]) -> Pack:
    contracts = tuple(change(each) for each in small.CONTRACTS)
    providers = tuple(
        each.model_copy(
            update={"qualifications": (each.qualifications[0].model_copy(update={"valid_to": None}),)}
        )
        for each in small.PROVIDERS
    )
    return small.PACK.model_copy(update={"contracts": contracts, "providers": providers})


def test_the_lead_commissions_and_goes_on_answering() -> None:
    story = Story().working()
    before = holding(story.case)
    story.does("commission", small.HOUSING_WORKER, **UNDER)
    assert holding(story.case) == before
    done = story.last(e.Commissioned)
    assert (done.provider, done.client) == (small.LIFTS, small.HOUSING)
    assert [fund.value for fund in done.funds] == ["maintenance_fund", "budget"]
    assert story.case.commissions[0].until == small.LIFT_WORK_ENDS
    assert small.LIFTS in story.case.took_part


@refuses(
    "commission.no-such-contract",
    "commission.not-its-client",
    "commission.not-in-force",
    "commission.out-of-scope",
    "commission.not-qualified",
)
def test_no_contract_in_force_for_it_no_work() -> None:
    for contract, rule, pack in (
        ("c-none", "commission.no-such-contract", small.PACK),
        (small.OFFICE_CONTRACT, "commission.not-its-client", small.PACK),
        (small.OLD_CONTRACT, "commission.not-in-force", small.PACK),
        (small.LIFT_CONTRACT, "commission.out-of-scope", _with(matters=(small.PETITION_MATTER,))),
        (small.LIFT_CONTRACT, "commission.out-of-scope", _with(divisions=(small.POOR_DISTRICT,))),
        (small.GARDEN_CONTRACT, "commission.not-qualified", small.PACK),
    ):
        story = Story(pack).working()
        refused = story.tries("commission", small.HOUSING_WORKER, contract=contract)
        assert refused is not None
        assert refused.rule == rule
        assert story.case.commissions == ()


@refuses("commission.already")
def test_a_provider_works_under_one_contract_on_a_case() -> None:
    _commissioned().tries("commission", small.HOUSING_WORKER, **UNDER)


def test_a_qualification_that_runs_out_in_mid_work_is_an_event_and_ends_the_work() -> None:
    story = _commissioned().does("ask_provider", small.HOUSING_WORKER, **UNDER)
    before = holding(story.case)
    story.at("04-01 08:00")
    lapsed = story.last(e.CommissionLapsed)
    assert (lapsed.expired, lapsed.provider) == (Expired.QUALIFICATION, small.LIFTS)
    assert story.events[-1].at == small.LIFT_WORK_ENDS
    assert story.case.commissions[0].state is CommissionState.LAPSED
    assert holding(story.case) == before


def test_a_contract_that_runs_out_in_mid_work_is_an_event() -> None:
    story = _commissioned(_with(valid_to=local("03-10 09:00"))).at("03-10 09:00")
    assert story.last(e.CommissionLapsed).expired is Expired.CONTRACT


def test_a_contract_that_is_taken_out_of_the_pack_ends_at_its_clock() -> None:
    story = _commissioned(_with(valid_to=local("03-10 09:00")))
    story.pack = small.PACK.model_copy(update={"contracts": ()})
    story.at("03-10 09:00")
    assert story.last(e.CommissionLapsed).expired is Expired.CONTRACT


def test_what_the_pack_has_renewed_goes_on_by_a_recorded_event() -> None:
    story = _commissioned()
    story.pack = _renewed(lambda contract: contract)
    story.at("04-01 08:00")
    assert story.types[-1] == "commission_extended"
    assert story.case.commissions[0].active
    assert story.case.commissions[0].until == small.CONTRACT_ENDS


@refuses(
    "commission.not-commissioned",
    "commission.no-such-milestone",
    "commission.milestone-reached",
    "commission.milestone-not-reached",
)
def test_milestones_are_reached_and_accepted_once() -> None:
    story = _commissioned()
    inspected = {**UNDER, "milestone": "inspected"}
    story.tries("accept_milestone", small.HOUSING_WORKER, **inspected)
    story.tries("record_milestone", small.LIFTS_WORKER, **{**UNDER, "milestone": "blessed"})
    story.does("record_milestone", small.LIFTS_WORKER, **inspected)
    story.tries("record_milestone", small.HOUSING_WORKER, **inspected)
    story.does("accept_milestone", small.HOUSING_WORKER, **inspected)
    story.tries("accept_milestone", small.HOUSING_WORKER, **inspected)
    assert [(each.id, each.accepted) for each in story.case.commissions[0].milestones] == [
        ("inspected", True)
    ]
    other = {"contract": small.OFFICE_CONTRACT, "milestone": "inspected"}
    for command in ("record_milestone", "accept_milestone"):
        story.tries(command, small.HOUSING_WORKER, **other)
    for command in ("end_commission", "ask_provider"):
        story.tries(command, small.HOUSING_WORKER, contract=small.OFFICE_CONTRACT)


def test_the_client_ends_the_commission() -> None:
    story = _asked().does("end_commission", small.HOUSING_HEAD, **UNDER)
    assert story.case.commissions[0].state is CommissionState.ENDED
    assert story.case.commissions[0].questions[0].state is QuestionState.OVER
    assert not [deadline for deadline in story.case.deadlines if deadline.body]
    story.does("commission", small.HOUSING_WORKER, **UNDER)


# ---------------------------------------------------------------- the one-time link
@refuses("commission.asked-still", "commission.answered-already", "commission.no-such-question")
def test_the_provider_answers_a_question_once() -> None:
    story = _asked()
    link = story.last(e.ProviderAsked).link
    story.tries("ask_provider", small.HOUSING_WORKER, **UNDER)
    story.tries("answer_as_provider", LIFTS, link="link.99", answer="done")
    story.does("answer_as_provider", LIFTS, link=link, answer="done")
    assert not story.last(e.ProviderAnswered).late
    assert story.case.commissions[0].questions[0].state is QuestionState.ANSWERED
    story.tries("answer_as_provider", small.LIFTS_WORKER, link=link, answer="cannot")
    story.does("ask_provider", small.HOUSING_WORKER, **UNDER)


def test_silence_of_a_provider_is_an_event_and_a_late_answer_changes_no_state() -> None:
    story = _asked()
    link = story.last(e.ProviderAsked).link
    story.time_passes_until("provider_answer")
    assert story.types[-1] == "provider_silent"
    unmoved = {"version", "material_version", "last_at"}
    before = story.case.model_dump(exclude=unmoved)
    story.wait(hours=1).does("answer_as_provider", LIFTS, link=link, answer="done")
    assert story.last(e.ProviderAnswered).late
    assert story.case.model_dump(exclude=unmoved) == before


def test_an_answer_after_the_end_of_the_case_is_kept_and_changes_nothing() -> None:
    story = _asked()
    link = story.last(e.ProviderAsked).link
    story.withdraw().does("answer_as_provider", LIFTS, link=link, answer="under_way")
    assert story.last(e.ProviderAnswered).late
    assert story.case.ending is not None


@refuses("authority.not-for-providers")
def test_a_link_is_good_for_an_answer_and_for_nothing_else() -> None:
    story = _asked()
    link = story.last(e.ProviderAsked).link
    story.tries("record_milestone", LIFTS, **UNDER, milestone="inspected")
    story.tries("resolve", LIFTS, truth="true", ours=True, contacted="yes", solved="yes")
    refused = story.tries("answer_as_provider", by_link(small.GARDENS), link=link, answer="done")
    assert refused is not None
    assert refused.rule == "authority.not-for-providers"


@refuses("authority.not-for-residents")
def test_a_resident_answers_for_no_provider() -> None:
    story = _asked()
    story.tries("answer_as_provider", RESIDENT, link=story.last(e.ProviderAsked).link, answer="done")
