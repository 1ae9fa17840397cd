"""What the wall does to a case (防火墙移出): who is taken away from it, and who answers instead.

    accuse · recuse · declare_interest ─▶ the wall is higher
    any command on a walled case       ─▶ enforced ─┬─ nobody behind the wall has a part: nothing
                                                    └─ removed by the firewall
                                                         ├─ lead, proposed, or the one who objects: triage, no lead
                                                         └─ others: the dispatching body takes their place
    dispatching body behind the wall   ─▶ the next of the dispatch table upwards, then the nearest body above

A body also goes where the wall took away everybody who could act for it: a case never falls below one able person at the
body that has to act, else it goes up a rung, visibly. Rules: design.md §3.2, §3.6.
"""

from typing import NamedTuple

from domain import events as e
from domain.appeals import organ_above
from domain.authority import WHO
from domain.base import BodyId, Instant
from domain.case import Case
from domain.clocks import clock
from domain.commands import Accuse, Command, DeclareInterest, Recuse
from domain.deadlines import Deadline
from domain.decision import Decision, record, refuse
from domain.disputes import conference
from domain.events import AnyEvent, FactsUsed, Recorded
from domain.evolve import evolve
from domain.facts import Facts
from domain.firewall import (
    Wall,
    able,
    barred_bodies,
    bars_body,
    bars_person,
    emptied,
    wall,
)
from domain.organisation import lowest_common_superior, superiors
from domain.rules import Rule
from domain.words import DeadlineKind, Exceptional, Level, LinkUse, Procedure, Role, State
from domain.work import fresh_allowance

_DESK = WHO["propose"].roles
_WORKERS = WHO["start"].roles
_SENDERS = WHO["sign_return"].roles
_HEADS = WHO["rule"].roles
_DECIDERS = WHO["decide_appeal"].roles
_REVIEWERS = WHO["review"].roles

Duty = tuple[BodyId, frozenset[Role]]
"""A body that the case waits for, with the hats under which it can act."""


def accuse(case: Case, command: Accuse, facts: Facts, at: Instant) -> Decision:
    """The bodies are walled off from here; ``enforced`` takes away what they hold.

    Refuses: UNKNOWN_ACCUSED, ALREADY_ACCUSED, NOBODY_ABOVE.
    """
    unknown = unknown_accused(command.against, facts)
    if unknown is not None:
        return unknown
    if not set(command.against) - set(case.against) and not (command.misconduct and not case.misconduct):
        return refuse(ALREADY_ACCUSED)
    accused = e.Accused(against=command.against, misconduct=command.misconduct, personal=command.personal)
    after = case.model_copy(update={"against": (*case.against, *command.against)})
    if answerer(wall(after), case.procedure, _division(case, facts), facts, at, _DESK) is None:
        return refuse(NOBODY_ABOVE)
    return record(*_apart(case), accused, *outside_exception(command.against, case.dispatcher, facts))


def _apart(case: Case) -> list[AnyEvent]:
    """A case that others may not see follows none that they see: it stands by itself again (design.md §3.6)."""
    if case.merged is None:
        return []
    own = e.Unmerged(
        parent=case.merged.parent, parent_number=case.merged.number, cause="walled", personal=None
    )
    return [own]


def recuse(case: Case, command: Recuse, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The person is out of the case from here."""
    person = command.actor.person
    assert person is not None, "authority found the person"  # noqa: S101
    return record(e.Recused(person=person, personal=command.personal))


def declare_interest(case: Case, command: DeclareInterest, facts: Facts, at: Instant) -> Decision:
    """The person named is out of the case from here.

    Refuses: UNKNOWN_PERSON, ALREADY_BARRED.
    """
    if not any(post.person == command.person for post in facts.posts):
        return refuse(UNKNOWN_PERSON, person=command.person)
    if bars_person(wall(case), command.person, facts, at):
        return refuse(ALREADY_BARRED, person=command.person)
    return record(e.InterestDeclared(person=command.person, personal=command.personal))


def unknown_accused(against: tuple[BodyId, ...], facts: Facts) -> Decision | None:
    """Why these bodies cannot be accused: one of them does not exist."""
    unknown = next((body for body in against if body not in facts.bodies), None)
    return refuse(UNKNOWN_ACCUSED, body=unknown) if unknown else None


def outside_exception(against: tuple[BodyId, ...], where: BodyId, facts: Facts) -> list[AnyEvent]:
    """An organ above the top rung is accused: nobody in the pack stands above it, and that has to be seen."""
    outside = any(facts.body(body).level is Level.OUTSIDE for body in against)
    return [e.ExceptionRaised(kind=Exceptional.ACCUSED_OUTSIDE, body=where)] if outside else []


def answerer(
    between: Wall,
    procedure: Procedure,
    division: str | None,
    facts: Facts,
    at: Instant,
    roles: frozenset[Role],
) -> BodyId | None:
    """Who dispatches in front of this wall: by the dispatch table upwards, then the nearest body above.

    The first with somebody able under ``roles``; where there is none, the first that is not barred, else None.
    """
    rows = [
        row
        for row in facts.dispatch
        if row.procedure is procedure and (division or "").startswith(row.division)
    ]
    named = [row.body for row in sorted(rows, key=lambda row: len(row.division), reverse=True)]
    ahead = [*named, *sorted(between.against)]
    order: list[BodyId] = []
    while ahead:
        here = ahead.pop(0)
        if here not in order and here in facts.bodies:
            order.append(here)
            ahead += superiors(here, LinkUse.FIREWALL, facts, at)
    front = [body for body in order if facts.body(body).valid(at) and not bars_body(between, body, facts, at)]
    return next(
        (body for body in front if able(between, body, roles, facts, at)), front[0] if front else None
    )


class FirstDesk(NamedTuple):
    """Who dispatches a case that is being taken in, whether somebody there can, and which bodies are barred from it."""

    dispatcher: BodyId
    manned: bool = True
    barred: frozenset[BodyId] = frozenset()


def first_desk(
    against: tuple[BodyId, ...], procedure: Procedure, division: str | None, facts: Facts, at: Instant
) -> FirstDesk | None:
    """Who answers for a case against these bodies from its first instant; None where nobody stands above them."""
    between = Wall(against=frozenset(against), since=at)
    dispatcher = answerer(between, procedure, division, facts, at, _DESK)
    if dispatcher is None:
        return None
    barred = frozenset(body for body in facts.bodies if bars_body(between, body, facts, at))
    return FirstDesk(dispatcher, able(between, dispatcher, _DESK, facts, at), barred)


def first_exceptions(against: tuple[BodyId, ...], desk: FirstDesk, facts: Facts) -> list[AnyEvent]:
    """What has to be seen of such a case from its first instant: an accused organ, a desk where nobody can act."""
    where = desk.dispatcher
    alone = [] if desk.manned else [e.ExceptionRaised(kind=Exceptional.NOBODY_ABLE, body=where)]
    return [*outside_exception(against, where, facts), *alone]


def enforced(case: Case | None, command: Command, decision: Decision, facts: Facts, at: Instant) -> Decision:
    """The decision, and what the wall takes away after it. A case without a wall is not looked at twice."""
    if case is None or decision.refusal is not None or not decision.events:
        return decision
    after = _after(case, command, decision, facts, at)
    if not after.walled:
        return decision
    return decision.model_copy(update={"events": (*decision.events, *removal(after, facts, at))})


def _after(case: Case, command: Command, decision: Decision, facts: Facts, at: Instant) -> Case:
    for body in decision.events:
        event = Recorded(
            id=case.id,
            case=case.id,
            version=case.version + 1,
            at=at,
            command=command.id,
            actor=command.actor,
            facts=FactsUsed(pack=facts.pack, version=facts.version),
            body=body,
        )
        case = evolve(case, event)
    return case


def removal(case: Case, facts: Facts, at: Instant) -> list[AnyEvent]:
    """What has to happen so that nobody behind the wall has a part in the case; nothing if that is so already."""
    between = wall(case)
    barred = {body for body in parts(case) if bars_body(between, body, facts, at)}
    empty = {body for body, roles in _duties(case) if emptied(between, body, roles, facts, at)} - barred
    organ = _organ(case, barred | empty, facts, at)
    to_triage = _loses_its_lead(case, barred, empty, organ)
    dispatcher = _dispatcher(case, between, barred, empty, facts, at, to_triage=to_triage)
    gone = (barred | empty) - {dispatcher}
    happened: list[AnyEvent] = []
    raised: list[e.ExceptionRaised] = []
    if gone:
        removed = _removed(case, gone, dispatcher, facts, at, organ=organ, to_triage=to_triage)
        happened.append(removed)
        if case.ruling is not None and case.ruling.body in gone and not to_triage and removed.ruling is None:
            raised.append(e.ExceptionRaised(kind=Exceptional.NO_COMMON_SUPERIOR, body=dispatcher))
    lacking = sorted(empty) or (
        [dispatcher] if gone and not able(between, dispatcher, _DESK, facts, at) else []
    )
    if lacking:
        raised.append(e.ExceptionRaised(kind=Exceptional.NOBODY_ABLE, body=lacking[0]))
    return [*happened, *(each for each in raised if each.kind not in case.exceptions)]


def parts(case: Case) -> set[BodyId]:
    """Every body that has a part in the case. A new relation of bodies to a case belongs in here."""
    found: set[BodyId | None] = {
        case.dispatcher,
        case.registrar,
        case.lead,
        case.last_lead,
        case.sender,
        *case.overseers,
        *case.informed,
        *(rung.body for rung in case.rungs),
    }
    if case.proposal is not None:
        found |= {case.proposal.to, case.proposal.by}
    if case.return_request is not None:
        found.add(case.return_request.to)
    if case.appeal is not None:
        found.add(case.appeal.organ)
    if case.ruling is not None:
        found |= {case.ruling.body, case.ruling.claimant, case.ruling.sender, *case.ruling.parties}
    for assistance in case.assistances:
        found |= {assistance.body, assistance.by} if assistance.running else set()
    for call in case.calls:
        found |= {call.body, call.by} if call.running else set()
    for ask in case.whistle_asks:
        found |= {ask.by, ask.street, *ask.called}
    for commission in case.commissions:
        found |= {commission.provider, commission.client} if commission.active else set()
    return {body for body in found if body is not None}


def _duties(case: Case) -> list[Duty]:
    match case.state:
        case State.TRIAGE:
            found = [(case.dispatcher, _DESK)]
        case State.PROPOSED:
            found = [(case.proposal.to if case.proposal else None, _WORKERS)]
        case State.OBJECTED:
            found = [(case.proposal.by if case.proposal else None, _DESK)]
        case State.RETURNING:
            request = case.return_request
            found = [(request.to if request else None, _SENDERS), (case.lead, _WORKERS)]
        case State.WORKING | State.SHELVED:
            found = [(case.lead, _WORKERS)]
        case State.APPEAL:
            found = [(case.lead, _DECIDERS)]
        case State.RULING:
            found = [(case.ruling.body if case.ruling else None, _HEADS)]
        case State.RESOLVED | State.JUDGED:
            found = [(case.dispatcher, _REVIEWERS)]
        case _:
            found = []
    return [(body, roles) for body, roles in found if body is not None]


_AT_WORK = frozenset({State.WORKING, State.RETURNING, State.SHELVED})
"""Where the case waits for its lead, so that a lead without an able person cannot stay."""


def _loses_its_lead(case: Case, barred: set[BodyId], empty: set[BodyId], organ: BodyId | None) -> bool:
    """Whether the case goes back to triage: its lead, the proposed body, or the one in dispute cannot stay."""
    if case.ending is not None:
        return False
    gone = barred | empty
    if case.exhausted or (organ is not None and case.appeal is not None):
        return False
    if case.lead is not None:
        return case.lead in gone if case.state in _AT_WORK else case.lead in barred
    if case.proposal is not None:
        return case.proposal.to in gone
    if case.ruling is not None:
        return case.ruling.parties[0] in barred
    return case.answered_at_intake and case.dispatcher in barred


def _dispatcher(
    case: Case,
    between: Wall,
    barred: set[BodyId],
    empty: set[BodyId],
    facts: Facts,
    at: Instant,
    *,
    to_triage: bool,
) -> BodyId:
    here = case.dispatcher
    roles = _REVIEWERS if not to_triage and case.state in {State.RESOLVED, State.JUDGED} else _DESK
    stays = here not in barred and here not in empty
    if stays and not (to_triage and emptied(between, here, _DESK, facts, at)):
        return here
    found = answerer(between, case.procedure, _division(case, facts), facts, at, roles)
    if found is None or (here not in barred and not able(between, found, roles, facts, at)):
        return here
    return found


def _division(case: Case, facts: Facts) -> str:
    return case.place or facts.body(case.dispatcher).division


def _removed(
    case: Case,
    gone: set[BodyId],
    dispatcher: BodyId,
    facts: Facts,
    at: Instant,
    *,
    organ: BodyId | None,
    to_triage: bool,
) -> e.RemovedByFirewall:
    ruling = None if to_triage else _ruler(case, gone, facts, at)
    clocks = _triage_clocks(case, facts, at) if to_triage else _clocks(case, gone, facts, at)
    return e.RemovedByFirewall(
        bodies=tuple(sorted(gone)),
        dispatcher=dispatcher,
        to_triage=to_triage,
        ruling=ruling,
        organ=None if to_triage else organ,
        deadlines=tuple(clocks),
    )


def _organ(case: Case, gone: set[BodyId], facts: Facts, at: Instant) -> BodyId | None:
    """Who decides the review in the place of an organ that cannot stay: the next one above it with somebody able."""
    if case.appeal is None or case.appeal.organ not in gone:
        return None
    between = wall(case)
    organ = organ_above(case, case.appeal.organ, facts, at)
    while organ is not None and emptied(between, organ, _DECIDERS, facts, at):
        organ = organ_above(case, organ, facts, at)
    return organ


def _ruler(case: Case, gone: set[BodyId], facts: Facts, at: Instant) -> BodyId | None:
    """Who rules from here; the same body if it may."""
    if case.ruling is None:
        return None
    if case.ruling.body is not None and case.ruling.body not in gone:
        return case.ruling.body
    between = wall(case)
    empty = frozenset(body for body in facts.bodies if emptied(between, body, _HEADS, facts, at))
    closed = barred_bodies(case, facts, at) | empty
    parties = [party for party in case.ruling.parties if party not in gone]
    return lowest_common_superior(parties, facts, at, closed) or conference(case, parties, facts, at, closed)


def _triage_clocks(case: Case, facts: Facts, at: Instant) -> list[Deadline]:
    found = [clock(DeadlineKind.TRIAGE, case, facts, at)]
    running = {deadline.cause or deadline.kind for deadline in case.deadlines}
    if case.matter is not None and DeadlineKind.RESOLVE not in running:
        found.append(fresh_allowance(case, facts, at))
    return found


_STARTED_AGAIN = {
    State.TRIAGE: DeadlineKind.TRIAGE,
    State.OBJECTED: DeadlineKind.ANSWER_OBJECTION,
    State.RETURNING: DeadlineKind.SIGN_RETURN,
    State.RULING: DeadlineKind.RULING,
    State.RESOLVED: DeadlineKind.REVIEW,
    State.JUDGED: DeadlineKind.CLOSE,
    State.APPEAL: DeadlineKind.DECIDE_APPEAL,
}


def _clocks(case: Case, gone: set[BodyId], facts: Facts, at: Instant) -> list[Deadline]:
    """Whoever takes the place of the body that the case waited for has the whole of its time."""
    kind = _STARTED_AGAIN.get(case.state)
    waited = {body for body, _ in _duties(case)} - ({case.lead} if case.state is State.RETURNING else set())
    return [clock(kind, case, facts, at)] if kind and waited & gone else []


UNKNOWN_ACCUSED = Rule(
    "firewall.unknown-body",
    zh="没有单位“{body}”，不能列为反映对象。",
    en="There is no body {body} that could be accused.",
    next_zh="请按单位编号或名称查询后重试；反映对象不在数据包中的，请写入诉求内容。",
    next_en="Look the body up by its id or name; write in the text whoever is not in the pack.",
)
ALREADY_ACCUSED = Rule(
    "firewall.already-accused",
    zh="这些单位已列为本件的反映对象。",
    en="These bodies are accused in this case already.",
    next_zh="无需重复。",
    next_en="Nothing to do.",
)
NOBODY_ABOVE = Rule(
    "firewall.nobody-above",
    zh="反映对象之上没有可以受理的单位：数据包缺少其上的外部机关或派单单位。",
    en="No body above the accused can answer: the pack has no outside organ or dispatching body above them.",
    next_zh="请由数据包维护人补充其上的外部机关；其间请引导居民向有权机关反映。",
    next_en="Whoever keeps the pack has to add an organ above them; until then send the resident to the competent organ.",
)
UNKNOWN_PERSON = Rule(
    "firewall.unknown-person",
    zh="没有人员“{person}”，或其没有岗位。",
    en="Nobody has the id {person}, or he holds no post.",
    next_zh="请核对人员编号。",
    next_en="Check the person's id.",
)
ALREADY_BARRED = Rule(
    "firewall.already-barred",
    zh="{person}已须回避本件。",
    en="{person} is barred from this case already.",
    next_zh="无需重复。",
    next_en="Nothing to do.",
)
