"""Disputes (争议): a ruling by the lowest common superior, which ends with a designation (裁定、指定).

    objection contested or unanswered ─┐
    return refused or unanswered ──────┤
    to a body a second time (ping-pong)┤
    more hand-backs than allowed ──────┴▶ ruling opens ─▶ ruled ─▶ designated ─▶ acknowledged

The parties are the body that does not want the case and the body that it names as owner; of a case that went to and fro
all bodies between which it went. What a ruling overrules counts against somebody: a return or an objection against the
body that made it, a proposal against the one that proposed. Where the parties have no common superior a joint conference
(联席会议) rules, if the pack names one for the division; else the ruling stands open as a visible exception and goes up the
ladder: never silence.

Rules: design.md §3.4. Source: 信访工作条例 Art 24; 潍坊市12345条例 Art 22 (a designated body may not return).
"""

from collections.abc import Sequence
from typing import Literal

from domain import events as e
from domain.base import BodyId, Frozen, Instant
from domain.case import Case, Ruling
from domain.clocks import clock, first_contact
from domain.commands import Acknowledge, RuleOn
from domain.decision import Decision, record, refuse
from domain.eligibility import unfit_lead
from domain.facts import Facts
from domain.firewall import barred_bodies
from domain.organisation import lowest_common_superior
from domain.personal import PersonalRef
from domain.rules import Rule
from domain.words import DeadlineKind, Exceptional, RulingCause
from domain.work import barred_from_handling


class Dispute(Frozen):
    """Who is in dispute. ``claimant`` says that the case is not its own; ``sender`` had proposed it.

    ``proposed`` is whom a proposal named that was the one too many.
    """

    parties: tuple[BodyId, ...]
    claimant: BodyId | None = None
    sender: BodyId | None = None
    claim: Literal["objection", "return"] | None = None
    proposed: BodyId | None = None


def open_ruling(
    case: Case,
    cause: RulingCause,
    personal: PersonalRef | None,
    facts: Facts,
    at: Instant,
    *,
    about: Dispute | None = None,
    after: int = 1,
) -> Decision:
    """A dispute goes to the body that can end it. ``about`` is what is pending on the case unless it says otherwise."""
    barred = barred_bodies(case, facts, at)
    dispute = about or pending(case)
    parties = tuple(party for party in dispute.parties if party not in barred)
    body = lowest_common_superior(parties, facts, at, barred) or conference(case, parties, facts, at, barred)
    opened = e.RulingOpened(
        ruling=f"ruling.{case.version + 1}",
        cause=cause,
        parties=parties,
        body=body,
        personal=personal,
        deadline=clock(DeadlineKind.RULING, case, facts, at, after=after),
        claimant=dispute.claimant,
        sender=dispute.sender,
        claim=dispute.claim,
        proposed=dispute.proposed,
    )
    if body is not None:
        return record(opened)
    return record(opened, e.ExceptionRaised(kind=Exceptional.NO_COMMON_SUPERIOR, body=case.dispatcher))


def pending(case: Case) -> Dispute:
    """The dispute about the objection or return that is pending.

    The dispatching body is no party while others are named: it only passed the case on.
    """
    proposal, request = case.proposal, case.return_request
    if proposal is not None:
        owner = proposal.objection.proposed_owner if proposal.objection else proposal.by
        return Dispute(
            parties=(proposal.to, owner), claimant=proposal.to, sender=proposal.by, claim="objection"
        )
    assert request is not None, "a ruling opens on a proposal or on a return"  # noqa: S101
    return Dispute(
        parties=(request.by, request.proposed_owner), claimant=request.by, sender=request.to, claim="return"
    )


def to_and_fro(case: Case, to: BodyId) -> Dispute | None:
    """The dispute if passing the case to ``to`` would be ping-pong: it had it before, and another one since.

    The dispatching body does not count (design.md §3.4).
    """
    asked = tuple(body for body in case.passed_to if body != case.dispatcher)
    if to == case.dispatcher or to not in asked or asked[-1] == to:
        return None
    since = asked[asked.index(to) :]
    return Dispute(parties=tuple(dict.fromkeys(since)), proposed=to)


def conference(
    case: Case, parties: Sequence[BodyId], facts: Facts, at: Instant, barred: frozenset[BodyId]
) -> BodyId | None:
    """The nearest joint conference of the division that stands, is no party and is not barred."""
    division = case.place or facts.body(case.dispatcher).division
    named = sorted((code for code in facts.policy.joint_conference if division.startswith(code)), key=len)
    for code in reversed(named):
        body = facts.policy.joint_conference[code]
        if body not in {*parties, *barred} and body in facts.bodies and facts.body(body).valid(at):
            return body
    return None


def rule(case: Case, command: RuleOn, facts: Facts, at: Instant) -> Decision:
    """The ruling body designates the lead, at once; the designated body acknowledges, it is not asked to sign.

    Refuses: SAME_PERSON_RULES, and whatever makes a body unfit to lead.
    """
    ruling, ruler = case.ruling, command.actor.body
    assert ruling is not None and ruler is not None, "authority found the ruling body"  # noqa: S101, PT018
    if command.actor.person in (*case.handlers, *case.reviewers):
        return refuse(SAME_PERSON_RULES)
    unfit = unfit_lead(case, command.designate, command.type, facts, at)
    if unfit is not None:
        return unfit
    designated = e.Designated(
        lead=command.designate,
        by=ruler,
        deadline=clock(DeadlineKind.ACKNOWLEDGE, case, facts, at, after=2),
        contact=first_contact(case, facts, at, after=2),
    )
    return record(_ruled(ruling, ruler, command), designated)


def _ruled(ruling: Ruling, by: BodyId, command: RuleOn) -> e.Ruled:
    """The ruling, and whom it counts against.

    Whoever said that the case is not its own and is designated after all was wrong; else the proposer was.
    """
    ruled = e.Ruled(ruling=ruling.id, by=by, personal=command.personal)
    if ruling.claimant is None:
        return ruled
    if ruling.claimant == command.designate:
        return ruled.model_copy(update={"overruled": ruling.claim, "against": ruling.claimant})
    return ruled.model_copy(update={"overruled": "proposal", "against": ruling.sender})


def acknowledge(case: Case, command: Acknowledge, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The designated body confirms that it knows.

    Refuses: NOTHING_TO_ACKNOWLEDGE, SAME_PERSON_HANDLES.
    """
    if case.acknowledged:
        return refuse(NOTHING_TO_ACKNOWLEDGE)
    return barred_from_handling(case, command.actor) or record(e.Acknowledged())


SAME_PERSON_RULES = Rule(
    "dispute.same-person",
    zh="经办人、审核人与裁定人不得为同一人。",
    en="Handler, reviewer and ruler must be different persons.",
    next_zh="请由裁定单位的其他负责人裁定。",
    next_en="Another head of the ruling body has to rule.",
)
NOTHING_TO_ACKNOWLEDGE = Rule(
    "dispute.nothing-to-acknowledge",
    zh="本件没有待确认的指定。",
    en="No designation waits to be acknowledged.",
    next_zh="可直接开始办理。",
    next_en="Go on with the case.",
)
