"""Intake and triage: what these events do to a case."""

from domain import events as e
from domain.case import Case, Stage
from domain.evolving.shape import Change, Table, clocks, ended, plus
from domain.glance import Reply
from domain.words import DeadlineKind, Ending, Exceptional

_OF_A_ROUTE = frozenset({Exceptional.NO_ROUTE, Exceptional.NOBODY_AT_THE_DESK})


def _named(case: Case, body: e.Triaged | e.Recategorised) -> Change:
    swapped = clocks(case, DeadlineKind.RESOLVE, add=[body.resolve]) if body.resolve else {}
    return {
        "matter": body.matter,
        "place": body.place,
        "kind": body.kind,
        "route": body.route,
        "exceptions": tuple(kind for kind in case.exceptions if kind not in _OF_A_ROUTE),
        **swapped,
    }


def _triaged(case: Case, body: e.Triaged, _: e.Recorded) -> Change:
    return {**_named(case, body), "urgency": body.urgency or case.urgency}


def _recategorised(case: Case, body: e.Recategorised, r: e.Recorded) -> Change:
    return {**_named(case, body), "recategorised_at": r.at}


def _answered_at_intake(case: Case, body: e.AnsweredAtIntake, r: e.Recorded) -> Change:
    return {
        "answered_at_intake": True,
        "reply": Reply(case=case.id, number=case.number, version=r.version),
        "stage": Stage.REVIEWED,
        "handlers": plus(case.handlers, r.actor.person),
        **clocks(case, DeadlineKind.TRIAGE, DeadlineKind.RESOLVE, add=[body.deadline]),
    }


def _ended_at_intake(case: Case, _: e.EndedAtIntake, r: e.Recorded) -> Change:
    return ended(case, r, Ending.ANSWERED_AT_INTAKE)


TABLE: Table = {
    e.Triaged: _triaged,
    e.Recategorised: _recategorised,
    e.AnsweredAtIntake: _answered_at_intake,
    e.EndedAtIntake: _ended_at_intake,
}
