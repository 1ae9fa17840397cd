"""Verdict, endings, a new episode: what these events do to a case."""

from domain import events as e
from domain.case import Case, Stage, Verdict
from domain.deadlines import Deadline
from domain.evolving.shape import Change, Table, clocks, ended
from domain.words import DeadlineKind, Ending


def _judged(case: Case, verdict: Verdict, deadline: Deadline | None) -> Change:
    return {
        "stage": Stage.JUDGED,
        "first_verdict": case.first_verdict or verdict,
        "verdict": verdict,
        **clocks(case, DeadlineKind.VERDICT, add=[deadline]),
    }


def _verdict_recorded(case: Case, body: e.VerdictRecorded, r: e.Recorded) -> Change:
    verdict = Verdict(satisfaction=body.satisfaction, channel=body.channel, at=r.at)
    return {"verdicts": case.verdicts + 1, **_judged(case, verdict, body.deadline)}


def _verdict_lapsed(case: Case, body: e.VerdictLapsed, r: e.Recorded) -> Change:
    return _judged(case, Verdict(satisfaction=None, channel=None, at=r.at), body.deadline)


def _rehandling_ordered(case: Case, body: e.RehandlingOrdered, _: e.Recorded) -> Change:
    return {
        "stage": Stage.HANDLING,
        "answered_at_intake": False,
        "started": False,
        "rehandlings": body.round,
        "opinion": None,
        **clocks(
            case,
            DeadlineKind.TRIAGE,
            DeadlineKind.RESOLVE,
            DeadlineKind.CLOSE,
            DeadlineKind.ASK_APPEAL,
            add=body.deadlines,
        ),
    }


def _closed(case: Case, _: e.Closed, r: e.Recorded) -> Change:
    return ended(case, r, Ending.CLOSED)


def _withdrawn(case: Case, _: e.Withdrawn, r: e.Recorded) -> Change:
    return ended(case, r, Ending.WITHDRAWN)


def _not_accepted(case: Case, _: e.NotAccepted, r: e.Recorded) -> Change:
    return ended(case, r, Ending.NOT_ACCEPTED)


def _redirected(case: Case, _: e.Redirected, r: e.Recorded) -> Change:
    return ended(case, r, Ending.REDIRECTED)


def _reopened(case: Case, body: e.Reopened, r: e.Recorded) -> Change:
    return {
        "episode": body.episode,
        "episode_at": r.at,
        "ending": None,
        "ended_at": None,
        "lead": body.lead,
        "lead_since": r.at if body.lead else None,
        "sender": case.dispatcher if body.lead else None,
        "designated": False,
        "acknowledged": True,
        "started": False,
        "stage": Stage.HANDLING,
        "answered_at_intake": False,
        "heard": False,
        "opinion": None,
        "shelved_seconds": 0,
        "first_verdict": None,
        "verdict": None,
        "verdicts": 0,
        "rehandlings": 0,
        "deadlines": body.deadlines,
        "rungs": (),
        "passed_to": (body.lead,) if body.lead else (),
        "hand_backs": 0,
        "handlers": (),
        "reviewers": (),
        "rulers": (),
    }


TABLE: Table = {
    e.VerdictRecorded: _verdict_recorded,
    e.VerdictLapsed: _verdict_lapsed,
    e.RehandlingOrdered: _rehandling_ordered,
    e.Closed: _closed,
    e.Withdrawn: _withdrawn,
    e.NotAccepted: _not_accepted,
    e.Redirected: _redirected,
    e.Reopened: _reopened,
}
