"""What an event does to a case. It cannot fail and cannot refuse: what is in the ledger has happened.

``evolve(case, recorded) -> case`` is a table with one small function for each event type; the functions stand in
domain/evolving/, by subject. A new event is a new function and a new line in the table of its subject.
"""

from collections.abc import Iterable
from functools import reduce

from domain import events as e
from domain.case import Case
from domain.evolving import (
    appeals,
    endings,
    firewall,
    handoffs,
    intake,
    joint,
    ladder,
    merges,
    shelving,
    work,
)
from domain.evolving.shape import Table
from domain.words import ActorKind

_CLOCKWORK = frozenset(
    {
        "deadline_missed",
        "escalated",
        "alerted",
        "exception_raised",
        "oversight_added",
        "nudged",
        "rebased",
    }
)
"""Events that, when the clock causes them, change no command that anybody may give."""


def evolve(case: Case | None, recorded: e.Recorded) -> Case:
    """The case after ``recorded``. ``case`` is None only for ``registered``."""
    body = recorded.body
    if isinstance(body, e.Registered):
        return _registered(body, recorded)
    assert case is not None, "a case begins with registered"  # noqa: S101 - the ledger's own order
    change = _TABLE[type(body)](case, body, recorded)
    ringing = recorded.actor.kind is ActorKind.CLOCK and body.type in _CLOCKWORK
    change["version"] = recorded.version
    change["last_at"] = max(case.last_at, recorded.at)
    change["material_version"] = case.material_version if ringing else recorded.version
    return case.model_copy(update=change)


def fold(recorded: Iterable[e.Recorded], case: Case | None = None) -> Case | None:
    """The case after all of ``recorded``, in order; None if there is nothing."""
    return reduce(evolve, recorded, case)


def _registered(body: e.Registered, r: e.Recorded) -> Case:
    return Case(
        id=r.case,
        number=body.number,
        version=r.version,
        material_version=r.version,
        last_at=r.at,
        kind=body.kind,
        channel=body.channel,
        procedure=body.procedure,
        matter=body.matter,
        place=body.place,
        registrar=body.registrar,
        taken_by=tuple(who for who in (r.actor.person, r.actor.typed_by) if who),
        against=body.against,
        misconduct=body.misconduct,
        dispatcher=body.dispatcher,
        received_at=body.received_at,
        registered_at=r.at,
        episode_at=body.clock_from or r.at,
        anonymous=body.anonymous,
        no_contact=body.no_contact,
        urgency=body.urgency,
        deadlines=body.deadlines,
        route=body.route,
    )


_TABLE: Table = {
    **intake.TABLE,
    **handoffs.TABLE,
    **work.TABLE,
    **shelving.TABLE,
    **endings.TABLE,
    **appeals.TABLE,
    **ladder.TABLE,
    **joint.TABLE,
    **merges.TABLE,
    **firewall.TABLE,
}
