"""Joint work in the read models: on whose desks a case is for it, and who is told of what."""

from collections.abc import Iterator, Sequence

from domain import events as e
from domain.base import BodyId
from domain.case import Case
from domain.joint_words import AssistanceState, CallState


def beside_the_lead(case: Case) -> Iterator[tuple[BodyId, str]]:
    """The bodies that are asked for something or help, each with why."""
    for each in case.assistances:
        if each.state is AssistanceState.ASKED:
            yield each.body, "asked_to_assist"
    for each in case.assisting:
        yield each.body, "assisting"
    for ask in case.whistle_asks:
        yield ask.street, "asked_to_whistle"
    for call in case.calls:
        if call.running:
            yield call.body, "whistled" if call.state is CallState.CALLED else "reported_in"
    for commission in case.commissions:
        if commission.active:
            yield commission.provider, "commissioned"


def told_of_joint_work(before: Case, after: Case, body: e.AnyEvent) -> Sequence[BodyId | None]:
    """Who finds a notice of an event of joint work in the inbox; nobody of another one."""
    match body:
        case e.AssistanceAsked():
            return [body.asked]
        case e.AssistanceAccepted() | e.AssistanceRefused() | e.AssistanceFinished() | e.AssistanceOver():
            askers = [each.by for each in before.assistances if each.id == body.assistance]
            return [*askers, after.lead]
        case e.AssistanceReleased():
            return [body.body]
        case e.WhistleAsked():
            return [body.street]
        case e.WhistleDeclined():
            return body.asked_by
        case e.Whistled():
            return [*body.called, after.lead]
        case e.ReportedIn():
            whistlers = [call.by for call in before.calls if call.whistle == body.whistle]
            return [*whistlers, after.lead]
        case e.StoodDown():
            return body.called
        case e.Commissioned():
            return [body.provider]
        case _:
            return _told_of_a_commission(before, after, body)


def _told_of_a_commission(before: Case, after: Case, body: e.AnyEvent) -> Sequence[BodyId | None]:
    match body:
        case e.CommissionLapsed() | e.CommissionExtended() | e.CommissionEnded() | e.ProviderSilent():
            return [body.provider, *_clients(before, body.provider), after.lead]
        case e.MilestoneReached():
            return [each.client for each in before.commissions if each.contract == body.contract]
        case e.MilestoneAccepted():
            return [each.provider for each in before.commissions if each.contract == body.contract]
        case e.ProviderAsked():
            return [body.provider]
        case e.ProviderAnswered():
            return [*_clients(before, body.provider), after.lead]
        case _:
            return []


def _clients(case: Case, provider: BodyId) -> list[BodyId]:
    return [each.client for each in case.commissions if each.provider == provider]
