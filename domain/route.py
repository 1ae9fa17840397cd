"""A route (派单依据): to which body a case belongs, and how that was found, as data.

It stands in the event of the decision that it served, so that years later it can be read why this body and no other:
what went in, which version of the catalogue, which divisions were walked, which rules fired, what else was looked at.
"""

from domain.base import BodyId, Frozen, Instant, MatterId, PlaceCode
from domain.words import Exceptional, PropertyStatus, WhyNot


class Alternative(Frozen):
    """A body, or a rule that led to none, that was looked at and passed over."""

    rule: str
    body: BodyId | None
    why_not: WhyNot


class Route(Frozen):
    """Where a case belongs. ``lead`` is None where no rule could run; ``problem`` then says what is missing.

    Inputs: ``matter``, ``place``, ``property_status``, ``at``, ``accused``. ``path`` is the jurisdiction walked, from the
    place upwards. ``rules`` are those that fired, in order, as ``matter.<id>.lead`` and the like; ``ground`` is the
    source of the one that named the lead. ``problem`` with a lead means that nobody sits at its desk.
    """

    matter: MatterId
    place: PlaceCode
    property_status: PropertyStatus | None
    at: Instant
    accused: tuple[BodyId, ...]
    pack: str
    version: int
    path: tuple[PlaceCode, ...]
    rules: tuple[str, ...]
    ground: str
    lead: BodyId | None
    alternatives: tuple[Alternative, ...]
    problem: Exceptional | None
