"""Oversight, and the clock."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from domain.commands.shape import Command


class Oversee(Command):
    """A body above puts its eye on the case (督办). It moves no responsibility."""

    texts = frozenset({"note"})

    type: Literal["oversee"] = "oversee"


class Strike(Command):
    """The clock: the deadline of that id is due."""

    type: Literal["strike"] = "strike"
    deadline: str


class Rebase(Command):
    """Reckon a running clock anew, by today's rule and calendar (重新计算时限). ``note`` says why."""

    texts = frozenset({"note"})

    type: Literal["rebase"] = "rebase"
    deadline: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]{1,128}$")]


LadderCommand = Oversee | Rebase | Strike
