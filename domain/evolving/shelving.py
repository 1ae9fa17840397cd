"""Shelving: what these events do to a case."""

from domain import events as e
from domain.case import Case, Shelving, ShelvingRequest
from domain.evolving.shape import Change, Table, clocks, plus
from domain.words import DeadlineKind


def _requested(case: Case, body: e.ShelvingRequested, r: e.Recorded) -> Change:
    return {
        "shelving_request": ShelvingRequest(id=body.request, hours=body.hours, at=r.at),
        "handlers": plus(case.handlers, r.actor.person),
        **clocks(case, DeadlineKind.CONSENT, add=[body.deadline]),
    }


def _refused(case: Case, body: e.ShelvingRefused, r: e.Recorded) -> Change:
    return {
        "shelving_request": None,
        "reviewers": plus(case.reviewers, r.actor.person if body.cause == "by_hand" else None),
        **clocks(case, DeadlineKind.CONSENT),
    }


def _shelved(case: Case, body: e.Shelved, r: e.Recorded) -> Change:
    return {
        "shelving_request": None,
        "shelving": Shelving(id=body.shelving, since=r.at, until=body.until),
        "reviewers": plus(case.reviewers, r.actor.person),
        **clocks(case, DeadlineKind.CONSENT, add=[body.deadline]),
    }


def _unshelved(case: Case, body: e.Unshelved, _: e.Recorded) -> Change:
    return {
        "shelving": None,
        "shelved_seconds": case.shelved_seconds + body.seconds,
        **clocks(case, DeadlineKind.LOOK_AGAIN),
    }


TABLE: Table = {
    e.ShelvingRequested: _requested,
    e.ShelvingRefused: _refused,
    e.Shelved: _shelved,
    e.Unshelved: _unshelved,
}
