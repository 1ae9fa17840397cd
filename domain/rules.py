"""A refusal is a value: which rule, why, and what to do next, in Chinese and in English.

The rules themselves stand beside the code that keeps them, in the room of their subject. Here is only their shape,
and the decision that carries them.
"""

from collections.abc import Mapping
from typing import NamedTuple

from domain.base import Frozen


class Rule(NamedTuple):
    """A rule that can refuse. The texts may name parameters in braces; ``refuse`` fills them in."""

    code: str
    zh: str
    en: str
    next_zh: str
    next_en: str


class Refusal(Frozen):
    """What is answered when a rule refuses: kept word for word, so that the same command gets the same answer."""

    rule: str
    zh: str
    en: str
    next_zh: str
    next_en: str


class _Named(dict[str, str]):
    """Leaves an unknown parameter visible instead of failing while a refusal is being written."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def refusal(rule: Rule, params: Mapping[str, object] | None = None) -> Refusal:
    """The refusal of ``rule`` with its parameters filled in."""
    named = _Named({key: str(value) for key, value in (params or {}).items()})
    return Refusal(
        rule=rule.code,
        zh=rule.zh.format_map(named),
        en=rule.en.format_map(named),
        next_zh=rule.next_zh.format_map(named),
        next_en=rule.next_en.format_map(named),
    )
