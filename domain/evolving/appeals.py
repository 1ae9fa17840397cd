"""The instances of a petition: what these events do to a case."""

from domain import events as e
from domain.base import BodyId, Instant
from domain.case import Appeal, Case, Opinion, Stage
from domain.deadlines import Deadline
from domain.evolving.shape import Change, Table, clocks, plus
from domain.words import AppealOutcome, DeadlineKind, Instance

AFTER_THE_OPINION = (
    DeadlineKind.REVIEW,
    DeadlineKind.VERDICT,
    DeadlineKind.CLOSE,
    DeadlineKind.ASK_APPEAL,
)


def opinion_of(case: Case, body: e.Resolved) -> Opinion | None:
    """The opinion that a report of the lead delivered; None where it is no petition's."""
    if body.delivered_at is None or case.lead is None:
        return None
    return Opinion(
        instance=Instance.HANDLING,
        by=case.lead,
        handler=case.lead,
        delivered_at=body.delivered_at,
        ask_until=_until(body.window),
    )


def succeeded_above(case: Case, body: BodyId, heir: BodyId) -> Change:
    """The successor stands for whose opinion it was, and for the organ that has to decide."""

    def now(name: BodyId) -> BodyId:
        return heir if name == body else name

    opinion, appeal = case.opinion, case.appeal
    return {
        "opinion": opinion
        and opinion.model_copy(update={"by": now(opinion.by), "handler": now(opinion.handler)}),
        "appeal": appeal
        and appeal.model_copy(update={"organ": now(appeal.organ), "handler": now(appeal.handler)}),
    }


def _until(window: Deadline | None) -> Instant | None:
    return window.due if window is not None else None


def _requested(case: Case, body: e.AppealRequested, r: e.Recorded) -> Change:
    return {
        "appeal": Appeal(
            id=body.appeal,
            instance=body.instance,
            organ=body.lead,
            handler=body.handler,
            acted=body.acted,
            at=r.at,
        ),
        "stage": Stage.REVIEWED,
        "lead": body.lead,
        "lead_since": r.at,
        "acknowledged": True,
        "started": False,
        **clocks(case, *AFTER_THE_OPINION, add=[body.deadline]),
    }


def _decided(case: Case, body: e.AppealDecided, r: e.Recorded) -> Change:
    revoked = body.outcome is AppealOutcome.REVOKED
    handler = case.appeal.handler if case.appeal is not None else body.by
    opinion = Opinion(
        instance=body.instance,
        by=body.by,
        handler=handler,
        delivered_at=body.delivered_at,
        ask_until=_until(body.window),
    )
    return {
        "appeal": None,
        "opinion": None if revoked else opinion,
        "stage": Stage.HANDLING if revoked else Stage.REVIEWED,
        "lead": body.lead,
        "lead_since": r.at if body.lead is not None else None,
        "last_lead": body.lead if revoked else case.last_lead,
        "sender": case.dispatcher if body.lead is not None else None,
        # A body that was designated is that still when its work comes back to it in the same episode.
        "designated": case.designated and body.lead is not None,
        "started": False,
        "rulers": plus(case.rulers, r.actor.person),
        **clocks(case, DeadlineKind.DECIDE_APPEAL, add=[*body.deadlines, body.window]),
    }


def _lapsed(case: Case, _: e.AppealLapsed, __: e.Recorded) -> Change:
    return clocks(case, DeadlineKind.ASK_APPEAL)


def _exhausted(_case: Case, _body: e.WayExhausted, _: e.Recorded) -> Change:
    return {}


TABLE: Table = {
    e.AppealRequested: _requested,
    e.AppealDecided: _decided,
    e.AppealLapsed: _lapsed,
    e.WayExhausted: _exhausted,
}
