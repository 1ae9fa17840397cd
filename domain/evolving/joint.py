"""Joint work: what these events do to a case. None of them touches lead, stage, or what is pending."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from domain import events as e
from domain.case import Case
from domain.evolving.shape import Change, Table, clock_of, clocks
from domain.joint_words import AssistanceState, CallState, CommissionState, QuestionState
from domain.relations import Assistance, Call, Commission, Milestone, Question, WhistleAsk
from domain.words import DeadlineKind

_ASSISTANCE = (DeadlineKind.ANSWER_ASSISTANCE, DeadlineKind.ASSISTANCE_END)
_PROVIDER = (DeadlineKind.COMMISSION_END, DeadlineKind.PROVIDER_ANSWER)

_T = TypeVar("_T", Assistance, Call, Commission)


def _changed(records: Iterable[_T], which: Callable[[_T], bool], **change: Any) -> tuple[_T, ...]:  # noqa: ANN401
    return tuple(each.model_copy(update=change) if which(each) else each for each in records)


# ---------------------------------------------------------------- assistance
def _assistance_asked(case: Case, body: e.AssistanceAsked, r: e.Recorded) -> Change:
    asked = Assistance(
        id=body.assistance,
        body=body.asked,
        by=body.by,
        state=AssistanceState.ASKED,
        at=r.at,
        task=body.personal,
        funding=body.funding,
        until=body.until,
        listed=body.listed,
    )
    return {
        "assistances": (*case.assistances, asked),
        **clock_of(case, body.asked, *_ASSISTANCE, add=[body.deadline, body.end]),
    }


def _stands(case: Case, id_: str, state: AssistanceState, **more: Any) -> Change:  # noqa: ANN401
    return {"assistances": _changed(case.assistances, lambda each: each.id == id_, state=state, **more)}


def _assistance_accepted(case: Case, body: e.AssistanceAccepted, _: e.Recorded) -> Change:
    return {
        **_stands(case, body.assistance, AssistanceState.ACCEPTED, took_part=True),
        **clock_of(case, body.body, DeadlineKind.ANSWER_ASSISTANCE),
    }


def _assistance_ends(state: AssistanceState) -> Callable[[Case, Any, e.Recorded], Change]:
    def change(case: Case, body: Any, _: e.Recorded) -> Change:  # noqa: ANN401 - one of the events of the table
        return {**_stands(case, body.assistance, state), **clock_of(case, body.body, *_ASSISTANCE)}

    return change


# ---------------------------------------------------------------- whistle
def _whistle_asked(case: Case, body: e.WhistleAsked, r: e.Recorded) -> Change:
    ask = WhistleAsk(by=body.by, street=body.street, called=body.called, at=r.at)
    return {
        "whistle_asks": (*case.whistle_asks, ask),
        "deadlines": (*case.deadlines, body.deadline),
    }


def _answered_whistle_asks(case: Case, street: str) -> Case:
    """The case once the street has answered everybody who asked it to whistle."""
    rest = tuple(ask for ask in case.whistle_asks if ask.street != street)
    stopped = clock_of(case, street, DeadlineKind.ANSWER_WHISTLE)
    return case.model_copy(update={"whistle_asks": rest, **stopped})


def _whistle_declined(case: Case, body: e.WhistleDeclined, _: e.Recorded) -> Change:
    after = _answered_whistle_asks(case, body.by)
    return {"whistle_asks": after.whistle_asks, "deadlines": after.deadlines, "rungs": after.rungs}


def _whistled(case: Case, body: e.Whistled, r: e.Recorded) -> Change:
    after = _answered_whistle_asks(case, body.by)
    calls = (
        Call(whistle=body.whistle, body=called, by=body.by, state=CallState.CALLED, at=r.at)
        for called in body.called
    )
    return {
        "whistle_asks": after.whistle_asks,
        "calls": (*case.calls, *calls),
        **clocks(after, add=body.deadlines),
    }


def _reported_in(case: Case, body: e.ReportedIn, r: e.Recorded) -> Change:
    calls = _changed(
        case.calls,
        lambda call: (call.whistle, call.body) == (body.whistle, body.body),
        state=CallState.REPORTED,
        reported_at=r.at,
    )
    return {"calls": calls, **clock_of(case, body.body, DeadlineKind.REPORT_IN)}


def _stood_down(case: Case, body: e.StoodDown, _: e.Recorded) -> Change:
    calls = _changed(
        case.calls,
        lambda call: call.by == body.by and call.body in body.called and call.running,
        state=CallState.STOOD_DOWN,
    )
    for called in body.called:
        case = case.model_copy(update=clock_of(case, called, DeadlineKind.REPORT_IN))
    return {"calls": calls, "deadlines": case.deadlines, "rungs": case.rungs}


def _scored(case: Case, body: e.Scored, _: e.Recorded) -> Change:
    return {
        "calls": tuple(
            call.model_copy(update={"scored_by": (*call.scored_by, body.by)})
            if call.whistle == body.whistle and {call.by, call.body} == {body.by, body.scored}
            else call
            for call in case.calls
        )
    }


# ---------------------------------------------------------------- commissioned service
def _commissioned(case: Case, body: e.Commissioned, r: e.Recorded) -> Change:
    commission = Commission(
        id=body.commission,
        contract=body.contract,
        provider=body.provider,
        client=body.client,
        state=CommissionState.ACTIVE,
        at=r.at,
        until=body.deadline.due,
    )
    return {
        "commissions": (*case.commissions, commission),
        **clock_of(case, body.provider, DeadlineKind.COMMISSION_END, add=[body.deadline]),
    }


def _under(contract: str) -> Callable[[Commission], bool]:
    return lambda commission: commission.contract == contract and commission.active


def _commission_extended(case: Case, body: e.CommissionExtended, _: e.Recorded) -> Change:
    return {
        "commissions": _changed(case.commissions, _under(body.contract), until=body.deadline.due),
        **clock_of(case, body.provider, DeadlineKind.COMMISSION_END, add=[body.deadline]),
    }


def _commission_over(state: CommissionState) -> Callable[[Case, Any, e.Recorded], Change]:
    def change(case: Case, body: Any, _: e.Recorded) -> Change:  # noqa: ANN401 - one of the events of the table
        mine = _under(body.contract)
        over = tuple(each.over(state) if mine(each) else each for each in case.commissions)
        return {"commissions": over, **clock_of(case, body.provider, *_PROVIDER)}

    return change


def _milestone(case: Case, contract: str, milestone: Milestone) -> Change:
    return {
        "commissions": tuple(
            each.model_copy(
                update={"milestones": (*(m for m in each.milestones if m.id != milestone.id), milestone)}
            )
            if _under(contract)(each)
            else each
            for each in case.commissions
        )
    }


def _milestone_reached(case: Case, body: e.MilestoneReached, _: e.Recorded) -> Change:
    return _milestone(case, body.contract, Milestone(id=body.milestone))


def _milestone_accepted(case: Case, body: e.MilestoneAccepted, _: e.Recorded) -> Change:
    return _milestone(case, body.contract, Milestone(id=body.milestone, accepted=True))


def _provider_asked(case: Case, body: e.ProviderAsked, r: e.Recorded) -> Change:
    question = Question(link=body.link, state=QuestionState.OPEN, at=r.at, task=body.personal)
    return {
        "commissions": tuple(
            each.model_copy(update={"questions": (*each.questions, question)})
            if _under(body.contract)(each)
            else each
            for each in case.commissions
        ),
        "deadlines": (*case.deadlines, body.deadline),
    }


def _question_is(case: Case, link: str, provider: str, state: QuestionState) -> Change:
    return {
        "commissions": tuple(
            each.model_copy(update={"questions": each.asked(state)})
            if any(question.link == link for question in each.questions)
            else each
            for each in case.commissions
        ),
        **clock_of(case, provider, DeadlineKind.PROVIDER_ANSWER),
    }


def _provider_answered(case: Case, body: e.ProviderAnswered, _: e.Recorded) -> Change:
    return {} if body.late else _question_is(case, body.link, body.provider, QuestionState.ANSWERED)


def _provider_silent(case: Case, body: e.ProviderSilent, _: e.Recorded) -> Change:
    return _question_is(case, body.link, body.provider, QuestionState.SILENT)


TABLE: Table = {
    e.AssistanceAsked: _assistance_asked,
    e.AssistanceAccepted: _assistance_accepted,
    e.AssistanceRefused: _assistance_ends(AssistanceState.REFUSED),
    e.AssistanceFinished: _assistance_ends(AssistanceState.FINISHED),
    e.AssistanceReleased: _assistance_ends(AssistanceState.RELEASED),
    e.AssistanceOver: _assistance_ends(AssistanceState.OVER),
    e.WhistleAsked: _whistle_asked,
    e.WhistleDeclined: _whistle_declined,
    e.Whistled: _whistled,
    e.ReportedIn: _reported_in,
    e.StoodDown: _stood_down,
    e.Scored: _scored,
    e.Commissioned: _commissioned,
    e.CommissionExtended: _commission_extended,
    e.CommissionLapsed: _commission_over(CommissionState.LAPSED),
    e.CommissionEnded: _commission_over(CommissionState.ENDED),
    e.MilestoneReached: _milestone_reached,
    e.MilestoneAccepted: _milestone_accepted,
    e.ProviderAsked: _provider_asked,
    e.ProviderAnswered: _provider_answered,
    e.ProviderSilent: _provider_silent,
}
