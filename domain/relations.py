"""What other bodies are to a case beside its lead: those who assist, who were whistled, who are commissioned.

None of it says who answers: only a hand-off moves the lead (design.md §3.2), and domain/holders.py reads nothing here.
Each record is kept after it is over, so that the case can say who took part; ``over`` is what its end makes of it.
"""

from typing import Self

from domain.base import BodyId, Frozen, Instant
from domain.joint_words import (
    AssistanceState,
    CallState,
    CommissionState,
    Funding,
    QuestionState,
)
from domain.jurisdiction import ContractId, MilestoneId
from domain.personal import PersonalRef


class Assistance(Frozen):
    """A body was asked to assist (协办). The task itself is in the compartment; ``task`` points there.

    ``funding`` and ``until`` are always set for a community body (费随事转). ``listed`` says whether the catalogue
    names its kind for this matter.
    """

    id: str
    body: BodyId
    by: BodyId
    state: AssistanceState
    at: Instant
    task: PersonalRef | None
    funding: Funding | None
    until: Instant | None
    listed: bool
    took_part: bool = False

    @property
    def running(self) -> bool:
        """Whether it is asked for or being given."""
        return self.state in {AssistanceState.ASKED, AssistanceState.ACCEPTED}

    def over(self) -> Self:
        """What the end of the case makes of it."""
        return self.model_copy(update={"state": AssistanceState.OVER}) if self.running else self


class WhistleAsk(Frozen):
    """A community has asked its street to whistle."""

    by: BodyId
    street: BodyId
    called: tuple[BodyId, ...]
    at: Instant


class Call(Frozen):
    """One body that was whistled to the case (吹哨), by ``by``. ``scored_by`` are those of the two who have scored."""

    whistle: str
    body: BodyId
    by: BodyId
    state: CallState
    at: Instant
    reported_at: Instant | None = None
    scored_by: tuple[BodyId, ...] = ()

    @property
    def running(self) -> bool:
        """Whether the body is waited for or at work."""
        return self.state is not CallState.STOOD_DOWN

    def over(self) -> Self:
        """What the end of the case makes of it."""
        return self.model_copy(update={"state": CallState.STOOD_DOWN})


class Question(Frozen):
    """The provider was asked how its task stands. ``link`` names the question; no secret is in it."""

    link: str
    state: QuestionState
    at: Instant
    task: PersonalRef | None


class Milestone(Frozen):
    """A milestone of the contract that was reached."""

    id: MilestoneId
    accepted: bool = False


class Commission(Frozen):
    """A provider works under a contract (购买服务). ``client`` answers for it, as far as anybody but the lead does."""

    id: str
    contract: ContractId
    provider: BodyId
    client: BodyId
    state: CommissionState
    at: Instant
    until: Instant
    milestones: tuple[Milestone, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def active(self) -> bool:
        """Whether the provider is at work."""
        return self.state is CommissionState.ACTIVE

    @property
    def open_question(self) -> Question | None:
        """The question that waits for an answer."""
        return next((each for each in self.questions if each.state is QuestionState.OPEN), None)

    def over(self, state: CommissionState = CommissionState.ENDED) -> Self:
        """What its end, or that of the case, makes of it: what was asked is not waited for any more."""
        if not self.active:
            return self
        return self.model_copy(update={"state": state, "questions": self.asked(QuestionState.OVER)})

    def asked(self, state: QuestionState) -> tuple[Question, ...]:
        """The questions, with the open one in another state."""
        return tuple(
            each.model_copy(update={"state": state}) if each.state is QuestionState.OPEN else each
            for each in self.questions
        )
