"""The decider: one pure function from a case, a command, the facts and an instant to what happens (design.md §4).

    decide(case, command, facts, at)
      the case exists ─▶ no wall ─▶ it is at the version the actor saw ─▶ the state allows it ─▶ the actor may
                                                              what the wall takes away ◀─ its own rule ◀──┘

``RULES`` is the table: for every command the states that allow it, what is said in the others, and its rule. A new
command is a model in commands.py, a row in authority.py, a function beside its kin, and one line here
(docs/adding-a-command.md). ``needs`` says which facts a decision reads; ``allowed`` answers what a case allows now.
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from domain import commands as c
from domain.actors import Actor
from domain.appeals import decide_appeal, request_final_review, request_review
from domain.assistance import (
    accept_assistance,
    ask_assistance,
    finish_assistance,
    refuse_assistance,
    release_assistance,
)
from domain.authority import may, places
from domain.base import BodyId, Frozen, Instant
from domain.case import Case
from domain.commission import (
    accept_milestone,
    answer_as_provider,
    ask_provider,
    commission,
    end_commission,
    record_milestone,
)
from domain.decision import Decision, refuse
from domain.disputes import acknowledge, rule
from domain.endings import close, not_accept, record_verdict, reopen, withdraw
from domain.facts import Facts, Needs
from domain.firewall import NO_CASE, barred
from domain.handoffs import (
    accept_objection,
    contest_objection,
    inform,
    object_,
    propose,
    refuse_return,
    return_,
    sign,
    sign_return,
)
from domain.intake import answer_at_intake, recategorise, register, triage
from domain.ladder import oversee, strike
from domain.merges import FOLLOWS, MERGEABLE, NOT_MERGEABLE, NOT_MERGED, link, merge, unmerge, wake
from domain.rebase import rebase
from domain.redirects import handles_misconduct, redirect
from domain.removal import accuse, declare_interest, enforced, parts, recuse
from domain.rules import Refusal, Rule, refusal
from domain.shelving import consent, refuse_shelving, shelve, unshelve
from domain.states import (
    NO_APPEAL,
    NO_OPINION,
    NO_RULING,
    NO_VERDICT_ASKED,
    NOT_ENDED,
    NOT_HANDLED,
    NOT_IN_TRIAGE,
    NOT_JUDGED,
    NOT_OBJECTED,
    NOT_RESOLVED,
    NOT_SHELVED,
    NOT_TO_REDIRECT,
    NOT_WORKING,
    NOTHING_PROPOSED,
    NOTHING_RETURNED,
)
from domain.whistle import ask_whistle, decline_whistle, report_in, score, stand_down, whistle
from domain.words import Role, State
from domain.work import record_step, resolve, review, start

UNENDED = frozenset(State) - {State.ENDED}
OPEN = UNENDED - {State.MERGED}
"""Where a case is handled by itself: it has not ended, and it follows no parent."""


class CommandRule(NamedTuple):
    """When a command may be given, what is said when it may not, and what it does."""

    states: frozenset[State]
    otherwise: Rule
    decide: Callable[[Case, Any, Facts, Instant], Decision]


def decide(case: Case | None, command: c.AnyCommand, facts: Facts, at: Instant) -> Decision:
    """What ``command`` does to ``case`` at ``at``: events, a refusal, or both.

    ``case`` is None for a registration only. Raises FactMissing if ``facts`` do not cover ``needs``.
    """
    if isinstance(command, c.Register):
        if case is not None:
            return refuse(ALREADY_REGISTERED, number=case.number)
        return (
            _missing_text(command)
            or _denied(command, None, facts, at)
            or _done_later(command, at)
            or register(command, facts, at)
        )
    if case is None:
        return refuse(NO_CASE)
    return enforced(case, command, _decided(case, command, facts, at), facts, at)


def _decided(case: Case, command: c.AnyCommand, facts: Facts, at: Instant) -> Decision:
    if isinstance(command, c.Strike):
        return _denied(command, case, facts, at) or strike(case, command, facts, at)
    if barred(case, command.actor, facts, at):
        return refuse(NO_CASE)
    if isinstance(command, c.Wake):
        return _denied(command, case, facts, at) or wake(case, command, facts, at)
    table = RULES[command.type]
    return (
        _stale(case, command)
        or _out_of_state(case, table)
        or _denied(command, case, facts, at)
        or handles_misconduct(case, command.type)
        or _missing_text(command)
        or _done_later(command, at)
        or table.decide(case, command, facts, at)
    )


def _stale(case: Case, command: c.Command) -> Decision | None:
    """Whether the actor saw an older case than the one that stands. What the clock only rang about does not count."""
    seen = command.expected_version
    if seen is None or case.material_version <= seen <= case.version:
        return None
    return refuse(STALE_VERSION, seen=seen, version=case.version)


def _out_of_state(case: Case, table: CommandRule) -> Decision | None:
    if case.state in table.states:
        return None
    if case.state is State.ENDED:
        return refuse(CASE_ENDED, ending=case.ending)
    if case.merged is not None:
        return refuse(FOLLOWS, number=case.merged.number)
    return refuse(table.otherwise, state=case.state)


def _denied(command: c.AnyCommand, case: Case | None, facts: Facts, at: Instant) -> Decision | None:
    denial = may(command.actor, command.type, case, facts, at)
    return Decision(refusal=denial) if denial else None


def _missing_text(command: c.Command) -> Decision | None:
    given = frozenset(command.personal.fields if command.personal else ())
    missing = sorted(command.texts - given)
    return refuse(TEXT_MISSING, fields=", ".join(missing)) if missing else None


def _done_later(command: c.Command, at: Instant) -> Decision | None:
    """Whether something is typed in as done that has yet to be done."""
    if command.done_at is None or command.done_at <= at:
        return None
    return refuse(DONE_LATER, done=command.done_at.isoformat())


def needs(case: Case | None, command: c.AnyCommand) -> Needs:
    """The facts that deciding ``command`` reads, beyond what stands above each body."""
    bodies: set[BodyId | None] = {command.actor.body}
    people = {command.actor.person, getattr(command, "person", None)}
    matters: set[str | None] = set()
    places_: set[str | None] = set()
    contracts: set[str | None] = {getattr(command, "contract", None)}
    if case is not None:
        bodies |= _joint(case)
        contracts |= {each.contract for each in case.commissions if each.active}
        bodies |= {case.dispatcher, case.registrar, case.lead, case.last_lead, case.sender, *case.overseers}
        bodies |= {rung.body for rung in case.rungs}
        bodies.add(case.opinion.by if case.opinion else None)
        bodies.add(case.opinion.handler if case.opinion else None)
        bodies |= {case.appeal.organ, case.appeal.handler} if case.appeal else set()
        matters.add(case.matter)
        places_.add(case.place)
        if case.proposal is not None:
            bodies.add(case.proposal.to)
            bodies.add(case.proposal.objection.proposed_owner if case.proposal.objection else None)
        if case.return_request is not None:
            bodies |= {case.return_request.to, case.return_request.proposed_owner}
        bodies.update(case.passed_to)
        if case.ruling is not None:
            bodies |= {case.ruling.body, *case.ruling.parties}
    for field, into in (
        ("to", bodies),
        ("proposed_owner", bodies),
        ("designate", bodies),
        ("asked", bodies),
        ("scored", bodies),
        ("matter", matters),
    ):
        into.add(getattr(command, field, None))
    bodies |= set(getattr(command, "called", ()))
    places_.add(getattr(command, "place", None))
    accused: tuple[BodyId, ...] = getattr(command, "against", ())
    staff = (
        bool(accused)
        or isinstance(command, c.Recuse | c.DeclareInterest)
        or (case is not None and case.walled)
    )
    if case is not None and staff:
        places_.add(case.place)
        bodies |= {*case.against, *parts(case)}
    bodies |= set(accused)
    return Needs(
        bodies=frozenset(body for body in bodies if body),
        people=frozenset(who for who in people if who),
        matters=frozenset(matter for matter in matters if matter),
        places=frozenset(place for place in places_ if place),
        cases=_other_cases(case, command),
        reporter=_reporter(command),
        contracts=frozenset(contract for contract in contracts if contract),
        staff=staff,
    )


def _reporter(command: c.AnyCommand) -> UUID | None:
    """The compartment row by which earlier cases of the same reporter are found: that of a registration with a phone."""
    ref = command.personal if isinstance(command, c.Register) else None
    return ref.id if ref is not None and "phone" in ref.fields else None


def _other_cases(case: Case | None, command: c.AnyCommand) -> frozenset[str]:
    """The numbers of the cases that a decision has to glance at: its own too, for the ones that follow it."""
    match command:
        case c.Link(other=number) | c.Merge(into=number) if case is not None:
            return frozenset({number, case.number})
        case c.Register(split_from=first, same_as=earlier):
            return frozenset(number for number in (first, earlier) if number)
        case c.Wake() if case is not None and case.merged is not None:
            return frozenset({case.merged.number})
        case _:
            return frozenset()


def _joint(case: Case) -> set[BodyId | None]:
    """The bodies that work on the case beside its lead, and those that asked or called them."""
    found: set[BodyId | None] = set(case.took_part)
    for assistance in case.assistances:
        found |= {assistance.body, assistance.by}
    for call in case.calls:
        found |= {call.body, call.by}
    for ask in case.whistle_asks:
        found |= {ask.by, ask.street, *ask.called}
    for each in case.commissions:
        found |= {each.provider, each.client}
    return found


class Allowance(Frozen):
    """Whether a command may be given now: at which bodies and under which hats, or why not."""

    command: str
    allowed: bool
    bodies: tuple[BodyId, ...] = ()
    roles: tuple[Role, ...] = ()
    refusal: Refusal | None = None


def allowed(case: Case, actor: Actor | None, facts: Facts, at: Instant) -> list[Allowance]:
    """Every command: whether the state allows it and ``actor`` may give it; without an actor, whether anybody may."""
    answers: list[Allowance] = []
    for name, table in RULES.items():
        roles, bodies = places(name, case, facts, at)
        stopped = _out_of_state(case, table)
        denial = stopped.refusal if stopped else may(actor, name, case, facts, at) if actor else None
        if denial is None and not bodies:
            denial = refusal(NOBODY_MAY)
        answers.append(
            Allowance(
                command=name,
                allowed=denial is None,
                bodies=() if stopped else tuple(sorted(bodies)),
                roles=() if stopped else tuple(sorted(roles)),
                refusal=denial,
            )
        )
    return answers


ALREADY_REGISTERED = Rule(
    "case.already-registered",
    zh="案件已登记，案件号 {number}。",
    en="The case is already registered as {number}.",
    next_zh="请直接办理该案件。",
    next_en="Go on with that case.",
)
CASE_ENDED = Rule(
    "case.ended",
    zh="案件已终结（{ending}）。",
    en="The case has ended ({ending}).",
    next_zh="仍有问题的，请在期限内重办（reopen），或重新登记。",
    next_en="If the problem remains, reopen it in time or register a new case.",
)
STALE_VERSION = Rule(
    "case.stale-version",
    zh="您看到的是第 {seen} 版，案件现为第 {version} 版，其间已有变化。",
    en="You saw version {seen}; the case is at version {version} and has changed in between.",
    next_zh="请查看最新情况后重新提交，您填写的内容未丢失。",
    next_en="Look at the case as it stands and send it again; nothing that you wrote is lost.",
)
TEXT_MISSING = Rule(
    "case.text-missing",
    zh="缺少必填内容：{fields}。",
    en="What has to be written is missing: {fields}.",
    next_zh="请补充后重新提交。",
    next_en="Fill it in and send it again.",
)
DONE_LATER = Rule(
    "case.done-later",
    zh="实际办理时间 {done} 晚于现在。",
    en="The time {done} at which it was done lies in the future.",
    next_zh="请更正实际办理时间；不确定时不填。",
    next_en="Correct the time at which it was done; leave it out if unsure.",
)
NOBODY_MAY = Rule(
    "case.nobody-may",
    zh="目前没有单位可以办理此步。",
    en="There is no body that could take this step now.",
    next_zh="请查看案件的异常提示。",
    next_en="Look at the exceptions of the case.",
)
_TRIAGE = frozenset({State.TRIAGE})
_PROPOSED = frozenset({State.PROPOSED})
_OBJECTED = frozenset({State.OBJECTED})
_WORKING = frozenset({State.WORKING})
_RETURNING = frozenset({State.RETURNING})
_APPEALABLE = frozenset({State.RESOLVED, State.AWAITING_VERDICT, State.JUDGED, State.ENDED})
_HANDLED = _TRIAGE | _PROPOSED | _OBJECTED | _WORKING | _RETURNING | {State.RULING}
_ALWAYS = frozenset(State)

RULES: dict[str, CommandRule] = {
    "triage": CommandRule(_TRIAGE, NOT_IN_TRIAGE, triage),
    "recategorise": CommandRule(_WORKING, NOT_WORKING, recategorise),
    "answer_at_intake": CommandRule(_TRIAGE, NOT_IN_TRIAGE, answer_at_intake),
    "propose": CommandRule(_TRIAGE, NOT_IN_TRIAGE, propose),
    "sign": CommandRule(_PROPOSED, NOTHING_PROPOSED, sign),
    "object": CommandRule(_PROPOSED, NOTHING_PROPOSED, object_),
    "accept_objection": CommandRule(_OBJECTED, NOT_OBJECTED, accept_objection),
    "contest_objection": CommandRule(_OBJECTED, NOT_OBJECTED, contest_objection),
    "return": CommandRule(_WORKING, NOT_WORKING, return_),
    "sign_return": CommandRule(_RETURNING, NOTHING_RETURNED, sign_return),
    "refuse_return": CommandRule(_RETURNING, NOTHING_RETURNED, refuse_return),
    "rule": CommandRule(frozenset({State.RULING}), NO_RULING, rule),
    "inform": CommandRule(OPEN, NOT_WORKING, inform),
    "acknowledge": CommandRule(_WORKING, NOT_WORKING, acknowledge),
    "start": CommandRule(_WORKING, NOT_WORKING, start),
    "record_step": CommandRule(UNENDED, NOT_WORKING, record_step),
    "resolve": CommandRule(_WORKING, NOT_WORKING, resolve),
    "review": CommandRule(frozenset({State.RESOLVED}), NOT_RESOLVED, review),
    "record_verdict": CommandRule(frozenset({State.AWAITING_VERDICT}), NO_VERDICT_ASKED, record_verdict),
    "close": CommandRule(frozenset({State.JUDGED}), NOT_JUDGED, close),
    "reopen": CommandRule(frozenset({State.ENDED}), NOT_ENDED, reopen),
    "withdraw": CommandRule(UNENDED, NOT_WORKING, withdraw),
    "not_accept": CommandRule(_TRIAGE, NOT_IN_TRIAGE, not_accept),
    "redirect": CommandRule(_TRIAGE | _WORKING | {State.RESOLVED}, NOT_TO_REDIRECT, redirect),
    "shelve": CommandRule(_WORKING, NOT_WORKING, shelve),
    "consent_to_shelving": CommandRule(_WORKING, NOT_WORKING, consent),
    "refuse_shelving": CommandRule(_WORKING, NOT_WORKING, refuse_shelving),
    "unshelve": CommandRule(frozenset({State.SHELVED}), NOT_SHELVED, unshelve),
    "request_review": CommandRule(_APPEALABLE, NO_OPINION, request_review),
    "request_final_review": CommandRule(_APPEALABLE, NO_OPINION, request_final_review),
    "decide_appeal": CommandRule(frozenset({State.APPEAL}), NO_APPEAL, decide_appeal),
    "oversee": CommandRule(OPEN, NOT_WORKING, oversee),
    "rebase": CommandRule(OPEN, NOT_WORKING, rebase),
    "ask_assistance": CommandRule(_HANDLED, NOT_HANDLED, ask_assistance),
    "accept_assistance": CommandRule(OPEN, NOT_HANDLED, accept_assistance),
    "refuse_assistance": CommandRule(OPEN, NOT_HANDLED, refuse_assistance),
    "finish_assistance": CommandRule(OPEN, NOT_HANDLED, finish_assistance),
    "release_assistance": CommandRule(OPEN, NOT_HANDLED, release_assistance),
    "ask_whistle": CommandRule(_HANDLED, NOT_HANDLED, ask_whistle),
    "decline_whistle": CommandRule(OPEN, NOT_HANDLED, decline_whistle),
    "whistle": CommandRule(_HANDLED, NOT_HANDLED, whistle),
    "report_in": CommandRule(OPEN, NOT_HANDLED, report_in),
    "stand_down": CommandRule(OPEN, NOT_HANDLED, stand_down),
    "score": CommandRule(_ALWAYS, NOT_HANDLED, score),
    "commission": CommandRule(_HANDLED, NOT_HANDLED, commission),
    "record_milestone": CommandRule(OPEN, NOT_HANDLED, record_milestone),
    "accept_milestone": CommandRule(OPEN, NOT_HANDLED, accept_milestone),
    "end_commission": CommandRule(OPEN, NOT_HANDLED, end_commission),
    "ask_provider": CommandRule(OPEN, NOT_HANDLED, ask_provider),
    "answer_as_provider": CommandRule(_ALWAYS, NOT_HANDLED, answer_as_provider),
    "link": CommandRule(UNENDED, NOT_WORKING, link),
    "merge": CommandRule(MERGEABLE, NOT_MERGEABLE, merge),
    "unmerge": CommandRule(frozenset({State.MERGED}), NOT_MERGED, unmerge),
    "accuse": CommandRule(frozenset(State), NOT_WORKING, accuse),
    "recuse": CommandRule(frozenset(State), NOT_WORKING, recuse),
    "declare_interest": CommandRule(frozenset(State), NOT_WORKING, declare_interest),
}
