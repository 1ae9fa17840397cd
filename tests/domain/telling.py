"""A telling aid: a story of one case, told in the words of the field, decided by the domain alone.

    Story().register(matter="roof-leak").propose("990106.housing").wait(hours=25).case

It does what the workflow does, without Temporal and without a ledger (design.md §3.12): before a command every clock
that is due is struck, in due order, at max(due, last at); facts are cut to exactly what ``needs`` names, so that a
decision that reads more fails with FactMissing; events get version, at and recorded_at, and are folded at once.

A verb such as ``sign`` demands that the command is done. ``tries`` gives a command that may be refused and answers
with the refusal. While the system is down (``goes_down`` … ``comes_up``) time passes and nothing is decided.
"""

import functools
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self
from uuid import uuid5
from zoneinfo import ZoneInfo

from domain import commands as c
from domain.actors import CLOCK, SYSTEM, Actor
from domain.case import Case
from domain.deadlines import clock_command
from domain.decide import Allowance, allowed, decide, needs
from domain.decision import Decision
from domain.events import EventBody, FactsUsed, Recorded
from domain.evolve import evolve
from domain.facts import Facts, Needs
from domain.holders import Held, tile
from domain.jurisdiction import Pack
from domain.ladder import due
from domain.merges import glance
from domain.numbers import case_id, event_id
from domain.personal import PersonalRef
from domain.rules import Refusal
from domain.succession import Bell
from domain.words import ActorKind
from tests import small
from tests.domain import world

NUMBER = "K7M2-9QXW"
ZONE = ZoneInfo(small.PACK.zone)

PRODUCED: list[str] = []
"""The code of every refusal that any story has produced, in the order of telling."""

USUAL = {
    small.HOUSING: small.HOUSING_WORKER,
    small.CIVIL_AFFAIRS: small.CIVIL_WORKER,
    small.OFFICE: small.OFFICE_WORKER,
    small.COMMITTEE: small.COMMITTEE_WORKER,
    small.HEATING: small.HEATING_WORKER,
    small.RAILWAY: small.RAILWAY_WORKER,
    small.POOR_HOUSING: small.POOR_HOUSING_WORKER,
    small.GOVERNMENT: small.DISTRICT_HEAD,
    small.CITY_GOVERNMENT: small.CITY_HEAD,
    small.CONFERENCE: small.CONFERENCE_HEAD,
    small.WATER: world.RELAY_1,
}
"""Who usually acts for a body, where a story names nobody."""


def local(text: str) -> datetime:
    """An instant in the made-up city: ``2026-03-02 09:00``, or ``03-02 09:00`` of 2026."""
    whole = text if text.count("-") == 2 else f"2026-{text}"
    return datetime.fromisoformat(whole).replace(tzinfo=ZONE)


class Strike(NamedTuple):
    """A clock that was struck: what was due, the case before, and when it was decided."""

    deadline: Bell
    before: Case
    at: datetime


class Step(NamedTuple):
    """One command as it was decided."""

    command: c.AnyCommand
    before: Case | None
    after: Case | None
    decision: Decision
    events: tuple[Recorded, ...]
    at: datetime


class Story:
    """One case, told step by step. Every verb gives the story back."""

    def __init__(
        self,
        pack: Pack = world.PACK,
        *,
        now: datetime = small.START,
        number: str = NUMBER,
        among: Sequence["Story"] = (),
        watch: Callable[["Story", Step], None] | None = None,
    ) -> None:
        """``watch`` sees every step, those of the clock too, right after it.

        ``among``: the other cases that this one can be told of; those without a case yet are none.
        """
        self.pack = pack
        self.now = now
        self.down = False
        self.events: list[Recorded] = []
        self.struck: list[Strike] = []
        self.phone = ""
        self.current: Case | None = None
        self.refused: Refusal | None = None
        self.watch = watch
        self.exhausted: frozenset[str] = frozenset()
        self.loaded_at = small.LONG_AGO
        self.number = number
        self.among = list(among)
        self._given = 0

    # ------------------------------------------------------------ reading
    @property
    def case(self) -> Case:
        """The case as it stands."""
        assert self.current is not None, "nothing is registered yet"
        return self.current

    @property
    def types(self) -> list[str]:
        """The types of all events, in order."""
        return [event.body.type for event in self.events]

    def last(self, kind: type[EventBody]) -> Any:
        """The last event body of this type."""
        return next(event.body for event in reversed(self.events) if isinstance(event.body, kind))

    def all(self, kind: type[EventBody]) -> list[Any]:
        """Every event body of this type, in order."""
        return [event.body for event in self.events if isinstance(event.body, kind)]

    def holders(self, as_of: str | datetime | None = None) -> list[Held]:
        """The responsibility ledger up to ``as_of``, or up to now."""
        return tile(self.events, self._instant(as_of))

    def facts(self, wanted: Needs) -> Facts:
        """Exactly the facts that are asked for."""
        facts = small.facts_for(wanted, pack=self.pack, exhausted=self.exhausted)
        others = [self, *self.among]
        told = [each for each in others if each.current is not None]
        seen = {
            each.number: glance(each.case, children=any(each.is_parent_of(other) for other in told))
            for each in told
        }
        cases = {number: seen[number] for number in sorted(wanted.cases & seen.keys())}
        earlier = [
            seen[each.number] for each in told if each.phone and each.phone == self.phone and each is not self
        ]
        return facts.model_copy(
            update={
                "cases": cases,
                "earlier": tuple(earlier) if wanted.reporter else (),
                "loaded_at": self.loaded_at,
            }
        )

    def is_parent_of(self, other: "Story") -> bool:
        """Whether the other case follows this one."""
        return (
            other.current is not None
            and other.case.merged is not None
            and other.case.merged.number == self.number
        )

    def allowed(self, by: Actor | None = None) -> dict[str, Allowance]:
        """What the case allows now, by command."""
        command = c.Start(id="asks", actor=by or small.CLERK)
        answers = allowed(self.case, by, self.facts(needs(self.case, command)), self.now)
        PRODUCED.extend(answer.refusal.rule for answer in answers if answer.refusal)
        return {answer.command: answer for answer in answers}

    def _instant(self, when: str | datetime | None) -> datetime:
        return self.now if when is None else local(when) if isinstance(when, str) else when

    # ------------------------------------------------------------ time
    def at(self, when: str | datetime) -> Self:
        """It becomes ``when``. Clocks that fall due on the way are struck when they are due."""
        then = self._instant(when)
        assert then >= self.now, f"the story is already at {self.now}"
        if not self.down:
            self._strike_until(then)
        self.now = then
        return self

    def wait(self, **length: float) -> Self:
        """Time passes: ``hours``, ``minutes``, ``days`` and what else a timedelta takes."""
        return self.at(self.now + timedelta(**length))

    def time_passes_until(self, kind: str) -> Self:
        """It becomes the instant at which the running clock of this kind is due, and it is struck."""
        clock = next(deadline for deadline in self.case.deadlines if deadline.kind == kind)
        return self.at(max(clock.due, self.now))

    def goes_down(self) -> Self:
        """From here nothing is decided, until the system comes up again."""
        self.down = True
        return self

    def comes_up(self) -> Self:
        """What fell due meanwhile is decided now, for the instant at which it was due."""
        self.down = False
        self._strike_until(self.now)
        return self

    def _strike_until(self, then: datetime) -> None:
        while (bell := self._due(then)) is not None:
            before = self.case
            at = max(bell.due, before.last_at)
            self.struck.append(Strike(bell, before, at))
            command = c.Strike(id=clock_command(bell.id), actor=CLOCK, deadline=bell.id)
            self._decide(command, at, recorded_at=max(at, self.now))
            assert self._due(then) != bell, f"{bell.id} was struck and rings still"

    def _due(self, then: datetime) -> Bell | None:
        if self.current is None:
            return None
        asking = c.Strike(id="asks", actor=CLOCK, deadline="any")
        return due(self.current, self.facts(needs(self.current, asking)), then)

    # ------------------------------------------------------------ commands
    def tell(self, command: c.AnyCommand) -> Self:
        """Gives a command, after all clocks that are due. What was refused stands in ``refused``."""
        assert not self.down, "nothing is decided while the system is down"
        self._strike_until(self.now)
        at = max(self.now, self.current.last_at) if self.current else self.now
        self._decide(command, at, recorded_at=max(at, self.now))
        return self

    def tries(self, type_: str, by: Actor, *, leaving_out: Any = "", **fields: Any) -> Refusal | None:
        """Gives a command that may be refused; the refusal, or None if it is done."""
        self.tell(self.command(type_, by, leaving_out=leaving_out, **fields))
        return self.refused

    def does(self, type_: str, by: Actor, **fields: Any) -> Self:
        """Gives a command that has to be done."""
        refused = self.tries(type_, by, **fields)
        assert refused is None, f"{type_} was refused: {refused.en}"
        return self

    def command(self, type_: str, by: Actor, *, leaving_out: str = "", **fields: Any) -> c.AnyCommand:
        """A command whose texts are in the compartment, all but ``leaving_out``."""
        self._given += 1
        id_ = f"c{self._given}" if self.number == NUMBER else f"{self.number}.c{self._given}"
        texts = c.MODELS[type_].texts - {leaving_out}
        if type_ == "register" and self.phone:
            texts |= {"phone"}
        fields.setdefault("personal", _ref(id_, tuple(sorted(texts))) if texts else None)
        if type_ == "register":
            fields.setdefault("number", self.number)
        return c.COMMAND.validate_python({"type": type_, "id": id_, "actor": by, **fields})

    def _decide(self, command: c.AnyCommand, at: datetime, recorded_at: datetime) -> None:
        before = self.current
        facts = self.facts(needs(before, command))
        decision = decide(before, command, facts, at)
        case_ = before.id if before else case_id(command.id)
        actor = command.actor
        if actor.kind is ActorKind.PERSON:
            actor = actor.model_copy(update={"office": facts.name(actor.body)})
        written: list[Recorded] = []
        for body in decision.events:
            version = len(self.events) + 1
            event = Recorded(
                id=event_id(case_, version, command.id),
                case=case_,
                version=version,
                at=at,
                recorded_at=recorded_at,
                done_at=command.done_at,
                command=command.id,
                actor=actor,
                facts=FactsUsed(pack=facts.pack, version=facts.version),
                body=body,
            )
            self.events.append(event)
            written.append(event)
            self.current = evolve(self.current, event)
        self.refused = decision.refusal
        if decision.refusal is not None:
            PRODUCED.append(decision.refusal.rule)
        if self.watch is not None:
            self.watch(self, Step(command, before, self.current, decision, tuple(written), at))

    # ------------------------------------------------------------ verbs
    def register(self, by: Actor = small.STATION_CLERK, **fields: Any) -> Self:
        """A clerk of the workstation takes the case in, at the community unless ``place`` says otherwise."""
        fields.setdefault("place", small.COMMUNITY)
        return self.does("register", by, **fields)

    def triage(self, matter: str = small.HOUSING_MATTER, by: Actor = small.CLERK, **fields: Any) -> Self:
        """The dispatching body says what matter it is."""
        return self.does("triage", by, matter=matter, **fields)

    def propose(self, to: str = small.HOUSING, by: Actor = small.CLERK) -> Self:
        """The dispatching body proposes a lead."""
        return self.does("propose", by, to=to)

    def sign(self, by: Actor | None = None) -> Self:
        """The proposed body signs."""
        assert self.case.proposal is not None
        return self.does("sign", by or USUAL[self.case.proposal.to])

    def object(self, owner: str = small.CIVIL_AFFAIRS, by: Actor | None = None) -> Self:
        """The proposed body objects and names another owner."""
        assert self.case.proposal is not None
        return self.does(
            "object", by or USUAL[self.case.proposal.to], reason="not_our_duty", proposed_owner=owner
        )

    def accept_objection(self, by: Actor = small.CLERK) -> Self:
        """The proposer agrees."""
        return self.does("accept_objection", by)

    def contest_objection(self, by: Actor = small.CLERK) -> Self:
        """The proposer does not agree."""
        return self.does("contest_objection", by)

    def returns(self, owner: str = small.CIVIL_AFFAIRS, by: Actor | None = None) -> Self:
        """The lead asks to hand the case back."""
        return self.does("return", by or self._lead(), reason="wrong_matter", proposed_owner=owner)

    def sign_return(self, by: Actor = small.CLERK) -> Self:
        """The sender takes it back."""
        return self.does("sign_return", by)

    def refuse_return(self, by: Actor = small.CLERK) -> Self:
        """The sender does not take it back."""
        return self.does("refuse_return", by)

    def rule(self, designate: str, by: Actor = small.DISTRICT_HEAD) -> Self:
        """The ruling body designates the lead."""
        return self.does("rule", by, designate=designate)

    def acknowledge(self, by: Actor | None = None) -> Self:
        """The designated body confirms."""
        return self.does("acknowledge", by or self._lead())

    def start(self, by: Actor | None = None) -> Self:
        """The lead begins."""
        return self.does("start", by or self._lead())

    def step(self, step: str = "site_visit", by: Actor | None = None) -> Self:
        """Something is done."""
        return self.does("record_step", by or self._lead(), step=step)

    def resolve(self, by: Actor | None = None, **fields: Any) -> Self:
        """The lead reports it resolved."""
        answers = {"truth": "true", "ours": True, "contacted": "yes", "solved": "yes"}
        return self.does("resolve", by or self._lead(), **{**answers, **fields})

    def opinion(self, judgement: str = "not_supported", delivered: datetime | None = None) -> Self:
        """The lead resolves a petition by a written opinion, delivered now unless ``delivered`` says when."""
        return self.resolve(
            personal=personal("demand", "evidence", "finding", "ground", "reply"),
            judgement=judgement,
            delivered_at=delivered or self.now,
            told_by="letter",
        )

    def asks_review(self, by: Actor = small.RESIDENT, **fields: Any) -> Self:
        """The resident asks for a review."""
        return self.does("request_review", by, channel="letter", **fields)

    def asks_final_review(self, by: Actor = small.RESIDENT, **fields: Any) -> Self:
        """The resident asks for the final review."""
        return self.does("request_final_review", by, channel="letter", **fields)

    def decides(self, outcome: str = "upheld", by: Actor | None = None) -> Self:
        """The organ decides and delivers at once."""
        assert self.case.appeal is not None
        organ = by or USUAL[self.case.appeal.organ]
        return self.does("decide_appeal", organ, outcome=outcome, delivered_at=self.now, told_by="letter")

    def shelve(self, hours: int = 100, by: Actor = small.HOUSING_HEAD) -> Self:
        """The head of the lead asks to shelve the case."""
        return self.does("shelve", by, hours=hours)

    def consent(self, by: Actor = small.REVIEWER) -> Self:
        """The reviewing body consents and has told the resident."""
        return self.does("consent_to_shelving", by, told_by="phone")

    def redirect(self, way: str = "court", by: Actor = small.REVIEWER, **fields: Any) -> Self:
        """The reviewing body redirects the case."""
        return self.does("redirect", by, **{"way": way, "told_by": "phone", **fields})

    def review(self, by: Actor = small.REVIEWER, *, passed: bool = True) -> Self:
        """The reviewing body passes it or sends it back."""
        return self.does("review", by, passed=passed)

    def verdict(
        self, satisfaction: str = "satisfied", by: Actor = small.RESIDENT, channel: str = "link"
    ) -> Self:
        """The resident says how it was."""
        good = satisfaction != "unsatisfied"
        fields = {"response": good, "resolution": good, "satisfaction": satisfaction, "channel": channel}
        return self.does("record_verdict", by, **fields)

    def close(self, by: Actor = small.REVIEWER) -> Self:
        """The reviewing body closes."""
        return self.does("close", by)

    def reopen(self, by: Actor = small.RESIDENT) -> Self:
        """It is opened again."""
        return self.does("reopen", by, channel="phone")

    def withdraw(self, by: Actor = small.RESIDENT, **fields: Any) -> Self:
        """The resident takes it back."""
        return self.does("withdraw", by, channel="link", **fields)

    def merge(self, parent: "Story", by: Actor = small.CLERK) -> Self:
        """The case follows ``parent`` from here."""
        return self.does("merge", by, into=parent.number)

    def unmerge(self, by: Actor = small.CLERK) -> Self:
        """It stands by itself again."""
        return self.does("unmerge", by)

    def wake(self) -> Self:
        """The system tells it that its parent was answered or has ended."""
        return self.does("wake", SYSTEM)

    def _lead(self) -> Actor:
        assert self.case.lead is not None
        return USUAL[self.case.lead]

    # ------------------------------------------------------------ short cuts
    def working(self, lead: str = small.HOUSING, matter: str = small.HOUSING_MATTER) -> Self:
        """Registered with its matter, proposed to ``lead`` and signed, all at once."""
        return self.register(matter=matter).propose(lead).sign()

    def urgent_by_now(self) -> Self:
        """Registered, and found urgent at triage, whose own clock still has the longer time."""
        return self.register().triage(urgency="urgent")

    def disputed(self, proposed: str = small.HOUSING, owner: str = small.CIVIL_AFFAIRS) -> Self:
        """Proposed, objected to, and contested: a ruling is open."""
        return self.register(matter=small.HOUSING_MATTER).propose(proposed).object(owner).contest_objection()

    def petition(self) -> Self:
        """A petition that housing works on."""
        return self.register(matter=small.PETITION_MATTER).propose(by=small.PETITION_CLERK).sign()

    def reviewed(self, lead: str = small.HOUSING) -> Self:
        """Worked on, resolved and reviewed: the verdict is asked."""
        return self.working(lead).resolve().review()

    def closed(self, lead: str = small.HOUSING) -> Self:
        """The whole way, to a closing on a satisfied verdict."""
        return self.reviewed(lead).verdict().close()


def _ref(command: str, fields: tuple[str, ...]) -> PersonalRef:
    digest = hashlib.sha256(command.encode()).hexdigest()
    return PersonalRef(id=uuid5(case_id(command), "personal"), digest=digest, mac=digest, fields=fields)


def personal(*fields: str) -> PersonalRef:
    """A row of the compartment with these fields."""
    return _ref("personal", fields)


def refuses(*codes: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Marks the test that shows these rules at work, and demands that its telling produces each of them."""

    def mark(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def run(*args: Any, **kwargs: Any) -> None:
            before = len(PRODUCED)
            test(*args, **kwargs)
            missing = set(codes) - set(PRODUCED[before:])
            assert not missing, f"never refused by {', '.join(sorted(missing))}"

        run.refuses = frozenset(codes)  # type: ignore[attr-defined]
        return run

    return mark
