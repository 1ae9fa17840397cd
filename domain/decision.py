"""A decision: what happens, and a refusal or none. A decision can refuse and record at once (design.md §3.5)."""

from domain.base import Frozen
from domain.events import AnyEvent
from domain.rules import Refusal, Rule, refusal


class Decision(Frozen):
    """The outcome of one command: the events that it causes, in order, and the refusal if it is refused."""

    events: tuple[AnyEvent, ...] = ()
    refusal: Refusal | None = None


def record(*events: AnyEvent) -> Decision:
    """The command is done; this is what happened."""
    return Decision(events=events)


def refuse(rule: Rule, **params: object) -> Decision:
    """The rule refuses; nothing happened."""
    return Decision(refusal=refusal(rule, params))


def refuse_and_record(rule: Rule, *events: AnyEvent, **params: object) -> Decision:
    """The rule refuses, and that it was tried is itself an event."""
    return Decision(events=events, refusal=refusal(rule, params))


NOTHING = Decision()
"""Nothing happens: a clock rang for something that was already done."""
