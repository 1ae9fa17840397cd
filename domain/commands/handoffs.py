"""Hand-offs and disputes."""

from typing import Literal

from domain.base import BodyId
from domain.commands.shape import Command
from domain.words import Reason


class Propose(Command):
    """Propose a body as lead (拟派): ``to``, or the one that the rules name."""

    type: Literal["propose"] = "propose"
    to: BodyId | None = None


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


class Inform(Command):
    """Tell a body of the case (知会). It answers for nothing by that."""

    type: Literal["inform"] = "inform"
    to: BodyId


class Acknowledge(Command):
    """The designated body confirms that it knows (确认). It is not asked to sign."""

    type: Literal["acknowledge"] = "acknowledge"


HandoffCommand = (
    Propose
    | Sign
    | Object
    | AcceptObjection
    | ContestObjection
    | Return
    | SignReturn
    | RefuseReturn
    | RuleOn
    | Inform
    | Acknowledge
)
