"""Links, merges and the waking of children: what these events do to a case."""

from datetime import timedelta

from domain import events as e
from domain.case import Case, Merge, Stage, Tied
from domain.deadlines import Deadline
from domain.evolving.shape import ALL_CLOCKS, Change, Table, clocks
from domain.glance import Reply
from domain.words import DeadlineKind


def _linked(case: Case, body: e.Linked, _: e.Recorded) -> Change:
    tied = Tied(other=body.other, number=body.other_number, tie=body.tie)
    return {"ties": (*case.ties, tied)}


def _merged(case: Case, body: e.Merged, r: e.Recorded) -> Change:
    merge = Merge(parent=body.parent, number=body.parent_number, at=r.at, suspended=case.deadlines)
    return {"merged": merge, "deadlines": ()}


def _unmerged(case: Case, _: e.Unmerged, r: e.Recorded) -> Change:
    assert case.merged is not None, "only a merged case is unmerged"  # noqa: S101 - the ledger's own order
    stood_still = r.at - case.merged.at
    return {
        "merged": None,
        "deadlines": tuple(_goes_on(deadline, stood_still) for deadline in case.merged.suspended),
    }


def _goes_on(deadline: Deadline, stood_still: timedelta) -> Deadline:
    """The resident's clock, and the ladder after it, never stood still; an office's has what it had left."""
    if DeadlineKind.RESOLVE in {deadline.kind, deadline.cause}:
        return deadline
    return deadline.moved(stood_still)


def _answered_with_parent(case: Case, body: e.AnsweredWithParent, r: e.Recorded) -> Change:
    return {
        "merged": None,
        "stage": Stage.REVIEWED,
        "answered_at_intake": body.at_intake,
        "matter": body.matter,
        "place": body.place,
        "lead": body.lead,
        "lead_since": (case.lead_since if body.lead == case.lead else r.at) if body.lead else None,
        "last_lead": body.lead or case.last_lead,
        "sender": case.dispatcher if body.lead else None,
        "designated": body.designated,
        "acknowledged": True,
        "started": False,
        "reply": Reply(case=body.parent, number=body.parent_number, version=body.reply_version),
        "exceptions": (),
        "handlers": (*case.handlers, *body.handlers),
        "reviewers": (*case.reviewers, *body.reviewers),
        "rulers": (*case.rulers, *body.rulers),
        **clocks(case, *ALL_CLOCKS, add=[body.deadline]),
    }


TABLE: Table = {
    e.Linked: _linked,
    e.Merged: _merged,
    e.Unmerged: _unmerged,
    e.AnsweredWithParent: _answered_with_parent,
}
