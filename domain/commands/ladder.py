"""Oversight, and the clock."""

from typing import Literal

from domain.commands.shape import Command


class Oversee(Command):
    """A body above puts its eye on the case (督办). It moves no responsibility."""

    texts = frozenset({"note"})

    type: Literal["oversee"] = "oversee"


class Strike(Command):
    """The clock: the deadline of that id is due."""

    type: Literal["strike"] = "strike"
    deadline: str


LadderCommand = Oversee | Strike
