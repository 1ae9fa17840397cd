"""Intake and triage (受理、待派): a case is taken in, named, placed, or answered on the spot.

    register ─▶ triage ─┬─▶ propose            (hand-offs)
                        ├─▶ answer at intake ─▶ verdict
                        └─▶ not accept          (endings)

A case without a matter or a place waits in triage, on a clock. The resident's clock starts at registration and is never
started again: triage swaps its length, not its start. ``received_at`` is kept and shown; it starts nothing.
"""

from domain import events as e
from domain.base import Instant, PlaceCode
from domain.case import Case
from domain.clocks import clock
from domain.commands import AnswerAtIntake, Recategorise, Register, Triage
from domain.deadlines import Deadline, set_deadline
from domain.decision import Decision, record, refuse
from domain.errors import DomainFault
from domain.facts import Facts
from domain.merges import original, ties_at_intake
from domain.removal import NOBODY_ABOVE, FirstDesk, first_desk, first_exceptions, unknown_accused
from domain.routing import alarms, case_route, route
from domain.rules import Rule
from domain.states import EXHAUSTED
from domain.words import ActorKind, DeadlineKind, Procedure, Urgency
from domain.work import barred_from_handling


def register(command: Register, facts: Facts, at: Instant) -> Decision:
    """A case is taken in; the dispatching body answers from here.

    One part of another case runs on the resident's clock of that one. The last case that it repeats is pointed out. An
    accused body is walled off from the first instant: then the nearest one above it answers (domain/removal.py).

    Refuses: UNKNOWN_MATTER, UNKNOWN_PLACE, RECEIVED_LATER, NO_DISPATCHER, ANOTHER_PROCEDURE, EXHAUSTED,
    UNKNOWN_ACCUSED, NOBODY_ABOVE, and what forbids a split.
    """
    if command.same_as is not None and command.same_as in facts.exhausted:
        return refuse(EXHAUSTED)
    first = original(command, facts)
    if isinstance(first, Decision):
        return first
    unknown = _unknown(command.matter, command.place, facts) or unknown_accused(command.against, facts)
    if unknown is not None:
        return unknown
    if command.received_at is not None and command.received_at > at:
        return refuse(RECEIVED_LATER, received=command.received_at.isoformat())
    procedure = command.procedure or Procedure.HOTLINE
    if command.matter is not None:
        procedure = facts.matter(command.matter).procedure
        if command.procedure is not None and command.procedure is not procedure:
            return refuse(ANOTHER_PROCEDURE, matter=command.matter, procedure=procedure)
    registrar = command.actor.body if command.actor.kind is ActorKind.PERSON else None
    division = command.place or (facts.body(registrar).division if registrar else None)
    desk = _desk(command, procedure, division, facts, at)
    if isinstance(desk, Decision):
        return desk
    dispatcher = desk.dispatcher
    registrar = None if registrar in desk.barred else registrar
    if command.number is None:
        raise DomainFault("the workflow has to draw a number before it registers a case")
    starts = {DeadlineKind.TRIAGE: at}
    if command.matter:
        starts[DeadlineKind.RESOLVE] = first.clock_from if first else at
    clocks = tuple(
        set_deadline(
            kind,
            version=1,
            procedure=procedure,
            matter=command.matter,
            facts=facts,
            start=start,
            urgency=command.urgency,
            now=at,
        )
        for kind, start in starts.items()
    )
    found = (
        route(
            command.matter,
            command.place,
            facts,
            at,
            accused=command.against,
            barred=desk.barred,
        )
        if command.matter is not None and command.place is not None
        else None
    )
    return record(
        e.Registered(
            number=command.number,
            kind=command.kind,
            channel=command.channel,
            procedure=procedure,
            matter=command.matter,
            place=command.place,
            registrar=registrar,
            dispatcher=dispatcher,
            received_at=command.received_at,
            anonymous=command.anonymous,
            no_contact=command.no_contact,
            personal=command.personal,
            deadlines=clocks,
            route=found,
            same_as=command.same_as,
            clock_from=first.clock_from if first else None,
            against=command.against,
            misconduct=command.misconduct,
            urgency=command.urgency,
        ),
        *alarms(found, (), dispatcher),
        *ties_at_intake(command, first, facts, at),
        *first_exceptions(command.against, desk, facts),
    )


def _desk(
    command: Register, procedure: Procedure, division: PlaceCode | None, facts: Facts, at: Instant
) -> FirstDesk | Decision:
    """Who dispatches the case: by the dispatch table, and in front of the wall if there is one."""
    dispatcher = facts.dispatcher(procedure, division) if division else None
    if dispatcher is None:
        return refuse(NO_DISPATCHER, procedure=procedure)
    if not command.against:
        return FirstDesk(dispatcher)
    return first_desk(command.against, procedure, division, facts, at) or refuse(NOBODY_ABOVE)


def triage(case: Case, command: Triage, facts: Facts, at: Instant) -> Decision:
    """Matter and place are set.

    Refuses: UNKNOWN_MATTER, UNKNOWN_PLACE, ANOTHER_PROCEDURE.
    """
    unknown = _unknown(command.matter, command.place, facts)
    if unknown is not None:
        return unknown
    matter = facts.matter(command.matter)
    if matter.procedure is not case.procedure:
        return refuse(ANOTHER_PROCEDURE, matter=matter.id, procedure=matter.procedure)
    place = command.place or case.place
    found = case_route(case, matter.id, place, facts, at)
    triaged = e.Triaged(
        matter=matter.id,
        place=place,
        kind=command.kind or case.kind,
        resolve=_allowance(case, matter.id, facts, at, command.urgency),
        route=found,
        urgency=command.urgency,
    )
    return record(triaged, *alarms(found, (), case.dispatcher))


def recategorise(case: Case, command: Recategorise, facts: Facts, at: Instant) -> Decision:
    """It is another matter, or elsewhere. The lead stays, and may return within its window, counted from now.

    The old body stays in the record; the allowance is swapped, its start is not. Refuses: UNKNOWN_MATTER,
    UNKNOWN_PLACE, ANOTHER_PROCEDURE, NOTHING_NEW.
    """
    unknown = _unknown(command.matter, command.place, facts)
    if unknown is not None:
        return unknown
    matter = facts.matter(command.matter)
    if matter.procedure is not case.procedure:
        return refuse(ANOTHER_PROCEDURE, matter=matter.id, procedure=matter.procedure)
    place, kind = command.place or case.place, command.kind or case.kind
    if (matter.id, place, kind) == (case.matter, case.place, case.kind) or case.matter is None:
        return refuse(NOTHING_NEW)
    found = case_route(case, matter.id, place, facts, at)
    changed = e.Recategorised(
        was=case.matter,
        matter=matter.id,
        place=place,
        kind=kind,
        resolve=_allowance(case, matter.id, facts, at),
        route=found,
    )
    return record(changed, *alarms(found, (), case.dispatcher))


def _allowance(
    case: Case, matter: str, facts: Facts, at: Instant, urgency: Urgency | None = None
) -> Deadline | None:
    """The resident's clock with the allowance of ``matter``, from the start that it has always had.

    None where the clock has rung and would only ring again: a new name for the matter is no way down the ladder.
    """
    allowance = clock(
        DeadlineKind.RESOLVE, case, facts, case.episode_at, matter=matter, urgency=urgency, now=at
    )
    rung = any(deadline.cause is DeadlineKind.RESOLVE for deadline in case.deadlines)
    return None if rung and allowance.due <= at else allowance


def answer_at_intake(case: Case, command: AnswerAtIntake, facts: Facts, at: Instant) -> Decision:
    """The dispatching body gives the answer itself; the resident's verdict is asked.

    Refuses: SAME_PERSON_HANDLES.
    """
    barred = barred_from_handling(case, command.actor)
    if barred is not None:
        return barred
    verdict = clock(DeadlineKind.VERDICT, case, facts, at)
    return record(e.AnsweredAtIntake(personal=command.personal, deadline=verdict))


def _unknown(matter: str | None, place: PlaceCode | None, facts: Facts) -> Decision | None:
    if matter is not None and matter not in facts.matters:
        return refuse(UNKNOWN_MATTER, matter=matter)
    if place is not None and place not in facts.places:
        return refuse(UNKNOWN_PLACE, place=place)
    return None


UNKNOWN_MATTER = Rule(
    "intake.unknown-matter",
    zh="权责清单中没有事项“{matter}”。",
    en="The catalogue has no matter {matter}.",
    next_zh="请在清单中查找事项编号；不确定时不填事项，案件将进入待派。",
    next_en="Look the matter up in the catalogue; if unsure leave it out and the case waits in triage.",
)
UNKNOWN_PLACE = Rule(
    "intake.unknown-place",
    zh="没有区划代码为“{place}”的地点。",
    en="There is no place with the division code {place}.",
    next_zh="请查找社区的区划代码；不确定时不填地点，案件将进入待派。",
    next_en="Look the division code of the community up; if unsure leave it out and the case waits in triage.",
)
NOTHING_NEW = Rule(
    "intake.nothing-new",
    zh="事项、地点和类型与现有的相同。",
    en="Matter, place and kind are what they were.",
    next_zh="无需更正。",
    next_en="Nothing to do.",
)
RECEIVED_LATER = Rule(
    "intake.received-later",
    zh="收到时间 {received} 晚于现在。",
    en="The time of receipt {received} lies in the future.",
    next_zh="请更正收到时间。",
    next_en="Correct the time of receipt.",
)
NO_DISPATCHER = Rule(
    "intake.no-dispatcher",
    zh="该地点没有“{procedure}”程序的派单单位。",
    en="No body dispatches {procedure} cases there.",
    next_zh="请在辖区数据包中补充派单单位后重试。",
    next_en="Add the dispatching body to the pack and load it, then try again.",
)
ANOTHER_PROCEDURE = Rule(
    "intake.another-procedure",
    zh="事项“{matter}”按“{procedure}”程序办理，与本件程序不同。",
    en="The matter {matter} runs under the procedure {procedure}, which is not the one of this case.",
    next_zh="请选择本程序下的事项，或按该程序另行登记。",
    next_en="Choose a matter of this procedure, or register the issue under the other one.",
)
