"""What an event does to a case. It cannot fail and cannot refuse: what is in the ledger has happened.

``evolve(case, recorded) -> case`` is a table with one small function for each event type. A new event is a new function
and a new line in the table.
"""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from domain import events as e
from domain.case import Case, Objection, Proposal, ReturnRequest, Ruling, Rung, Stage, Verdict
from domain.deadlines import Deadline
from domain.words import ActorKind, DeadlineKind, Ending

Change = dict[str, Any]

_CLOCKWORK = frozenset({"deadline_missed", "escalated", "alerted", "exception_raised", "oversight_added"})
"""Events that, when the clock causes them, change no command that anybody may give."""


def evolve(case: Case | None, recorded: e.Recorded) -> Case:
    """The case after ``recorded``. ``case`` is None only for ``registered``."""
    body = recorded.body
    if isinstance(body, e.Registered):
        return _registered(body, recorded)
    assert case is not None, "a case begins with registered"  # noqa: S101 - the ledger's own order
    change = _TABLE[type(body)](case, body, recorded)
    ringing = recorded.actor.kind is ActorKind.CLOCK and body.type in _CLOCKWORK
    change["version"] = recorded.version
    change["last_at"] = max(case.last_at, recorded.at)
    change["material_version"] = case.material_version if ringing else recorded.version
    return case.model_copy(update=change)


def fold(recorded: Iterable[e.Recorded], case: Case | None = None) -> Case | None:
    """The case after all of ``recorded``, in order; None if there is nothing."""
    return reduce(evolve, recorded, case)


def _clocks(case: Case, *kinds: DeadlineKind, add: Iterable[Deadline | None] = ()) -> Change:
    """Stops the clocks of these kinds and the ladders that they started; sets those in ``add``."""
    stopped = frozenset(kinds)
    return {
        "deadlines": (
            *(d for d in case.deadlines if d.kind not in stopped and d.cause not in stopped),
            *(d for d in add if d is not None),
        ),
        "rungs": tuple(rung for rung in case.rungs if rung.cause not in stopped),
    }


_HAND_OFF = (
    DeadlineKind.SIGN,
    DeadlineKind.ANSWER_OBJECTION,
    DeadlineKind.SIGN_RETURN,
    DeadlineKind.ACKNOWLEDGE,
)
_ALL = tuple(DeadlineKind)


def _plus(old: tuple[str, ...], new: str | None) -> tuple[str, ...]:
    return old if new is None or new in old else (*old, new)


def _registered(body: e.Registered, r: e.Recorded) -> Case:
    return Case(
        id=r.case,
        number=body.number,
        version=r.version,
        material_version=r.version,
        last_at=r.at,
        kind=body.kind,
        channel=body.channel,
        procedure=body.procedure,
        matter=body.matter,
        place=body.place,
        registrar=body.registrar,
        dispatcher=body.dispatcher,
        received_at=body.received_at,
        registered_at=r.at,
        episode_at=r.at,
        anonymous=body.anonymous,
        no_contact=body.no_contact,
        deadlines=body.deadlines,
    )


def _triaged(case: Case, body: e.Triaged, _: e.Recorded) -> Change:
    clocks = _clocks(case, DeadlineKind.RESOLVE, add=[body.resolve]) if body.resolve else {}
    return {"matter": body.matter, "place": body.place, "kind": body.kind, **clocks}


def _answered_at_intake(case: Case, body: e.AnsweredAtIntake, r: e.Recorded) -> Change:
    return {
        "answered_at_intake": True,
        "stage": Stage.REVIEWED,
        "handlers": _plus(case.handlers, r.actor.person),
        **_clocks(case, DeadlineKind.TRIAGE, DeadlineKind.RESOLVE, add=[body.deadline]),
    }


def _ended(case: Case, r: e.Recorded, ending: Ending) -> Change:
    return {
        "ending": ending,
        "ended_at": r.at,
        "proposal": None,
        "return_request": None,
        "ruling": None,
        "exceptions": (),
        **_clocks(case, *_ALL),
    }


def _ended_at_intake(case: Case, _: e.EndedAtIntake, r: e.Recorded) -> Change:
    return _ended(case, r, Ending.ANSWERED_AT_INTAKE)


def _proposed(case: Case, body: e.Proposed, r: e.Recorded) -> Change:
    proposal = Proposal(id=body.proposal, to=body.to, by=body.by, at=r.at, notified_at=body.notified_at)
    return {"proposal": proposal, **_clocks(case, DeadlineKind.TRIAGE, add=[body.deadline])}


def _new_lead(lead: str, r: e.Recorded) -> Change:
    return {
        "lead": lead,
        "lead_since": r.at,
        "last_lead": lead,
        "proposal": None,
        "return_request": None,
        "ruling": None,
        "started": False,
        "exceptions": (),
    }


def _signed(case: Case, body: e.Signed | e.DeemedSigned, r: e.Recorded) -> Change:
    return {
        **_new_lead(body.lead, r),
        "sender": case.proposal.by if case.proposal else case.dispatcher,
        "designated": False,
        "acknowledged": True,
        "handlers": _plus(case.handlers, r.actor.person),
        **_clocks(case, DeadlineKind.TRIAGE, *_HAND_OFF),
    }


def _proposal_ended(case: Case, body: e.ProposalEnded, _: e.Recorded) -> Change:
    return {"proposal": None, **_clocks(case, *_HAND_OFF, add=[body.deadline])}


def _objected(case: Case, body: e.Objected, r: e.Recorded) -> Change:
    if case.proposal is None:
        return {}
    objection = Objection(reason=body.reason, proposed_owner=body.proposed_owner, at=r.at)
    return {
        "proposal": case.proposal.model_copy(update={"objection": objection}),
        **_clocks(case, DeadlineKind.SIGN, add=[body.deadline]),
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
    return {"return_request": request, **_clocks(case, DeadlineKind.SIGN_RETURN, add=[body.deadline])}


def _returned(case: Case, body: e.Returned, _: e.Recorded) -> Change:
    return {
        "lead": None,
        "lead_since": None,
        "sender": None,
        "started": False,
        "return_request": None,
        **_clocks(case, *_HAND_OFF, add=[body.deadline]),
    }


def _ruling_opened(case: Case, body: e.RulingOpened, r: e.Recorded) -> Change:
    ruling = Ruling(id=body.ruling, body=body.body, parties=body.parties, opened_at=r.at)
    return {
        "ruling": ruling,
        "proposal": None,
        "return_request": None,
        **_clocks(case, *_HAND_OFF, add=[body.deadline]),
    }


def _ruled(case: Case, _: e.Ruled, r: e.Recorded) -> Change:
    return {"rulers": _plus(case.rulers, r.actor.person), **_clocks(case, DeadlineKind.RULING)}


def _designated(case: Case, body: e.Designated, r: e.Recorded) -> Change:
    return {
        **_new_lead(body.lead, r),
        "sender": body.by,
        "designated": True,
        "acknowledged": False,
        **_clocks(case, DeadlineKind.TRIAGE, DeadlineKind.RULING, *_HAND_OFF, add=[body.deadline]),
    }


def _acknowledged(case: Case, _: e.Acknowledged, r: e.Recorded) -> Change:
    handlers = _plus(case.handlers, r.actor.person)
    return {"acknowledged": True, "handlers": handlers, **_clocks(case, DeadlineKind.ACKNOWLEDGE)}


def _started(case: Case, _: e.Started, r: e.Recorded) -> Change:
    return {"started": True, "handlers": _plus(case.handlers, r.actor.person)}


def _step_recorded(case: Case, body: e.StepRecorded, r: e.Recorded) -> Change:
    by_lead = body.by is not None and body.by == case.lead
    return {
        "heard": case.heard or body.step is e.Step.RESIDENT_HEARD,
        "handlers": _plus(case.handlers, r.actor.person if by_lead else None),
    }


def _resolved(case: Case, body: e.Resolved, r: e.Recorded) -> Change:
    return {
        "stage": Stage.RESOLVED,
        "acknowledged": True,
        "handlers": _plus(case.handlers, r.actor.person),
        **_clocks(case, DeadlineKind.RESOLVE, DeadlineKind.ACKNOWLEDGE, add=[body.deadline]),
    }


def _sent_back(case: Case, body: e.SentBack, r: e.Recorded) -> Change:
    return {
        "stage": Stage.HANDLING,
        "reviewers": _plus(case.reviewers, r.actor.person),
        **_clocks(case, DeadlineKind.REVIEW, add=[body.deadline]),
    }


def _reviewed(case: Case, body: e.Reviewed, r: e.Recorded) -> Change:
    return {
        "stage": Stage.REVIEWED,
        "reviewers": _plus(case.reviewers, r.actor.person),
        **_clocks(case, DeadlineKind.REVIEW, add=[body.deadline]),
    }


def _judged(case: Case, verdict: Verdict, deadline: Deadline | None) -> Change:
    return {
        "stage": Stage.JUDGED,
        "first_verdict": case.first_verdict or verdict,
        "verdict": verdict,
        **_clocks(case, DeadlineKind.VERDICT, add=[deadline]),
    }


def _verdict_recorded(case: Case, body: e.VerdictRecorded, r: e.Recorded) -> Change:
    verdict = Verdict(satisfaction=body.satisfaction, channel=body.channel, at=r.at)
    return {"verdicts": case.verdicts + 1, **_judged(case, verdict, body.deadline)}


def _verdict_lapsed(case: Case, body: e.VerdictLapsed, r: e.Recorded) -> Change:
    return _judged(case, Verdict(satisfaction=None, channel=None, at=r.at), body.deadline)


def _rehandling_ordered(case: Case, body: e.RehandlingOrdered, _: e.Recorded) -> Change:
    return {
        "stage": Stage.HANDLING,
        "answered_at_intake": False,
        "started": False,
        "rehandlings": body.round,
        **_clocks(case, DeadlineKind.TRIAGE, DeadlineKind.RESOLVE, DeadlineKind.CLOSE, add=body.deadlines),
    }


def _closed(case: Case, _: e.Closed, r: e.Recorded) -> Change:
    return _ended(case, r, Ending.CLOSED)


def _withdrawn(case: Case, _: e.Withdrawn, r: e.Recorded) -> Change:
    return _ended(case, r, Ending.WITHDRAWN)


def _not_accepted(case: Case, _: e.NotAccepted, r: e.Recorded) -> Change:
    return _ended(case, r, Ending.NOT_ACCEPTED)


def _reopened(case: Case, body: e.Reopened, r: e.Recorded) -> Change:
    return {
        "episode": body.episode,
        "episode_at": r.at,
        "ending": None,
        "ended_at": None,
        "lead": body.lead,
        "lead_since": r.at if body.lead else None,
        "sender": case.dispatcher if body.lead else None,
        "designated": False,
        "acknowledged": True,
        "started": False,
        "stage": Stage.HANDLING,
        "answered_at_intake": False,
        "heard": False,
        "first_verdict": None,
        "verdict": None,
        "verdicts": 0,
        "rehandlings": 0,
        "deadlines": body.deadlines,
        "rungs": (),
        "handlers": (),
        "reviewers": (),
        "rulers": (),
    }


def _oversight_added(case: Case, body: e.OversightAdded, _: e.Recorded) -> Change:
    return {"overseers": _plus(case.overseers, body.body)}


def _deadline_missed(case: Case, body: e.DeadlineMissed, _: e.Recorded) -> Change:
    return {"deadlines": tuple(d for d in case.deadlines if d.id != body.deadline)}


def _next_rung(case: Case, cause: DeadlineKind, deadline: Deadline) -> tuple[Deadline, ...]:
    return (*(d for d in case.deadlines if d.cause is not cause), deadline)


def _escalated(case: Case, body: e.Escalated, _: e.Recorded) -> Change:
    return {
        "overseers": _plus(case.overseers, body.to),
        "rungs": (*case.rungs, Rung(cause=body.cause, body=body.to)),
        "deadlines": _next_rung(case, body.cause, body.deadline),
    }


def _alerted(case: Case, body: e.Alerted, _: e.Recorded) -> Change:
    rung = Rung(cause=body.cause, body=body.body)
    return {
        "rungs": case.rungs if rung in case.rungs else (*case.rungs, rung),
        "deadlines": _next_rung(case, body.cause, body.deadline),
    }


def _exception_raised(case: Case, body: e.ExceptionRaised, _: e.Recorded) -> Change:
    known = body.kind in case.exceptions
    return {"exceptions": case.exceptions if known else (*case.exceptions, body.kind)}


def _push_down_refused(_case: Case, _body: e.PushDownRefused, _: e.Recorded) -> Change:
    return {}


_TABLE: dict[type[e.EventBody], Callable[[Case, Any, e.Recorded], Change]] = {
    e.Triaged: _triaged,
    e.AnsweredAtIntake: _answered_at_intake,
    e.EndedAtIntake: _ended_at_intake,
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
    e.Started: _started,
    e.StepRecorded: _step_recorded,
    e.Resolved: _resolved,
    e.SentBack: _sent_back,
    e.Reviewed: _reviewed,
    e.VerdictRecorded: _verdict_recorded,
    e.VerdictLapsed: _verdict_lapsed,
    e.RehandlingOrdered: _rehandling_ordered,
    e.Closed: _closed,
    e.Withdrawn: _withdrawn,
    e.NotAccepted: _not_accepted,
    e.Reopened: _reopened,
    e.OversightAdded: _oversight_added,
    e.DeadlineMissed: _deadline_missed,
    e.Escalated: _escalated,
    e.Alerted: _alerted,
    e.ExceptionRaised: _exception_raised,
    e.PushDownRefused: _push_down_refused,
}
