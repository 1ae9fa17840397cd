"""Disputes (争议): a ruling by the lowest common superior, which ends with a designation (裁定、指定).

    objection contested or unanswered ─┐
    return refused or unanswered ──────┴▶ ruling opens ─▶ ruled ─▶ designated ─▶ acknowledged

The parties are the body that does not want the case, the body that it names as owner, and the one that sent it. Where
they have no common superior a joint conference (联席会议) rules, if the pack names one for the division; else the ruling
stands open as a visible exception and goes up the ladder: never silence.

Rules: design.md §3.4. Source: 信访工作条例 Art 24; 潍坊市12345条例 Art 22 (a designated body may not return).
"""

from typing import Literal

from domain import events as e
from domain.base import BodyId, Instant
from domain.case import Case
from domain.clocks import clock
from domain.commands import Acknowledge, RuleOn
from domain.decision import Decision, record, refuse
from domain.eligibility import unfit_lead
from domain.facts import Facts
from domain.organisation import lowest_common_superior
from domain.personal import PersonalRef
from domain.rules import Rule
from domain.words import DeadlineKind, Exceptional
from domain.work import barred_from_handling

Cause = Literal["objection_contested", "objection_unanswered", "return_refused", "return_unanswered"]


def open_ruling(
    case: Case, cause: Cause, personal: PersonalRef | None, facts: Facts, at: Instant
) -> Decision:
    """A dispute goes to the body that can end it."""
    parties = _parties(case)
    body = lowest_common_superior(parties, facts, at) or _conference(case, facts)
    opened = e.RulingOpened(
        ruling=f"ruling.{case.version + 1}",
        cause=cause,
        parties=parties,
        body=body,
        personal=personal,
        deadline=clock(DeadlineKind.RULING, case, facts, at),
    )
    if body is not None:
        return record(opened)
    return record(opened, e.ExceptionRaised(kind=Exceptional.NO_COMMON_SUPERIOR, body=case.dispatcher))


def _parties(case: Case) -> tuple[BodyId, ...]:
    """The bodies in dispute. The dispatching body is none of them while others are named: it only passed the case on."""
    if case.proposal is not None:
        owner = case.proposal.objection.proposed_owner if case.proposal.objection else case.proposal.by
        return (case.proposal.to, owner)
    assert case.return_request is not None, "a ruling opens on a proposal or on a return"  # noqa: S101
    return (case.return_request.by, case.return_request.proposed_owner)


def _conference(case: Case, facts: Facts) -> BodyId | None:
    """The joint conference of the division, the nearest first."""
    division = case.place or facts.body(case.dispatcher).division
    named = [code for code in facts.policy.joint_conference if division.startswith(code)]
    return facts.policy.joint_conference[max(named, key=len)] if named else None


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
    acknowledge = clock(DeadlineKind.ACKNOWLEDGE, case, facts, at, after=2)
    return record(
        e.Ruled(ruling=ruling.id, by=ruler, personal=command.personal),
        e.Designated(lead=command.designate, by=ruler, deadline=acknowledge),
    )


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
