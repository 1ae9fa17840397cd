"""Hand-offs and disputes: what these events do to a case."""

from domain import events as e
from domain.case import Case, Objection, Proposal, ReturnRequest, Ruling
from domain.evolving.appeals import succeeded_above
from domain.evolving.shape import HAND_OFF, Change, Table, clocks, plus, stops_assisting
from domain.words import DeadlineKind


def passed(case: Case, body: str) -> tuple[str, ...]:
    """The bodies that the case has been passed to, with ``body`` at the end unless it is the last already."""
    return case.passed_to if case.passed_to[-1:] == (body,) else (*case.passed_to, body)


def _new_lead(case: Case, lead: str, r: e.Recorded) -> Change:
    return {
        "passed_to": passed(case, lead),
        "lead": lead,
        "lead_since": r.at,
        "last_lead": lead,
        "proposal": None,
        "return_request": None,
        "ruling": None,
        "started": False,
        "shelving_request": None,
        "exceptions": (),
        "troubles": (),
    }


def _proposed(case: Case, body: e.Proposed, r: e.Recorded) -> Change:
    proposal = Proposal(id=body.proposal, to=body.to, by=body.by, at=r.at, notified_at=body.notified_at)
    return {
        "proposal": proposal,
        "passed_to": passed(case, body.to),
        "route": body.route or case.route,
        **clocks(case, DeadlineKind.TRIAGE, add=[body.deadline]),
    }


def _signed(case: Case, body: e.Signed | e.DeemedSigned, r: e.Recorded) -> Change:
    case = stops_assisting(case, body.lead)
    return {
        **_new_lead(case, body.lead, r),
        "assistances": case.assistances,
        "sender": case.proposal.by if case.proposal else case.dispatcher,
        "designated": False,
        "acknowledged": True,
        "handlers": plus(case.handlers, r.actor.person),
        **clocks(case, DeadlineKind.TRIAGE, *HAND_OFF, add=[body.contact]),
    }


def _proposal_ended(case: Case, body: e.ProposalEnded, _: e.Recorded) -> Change:
    return {"proposal": None, **clocks(case, *HAND_OFF, add=[body.deadline])}


def _objected(case: Case, body: e.Objected, r: e.Recorded) -> Change:
    if case.proposal is None:
        return {}
    objection = Objection(reason=body.reason, proposed_owner=body.proposed_owner, at=r.at)
    return {
        "proposal": case.proposal.model_copy(update={"objection": objection}),
        "hand_backs": case.hand_backs + 1,
        **clocks(case, DeadlineKind.SIGN, add=[body.deadline]),
    }


def _return_requested(case: Case, body: e.ReturnRequested, r: e.Recorded) -> Change:
    request = ReturnRequest(
        id=body.request,
        by=body.by,
        to=body.to,
        reason=body.reason,
        proposed_owner=body.proposed_owner,
        at=r.at,
    )
    return {
        "return_request": request,
        "hand_backs": case.hand_backs + 1,
        "shelving_request": None,
        **clocks(case, DeadlineKind.SIGN_RETURN, DeadlineKind.CONSENT, add=[body.deadline]),
    }


def _returned(case: Case, body: e.Returned, _: e.Recorded) -> Change:
    return {
        "lead": None,
        "lead_since": None,
        "sender": None,
        "started": False,
        "return_request": None,
        **clocks(case, *HAND_OFF, add=[body.deadline]),
    }


def _ruling_opened(case: Case, body: e.RulingOpened, r: e.Recorded) -> Change:
    ruling = Ruling(
        id=body.ruling,
        body=body.body,
        parties=body.parties,
        opened_at=r.at,
        claimant=body.claimant,
        sender=body.sender,
        claim=body.claim,
    )
    return {
        "ruling": ruling,
        "proposal": None,
        "return_request": None,
        "shelving_request": None,
        **clocks(case, DeadlineKind.TRIAGE, *HAND_OFF, add=[body.deadline]),
    }


def _ruled(case: Case, _: e.Ruled, r: e.Recorded) -> Change:
    return {"rulers": plus(case.rulers, r.actor.person), **clocks(case, DeadlineKind.RULING)}


def _designated(case: Case, body: e.Designated, r: e.Recorded) -> Change:
    case = stops_assisting(case, body.lead)
    return {
        **_new_lead(case, body.lead, r),
        "assistances": case.assistances,
        "sender": body.by,
        "designated": True,
        "acknowledged": False,
        **clocks(
            case, DeadlineKind.TRIAGE, DeadlineKind.RULING, *HAND_OFF, add=[body.deadline, body.contact]
        ),
    }


def _acknowledged(case: Case, _: e.Acknowledged, r: e.Recorded) -> Change:
    handlers = plus(case.handlers, r.actor.person)
    return {"acknowledged": True, "handlers": handlers, **clocks(case, DeadlineKind.ACKNOWLEDGE)}


def _succeeded(case: Case, body: e.Succeeded, _: e.Recorded) -> Change:
    """The successor stands wherever the body stood, so that what is read off the case names bodies that exist."""
    if body.by is None:
        return {"succeeded": (*case.succeeded, body.body)}
    heir = body.by
    if body.body in {case.lead, case.dispatcher}:
        case = stops_assisting(case, heir)

    def now(name: str | None) -> str | None:
        return heir if name == body.body else name

    def each(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(heir if name == body.body else name for name in names))

    proposal, request, ruling = case.proposal, case.return_request, case.ruling
    return {
        "succeeded": (*case.succeeded, body.body),
        "assistances": case.assistances,
        "deadlines": case.deadlines,
        "dispatcher": now(case.dispatcher),
        "registrar": now(case.registrar),
        "lead": now(case.lead),
        "last_lead": now(case.last_lead),
        "sender": now(case.sender),
        "overseers": each(case.overseers),
        "proposal": proposal.model_copy(update={"by": now(proposal.by)}) if proposal else None,
        "informed": each(case.informed),
        "passed_to": tuple(heir if name == body.body else name for name in case.passed_to),
        "return_request": request.model_copy(update={"by": now(request.by), "to": now(request.to)})
        if request
        else None,
        "ruling": ruling.model_copy(
            update={
                "body": now(ruling.body),
                "parties": each(ruling.parties),
                "claimant": now(ruling.claimant),
                "sender": now(ruling.sender),
            }
        )
        if ruling
        else None,
        "rungs": tuple(
            rung.model_copy(update={"body": heir}) if rung.body == body.body else rung for rung in case.rungs
        ),
        **succeeded_above(case, body.body, heir),
    }


def _informed(case: Case, body: e.Informed, _: e.Recorded) -> Change:
    return {"informed": plus(case.informed, body.body)}


def _push_down_refused(_case: Case, _body: e.PushDownRefused, _: e.Recorded) -> Change:
    return {}


TABLE: Table = {
    e.Proposed: _proposed,
    e.Signed: _signed,
    e.DeemedSigned: _signed,
    e.ProposalEnded: _proposal_ended,
    e.Objected: _objected,
    e.ReturnRequested: _return_requested,
    e.Returned: _returned,
    e.RulingOpened: _ruling_opened,
    e.Ruled: _ruled,
    e.Designated: _designated,
    e.Acknowledged: _acknowledged,
    e.Informed: _informed,
    e.Succeeded: _succeeded,
    e.PushDownRefused: _push_down_refused,
}
