"""Every state that a case can reach by the real rules, breadth first, under one stated abstraction (``make explore``).

Nothing is modelled a second time: ``decide`` and ``evolve`` are the product's own. What is abstract is when two cases
count as the same state: ``shape`` says it. A case's fields are all in it but these:

    ids, numbers and versions          names, not facts
    instants                           time is order: which clock rings next, and which windows are open
    counters and long lists            capped, at ``CAP``
    the route                          read off matter and place

The world is a handful of bodies and people (``SMALL_WORLD``). From a state one comes to others by every command that
somebody in it may give, by the next bell of the clock, and by the instant just before it, so that windows close.

    python -m tests.exploration.explore [--states N] [--write]      all of it, and the lifecycle drawn in docs/
"""

import argparse
import itertools
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from domain import commands as c
from domain.actors import CLOCK, RESIDENT, Actor
from domain.authority import may
from domain.case import Case
from domain.deadlines import clock_command
from domain.decide import RULES, decide
from domain.decision import Decision
from domain.events import FactsUsed, Recorded
from domain.evolve import evolve
from domain.facts import Facts, Needs
from domain.holders import holding
from domain.ladder import next_bell
from domain.numbers import event_id
from domain.words import State
from tests import small
from tests.domain.telling import NUMBER, personal

CAP = 3
"""Counters and lists are told apart up to here."""

EPISODES = 2
"""A case is reopened once; what a second reopening could do, the first one did."""

NOT_EARNED = frozenset({"withdraw", "not_accept", "redirect", "merge", "reopen"})
"""Ways out that a case must not need in order to end."""

LIFECYCLE = Path(__file__).parents[2] / "docs" / "lifecycle.md"
_BEGIN, _END = "<!-- drawn by make explore: begin -->", "<!-- drawn by make explore: end -->"

Shape = Hashable


class World(NamedTuple):
    """Who may act, what the fields of a command may be, and by what the case begins."""

    actors: tuple[Actor, ...]
    choices: Mapping[str, Mapping[str, tuple[Any, ...]]]
    first: c.Register
    facts: Facts
    without: frozenset[str] = frozenset()


class Node(NamedTuple):
    """A concrete case at an instant, standing for its abstract state."""

    case: Case
    now: datetime


class Edge(NamedTuple):
    """One step: the command's type, ``clock``, or ``time`` for the instant just before the next bell."""

    label: str
    to: int
    events: tuple[str, ...]


@dataclass
class Explored:
    """What was found. ``edges`` by the number of a state; those beyond the bound have none and are in ``frontier``."""

    nodes: list[Node] = field(default_factory=list[Node])
    edges: dict[int, list[Edge]] = field(default_factory=dict[int, list[Edge]])
    depth: int = 0
    seconds: float = 0.0
    twins: list[tuple[Node, int]] = field(default_factory=list[tuple[Node, int]])
    refusals: Counter[str] = field(default_factory=Counter[str])

    @property
    def frontier(self) -> frozenset[int]:
        """States that were reached and not looked beyond."""
        return frozenset(range(len(self.nodes))) - frozenset(self.edges)

    @property
    def transitions(self) -> int:
        """How many steps were found."""
        return sum(len(edges) for edges in self.edges.values())


def explore(world: World, *, states: int, watch: Callable[[Node], None] | None = None) -> Explored:
    """Breadth first up to ``states`` abstract states; ``watch`` looks at every one and raises where a rule is broken."""
    began = time.perf_counter()
    found = Explored()
    seen: dict[Shape, int] = {}
    queue: deque[tuple[int, int]] = deque()

    def number(node: Node, depth: int) -> int:
        shape = shape_of(node, world.facts)
        known = seen.get(shape)
        if known is not None:
            # Every so often a second concrete case of the same shape is kept, to be compared with the first.
            if len(found.twins) < states and (len(seen) + len(found.twins)) % 7 == 0:
                found.twins.append((node, known))
            return known
        seen[shape] = len(found.nodes)
        found.nodes.append(node)
        found.depth = max(found.depth, depth)
        queue.append((seen[shape], depth))
        if watch is not None:
            watch(node)
        return seen[shape]

    start = _step(None, world.first, world.facts, small.START)
    assert start.decision.refusal is None, start.decision.refusal
    assert start.case is not None
    number(Node(start.case, small.START), 0)
    while queue and len(found.edges) < states:
        here, depth = queue.popleft()
        found.edges[here] = [
            Edge(label, number(node, depth + 1), events)
            for label, node, events in _steps(found.nodes[here], world, found.refusals)
        ]
    found.seconds = time.perf_counter() - began
    return found


# ---------------------------------------------------------------- the abstraction
_NAMES = frozenset(
    {"id", "number", "version", "material_version", "route", "rule_version", "hours", "promise"}
)
_ORDERED = frozenset({"deadlines"})


def shape_of(node: Node, facts: Facts) -> Shape:
    """What two cases must share to count as the same state."""
    case, now = node
    fields = {name: value for name, value in case if name not in _NAMES and name not in _ORDERED}
    order = tuple(
        (clock.kind, clock.cause, getattr(clock, "body", None))
        for clock in sorted(case.deadlines, key=lambda clock: clock.due)
    )
    return (_plain(fields), order, windows(case, facts, now))


def windows(case: Case, facts: Facts, now: datetime) -> tuple[bool, ...]:
    """Which windows are open that no clock of the case's own ends: to return, and to reopen."""
    policy = facts.policy
    begins = max((at for at in (case.lead_since, case.recategorised_at) if at), default=None)
    may_return = begins is not None and now <= begins + timedelta(hours=policy.return_within.amount)
    may_reopen = case.ended_at is not None and now <= case.ended_at + timedelta(
        hours=policy.reopen_within.amount
    )
    return (may_return, may_reopen)


def _plain(value: Any) -> Hashable:
    if isinstance(value, (datetime, UUID)):
        return None
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return min(value, CAP)
    if isinstance(value, Mapping):
        return tuple((name, _plain(each)) for name, each in value.items() if name not in _NAMES)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, (tuple, list)):
        return tuple(_plain(each) for each in value[-CAP:])  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return _plain(dict(value))


# ---------------------------------------------------------------- steps
class _Taken(NamedTuple):
    case: Case | None
    decision: Decision


def _steps(node: Node, world: World, refusals: Counter[str]) -> Iterator[tuple[str, Node, tuple[str, ...]]]:
    case, now = node
    for command in _commands(node, world):
        taken = _step(case, command, world.facts, now)
        if taken.decision.refusal is not None:
            refusals[taken.decision.refusal.rule] += 1
        if taken.decision.events and taken.case is not None:
            yield command.type, Node(taken.case, now), _types(taken.decision)
    bell = next_bell(case, world.facts)
    if bell is None:
        return
    before = bell.due - timedelta(minutes=1)
    if before > now and windows(case, world.facts, before) != windows(case, world.facts, now):
        yield "time", Node(case, before), ()
    then = max(bell.due, now)
    taken = _step(case, c.Strike(id=clock_command(bell.id), actor=CLOCK, deadline=bell.id), world.facts, then)
    assert taken.case is not None, "a bell that is due decides something"
    yield "clock", Node(taken.case, then), _types(taken.decision)


def _commands(node: Node, world: World) -> Iterator[c.AnyCommand]:
    """Every command that somebody may give, with every choice of its fields."""
    case, now = node
    for name, row in RULES.items():
        if name in world.without or case.state not in row.states:
            continue
        if name == "reopen" and case.episode >= EPISODES:
            continue
        model = c.MODELS[name]
        choices = world.choices.get(name, {})
        if not _complete(model, choices):
            continue
        for actor in world.actors:
            if may(actor, name, case, world.facts, now) is not None:
                continue
            for values in itertools.product(*choices.values()):
                fields = dict(zip(choices, values, strict=True))
                fields.setdefault("personal", personal(*sorted(model.texts)) if model.texts else None)
                yield model(id=f"c{case.version}", actor=actor, **fields)  # type: ignore[misc]


def _complete(model: type[c.Command], choices: Mapping[str, Any]) -> bool:
    """Whether the world says what the fields of the command may be."""
    needed = {name for name, known in model.model_fields.items() if known.is_required()}
    return needed <= {"id", "actor", *choices}


def untold(world: World) -> set[str]:
    """The commands that the world neither drives nor leaves out on purpose."""
    left = set(RULES) - world.without
    return {name for name in left if not _complete(c.MODELS[name], world.choices.get(name, {}))}


def _step(case: Case | None, command: Any, facts: Facts, at: datetime) -> _Taken:
    decision = decide(case, command, facts, max(at, case.last_at) if case else at)
    version = case.version if case else 0
    for body in decision.events:
        version += 1
        case = evolve(
            case,
            Recorded(
                id=event_id(_CASE, version, command.id),
                case=_CASE,
                version=version,
                at=at,
                recorded_at=at,
                command=command.id,
                actor=command.actor,
                facts=FactsUsed(pack=facts.pack, version=facts.version),
                body=body,
            ),
        )
    return _Taken(case, decision)


def _types(decision: Decision) -> tuple[str, ...]:
    return tuple(body.type for body in decision.events)


_CASE = UUID(int=7)


# ---------------------------------------------------------------- what must hold
def somebody_answers(node: Node) -> None:
    """§3.1, §3.12: an open case has an answering body, a charge and a clock that will ring; an ended one has none."""
    held = holding(node.case)
    if node.case.ending is not None:
        assert held is None
        assert node.case.deadlines == ()
        return
    assert held is not None, "nobody answers"
    assert held.charged_to is not None, "nobody is charged"
    assert node.case.next_deadline is not None, "silence"


def without_a_way_out(found: Explored) -> list[int]:
    """The states from which no ending can be reached without an unearned way out. Beyond the bound anything may be."""
    back: dict[int, list[int]] = {}
    for here, edges in found.edges.items():
        for edge in edges:
            if edge.label not in NOT_EARNED:
                back.setdefault(edge.to, []).append(here)
    good = {n for n, node in enumerate(found.nodes) if node.case.ending is not None} | set(found.frontier)
    ahead = list(good)
    while ahead:
        for here in back.get(ahead.pop(), []):
            if here not in good:
                good.add(here)
                ahead.append(here)
    return sorted(set(range(len(found.nodes))) - good)


def silent_for_ever(found: Explored) -> list[int]:
    """The states from which the clock alone comes neither to an ending nor to an alarm that goes on."""
    verdict: dict[int, bool] = {}
    for begin in found.edges:
        path: list[int] = []
        alarms: dict[int, bool] = {}
        here = begin
        while here not in verdict and here not in alarms:
            path.append(here)
            bell = next((edge for edge in found.edges.get(here, []) if edge.label == "clock"), None)
            if bell is None:
                # Ended, or beyond the bound.
                verdict[here] = found.nodes[here].case.ending is not None or here in found.frontier
                break
            alarms[here] = "alerted" in bell.events or "exception_raised" in bell.events
            here = bell.to
        good = verdict[here] if here in verdict else any(alarms[n] for n in path[path.index(here) :])
        for step in path:
            verdict.setdefault(step, good)
    return sorted(n for n, good in verdict.items() if not good)


def differing_twins(found: Explored, world: World) -> list[tuple[int, str]]:
    """Pairs of concrete cases of one shape that do not allow the same commands to the same people with one outcome."""
    wrong: list[tuple[int, str]] = []
    for twin, known in found.twins:
        one, other = _outcomes(found.nodes[known], world), _outcomes(twin, world)
        wrong += [(known, name) for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
    return wrong


def _outcomes(node: Node, world: World) -> dict[str, str | tuple[str, ...]]:
    """What comes of every command that somebody may give: the events, or the rule that refuses."""
    found: dict[str, str | tuple[str, ...]] = {}
    for command in _commands(node, world):
        decision = decide(node.case, command, world.facts, node.now)
        told = command.model_dump_json(exclude={"id", "personal"})
        found[told] = decision.refusal.rule if decision.refusal else _types(decision)
    return found


# ---------------------------------------------------------------- the picture
def lifecycle(found: Explored) -> dict[tuple[str, str], set[str]]:
    """From which state one comes to which, by what."""
    arrows: dict[tuple[str, str], set[str]] = {}
    for here, edges in found.edges.items():
        state = found.nodes[here].case.state
        for edge in edges:
            then = found.nodes[edge.to].case.state
            if edge.label != "time" and state is not then:
                arrows.setdefault((state.value, then.value), set()).add(edge.label)
    return arrows


def drawn(arrows: Mapping[tuple[str, str], set[str]]) -> str:
    """The lifecycle as a mermaid diagram."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> triage : register"]
    order = [state.value for state in State]
    for (here, then), labels in sorted(arrows.items(), key=lambda row: tuple(map(order.index, row[0]))):
        lines.append(f"    {here} --> {then} : {', '.join(sorted(labels))}")
    return "\n".join([*lines, "    ended --> [*]", "```"])


def in_the_page(page: str) -> str:
    """The diagram that stands in docs/lifecycle.md."""
    return page.split(_BEGIN)[1].split(_END, maxsplit=1)[0].strip()


# ---------------------------------------------------------------- the world
def _everything() -> Facts:
    needs = Needs(
        bodies=frozenset(body.id for body in small.PACK.bodies),
        people=frozenset(person.id for person in small.PACK.people),
        matters=frozenset(matter.id for matter in small.PACK.matters),
        places=frozenset(place.code for place in small.PACK.places),
    )
    return small.facts_for(needs)


_RESOLVED = {"truth": ("true",), "ours": (True,), "contacted": ("yes",), "solved": ("yes",)}
_JUDGED = {
    "response": (True,),
    "resolution": (True,),
    "satisfaction": ("satisfied", "unsatisfied"),
    "channel": ("link",),
}

SMALL_WORLD = World(
    actors=(
        small.CLERK,
        small.REVIEWER,
        small.HOUSING_WORKER,
        small.CIVIL_WORKER,
        small.DISTRICT_HEAD,
        RESIDENT,
    ),
    choices={
        "triage": {"matter": (small.HOUSING_MATTER,)},
        "recategorise": {"matter": (small.PUSHED_DOWN_MATTER,)},
        "propose": {"to": (small.HOUSING, small.CIVIL_AFFAIRS, small.COMMITTEE)},
        "object": {"reason": ("not_our_duty",), "proposed_owner": (small.HOUSING, small.CIVIL_AFFAIRS)},
        "return": {"reason": ("not_our_duty",), "proposed_owner": (small.HOUSING, small.CIVIL_AFFAIRS)},
        "rule": {"designate": (small.HOUSING, small.CIVIL_AFFAIRS)},
        "record_step": {"step": ("resident_heard",)},
        "resolve": _RESOLVED,
        "review": {"passed": (True, False)},
        "record_verdict": _JUDGED,
        "reopen": {"channel": ("link",)},
        "withdraw": {"channel": ("link",)},
        "not_accept": {"ground_code": ("no_clear_demand",), "told_by": ("phone",)},
    },
    first=c.Register(
        id="r1",
        actor=small.CLERK,
        number=NUMBER,
        matter=small.HOUSING_MATTER,
        place=small.COMMUNITY,
        personal=personal("text"),
    ),
    facts=_everything(),
    # They move nothing that another command waits for; the machine of tests/domain drives them.
    without=frozenset({"inform", "oversee", "recuse"}),
)


def main() -> int:
    """Explore, say what was found, and draw the lifecycle if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--states", type=int, default=60_000)
    parser.add_argument("--write", action="store_true", help="draw docs/lifecycle.md anew")
    given = parser.parse_args()
    found = explore(SMALL_WORLD, states=given.states, watch=somebody_answers)
    stuck, silent = without_a_way_out(found), silent_for_ever(found)
    differing = differing_twins(found, SMALL_WORLD)
    print(
        f"states {len(found.nodes):,} (beyond the bound {len(found.frontier):,}) · transitions {found.transitions:,} "
        f"· depth {found.depth} · {found.seconds:.0f} s"
    )
    print(
        f"no way out {len(stuck)} · silent for ever {len(silent)} · twins {len(found.twins):,}, {len(differing)} differ"
    )
    for n in (*stuck[:3], *silent[:3]):
        print(f"  state {n}: {found.nodes[n].case.state} {found.nodes[n].case!r}")
    for n, name in differing[:5]:
        print(f"  twins of state {n} differ in {name}")
    if given.write:
        page = LIFECYCLE.read_text(encoding="utf-8")
        head, tail = page.split(_BEGIN)[0], page.split(_END)[1]
        LIFECYCLE.write_text(f"{head}{_BEGIN}\n{drawn(lifecycle(found))}\n{_END}{tail}", encoding="utf-8")
    return 1 if stuck or silent or differing else 0


if __name__ == "__main__":
    sys.exit(main())
