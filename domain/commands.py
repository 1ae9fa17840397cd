"""The commands: what somebody asks a case to do. Imperative, one model each; what each may do stands in decide.py.

A command carries no free text: the client's door has moved it to the compartment and left ``personal`` in its place.
``texts`` on a model lists the free texts that it cannot do without.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, PositiveInt, StringConstraints, TypeAdapter

from domain.actors import Actor
from domain.base import BodyId, CommandId, Frozen, Instant, MatterId, PlaceCode
from domain.personal import PersonalRef
from domain.words import (
    CaseKind,
    Channel,
    Contacted,
    NotAcceptedGround,
    Procedure,
    Reason,
    Satisfaction,
    Solved,
    Step,
    Truth,
)

CaseNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{4}-[0-9A-Z]{4}$")]


class Command(Frozen):
    """What every command carries.

    ``expected_version``: the version of the case that the actor saw; an older one is refused. ``done_at``: when the
    thing was done, where that was before it was typed in. It is kept and moves nothing.
    """

    texts: ClassVar[frozenset[str]] = frozenset()

    id: CommandId
    actor: Actor
    expected_version: PositiveInt | None = None
    done_at: Instant | None = None
    personal: PersonalRef | None = None


class Register(Command):
    """Take a resident's issue in (登记). ``number`` is drawn by the workflow, never by the client."""

    texts = frozenset({"text"})

    type: Literal["register"] = "register"
    number: CaseNumber | None = None
    kind: CaseKind = CaseKind.HELP
    channel: Channel = Channel.COUNTER
    procedure: Procedure | None = None
    matter: MatterId | None = None
    place: PlaceCode | None = None
    received_at: Instant | None = None
    anonymous: bool = False
    no_contact: bool = False


class Triage(Command):
    """Say what matter it is and where (待派核定)."""

    type: Literal["triage"] = "triage"
    matter: MatterId
    place: PlaceCode | None = None
    kind: CaseKind | None = None


class AnswerAtIntake(Command):
    """The dispatching body answers the case itself (受理时答复)."""

    texts = frozenset({"reply"})

    type: Literal["answer_at_intake"] = "answer_at_intake"


class Propose(Command):
    """Propose a body as lead (拟派)."""

    type: Literal["propose"] = "propose"
    to: BodyId


class Sign(Command):
    """The proposed body takes the lead (签收)."""

    type: Literal["sign"] = "sign"


class Object(Command):
    """The proposed body says, before signing, that the case is not its own (异议)."""

    texts = frozenset({"ground"})

    type: Literal["object"] = "object"
    reason: Reason
    proposed_owner: BodyId


class AcceptObjection(Command):
    """The proposer agrees with the objection: back to triage (同意异议)."""

    type: Literal["accept_objection"] = "accept_objection"


class ContestObjection(Command):
    """The proposer does not agree: a ruling opens (不同意异议)."""

    texts = frozenset({"ground"})

    type: Literal["contest_objection"] = "contest_objection"


class Return(Command):
    """The lead asks, after signing, to hand the case back (退回)."""

    texts = frozenset({"ground"})

    type: Literal["return"] = "return"
    reason: Reason
    proposed_owner: BodyId


class SignReturn(Command):
    """The sender takes the case back (同意退回)."""

    type: Literal["sign_return"] = "sign_return"


class RefuseReturn(Command):
    """The sender does not take it back: a ruling opens (不同意退回)."""

    texts = frozenset({"ground"})

    type: Literal["refuse_return"] = "refuse_return"


class RuleOn(Command):
    """The ruling body ends the dispute by designating the lead (裁定、指定)."""

    texts = frozenset({"ground"})

    type: Literal["rule"] = "rule"
    designate: BodyId


class Acknowledge(Command):
    """The designated body confirms that it knows (确认). It is not asked to sign."""

    type: Literal["acknowledge"] = "acknowledge"


class Start(Command):
    """The lead begins to work (开始办理)."""

    type: Literal["start"] = "start"


class RecordStep(Command):
    """Record what was done (办理记录). It resets no clock."""

    texts = frozenset({"note"})

    type: Literal["record_step"] = "record_step"
    step: Step
    channel: Channel | None = None


class Resolve(Command):
    """The lead reports the case resolved (办结): four answers, a finding, a public reply, evidence."""

    texts = frozenset({"finding", "reply", "evidence"})

    type: Literal["resolve"] = "resolve"
    truth: Truth
    ours: bool
    contacted: Contacted
    solved: Solved


class Review(Command):
    """The reviewing body passes what was resolved, or sends it back (审核)."""

    type: Literal["review"] = "review"
    passed: bool


class RecordVerdict(Command):
    """The resident's verdict (评价): response, resolution, satisfaction, and by which channel."""

    type: Literal["record_verdict"] = "record_verdict"
    response: bool
    resolution: bool
    satisfaction: Satisfaction
    channel: Channel


class Close(Command):
    """The reviewing body closes the case (结案)."""

    type: Literal["close"] = "close"


class Reopen(Command):
    """Open an ended case again: a new episode (重办)."""

    texts = frozenset({"ground"})

    type: Literal["reopen"] = "reopen"
    channel: Channel


class Withdraw(Command):
    """The resident takes the issue back, or it is recorded that he asked to (撤回)."""

    type: Literal["withdraw"] = "withdraw"
    channel: Channel


class NotAccept(Command):
    """Do not accept the case, on a ground from the closed list (不予受理)."""

    texts = frozenset({"reply"})

    type: Literal["not_accept"] = "not_accept"
    ground_code: NotAcceptedGround
    told_by: Channel


class Oversee(Command):
    """A body above puts its eye on the case (督办). It moves no responsibility."""

    texts = frozenset({"note"})

    type: Literal["oversee"] = "oversee"


class Strike(Command):
    """The clock: the deadline of that id is due."""

    type: Literal["strike"] = "strike"
    deadline: str


AnyCommand = Annotated[
    Register
    | Triage
    | AnswerAtIntake
    | Propose
    | Sign
    | Object
    | AcceptObjection
    | ContestObjection
    | Return
    | SignReturn
    | RefuseReturn
    | RuleOn
    | Acknowledge
    | Start
    | RecordStep
    | Resolve
    | Review
    | RecordVerdict
    | Close
    | Reopen
    | Withdraw
    | NotAccept
    | Oversee
    | Strike,
    Field(discriminator="type"),
]

COMMAND: TypeAdapter[AnyCommand] = TypeAdapter(AnyCommand)
"""Reads a command from JSON; raises pydantic's ValidationError."""

MODELS: dict[str, type[Command]] = {
    model.model_fields["type"].default: model for model in Command.__subclasses__()
}
"""Every command model by its type, the clock's too."""
