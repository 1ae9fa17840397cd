"""What the events add up to, as rows: pure, and shared by the append and the rebuild, so that both write the same.

    Standing ── event ──▶ Standing        the case as it stands, and the holding that runs
                  ├─▶ closed holdings     intervals of responsibility
                  └─▶ notices             who is told: in the inbox, and by the outbox where an outlet leads out

``rows`` turns a stretch of events into the rows of the five read models (ledger/sql/0002_read_models.sql), and into those
of the outbox, which a rebuild leaves alone (ledger/sql/0019_outbox.sql).
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain import events as e
from domain import notices
from domain.base import BodyId, Frozen
from domain.case import Case
from domain.events import Recorded
from domain.evolve import evolve
from domain.holders import Held, OpenHolding, advance, holding
from domain.words import DeadlineKind, State
from ledger.joint import beside_the_lead, told_of_joint_work

Row = dict[str, Any]


class Standing(Frozen):
    """A case at one version, with the interval of responsibility that is running."""

    case: Case
    running: OpenHolding | None


def _no_rows() -> list[Row]:
    return []


@dataclass(frozen=True)
class Rows:
    """Rows for the read models, ready to become JSON."""

    case_now: list[Row] = field(default_factory=_no_rows)
    holding: list[Row] = field(default_factory=_no_rows)
    desk: list[Row] = field(default_factory=_no_rows)
    inbox: list[Row] = field(default_factory=_no_rows)
    tie: list[Row] = field(default_factory=_no_rows)
    outbox: list[Row] = field(default_factory=_no_rows)

    def plus(self, other: "Rows") -> "Rows":
        """Both together."""
        return Rows(
            case_now=self.case_now + other.case_now,
            holding=self.holding + other.holding,
            desk=self.desk + other.desk,
            inbox=self.inbox + other.inbox,
            tie=self.tie + other.tie,
            outbox=self.outbox + other.outbox,
        )


SHAPE = hashlib.sha256(json.dumps(Standing.model_json_schema(), sort_keys=True).encode()).hexdigest()[:16]
"""A mark of the shape of a stored ``Standing``. A row with another one is not read: the events are folded instead."""


def project(standing: Standing | None, recorded: Iterable[Recorded]) -> tuple[Standing | None, Rows]:
    """The case after ``recorded``, and the rows that this stretch of events writes; no row if there is no event."""
    closed: list[Row] = []
    inbox: list[Row] = []
    leaving: list[Row] = []
    ties: list[Row] = []
    moved = False
    for event in recorded:
        before = standing.case if standing else None
        case = evolve(before, event)
        running, done = advance(case, standing.running if standing else None, event)
        standing = Standing(case=case, running=running)
        moved = True
        if done is not None:
            closed.append(_holding_row(case, done))
        ties += [_tie_row(event, event.body)] if isinstance(event.body, e.Linked) else []
        who = told(before, case, event.body)
        inbox += [_inbox_row(case, event, body) for body in who]
        leaving += [_outbox_row(case, event, body) for body in who]
    if standing is None or not moved:
        return standing, Rows()
    return standing, Rows(
        case_now=[case_row(standing)],
        holding=closed,
        desk=_desk_rows(standing.case),
        inbox=inbox,
        tie=ties,
        outbox=leaving,
    )


def case_row(standing: Standing) -> Row:
    """The row of ``case_now``: what queues sort and filter by, and the whole case."""
    case = standing.case
    held = holding(case)
    deadline = case.next_deadline
    due = deadline.due.isoformat() if deadline else None
    return {
        "case_id": str(case.id),
        "number": case.number,
        "version": case.version,
        "episode": case.episode,
        "state": case.state,
        "kind": case.kind,
        "procedure": case.procedure,
        "matter": case.matter,
        "place": case.place,
        "dispatcher": case.dispatcher,
        "lead": case.lead,
        "answering": held.answering if held else None,
        "charge": held.charge if held else None,
        "charged_to": held.charged_to if held else None,
        "next_deadline": due,
        "deadline_kind": deadline.kind if deadline else None,
        "due_order": due or "infinity",
        # The lateness of a body beside the lead is no lateness of the case.
        "missed": any(
            deadline.kind is DeadlineKind.LADDER and deadline.body is None for deadline in case.deadlines
        ),
        "exceptions": list(case.exceptions),
        "registered_at": case.registered_at.isoformat(),
        "received_at": case.received_at.isoformat() if case.received_at else None,
        "last_at": case.last_at.isoformat(),
        "ended_at": case.ended_at.isoformat() if case.ended_at else None,
        "parent": str(case.merged.parent) if case.merged else None,
        "shape": SHAPE,
        "doc": standing.model_dump(mode="json"),
        "against": list(case.against),
        "recused": list(dict.fromkeys((*case.recused, *case.interested))),
        "taken_by": list(case.taken_by),
    }


def _holding_row(case: Case, held: Held) -> Row:
    assert held.closed_by is not None, "only closed intervals become rows"  # noqa: S101
    return {
        "case_id": str(case.id),
        "opened_by": held.opened_by.version,
        "opened_type": held.opened_by.type,
        "closed_by": held.closed_by.version,
        "closed_type": held.closed_by.type,
        "episode": held.episode,
        "answering": held.answering,
        "charge": held.charge,
        "charged_to": held.charged_to,
        "starts_at": held.start.isoformat(),
        "ends_at": held.end.isoformat(),
        "follows": str(held.follows) if held.follows else None,
    }


def _tie_row(event: Recorded, body: e.Linked) -> Row:
    return {
        "case_id": str(event.case),
        "version": event.version,
        "other": str(body.other),
        "kind": body.tie,
        "at": event.at.isoformat(),
    }


def _desk_rows(case: Case) -> list[Row]:
    return [
        {"case_id": str(case.id), "body": body, "because": because} for body, because in desks(case).items()
    ]


def desks(case: Case) -> dict[BodyId, list[str]]:
    """Whose queue shows the case, and why. An ended case is on nobody's desk, nor is one that follows another."""
    held = holding(case)
    if held is None or held.follows is not None:
        return {}
    proposal, ruling = case.proposal, case.ruling
    reviewed = {State.RESOLVED, State.AWAITING_VERDICT, State.JUDGED}
    places: list[tuple[BodyId | None, str]] = [
        (held.answering, "answering"),
        (held.charged_to, "charged"),
        (proposal.to if proposal else None, "proposed"),
        (proposal.by if proposal and proposal.objection else None, "objected"),
        (case.return_request.to if case.return_request else None, "returning"),
        ((ruling.body or case.dispatcher) if ruling else None, "ruling"),
        (case.reviewer if case.state in reviewed else None, "reviewing"),
        (case.reviewer if case.shelving_request else None, "consenting"),
        (case.dispatcher if case.state is State.TRIAGE else None, "triage"),
        *((body, "overseeing") for body in case.overseers),
        *beside_the_lead(case),
    ]
    found: dict[BodyId, list[str]] = {}
    for body, because in places:
        if body is not None:
            found.setdefault(body, []).append(because)
    return found


def _inbox_row(case: Case, event: Recorded, body: BodyId) -> Row:
    return {
        "case_id": str(case.id),
        "version": event.version,
        "body": body,
        "kind": event.body.type,
        "number": case.number,
        "at": event.at.isoformat(),
    }


def _outbox_row(case: Case, event: Recorded, body: BodyId) -> Row:
    """What every outlet of the body gets a row of."""
    kind = notices.kind(event.body.type)
    about = getattr(event.body, "deadline", None)
    return {
        "version": event.version,
        "body": body,
        "number": case.number,
        "cause": event.body.type,
        "deadline": about if isinstance(about, str) else None,
        "at": event.at.isoformat(),
        "priority": notices.priority(event.body.type, case.urgency),
        "folds": kind.folds,
        "waits": kind.waits,
    }


def told(before: Case | None, after: Case, body: e.AnyEvent) -> Sequence[BodyId]:
    """Who finds a notice of the event in the inbox, each body once."""
    return list(dict.fromkeys(who for who in _told(before or after, after, body) if who))


def _told(before: Case, after: Case, body: e.AnyEvent) -> Sequence[BodyId | None]:  # noqa: C901, PLR0911, PLR0912
    # One line for each event that somebody has to hear of.
    match body:
        case e.Registered():
            return [body.dispatcher]
        case e.Proposed():
            return [body.to]
        case e.Signed():
            return [after.sender]
        case e.DeemedSigned():
            return [body.lead, after.sender]
        case e.ProposalEnded():
            return [before.proposal.to if before.proposal else None, after.dispatcher]
        case e.Objected():
            return [before.proposal.by if before.proposal else None]
        case e.ReturnRequested():
            return [body.to]
        case e.Returned():
            return [body.by, after.dispatcher]
        case e.RulingOpened():
            return [body.body or after.dispatcher, *body.parties]
        case e.Designated():
            return [body.lead, before.lead, after.dispatcher]
        case e.Resolved() | e.VerdictRecorded() | e.VerdictLapsed():
            return [after.reviewer]
        case e.SentBack() | e.RehandlingOrdered() | e.Reopened():
            return [after.lead or after.dispatcher]
        case e.ShelvingRequested():
            return [after.reviewer]
        case e.ShelvingRefused() | e.Shelved() | e.Unshelved():
            return [after.lead, after.reviewer]
        case e.AppealRequested():
            return [body.lead, body.handler, after.reviewer]
        case e.AppealDecided():
            return [
                body.lead or after.dispatcher,
                before.appeal.handler if before.appeal else None,
                after.reviewer,
            ]
        case e.Redirected():
            return [body.to, after.lead or after.dispatcher]
        case e.Closed() | e.Withdrawn() | e.NotAccepted() | e.EndedAtIntake():
            return [after.lead or after.dispatcher]
        case e.Informed():
            return [body.body]
        case e.Succeeded():
            return [body.by, after.dispatcher]
        case e.Recategorised():
            return [after.lead]
        case e.Merged():
            return [before.lead]
        case e.Unmerged():
            return [after.lead or after.dispatcher]
        case e.AnsweredWithParent():
            return [after.reviewer]
        case e.RemovedByFirewall() | e.Recused() | e.InterestDeclared():
            return [after.lead or after.dispatcher]
        case e.OversightAdded():
            return [body.body, after.lead or after.dispatcher]
        case e.DeadlineMissed():
            return [body.charged_to]
        case e.Escalated():
            return [body.to]
        case e.Alerted() | e.ExceptionRaised():
            return [body.body]
        case _:
            return told_of_joint_work(before, after, body)
