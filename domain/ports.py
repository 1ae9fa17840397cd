"""What a durable workflow asks of the world, by name and shape. Nothing here does anything.

    load ─▶ every event of a case, and which commands it has answered
    look up ─▶ facts for a decision
    append ─▶ one decision into the ledger, or a reason why not
    answer ─▶ what a command was answered before
    alarm ─▶ something that a person has to look at

The names are those under which the activities are registered. A command's ``fingerprint`` tells whether the same id
came with other content: RFC 8785 canonical JSON, SHA-256.
"""

import hashlib
from typing import Literal
from uuid import UUID

import rfc8785
from pydantic import NonNegativeInt, PositiveInt

from domain.actors import Actor
from domain.base import CommandId, Frozen, Instant
from domain.commands import Command
from domain.events import FactsUsed, Recorded
from domain.facts import Needs
from domain.glance import Glance
from domain.personal import PersonalRef
from domain.rules import Refusal

LOAD = "load_case"
LOOK_UP = "look_up_facts"
APPEND = "append_to_ledger"
ANSWER = "find_answer"
ALARM = "raise_alarm"
SWEEP = "sweep_compartment"
FIND_ENDED = "find_ended_bodies"
WAKE_CHILDREN = "wake_children"
WAITING_PARENTS = "find_waiting_parents"
CHECKPOINT = "make_checkpoint"


class EventRef(Frozen):
    """An event, named in an answer."""

    id: UUID
    version: PositiveInt
    type: str
    at: Instant


class Answer(Frozen):
    """What a command was answered; kept, so that the same command always gets the same one.

    ``version`` is the case's after the command, 0 where there is no case; ``state`` and ``number`` likewise.
    """

    outcome: Literal["done", "refused"]
    case: UUID
    command: CommandId
    number: str | None
    version: NonNegativeInt
    state: str | None
    at: Instant
    events: tuple[EventRef, ...] = ()
    refusal: Refusal | None = None


class Append(Frozen):
    """One decision, as it goes into the ledger in one transaction.

    ``expected`` is the version that the decision was made on, 0 for a registration. ``events`` carry their ids and
    versions already, and no ``recorded_at``. A refused command has a row and may have no events. ``seen`` are the other
    cases that the decision rests on: it is written only if they still look like that.
    """

    case: UUID
    command: CommandId
    type: str
    fingerprint: str
    actor: Actor
    at: Instant
    expected: NonNegativeInt
    facts: FactsUsed
    personal: PersonalRef | None = None
    events: tuple[Recorded, ...] = ()
    refusal: Refusal | None = None
    seen: tuple[Glance, ...] = ()


class Appended(Frozen):
    """What the ledger did. ``ok``: it stands, now or since an earlier try, and ``answer`` is the one to give.

     ``stale_facts``: the pack has moved on, or a case that was glanced at; fetch and decide again.
    ``conflict``: the case is at another version.
     ``reused``: the command's id came before with other content. ``number_taken``: draw another number.
     ``compartment_missing``: the personal data that the command points at do not stand. ``wakes``: the case was answered or
     has ended while others follow it, so they have to be woken.
    """

    outcome: Literal["ok", "stale_facts", "conflict", "reused", "number_taken", "compartment_missing"]
    answer: Answer | None = None
    wakes: bool = False


class Checkpointed(Frozen):
    """What became of a checkpoint: made, not needed since nothing was recorded, or not possible without a key.

    ``size``: the leaves that the newest one covers.
    """

    outcome: Literal["made", "unchanged", "no_key"]
    size: NonNegativeInt = 0


class LoadCase(Frozen):
    """A request for a case, or for more of it: what comes after an event's ``version`` and after a ``command``'s id."""

    case: UUID
    version: NonNegativeInt = 0
    command: CommandId | None = None


class Loaded(Frozen):
    """A case as the ledger has it: every event in order, and the ids of all commands that it has answered.

    ``more``: it goes on after these; what travels between ledger and workflow has a size that it may not exceed.
    """

    events: tuple[Recorded, ...] = ()
    answered: tuple[CommandId, ...] = ()
    more: bool = False


class LookUp(Frozen):
    """A request for facts, answered from the newest version of the pack."""

    needs: Needs


class Ask(Frozen):
    """A request for an earlier answer."""

    case: UUID
    command: CommandId
    fingerprint: str


class Answered(Frozen):
    """An earlier answer, none, or the news that the id came with other content."""

    outcome: Literal["found", "none", "reused"]
    answer: Answer | None = None


class Alarm(Frozen):
    """Something that must not stay silent: what, about which case, in one sentence without personal data."""

    kind: Literal[
        "ledger_ahead", "ledger_contradicts", "undecidable", "children_asleep", "notice_undelivered"
    ]
    case: UUID
    detail: str


class Ended(Frozen):
    """Open cases in which a body has a part that ends, or has ended, by the newest pack."""

    cases: tuple[UUID, ...]


class Swept(Frozen):
    """How many unreferenced rows of the compartment a sweep removed."""

    rows: NonNegativeInt


class WakeChildren(Frozen):
    """A request to wake the next children of a parent that was answered, or has ended, by that version."""

    parent: UUID
    version: PositiveInt
    after: UUID | None = None
    limit: PositiveInt


class Woken(Frozen):
    """What came of it: how many were woken, how many could not be, and after which id to go on; None: there are no more."""

    woken: NonNegativeInt
    failed: NonNegativeInt
    after: UUID | None


class WaitingParent(Frozen):
    """A parent that was answered or has ended by that version, while cases still follow it."""

    parent: UUID
    version: PositiveInt


class WaitingParents(Frozen):
    """Some of them."""

    parents: tuple[WaitingParent, ...]


def wake_command(parent: UUID, version: int) -> CommandId:
    """The id of the command that tells a child of its parent's answer or ending by that version."""
    return f"wake:{parent}:{version}"


def fingerprint(command: Command) -> str:
    """The mark of a command's content, in hex.

    What the server chooses is left out: the drawn number, the id and ciphertext of the compartment row. The keyed mark
    of the plain text is in it, so that other words under the same id are noticed. What has its default is left out: a
    field that a later version adds does not make an old command, sent again, another one.
    """
    given = command.model_dump(
        mode="json", exclude_defaults=True, exclude={"number": True, "personal": {"id", "digest"}}
    )
    content = {**given, **command.model_dump(mode="json", include={"type"})}
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()
