"""The ladder and oversight: what these events do to a case."""

from domain import events as e
from domain.case import Case, Rung, Trouble
from domain.deadlines import Deadline
from domain.evolving.shape import Change, Table, plus


def _next_rung(case: Case, body: e.Escalated | e.Alerted) -> tuple[Deadline, ...]:
    others = (d for d in case.deadlines if d.cause is not body.cause or d.body != body.about)
    return (*others, *([body.deadline] if body.deadline else []))


def _oversight_added(case: Case, body: e.OversightAdded, _: e.Recorded) -> Change:
    return {"overseers": plus(case.overseers, body.body)}


def _deadline_missed(case: Case, body: e.DeadlineMissed, _: e.Recorded) -> Change:
    return {"deadlines": tuple(d for d in case.deadlines if d.id != body.deadline)}


def _escalated(case: Case, body: e.Escalated, _: e.Recorded) -> Change:
    return {
        "overseers": plus(case.overseers, body.to),
        "rungs": (*case.rungs, Rung(cause=body.cause, body=body.to, about=body.about)),
        "deadlines": _next_rung(case, body),
    }


def _alerted(case: Case, body: e.Alerted, _: e.Recorded) -> Change:
    rung = Rung(cause=body.cause, body=body.body, about=body.about)
    return {
        "rungs": case.rungs if rung in case.rungs else (*case.rungs, rung),
        "deadlines": _next_rung(case, body),
    }


def _exception_raised(case: Case, body: e.ExceptionRaised, r: e.Recorded) -> Change:
    known = body.kind in case.exceptions
    others = tuple(t for t in case.troubles if t.kind in case.exceptions and t.kind is not body.kind)
    return {
        "exceptions": case.exceptions if known else (*case.exceptions, body.kind),
        "troubles": (*others, Trouble(kind=body.kind, body=body.body, since=r.at)),
    }


def _nudged(case: Case, body: e.Nudged, _: e.Recorded) -> Change:
    return {"deadlines": tuple(_without(each, body) for each in case.deadlines)}


def _without(deadline: Deadline, nudged: e.Nudged) -> Deadline:
    if deadline.id != nudged.deadline:
        return deadline
    left = tuple(nudge for nudge in deadline.nudges if nudge.percent != nudged.percent)
    return deadline.model_copy(update={"nudges": left})


def _rebased(case: Case, body: e.Rebased, _: e.Recorded) -> Change:
    now = body.deadline
    return {"deadlines": tuple(now if each.id == now.id else each for each in case.deadlines)}


TABLE: Table = {
    e.Nudged: _nudged,
    e.Rebased: _rebased,
    e.OversightAdded: _oversight_added,
    e.DeadlineMissed: _deadline_missed,
    e.Escalated: _escalated,
    e.Alerted: _alerted,
    e.ExceptionRaised: _exception_raised,
}
