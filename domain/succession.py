"""Succession (承接): a body that ends hands what it holds of a case to its successor, at the instant at which it ends.

    a body with a part in the case ends ─▶ succeeded: its successor takes its place
                                           nobody succeeds ─▶ the body above it does, visibly
    a proposal to it, unsigned         ─▶ ends too: the successor has to be asked itself

The clock decides it, before any command, with ``at`` the instant of the end: the organisation as it was answers for
every second. Rule: design.md §3.2. Source: 信访工作条例 Art 24 (merged or abolished: the successor; unclear: the
government of that level names one).
"""

from collections.abc import Iterator
from typing import NamedTuple

from domain import events as e
from domain.base import BodyId, Instant
from domain.case import Case
from domain.clocks import clock
from domain.decision import NOTHING, Decision, record
from domain.facts import Facts
from domain.organisation import superiors
from domain.standing import standing
from domain.words import DeadlineKind, Exceptional, LinkUse

PREFIX = "succession."
"""What the id of such a bell begins with; the body's id follows."""


class Bell(NamedTuple):
    """Something that the clock has to decide at ``due``. ``id`` is the deadline's, or begins with what else it is."""

    id: str
    due: Instant


def next_end(case: Case, facts: Facts) -> Bell | None:
    """The first end of a body that has a part in the open case and has not been succeeded; None if none is known."""
    if case.ending is not None:
        return None
    ends = [
        Bell(PREFIX + body, until)
        for body in dict.fromkeys(_parts(case))
        if body not in case.succeeded
        and body in facts.bodies
        and (until := facts.body(body).valid_to) is not None
    ]
    return min(ends, key=lambda bell: bell.due, default=None)


def _parts(case: Case) -> Iterator[BodyId]:
    """The bodies from which the case waits for something, or which answer for it."""
    yield case.dispatcher
    if case.lead is not None:
        yield case.lead
    if case.proposal is not None:
        yield case.proposal.to
    if case.return_request is not None:
        yield case.return_request.to
    if case.ruling is not None and case.ruling.body is not None:
        yield case.ruling.body
    yield from case.overseers


def succeed(case: Case, body: BodyId, facts: Facts, at: Instant) -> Decision:
    """The body has ended: another one takes its place in the case. A bell before its time does nothing."""
    here = facts.bodies.get(body)
    if here is None or here.valid(at) or body in case.succeeded or case.ending is not None:
        return NOTHING
    heir = standing(body, facts, at)
    by = heir or _above(body, facts, at)
    events: list[e.AnyEvent] = [e.Succeeded(body=body, by=by, named=heir is not None)]
    if case.proposal is not None and case.proposal.to == body:
        events.insert(
            0,
            e.ProposalEnded(
                proposal=case.proposal.id,
                cause="body_ended",
                deadline=clock(DeadlineKind.TRIAGE, case, facts, at),
            ),
        )
    if heir is None:
        events.append(e.ExceptionRaised(kind=Exceptional.LEAD_GONE, body=body))
    return record(*events)


def _above(body: BodyId, facts: Facts, at: Instant) -> BodyId | None:
    """The nearest body above that stands."""
    for use in (LinkUse.COMMON_SUPERIOR, LinkUse.LADDER):
        above = superiors(body, use, facts, at)
        if above:
            return above[0]
    return None
