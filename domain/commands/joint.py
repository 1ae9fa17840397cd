"""Joint work: assistance, whistle and report-in, commissioned service. None of these moves the lead."""

from typing import Annotated, Literal

from pydantic import Field

from domain.base import BodyId, Instant
from domain.commands.shape import Command
from domain.joint_words import AssistanceRefusal, Funding, ProviderReply, Score
from domain.jurisdiction import ContractId, MilestoneId
from domain.words import Channel, Step

MOST_CALLED = 20
"""Bodies that one whistle may name."""

Called = Annotated[tuple[BodyId, ...], Field(min_length=1, max_length=MOST_CALLED)]


class AskAssistance(Command):
    """Ask a body to assist (请求协办): the task in words; for a community body its funding and its end too."""

    texts = frozenset({"task"})

    type: Literal["ask_assistance"] = "ask_assistance"
    asked: BodyId
    funding: Funding | None = None
    until: Instant | None = None


class AcceptAssistance(Command):
    """The asked body assists (同意协办)."""

    type: Literal["accept_assistance"] = "accept_assistance"


class RefuseAssistance(Command):
    """The asked body does not assist, for a reason and on a ground (不予协办)."""

    texts = frozenset({"ground"})

    type: Literal["refuse_assistance"] = "refuse_assistance"
    refusal: AssistanceRefusal


class FinishAssistance(Command):
    """The assisting body says what came of its task (协办完成)."""

    texts = frozenset({"finding"})

    type: Literal["finish_assistance"] = "finish_assistance"


class ReleaseAssistance(Command):
    """Who asked needs the assistance no longer (解除协办)."""

    type: Literal["release_assistance"] = "release_assistance"
    asked: BodyId


class AskWhistle(Command):
    """A community asks its street to whistle (请求吹哨), and says whom it would have."""

    texts = frozenset({"ground"})

    type: Literal["ask_whistle"] = "ask_whistle"
    called: Called


class DeclineWhistle(Command):
    """The street does not whistle, on a ground (不予吹哨)."""

    texts = frozenset({"ground"})

    type: Literal["decline_whistle"] = "decline_whistle"


class Whistle(Command):
    """The street convenes bodies on the case (吹哨)."""

    texts = frozenset({"task"})

    type: Literal["whistle"] = "whistle"
    called: Called


class ReportIn(Command):
    """A whistled body reports in (报到): what it did first, and by which channel."""

    type: Literal["report_in"] = "report_in"
    step: Step
    channel: Channel | None = None


class StandDown(Command):
    """Who whistled lets bodies go (解除吹哨)."""

    type: Literal["stand_down"] = "stand_down"
    called: Called


class ScoreEachOther(Command):
    """Who whistled scores who was called, or the other way round (互评): three closed questions, one to five."""

    type: Literal["score"] = "score"
    scored: BodyId
    promptness: Score
    cooperation: Score
    clarity: Score


class Commission(Command):
    """The lead has a provider work under a contract (购买服务)."""

    type: Literal["commission"] = "commission"
    contract: ContractId


class RecordMilestone(Command):
    """A milestone of the contract was reached (里程碑)."""

    type: Literal["record_milestone"] = "record_milestone"
    contract: ContractId
    milestone: MilestoneId


class AcceptMilestone(Command):
    """The client accepts a milestone (验收)."""

    type: Literal["accept_milestone"] = "accept_milestone"
    contract: ContractId
    milestone: MilestoneId


class EndCommission(Command):
    """The client ends the commission (终止购买服务)."""

    texts = frozenset({"ground"})

    type: Literal["end_commission"] = "end_commission"
    contract: ContractId


class AskProvider(Command):
    """Ask the provider how its task stands (询问承接方): it answers by a one-time link or with an account."""

    texts = frozenset({"task"})

    type: Literal["ask_provider"] = "ask_provider"
    contract: ContractId


class AnswerAsProvider(Command):
    """The provider answers a question (承接方答复)."""

    texts = frozenset({"finding"})

    type: Literal["answer_as_provider"] = "answer_as_provider"
    link: Annotated[str, Field(pattern=r"^link\.[0-9]{1,9}$")]
    answer: ProviderReply


JointCommand = (
    AskAssistance
    | AcceptAssistance
    | RefuseAssistance
    | FinishAssistance
    | ReleaseAssistance
    | AskWhistle
    | DeclineWhistle
    | Whistle
    | ReportIn
    | StandDown
    | ScoreEachOther
    | Commission
    | RecordMilestone
    | AcceptMilestone
    | EndCommission
    | AskProvider
    | AnswerAsProvider
)
