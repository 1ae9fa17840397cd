"""The firewall: an accusation, a recusal, somebody's interest."""

from typing import Annotated, Literal

from pydantic import Field

from domain.base import BodyId, PersonId
from domain.commands.shape import Command

Accused = Annotated[tuple[BodyId, ...], Field(min_length=1, max_length=20)]


class Accuse(Command):
    """Put on record that the issue is a complaint against these bodies (反映对象). They are walled off at once.

    ``misconduct``: it accuses persons of misconduct (检举控告), which is for the competent organ.
    """

    texts = frozenset({"ground"})

    type: Literal["accuse"] = "accuse"
    against: Accused
    misconduct: bool = False


class Recuse(Command):
    """Step out of a case oneself (自行回避), at once, without anybody's leave."""

    texts = frozenset({"ground"})

    type: Literal["recuse"] = "recuse"


class DeclareInterest(Command):
    """A head declares that somebody has an interest in the case (决定回避): that person is walled off."""

    texts = frozenset({"ground"})

    type: Literal["declare_interest"] = "declare_interest"
    person: PersonId


FirewallCommand = Accuse | Recuse | DeclareInterest
