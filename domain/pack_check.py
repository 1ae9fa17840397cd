"""What must hold in a pack before it may be loaded (数据包检查).

    pack ──▶ index once ──▶ places · bodies · links · matters · dispatch · people · policy · calendar ──▶ findings

A pack decides who answers, so a gap in it is a case that nobody answers for. Nothing here reads a clock: what is
asked of time is asked for every instant of a row's validity. The only outside knowledge is the list of time zones.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise, product
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.base import BodyId, Instant, PlaceCode
from domain.calendar_check import calendar
from domain.contract_check import contracts
from domain.jurisdiction import Body, Lead, Matter, Pack, Policy, Post
from domain.organisation import CANNOT_LEAD, NO_OFFICE
from domain.pack_findings import Finding, finding
from domain.words import BodyKind, DeadlineKind, Duty, Level, LinkKind, LinkUse, Procedure, Way

_UNLIMITED = {DeadlineKind.LADDER, DeadlineKind.ASSISTANCE_END, DeadlineKind.COMMISSION_END}
CLOCKS = tuple(kind for kind in DeadlineKind if kind not in _UNLIMITED)
"""The clocks that need a limit. The ladder's is the policy's ``ladder_every``; the others end at a date."""

_ONLY_PETITIONS = frozenset({DeadlineKind.ASK_APPEAL, DeadlineKind.DECIDE_APPEAL})


def clocks_of(procedure: Procedure) -> tuple[DeadlineKind, ...]:
    """The clocks that can run in a procedure, so that each needs a limit there."""
    return tuple(kind for kind in CLOCKS if procedure is Procedure.PETITION or kind not in _ONLY_PETITIONS)


def check(pack: Pack) -> tuple[Finding, ...]:
    """Everything that is wrong with the pack; empty if it may be loaded."""
    index = _Index(pack)
    return tuple(found for part in _PARTS for found in part(index))


class _Index:
    """The pack, looked up by id."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.places = {place.code: place for place in pack.places}
        self.bodies: dict[BodyId, list[Body]] = defaultdict(list)
        for body in sorted(pack.bodies, key=lambda body: body.valid_from):
            self.bodies[body.id].append(body)
        self.divisions: dict[Level, list[PlaceCode]] = defaultdict(list)
        for place in pack.places:
            if place.property_status is not None:
                continue  # a compound: no body sits in one
            self.divisions[place.level].append(place.code)
        self.offices: dict[tuple[Level, BodyKind], dict[PlaceCode, set[str]]] = {}
        for body in pack.bodies:
            by_division = self.offices.setdefault((body.level, body.kind), defaultdict(set))
            by_division[body.division].add(_office(body))

    def valid_through(self, body: BodyId, start: Instant, end: Instant | None) -> bool:
        """Whether the rows of the body leave no gap from ``start`` to ``end`` (to ever, if None)."""
        covered = start
        for row in self.bodies.get(body, ()):
            if row.valid_from > covered:
                return False
            if row.valid_to is None or (end is not None and row.valid_to >= end):
                return True
            covered = max(covered, row.valid_to)
        return False


def _office(body: Body) -> str:
    return body.id.removeprefix(f"{body.division}.")


def _whole(index: _Index) -> Iterator[Finding]:
    pack = index.pack
    try:
        ZoneInfo(pack.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield finding("unknown-zone", f"pack {pack.id}", zone=pack.zone)
    yield from _twice("place", (place.code for place in pack.places))
    yield from _twice("matter", (matter.id for matter in pack.matters))
    yield from _twice("person", (person.id for person in pack.people))


def _twice(what: str, ids: Iterable[str]) -> Iterator[Finding]:
    for id_, times in Counter(ids).items():
        if times > 1:
            yield finding("duplicate-id", f"{what} {id_}", id=id_, times=times)


def _places(index: _Index) -> Iterator[Finding]:
    for place in index.pack.places:
        if place.parent is not None and place.parent not in index.places:
            yield finding("place-dangling", f"place {place.code}", to=place.parent)
    cycle = _cycle({place.code: {place.parent} for place in index.pack.places if place.parent is not None})
    if cycle:
        yield finding("place-cycle", f"place {cycle[0]}", cycle=" → ".join(cycle))


def _bodies(index: _Index) -> Iterator[Finding]:
    for body in index.pack.bodies:
        where = f"body {body.id}"
        if not body.id.startswith(f"{body.division}.") or not _office(body):
            yield finding("body-id", where, division=body.division)
        if body.valid_to is not None and body.valid_to <= body.valid_from:
            yield finding("empty-validity", where, to=body.valid_to.isoformat())
        yield from _texts(where, {"name.zh": body.name.zh})
        yield from _division(index, body, where)
        yield from _successor(index, body, where)
    for rows in index.bodies.values():
        for earlier, later in pairwise(rows):
            if earlier.valid_to is None or later.valid_from < earlier.valid_to:
                yield finding("body-overlap", f"body {later.id}", at=later.valid_from.isoformat())


def _texts(where: str, texts: dict[str, str]) -> Iterator[Finding]:
    for field, text in texts.items():
        if not text.strip():
            yield finding("text-missing", where, field=field)


def _division(index: _Index, body: Body, where: str) -> Iterator[Finding]:
    if body.level is Level.OUTSIDE:
        return  # it stands above every place of the pack, so its own division need not be one of them
    place = index.places.get(body.division)
    if place is None:
        yield finding("body-place", where, division=body.division)
    elif place.level is not body.level:
        yield finding("body-level", where, level=body.level.value, place=place.level.value)


def _successor(index: _Index, body: Body, where: str) -> Iterator[Finding]:
    if body.successor is None:
        return
    if body.successor not in index.bodies:
        yield finding("successor-dangling", where, to=body.successor)
    elif body.valid_to is None:
        yield finding("successor-too-early", where)
    elif not any(row.valid(body.valid_to) for row in index.bodies[body.successor]):
        yield finding("successor-not-valid", where, to=body.successor, at=body.valid_to.isoformat())


def _links(index: _Index) -> Iterator[Finding]:
    for body in index.pack.bodies:
        for link in body.links:
            where = f"body {body.id}"
            if link.to not in index.bodies:
                yield finding("link-dangling", where, kind=link.kind.value, to=link.to)
            # A body succeeds one that has ended; every other link must hold as long as the body does.
            elif link.kind is not LinkKind.SUCCEEDS and not index.valid_through(
                link.to, body.valid_from, body.valid_to
            ):
                yield finding("link-gap", where, kind=link.kind.value, to=link.to)
    for use, kinds in index.pack.policy.links.items():
        cycle = _link_cycle(index, frozenset(kinds))
        if cycle:
            yield finding("link-cycle", f"body {cycle[0]}", use=use.value, cycle=" → ".join(cycle))
    yield from _outside(index)


def _link_cycle(index: _Index, kinds: frozenset[LinkKind]) -> list[str]:
    """A circle that exists at one instant; links of different years do not make one."""
    bodies = index.pack.bodies
    if not _cycle(_upwards(bodies, kinds)):
        return []
    for at in sorted({body.valid_from for body in bodies}):
        cycle = _cycle(_upwards((body for body in bodies if body.valid(at)), kinds))
        if cycle:
            return cycle
    return []


def _upwards(bodies: Iterable[Body], kinds: frozenset[LinkKind]) -> dict[BodyId, set[BodyId]]:
    graph: dict[BodyId, set[BodyId]] = defaultdict(set)
    for body in bodies:
        graph[body.id].update(link.to for link in body.links if link.kind in kinds)
    return graph


def _cycle(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # graphlib lists it against the direction of the edges that it was given.
        return list(reversed(error.args[1]))
    return []


def _outside(index: _Index) -> Iterator[Finding]:
    """Every top rung stands, over links of any kind, below an outside organ."""
    ladder = frozenset(index.pack.policy.links.get(LinkUse.LADDER, ()))
    all_but_succession = frozenset(LinkKind) - {LinkKind.SUCCEEDS}
    climbs = _upwards(index.pack.bodies, ladder)
    above = _upwards(index.pack.bodies, all_but_succession)
    organs = {body.id for body in index.pack.bodies if body.level is Level.OUTSIDE}
    for id_, rows in index.bodies.items():
        # Who only helps never answers, so it is no rung.
        if climbs.get(id_) or rows[0].kind in NO_OFFICE or id_ in organs:
            continue
        if not organs & _reach(above, id_):
            yield finding("no-outside-organ", f"body {id_}")


def _reach(graph: dict[BodyId, set[BodyId]], start: BodyId) -> set[BodyId]:
    seen: set[BodyId] = set()
    ahead = [start]
    while ahead:
        for above in graph.get(ahead.pop(), ()):
            if above not in seen:
                seen.add(above)
                ahead.append(above)
    return seen


def _matters(index: _Index) -> Iterator[Finding]:
    kinds = {body.kind for body in index.pack.bodies}
    for matter in index.pack.matters:
        where = f"matter {matter.id}"
        for lead in matter.leads:
            yield from _lead(index, matter, lead, where)
        for kind in matter.assists:
            if kind not in kinds:
                yield finding("assist-nowhere", where, kind=kind.value)
        if matter.duty is Duty.TAKEN_BACK and Level.STREET not in matter.never_lead:
            yield finding("taken-back-unguarded", where)
        if DeadlineKind.LADDER in matter.limits:
            yield finding("ladder-limit", where)
        limits = matter.limits.keys() | index.pack.policy.limits.get(matter.procedure, {}).keys()
        open_ended = [clock.value for clock in clocks_of(matter.procedure) if clock not in limits]
        if open_ended:
            yield finding("matter-without-limit", where, clocks=", ".join(open_ended))
        texts = {"ground": matter.ground, "name.zh": matter.name.zh}
        yield from _texts(where, {**texts, "promise.zh": matter.promise.zh, "promise.en": matter.promise.en})


def _lead(index: _Index, matter: Matter, lead: Lead, where: str) -> Iterator[Finding]:
    """One body, and only one, can lead the matter in every division of the lead's level.

    At the level of the community one division that has it is enough: residents' committees lead in town,
    village committees in the country, and a place may lawfully have neither.
    """
    if lead.kind in CANNOT_LEAD or lead.level is Level.OUTSIDE:
        yield finding("lead-illegal", where, kind=lead.kind.value, level=lead.level.value)
        return
    if lead.level in matter.never_lead:
        yield finding("lead-guarded", where, level=lead.level.value)
    offices = index.offices.get((lead.level, lead.kind), {})
    able = {
        division: {office for office in names if lead.office in {None, office}}
        for division, names in offices.items()
    }
    divisions = index.divisions[lead.level]
    missing = [division for division in divisions if not able.get(division)]
    if len(missing) == len(divisions) or (missing and lead.level is not Level.COMMUNITY):
        example = missing[0] if missing else "-"
        sought = {"level": lead.level.value, "kind": lead.kind.value, "office": lead.office or ""}
        yield finding("lead-missing", where, **sought, missing=len(missing), example=example)
    ambiguous = [division for division, names in able.items() if len(names) > 1]
    if ambiguous:
        yield finding("lead-ambiguous", where, kind=lead.kind.value, example=ambiguous[0])


def _dispatch(index: _Index) -> Iterator[Finding]:
    for row in index.pack.dispatch:
        where = f"dispatch {row.procedure.value} {row.division}"
        if row.division not in index.places:
            yield finding("dispatch-place", where, division=row.division)
        known = index.bodies.get(row.body)
        if known is None:
            yield finding("dispatch-dangling", where, to=row.body)
        elif known[-1].valid_to is not None:
            yield finding("dispatch-ends", where, to=row.body)
    rows = Counter((row.procedure, row.division) for row in index.pack.dispatch)
    for (procedure, division), times in rows.items():
        if times > 1:
            yield finding("dispatch-twice", f"dispatch {procedure.value} {division}", times=times)
    for place, procedure in product(index.pack.places, Procedure):
        if place.parent is None and (procedure, place.code) not in rows:
            yield finding("dispatch-missing", f"place {place.code}", procedure=procedure.value)


def _people(index: _Index) -> Iterator[Finding]:
    for person in index.pack.people:
        where = f"person {person.id}"
        if not person.posts:
            yield finding("person-without-post", where)
        for post in person.posts:
            if post.person != person.id:
                yield finding("post-of-another", where, other=post.person)
            yield from _post(index, post, where)


def _post(index: _Index, post: Post, where: str) -> Iterator[Finding]:
    rows = index.bodies.get(post.body)
    if post.valid_to is not None and post.valid_to <= post.valid_from:
        yield finding("empty-validity", where, to=post.valid_to.isoformat())
    elif rows is None:
        yield finding("post-dangling", where, to=post.body)
    elif not any(_meet(post.valid_from, post.valid_to, row) for row in rows):
        yield finding("post-never", where, to=post.body)


def _meet(start: Instant, end: Instant | None, row: Body) -> bool:
    return (row.valid_to is None or start < row.valid_to) and (end is None or row.valid_from < end)


def _policy(index: _Index) -> Iterator[Finding]:
    policy = index.pack.policy
    where = f"policy {policy.id}"
    for procedure in Procedure:
        yield from _procedure(policy, procedure, where)
    for use in LinkUse:
        if not policy.links.get(use):
            yield finding("policy-links", where, use=use.value)
    for division, conference in policy.joint_conference.items():
        if division not in index.places:
            yield finding("conference-place", where, division=division)
        rows = index.bodies.get(conference)
        if rows is None:
            yield finding("conference-dangling", where, to=conference)
        elif rows[-1].kind is not BodyKind.JOINT_CONFERENCE:
            yield finding("conference-kind", where, to=conference, kind=rows[-1].kind.value)
    yield from _ways(index, policy, where)


def _ways(index: _Index, policy: Policy, where: str) -> Iterator[Finding]:
    """Every way that a case may be redirected to has a ground, and an organ for misconduct stands at every place."""
    for way in Way:
        if way not in policy.ways:
            yield finding("way-missing", where, way=way.value)
        else:
            yield from _texts(where, {f"ways.{way.value}.zh": policy.ways[way].zh})
    yield from _texts(where, {"exhausted.zh": policy.exhausted.zh})
    for division, organ in policy.misconduct_organ.items():
        if division not in index.places:
            yield finding("organ-place", where, division=division)
        rows = index.bodies.get(organ)
        if rows is None:
            yield finding("organ-dangling", where, to=organ)
        elif rows[-1].valid_to is not None:
            yield finding("organ-ends", where, to=organ)
    for place in index.pack.places:
        if place.parent is None and place.code not in policy.misconduct_organ:
            yield finding("organ-missing", where, place=place.code)


def _procedure(policy: Policy, procedure: Procedure, where: str) -> Iterator[Finding]:
    limits = policy.limits.get(procedure, {})
    for clock in clocks_of(procedure):
        if clock not in limits:
            yield finding("policy-limit", where, procedure=procedure.value, clock=clock.value)
    if DeadlineKind.LADDER in limits:
        yield finding("ladder-limit", where)
    if procedure not in policy.rehandlings:
        yield finding("policy-procedure", where, field="rehandlings", procedure=procedure.value)
    if procedure not in policy.appeal:
        yield finding("policy-procedure", where, field="appeal", procedure=procedure.value)
    else:
        yield from _texts(where, {f"appeal.{procedure.value}.zh": policy.appeal[procedure].zh})


_PARTS: tuple[Callable[[_Index], Iterator[Finding]], ...] = (
    _whole,
    _places,
    _bodies,
    _links,
    _matters,
    _dispatch,
    _people,
    _policy,
    lambda index: contracts(index.pack),
    lambda index: calendar(index.pack),
)
