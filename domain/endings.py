"""Verdict and endings (评价、结案): few, and earned.

    verdict asked ─┬─ satisfied ─────────────▶ judged ─▶ closed
                   ├─ lapse ─────────────────▶ judged ─▶ closed
                   └─ unsatisfied ─┬─ re-handling left ─▶ back to the lead, in the same episode
                                   └─ none left ────────▶ judged ─▶ closed, with the way of appeal
    answered at intake: the verdict, or its lapse, ends it; unsatisfied leads back to triage
    ended ─▶ reopened: a new episode; the last valid lead answers at once

First and final verdict are both kept. Rules: design.md §3.10. Sources: 济南市12345条例 Art 27 (re-handling);
信访工作条例 Arts 31-36 (grounds of not accepting, ways of appeal).
"""

from domain import events as e
from domain.base import BodyId, Instant
from domain.case import Case
from domain.clocks import clock
from domain.commands import Close, NotAccept, RecordVerdict, Reopen, Withdraw
from domain.deadlines import over
from domain.decision import Decision, record, refuse
from domain.events import AnyEvent
from domain.facts import Facts
from domain.firewall import standing_unbarred, superiors_let_through
from domain.rules import Rule
from domain.states import EXHAUSTED
from domain.telling import told_wrongly
from domain.words import (
    ActorKind,
    Channel,
    DeadlineKind,
    Ending,
    Exceptional,
    Instance,
    LinkUse,
    Satisfaction,
)
from domain.work import fresh_allowance

REOPENABLE = frozenset({Ending.CLOSED, Ending.ANSWERED_AT_INTAKE})


def record_verdict(case: Case, command: RecordVerdict, facts: Facts, at: Instant) -> Decision:
    """The resident's word on what was done.

    Entered by staff it names channel and person, never comes from the people of the lead or of a body that took part,
    and never over a wish for no contact. Refuses: VERDICT_FROM_LEAD, VERDICT_FROM_HELPER, VERDICT_BY_HANDLER,
    VERDICT_NEEDS_LINK.
    """
    if command.actor.kind is ActorKind.PERSON:
        wrong = _staff_verdict(case, command, facts, at)
        if wrong is not None:
            return wrong
    unsatisfied = command.satisfaction is Satisfaction.UNSATISFIED
    again = unsatisfied and (
        case.answered_at_intake
        or (case.rehandlings < facts.policy.rehandlings[case.procedure] and not _reviewed_above(case))
    )
    stands = case.answered_at_intake and not unsatisfied
    verdict = e.VerdictRecorded(
        response=command.response,
        resolution=command.resolution,
        satisfaction=command.satisfaction,
        channel=command.channel,
        round=case.verdicts + 1,
        final=not again,
        deadline=None if again or stands else clock(DeadlineKind.CLOSE, case, facts, at),
    )
    if again:
        return record(verdict, *_again(case, facts, at))
    return record(verdict, e.EndedAtIntake()) if stands else record(verdict)


def _reviewed_above(case: Case) -> bool:
    """Whether an organ above has decided: its opinion is not handled again, it is taken to the next instance."""
    return case.opinion is not None and case.opinion.instance is not Instance.HANDLING


def _staff_verdict(case: Case, command: RecordVerdict, facts: Facts, at: Instant) -> Decision | None:
    person = command.actor.person
    if case.no_contact or command.channel is Channel.LINK:
        return refuse(VERDICT_NEEDS_LINK)
    if person in case.handlers:
        return refuse(VERDICT_BY_HANDLER)
    handling = handling_bodies(case)
    held = next(
        (post for post in facts.posts if post.person == person and post.held(at) and post.body in handling),
        None,
    )
    if held is None:
        return None
    rule = VERDICT_FROM_LEAD if held.body == case.lead else VERDICT_FROM_HELPER
    return refuse(rule, body=facts.name(held.body))


def handling_bodies(case: Case) -> frozenset[BodyId]:
    """The bodies that work on the case: none of their people enters the resident's verdict or his withdrawal."""
    lead = frozenset({case.lead} if case.lead is not None else ())
    return lead | case.took_part


def _again(case: Case, facts: Facts, at: Instant) -> list[AnyEvent]:
    """Re-handling in the same episode; from the second time on the body above the lead oversees it."""
    round_ = case.rehandlings + 1
    if case.lead is None:
        clocks = [clock(DeadlineKind.TRIAGE, case, facts, at, after=2)]
        if case.matter is not None:
            clocks.append(fresh_allowance(case, facts, at, after=2))
        return [e.RehandlingOrdered(round=round_, deadlines=tuple(clocks))]
    allowance = fresh_allowance(case, facts, at, after=2)
    happened: list[AnyEvent] = [e.RehandlingOrdered(round=round_, deadlines=(allowance,))]
    above = superiors_let_through(case, case.lead, LinkUse.LADDER, facts, at)
    if case.rehandlings > 0 and above and above[0] not in case.overseers:
        happened.append(e.OversightAdded(body=above[0], cause="unsatisfied_again"))
    return happened


def verdict_lapsed(case: Case, facts: Facts, at: Instant) -> Decision:
    """The window for the verdict has passed."""
    if case.answered_at_intake:
        return record(e.VerdictLapsed(no_contact=case.no_contact, deadline=None), e.EndedAtIntake())
    return record(
        e.VerdictLapsed(no_contact=case.no_contact, deadline=clock(DeadlineKind.CLOSE, case, facts, at))
    )


def close(case: Case, command: Close, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The reviewing body closes the case and states the way of appeal, or that it is exhausted.

    Refuses: SAME_PERSON_CLOSES.
    """
    if command.actor.person in (*case.handlers, *case.rulers):
        return refuse(SAME_PERSON_CLOSES)
    way = facts.policy.exhausted if case.exhausted else facts.policy.appeal[case.procedure]
    return record(e.Closed(by=case.reviewer, appeal=way))


def withdraw(case: Case, command: Withdraw, facts: Facts, at: Instant) -> Decision:
    """The resident takes the issue back, himself or by a recorded request, which no handler of the case records.

    Refuses: WITHDRAWAL_NOT_RECORDED, WITHDRAWAL_BY_HANDLER.
    """
    if command.actor.kind is ActorKind.PERSON:
        if command.personal is None:
            return refuse(WITHDRAWAL_NOT_RECORDED)
        person, handling = command.actor.person, handling_bodies(case)
        posts = [post for post in facts.posts if post.person == person and post.held(at)]
        if person in case.handlers or any(post.body in handling for post in posts):
            return refuse(WITHDRAWAL_BY_HANDLER)
    return record(e.Withdrawn(channel=command.channel, personal=command.personal))


def not_accept(case: Case, command: NotAccept, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The case is not accepted, on a ground from the closed list; the resident was heard once and is told.

    Refuses: NOT_HEARD, HANDLER_REFUSES, NO_CONTACT_BY_LINK.
    """
    if command.actor.person in (*case.handlers, *case.rulers):
        return refuse(HANDLER_REFUSES)
    if not case.heard:
        return refuse(NOT_HEARD)
    return told_wrongly(case, command.told_by) or record(
        e.NotAccepted(ground_code=command.ground_code, told_by=command.told_by, personal=command.personal)
    )


def reopen(case: Case, command: Reopen, facts: Facts, at: Instant) -> Decision:
    """A new episode begins; the last valid lead answers at once.

    A lead that no longer exists hands on to its successor; where there is none the case waits in triage, visibly.
    Refuses: NOT_REOPENABLE, REOPEN_TOO_LATE, EXHAUSTED.
    """
    ending, ended_at = case.ending, case.ended_at
    assert ending is not None and ended_at is not None, "the state table demands an ended case"  # noqa: S101, PT018
    if case.exhausted:
        return refuse(EXHAUSTED)
    if ending not in REOPENABLE:
        return refuse(NOT_REOPENABLE, ending=ending)
    within = facts.policy.reopen_within
    if at > over(within, ended_at, facts):
        return refuse(REOPEN_TOO_LATE, zh=within.zh, en=within.en)
    lead = standing_unbarred(case, case.last_lead, facts, at)
    kinds = (*(() if lead else (DeadlineKind.TRIAGE,)), *((DeadlineKind.RESOLVE,) if case.matter else ()))
    reopened = e.Reopened(
        episode=case.episode + 1,
        lead=lead,
        channel=command.channel,
        personal=command.personal,
        deadlines=tuple(clock(kind, case, facts, at) for kind in kinds),
    )
    if case.last_lead is not None and lead is None:
        return record(reopened, e.ExceptionRaised(kind=Exceptional.LEAD_GONE, body=case.last_lead))
    return record(reopened)


VERDICT_FROM_LEAD = Rule(
    "verdict.from-lead",
    zh="评价不得由办理单位{body}的人员录入。",
    en="A verdict is never entered by people of a body that works on the case: {body}.",
    next_zh="请由审核单位的其他人员回访，或由居民通过链接评价。",
    next_en="Somebody else of the reviewing body has to ask, or the resident uses the link.",
)
VERDICT_FROM_HELPER = Rule(
    "verdict.from-helper",
    zh="{body}协办、报到或承接过本件，其人员不得代录评价。",
    en="{body} has taken part in this case as a helper: its people cannot enter the verdict.",
    next_zh="请由未参与办理的人员联系居民，或请居民自行评价。",
    next_en="Somebody who serves no body that took part asks the resident, or the resident judges himself.",
)
VERDICT_BY_HANDLER = Rule(
    "verdict.by-handler",
    zh="经办过本件的人员不得录入评价。",
    en="Who has handled this case cannot enter its verdict.",
    next_zh="请由其他人员回访录入。",
    next_en="Another person has to ask the resident.",
)
VERDICT_NEEDS_LINK = Rule(
    "verdict.needs-link",
    zh="居民要求不联系，或渠道为居民链接的，评价只能由居民本人作出。",
    en="With a wish for no contact, or by the link, only the resident himself gives the verdict.",
    next_zh="请等待居民通过链接评价，逾期自动视为未评价。",
    next_en="Wait for the link, or for the window to pass.",
)
SAME_PERSON_CLOSES = Rule(
    "ending.same-person-closes",
    zh="经办人、裁定人不得结案。",
    en="Who has handled or ruled on this case cannot close it.",
    next_zh="请由审核单位的其他审核员结案。",
    next_en="Another reviewer has to close it.",
)
WITHDRAWAL_NOT_RECORDED = Rule(
    "ending.withdrawal-not-recorded",
    zh="代为撤回须记录居民的请求。",
    en="A withdrawal entered by staff needs the resident's request on record.",
    next_zh="请填写居民请求的内容（note）。",
    next_en="Write down what the resident asked (note).",
)
WITHDRAWAL_BY_HANDLER = Rule(
    "ending.withdrawal-by-handler",
    zh="经办过本件的人员、办理单位的人员不得代录撤回。",
    en="Who has handled this case, or acts for a body that works on it, cannot record the resident's withdrawal.",
    next_zh="请由居民本人通过链接撤回，或由派单单位其他人员核实后记录。",
    next_en="The resident withdraws by his link, or another person of the dispatching body asks him and records it.",
)
NOT_HEARD = Rule(
    "ending.not-heard",
    zh="不予受理前须听取居民陈述一次。",
    en="The resident has to be heard once before the case is not accepted.",
    next_zh="请先记录“已听取居民陈述”（record_step --step resident_heard）。",
    next_en="Record the hearing first (record_step --step resident_heard).",
)
HANDLER_REFUSES = Rule(
    "ending.handler-refuses",
    zh="经办人、裁定人不得作出不予受理决定。",
    en="Who has handled or ruled on this case cannot decide not to accept it.",
    next_zh="请由其他审核员决定。",
    next_en="Another reviewer has to decide.",
)
NOT_REOPENABLE = Rule(
    "ending.not-reopenable",
    zh="以“{ending}”终结的案件不能重办。",
    en="A case that ended as {ending} cannot be opened again.",
    next_zh="如有新情况请重新登记。",
    next_en="Register a new case if there is something new.",
)
REOPEN_TOO_LATE = Rule(
    "ending.reopen-too-late",
    zh="终结后超过{zh}，不能重办。",
    en="More than {en} have passed since it ended: it can no longer be opened again.",
    next_zh="请重新登记，并注明原案件号。",
    next_en="Register a new case and name the old number.",
)
