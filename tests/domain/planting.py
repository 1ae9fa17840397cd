"""What plants a bug: a rule, an event or a name is made to stand for something wrong, for one test."""

from collections.abc import Callable
from typing import Any

import pytest

from domain import (
    decide,
    merges,
)
from domain import events as e
from domain import evolve as evolving
from domain.base import Instant
from domain.case import Case
from domain.decision import Decision
from domain.facts import Facts
from tests.domain import (
    telling,
)

Plant = Callable[[pytest.MonkeyPatch], None]


def evolves(event: type[e.EventBody], change: Callable[[Case, Any], dict[str, Any]]) -> Plant:
    """The event changes the case in a way that it must not."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = evolving._TABLE[event]
        wrong = lambda case, body, recorded: {**right(case, body, recorded), **change(case, body)}  # noqa: E731
        patch.setitem(evolving._TABLE, event, wrong)

    return plant


def sees(command: str, **instead: object) -> Plant:
    """The rule of a command sees another case than the one that stands."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        row = decide.RULES[command]

        def wrong(case: Case, given: Any, facts: Facts, at: Instant) -> Decision:
            return row.decide(case.model_copy(update=instead), given, facts, at)

        patch.setitem(decide.RULES, command, row._replace(decide=wrong))

    return plant


def sees_glances(**instead: object) -> Plant:
    """Every other case looks different from what it is."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = merges.glance
        wrong = lambda case, **given: right(case, **given).model_copy(update=instead)  # noqa: E731
        patch.setattr(telling, "glance", wrong)

    return plant


def replaces(value: object, *where: tuple[object, str]) -> Plant:
    """Names in modules stand for something else."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        for module, name in where:
            patch.setattr(module, name, value)

    return plant


def says_nothing(*_: object, **__: object) -> None:
    return None


def never(*_: object, **__: object) -> bool:
    return False
