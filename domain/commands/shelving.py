"""Shelving (挂账): asked by the head of the lead, consented to by the reviewing body."""

from typing import Literal

from pydantic import PositiveInt

from domain.commands.shape import Command
from domain.words import Channel


class Shelve(Command):
    """The head of the lead asks to shelve what cannot be solved now (申请挂账).

    ``hours``: from the consent until the case is looked at again.
    """

    texts = frozenset({"ground"})

    type: Literal["shelve"] = "shelve"
    hours: PositiveInt


class ConsentToShelving(Command):
    """The reviewing body consents; the resident was told why and until when (同意挂账)."""

    texts = frozenset({"reply"})

    type: Literal["consent_to_shelving"] = "consent_to_shelving"
    told_by: Channel


class RefuseShelving(Command):
    """The reviewing body does not consent: the work goes on (不同意挂账)."""

    texts = frozenset({"ground"})

    type: Literal["refuse_shelving"] = "refuse_shelving"


class Unshelve(Command):
    """The work goes on before the instant at which the case was to be looked at again (解除挂账)."""

    texts = frozenset({"note"})

    type: Literal["unshelve"] = "unshelve"


ShelvingCommand = Shelve | ConsentToShelving | RefuseShelving | Unshelve
