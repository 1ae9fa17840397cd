"""The events: what has happened to a case, in the past tense, and the envelope in which the ledger keeps them.

Names are stable strings with a schema version, never Python paths. A changed shape is a new schema version with an
upcaster in ``UPCASTERS``; what was written is never rewritten. An event body holds ids, codes and instants: no free
text, no name of a resident.

One module for each subject, each with the union of its events; ``AnyEvent`` is the union of those.
"""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, PositiveInt, TypeAdapter, ValidationError

from domain.actors import Actor
from domain.base import CommandId, Frozen, Instant
from domain.errors import UnknownEvent
from domain.events.appeals import AppealDecided, AppealEvent, AppealLapsed, AppealRequested, WayExhausted
from domain.events.endings import (
    Closed,
    EndingEvent,
    NotAccepted,
    Redirected,
    RehandlingOrdered,
    Reopened,
    VerdictLapsed,
    VerdictRecorded,
    Withdrawn,
)
from domain.events.firewall import (
    Accused,
    FirewallEvent,
    InterestDeclared,
    Recused,
    RemovedByFirewall,
)
from domain.events.handoffs import (
    Acknowledged,
    DeemedSigned,
    Designated,
    HandoffEvent,
    Informed,
    Objected,
    ProposalEnded,
    Proposed,
    PushDownRefused,
    Returned,
    ReturnRequested,
    Ruled,
    RulingOpened,
    Signed,
    Succeeded,
)
from domain.events.intake import (
    AnsweredAtIntake,
    EndedAtIntake,
    IntakeEvent,
    Recategorised,
    Registered,
    Triaged,
)
from domain.events.joint import (
    AssistanceAccepted,
    AssistanceAsked,
    AssistanceFinished,
    AssistanceOver,
    AssistanceRefused,
    AssistanceReleased,
    Commissioned,
    CommissionEnded,
    CommissionExtended,
    CommissionLapsed,
    JointEvent,
    MilestoneAccepted,
    MilestoneReached,
    ProviderAnswered,
    ProviderAsked,
    ProviderSilent,
    ReportedIn,
    Scored,
    StoodDown,
    WhistleAsked,
    Whistled,
    WhistleDeclined,
)
from domain.events.ladder import (
    Alerted,
    DeadlineMissed,
    Escalated,
    ExceptionRaised,
    LadderEvent,
    Nudged,
    OversightAdded,
    Rebased,
)
from domain.events.merges import AnsweredWithParent, Linked, Merged, MergeEvent, Unmerged
from domain.events.shape import EventBody
from domain.events.shelving import (
    Shelved,
    ShelvingEvent,
    ShelvingRefused,
    ShelvingRequested,
    Unshelved,
)
from domain.events.work import Resolved, Reviewed, SentBack, Started, StepRecorded, WorkEvent

__all__ = [
    "SCHEMAS",
    "UPCASTERS",
    "Accused",
    "Acknowledged",
    "Alerted",
    "AnsweredAtIntake",
    "AnsweredWithParent",
    "AnyEvent",
    "AppealDecided",
    "AppealLapsed",
    "AppealRequested",
    "AssistanceAccepted",
    "AssistanceAsked",
    "AssistanceFinished",
    "AssistanceOver",
    "AssistanceRefused",
    "AssistanceReleased",
    "Closed",
    "CommissionEnded",
    "CommissionExtended",
    "CommissionLapsed",
    "Commissioned",
    "DeadlineMissed",
    "DeemedSigned",
    "Designated",
    "EndedAtIntake",
    "Escalated",
    "EventBody",
    "ExceptionRaised",
    "FactsUsed",
    "Informed",
    "InterestDeclared",
    "Linked",
    "Merged",
    "MilestoneAccepted",
    "MilestoneReached",
    "NotAccepted",
    "Nudged",
    "Objected",
    "OversightAdded",
    "ProposalEnded",
    "Proposed",
    "ProviderAnswered",
    "ProviderAsked",
    "ProviderSilent",
    "PushDownRefused",
    "Rebased",
    "Recategorised",
    "Recorded",
    "Recused",
    "Redirected",
    "Registered",
    "RehandlingOrdered",
    "RemovedByFirewall",
    "Reopened",
    "ReportedIn",
    "Resolved",
    "ReturnRequested",
    "Returned",
    "Reviewed",
    "Ruled",
    "RulingOpened",
    "Scored",
    "SentBack",
    "Shelved",
    "ShelvingRefused",
    "ShelvingRequested",
    "Signed",
    "Started",
    "StepRecorded",
    "StoodDown",
    "Succeeded",
    "Triaged",
    "Unmerged",
    "Unshelved",
    "VerdictLapsed",
    "VerdictRecorded",
    "WayExhausted",
    "WhistleAsked",
    "WhistleDeclined",
    "Whistled",
    "Withdrawn",
    "read_event",
]

AnyEvent = Annotated[
    IntakeEvent
    | HandoffEvent
    | WorkEvent
    | ShelvingEvent
    | EndingEvent
    | AppealEvent
    | LadderEvent
    | JointEvent
    | MergeEvent
    | FirewallEvent,
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
