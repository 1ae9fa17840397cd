"""The events: what has happened to a case, in the past tense, and the envelope in which the ledger keeps them.

Names are stable strings with a schema version, never Python paths. A changed shape is a new schema version with an
upcaster in ``UPCASTERS``; what was written is never rewritten. An event body holds ids, codes and instants: no free
text, no name of a resident.
"""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field, PositiveInt, TypeAdapter, ValidationError

from domain.actors import Actor
from domain.base import BodyId, CommandId, Frozen, Instant, Interval, MatterId, PlaceCode
from domain.deadlines import Deadline
from domain.errors import UnknownEvent
from domain.jurisdiction import Name
from domain.personal import PersonalRef
from domain.words import (
    CaseKind,
    Channel,
    Contacted,
    DeadlineKind,
    Exceptional,
    NotAcceptedGround,
    Procedure,
    Reason,
    Satisfaction,
    Solved,
    Step,
    Truth,
)


class EventBody(Frozen):
    """What every event body has: a schema version, and a ``type`` that never changes its name."""

    schema_version: ClassVar[int] = 1


class Registered(EventBody):
    """A case was taken in. The dispatching body answers from here."""

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


class Triaged(EventBody):
    """Matter and place were set. The allowance is swapped, the start is not.

    ``resolve`` is None where the allowance had been used up before: what the clock has rung for goes on.
    """

    type: Literal["triaged"] = "triaged"
    matter: MatterId
    place: PlaceCode | None
    kind: CaseKind
    resolve: Deadline | None


class AnsweredAtIntake(EventBody):
    """The dispatching body gave the answer itself; the verdict is asked."""

    type: Literal["answered_at_intake"] = "answered_at_intake"
    personal: PersonalRef | None
    deadline: Deadline


class EndedAtIntake(EventBody):
    """The answer given at intake stood: the case ended with it."""

    type: Literal["ended_at_intake"] = "ended_at_intake"


class Proposed(EventBody):
    """A body was proposed as lead and its inbox has the notice since ``notified_at``."""

    type: Literal["proposed"] = "proposed"
    proposal: str
    to: BodyId
    by: BodyId
    notified_at: Instant | None
    deadline: Deadline


class Signed(EventBody):
    """The proposed body signed: it leads from here."""

    type: Literal["signed"] = "signed"
    proposal: str
    lead: BodyId


class DeemedSigned(EventBody):
    """Silence bound a body that could have spoken during the whole window (默认签收)."""

    type: Literal["deemed_signed"] = "deemed_signed"
    proposal: str
    lead: BodyId
    window: Interval


class ProposalEnded(EventBody):
    """A proposal ended without a lead: back to triage."""

    type: Literal["proposal_ended"] = "proposal_ended"
    proposal: str
    cause: Literal["objection_accepted", "nobody_in_post"]
    deadline: Deadline


class Objected(EventBody):
    """The proposed body objected before signing; the proposer has to answer."""

    type: Literal["objected"] = "objected"
    proposal: str
    reason: Reason
    proposed_owner: BodyId
    personal: PersonalRef | None
    deadline: Deadline


class ReturnRequested(EventBody):
    """The lead asked to hand the case back; it leads on until the sender signs."""

    type: Literal["return_requested"] = "return_requested"
    request: str
    by: BodyId
    to: BodyId
    reason: Reason
    proposed_owner: BodyId
    personal: PersonalRef | None
    deadline: Deadline


class Returned(EventBody):
    """The sender signed the return: no lead, back to triage."""

    type: Literal["returned"] = "returned"
    request: str
    by: BodyId
    deadline: Deadline


class RulingOpened(EventBody):
    """A dispute went to the lowest common superior of the parties, or to nobody where there is none."""

    type: Literal["ruling_opened"] = "ruling_opened"
    ruling: str
    cause: Literal["objection_contested", "objection_unanswered", "return_refused", "return_unanswered"]
    parties: tuple[BodyId, ...]
    body: BodyId | None
    personal: PersonalRef | None
    deadline: Deadline


class Ruled(EventBody):
    """The ruling body ended the dispute."""

    type: Literal["ruled"] = "ruled"
    ruling: str
    by: BodyId
    personal: PersonalRef | None


class Designated(EventBody):
    """A body was made lead by a ruling, at once; it acknowledges and may neither object nor return."""

    type: Literal["designated"] = "designated"
    lead: BodyId
    by: BodyId
    deadline: Deadline


class Acknowledged(EventBody):
    """The designated body confirmed."""

    type: Literal["acknowledged"] = "acknowledged"


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
    """The lead reported the case resolved."""

    type: Literal["resolved"] = "resolved"
    truth: Truth
    ours: bool
    contacted: Contacted
    solved: Solved
    personal: PersonalRef | None
    deadline: Deadline


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


class Reopened(EventBody):
    """A new episode began; the last valid lead answers at once, or the dispatching body where there is none."""

    type: Literal["reopened"] = "reopened"
    episode: PositiveInt
    lead: BodyId | None
    channel: Channel
    personal: PersonalRef | None
    deadlines: tuple[Deadline, ...]


class OversightAdded(EventBody):
    """A body above has its eye on the case. The lead stays where it is."""

    type: Literal["oversight_added"] = "oversight_added"
    body: BodyId
    cause: Literal["by_hand", "unsatisfied_again"]
    personal: PersonalRef | None = None


class DeadlineMissed(EventBody):
    """A deadline passed. ``charged_to`` is the body whose time it was."""

    type: Literal["deadline_missed"] = "deadline_missed"
    deadline: str
    kind: DeadlineKind
    charged_to: BodyId


class Escalated(EventBody):
    """A missed deadline was carried one rung up: that body oversees now. No blame moves (design.md §3.7)."""

    type: Literal["escalated"] = "escalated"
    cause: DeadlineKind
    to: BodyId
    deadline: Deadline


class Alerted(EventBody):
    """There is no higher rung: the top one is alerted, and will be again."""

    type: Literal["alerted"] = "alerted"
    cause: DeadlineKind
    body: BodyId
    deadline: Deadline


class ExceptionRaised(EventBody):
    """Something is missing in the organisation; ``body`` is where. It changes no charge."""

    type: Literal["exception_raised"] = "exception_raised"
    kind: Exceptional
    body: BodyId


class PushDownRefused(EventBody):
    """Somebody tried to make a protected body lead a matter on which it may only assist."""

    type: Literal["push_down_refused"] = "push_down_refused"
    command: str
    to: BodyId
    matter: MatterId


AnyEvent = Annotated[
    Registered
    | Triaged
    | AnsweredAtIntake
    | EndedAtIntake
    | Proposed
    | Signed
    | DeemedSigned
    | ProposalEnded
    | Objected
    | ReturnRequested
    | Returned
    | RulingOpened
    | Ruled
    | Designated
    | Acknowledged
    | Started
    | StepRecorded
    | Resolved
    | SentBack
    | Reviewed
    | VerdictRecorded
    | VerdictLapsed
    | RehandlingOrdered
    | Closed
    | Withdrawn
    | NotAccepted
    | Reopened
    | OversightAdded
    | DeadlineMissed
    | Escalated
    | Alerted
    | ExceptionRaised
    | PushDownRefused,
    Field(discriminator="type"),
]

_EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)

UPCASTERS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""(type, old schema) to the function that makes the next schema's data of it. Nothing has changed shape yet."""

SCHEMAS: dict[str, int] = {
    body.model_fields["type"].default: body.schema_version for body in EventBody.__subclasses__()
}
"""The newest schema version of every event type."""


def read_event(type_: str, schema: int, data: dict[str, Any]) -> AnyEvent:
    """The event body that the ledger kept, brought up to today's schema.

    Raises UnknownEvent for a type, schema or shape that this code cannot read.
    """
    newest = SCHEMAS.get(type_)
    if newest is None or not 1 <= schema <= newest:
        raise UnknownEvent(type_, schema)
    for old in range(schema, newest):
        data = UPCASTERS[type_, old](data)
    try:
        return _EVENT.validate_python({**data, "type": type_})
    except ValidationError as error:
        raise UnknownEvent(type_, schema) from error


class FactsUsed(Frozen):
    """Which version of which pack a decision was made by."""

    pack: str
    version: int


class Recorded(Frozen):
    """An event in its envelope: who, under which hat, when decided, when done, under which command.

    ``at`` is the instant by which rules reckon; ``recorded_at`` is the database's and is None until it is appended.
    """

    id: UUID
    case: UUID
    version: PositiveInt
    at: Instant
    recorded_at: Instant | None = None
    done_at: Instant | None = None
    command: CommandId
    actor: Actor
    facts: FactsUsed
    body: AnyEvent
