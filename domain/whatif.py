"""What if (推演): a case lived again under another pack, by the real rules.

    people's acts, the system's receipts ─▶ stay at their instants ─┐
    what the clock did                   ─▶ dropped, derived anew  ─┴▶ decide · evolve ─▶ other events
                                                                       │
                                        the next act is refused now ───┴▶ diverged at event n, not carried on

Pure: the pack is given, and so are the other cases that a decision looks at, as they stood then. What another case would
have become under the other pack is not asked: a merge is judged by the parent that there was.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

from domain import events as e
from domain.actors import CLOCK
from domain.base import BodyId, Frozen, Instant
from domain.case import Case
from domain.commands import AnyCommand, Register, Strike
from domain.deadlines import clock_command
from domain.decide import decide, needs
from domain.decision import Decision
from domain.errors import ZerenError
from domain.events import AnyEvent, FactsUsed, Recorded
from domain.evolve import evolve
from domain.facts import Facts, Needs
from domain.given import Given, command_of
from domain.glance import Glance
from domain.jurisdiction import Body, Pack
from domain.ladder import due
from domain.numbers import event_id

Glimpse = Callable[[str, Instant], Glance | None]
"""How another case looked at an instant, by its number; None where there was none."""

REPLAYED = FactsUsed(pack="whatif", version=1)
_LAST_RINGS = 10_000
"""More strikes in a row than any case could have: a policy that rings without end is stopped there."""


class Diverged(Frozen):
    """Where a life under other rules stops being comparable: the next act does not fit any more.

    ``event`` is the version of the first event that the act had caused. ``rule`` is what refuses it now, or
    ``not-refused`` for an attempt that was refused then and would not be now, or ``missing`` for a pack that lacks what
    it is about.
    """

    event: int
    command: str
    at: Instant
    rule: str
    zh: str
    en: str


class Life(Frozen):
    """What became of a case: its events up to the end or the divergence."""

    events: tuple[Recorded, ...]
    diverged: Diverged | None = None


class Figures(Frozen):
    """What one life amounts to."""

    breaches: int
    escalations: int
    lead: BodyId | None
    routed: BodyId | None
    ending: str | None


class Comparison(Frozen):
    """A case then and now; ``same`` if nothing that counts is different."""

    number: str
    before: Figures
    after: Figures
    diverged: Diverged | None
    different_at: int | None

    @property
    def same(self) -> bool:
        """Whether every event came again, whatever version of the pack it was decided by."""
        return self.diverged is None and self.different_at is None


def whole(pack: Pack, at: datetime) -> Facts:
    """Everything that the pack says, as facts: of a body with several rows the one that is valid at ``at``."""
    rows: dict[BodyId, list[Body]] = {}
    for body in pack.bodies:
        rows.setdefault(body.id, []).append(body)
    chosen = {id_: _valid(several, at) for id_, several in rows.items()}
    return Facts(
        pack=REPLAYED.pack,
        version=REPLAYED.version,
        asked=Needs(),
        bodies=chosen,
        other_rows=tuple(body for body in pack.bodies if body is not chosen[body.id]),
        posts=tuple(post for person in pack.people for post in person.posts),
        matters={matter.id: matter for matter in pack.matters},
        places={place.code: place for place in pack.places},
        dispatch=pack.dispatch,
        contracts={contract.id: contract for contract in pack.contracts},
        providers={provider.body: provider for provider in pack.providers},
        policy=pack.policy,
        calendar=pack.calendar,
    )


def _valid(rows: Sequence[Body], at: datetime) -> Body:
    begun = [body for body in rows if body.valid_from <= at]
    return max(begun, key=lambda body: body.valid_from) if begun else min(rows, key=lambda b: b.valid_from)


class _Living:
    """One case while it is lived again."""

    def __init__(self, facts: Facts, glimpse: Glimpse) -> None:
        self.facts = facts
        self.glimpse = glimpse
        self.case: Case | None = None
        self.events: list[Recorded] = []

    def strike_until(self, then: datetime) -> None:
        """The clock acts for everything that is due, in due order (design.md §3.12)."""
        for _ in range(_LAST_RINGS):
            bell = due(self.case, self.facts, then) if self.case is not None else None
            if bell is None or self.case is None:
                return
            strike = Strike(id=clock_command(bell.id), actor=CLOCK, deadline=bell.id)
            at = max(bell.due, self.case.last_at)
            self._apply(strike, decide(self.case, strike, self.facts, at), at, None)

    def act(self, given: Given) -> Diverged | None:
        """Somebody's act, at its instant; why it does not fit any more, or None."""
        self.strike_until(given.at)
        try:
            command = self._command(given)
        except (KeyError, ValueError) as error:
            if given.refused and self.case is not None:
                # An attempt that was refused says less than a command does; that it was made stays on record.
                bodies = tuple(event.body for event in given.events)
                self._write(given.first, bodies, max(given.at, self.case.last_at))
                return None
            return _missing(given, error)
        at = max(given.at, self.case.last_at) if self.case is not None else given.at
        try:
            decision = decide(self.case, command, self._facts_for(command, given), at)
        except (ZerenError, ValueError) as error:
            return _missing(given, error)
        if decision.refusal is not None and not given.refused:
            said = decision.refusal
            return _diverged(given, said.rule, said.zh, said.en)
        if decision.refusal is None and given.refused:
            return _diverged(
                given,
                "not-refused",
                "当时被拒绝，现在可以办理。",
                "It was refused then and would not be now.",
            )
        self._apply(command, decision, at, given)
        return None

    def _command(self, given: Given) -> AnyCommand:
        command = command_of(given)
        number = getattr(given.first.body, "number", None)
        return command.model_copy(update={"number": number}) if isinstance(command, Register) else command

    def _facts_for(self, command: AnyCommand, given: Given) -> Facts:
        """The pack, and the other cases that this act looks at, as they were just before it."""
        wanted = needs(self.case, command).cases
        tied = [event.body.other_number for event in given.events if isinstance(event.body, e.Linked)]
        if not wanted and not tied:
            return self.facts
        seen = {number: self.glimpse(number, given.at) for number in {*wanted, *tied}}
        found = {number: each for number, each in seen.items() if each is not None}
        earlier = tuple(found[number] for number in tied if number in found and number not in wanted)
        return self.facts.model_copy(update={"cases": found, "earlier": earlier})

    def _apply(self, command: AnyCommand, decision: Decision, at: datetime, given: Given | None) -> None:
        envelope = given.first if given is not None else self.events[0]
        done_at = envelope.done_at if given is not None else None
        named = {"command": command.id, "actor": command.actor, "done_at": done_at}
        self._write(envelope.model_copy(update=named), decision.events, at)

    def _write(self, envelope: Recorded, bodies: Sequence[AnyEvent], at: datetime) -> None:
        for body in bodies:
            version = len(self.events) + 1
            own = {
                "id": event_id(envelope.case, version, envelope.command),
                "version": version,
                "at": at,
                "recorded_at": at,
                "facts": REPLAYED,
                "body": body,
            }
            recorded = envelope.model_copy(update=own)
            self.case = evolve(self.case, recorded)
            self.events.append(recorded)


def _missing(given: Given, error: Exception) -> Diverged:
    said = str(error).partition("\n")[0]
    return _diverged(
        given, "missing", f"数据包缺少所需内容（{said}）。", f"The pack lacks what it is about: {said}."
    )


def _diverged(given: Given, rule: str, zh: str, en: str) -> Diverged:
    return Diverged(event=given.first.version, command=given.type, at=given.at, rule=rule, zh=zh, en=en)


def live_again(givens: Sequence[Given], facts: Facts, glimpse: Glimpse, until: datetime) -> Life:
    """The case of these commands under other facts, up to ``until``. The clock's own are left out and derived anew."""
    living = _Living(facts, glimpse)
    for given in givens:
        if given.by_clock:
            continue
        diverged = living.act(given)
        if diverged is not None:
            return Life(events=tuple(living.events), diverged=diverged)
    living.strike_until(until)
    return Life(events=tuple(living.events))


def figures(events: Sequence[Recorded]) -> Figures:
    """What counts in a life."""
    case: Case | None = None
    for event in events:
        case = evolve(case, event)
    return Figures(
        breaches=sum(isinstance(event.body, e.DeadlineMissed) for event in events),
        escalations=sum(isinstance(event.body, e.Escalated) for event in events),
        lead=(case.lead or case.last_lead) if case else None,
        routed=case.route.lead if case and case.route else None,
        ending=case.ending if case else None,
    )


def compare(number: str, before: Sequence[Recorded], life: Life) -> Comparison:
    """The life that there was beside the other one; of a life that diverged, both only up to there."""
    cut = life.diverged.event if life.diverged is not None else None
    kept = [event for event in before if cut is None or event.version < cut]
    return Comparison(
        number=number,
        before=figures(kept),
        after=figures(life.events),
        diverged=life.diverged,
        different_at=_different_at(kept, life.events) if cut is None else None,
    )


_VERSIONS = frozenset({"rule_version", "version", "pack"})


def _different_at(before: Sequence[Recorded], after: Sequence[Recorded]) -> int | None:
    """The version of the first event that is another one; that another version of a pack decided it is no difference."""
    for one, other in zip(before, after, strict=False):
        if (one.at, one.command) != (other.at, other.command) or _plain(one) != _plain(other):
            return one.version
    shorter = min(len(before), len(after))
    return shorter + 1 if len(before) != len(after) else None


def _plain(event: Recorded) -> object:
    return _without_versions(event.body.model_dump(mode="json"))


def _without_versions(value: object) -> object:
    match value:
        case dict():
            fields = cast("dict[str, object]", value)
            return {key: _without_versions(each) for key, each in fields.items() if key not in _VERSIONS}
        case list():
            return [_without_versions(each) for each in cast("list[object]", value)]
        case _:
            return value
