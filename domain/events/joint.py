"""Joint work: who was asked, whistled, commissioned, and what came of it. No event here moves lead, charge or state."""

from typing import Literal

from domain.base import BodyId, Instant
from domain.deadlines import Deadline
from domain.events.shape import EventBody
from domain.joint_words import AssistanceRefusal, Expired, Funding, ProviderReply, Score
from domain.jurisdiction import ContractId, MilestoneId
from domain.personal import PersonalRef
from domain.words import Channel, Step


class AssistanceAsked(EventBody):
    """A body was asked to assist. ``listed``: the catalogue names its kind for the matter.

    ``deadline`` is the clock to answer; ``end`` that of the whole assistance, where an end was named.
    """

    type: Literal["assistance_asked"] = "assistance_asked"
    assistance: str
    asked: BodyId
    by: BodyId
    funding: Funding | None
    until: Instant | None
    listed: bool
    personal: PersonalRef | None
    deadline: Deadline
    end: Deadline | None


class AssistanceAccepted(EventBody):
    """The asked body assists."""

    type: Literal["assistance_accepted"] = "assistance_accepted"
    assistance: str
    body: BodyId


class AssistanceRefused(EventBody):
    """The asked body does not assist. No blame is in it."""

    type: Literal["assistance_refused"] = "assistance_refused"
    assistance: str
    body: BodyId
    refusal: AssistanceRefusal
    personal: PersonalRef | None


class AssistanceFinished(EventBody):
    """The assisting body said what came of its task."""

    type: Literal["assistance_finished"] = "assistance_finished"
    assistance: str
    body: BodyId
    personal: PersonalRef | None


class AssistanceReleased(EventBody):
    """Who asked needs it no longer."""

    type: Literal["assistance_released"] = "assistance_released"
    assistance: str
    body: BodyId
    by: BodyId


class AssistanceOver(EventBody):
    """The end that was agreed for the assistance has come."""

    type: Literal["assistance_over"] = "assistance_over"
    assistance: str
    body: BodyId


class WhistleAsked(EventBody):
    """A community asked its street to whistle."""

    type: Literal["whistle_asked"] = "whistle_asked"
    by: BodyId
    street: BodyId
    called: tuple[BodyId, ...]
    personal: PersonalRef | None
    deadline: Deadline


class WhistleDeclined(EventBody):
    """The street does not whistle on the asking of ``asked_by``."""

    type: Literal["whistle_declined"] = "whistle_declined"
    by: BodyId
    asked_by: tuple[BodyId, ...]
    personal: PersonalRef | None


class Whistled(EventBody):
    """The street convened these bodies; each has a clock of its own to report in."""

    type: Literal["whistled"] = "whistled"
    whistle: str
    by: BodyId
    called: tuple[BodyId, ...]
    personal: PersonalRef | None
    deadlines: tuple[Deadline, ...]


class ReportedIn(EventBody):
    """A whistled body reported in. The lead stayed where it was."""

    type: Literal["reported_in"] = "reported_in"
    whistle: str
    body: BodyId
    step: Step
    channel: Channel | None
    personal: PersonalRef | None


class StoodDown(EventBody):
    """Who whistled let these bodies go."""

    type: Literal["stood_down"] = "stood_down"
    by: BodyId
    called: tuple[BodyId, ...]


class Scored(EventBody):
    """One of the two of a whistle scored the other. It is for audits, and touches nothing of the case."""

    type: Literal["scored"] = "scored"
    whistle: str
    by: BodyId
    scored: BodyId
    promptness: Score
    cooperation: Score
    clarity: Score


class Commissioned(EventBody):
    """A provider works under a contract. ``deadline`` is the first end among contract and qualifications."""

    type: Literal["commissioned"] = "commissioned"
    commission: str
    contract: ContractId
    provider: BodyId
    client: BodyId
    funds: tuple[Funding, ...]
    deadline: Deadline


class CommissionExtended(EventBody):
    """The pack renewed the contract or the qualification before it ran out: the clock goes on to the new end."""

    type: Literal["commission_extended"] = "commission_extended"
    contract: ContractId
    provider: BodyId
    deadline: Deadline


class CommissionLapsed(EventBody):
    """Contract or qualification ran out in mid-work. The lead answers on."""

    type: Literal["commission_lapsed"] = "commission_lapsed"
    contract: ContractId
    provider: BodyId
    expired: Expired


class CommissionEnded(EventBody):
    """The client ended the commission."""

    type: Literal["commission_ended"] = "commission_ended"
    contract: ContractId
    provider: BodyId
    by: BodyId
    personal: PersonalRef | None


class MilestoneReached(EventBody):
    """A milestone was reached, by the word of ``by``."""

    type: Literal["milestone_reached"] = "milestone_reached"
    contract: ContractId
    milestone: MilestoneId
    by: BodyId
    personal: PersonalRef | None


class MilestoneAccepted(EventBody):
    """The client accepted a milestone."""

    type: Literal["milestone_accepted"] = "milestone_accepted"
    contract: ContractId
    milestone: MilestoneId
    by: BodyId


class ProviderAsked(EventBody):
    """The provider was asked how its task stands. ``link`` names the question and is no secret."""

    type: Literal["provider_asked"] = "provider_asked"
    link: str
    contract: ContractId
    provider: BodyId
    by: BodyId
    personal: PersonalRef | None
    deadline: Deadline


class ProviderAnswered(EventBody):
    """The provider answered. ``late``: the window had passed, or nothing was waited for; then nothing changes."""

    type: Literal["provider_answered"] = "provider_answered"
    link: str
    provider: BodyId
    answer: ProviderReply
    late: bool
    personal: PersonalRef | None


class ProviderSilent(EventBody):
    """The window passed without an answer of the provider."""

    type: Literal["provider_silent"] = "provider_silent"
    link: str
    provider: BodyId


JointEvent = (
    AssistanceAsked
    | AssistanceAccepted
    | AssistanceRefused
    | AssistanceFinished
    | AssistanceReleased
    | AssistanceOver
    | WhistleAsked
    | WhistleDeclined
    | Whistled
    | ReportedIn
    | StoodDown
    | Scored
    | Commissioned
    | CommissionExtended
    | CommissionLapsed
    | CommissionEnded
    | MilestoneReached
    | MilestoneAccepted
    | ProviderAsked
    | ProviderAnswered
    | ProviderSilent
)
