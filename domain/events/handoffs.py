"""Hand-offs and disputes: how the lead moved."""

from typing import Literal

from domain.base import BodyId, Instant, Interval, MatterId
from domain.deadlines import Deadline
from domain.events.shape import EventBody
from domain.personal import PersonalRef
from domain.route import Route
from domain.words import Informing, Reason, RulingCause


class Proposed(EventBody):
    """A body was proposed as lead and its inbox has the notice since ``notified_at``. ``route`` is what the rules named."""

    type: Literal["proposed"] = "proposed"
    proposal: str
    to: BodyId
    by: BodyId
    notified_at: Instant | None
    deadline: Deadline
    route: Route | None = None


class Signed(EventBody):
    """The proposed body signed: it leads from here. ``contact``: its clock to reach the resident, if it has one."""

    type: Literal["signed"] = "signed"
    proposal: str
    lead: BodyId
    contact: Deadline | None = None


class DeemedSigned(EventBody):
    """Silence bound a body that could have spoken during the whole window (默认签收)."""

    type: Literal["deemed_signed"] = "deemed_signed"
    proposal: str
    lead: BodyId
    window: Interval
    contact: Deadline | None = None


class ProposalEnded(EventBody):
    """A proposal ended without a lead: back to triage."""

    type: Literal["proposal_ended"] = "proposal_ended"
    proposal: str
    cause: Literal["objection_accepted", "nobody_in_post", "body_ended"]
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
    """A dispute went to the lowest common superior of the parties, or to nobody where there is none.

    ``proposed``: whom a proposal named that was the one too many.
    """

    type: Literal["ruling_opened"] = "ruling_opened"
    ruling: str
    cause: RulingCause
    parties: tuple[BodyId, ...]
    body: BodyId | None
    personal: PersonalRef | None
    deadline: Deadline
    claimant: BodyId | None = None
    sender: BodyId | None = None
    claim: Literal["objection", "return"] | None = None
    proposed: BodyId | None = None


class Ruled(EventBody):
    """The ruling body ended the dispute. What it ``overruled`` counts ``against`` that body."""

    type: Literal["ruled"] = "ruled"
    ruling: str
    by: BodyId
    personal: PersonalRef | None
    overruled: Literal["objection", "return", "proposal"] | None = None
    against: BodyId | None = None


class Designated(EventBody):
    """A body was made lead by a ruling, at once; it acknowledges and may neither object nor return."""

    type: Literal["designated"] = "designated"
    lead: BodyId
    by: BodyId
    deadline: Deadline
    contact: Deadline | None = None


class Acknowledged(EventBody):
    """The designated body confirmed."""

    type: Literal["acknowledged"] = "acknowledged"


class Succeeded(EventBody):
    """A body ended and ``by`` took its place in the case: its successor if one is ``named``, else the body above it.

    ``by`` is None where there is nobody: then nothing moved, and the exception beside it is visible.
    """

    type: Literal["succeeded"] = "succeeded"
    body: BodyId
    by: BodyId | None
    named: bool


class Informed(EventBody):
    """A body was told of the case (知会). It answers for nothing by that."""

    type: Literal["informed"] = "informed"
    body: BodyId
    cause: Informing


class PushDownRefused(EventBody):
    """Somebody tried to make a protected body lead a matter on which it may only assist."""

    type: Literal["push_down_refused"] = "push_down_refused"
    command: str
    to: BodyId
    matter: MatterId


HandoffEvent = (
    Proposed
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
    | Informed
    | Succeeded
    | PushDownRefused
)
