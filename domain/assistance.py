"""Assistance (协办): other bodies help on a case that its lead goes on answering for.

    ask ─┬─▶ accept ─▶ finish │ release │ its end comes
         ├─▶ refuse            a community body may, on its ground; no blame moves
         └─▶ (silence)         the clock of that body: missed, and carried up its own ladder

What protects a community body: it is asked only for what the street's duty list carries as basic or cooperating and the
catalogue lets its kind assist on, with the task, its funding and its end named (费随事转), and it may say no. Anything
else is a push-down: refused, and recorded with who tried. What others are asked beyond the catalogue is allowed and
marked: the first receiver has to gather what the case needs, and the marks show what the catalogue lacks.

Rules: design.md §1, §3.5. Sources: 北京市接诉即办工作条例 Art 14 (the others owe results or reasons), Art 17; 潍坊市12345条例
Art 24; 上海市居民委员会工作条例 Art 27 (the committee may refuse what is not on its list).
"""

from domain import events as e
from domain.base import BodyId, Instant
from domain.case import Case
from domain.clocks import clock
from domain.commands import (
    AcceptAssistance,
    AskAssistance,
    FinishAssistance,
    RefuseAssistance,
    ReleaseAssistance,
)
from domain.deadlines import Deadline, fixed_date
from domain.decision import NOTHING, Decision, record, refuse, refuse_and_record
from domain.eligibility import BODY_NOT_THERE, NO_MATTER, NO_SUCH_BODY
from domain.facts import Facts
from domain.firewall import BARRED_BODY, bars_body, wall
from domain.joint_words import AssistanceState
from domain.jurisdiction import Body, Matter
from domain.organisation import NO_OFFICE, is_community
from domain.relations import Assistance
from domain.rules import Rule
from domain.words import BodyKind, DeadlineKind, Duty, Level

_CARRIED = frozenset({Duty.BASIC, Duty.COOPERATING})


def ask_assistance(case: Case, command: AskAssistance, facts: Facts, at: Instant) -> Decision:
    """A body is asked to assist; the row in its inbox is the notice.

    Refuses: NO_SUCH_BODY, BODY_NOT_THERE, BARRED_BODY, ANSWERS_ALREADY, NEEDS_CONTRACT, ASKED_ALREADY, NO_MATTER,
    PUSHED_DOWN_TASK (recorded), NEEDS_FUNDING_AND_END, ENDS_ALREADY.
    """
    wrong = _cannot_be_asked(case, command.asked, facts, at) or _against_the_lists(case, command, facts)
    if wrong is not None:
        return wrong
    if command.until is not None and command.until <= at:
        return refuse(ENDS_ALREADY, until=command.until.isoformat())
    body, matter = facts.body(command.asked), facts.matter(case.matter) if case.matter else None
    by = command.actor.body
    assert by is not None, "authority found the body"  # noqa: S101
    return record(
        e.AssistanceAsked(
            assistance=f"assistance.{case.version + 1}",
            asked=command.asked,
            by=by,
            funding=command.funding,
            until=command.until,
            listed=matter is not None and body.kind in matter.assists,
            personal=command.personal,
            deadline=clock(DeadlineKind.ANSWER_ASSISTANCE, case, facts, at, body=command.asked),
            end=_end(case, command, facts, at),
        )
    )


def _end(case: Case, command: AskAssistance, facts: Facts, at: Instant) -> Deadline | None:
    """The clock to the end that was named; it runs whether the body answers or not."""
    if command.until is None:
        return None
    return fixed_date(
        DeadlineKind.ASSISTANCE_END,
        command.until,
        "assistance.until",
        version=case.version + 1,
        facts=facts,
        start=at,
        body=command.asked,
    )


def _cannot_be_asked(case: Case, asked: BodyId, facts: Facts, at: Instant) -> Decision | None:
    if asked not in facts.bodies:
        return refuse(NO_SUCH_BODY, body=asked)
    if not facts.body(asked).valid(at):
        return refuse(BODY_NOT_THERE, body=facts.name(asked))
    if bars_body(wall(case), asked, facts, at):
        return refuse(BARRED_BODY, body=facts.name(asked))
    if asked in {case.lead, case.dispatcher}:
        return refuse(ANSWERS_ALREADY, body=facts.name(asked))
    if facts.body(asked).kind is BodyKind.PROVIDER:
        return refuse(NEEDS_CONTRACT, body=facts.name(asked))
    if any(each.body == asked and each.running for each in case.assistances):
        return refuse(ASKED_ALREADY, body=facts.name(asked))
    return None


def _against_the_lists(case: Case, command: AskAssistance, facts: Facts) -> Decision | None:
    """What a community body must not be asked, or not like this."""
    body = facts.body(command.asked)
    if not is_community(body):
        return None
    if case.matter is None:
        return refuse(NO_MATTER)
    matter = facts.matter(case.matter)
    if not _may_be_carried(matter, body):
        return refuse_and_record(
            PUSHED_DOWN_TASK,
            e.PushDownRefused(command=command.type, to=body.id, matter=matter.id),
            body=facts.name(body.id),
            matter=matter.name.zh,
            matter_en=matter.name.en,
            ground=matter.ground,
        )
    if command.funding is None or command.until is None:
        return refuse(NEEDS_FUNDING_AND_END, body=facts.name(body.id))
    return None


def _may_be_carried(matter: Matter, body: Body) -> bool:
    """Whether the community may be asked at all. Its own matters are on no street's list and need none."""
    if matter.lead.level is Level.COMMUNITY:
        return True
    return matter.duty in _CARRIED and body.kind in matter.assists


def accept_assistance(case: Case, command: AcceptAssistance, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The asked body assists."""
    asked = _of(case, command.actor.body, AssistanceState.ASKED)
    return record(e.AssistanceAccepted(assistance=asked.id, body=asked.body))


def refuse_assistance(case: Case, command: RefuseAssistance, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """A body that is free to says no. Lead, charge and every other clock stay as they are.

    Refuses: ASSISTANCE_OWED.
    """
    asked = _of(case, command.actor.body, AssistanceState.ASKED)
    if not _free_to_refuse(case, facts.body(asked.body), facts):
        return refuse(ASSISTANCE_OWED, body=facts.name(asked.body))
    return record(
        e.AssistanceRefused(
            assistance=asked.id, body=asked.body, refusal=command.refusal, personal=command.personal
        )
    )


def _free_to_refuse(case: Case, body: Body, facts: Facts) -> bool:
    """Self-government, volunteers and paired units always; a street where its list does not carry the matter."""
    if is_community(body) or body.kind in NO_OFFICE:
        return True
    carried = case.matter is not None and facts.matter(case.matter).duty in _CARRIED
    return body.level is Level.STREET and not carried


def finish_assistance(case: Case, command: FinishAssistance, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The assisting body gives its result, or its reasons for having none."""
    assisting = _of(case, command.actor.body, AssistanceState.ACCEPTED)
    return record(
        e.AssistanceFinished(assistance=assisting.id, body=assisting.body, personal=command.personal)
    )


def release_assistance(case: Case, command: ReleaseAssistance, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """Who asked, or the lead, needs the assistance no longer.

    Refuses: NOT_ASKED.
    """
    by = command.actor.body
    assert by is not None, "authority found the body"  # noqa: S101
    running = next((each for each in case.assistances if each.body == command.asked and each.running), None)
    if running is None:
        return refuse(NOT_ASKED, body=facts.name(command.asked))
    return record(e.AssistanceReleased(assistance=running.id, body=running.body, by=by))


def assistance_over(case: Case, body: BodyId) -> Decision:
    """The end that was named for the assistance has come."""
    running = next((each for each in case.assistances if each.body == body and each.running), None)
    return record(e.AssistanceOver(assistance=running.id, body=body)) if running else NOTHING


def _of(case: Case, body: BodyId | None, state: AssistanceState) -> Assistance:
    return next(each for each in case.assistances if each.body == body and each.state is state)


ANSWERS_ALREADY = Rule(
    "assistance.answers-already",
    zh="{body}是本件的主办单位或派单单位，不能再作为协办单位。",
    en="{body} leads or dispatches this case and cannot be asked to assist on it.",
    next_zh="请指明其他单位。",
    next_en="Name another body.",
)
NEEDS_CONTRACT = Rule(
    "assistance.needs-contract",
    zh="{body}是服务承接方，须按合同购买服务，不能请求协办。",
    en="{body} is a provider: it works under a contract and is not asked to assist.",
    next_zh="请由主办单位依有效合同购买服务（commission）。",
    next_en="The lead commissions it under a contract in force (commission).",
)
ASKED_ALREADY = Rule(
    "assistance.asked-already",
    zh="已请求{body}协办，或其正在协办。",
    en="{body} has been asked already, or assists already.",
    next_zh="请等待答复，或先解除原协办（release_assistance）。",
    next_en="Wait for its answer, or release it first (release_assistance).",
)
PUSHED_DOWN_TASK = Rule(
    "push-down.assistance",
    zh="事项“{matter}”不在基层基本履职或配合履职清单内，或清单未列{body}协办，不得交由其协办（依据：{ground}）。本次尝试已记录。",
    en="The list does not let {body} be asked to assist on “{matter_en}” (ground: {ground}). The attempt is on record.",
    next_zh="请由主办单位自行办理，或请求有法定职责的单位协办。",
    next_en="The lead does it itself, or asks a body whose duty it is.",
)
NEEDS_FUNDING_AND_END = Rule(
    "assistance.needs-funding-and-end",
    zh="请求{body}协办须写明经费来源（funding）和截止时间（until）：费随事转。",
    en="Asking {body} to assist takes the source of its funds (funding) and an end (until).",
    next_zh="请补充经费来源和截止时间后重试；没有经费的不得交办。",
    next_en="Name both and try again; without funds it cannot be asked.",
)
ENDS_ALREADY = Rule(
    "assistance.ends-already",
    zh="协办截止时间 {until} 已过。",
    en="The end of the assistance, {until}, has passed.",
    next_zh="请写明将来的截止时间后重试。",
    next_en="Name an end that lies ahead and try again.",
)
ASSISTANCE_OWED = Rule(
    "assistance.owed",
    zh="{body}有配合义务，不能拒绝协办。",
    en="{body} owes its assistance and cannot refuse it.",
    next_zh="请先同意，办不到的在完成时说明理由和阶段情况（finish_assistance）。",
    next_en="Accept it; what cannot be done is said, with the reasons, when you finish it (finish_assistance).",
)
NOT_ASKED = Rule(
    "assistance.not-asked",
    zh="{body}没有待答复或进行中的协办。",
    en="Nothing is asked of {body} on this case, and it does not assist.",
    next_zh="请查看案件的协办单位。",
    next_en="Look at the case for the bodies that assist.",
)
