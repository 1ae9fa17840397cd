"""The instances of a petition."""

from typing import Literal

from domain.base import BodyId, Instant, PersonId
from domain.deadlines import Deadline
from domain.events.shape import EventBody
from domain.jurisdiction import Name
from domain.personal import PersonalRef
from domain.words import AppealOutcome, Channel, Instance


class AppealRequested(EventBody):
    """A review (复查) or final review (复核) was asked for. The organ above takes the lead and has to decide.

    ``handler`` gave the first opinion. ``acted``: who had a part in an episode that had ended, and decides nothing now.
    """

    type: Literal["appeal_requested"] = "appeal_requested"
    appeal: str
    instance: Instance
    lead: BodyId
    handler: BodyId
    acted: tuple[PersonId, ...]
    channel: Channel
    asked_at: Instant
    personal: PersonalRef | None
    deadline: Deadline


class AppealDecided(EventBody):
    """The organ decided and delivered its opinion.

    Upheld or changed: its opinion stands and ``lead`` is the organ. Revoked: the body that handled the case, or its
    successor, leads again and draws up a new opinion; None where there is neither.
    """

    type: Literal["appeal_decided"] = "appeal_decided"
    appeal: str
    instance: Instance
    outcome: AppealOutcome
    by: BodyId
    lead: BodyId | None
    delivered_at: Instant
    told_by: Channel
    personal: PersonalRef | None
    deadlines: tuple[Deadline, ...]
    window: Deadline | None


class AppealLapsed(EventBody):
    """The window in which the next instance could be asked has passed, and nobody asked."""

    type: Literal["appeal_lapsed"] = "appeal_lapsed"
    instance: Instance


class WayExhausted(EventBody):
    """The final review was decided: the way is at its end, and the resident was told so in these words."""

    type: Literal["way_exhausted"] = "way_exhausted"
    told: Name


AppealEvent = AppealRequested | AppealDecided | AppealLapsed | WayExhausted
