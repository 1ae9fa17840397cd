"""Intake and triage."""

from typing import Annotated, Literal

from pydantic import Field

from domain.base import BodyId, Instant, MatterId, PlaceCode
from domain.commands.shape import CaseNumber, Command
from domain.words import CaseKind, Channel, Procedure, Urgency


class Register(Command):
    """Take a resident's issue in (登记). ``number`` is drawn by the workflow, never by the client.

    ``same_as``: an earlier case of the same resident on the same facts and grounds, where the desk knows of one.
    ``split_from``: the case of which this is one part (分案).
    ``against``: the bodies that it is a complaint against (反映对象); neither they nor those below them get to see it.
    ``misconduct``: it accuses of misconduct (检举控告), which is for the competent organ.
    """

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
    same_as: CaseNumber | None = None
    split_from: CaseNumber | None = None
    against: Annotated[tuple[BodyId, ...], Field(max_length=20)] = ()
    misconduct: bool = False
    urgency: Urgency = Urgency.NORMAL


class Triage(Command):
    """Say what matter it is, where, and how pressing (待派核定). ``urgency``: None leaves it as it is."""

    type: Literal["triage"] = "triage"
    matter: MatterId
    place: PlaceCode | None = None
    kind: CaseKind | None = None
    urgency: Urgency | None = None


class Recategorise(Command):
    """Say that it is another matter, or elsewhere, while a lead works (更正归类). The lead stays."""

    type: Literal["recategorise"] = "recategorise"
    matter: MatterId
    place: PlaceCode | None = None
    kind: CaseKind | None = None


class AnswerAtIntake(Command):
    """The dispatching body answers the case itself (受理时答复)."""

    texts = frozenset({"reply"})

    type: Literal["answer_at_intake"] = "answer_at_intake"


IntakeCommand = Register | Triage | Recategorise | AnswerAtIntake
