"""Shelving (挂账) of what cannot be solved now: visible, consented to, with an end, and looked at again by a timer.

    working ─ shelve, by the lead's head ─▶ asked ─┬─ consent, by the reviewing body ─▶ shelved ─▶ looked at again: working
       ▲                                           └─ refused, or no answer in time
       └───────────────────────────────────────────┘

While it is on, the time is charged as *lawful pause* to the lead that goes on answering. The resident's own clock runs
on, and its ladder climbs: shelving is no way to stop a promise. It ends by itself at the instant that the resident was
told; to go on it has to be asked and consented to anew, and all shelvings of an episode together have a longest time.

Shelving is the first pause of a list that belongs to the clocks: ``Case.paused`` is where others join it.
Source: the practice of 12345 offices (挂账督办); the limits are the pack's.
"""

from datetime import timedelta

from domain import events as e
from domain.base import Instant
from domain.calendar import Length
from domain.case import Case, Shelving, ShelvingRequest
from domain.clocks import clock
from domain.commands import ConsentToShelving, RefuseShelving, Shelve, Unshelve
from domain.deadlines import Term, limit, over
from domain.decision import Decision, record, refuse
from domain.facts import Facts
from domain.rules import Rule
from domain.telling import told_wrongly
from domain.words import DeadlineKind
from domain.work import barred_from_handling


def shelve(case: Case, command: Shelve, facts: Facts, at: Instant) -> Decision:
    """The head of the lead asks for it; the work goes on until the reviewing body consents.

    Refuses: SAME_PERSON_HANDLES, ALREADY_ASKED, SHELVED_TOO_LONG.
    """
    assert case.lead is not None, "authority found the lead"  # noqa: S101
    if case.shelving_request is not None:
        return refuse(ALREADY_ASKED)
    wrong = barred_from_handling(case, command.actor) or _too_long(case, command.hours, facts, at)
    if wrong is not None:
        return wrong
    return record(
        e.ShelvingRequested(
            request=f"shelving.{case.version + 1}",
            by=case.lead,
            hours=command.hours,
            personal=command.personal,
            deadline=clock(DeadlineKind.CONSENT, case, facts, at),
        )
    )


def _too_long(case: Case, hours: int, facts: Facts, at: Instant) -> Decision | None:
    once = limit(DeadlineKind.LOOK_AGAIN, case.procedure, case.matter, facts, case.urgency).length
    most = facts.policy.shelve_hours
    if (
        at + timedelta(hours=hours) > over(once, at, facts)
        or case.shelved_seconds + hours * 3600 > most * 3600
    ):
        return refuse(
            SHELVED_TOO_LONG, zh=once.zh, en=once.en, most=most, so_far=case.shelved_seconds // 3600
        )
    return None


def consent(case: Case, command: ConsentToShelving, facts: Facts, at: Instant) -> Decision:
    """The reviewing body consents, and the resident was told why and until when.

    Refuses: NOT_ASKED, SAME_PERSON_CONSENTS, NO_CONTACT_BY_LINK.
    """
    request = case.shelving_request
    if request is None:
        return refuse(NOT_ASKED)
    wrong = _same_person(case, command) or told_wrongly(case, command.told_by)
    if wrong is not None:
        return wrong
    until = at + timedelta(hours=request.hours)
    hours = Term(Length(amount=request.hours), "shelving.hours")
    return record(
        e.Shelved(
            shelving=request.id,
            by=case.reviewer,
            until=until,
            told_by=command.told_by,
            personal=command.personal,
            deadline=clock(DeadlineKind.LOOK_AGAIN, case, facts, at, term=hours),
        )
    )


def refuse_shelving(case: Case, command: RefuseShelving, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The reviewing body does not consent.

    Refuses: NOT_ASKED, SAME_PERSON_CONSENTS.
    """
    request = case.shelving_request
    if request is None:
        return refuse(NOT_ASKED)
    return _same_person(case, command) or record(
        e.ShelvingRefused(request=request.id, cause="by_hand", personal=command.personal)
    )


def _same_person(case: Case, command: ConsentToShelving | RefuseShelving) -> Decision | None:
    if command.actor.person in (*case.handlers, *case.rulers):
        return refuse(SAME_PERSON_CONSENTS)
    return None


def unanswered(request: ShelvingRequest | None) -> Decision:
    """The reviewing body said nothing in time: silence shelves nothing."""
    assert request is not None, "the clock runs for a request"  # noqa: S101
    return record(e.ShelvingRefused(request=request.id, cause="unanswered", personal=None))


def unshelve(case: Case, command: Unshelve, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The lead takes the work up again, or the reviewing body has it taken up."""
    shelving = _on(case)
    return record(
        e.Unshelved(
            shelving=shelving.id, cause="by_hand", seconds=_lasted(shelving, at), personal=command.personal
        )
    )


def looked_at_again(case: Case, at: Instant) -> Decision:
    """The instant has come at which the case is looked at again."""
    shelving = _on(case)
    return record(
        e.Unshelved(shelving=shelving.id, cause="until", seconds=_lasted(shelving, at), personal=None)
    )


def _on(case: Case) -> Shelving:
    assert case.shelving is not None, "the state table demands a shelving"  # noqa: S101
    return case.shelving


def _lasted(shelving: Shelving, at: Instant) -> int:
    return int((at - shelving.since).total_seconds())


ALREADY_ASKED = Rule(
    "shelving.already-asked",
    zh="本件的挂账申请尚待审核单位答复。",
    en="It was already asked to shelve this case; the reviewing body has yet to answer.",
    next_zh="请等待答复，其间继续办理。",
    next_en="Wait for the answer and go on with the case meanwhile.",
)
NOT_ASKED = Rule(
    "shelving.not-asked",
    zh="本件没有待答复的挂账申请。",
    en="Nobody has asked to shelve this case.",
    next_zh="由主办单位负责人先申请挂账（shelve）。",
    next_en="The head of the lead has to ask first (shelve).",
)
SHELVED_TOO_LONG = Rule(
    "shelving.too-long",
    zh="挂账一次不超过{zh}，一轮累计不超过 {most} 小时（已挂账 {so_far} 小时）。",
    en="One shelving lasts {en} at most, all of an episode {most} hours (so far {so_far}).",
    next_zh="请缩短挂账时间；到期仍不能解决的，如实办结并说明原因。",
    next_en="Choose a shorter time; what can still not be solved then is reported as not solved, with the reason.",
)
SAME_PERSON_CONSENTS = Rule(
    "shelving.same-person",
    zh="经办人、裁定人不得答复挂账申请。",
    en="Who has handled or ruled on this case cannot answer the request to shelve it.",
    next_zh="请由其他审核员答复。",
    next_en="Another reviewer has to answer.",
)
