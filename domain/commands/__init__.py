"""The commands: what somebody asks a case to do. Imperative, one model each; what each may do stands in decide.py.

A command carries no free text: the client's door has moved it to the compartment and left ``personal`` in its place.
``texts`` on a model lists the free texts that it cannot do without. One module for each subject, each with the union of
its commands; ``AnyCommand`` is the union of those.
"""

from typing import Annotated

from pydantic import Field, TypeAdapter

from domain.commands.appeals import AppealCommand, DecideAppeal, RequestFinalReview, RequestReview
from domain.commands.endings import (
    Close,
    EndingCommand,
    NotAccept,
    RecordVerdict,
    Redirect,
    Reopen,
    Withdraw,
)
from domain.commands.firewall import Accuse, DeclareInterest, FirewallCommand, Recuse
from domain.commands.handoffs import (
    AcceptObjection,
    Acknowledge,
    ContestObjection,
    HandoffCommand,
    Inform,
    Object,
    Propose,
    RefuseReturn,
    Return,
    RuleOn,
    Sign,
    SignReturn,
)
from domain.commands.intake import AnswerAtIntake, IntakeCommand, Recategorise, Register, Triage
from domain.commands.joint import (
    AcceptAssistance,
    AcceptMilestone,
    AnswerAsProvider,
    AskAssistance,
    AskProvider,
    AskWhistle,
    Commission,
    DeclineWhistle,
    EndCommission,
    FinishAssistance,
    JointCommand,
    RecordMilestone,
    RefuseAssistance,
    ReleaseAssistance,
    ReportIn,
    ScoreEachOther,
    StandDown,
    Whistle,
)
from domain.commands.ladder import LadderCommand, Oversee, Rebase, Strike
from domain.commands.merges import Link, Merge, MergeCommand, Unmerge, Wake
from domain.commands.shape import CaseNumber, Command
from domain.commands.shelving import ConsentToShelving, RefuseShelving, Shelve, ShelvingCommand, Unshelve
from domain.commands.work import RecordStep, Resolve, Review, Start, WorkCommand

__all__ = [
    "COMMAND",
    "MODELS",
    "NOT_BY_PEOPLE",
    "AcceptAssistance",
    "AcceptMilestone",
    "AcceptObjection",
    "Accuse",
    "Acknowledge",
    "AnswerAsProvider",
    "AnswerAtIntake",
    "AnyCommand",
    "AskAssistance",
    "AskProvider",
    "AskWhistle",
    "CaseNumber",
    "Close",
    "Command",
    "Commission",
    "ConsentToShelving",
    "ContestObjection",
    "DecideAppeal",
    "DeclareInterest",
    "DeclineWhistle",
    "EndCommission",
    "FinishAssistance",
    "Inform",
    "Link",
    "Merge",
    "NotAccept",
    "Object",
    "Oversee",
    "Propose",
    "Rebase",
    "Recategorise",
    "RecordMilestone",
    "RecordStep",
    "RecordVerdict",
    "Recuse",
    "Redirect",
    "RefuseAssistance",
    "RefuseReturn",
    "RefuseShelving",
    "Register",
    "ReleaseAssistance",
    "Reopen",
    "ReportIn",
    "RequestFinalReview",
    "RequestReview",
    "Resolve",
    "Return",
    "Review",
    "RuleOn",
    "ScoreEachOther",
    "Shelve",
    "Sign",
    "SignReturn",
    "StandDown",
    "Start",
    "Strike",
    "Triage",
    "Unmerge",
    "Unshelve",
    "Wake",
    "Whistle",
    "Withdraw",
]

AnyCommand = Annotated[
    IntakeCommand
    | HandoffCommand
    | WorkCommand
    | ShelvingCommand
    | EndingCommand
    | AppealCommand
    | LadderCommand
    | JointCommand
    | MergeCommand
    | FirewallCommand,
    Field(discriminator="type"),
]

COMMAND: TypeAdapter[AnyCommand] = TypeAdapter(AnyCommand)
"""Reads a command from JSON; raises pydantic's ValidationError."""

MODELS: dict[str, type[Command]] = {
    model.model_fields["type"].default: model for model in Command.__subclasses__()
}
"""Every command model by its type, the clock's too."""

NOT_BY_PEOPLE = frozenset({"strike", "wake"})
"""What the clock and the system say; nobody else may."""
