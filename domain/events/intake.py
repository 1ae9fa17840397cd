"""Intake and triage."""

from typing import Literal

from domain.base import BodyId, Instant, MatterId, PlaceCode
from domain.deadlines import Deadline
from domain.events.shape import EventBody
from domain.personal import PersonalRef
from domain.route import Route
from domain.words import CaseKind, Channel, Procedure, Urgency


class Registered(EventBody):
    """A case was taken in. The dispatching body answers from here.

    ``clock_from``: when the resident's clock began, where that was not now: on the case that this one was split from.
    """

    type: Literal["registered"] = "registered"
    number: str
    kind: CaseKind
    channel: Channel
    procedure: Procedure
    matter: MatterId | None
    place: PlaceCode | None
    registrar: BodyId | None
    dispatcher: BodyId
    received_at: Instant | None
    anonymous: bool
    no_contact: bool
    personal: PersonalRef | None
    deadlines: tuple[Deadline, ...]
    route: Route | None = None
    same_as: str | None = None
    clock_from: Instant | None = None
    against: tuple[BodyId, ...] = ()
    misconduct: bool = False
    urgency: Urgency = Urgency.NORMAL


class Triaged(EventBody):
    """Matter and place were set. The allowance is swapped, the start is not.

    ``resolve`` is None where the allowance had been used up before: what the clock has rung for goes on. ``urgency`` is
    None where it stays.
    """

    type: Literal["triaged"] = "triaged"
    matter: MatterId
    place: PlaceCode | None
    kind: CaseKind
    resolve: Deadline | None
    route: Route | None = None
    urgency: Urgency | None = None


class Recategorised(EventBody):
    """Another matter or place was set while a lead works. The lead stays; the allowance is swapped, the start is not.

    ``was`` is the old matter. ``resolve`` is None as in ``triaged``.
    """

    type: Literal["recategorised"] = "recategorised"
    was: MatterId
    matter: MatterId
    place: PlaceCode | None
    kind: CaseKind
    resolve: Deadline | None
    route: Route | None = None


class AnsweredAtIntake(EventBody):
    """The dispatching body gave the answer itself; the verdict is asked."""

    type: Literal["answered_at_intake"] = "answered_at_intake"
    personal: PersonalRef | None
    deadline: Deadline


class EndedAtIntake(EventBody):
    """The answer given at intake stood: the case ended with it."""

    type: Literal["ended_at_intake"] = "ended_at_intake"


IntakeEvent = Registered | Triaged | Recategorised | AnsweredAtIntake | EndedAtIntake
