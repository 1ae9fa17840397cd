"""Cases that belong together: links, merges and what becomes of a child."""

from typing import Literal
from uuid import UUID

from pydantic import PositiveInt

from domain.base import BodyId, MatterId, PersonId, PlaceCode
from domain.deadlines import Deadline
from domain.events.shape import EventBody
from domain.personal import PersonalRef
from domain.words import State, Tie


class Linked(EventBody):
    """Another case was noted as related; ``state`` is where that one stood, so that the resident can be told."""

    type: Literal["linked"] = "linked"
    other: UUID
    other_number: str
    tie: Tie
    state: State


class Merged(EventBody):
    """The case follows a parent from here; its clocks stand still."""

    type: Literal["merged"] = "merged"
    parent: UUID
    parent_number: str


class Unmerged(EventBody):
    """The case stands by itself again. The resident's clock went on; those of the offices have what they had left."""

    type: Literal["unmerged"] = "unmerged"
    parent: UUID
    parent_number: str
    cause: Literal["by_hand", "parent_ended", "walled"]
    personal: PersonalRef | None


class AnsweredWithParent(EventBody):
    """The answer given on the parent is the answer to this case, and its own resident is asked for a verdict.

    ``reply_version`` is the version of the parent's event that holds the public reply. The parent's ``lead`` leads the case if
    it has to be handled again. The persons are those of the parent who have no other part in this case.
    """

    type: Literal["answered_with_parent"] = "answered_with_parent"
    parent: UUID
    parent_number: str
    reply_version: PositiveInt
    at_intake: bool
    lead: BodyId | None
    designated: bool
    matter: MatterId | None
    place: PlaceCode | None
    handlers: tuple[PersonId, ...]
    reviewers: tuple[PersonId, ...]
    rulers: tuple[PersonId, ...]
    deadline: Deadline


MergeEvent = Linked | Merged | Unmerged | AnsweredWithParent
