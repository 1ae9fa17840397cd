"""Who acts: a person under a hat for a body, the resident, a provider by its link, a partner, the system, the clock."""

from domain.base import BodyId, Frozen, PersonId
from domain.words import ActorKind, Role


class Actor(Frozen):
    """The actor of a command, and of each event that it causes, as he was at that time.

    ``person`` is opaque. ``role`` and ``body`` are the hat; ``office`` is the body's name as it was then and is filled
    in from the facts when the decision is made. ``typed_by`` is the person who typed, where another one acted.
    """

    kind: ActorKind
    person: PersonId | None = None
    role: Role | None = None
    body: BodyId | None = None
    office: str | None = None
    typed_by: PersonId | None = None


CLOCK = Actor(kind=ActorKind.CLOCK)
SYSTEM = Actor(kind=ActorKind.SYSTEM)
RESIDENT = Actor(kind=ActorKind.RESIDENT)


def person(who: str, role: Role, body: str, typed_by: str | None = None) -> Actor:
    """A person acting under a hat."""
    return Actor(kind=ActorKind.PERSON, person=who, role=role, body=body, typed_by=typed_by)


def by_link(provider: str) -> Actor:
    """A provider that answers by a one-time link: which of its people did is not known."""
    return Actor(kind=ActorKind.PROVIDER, body=provider)
