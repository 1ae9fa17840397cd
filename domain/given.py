"""A command given back from what it caused: for replaying a case under other rules (whatif).

The ledger keeps events, not commands. Most of what a command says stands under the same name in an event that it caused; the
few words that do not are told here, each in one line. What a command left unsaid stays unsaid: an expected version, a
number.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from domain import commands as c
from domain import events as e
from domain.actors import Actor
from domain.base import CommandId, Frozen, Instant
from domain.events import Recorded
from domain.personal import PersonalRef
from domain.words import ActorKind, Tie

_ENVELOPE = frozenset({"id", "actor", "type", "expected_version", "done_at", "personal"})
_UNSEEN = "0" * 64


class Given(Frozen):
    """One command that had events: who gave it, when it was decided, whether a rule refused it, and what it caused."""

    type: str
    refused: bool
    events: tuple[Recorded, ...]

    @property
    def first(self) -> Recorded:
        """Its first event, whose envelope is that of the command."""
        return self.events[0]

    @property
    def at(self) -> Instant:
        """When it was decided."""
        return self.first.at

    @property
    def by_clock(self) -> bool:
        """Whether the clock gave it."""
        return self.first.actor.kind is ActorKind.CLOCK


def _split_from(bodies: Sequence[e.EventBody]) -> object:
    return next(
        (body.other_number for body in bodies if isinstance(body, e.Linked) and body.tie is Tie.SPLIT), None
    )


def _first(kind: type[e.EventBody], field: str) -> Callable[[Sequence[e.EventBody]], object]:
    def found(bodies: Sequence[e.EventBody]) -> object:
        return next((getattr(body, field) for body in bodies if isinstance(body, kind)), None)

    return found


_SAID: Mapping[tuple[str, str], Callable[[Sequence[e.EventBody]], object]] = {
    ("register", "split_from"): _split_from,
    # The matter names the procedure; where none was given, the one that it came by is kept.
    ("register", "procedure"): lambda bodies: (
        None if _named("matter", bodies) else _named("procedure", bodies)
    ),
    ("inform", "to"): _first(e.Informed, "body"),
    ("rebase", "deadline"): lambda bodies: next(
        (body.deadline.id for body in bodies if isinstance(body, e.Rebased)), None
    ),
    ("link", "other"): _first(e.Linked, "other_number"),
    ("merge", "into"): _first(e.Merged, "parent_number"),
    ("release_assistance", "asked"): _first(e.AssistanceReleased, "body"),
    ("rule", "designate"): _first(e.Designated, "lead"),
    ("review", "passed"): lambda bodies: any(isinstance(body, e.Reviewed) for body in bodies),
    ("propose", "to"): lambda bodies: _named("to", bodies) or _named("proposed", bodies),
}
"""(command, field) to where it stands, for the fields that stand in no event under their own name."""


def command_of(given: Given) -> c.AnyCommand:
    """The command, as far as its events tell. Raises KeyError for a type, and ValueError for a shape, unknown here."""
    model = c.MODELS[given.type]
    bodies = [event.body for event in given.events]
    told: dict[str, Any] = {}
    for name in model.model_fields.keys() - _ENVELOPE:
        find = _SAID.get((given.type, name))
        value = find(bodies) if find is not None else _named(name, bodies)
        if value is not None and not (name == "asked_at" and value == given.at):
            told[name] = value
    return model(
        id=given.first.command,
        actor=_without_office(given.first.actor),
        done_at=given.first.done_at,
        personal=_personal(model, given.first.case, bodies),
        **told,
    )  # type: ignore[return-value]


def _named(name: str, bodies: Sequence[e.EventBody]) -> object:
    """What stands under that name in the first event that has it."""
    return next((getattr(body, name) for body in bodies if name in type(body).model_fields), None)


def _without_office(actor: Actor) -> Actor:
    """As the client named him; the office's name was added when it was recorded."""
    return actor.model_copy(update={"office": None})


def _personal(model: type[c.Command], case: UUID, bodies: Sequence[e.EventBody]) -> PersonalRef | None:
    """The hand on the compartment, or a stand-in where the event keeps none: that the text was given is certain."""
    refs = (getattr(body, "personal", None) for body in bodies)
    kept = next((ref for ref in refs if isinstance(ref, PersonalRef)), None)
    if kept is not None:
        return kept.model_copy(update={"fields": tuple(sorted({*kept.fields, *model.texts}))})
    if not model.texts:
        return None
    return PersonalRef(id=case, digest=_UNSEEN, mac=_UNSEEN, fields=tuple(sorted(model.texts)))


def grouped(events: Sequence[Recorded], types: Mapping[CommandId, tuple[str, bool]]) -> list[Given]:
    """Events in order, by the command that caused them. ``types``: each command's type and whether it was refused."""
    groups: list[list[Recorded]] = []
    for event in events:
        if groups and groups[-1][0].command == event.command:
            groups[-1].append(event)
        else:
            groups.append([event])
    return [
        Given(type=types[group[0].command][0], refused=types[group[0].command][1], events=tuple(group))
        for group in groups
    ]
