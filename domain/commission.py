"""Commissioned service (购买服务): a provider executes under a contract, and the lead goes on answering.

    commission ─▶ milestones reached ─▶ accepted ─▶ ended by the client
         │  └ asked how it stands ─▶ answered │ silence is an event, a late answer changes nothing
         └─ contract or qualification runs out in mid-work: an event by the clock, and the work stops

The clock runs to the first end among the contract and the qualifications that it demands, as they stood when the
provider was commissioned. When it rings, a pack that has renewed them moves it on, by a recorded event.

Rules: design.md §1, §6 (an outside body answers by a one-time link). Source: 政府购买服务管理办法 (财政部令第102号).
"""

from datetime import datetime

from domain import events as e
from domain.base import BodyId, Instant
from domain.case import Case
from domain.clocks import clock
from domain.commands import (
    AcceptMilestone,
    AnswerAsProvider,
    AskProvider,
    Commission,
    EndCommission,
    RecordMilestone,
)
from domain.deadlines import Deadline, fixed_date
from domain.decision import NOTHING, Decision, record, refuse
from domain.facts import Facts
from domain.firewall import BARRED_BODY, bars_body, wall
from domain.joint_words import Expired, QuestionState
from domain.jurisdiction import Contract, ContractId, Milestone
from domain.relations import Commission as Commissioned
from domain.rules import Rule
from domain.words import DeadlineKind


def commission(case: Case, command: Commission, facts: Facts, at: Instant) -> Decision:
    """The lead has the contract's provider work on the case.

    Refuses: NO_SUCH_CONTRACT, NOT_ITS_CLIENT, NOT_IN_FORCE, BARRED_BODY, OUT_OF_SCOPE, NOT_QUALIFIED,
    COMMISSIONED_ALREADY.
    """
    contract = facts.contracts.get(command.contract)
    if contract is None:
        return refuse(NO_SUCH_CONTRACT, contract=command.contract)
    wrong = _unfit(case, contract, facts, at)
    if wrong is not None:
        return wrong
    if any(each.provider == contract.provider and each.active for each in case.commissions):
        return refuse(COMMISSIONED_ALREADY, body=facts.name(contract.provider))
    return record(
        e.Commissioned(
            commission=f"commission.{case.version + 1}",
            contract=contract.id,
            provider=contract.provider,
            client=contract.client,
            funds=contract.funds,
            deadline=_end(case, contract, facts, at),
        )
    )


def _unfit(case: Case, contract: Contract, facts: Facts, at: Instant) -> Decision | None:
    if contract.client != case.lead:
        return refuse(NOT_ITS_CLIENT, contract=contract.id, body=facts.name(contract.client))
    provider = facts.bodies.get(contract.provider)
    if not contract.in_force(at) or provider is None or not provider.valid(at):
        start, end = contract.valid_from.date(), contract.valid_to.date()
        return refuse(NOT_IN_FORCE, contract=contract.id, start=start, end=end)
    if bars_body(wall(case), contract.provider, facts, at):
        return refuse(BARRED_BODY, body=facts.name(contract.provider))
    covers = case.place is not None and case.place.startswith(contract.divisions)
    if case.matter not in contract.matters or not covers:
        return refuse(OUT_OF_SCOPE, contract=contract.id)
    missing = [kind for kind in contract.qualifications if _held_until(contract, kind, facts, at) is None]
    if missing:
        return refuse(NOT_QUALIFIED, body=facts.name(contract.provider), kinds=", ".join(missing))
    return None


def _held_until(contract: Contract, kind: str, facts: Facts, at: Instant) -> datetime | None:
    """When the qualification ends, at the latest with the contract; None if it is not held at ``at``."""
    provider = facts.providers.get(contract.provider)
    held = provider.qualified(kind, at) if provider else None
    return min(held.valid_to or contract.valid_to, contract.valid_to) if held else None


def _end(case: Case, contract: Contract, facts: Facts, at: Instant) -> Deadline:
    """The clock to the first end among the contract and the qualifications that it demands."""
    ends = [_held_until(contract, kind, facts, at) for kind in contract.qualifications]
    return fixed_date(
        DeadlineKind.COMMISSION_END,
        min([contract.valid_to, *(end for end in ends if end is not None)]),
        f"contract.{contract.id}",
        version=case.version + 1,
        facts=facts,
        start=at,
        body=contract.provider,
    )


def commission_over(case: Case, deadline: Deadline, facts: Facts, at: Instant) -> Decision:
    """Contract or qualification has run out, unless the pack has renewed it meanwhile."""
    running = next(
        (each for each in case.commissions if each.provider == deadline.body and each.active), None
    )
    if running is None:
        return NOTHING
    contract = facts.contracts.get(running.contract)
    expired = _expired(contract, facts, at)
    if contract is not None and expired is None:
        return record(
            e.CommissionExtended(
                contract=running.contract,
                provider=running.provider,
                deadline=_end(case, contract, facts, at),
            )
        )
    return record(
        e.CommissionLapsed(
            contract=running.contract, provider=running.provider, expired=expired or Expired.CONTRACT
        )
    )


def _expired(contract: Contract | None, facts: Facts, at: Instant) -> Expired | None:
    if contract is None or not contract.in_force(at):
        return Expired.CONTRACT
    held = [_held_until(contract, kind, facts, at) for kind in contract.qualifications]
    return Expired.QUALIFICATION if None in held else None


def record_milestone(case: Case, command: RecordMilestone, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """A milestone was reached: by the word of the provider, or of the client.

    Refuses: NOT_COMMISSIONED, NO_SUCH_MILESTONE, MILESTONE_REACHED.
    """
    by = command.actor.body
    assert by is not None, "authority found the body"  # noqa: S101
    running = _active(case, command.contract, by)
    if running is None:
        return refuse(NOT_COMMISSIONED, contract=command.contract)
    known = _milestones(command.contract, facts)
    if command.milestone not in {milestone.id for milestone in known}:
        listed = ", ".join(milestone.id for milestone in known)
        return refuse(NO_SUCH_MILESTONE, milestone=command.milestone, known=listed)
    if any(milestone.id == command.milestone for milestone in running.milestones):
        return refuse(MILESTONE_REACHED, milestone=command.milestone)
    return record(
        e.MilestoneReached(
            contract=command.contract, milestone=command.milestone, by=by, personal=command.personal
        )
    )


def accept_milestone(case: Case, command: AcceptMilestone, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The client accepts a milestone that was reached.

    Refuses: NOT_COMMISSIONED, MILESTONE_NOT_REACHED.
    """
    by = command.actor.body
    assert by is not None, "authority found the client"  # noqa: S101
    running = _active(case, command.contract, by)
    if running is None:
        return refuse(NOT_COMMISSIONED, contract=command.contract)
    waiting = any(each.id == command.milestone and not each.accepted for each in running.milestones)
    if not waiting:
        return refuse(MILESTONE_NOT_REACHED, milestone=command.milestone)
    return record(e.MilestoneAccepted(contract=command.contract, milestone=command.milestone, by=by))


def end_commission(case: Case, command: EndCommission, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The client, or the lead, ends the commission.

    Refuses: NOT_COMMISSIONED.
    """
    by = command.actor.body
    assert by is not None, "authority found the client"  # noqa: S101
    running = _active(case, command.contract, by)
    if running is None:
        return refuse(NOT_COMMISSIONED, contract=command.contract)
    return record(
        e.CommissionEnded(
            contract=running.contract, provider=running.provider, by=by, personal=command.personal
        )
    )


def ask_provider(case: Case, command: AskProvider, facts: Facts, at: Instant) -> Decision:
    """The provider is asked how its task stands. Its window is a clock; the link to it is no part of the case.

    Refuses: NOT_COMMISSIONED, ASKED_STILL.
    """
    by = command.actor.body
    assert by is not None, "authority found the client"  # noqa: S101
    running = _active(case, command.contract, by)
    if running is None:
        return refuse(NOT_COMMISSIONED, contract=command.contract)
    if running.open_question is not None:
        return refuse(ASKED_STILL, body=facts.name(running.provider))
    return record(
        e.ProviderAsked(
            link=f"link.{case.version + 1}",
            contract=running.contract,
            provider=running.provider,
            by=by,
            personal=command.personal,
            deadline=clock(DeadlineKind.PROVIDER_ANSWER, case, facts, at, body=running.provider),
        )
    )


def answer_as_provider(case: Case, command: AnswerAsProvider, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The provider answers. After its window, or when nothing is waited for, the answer is kept and changes nothing.

    Refuses: NO_SUCH_QUESTION, ANSWERED_ALREADY.
    """
    found = next(
        (
            (each.provider, question.state)
            for each in case.commissions
            for question in each.questions
            if question.link == command.link and each.provider == command.actor.body
        ),
        None,
    )
    if found is None:
        return refuse(NO_SUCH_QUESTION)
    provider, state = found
    if state is QuestionState.ANSWERED:
        return refuse(ANSWERED_ALREADY)
    return record(
        e.ProviderAnswered(
            link=command.link,
            provider=provider,
            answer=command.answer,
            late=state is not QuestionState.OPEN,
            personal=command.personal,
        )
    )


def provider_silent(case: Case, body: BodyId) -> Decision:
    """The window of the provider has passed."""
    for each in case.commissions:
        if each.provider == body and each.open_question is not None:
            return record(e.ProviderSilent(link=each.open_question.link, provider=body))
    return NOTHING


def _active(case: Case, contract: ContractId, by: BodyId) -> Commissioned | None:
    """The commission under that contract that runs, if it is any business of ``by``."""
    return next(
        (
            each
            for each in case.commissions
            if each.contract == contract and each.active and by in {each.client, each.provider, case.lead}
        ),
        None,
    )


def _milestones(contract: ContractId, facts: Facts) -> tuple[Milestone, ...]:
    known = facts.contracts.get(contract)
    return known.milestones if known else ()


NO_SUCH_CONTRACT = Rule(
    "commission.no-such-contract",
    zh="数据包中没有合同“{contract}”。",
    en="The pack has no contract {contract}.",
    next_zh="请核对合同编号；新合同须先写入数据包并载入。",
    next_en="Check its id; a new contract has to be put into the pack and loaded first.",
)
NOT_ITS_CLIENT = Rule(
    "commission.not-its-client",
    zh="合同“{contract}”的委托方是{body}，不是本件主办单位。",
    en="The client of contract {contract} is {body}, which does not lead this case.",
    next_zh="请使用主办单位自己签订的合同，或请委托方协办。",
    next_en="Use a contract of the lead, or ask that client to assist.",
)
NOT_IN_FORCE = Rule(
    "commission.not-in-force",
    zh="合同“{contract}”的有效期为 {start} 至 {end}，此时不在有效期内，或承接方已不存在。",
    en="Contract {contract} runs from {start} to {end} and is not in force now, or its provider is gone.",
    next_zh="请续签合同并载入数据包，或使用其他有效合同。",
    next_en="Renew it and load the pack, or use another contract that is in force.",
)
OUT_OF_SCOPE = Rule(
    "commission.out-of-scope",
    zh="合同“{contract}”的服务范围不含本件的事项或地点。",
    en="Contract {contract} does not cover the matter or the place of this case.",
    next_zh="请使用范围相符的合同。",
    next_en="Use a contract that covers both.",
)
NOT_QUALIFIED = Rule(
    "commission.not-qualified",
    zh="{body}缺少合同要求的有效资质：{kinds}。",
    en="{body} does not hold what the contract demands at this time: {kinds}.",
    next_zh="请待承接方取得或更新资质并载入数据包，或改用其他承接方。",
    next_en="Wait until it holds them and the pack says so, or use another provider.",
)
COMMISSIONED_ALREADY = Rule(
    "commission.already",
    zh="{body}已在承接本件服务。",
    en="{body} works on this case under a contract already.",
    next_zh="请先终止现有委托（end_commission）。",
    next_en="End that commission first (end_commission).",
)
NOT_COMMISSIONED = Rule(
    "commission.not-commissioned",
    zh="本件没有贵单位在合同“{contract}”下进行中的委托。",
    en="No commission of yours under contract {contract} is running on this case.",
    next_zh="请查看案件的购买服务情况。",
    next_en="Look at the case for what is commissioned.",
)
NO_SUCH_MILESTONE = Rule(
    "commission.no-such-milestone",
    zh="合同没有里程碑“{milestone}”；有：{known}。",
    en="The contract has no milestone {milestone}; it has: {known}.",
    next_zh="请改用合同载明的里程碑编号。",
    next_en="Use the id of one that the contract names.",
)
MILESTONE_REACHED = Rule(
    "commission.milestone-reached",
    zh="里程碑“{milestone}”已记录。",
    en="The milestone {milestone} is on record already.",
    next_zh="请等待委托方验收（accept_milestone）。",
    next_en="Wait for the client to accept it (accept_milestone).",
)
MILESTONE_NOT_REACHED = Rule(
    "commission.milestone-not-reached",
    zh="里程碑“{milestone}”没有待验收的记录。",
    en="No record of the milestone {milestone} waits to be accepted.",
    next_zh="请先记录该里程碑（record_milestone）。",
    next_en="Record it first (record_milestone).",
)
ASKED_STILL = Rule(
    "commission.asked-still",
    zh="已有问题待{body}答复。",
    en="A question to {body} still waits for its answer.",
    next_zh="请等待答复；逾期将记为未答复，之后可再问。",
    next_en="Wait for it; when the window has passed its silence is recorded and you may ask again.",
)
NO_SUCH_QUESTION = Rule(
    "commission.no-such-question",
    zh="没有向贵单位提出这个问题。",
    en="You were not asked that on this case.",
    next_zh="请核对链接编号。",
    next_en="Check the number of the link.",
)
ANSWERED_ALREADY = Rule(
    "commission.answered-already",
    zh="该问题已答复。",
    en="That question has been answered.",
    next_zh="无需再次答复；有新情况请联系委托方。",
    next_en="Nothing to do; tell the client if something has changed.",
)
