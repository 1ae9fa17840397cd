"""A case as its events have made it. Everything else (state, who answers, what is due) is read off it.

proposal ─┬─ objection          before a lead has signed
          └─▶ lead ─▶ return    after
ruling                          while a dispute is open
stage: handling ─▶ resolved ─▶ reviewed ─▶ judged
shelving                        while handling
appeal                          after a petition's written opinion
merged                          follows a parent; all of the above stands still
ending                          the episode is over
"""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import NonNegativeInt, PositiveInt

from domain.base import BodyId, Frozen, Instant, MatterId, PersonId, PlaceCode
from domain.deadlines import Deadline
from domain.glance import Reply
from domain.joint_words import AssistanceState
from domain.relations import Assistance, Call, Commission, WhistleAsk
from domain.route import Route
from domain.words import (
    CaseKind,
    Channel,
    DeadlineKind,
    Ending,
    Exceptional,
    Instance,
    Procedure,
    Reason,
    Satisfaction,
    State,
    Tie,
    Urgency,
)


class Stage(StrEnum):
    """How far the handling has come."""

    HANDLING = "handling"
    RESOLVED = "resolved"
    REVIEWED = "reviewed"
    JUDGED = "judged"


class Objection(Frozen):
    """An objection that waits for the proposer's answer."""

    reason: Reason
    proposed_owner: BodyId
    at: Instant


class Proposal(Frozen):
    """A body has been asked to lead and has not signed."""

    id: str
    to: BodyId
    by: BodyId
    at: Instant
    notified_at: Instant | None
    objection: Objection | None = None


class ReturnRequest(Frozen):
    """The lead has asked the sender to take the case back."""

    id: str
    by: BodyId
    to: BodyId
    reason: Reason
    proposed_owner: BodyId
    at: Instant


class Ruling(Frozen):
    """A dispute is open. ``body`` is None while nobody is found who can rule.

    ``claimant`` objected or returned and so said that the case is not its own; ``sender`` had proposed it. Both are None
    where the ruling opened because the case went to and fro.
    """

    id: str
    body: BodyId | None
    parties: tuple[BodyId, ...]
    opened_at: Instant
    claimant: BodyId | None = None
    sender: BodyId | None = None
    claim: Literal["objection", "return"] | None = None


class Trouble(Frozen):
    """Something is missing in the organisation at ``body``, since ``since``."""

    kind: Exceptional
    body: BodyId
    since: Instant


class Verdict(Frozen):
    """What the resident said, or that the window passed (``satisfaction`` None)."""

    satisfaction: Satisfaction | None
    channel: Channel | None
    at: Instant


class Rung(Frozen):
    """A body that a missed deadline of kind ``cause`` has been carried up to, or that was alerted of it.

    ``about`` is the body whose own clock was missed, where several have one of the same kind.
    """

    cause: DeadlineKind
    body: BodyId
    about: BodyId | None = None


class Opinion(Frozen):
    """The newest written opinion of a petition (处理意见书、复查意见书、复核意见书), as it was delivered.

    ``handler`` gave the first one. ``ask_until``: the last instant at which the next instance can still be asked; None
    where there is none.
    """

    instance: Instance
    by: BodyId
    handler: BodyId
    delivered_at: Instant
    ask_until: Instant | None


class Appeal(Frozen):
    """A review (复查) or final review (复核) that has been asked for and is not decided.

    ``handler`` gave the first opinion. ``acted``: the persons who had a part in an episode that had ended before.
    """

    id: str
    instance: Instance
    organ: BodyId
    handler: BodyId
    acted: tuple[PersonId, ...]
    at: Instant


class ShelvingRequest(Frozen):
    """The head of the lead has asked to shelve the case for so long."""

    id: str
    hours: PositiveInt
    at: Instant


class Shelving(Frozen):
    """The case is shelved (挂账) since ``since``, to be looked at again at ``until``."""

    id: str
    since: Instant
    until: Instant


class Merge(Frozen):
    """The case follows a parent. ``suspended`` are the clocks that ran when it was merged."""

    parent: UUID
    number: str
    at: Instant
    suspended: tuple[Deadline, ...]


class Tied(Frozen):
    """Another case that has to do with this one."""

    other: UUID
    number: str
    tie: Tie


class Case(Frozen):
    """One resident's issue, at one version.

    ``material_version`` is the version of the last event that was not a mere ringing of the clock: an
    ``expected_version`` from there on is fresh. ``lead`` has signed or was designated; ``sender`` is the body that
    proposed it. ``passed_to``: the bodies that were asked to lead, or led, in this episode, in order; ``hand_backs``: its
    objections and returns. ``succeeded``: the bodies that ended and were replaced in it. ``route`` is the newest one.
    ``handlers``, ``reviewers`` and ``rulers`` are the persons who have acted as such in this episode; who decided a
    review is among the rulers. ``shelved_seconds``: how long earlier shelvings of this episode lasted.
    ``episode_at`` is when the resident's clock of this episode began. ``reply`` is where the last public reply lies.
    ``against`` are the accused bodies; ``recused`` and ``interested`` the persons walled off by name; ``taken_by`` those
    who took the case in (domain/firewall.py).
    """

    id: UUID
    number: str
    version: PositiveInt
    material_version: PositiveInt
    last_at: Instant
    episode: PositiveInt = 1

    kind: CaseKind
    channel: Channel
    procedure: Procedure
    matter: MatterId | None = None
    place: PlaceCode | None = None
    registrar: BodyId | None = None
    dispatcher: BodyId
    received_at: Instant | None = None
    registered_at: Instant
    episode_at: Instant
    anonymous: bool = False
    no_contact: bool = False
    urgency: Urgency = Urgency.NORMAL

    lead: BodyId | None = None
    lead_since: Instant | None = None
    sender: BodyId | None = None
    designated: bool = False
    acknowledged: bool = True
    started: bool = False
    last_lead: BodyId | None = None
    proposal: Proposal | None = None
    return_request: ReturnRequest | None = None
    ruling: Ruling | None = None
    stage: Stage = Stage.HANDLING
    answered_at_intake: bool = False
    heard: bool = False
    misconduct: bool = False
    opinion: Opinion | None = None
    appeal: Appeal | None = None
    shelving_request: ShelvingRequest | None = None
    shelving: Shelving | None = None
    shelved_seconds: NonNegativeInt = 0

    first_verdict: Verdict | None = None
    verdict: Verdict | None = None
    verdicts: int = 0
    rehandlings: int = 0
    ending: Ending | None = None
    ended_at: Instant | None = None

    deadlines: tuple[Deadline, ...] = ()
    rungs: tuple[Rung, ...] = ()
    overseers: tuple[BodyId, ...] = ()
    exceptions: tuple[Exceptional, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    informed: tuple[BodyId, ...] = ()
    passed_to: tuple[BodyId, ...] = ()
    succeeded: tuple[BodyId, ...] = ()
    route: Route | None = None
    recategorised_at: Instant | None = None
    hand_backs: NonNegativeInt = 0
    handlers: tuple[PersonId, ...] = ()
    reviewers: tuple[PersonId, ...] = ()
    rulers: tuple[PersonId, ...] = ()

    assistances: tuple[Assistance, ...] = ()
    whistle_asks: tuple[WhistleAsk, ...] = ()
    calls: tuple[Call, ...] = ()
    commissions: tuple[Commission, ...] = ()
    merged: Merge | None = None
    ties: tuple[Tied, ...] = ()
    reply: Reply | None = None
    taken_by: tuple[PersonId, ...] = ()
    against: tuple[BodyId, ...] = ()
    recused: tuple[PersonId, ...] = ()
    interested: tuple[PersonId, ...] = ()

    @property
    def state(self) -> State:
        """Where the case stands."""
        if self.ending is not None:
            return State.ENDED
        if self.merged is not None:
            return State.MERGED
        if self.ruling is not None:
            return State.RULING
        if self.proposal is not None:
            return State.OBJECTED if self.proposal.objection else State.PROPOSED
        if self.return_request is not None:
            return State.RETURNING
        if self.appeal is not None:
            return State.APPEAL
        if self.stage is not Stage.HANDLING:
            return _STAGES[self.stage]
        if self.lead is None:
            return State.TRIAGE
        return State.SHELVED if self.shelving is not None else State.WORKING

    @property
    def walled(self) -> bool:
        """Whether there is anybody from whom the case is hidden."""
        return bool(self.against or self.recused or self.interested)

    @property
    def reviewer(self) -> BodyId:
        """The reviewing body: the dispatching one."""
        return self.dispatcher

    @property
    def paused(self) -> bool:
        """Whether a pause with a ground from the closed list is on. Shelving is the first of them."""
        return self.state is State.SHELVED

    @property
    def exhausted(self) -> bool:
        """Whether the way is at its end: a final review has been decided (信访工作条例 Art 36)."""
        return self.opinion is not None and self.opinion.instance is Instance.FINAL_REVIEW

    @property
    def assisting(self) -> tuple[Assistance, ...]:
        """Those who assist now; the lead never does."""
        return tuple(
            each
            for each in self.assistances
            if each.state is AssistanceState.ACCEPTED and each.body != self.lead
        )

    @property
    def took_part(self) -> frozenset[BodyId]:
        """The bodies that have worked on the case without leading it: assisted, reported in, or were commissioned."""
        return frozenset(
            [
                *(each.body for each in self.assistances if each.took_part),
                *(each.body for each in self.calls if each.reported_at is not None),
                *(each.provider for each in self.commissions),
            ]
        )

    @property
    def next_deadline(self) -> Deadline | None:
        """The deadline that comes first; of two at one instant, the one that was set first."""
        return min(self.deadlines, key=lambda deadline: deadline.due, default=None)

    def deadline(self, kind: DeadlineKind) -> Deadline | None:
        """The running deadline of that kind."""
        return next((deadline for deadline in self.deadlines if deadline.kind is kind), None)


_STAGES = {
    Stage.RESOLVED: State.RESOLVED,
    Stage.REVIEWED: State.AWAITING_VERDICT,
    Stage.JUDGED: State.JUDGED,
}
