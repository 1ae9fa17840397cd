"""The organisation read upwards: superiors, ancestors, the lowest common superior (共同上级).

Which kinds of link count is the pack's table, by use: a street guides a residents' committee and is not its superior,
yet guiding counts where the firewall asks who stands below whom (design.md §1).
"""

from collections.abc import Iterable

from domain.base import BodyId, Instant
from domain.facts import Facts
from domain.jurisdiction import Body
from domain.words import BodyKind, Level, LinkUse

_HEIGHT = {Level.COMMUNITY: 0, Level.STREET: 1, Level.DISTRICT: 2, Level.CITY: 3, Level.OUTSIDE: 4}


def height(level: Level) -> int:
    """How high a level stands on the ladder; the community is 0."""
    return _HEIGHT[level]


CANNOT_LEAD = frozenset(
    {
        BodyKind.COMMUNITY_PARTY,
        BodyKind.PARTY_SERVICE_CENTRE,
        BodyKind.STREET_PARTY,
        BodyKind.PARTY_COMMITTEE,
        BodyKind.JOINT_CONFERENCE,
        BodyKind.DISCIPLINE_ORGAN,
        BodyKind.PROVIDER,
        BodyKind.VOLUNTEER_TEAM,
        BodyKind.PAIRED_UNIT,
        BodyKind.OUTSIDE_ORGAN,
    }
)
"""Kinds that never lead: Party organisations convene, coordinate and oversee; providers execute and never answer."""

NO_OFFICE = frozenset({BodyKind.PROVIDER, BodyKind.VOLUNTEER_TEAM, BodyKind.PAIRED_UNIT})
"""Kinds that are no part of the administration or of self-government: they help, and are no rung of any ladder."""


def is_community(body: Body) -> bool:
    """Whether the body is one of those that the push-down guard protects: of a community, and no mere helper."""
    return body.level is Level.COMMUNITY and body.kind not in NO_OFFICE


def superiors(body: BodyId, use: LinkUse, facts: Facts, at: Instant) -> list[BodyId]:
    """The bodies straight above, valid at ``at``, in the order in which the pack ranks the kinds of link."""
    here = facts.bodies.get(body)
    if here is None:
        return []
    return [
        link.to
        for kind in facts.policy.links.get(use, ())
        for link in here.links
        if link.kind is kind and _stands(facts.bodies.get(link.to), at)
    ]


def _stands(body: Body | None, at: Instant) -> bool:
    return body is not None and body.valid(at)


def ancestors(body: BodyId, use: LinkUse, facts: Facts, at: Instant) -> dict[BodyId, int]:
    """Every body above, with the number of steps to it. The body itself is not among them."""
    found: dict[BodyId, int] = {}
    layer = [body]
    distance = 0
    while layer:
        distance += 1
        layer = [
            above
            for below in layer
            for above in superiors(below, use, facts, at)
            if above != body and found.setdefault(above, distance) == distance
        ]
    return found


def lowest_common_superior(
    parties: Iterable[BodyId], facts: Facts, at: Instant, barred: frozenset[BodyId] = frozenset()
) -> BodyId | None:
    """The lowest body strictly above every party and not barred; None where there is none.

    Lowest is by level, then by the number of steps from the parties, then by id, so that the answer is always the same.
    """
    named = sorted(set(parties))
    above = [ancestors(party, LinkUse.COMMON_SUPERIOR, facts, at) for party in named]
    if not above:
        return None
    common: set[BodyId] = set(above[0]).intersection(*above[1:]) - set(named) - barred
    return min(
        common,
        key=lambda body: (_HEIGHT[facts.body(body).level], sum(found[body] for found in above), body),
        default=None,
    )
