"""What every command carries."""

from typing import Annotated, ClassVar

from pydantic import PositiveInt, StringConstraints

from domain.actors import Actor
from domain.base import CommandId, Frozen, Instant
from domain.personal import PersonalRef

CaseNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{4}-[0-9A-Z]{4}$")]


class Command(Frozen):
    """What every command carries.

    ``expected_version``: the version of the case that the actor saw; an older one is refused. ``done_at``: when the
    thing was done, where that was before it was typed in. It is kept and moves nothing.
    """

    texts: ClassVar[frozenset[str]] = frozenset()

    id: CommandId
    actor: Actor
    expected_version: PositiveInt | None = None
    done_at: Instant | None = None
    personal: PersonalRef | None = None
