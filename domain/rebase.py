"""Rebasing (重新计算时限): a running deadline is reckoned anew, and the event says who, why, what it was and what it is.

    provisional ─ the pack with that year is loaded ─▶ rebased, by the clock: the same rule, the announced calendar
    any clock   ─ the head of the reviewing body    ─▶ rebased, by hand: today's rule, today's calendar

Nothing else lets a later rule or calendar reach a running deadline (design.md §3.8). What moved the deadline since it was
set, such as the time that it stood still, moves the new one as far. A deadline is never rebased into the past: that would
be a miss that nobody could have avoided.
"""

from datetime import timedelta

from domain import events as e
from domain.base import Instant
from domain.calendar import Length
from domain.case import Case
from domain.commands import Rebase
from domain.deadlines import Deadline, Term, limit, reckoned
from domain.decision import NOTHING, Decision, record, refuse
from domain.facts import Facts
from domain.rules import Rule
from domain.succession import Bell
from domain.words import DeadlineKind

PREFIX = "announced."
"""What the id of such a bell begins with; the pack's version and the deadline's id follow."""

_FIXED = frozenset(
    {
        DeadlineKind.LADDER,
        DeadlineKind.LOOK_AGAIN,
        DeadlineKind.ASSISTANCE_END,
        DeadlineKind.COMMISSION_END,
    }
)
"""Clocks whose instant was agreed on, or that only follow another one."""


def next_announced(case: Case, facts: Facts) -> Bell | None:
    """A provisional deadline whose years these facts announce: due when they did, so before whatever comes next."""
    for deadline in case.deadlines:
        if deadline.provisional and not _anew(deadline, None, facts).provisional:
            since = facts.loaded_at or deadline.started_at
            return Bell(f"{PREFIX}{facts.version}.{deadline.id}", since)
    return None


def announced(case: Case, bell: str, facts: Facts, at: Instant) -> Decision:
    """The calendar of the year has come: the deadline is reckoned by it. One that would be past by it stays as it is."""
    _, _, deadline_id = bell.removeprefix(PREFIX).partition(".")
    was = next((d for d in case.deadlines if d.id == deadline_id and d.provisional), None)
    if was is None:
        return NOTHING
    now = _anew(was, None, facts, at)
    if now.provisional:
        return NOTHING
    if now.due <= at:
        now = was.model_copy(update={"provisional": False})
    return record(e.Rebased(cause="announced", before=was, deadline=now, personal=None))


def rebase(case: Case, command: Rebase, facts: Facts, at: Instant) -> Decision:
    """A running deadline gets today's limit by today's calendar, from its own start.

    What the resident was promised stays on record. Refuses: NO_SUCH_CLOCK, NOT_TO_REBASE, SAME_PERSON_REBASES,
    NOTHING_TO_REBASE, REBASED_INTO_THE_PAST.
    """
    was = next((deadline for deadline in case.deadlines if deadline.id == command.deadline), None)
    if was is None:
        return refuse(NO_SUCH_CLOCK, deadline=command.deadline)
    if was.kind in _FIXED:
        return refuse(NOT_TO_REBASE, deadline=was.id)
    if command.actor.person in case.handlers:
        return refuse(SAME_PERSON_REBASES)
    now = _anew(was, _term(case, was, facts), facts, at)
    if (now.due, now.rule, now.length) == (was.due, was.rule, was.length or Length(amount=was.hours)):
        return refuse(NOTHING_TO_REBASE, due=was.due.isoformat())
    if now.due <= at:
        return refuse(REBASED_INTO_THE_PAST, due=now.due.isoformat())
    return record(e.Rebased(cause="by_hand", before=was, deadline=now, personal=command.personal))


def _term(case: Case, deadline: Deadline, facts: Facts) -> Term:
    """What the rule of this clock gives today."""
    own = _OWN.get(deadline.rule)
    if own is not None:
        return Term(getattr(facts.policy, own), deadline.rule)
    return limit(deadline.kind, case.procedure, case.matter, facts, case.urgency)


_OWN = {"policy.again_within": "again_within", "policy.rehandle_within": "rehandle_within"}
"""Rules that give a clock another time than its limit."""


def _anew(deadline: Deadline, term: Term | None, facts: Facts, at: Instant | None = None) -> Deadline:
    """The deadline reckoned by these facts: with ``term`` by that rule, else with the length that is pinned."""
    length = term.length if term else deadline.length or Length(amount=deadline.hours)
    moved = deadline.due - (deadline.reckoned or deadline.due)
    fresh = reckoned(deadline.model_copy(update={"length": length, "reckoned": None}), length, facts, now=at)
    waiting = {nudge.percent for nudge in deadline.nudges}
    # A nudge that has rung does not ring again: its bell has had its answer.
    fresh = fresh.model_copy(
        update={
            "nudges": tuple(nudge for nudge in fresh.nudges if nudge.percent in waiting),
            "calendar_pack": facts.version,
            **({"rule": term.rule, "rule_version": facts.version} if term else {}),
        }
    )
    return fresh if moved == timedelta(0) else fresh.moved(moved)


NO_SUCH_CLOCK = Rule(
    "rebase.no-such-clock",
    zh="本件没有正在计时的时限“{deadline}”。",
    en="No clock {deadline} is running on this case.",
    next_zh="请用 zeren case clocks 查看正在计时的时限编号。",
    next_en="Look the ids of the running clocks up with zeren case clocks.",
)
NOT_TO_REBASE = Rule(
    "rebase.not-by-rule",
    zh="时限“{deadline}”由约定的时刻或逐级督办决定，不按规则重算。",
    en="The clock {deadline} runs to an instant that was agreed on, or follows another clock: no rule reckons it.",
    next_zh="请改动约定本身，或重算引起它的时限。",
    next_en="Change what was agreed, or rebase the clock that it follows.",
)
SAME_PERSON_REBASES = Rule(
    "rebase.same-person",
    zh="经办过本件的人员不得重算其时限。",
    en="Who has handled this case does not rebase its clocks.",
    next_zh="请由审核单位的其他负责人办理。",
    next_en="Another head of the reviewing body has to do it.",
)
NOTHING_TO_REBASE = Rule(
    "rebase.nothing-new",
    zh="按现行规则和日历，到期时刻仍为 {due}。",
    en="By the rule and the calendar of today it is due at {due} as before.",
    next_zh="无需重算。",
    next_en="Nothing to do.",
)
REBASED_INTO_THE_PAST = Rule(
    "rebase.into-the-past",
    zh="按现行规则和日历，该时限在 {due} 已经到期，重算会使其立即逾期。",
    en="By the rule and the calendar of today it was due at {due}: it would be missed at once.",
    next_zh="请保留原时限。",
    next_en="Leave it as it is.",
)
