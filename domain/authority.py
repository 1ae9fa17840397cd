"""Who may do what: one table and one pure function that answers with a reason (design.md §6).

``WHO`` says for every command which kinds of actor may give it, under which hats, and how the hat's body must stand to
the case. ``may`` checks the actor against it: a person must be in post under that hat at that instant, and the body
must exist then. Before anything else the firewall speaks: who is barred is told that there is no such case. ``places``
turns the table round: at which bodies, under which hats, a command may be given now.
"""

from collections.abc import Callable
from typing import NamedTuple

from domain.actors import Actor
from domain.base import BodyId, Instant
from domain.case import Case
from domain.facts import Facts
from domain.firewall import NO_CASE, barred, barred_bodies
from domain.joint_words import AssistanceState, CallState
from domain.organisation import ancestors
from domain.rules import Refusal, Rule, refusal
from domain.whistle import communities, streets, to_score
from domain.words import ActorKind, DeadlineKind, Level, LinkUse, Role

Relation = Callable[[Case, Facts, Instant], frozenset[BodyId]]
"""Which bodies stand to the case in the way that a command asks for."""


def _dispatcher(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset({case.dispatcher})


def _reviewer(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset({case.reviewer})


def _proposed(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset({case.proposal.to} if case.proposal else ())


def _proposer(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset({case.proposal.by} if case.proposal else ())


def _lead(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset({case.lead} if case.lead else ())


def _sender(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset({case.return_request.to} if case.return_request else ())


def _ruling(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    """The ruling body; where none was found, the bodies that the overdue ruling has been carried up to.

    A party to the dispute never rules on it.
    """
    if case.ruling is None:
        return frozenset()
    if case.ruling.body is not None:
        return frozenset({case.ruling.body})
    carried = frozenset(rung.body for rung in case.rungs if rung.cause is DeadlineKind.RULING)
    return carried.intersection(case.overseers).difference(case.ruling.parties)


def _at_work(case: Case, facts: Facts, at: Instant) -> frozenset[BodyId]:
    return _dispatcher(case, facts, at) | _lead(case, facts, at)


def _intake(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset({case.dispatcher, *((case.registrar,) if case.registrar else ())})


def _intake_or_work(case: Case, facts: Facts, at: Instant) -> frozenset[BodyId]:
    return _intake(case, facts, at) | _lead(case, facts, at)


def _above(case: Case, facts: Facts, at: Instant) -> frozenset[BodyId]:
    return frozenset(ancestors(case.lead or case.dispatcher, LinkUse.SUPERVISION, facts, at))


def _reopeners(case: Case, facts: Facts, at: Instant) -> frozenset[BodyId]:
    return _intake(case, facts, at) | frozenset(case.overseers)


def _lead_or_reviewer(case: Case, facts: Facts, at: Instant) -> frozenset[BodyId]:
    return _lead(case, facts, at) | _reviewer(case, facts, at)


def _intake_or_opinion(case: Case, facts: Facts, at: Instant) -> frozenset[BodyId]:
    """Where a resident may hand in his request for a review: the counters that take it must not refuse it."""
    return _intake(case, facts, at) | frozenset({case.opinion.by} if case.opinion else ())


def _appeal_organ(case: Case, facts: Facts, _at: Instant) -> frozenset[BodyId]:
    """The organ; of one outside the jurisdiction, which has nobody here, the reviewing body records what it decided."""
    if case.appeal is None:
        return frozenset()
    organ = facts.bodies.get(case.appeal.organ)
    outside = organ is not None and organ.level is Level.OUTSIDE
    return frozenset({case.appeal.organ, *((case.reviewer,) if outside else ())})


def _on_the_case(case: Case, facts: Facts, at: Instant) -> frozenset[BodyId]:
    """Those who may record what they did: dispatching body, lead, who assists, who has reported in."""
    assisting = {each.body for each in case.assisting}
    reported = {call.body for call in case.calls if call.state is CallState.REPORTED}
    return _at_work(case, facts, at) | assisting | reported


def _asked(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset(each.body for each in case.assistances if each.state is AssistanceState.ASKED)


def _assisting(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset(each.body for each in case.assisting)


def _askers(case: Case, facts: Facts, at: Instant) -> frozenset[BodyId]:
    return _at_work(case, facts, at) | {each.by for each in case.assistances if each.running}


def _asked_streets(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset(ask.street for ask in case.whistle_asks)


def _called(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset(call.body for call in case.calls if call.state is CallState.CALLED)


def _whistlers(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset(call.by for call in case.calls if call.running)


def _scorers(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    two = {body for call in case.calls for body in (call.by, call.body)}
    return frozenset(body for body in two if to_score(case, body))


def _clients(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    """The client of each running commission, and the lead, which answers for it."""
    clients = {each.client for each in case.commissions if each.active}
    return frozenset(clients | ({case.lead} if clients and case.lead else set()))


def _at_the_milestone(case: Case, facts: Facts, at: Instant) -> frozenset[BodyId]:
    return _clients(case, facts, at) | {each.provider for each in case.commissions if each.active}


def _questioned(case: Case, _facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset(each.provider for each in case.commissions if each.questions)


def _in_charge(case: Case, facts: Facts, at: Instant) -> frozenset[BodyId]:
    """Whoever answers, dispatches, has to sign or to rule."""
    return (
        _at_work(case, facts, at)
        | _proposed(case, facts, at)
        | _sender(case, facts, at)
        | _ruling(case, facts, at)
    )


def _any(_case: Case, facts: Facts, _at: Instant) -> frozenset[BodyId]:
    return frozenset(facts.bodies)


class Who(NamedTuple):
    """One row of the table. ``zh`` and ``en`` name the relation in a sentence.

    ``resident`` and ``provider`` say whether they may give it by their links, without a person or a hat.
    """

    roles: frozenset[Role]
    relation: Relation
    zh: str
    en: str
    resident: bool = False
    provider: bool = False


_DESK = frozenset({Role.CLERK, Role.HEAD})
_WORKERS = frozenset({Role.CASEWORKER, Role.HEAD})
_ANYBODY = frozenset({Role.CLERK, Role.CASEWORKER, Role.HEAD})
_REVIEW = frozenset({Role.REVIEWER})
_CONVENERS = frozenset({Role.HEAD, Role.SUPERVISOR})

_BY_DISPATCHER = Who(_DESK, _dispatcher, "派单单位", "the dispatching body")
_BY_PROPOSED = Who(_WORKERS, _proposed, "被拟派单位", "the proposed body")
_BY_PROPOSER = Who(_DESK, _proposer, "拟派单位", "the body that proposed")
_BY_LEAD = Who(_WORKERS, _lead, "主办单位", "the lead body")
_BY_SENDER = Who(_ANYBODY, _sender, "原派出单位", "the body that sent the case")
_BY_DESK_OR_REVIEW = Who(_DESK | _REVIEW, _dispatcher, "派单单位", "the dispatching body")
_BY_REVIEWER = Who(_REVIEW, _reviewer, "审核单位", "the reviewing body")

_ASKS = Who(
    _DESK,
    _intake_or_opinion,
    "受理单位、派单单位或出具意见的机关",
    "the registering body, the dispatching one, or the one whose opinion it is",
    resident=True,
)

WHO: dict[str, Who] = {
    "triage": _BY_DISPATCHER,
    "recategorise": _BY_DISPATCHER,
    "answer_at_intake": _BY_DISPATCHER,
    "propose": _BY_DISPATCHER,
    "sign": _BY_PROPOSED,
    "object": _BY_PROPOSED,
    "accept_objection": _BY_PROPOSER,
    "contest_objection": _BY_PROPOSER,
    "return": _BY_LEAD,
    "sign_return": _BY_SENDER,
    "refuse_return": _BY_SENDER,
    "rule": Who(frozenset({Role.HEAD}), _ruling, "裁定单位", "the ruling body"),
    "inform": Who(_ANYBODY, _at_work, "主办单位或派单单位", "the lead or the dispatching body"),
    "acknowledge": _BY_LEAD,
    "start": _BY_LEAD,
    "record_step": Who(
        _ANYBODY,
        _on_the_case,
        "主办、派单、协办或已报到的单位",
        "the lead, the dispatching body, or one that assists or has reported in",
    ),
    "resolve": _BY_LEAD,
    "review": _BY_REVIEWER,
    "record_verdict": Who(_REVIEW | {Role.CLERK}, _reviewer, "审核单位", "the reviewing body", resident=True),
    "close": _BY_REVIEWER,
    "reopen": Who(
        _DESK | _REVIEW | {Role.SUPERVISOR},
        _reopeners,
        "受理单位、派单单位或督办单位",
        "the registering, dispatching or overseeing body",
        resident=True,
    ),
    "withdraw": Who(
        _DESK, _intake, "受理单位或派单单位", "the registering or dispatching body", resident=True
    ),
    "not_accept": _BY_REVIEWER,
    "redirect": _BY_REVIEWER,
    "shelve": Who(frozenset({Role.HEAD}), _lead, "主办单位", "the lead body"),
    "consent_to_shelving": _BY_REVIEWER,
    "refuse_shelving": _BY_REVIEWER,
    "unshelve": Who(
        _WORKERS | _REVIEW, _lead_or_reviewer, "主办单位或审核单位", "the lead or the reviewing body"
    ),
    "request_review": _ASKS,
    "request_final_review": _ASKS,
    "decide_appeal": Who(
        frozenset({Role.HEAD}) | _REVIEW,
        _appeal_organ,
        "复查、复核机关",
        "the organ that was asked to decide",
    ),
    "link": Who(
        _ANYBODY | _REVIEW,
        _intake_or_work,
        "受理、派单或主办单位",
        "the registering, dispatching or lead body",
    ),
    "merge": _BY_DESK_OR_REVIEW,
    "unmerge": _BY_DESK_OR_REVIEW,
    "rebase": Who(frozenset({Role.HEAD}), _reviewer, "审核单位", "the reviewing body"),
    "oversee": Who(
        frozenset({Role.SUPERVISOR}), _above, "应答单位的上级", "a body above the one that answers"
    ),
    "ask_assistance": Who(_ANYBODY, _at_work, "主办单位或派单单位", "the lead or the dispatching body"),
    "accept_assistance": Who(_ANYBODY, _asked, "被请求协办的单位", "a body that was asked to assist"),
    "refuse_assistance": Who(_ANYBODY, _asked, "被请求协办的单位", "a body that was asked to assist"),
    "finish_assistance": Who(_ANYBODY, _assisting, "协办单位", "a body that assists"),
    "release_assistance": Who(
        _ANYBODY,
        _askers,
        "主办、派单或请求协办的单位",
        "the lead, the dispatching body, or the one that asked",
    ),
    "ask_whistle": Who(_ANYBODY, communities, "所在社区的组织", "a body of the community where it is"),
    "decline_whistle": Who(
        _CONVENERS, _asked_streets, "被请求吹哨的街道", "the street that was asked to whistle"
    ),
    "whistle": Who(
        _CONVENERS, streets, "所在街道", "the street where it is, or one that leads or dispatches"
    ),
    "report_in": Who(
        _ANYBODY, _called, "被吹哨且未报到的单位", "a body that was whistled and has not reported in"
    ),
    "stand_down": Who(_CONVENERS, _whistlers, "吹哨单位", "the body that whistled"),
    "score": Who(_CONVENERS | _WORKERS, _scorers, "吹哨或报到的单位", "one of the two of a whistle"),
    "commission": Who(_WORKERS, _lead, "主办单位", "the lead body"),
    "record_milestone": Who(
        _WORKERS, _at_the_milestone, "委托方、主办单位或承接方", "the client, the lead or the provider"
    ),
    "accept_milestone": Who(_WORKERS, _clients, "委托方或主办单位", "the client or the lead"),
    "end_commission": Who(_WORKERS, _clients, "委托方或主办单位", "the client or the lead"),
    "ask_provider": Who(_WORKERS, _clients, "委托方或主办单位", "the client or the lead"),
    "answer_as_provider": Who(
        _WORKERS, _questioned, "被询问的承接方", "the provider that was asked", provider=True
    ),
    "accuse": Who(_DESK | _REVIEW, _reviewer, "派单单位", "the dispatching body", resident=True),
    "recuse": Who(frozenset(Role), _any, "任一单位", "any body"),
    "declare_interest": Who(
        frozenset({Role.HEAD}),
        _in_charge,
        "应答、派单、待签收或裁定单位",
        "a body that answers, dispatches, has to sign or to rule",
    ),
}
"""Every command on an existing case. ``register`` has its own check: there is no case to stand in relation to."""

REGISTRARS = frozenset({Role.CLERK, Role.CASEWORKER, Role.HEAD})
"""The hats under which a person may register a case at a body that registers."""


def may(actor: Actor, command: str, case: Case | None, facts: Facts, at: Instant) -> Refusal | None:
    """None if the actor may give that command on that case now, else the refusal that says why not."""
    if command == "wake":
        return None if actor.kind is ActorKind.SYSTEM else refusal(ONLY_THE_SYSTEM, {"command": command})
    if actor.kind is ActorKind.CLOCK:
        return None if command == "strike" else refusal(ONLY_PEOPLE, {"command": command})
    if case is None:
        return _may_register(actor, facts, at)
    if barred(case, actor, facts, at):
        return refusal(NO_CASE)
    return _may_act(actor, command, case, facts, at)


def _may_act(actor: Actor, command: str, case: Case, facts: Facts, at: Instant) -> Refusal | None:
    who = WHO.get(command)
    if who is None:
        return refusal(ONLY_THE_CLOCK, {"command": command})
    if actor.kind is ActorKind.RESIDENT:
        return None if who.resident else refusal(NOT_FOR_RESIDENTS, {"command": command})
    if actor.kind is ActorKind.PROVIDER:
        asked = who.provider and actor.body in who.relation(case, facts, at)
        return None if asked else refusal(NOT_FOR_PROVIDERS, {"command": command})
    problem = _unfit(actor, facts, at)
    if problem is not None:
        return problem
    if actor.role not in who.roles:
        return refusal(
            WRONG_HAT, {"command": command, "roles": ", ".join(sorted(who.roles)), "role": actor.role}
        )
    if actor.body not in who.relation(case, facts, at):
        return refusal(WRONG_BODY, {"zh": who.zh, "en": who.en, "body": facts.name(actor.body)})
    return None


def _may_register(actor: Actor, facts: Facts, at: Instant) -> Refusal | None:
    if actor.kind in {ActorKind.RESIDENT, ActorKind.PARTNER}:
        return None
    problem = _unfit(actor, facts, at)
    if problem is not None:
        return problem
    if actor.role not in REGISTRARS:
        roles = ", ".join(sorted(REGISTRARS))
        return refusal(WRONG_HAT, {"command": "register", "roles": roles, "role": actor.role})
    if actor.body is None or not facts.body(actor.body).registers:
        return refusal(DOES_NOT_REGISTER, {"body": facts.name(actor.body)})
    return None


def _unfit(actor: Actor, facts: Facts, at: Instant) -> Refusal | None:
    """Whether the hat can be worn at all: a person, in post, at a body that exists."""
    if actor.kind is not ActorKind.PERSON or not (actor.person and actor.role and actor.body):
        return refusal(NO_HAT)
    if actor.body not in facts.bodies:
        return refusal(UNKNOWN_BODY, {"body": actor.body})
    if not facts.body(actor.body).valid(at):
        return refusal(BODY_GONE, {"body": facts.name(actor.body)})
    if not facts.in_post(actor.person, actor.body, actor.role, at):
        return refusal(
            NOT_IN_POST, {"person": actor.person, "body": facts.name(actor.body), "role": actor.role}
        )
    return None


def places(command: str, case: Case, facts: Facts, at: Instant) -> tuple[frozenset[Role], frozenset[BodyId]]:
    """Under which hats, at which bodies, the command may be given as the case stands."""
    who = WHO[command]
    return who.roles, who.relation(case, facts, at) - barred_bodies(case, facts, at)


ONLY_PEOPLE = Rule(
    "authority.only-people",
    zh="计时器不能下达“{command}”。",
    en="The clock cannot give the command {command}.",
    next_zh="由有权的人员办理。",
    next_en="Somebody entitled to it has to act.",
)
ONLY_THE_CLOCK = Rule(
    "authority.only-the-clock",
    zh="“{command}”只由计时器下达。",
    en="Only the clock gives the command {command}.",
    next_zh="无需操作，到期自动办理。",
    next_en="Nothing to do: it happens when it is due.",
)
ONLY_THE_SYSTEM = Rule(
    "authority.only-the-system",
    zh="“{command}”只由系统下达。",
    en="Only the system gives the command {command}.",
    next_zh="无需操作，主件答复或终结后自动办理。",
    next_en="Nothing to do: it happens when the parent is answered or ends.",
)
NOT_FOR_RESIDENTS = Rule(
    "authority.not-for-residents",
    zh="居民本人不能办理“{command}”。",
    en="A resident cannot give the command {command}.",
    next_zh="请联系受理单位。",
    next_en="Ask the office that took the case in.",
)
NOT_FOR_PROVIDERS = Rule(
    "authority.not-for-providers",
    zh="承接方凭链接不能办理“{command}”。",
    en="A provider cannot give the command {command} by its link.",
    next_zh="请联系委托方。",
    next_en="Ask the body that commissioned you.",
)
NO_HAT = Rule(
    "authority.no-hat",
    zh="未指明以何单位、何身份办理。",
    en="The command does not say for which body and under which hat you act.",
    next_zh="请选择身份后重试。",
    next_en="Choose one of your hats and try again.",
)
UNKNOWN_BODY = Rule(
    "authority.unknown-body",
    zh="没有单位“{body}”。",
    en="There is no body {body}.",
    next_zh="请按单位编号或名称查询后重试。",
    next_en="Look the body up by its id or name and try again.",
)
BODY_GONE = Rule(
    "authority.body-gone",
    zh="{body}此时不存在或已撤并。",
    en="{body} does not exist at this time or has been merged.",
    next_zh="请以承接其职责的单位办理。",
    next_en="Act for the body that succeeded it.",
)
NOT_IN_POST = Rule(
    "authority.not-in-post",
    zh="{person}此时不在{body}的“{role}”岗位上。",
    en="{person} is not in post as {role} at {body} at this time.",
    next_zh="请由在岗人员办理，或先更新任职信息。",
    next_en="Somebody in post has to act, or the post has to be entered first.",
)
WRONG_HAT = Rule(
    "authority.wrong-hat",
    zh="“{role}”不能办理“{command}”，需要：{roles}。",
    en="The hat {role} cannot give {command}; it takes one of: {roles}.",
    next_zh="请换用有权的身份，或请有权人员办理。",
    next_en="Choose another hat, or ask somebody who has it.",
)
WRONG_BODY = Rule(
    "authority.wrong-body",
    zh="此步应由{zh}办理，{body}不是。",
    en="This step belongs to {en}; {body} is not that.",
    next_zh="请查看案件当前的应答单位和待办单位。",
    next_en="Look at the case for the body that has to act now.",
)
DOES_NOT_REGISTER = Rule(
    "authority.does-not-register",
    zh="{body}不是受理单位。",
    en="{body} does not register cases.",
    next_zh="请由派单中心、社区工作站或居委会登记。",
    next_en="Register it at the dispatch centre, a workstation or a residents' committee.",
)
