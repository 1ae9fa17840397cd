"""Which body stands in another's place once that one has ended (承接). Source: 信访工作条例 Art 24."""

from domain.base import BodyId, Instant
from domain.facts import Facts


def standing(body: BodyId | None, facts: Facts, at: Instant) -> BodyId | None:
    """The body itself, or the one that succeeded it and stands at ``at``; None if there is none."""
    seen: set[str] = set()
    while body is not None and body in facts.bodies and body not in seen:
        seen.add(body)
        here = facts.body(body)
        if here.valid(at):
            return body
        body = here.successor
    return None
