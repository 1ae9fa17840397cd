"""Verdict, endings and a new episode."""

from typing import Literal

from pydantic import PositiveInt

from domain.base import BodyId
from domain.deadlines import Deadline
from domain.events.shape import EventBody
from domain.jurisdiction import Name
from domain.personal import PersonalRef
from domain.words import Channel, NotAcceptedGround, Satisfaction, Way


class VerdictRecorded(EventBody):
    """The resident's verdict. ``final`` where no re-handling is left or none is needed."""

    type: Literal["verdict_recorded"] = "verdict_recorded"
    response: bool
    resolution: bool
    satisfaction: Satisfaction
    channel: Channel
    round: PositiveInt
    final: bool
    deadline: Deadline | None


class VerdictLapsed(EventBody):
    """No verdict came in the window; counted apart where the resident wished for no contact."""

    type: Literal["verdict_lapsed"] = "verdict_lapsed"
    no_contact: bool
    deadline: Deadline | None


class RehandlingOrdered(EventBody):
    """An unsatisfied verdict sent the case back to its lead, or to triage, in the same episode."""

    type: Literal["rehandling_ordered"] = "rehandling_ordered"
    round: PositiveInt
    deadlines: tuple[Deadline, ...]


class Closed(EventBody):
    """The reviewing body closed the case; the way of appeal was stated."""

    type: Literal["closed"] = "closed"
    by: BodyId
    appeal: Name


class Withdrawn(EventBody):
    """The resident took the issue back."""

    type: Literal["withdrawn"] = "withdrawn"
    channel: Channel
    personal: PersonalRef | None


class NotAccepted(EventBody):
    """The case was not accepted; the resident was heard and told."""

    type: Literal["not_accepted"] = "not_accepted"
    ground_code: NotAcceptedGround
    told_by: Channel
    personal: PersonalRef | None


class Redirected(EventBody):
    """The case left for the way that the law opens for it; the resident was told which, and why.

    ``basis`` is the pack's text with the article. ``to`` is the organ, where the pack names one.
    """

    type: Literal["redirected"] = "redirected"
    way: Way
    basis: Name
    to: BodyId | None
    told_by: Channel
    personal: PersonalRef | None


class Reopened(EventBody):
    """A new episode began; the last valid lead answers at once, or the dispatching body where there is none."""

    type: Literal["reopened"] = "reopened"
    episode: PositiveInt
    lead: BodyId | None
    channel: Channel
    personal: PersonalRef | None
    deadlines: tuple[Deadline, ...]


EndingEvent = (
    VerdictRecorded
    | VerdictLapsed
    | RehandlingOrdered
    | Closed
    | Withdrawn
    | NotAccepted
    | Redirected
    | Reopened
)
