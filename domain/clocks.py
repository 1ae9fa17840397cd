"""The clocks of a case (时限): a deadline by the case's own procedure and matter, set by a coming event.

Everything that starts a clock on an existing case calls ``clock``; a registration, which has no case yet, calls
``set_deadline`` itself.
"""

from datetime import datetime

from domain.base import BodyId
from domain.case import Case
from domain.deadlines import Deadline, Term, set_deadline
from domain.facts import Facts
from domain.words import DeadlineKind, Urgency


def first_contact(case: Case, facts: Facts, at: datetime, *, after: int = 1) -> Deadline | None:
    """The new lead's clock to reach the resident (首次联系); none where he wished not to be contacted.

    None too where the pack gives no limit: it was loaded before this clock was known, and today's check demands one.
    """
    kind, policy = DeadlineKind.FIRST_CONTACT, facts.policy.limits[case.procedure]
    limits = facts.matter(case.matter).limits if case.matter else {}
    if case.no_contact or (kind not in policy and kind not in limits):
        return None
    return clock(kind, case, facts, at, after=after)


def clock(
    kind: DeadlineKind,
    case: Case,
    facts: Facts,
    start: datetime,
    *,
    after: int = 1,
    matter: str | None = None,
    body: BodyId | None = None,
    urgency: Urgency | None = None,
    term: Term | None = None,
    now: datetime | None = None,
) -> Deadline:
    """A deadline of the case that runs from ``start``, set by the event ``after`` versions from now.

    ``matter`` and ``urgency`` are others than the case's where the event is about to change them. ``body`` is the one
    whose clock it is, where several have one of the same kind. ``term`` takes the place of the limit of the clock.
    ``now`` is the instant of the event, where the clock began before it.
    """
    return set_deadline(
        kind,
        version=case.version + after,
        procedure=case.procedure,
        matter=matter or case.matter,
        facts=facts,
        start=start,
        body=body,
        urgency=urgency or case.urgency,
        term=term,
        now=now,
    )
