"""What must hold of the instances of a petition, of shelving and of redirecting, reckoned from the events alone."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain import events as e
from domain.evolve import fold
from domain.words import DeadlineKind
from tests.domain.laws_firewall import dispatchers
from tests.domain.telling import Story

_BELOW = {"review": "handling", "final_review": "review"}


@dataclass
class _Way:
    """How far a petition has come: the opinion that stands, who was asked above it, and who has had a part."""

    story: Story
    instance: str = ""
    by: str = ""
    delivered: datetime | None = None
    until: datetime | None = None
    handler: str = ""
    asked: str = ""
    exhausted: bool = False
    acted: set[str] = field(default_factory=set[str])

    def sees(self, event: e.Recorded) -> None:
        """One event more."""
        body = event.body
        assert not (self.exhausted and isinstance(body, e.Reopened | e.AppealRequested | e.RehandlingOrdered))
        match body:
            case e.Resolved():
                self._resolved(event, body)
            case e.SentBack() | e.RehandlingOrdered():
                self.instance = ""
            case e.Reopened():
                self._reopened(event)
            case e.Succeeded(body=gone, by=str() as heir):
                self.by, self.handler, self.asked = (
                    heir if name == gone else name for name in (self.by, self.handler, self.asked)
                )
            case e.AppealRequested():
                self._asked(event, body)
            case e.AppealDecided():
                self._decided(event, body)
            case e.RemovedByFirewall():
                self.instance = "" if body.to_triage else self.instance
                self.asked = body.organ or self.asked
            case e.WayExhausted():
                assert self.instance == "final_review"
                self.exhausted = True
            case _:
                pass
        if isinstance(body, e.Signed | e.Started | e.Resolved | e.Reviewed | e.SentBack | e.AppealDecided):
            self.acted |= {event.actor.person} if event.actor.person else set()

    def _resolved(self, event: e.Recorded, body: e.Resolved) -> None:
        petition = self.story.case.procedure == "petition"
        assert petition == (body.window is not None) == (body.judgement is not None)
        if body.window is None:
            return
        before = fold(self.story.events[: event.version - 1])
        assert before is not None
        assert before.lead is not None
        self.handler = before.lead
        self._stands("handling", self.handler, body.delivered_at, body.window.due)

    def _stands(self, instance: str, by: str, delivered: datetime | None, until: datetime | None) -> None:
        self.instance, self.by, self.delivered, self.until = instance, by, delivered, until

    def _reopened(self, event: e.Recorded) -> None:
        following = self.story.events[event.version : event.version + 1]
        if not (following and isinstance(following[0].body, e.AppealRequested)):
            self.instance, self.acted = "", set()

    def _asked(self, event: e.Recorded, body: e.AppealRequested) -> None:
        assert self.instance == _BELOW[body.instance]
        assert self.delivered is not None
        assert self.until is not None
        assert self.delivered <= body.asked_at <= min(self.until, event.at)
        assert body.handler == self.handler
        below = next(each for each in self.story.pack.bodies if each.id == self.by)
        if not self.story.case.walled:
            assert body.lead in {link.to for link in below.links}, "an organ was skipped"
        self.asked = body.lead

    def _decided(self, event: e.Recorded, body: e.AppealDecided) -> None:
        organ = next(each for each in self.story.pack.bodies if each.id == self.asked)
        recorded_for_it = organ.level == "outside" and event.actor.body in dispatchers(self.story)
        assert body.by == self.asked
        assert event.actor.body == self.asked or recorded_for_it
        assert event.actor.person not in self.acted, "one person, two parts"
        revoked = body.outcome == "revoked"
        assert (body.window is None) == (revoked or body.instance == "final_review")
        if revoked:
            handler = next(each for each in self.story.pack.bodies if each.id == self.handler)
            assert body.lead in {self.handler, handler.successor} or self.story.case.walled
            self.instance = ""
            return
        assert body.lead == self.asked
        self._stands(body.instance, body.by, body.delivered_at, body.window.due if body.window else None)


def the_instances_follow_one_another(story: Story) -> None:
    """信访工作条例 Arts 35, 36: each instance looks at the opinion below it, asked in its time; the last is the end."""
    way = _Way(story)
    for event in story.events:
        way.sees(event)
    assert story.case.exhausted == way.exhausted
    if way.exhausted and story.case.ending == "closed":
        assert story.last(e.Closed).appeal == story.pack.policy.exhausted


def shelving_is_bounded(story: Story) -> None:
    """Asked by a head of the lead, consented to by another body, no longer than told, nor than the policy in all."""
    policy, asked, shelved = story.pack.policy, e.Started(), None
    lay = 0
    for event in story.events:
        body = event.body
        lay = 0 if isinstance(body, e.Reopened) else lay
        if isinstance(body, e.ShelvingRequested):
            assert (event.actor.role, event.actor.body) == ("head", body.by)
            assert body.hours <= policy.limits[story.case.procedure][DeadlineKind.LOOK_AGAIN].amount
            assert lay + body.hours * 3600 <= policy.shelve_hours * 3600
            asked = body
        elif isinstance(body, e.Shelved):
            assert isinstance(asked, e.ShelvingRequested)
            assert event.actor.role == "reviewer"
            assert event.actor.body in dispatchers(story)
            assert body.until == event.at + timedelta(hours=asked.hours) == body.deadline.due
            shelved = event
        elif isinstance(body, e.Unshelved):
            assert shelved is not None
            assert isinstance(shelved.body, e.Shelved)
            assert body.seconds == int((event.at - shelved.at).total_seconds())
            assert body.cause == "by_hand" or event.at >= shelved.body.until
            lay += body.seconds


def _misconduct_by(story: Story, redirected: e.Recorded) -> bool:
    """Whether misconduct had been accused of before that event."""
    before = fold(story.events[: redirected.version - 1])
    return before is not None and before.misconduct


def misconduct_only_leaves(story: Story) -> None:
    """信访工作条例 Arts 29, 30: an accusation of misconduct leaves to its organ; every other way has its ground."""
    for event in story.events:
        if isinstance(event.body, e.Redirected):
            way, to = event.body.way, event.body.to
            assert (to is not None) == (way == "misconduct")
            assert not _misconduct_by(story, event) or way == "misconduct"
            assert event.actor.role == "reviewer"
            assert event.actor.body in dispatchers(story)
            assert event.body.basis == story.pack.policy.ways[way]


def rehandling_is_counted(story: Story) -> None:
    """§3.10: within an episode an unsatisfied verdict sends the case back no more often than the policy allows."""
    case = story.case
    if case.lead is not None and not any(
        isinstance(event.body, e.AnsweredAtIntake) or getattr(event.body, "at_intake", False)
        for event in story.events
    ):
        assert case.rehandlings <= story.pack.policy.rehandlings[case.procedure]
