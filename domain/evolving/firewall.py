"""The firewall: what these events do to a case."""

from domain import events as e
from domain.base import BodyId
from domain.case import Case, Stage
from domain.evolving.shape import Change, Table, clocks, plus
from domain.words import DeadlineKind


def _accused(case: Case, body: e.Accused, _: e.Recorded) -> Change:
    against = case.against
    for accused in body.against:
        against = plus(against, accused)
    return {"against": against, "misconduct": case.misconduct or body.misconduct}


def _recused(case: Case, body: e.Recused, _: e.Recorded) -> Change:
    return {"recused": plus(case.recused, body.person)}


def _interest_declared(case: Case, body: e.InterestDeclared, _: e.Recorded) -> Change:
    return {"interested": plus(case.interested, body.person)}


def _removed_by_firewall(case: Case, body: e.RemovedByFirewall, r: e.Recorded) -> Change:
    gone = frozenset(body.bodies)
    kept: Change = {
        "dispatcher": body.dispatcher,
        "registrar": None if case.registrar in gone else case.registrar,
        # While it is open a lead goes by way of triage; here it may also be the dispatching body, and stay.
        "lead": None if (case.ending is not None or case.exhausted) and case.lead in gone else case.lead,
        "last_lead": None if case.last_lead in gone else case.last_lead,
        "sender": body.dispatcher if case.sender in gone else case.sender,
        "informed": tuple(told for told in case.informed if told not in gone),
        "overseers": tuple(overseer for overseer in case.overseers if overseer not in gone),
        **_without_the_clocks_of(case, gone),
    }
    kept |= _joint_work(case, body, gone)
    left = case.model_copy(update=kept)
    if body.to_triage:
        own = {deadline.cause or deadline.kind for deadline in left.deadlines if deadline.body is None}
        stopped = own - {DeadlineKind.RESOLVE}
        return {**kept, **_WITHOUT_LEAD, **clocks(left, *stopped, add=body.deadlines)}
    if body.organ is not None and case.appeal is not None:
        kept |= {
            "appeal": case.appeal.model_copy(update={"organ": body.organ}),
            "lead": body.organ,
            "lead_since": r.at,
        }
    restarted = [deadline.kind for deadline in body.deadlines]
    return {**kept, **_passed_on(case, body, gone), **clocks(left, *restarted, add=body.deadlines)}


def _without_the_clocks_of(case: Case, gone: frozenset[BodyId]) -> Change:
    """No clock and no rung of a body that is gone, nor of one that nobody waits for any more because the asker is."""
    idle = {(DeadlineKind.REPORT_IN, call.body) for call in case.calls if call.by in gone}
    idle |= {(DeadlineKind.ANSWER_WHISTLE, ask.street) for ask in case.whistle_asks if ask.by in gone}
    return {
        "deadlines": tuple(
            clock
            for clock in case.deadlines
            if clock.body not in gone and (clock.cause or clock.kind, clock.body) not in idle
        ),
        "rungs": tuple(
            rung
            for rung in case.rungs
            if not {rung.body, rung.about} & gone and (rung.cause, rung.about) not in idle
        ),
    }


def _joint_work(case: Case, body: e.RemovedByFirewall, gone: frozenset[BodyId]) -> Change:
    """Who assists, was whistled or works under a contract is let go; for those who stay the dispatching body asks on."""
    return {
        "assistances": tuple(
            each.over()
            if each.body in gone
            else each.model_copy(update={"by": body.dispatcher if each.by in gone else each.by})
            for each in case.assistances
        ),
        "calls": tuple(
            call.over() if call.running and {call.body, call.by} & gone else call for call in case.calls
        ),
        "whistle_asks": tuple(
            ask.model_copy(update={"called": tuple(each for each in ask.called if each not in gone)})
            for ask in case.whistle_asks
            if not {ask.by, ask.street} & gone
        ),
        "commissions": tuple(
            each.over()
            if each.provider in gone
            else each.model_copy(update={"client": body.dispatcher if each.client in gone else each.client})
            for each in case.commissions
        ),
    }


_WITHOUT_LEAD: Change = {
    "lead": None,
    "lead_since": None,
    "sender": None,
    "designated": False,
    "acknowledged": True,
    "started": False,
    "proposal": None,
    "return_request": None,
    "ruling": None,
    "stage": Stage.HANDLING,
    "answered_at_intake": False,
    "verdict": None,
    "opinion": None,
    "appeal": None,
    "shelving": None,
    "shelving_request": None,
}


def _passed_on(case: Case, body: e.RemovedByFirewall, gone: frozenset[BodyId]) -> Change:
    """What is pending goes on, with the dispatching body in the place of those removed."""
    proposal, request, ruling = case.proposal, case.return_request, case.ruling
    if proposal is not None and proposal.by in gone:
        proposal = proposal.model_copy(update={"by": body.dispatcher})
    if request is not None and request.to in gone:
        request = request.model_copy(update={"to": body.dispatcher})
    if ruling is not None:
        parties = tuple(party for party in ruling.parties if party not in gone)
        claimant = None if ruling.claimant in gone else ruling.claimant
        sender = body.dispatcher if ruling.sender in gone else ruling.sender
        ruling = ruling.model_copy(
            update={"body": body.ruling, "parties": parties, "claimant": claimant, "sender": sender}
        )
    return {"proposal": proposal, "return_request": request, "ruling": ruling}


TABLE: Table = {
    e.Accused: _accused,
    e.Recused: _recused,
    e.InterestDeclared: _interest_declared,
    e.RemovedByFirewall: _removed_by_firewall,
}
