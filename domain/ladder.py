"""The ladder (逐级督办): what the clock does when a deadline passes, and oversight given by hand.

    nudged ─▶ deadline missed ─▶ escalated one rung up ─▶ … ─▶ top rung: alerted, again and again

Escalating for visibility moves no blame: it adds an overseer, and only a hand-off moves the lead (design.md §3.7). The
ladder starts at the body whose time it was. A case in triage climbs like any other. Where nobody stands above, that is
a visible exception and an alert, never silence. What stops it is that the thing waited for is done.
"""

from domain import events as e
from domain import nudges, rebase
from domain.appeals import appeal_lapsed
from domain.assistance import assistance_over
from domain.base import BodyId, Instant
from domain.case import Case
from domain.commands import Oversee, Strike
from domain.commission import commission_over, provider_silent
from domain.deadlines import Deadline, Term, next_rung
from domain.decision import NOTHING, Decision, record, refuse
from domain.disputes import open_ruling
from domain.endings import verdict_lapsed
from domain.events import AnyEvent
from domain.facts import Facts
from domain.firewall import superiors_let_through
from domain.handoffs import lapse
from domain.holders import holding
from domain.nudges import next_nudge, nudge
from domain.rebase import announced, next_announced
from domain.rules import Rule
from domain.shelving import looked_at_again, unanswered
from domain.succession import PREFIX, Bell, next_end, succeed
from domain.words import DeadlineKind, Exceptional, LinkUse, RulingCause


def next_bell(case: Case, facts: Facts) -> Bell | None:
    """What the clock has to decide next: a deadline, a nudge before one, the end of a body, or that a year is announced."""
    deadline = case.next_deadline
    bell = Bell(deadline.id, deadline.due) if deadline is not None else None
    # At one instant the body ends first: what is due then is its successor's. Then the calendar says what is due at all.
    bells = (next_end(case, facts), next_announced(case, facts), bell, next_nudge(case))
    return min((b for b in bells if b is not None), key=lambda b: b.due, default=None)


def due(case: Case, facts: Facts, now: Instant) -> Bell | None:
    """What the clock has to decide first at ``now``; None if nothing is due."""
    bell = next_bell(case, facts)
    return bell if bell is not None and bell.due <= now else None


def strike(case: Case, command: Strike, facts: Facts, at: Instant) -> Decision:
    """A deadline is due. A bell for something already done, or before its time, does nothing."""
    if command.deadline.startswith(PREFIX):
        return succeed(case, command.deadline.removeprefix(PREFIX), facts, at)
    if command.deadline.startswith(rebase.PREFIX):
        return announced(case, command.deadline, facts, at)
    if command.deadline.startswith(nudges.PREFIX):
        return nudge(case, command.deadline, at)
    deadline = next((d for d in case.deadlines if d.id == command.deadline), None)
    if deadline is None or deadline.due > at:
        return NOTHING
    match deadline.kind:
        case DeadlineKind.SIGN if case.proposal is not None:
            return lapse(case, case.proposal, facts, at)
        case DeadlineKind.ANSWER_OBJECTION:
            return open_ruling(case, RulingCause.OBJECTION_UNANSWERED, None, facts, at)
        case DeadlineKind.SIGN_RETURN:
            return open_ruling(case, RulingCause.RETURN_UNANSWERED, None, facts, at)
        case DeadlineKind.LADDER:
            cause = deadline.cause or deadline.kind
            return record(*_climb(case, cause, facts, at, after=1, about=deadline.body))
        case _:
            return _lapsed(case, deadline, facts, at) or _missed(case, deadline, facts, at)


def _lapsed(case: Case, deadline: Deadline, facts: Facts, at: Instant) -> Decision | None:
    """What the passing of a window means by itself, where nobody is late; None where somebody is."""
    match deadline.kind:
        case DeadlineKind.VERDICT:
            return verdict_lapsed(case, facts, at)
        case DeadlineKind.ASK_APPEAL:
            return appeal_lapsed(case.opinion)
        case DeadlineKind.CONSENT:
            return unanswered(case.shelving_request)
        case DeadlineKind.LOOK_AGAIN:
            return looked_at_again(case, at)
        case DeadlineKind.ASSISTANCE_END if deadline.body is not None:
            return assistance_over(case, deadline.body)
        case DeadlineKind.COMMISSION_END if deadline.body is not None:
            return commission_over(case, deadline, facts, at)
        case DeadlineKind.PROVIDER_ANSWER if deadline.body is not None:
            return provider_silent(case, deadline.body)
        case _:
            return None


def _missed(case: Case, deadline: Deadline, facts: Facts, at: Instant) -> Decision:
    held = holding(case)
    charged = deadline.body or (held.charged_to if held else None) or case.dispatcher
    missed = e.DeadlineMissed(deadline=deadline.id, kind=deadline.kind, charged_to=charged)
    return record(
        missed, *_climb(case, deadline.kind, facts, at, after=2, start=charged, about=deadline.body)
    )


def _climb(
    case: Case,
    cause: DeadlineKind,
    facts: Facts,
    at: Instant,
    *,
    after: int,
    start: BodyId | None = None,
    about: BodyId | None = None,
) -> list[AnyEvent]:
    """One rung up from the highest that ``cause`` has reached; at the top an alert that will come again.

    ``about`` is the body whose own clock it was, where several have one: each has a ladder of its own, whose top is
    alerted once. The case's own clocks go on; several that never end would drown them.
    """
    reached = [rung.body for rung in case.rungs if rung.cause is cause and rung.about == about]
    start = start or about
    here = reached[-1] if reached else start or case.lead or case.dispatcher
    above = [
        body for body in superiors_let_through(case, here, LinkUse.LADDER, facts, at) if body not in reached
    ]
    if above:
        term = Term(facts.policy.ladder_every, "policy.ladder_every")
    else:
        term = Term(facts.policy.alert_every, "policy.alert_every")
    again = next_rung(cause, term, version=case.version + after, facts=facts, start=at, body=about)
    if above:
        return [e.Escalated(cause=cause, to=above[0], deadline=again, about=about)]
    alert = e.Alerted(cause=cause, body=here, deadline=None if about else again, about=about)
    if reached or Exceptional.NO_SUPERIOR in case.exceptions:
        return [alert]
    return [alert, e.ExceptionRaised(kind=Exceptional.NO_SUPERIOR, body=here)]


def oversee(case: Case, command: Oversee, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """A body above puts its eye on the case. The lead, the charge and every clock stay as they are.

    Refuses: ALREADY_OVERSEES.
    """
    body = command.actor.body
    assert body is not None, "authority found the body"  # noqa: S101
    if body in case.overseers:
        return refuse(ALREADY_OVERSEES, body=facts.name(body))
    return record(e.OversightAdded(body=body, cause="by_hand", personal=command.personal))


ALREADY_OVERSEES = Rule(
    "oversight.already",
    zh="{body}已在督办本件。",
    en="{body} already oversees this case.",
    next_zh="无需重复，可查看案件进展。",
    next_en="Nothing to do: look at how the case goes on.",
)
