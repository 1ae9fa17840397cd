"""A glance at another case: the little that a decision may have to know of a case that is not its own.

A decision on one case that rests on another (a merge, the waking of a child) is made on glances, and the append refuses
it if by then one of them shows something else (ledger/append.py). So no case is ever merged into one that has just
ended. What a glance leaves out, such as the version, may change without the decision becoming wrong.
"""

from uuid import UUID

from pydantic import PositiveInt

from domain.base import BodyId, Frozen, Instant, MatterId, PersonId, PlaceCode
from domain.words import Ending, Procedure, State


class Reply(Frozen):
    """Where a public reply lies: in the event of that version of that case."""

    case: UUID
    number: str
    version: PositiveInt


class Glance(Frozen):
    """Another case, as far as one may look.

    ``parent`` is the case that it follows; ``children``: whether any follow it. ``clock_from``: when the resident's
    clock began. ``accused``: the bodies and persons that its wall names (design.md §3.6).
    """

    id: UUID
    number: str
    state: State
    procedure: Procedure
    dispatcher: BodyId
    registrar: BodyId | None
    matter: MatterId | None
    place: PlaceCode | None
    lead: BodyId | None
    designated: bool
    answered_at_intake: bool
    registered_at: Instant
    clock_from: Instant
    ending: Ending | None
    parent: UUID | None
    children: bool
    reply: Reply | None
    accused: tuple[BodyId, ...] = ()
    handlers: tuple[PersonId, ...] = ()
    reviewers: tuple[PersonId, ...] = ()
    rulers: tuple[PersonId, ...] = ()
