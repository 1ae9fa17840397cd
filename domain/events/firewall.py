"""The firewall: who was accused, who stepped out, and what the wall took away from whom."""

from typing import Literal

from domain.base import BodyId, PersonId
from domain.deadlines import Deadline
from domain.events.shape import EventBody
from domain.personal import PersonalRef


class Accused(EventBody):
    """Bodies were named that the issue is a complaint against."""

    type: Literal["accused"] = "accused"
    against: tuple[BodyId, ...]
    misconduct: bool
    personal: PersonalRef | None


class Recused(EventBody):
    """A person stepped out of the case."""

    type: Literal["recused"] = "recused"
    person: PersonId
    personal: PersonalRef | None


class InterestDeclared(EventBody):
    """It was declared that a person has an interest in the case."""

    type: Literal["interest_declared"] = "interest_declared"
    person: PersonId
    personal: PersonalRef | None


class RemovedByFirewall(EventBody):
    """Bodies lost every part that they had in the case: accused, below an accused one, or left without an able person.

    ``dispatcher`` is the dispatching body from here; it takes the place of those removed. ``to_triage``: the case has
    no lead any more and waits in triage. ``ruling`` is the ruling body from here while a ruling stays open;
    ``organ`` decides the review that was asked for, and leads meanwhile, in the place of one that was removed.
    """

    type: Literal["removed_by_firewall"] = "removed_by_firewall"
    bodies: tuple[BodyId, ...]
    dispatcher: BodyId
    to_triage: bool
    ruling: BodyId | None = None
    organ: BodyId | None = None
    deadlines: tuple[Deadline, ...] = ()


FirewallEvent = Accused | Recused | InterestDeclared | RemovedByFirewall
