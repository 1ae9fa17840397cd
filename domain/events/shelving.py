"""Shelving."""

from typing import Literal

from pydantic import NonNegativeInt, PositiveInt

from domain.base import BodyId, Instant
from domain.deadlines import Deadline
from domain.events.shape import EventBody
from domain.personal import PersonalRef
from domain.words import Channel


class ShelvingRequested(EventBody):
    """The head of the lead asked to shelve the case. The work goes on until the reviewing body consents."""

    type: Literal["shelving_requested"] = "shelving_requested"
    request: str
    by: BodyId
    hours: PositiveInt
    personal: PersonalRef | None
    deadline: Deadline


class ShelvingRefused(EventBody):
    """The reviewing body did not consent, or said nothing in time."""

    type: Literal["shelving_refused"] = "shelving_refused"
    request: str
    cause: Literal["by_hand", "unanswered"]
    personal: PersonalRef | None


class Shelved(EventBody):
    """The case is shelved until then; the resident was told. His own clock runs on."""

    type: Literal["shelved"] = "shelved"
    shelving: str
    by: BodyId
    until: Instant
    told_by: Channel
    personal: PersonalRef | None
    deadline: Deadline


class Unshelved(EventBody):
    """The case is looked at again and worked on, after it lay shelved for so many seconds."""

    type: Literal["unshelved"] = "unshelved"
    shelving: str
    cause: Literal["by_hand", "until"]
    seconds: NonNegativeInt
    personal: PersonalRef | None


ShelvingEvent = ShelvingRequested | ShelvingRefused | Shelved | Unshelved
