"""The work of the lead, and its review (办理、办结、审核).

    start ─▶ record steps ─▶ resolve ─▶ review ─┬─▶ verdict asked
       ▲                                       │
       └──────────────── sent back ◀───────────┘

The handler does not judge his own success: what he resolves is reviewed by another person of the reviewing body, and
then judged by the resident. A step resets no clock.
"""

from domain import events as e
from domain.actors import Actor
from domain.appeals import opinion_wanting, window
from domain.base import Instant
from domain.case import Case
from domain.clocks import clock
from domain.commands import RecordStep, Resolve, Review, Start
from domain.deadlines import Deadline, Term
from domain.decision import Decision, record, refuse
from domain.facts import Facts
from domain.rules import Rule
from domain.words import Contacted, DeadlineKind, Solved


def start(case: Case, command: Start, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The lead begins to work.

    Refuses: ALREADY_STARTED, SAME_PERSON_HANDLES.
    """
    barred = barred_from_handling(case, command.actor)
    if barred is not None:
        return barred
    return refuse(ALREADY_STARTED) if case.started else record(e.Started())


def record_step(case: Case, command: RecordStep, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """Something was done; it is on record and no clock moves.

    Refuses: SAME_PERSON_HANDLES, where it is done for the lead.
    """
    barred = barred_from_handling(case, command.actor) if command.actor.body == case.lead else None
    return barred or record(
        e.StepRecorded(
            step=command.step, channel=command.channel, by=command.actor.body, personal=command.personal
        )
    )


def resolve(case: Case, command: Resolve, facts: Facts, at: Instant) -> Decision:
    """The lead reports the case resolved: was it true, was it ours, was the resident contacted, is it solved.

    On a petition the report is the written opinion, delivered; from then on a review may be asked for.
    Refuses: SAME_PERSON_HANDLES, WISHED_NO_CONTACT, NO_WISH_ON_RECORD, SOLVED_BUT_NOT_OURS, and what is wanting in an
    opinion.
    """
    barred = barred_from_handling(case, command.actor)
    if barred is not None:
        return barred
    if case.no_contact and command.contacted is Contacted.YES:
        return refuse(WISHED_NO_CONTACT)
    if not case.no_contact and command.contacted is Contacted.NOT_WISHED:
        return refuse(NO_WISH_ON_RECORD)
    if command.solved is Solved.YES and not command.ours:
        return refuse(SOLVED_BUT_NOT_OURS)
    wanting = opinion_wanting(case, command, at)
    if wanting is not None:
        return wanting
    delivered = command.delivered_at
    review = clock(DeadlineKind.REVIEW, case, facts, at)
    return record(
        e.Resolved(
            truth=command.truth,
            ours=command.ours,
            contacted=command.contacted,
            solved=command.solved,
            personal=command.personal,
            deadline=review,
            judgement=command.judgement,
            delivered_at=delivered,
            told_by=command.told_by,
            window=window(case, facts, delivered) if delivered is not None else None,
        )
    )


def review(case: Case, command: Review, facts: Facts, at: Instant) -> Decision:
    """The reviewing body passes it, and the verdict is asked, or sends it back to the lead.

    Refuses: SAME_PERSON_REVIEWS.
    """
    if command.actor.person in (*case.handlers, *case.rulers):
        return refuse(SAME_PERSON_REVIEWS)
    if not command.passed:
        return record(e.SentBack(personal=command.personal, deadline=fresh_allowance(case, facts, at)))
    verdict = clock(DeadlineKind.VERDICT, case, facts, at)
    return record(e.Reviewed(personal=command.personal, deadline=verdict))


def barred_from_handling(case: Case, actor: Actor) -> Decision | None:
    """Why the person may not handle the case: he has reviewed it or ruled on it in this episode."""
    return refuse(SAME_PERSON_HANDLES) if actor.person in (*case.reviewers, *case.rulers) else None


def fresh_allowance(case: Case, facts: Facts, at: Instant, *, after: int = 1) -> Deadline:
    """The resident's clock when the lead has to work again.

    It goes on from where it always started. Where it has run out, or nearly, the lead gets the policy's
    ``again_within``, since a deadline in the past would ring before anybody could act.
    """
    allowance = clock(DeadlineKind.RESOLVE, case, facts, case.episode_at, after=after, now=at)
    term = Term(facts.policy.again_within, "policy.again_within")
    soonest = clock(DeadlineKind.RESOLVE, case, facts, at, after=after, term=term)
    return allowance if allowance.due >= soonest.due else soonest


ALREADY_STARTED = Rule(
    "work.already-started",
    zh="本件已开始办理。",
    en="The work on this case has already begun.",
    next_zh="请记录办理步骤或办结。",
    next_en="Record what is done, or resolve it.",
)
SAME_PERSON_HANDLES = Rule(
    "work.same-person-handles",
    zh="审核人、裁定人不得经办同一案件。",
    en="Who has reviewed or ruled on this case cannot handle it.",
    next_zh="请由本单位的其他人员办理。",
    next_en="Another person of the body has to do it.",
)
SAME_PERSON_REVIEWS = Rule(
    "work.same-person-reviews",
    zh="经办人、裁定人不得审核同一案件。",
    en="Who has handled or ruled on this case cannot review it.",
    next_zh="请由审核单位的其他审核员审核。",
    next_en="Another reviewer of the reviewing body has to review it.",
)
WISHED_NO_CONTACT = Rule(
    "work.wished-no-contact",
    zh="居民要求不联系，不能填报“已联系”。",
    en="The resident wished not to be contacted, so it cannot be reported that he was.",
    next_zh="请填“居民要求不联系”（not_wished）。",
    next_en="Report not_wished.",
)
NO_WISH_ON_RECORD = Rule(
    "work.no-wish-on-record",
    zh="登记时居民没有要求不联系，不能填报“居民要求不联系”。",
    en="No wish of the resident for no contact is on record, so it cannot be reported.",
    next_zh="请联系居民后填“已联系”（yes）；多次联系未果的填 tried。",
    next_en="Contact the resident and report yes, or tried where he could not be reached.",
)
SOLVED_BUT_NOT_OURS = Rule(
    "work.solved-but-not-ours",
    zh="填报“不属本单位职责”的，不能同时填报“已解决”。",
    en="A case cannot be solved by a body that says it was not its own.",
    next_zh="请更正四项答复之一；不属本单位的应当退回。",
    next_en="Correct one of the four answers; what is not yours is returned, not resolved.",
)
