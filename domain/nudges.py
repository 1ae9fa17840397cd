"""Nudges (催办): the body whose time it is hears of it before the time is up. A nudge changes nothing else.

    set with a deadline, at the policy's percentages, out of its quiet hours ─▶ rings ─▶ nudged

It goes to the body that the passing instant is charged to, and so follows the case from desk to desk. No clock moves, no
blame moves, no command becomes another one. Who gets which message is decided where notices are written.
"""

from domain import events as e
from domain.base import BodyId, Instant
from domain.case import Case
from domain.deadlines import Deadline
from domain.decision import NOTHING, Decision, record
from domain.holders import holding
from domain.succession import Bell
from domain.words import DeadlineKind

PREFIX = "nudge."
"""What the id of such a bell begins with; the percentage and the deadline's id follow."""


def next_nudge(case: Case) -> Bell | None:
    """The first nudge that has not rung."""
    bells = [
        Bell(f"{PREFIX}{nudge.percent}.{deadline.id}", nudge.at)
        for deadline in case.deadlines
        for nudge in deadline.nudges
    ]
    return min(bells, key=lambda bell: bell.due, default=None)


def nudge(case: Case, bell: str, at: Instant) -> Decision:
    """So much of a deadline's time is gone. A bell for a deadline that is met, or before its time, does nothing."""
    percent, _, deadline_id = bell.removeprefix(PREFIX).partition(".")
    for deadline in case.deadlines:
        for each in deadline.nudges:
            if deadline.id == deadline_id and str(each.percent) == percent and each.at <= at:
                return record(
                    e.Nudged(
                        deadline=deadline.id,
                        kind=deadline.kind,
                        to=charged(case, deadline),
                        percent=each.percent,
                        due=deadline.due,
                    )
                )
    return NOTHING


def charged(case: Case, deadline: Deadline) -> BodyId:
    """The body whose time a deadline is: the one that it names, else the one that the instant is charged to."""
    if deadline.body is not None:
        return deadline.body
    if deadline.kind is DeadlineKind.ANSWER_OBJECTION and case.proposal is not None:
        return case.proposal.by
    held = holding(case)
    return (held.charged_to if held else None) or case.dispatcher
