"""Hand-offs (移交): how the lead passes from one body to another.

A body leads only what it has signed for; until then the dispatching body, or the last lead, answers.

    propose ─▶ sign      the lead moves
            ├▶ object    before signing ─▶ accepted: triage │ contested or unanswered: a ruling opens
            └▶ (lapse)   somebody was in post throughout: deemed signed │ nobody: triage, an exception
    lead ─▶ return       after signing ─▶ signed by the sender: triage │ refused or unanswered: a ruling opens

Rules: design.md §3.2, §3.3. Sources: 北京市接诉即办工作条例 Art 14 (首接负责); 信访工作条例 Art 23 (objection and return).
"""

from domain import events as e
from domain.base import BodyId, Instant, Interval
from domain.case import Case, Proposal, ReturnRequest
from domain.clocks import clock, first_contact
from domain.commands import (
    AcceptObjection,
    ContestObjection,
    Inform,
    Object,
    Propose,
    RefuseReturn,
    Return,
    Sign,
    SignReturn,
)
from domain.deadlines import over
from domain.decision import Decision, record, refuse
from domain.disputes import Dispute, open_ruling, to_and_fro
from domain.eligibility import BODY_NOT_THERE, NO_MATTER, NO_SUCH_BODY, unfit_lead
from domain.facts import Facts
from domain.firewall import BARRED_BODY, bars_body, superiors_let_through, unbarred, wall
from domain.routing import SIGNERS, case_route
from domain.rules import Rule
from domain.words import DeadlineKind, Exceptional, Informing, Level, LinkUse, RulingCause
from domain.work import barred_from_handling


def propose(case: Case, command: Propose, facts: Facts, at: Instant) -> Decision:
    """A body is asked to lead. The row in its inbox is the notice, written with the event.

    Without a body named it is the one that the rules name. To a body that had it before, after another, it is
    ping-pong and a ruling opens instead. Refuses: NO_MATTER, NO_ROUTE, NO_SUCH_BODY, BODY_NOT_THERE, NEVER_LEADS,
    PUSHED_DOWN (recorded).
    """
    found = case_route(case, case.matter, case.place, facts, at)
    to = command.to or (found.lead if found else None)
    if to is None:
        return refuse(NO_MATTER) if case.matter is None else refuse(NO_ROUTE)
    unfit = unfit_lead(case, to, command.type, facts, at)
    if unfit is not None:
        return unfit
    dispute = to_and_fro(case, to)
    if dispute is not None:
        return open_ruling(case, RulingCause.PING_PONG, command.personal, facts, at, about=dispute)
    proposed = e.Proposed(
        proposal=f"proposal.{case.version + 1}",
        to=to,
        by=case.dispatcher,
        notified_at=at,
        deadline=clock(DeadlineKind.SIGN, case, facts, at),
        route=found,
    )
    return record(proposed, *_district_told(case, to, facts, at))


def _district_told(case: Case, to: BodyId, facts: Facts, at: Instant) -> list[e.AnyEvent]:
    """What goes straight to a street is told to its district (北京市接诉即办工作条例 Art 12)."""
    if facts.body(to).level is not Level.STREET:
        return []
    above = [
        b
        for b in superiors_let_through(case, to, LinkUse.LADDER, facts, at)
        if facts.body(b).level is Level.DISTRICT
    ]
    told = above[:1] if not {*above[:1]} & {*case.informed, case.dispatcher} else []
    return [e.Informed(body=body, cause=Informing.DIRECT_TO_STREET) for body in told]


def inform(case: Case, command: Inform, facts: Facts, at: Instant) -> Decision:
    """A body is told of the case; it answers for nothing by that (知会).

    Refuses: NO_SUCH_BODY, BODY_NOT_THERE, BARRED_BODY, ALREADY_INFORMED.
    """
    if command.to not in facts.bodies:
        return refuse(NO_SUCH_BODY, body=command.to)
    if not facts.body(command.to).valid(at):
        return refuse(BODY_NOT_THERE, body=facts.name(command.to))
    if bars_body(wall(case), command.to, facts, at):
        return refuse(BARRED_BODY, body=facts.name(command.to))
    if command.to in case.informed:
        return refuse(ALREADY_INFORMED, body=facts.name(command.to))
    return record(e.Informed(body=command.to, cause=Informing.BY_HAND))


def sign(case: Case, command: Sign, facts: Facts, at: Instant) -> Decision:
    """The proposed body takes the lead.

    Refuses: SAME_PERSON_HANDLES.
    """
    proposal = waiting(case)
    return barred_from_handling(case, command.actor) or record(
        e.Signed(proposal=proposal.id, lead=proposal.to, contact=first_contact(case, facts, at))
    )


def lapse(case: Case, proposal: Proposal, facts: Facts, at: Instant) -> Decision:
    """The window to sign has passed.

    Silence binds only a body that could have spoken: somebody entitled to act had to be in post, with the notice in
    the inbox, at every instant of the window. Blaming an empty desk would put responsibility where nobody sat.
    """
    window = Interval(start=proposal.notified_at or proposal.at, end=at)
    spoke_for = unbarred(case, facts, at).somebody_in_post(proposal.to, SIGNERS, window)
    spoke_for = spoke_for and facts.body(proposal.to).valid(at)
    if proposal.notified_at is not None and spoke_for:
        contact = first_contact(case, facts, at)
        return record(e.DeemedSigned(proposal=proposal.id, lead=proposal.to, window=window, contact=contact))
    ended = e.ProposalEnded(
        proposal=proposal.id, cause="nobody_in_post", deadline=clock(DeadlineKind.TRIAGE, case, facts, at)
    )
    return record(ended, e.ExceptionRaised(kind=Exceptional.EMPTY_DESK, body=proposal.to))


def object_(case: Case, command: Object, facts: Facts, at: Instant) -> Decision:
    """Before signing: not ours, for this reason, on this ground, but theirs.

    Refuses: NO_SUCH_BODY, NAMES_ITSELF, BARRED_BODY.
    """
    proposal = waiting(case)
    wrong = _wrong_owner(case, command, proposal.to, facts, at)
    if wrong is not None:
        return wrong
    objected = e.Objected(
        proposal=proposal.id,
        reason=command.reason,
        proposed_owner=command.proposed_owner,
        personal=command.personal,
        deadline=clock(DeadlineKind.ANSWER_OBJECTION, case, facts, at),
    )
    about = Dispute(
        parties=(proposal.to, command.proposed_owner),
        claimant=proposal.to,
        sender=proposal.by,
        claim="objection",
    )
    return _handed_back(case, objected, about, facts, at)


def _handed_back(
    case: Case, happened: e.Objected | e.ReturnRequested, about: Dispute, facts: Facts, at: Instant
) -> Decision:
    """One hand-back more; one more than the policy allows opens a ruling at once (design.md §3.4)."""
    if case.hand_backs < facts.policy.hand_backs:
        return record(happened)
    ruling = open_ruling(
        case, RulingCause.TOO_MANY_HAND_BACKS, happened.personal, facts, at, about=about, after=2
    )
    return record(happened, *ruling.events)


def accept_objection(case: Case, command: AcceptObjection, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The proposer agrees: the proposal ends and the case is back in triage."""
    proposal = waiting(case)
    return record(
        e.ProposalEnded(
            proposal=proposal.id,
            cause="objection_accepted",
            deadline=clock(DeadlineKind.TRIAGE, case, facts, at),
        )
    )


def contest_objection(case: Case, command: ContestObjection, facts: Facts, at: Instant) -> Decision:
    """The proposer does not agree: a ruling opens above the bodies in dispute."""
    return open_ruling(case, RulingCause.OBJECTION_CONTESTED, command.personal, facts, at)


def return_(case: Case, command: Return, facts: Facts, at: Instant) -> Decision:
    """After signing: the lead asks the sender to take the case back, and leads on until he signs.

    Refuses: DESIGNATED, RETURN_TOO_LATE, NO_SUCH_BODY, NAMES_ITSELF, BARRED_BODY.
    """
    lead, since = case.lead, case.lead_since
    assert lead is not None and since is not None, "only a lead may return"  # noqa: S101, PT018
    if case.designated:
        return refuse(DESIGNATED)
    begins = max(since, case.recategorised_at or since)
    within = facts.policy.return_within
    if at > over(within, begins, facts):
        return refuse(RETURN_TOO_LATE, zh=within.zh, en=within.en)
    wrong = _wrong_owner(case, command, lead, facts, at)
    if wrong is not None:
        return wrong
    requested = e.ReturnRequested(
        request=f"return.{case.version + 1}",
        by=lead,
        to=case.sender or case.dispatcher,
        reason=command.reason,
        proposed_owner=command.proposed_owner,
        personal=command.personal,
        deadline=clock(DeadlineKind.SIGN_RETURN, case, facts, at),
    )
    about = Dispute(
        parties=(lead, command.proposed_owner), claimant=lead, sender=requested.to, claim="return"
    )
    return _handed_back(case, requested, about, facts, at)


def sign_return(case: Case, command: SignReturn, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The sender takes the case back: no lead, the dispatching body answers again."""
    request = _asked(case)
    return record(
        e.Returned(request=request.id, by=request.to, deadline=clock(DeadlineKind.TRIAGE, case, facts, at))
    )


def refuse_return(case: Case, command: RefuseReturn, facts: Facts, at: Instant) -> Decision:
    """The sender does not take it back: a ruling opens."""
    return open_ruling(case, RulingCause.RETURN_REFUSED, command.personal, facts, at)


def waiting(case: Case) -> Proposal:
    """The proposal that waits; the state table lets no command through without one."""
    assert case.proposal is not None, "the state table demands a proposal"  # noqa: S101
    return case.proposal


def _asked(case: Case) -> ReturnRequest:
    assert case.return_request is not None, "the state table demands a return"  # noqa: S101
    return case.return_request


def _wrong_owner(
    case: Case, command: Object | Return, own: BodyId, facts: Facts, at: Instant
) -> Decision | None:
    """Why the body named as owner cannot be it. Naming a protected one is pushing down too, and is recorded."""
    owner = command.proposed_owner
    if owner == own:
        return refuse(NAMES_ITSELF, body=facts.name(own))
    return unfit_lead(case, owner, command.type, facts, at)


NO_ROUTE = Rule(
    "hand-off.no-route",
    zh="按权责清单找不到应承办的单位，或本件尚无地点。",
    en="The catalogue names no body for this case, or it has no place yet.",
    next_zh="请核定地点，或直接指明拟派单位（to）。",
    next_en="Set the place, or name the body to propose (to).",
)
ALREADY_INFORMED = Rule(
    "hand-off.already-informed",
    zh="{body}已被知会。",
    en="{body} has been told of this case already.",
    next_zh="无需重复。",
    next_en="Nothing to do.",
)
NAMES_ITSELF = Rule(
    "hand-off.names-itself",
    zh="建议的承办单位就是{body}自己。",
    en="The proposed owner is {body} itself.",
    next_zh="请指明认为应当承办的其他单位。",
    next_en="Name the other body that you hold to be the owner.",
)
DESIGNATED = Rule(
    "hand-off.designated",
    zh="本件由裁定指定主办，本轮内不得异议或退回。",
    en="The lead was designated by a ruling: it may neither object nor return until the episode ends.",
    next_zh="请继续办理；需要其他单位协助的，可请上级督办协调。",
    next_en="Go on with the case; where others are needed, ask the body above to oversee.",
)
RETURN_TOO_LATE = Rule(
    "hand-off.return-too-late",
    zh="签收后超过{zh}，不能再退回。",
    en="More than {en} have passed since it was signed: it can no longer be returned.",
    next_zh="请继续办理，或请上级督办协调。",
    next_en="Go on with the case, or ask the body above to oversee.",
)
