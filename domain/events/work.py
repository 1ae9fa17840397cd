"""The work of the lead, and its review."""

from typing import Literal

from domain.base import BodyId, Instant
from domain.deadlines import Deadline
from domain.events.shape import EventBody
from domain.personal import PersonalRef
from domain.words import Channel, Contacted, Judgement, Solved, Step, Truth


class Started(EventBody):
    """The lead began to work."""

    type: Literal["started"] = "started"


class StepRecorded(EventBody):
    """Something was done. No clock moved."""

    type: Literal["step_recorded"] = "step_recorded"
    step: Step
    channel: Channel | None
    by: BodyId | None
    personal: PersonalRef | None


class Resolved(EventBody):
    """The lead reported the case resolved.

    On a petition with its written opinion: ``window`` runs from the delivery and ends the time to ask for a review.
    """

    type: Literal["resolved"] = "resolved"
    truth: Truth
    ours: bool
    contacted: Contacted
    solved: Solved
    personal: PersonalRef | None
    deadline: Deadline
    judgement: Judgement | None = None
    delivered_at: Instant | None = None
    told_by: Channel | None = None
    window: Deadline | None = None


class SentBack(EventBody):
    """The review did not pass: the lead works on. The resident's clock ran all the time."""

    type: Literal["sent_back"] = "sent_back"
    personal: PersonalRef | None
    deadline: Deadline


class Reviewed(EventBody):
    """The review passed; the resident's verdict is asked."""

    type: Literal["reviewed"] = "reviewed"
    personal: PersonalRef | None
    deadline: Deadline


WorkEvent = Started | StepRecorded | Resolved | SentBack | Reviewed
