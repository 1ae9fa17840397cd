"""Routing (派单): from matter × place × property status × instant × accusation to the body that must lead.

    the catalogue's rule for the compound's property status, else its general one
      ─▶ the division of the rule's level on the way up from the place
      ─▶ the body of the rule's kind and office there
           ended?    ─▶ its successor
           accused?  ─▶ the nearest body above that is not
           nobody at its desk, or no such body? ─▶ a visible exception, never a silent fallback

The dispatching body may propose another body than the route names; that it did is in the event. Rules: design.md §1,
§3.2, §3.6. Sources: 北京市接诉即办工作条例 Arts 11, 12 (派单目录); 信访工作条例 Art 24 (merged bodies).
"""

from typing import NamedTuple

from domain import events as e
from domain.base import BodyId, Instant, PlaceCode
from domain.case import Case
from domain.facts import Facts
from domain.firewall import barred_bodies
from domain.jurisdiction import Body, Lead, Matter
from domain.organisation import CANNOT_LEAD, superiors
from domain.route import Alternative, Route
from domain.standing import standing
from domain.words import Exceptional, LinkUse, PropertyStatus, Role, WhyNot

SIGNERS = frozenset({Role.CASEWORKER, Role.HEAD})
"""The hats of those who can sign for a body."""


def route(
    matter: str,
    place: PlaceCode,
    facts: Facts,
    at: Instant,
    *,
    accused: tuple[BodyId, ...] = (),
    barred: frozenset[BodyId] = frozenset(),
) -> Route:
    """Where a case of that matter at that place belongs at ``at``. ``barred`` are the accused and all below them.

    Raises FactMissing if the matter or the place was not looked up.
    """
    row = facts.matter(matter)
    status = property_status(place, facts)
    path = facts.path(place)
    rule, others = _rule(row, status)
    found = _find(rule, path, facts, at)
    looked_at = [*others, *found.passed]
    rules = [rule.id, *found.rules]
    lead = found.body
    if lead is not None and lead in barred:
        looked_at.append(Alternative(rule=rule.id, body=lead, why_not=WhyNot.ACCUSED))
        rules.append("firewall.nearest-above")
        lead = _unaccused_above(lead, barred, facts, at)
    return Route(
        matter=matter,
        place=place,
        property_status=status,
        at=at,
        accused=accused,
        pack=facts.pack,
        version=facts.version,
        path=path,
        rules=tuple(rules),
        ground=rule.ground,
        lead=lead,
        alternatives=tuple(looked_at),
        problem=_problem(lead, facts, at),
    )


def route_of(matter: str | None, place: str | None, facts: Facts, at: Instant) -> Route | None:
    """The route of a case with this matter and place; None while one of them is not known."""
    if matter is None or place is None or place not in facts.places:
        return None
    return route(matter, place, facts, at)


def case_route(case: Case, matter: str | None, place: str | None, facts: Facts, at: Instant) -> Route | None:
    """The route of a case as it stands, with its wall; None while matter or place is not known."""
    if matter is None or place is None or place not in facts.places:
        return None
    gone = barred_bodies(case, facts, at)
    return route(matter, place, facts, at, accused=case.against, barred=gone)


def alarms(
    found: Route | None, case_exceptions: tuple[Exceptional, ...], at_body: BodyId
) -> list[e.AnyEvent]:
    """What has to be visible about a route that could not run."""
    if found is None or found.problem is None or found.problem in case_exceptions:
        return []
    return [e.ExceptionRaised(kind=found.problem, body=found.lead or at_body)]


def property_status(place: PlaceCode, facts: Facts) -> PropertyStatus | None:
    """The property status of a compound; None for a place that is none."""
    known = facts.places.get(place)
    return known.property_status if known else None


class _Rule(NamedTuple):
    id: str
    lead: Lead
    ground: str


class _Found(NamedTuple):
    body: BodyId | None
    rules: tuple[str, ...]
    passed: tuple[Alternative, ...]


def _rule(matter: Matter, status: PropertyStatus | None) -> tuple[_Rule, list[Alternative]]:
    """The rule that fits the property status, and those that do not."""
    others: list[Alternative] = []
    fitting: _Rule | None = None
    for number, special in enumerate(matter.routes, start=1):
        name = f"matter.{matter.id}.routes.{number}"
        if fitting is None and status in special.when:
            fitting = _Rule(name, special.lead, special.ground)
        else:
            others.append(Alternative(rule=name, body=None, why_not=WhyNot.OTHER_PROPERTY_STATUS))
    general = f"matter.{matter.id}.lead"
    if fitting is None:
        return _Rule(general, matter.lead, matter.ground), others
    return fitting, [*others, Alternative(rule=general, body=None, why_not=WhyNot.SPECIAL_RULE_FITS)]


def _find(rule: _Rule, path: tuple[PlaceCode, ...], facts: Facts, at: Instant) -> _Found:
    """The body that the rule means: the first by id of those that fit and stand, or the successor of one that ended."""
    fitting = sorted(
        (body for body in facts.bodies.values() if body.division in path and _fits(body, rule.lead)),
        key=lambda body: body.id,
    )
    passed: list[Alternative] = []
    for body in fitting:
        if body.valid(at):
            second = [b for b in fitting if b.id > body.id and b.valid(at)]
            passed += [
                Alternative(rule=rule.id, body=b.id, why_not=WhyNot.ANOTHER_FITS_FIRST) for b in second
            ]
            return _Found(body.id, (), tuple(passed))
        passed.append(Alternative(rule=rule.id, body=body.id, why_not=WhyNot.NOT_THERE))
    for body in fitting:
        heir = standing(body.id, facts, at)
        if heir is not None:
            return _Found(heir, ("body.successor",), tuple(passed))
    if not fitting:
        passed.append(Alternative(rule=rule.id, body=None, why_not=WhyNot.NO_SUCH_BODY))
    return _Found(None, (), tuple(passed))


def _fits(body: Body, lead: Lead) -> bool:
    office = body.id.partition(".")[2]
    return body.kind is lead.kind and body.level is lead.level and lead.office in {None, office}


def _unaccused_above(body: BodyId, barred: frozenset[BodyId], facts: Facts, at: Instant) -> BodyId | None:
    """The nearest body above that is not barred and can lead, layer by layer."""
    layer, seen = [body], {body}
    while layer:
        above = [b for here in layer for b in superiors(here, LinkUse.LADDER, facts, at) if b not in seen]
        able = [b for b in above if b not in barred and facts.body(b).kind not in CANNOT_LEAD]
        if able:
            return able[0]
        seen.update(above)
        layer = above
    return None


def _problem(lead: BodyId | None, facts: Facts, at: Instant) -> Exceptional | None:
    if lead is None:
        return Exceptional.NO_ROUTE
    there = any(post.body == lead and post.role in SIGNERS and post.held(at) for post in facts.posts)
    return None if there else Exceptional.NOBODY_AT_THE_DESK
