"""Cases that belong together: links, merges and the waking of children."""

from typing import Literal

from domain.commands.shape import CaseNumber, Command
from domain.words import Tie


class Link(Command):
    """Note that another case has to do with this one (关联). It changes nothing else."""

    type: Literal["link"] = "link"
    other: CaseNumber
    tie: Tie


class Merge(Command):
    """Let the case follow another one about the same issue (并入主件)."""

    type: Literal["merge"] = "merge"
    into: CaseNumber


class Unmerge(Command):
    """Let the case stand by itself again, where it stood (解除并案)."""

    texts = frozenset({"ground"})

    type: Literal["unmerge"] = "unmerge"


class Wake(Command):
    """The parent was answered or has ended: what that means for a child. Only the system says it."""

    type: Literal["wake"] = "wake"


MergeCommand = Link | Merge | Unmerge | Wake
