"""Work and review: what these events do to a case."""

from domain import events as e
from domain.case import Case, Stage
from domain.evolving.appeals import opinion_of
from domain.evolving.shape import Change, Table, clocks, plus
from domain.glance import Reply
from domain.words import DeadlineKind, Step


def _started(case: Case, _: e.Started, r: e.Recorded) -> Change:
    return {"started": True, "handlers": plus(case.handlers, r.actor.person)}


_CONTACTS = frozenset({Step.CONTACTED_RESIDENT, Step.CONTACT_FAILED, Step.RESIDENT_HEARD})
"""Steps by which a lead has reached the resident, or has tried to: an attempt on record is what the clock waits for."""


def _step_recorded(case: Case, body: e.StepRecorded, r: e.Recorded) -> Change:
    by_lead = body.by is not None and body.by == case.lead
    contacted = clocks(case, DeadlineKind.FIRST_CONTACT) if by_lead and body.step in _CONTACTS else {}
    return {
        **contacted,
        "heard": case.heard or body.step is Step.RESIDENT_HEARD,
        "handlers": plus(case.handlers, r.actor.person if by_lead else None),
    }


def _resolved(case: Case, body: e.Resolved, r: e.Recorded) -> Change:
    return {
        "stage": Stage.RESOLVED,
        "reply": Reply(case=case.id, number=case.number, version=r.version),
        "acknowledged": True,
        "handlers": plus(case.handlers, r.actor.person),
        "opinion": opinion_of(case, body),
        "shelving_request": None,
        **clocks(
            case,
            DeadlineKind.RESOLVE,
            DeadlineKind.ACKNOWLEDGE,
            DeadlineKind.FIRST_CONTACT,
            DeadlineKind.CONSENT,
            add=[body.deadline, body.window],
        ),
    }


def _sent_back(case: Case, body: e.SentBack, r: e.Recorded) -> Change:
    return {
        "stage": Stage.HANDLING,
        "opinion": None,
        "reviewers": plus(case.reviewers, r.actor.person),
        **clocks(case, DeadlineKind.REVIEW, DeadlineKind.ASK_APPEAL, add=[body.deadline]),
    }


def _reviewed(case: Case, body: e.Reviewed, r: e.Recorded) -> Change:
    return {
        "stage": Stage.REVIEWED,
        "reviewers": plus(case.reviewers, r.actor.person),
        **clocks(case, DeadlineKind.REVIEW, add=[body.deadline]),
    }


TABLE: Table = {
    e.Started: _started,
    e.StepRecorded: _step_recorded,
    e.Resolved: _resolved,
    e.SentBack: _sent_back,
    e.Reviewed: _reviewed,
}
