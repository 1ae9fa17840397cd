"""The firewall (回避与隔离): who is barred from a case, and the rules that say so.

    accused ─┬─ itself, and whoever succeeded it
             └─ every body below it, over the links that count for the firewall, at any time of the case
    barred   whoever acts for such a body, now or at any time of the case, under any hat
             who recused himself, and of whom an interest was declared
             who took an accusation in, unless he acts for the body that answers now

A barred person is told what he would be told if there were no such case, and nothing else (``NO_CASE``): the wall
outranks every role. ledger/sql/0015_firewall.sql says the same for the reads; a test holds the two together.

Upwards the wall ends below the outside organ: who stands above the top rung of a pack does not run the city's daily work,
and a wall round everything below it would leave nobody to answer. An accusation of the organ itself bars the organ, and is
a visible exception (docs/decisions). Rules: design.md §3.6. Sources: 信访工作条例 Arts 28, 30; 济南市12345条例 Art 32.
"""

from collections.abc import Iterable
from typing import NamedTuple

from domain.actors import Actor
from domain.base import BodyId, Instant, PersonId
from domain.case import Case
from domain.facts import Facts
from domain.jurisdiction import Body, Post
from domain.organisation import superiors
from domain.rules import Rule
from domain.standing import standing
from domain.words import ActorKind, Level, LinkUse, Role


class Wall(NamedTuple):
    """What one case hides from whom. ``since`` is when the case began, ``answering`` the body that answers now."""

    against: frozenset[BodyId]
    since: Instant
    named: frozenset[PersonId] = frozenset()
    taken_by: frozenset[PersonId] = frozenset()
    answering: BodyId | None = None


def wall(case: Case) -> Wall:
    """The wall of a case as it stands."""
    return Wall(
        against=frozenset(case.against),
        since=case.registered_at,
        named=frozenset((*case.recused, *case.interested)),
        taken_by=frozenset(case.taken_by if case.against else ()),
        answering=case.lead or case.dispatcher,
    )


def bars_body(wall: Wall, body: BodyId, facts: Facts, at: Instant) -> bool:
    """Whether the body is accused, succeeds an accused one, or stands or stood below one during the case."""
    if not wall.against:
        return False
    return bool(_line(wall.against, facts) & {body, *_above(body, wall.since, facts, at)})


def _line(accused: Iterable[BodyId], facts: Facts) -> frozenset[BodyId]:
    """The accused, and whoever succeeded them: a new name is no way through the wall."""
    line: set[BodyId] = set()
    ahead = list(accused)
    while ahead:
        body = ahead.pop()
        if body not in line:
            line.add(body)
            ahead += [row.successor for row in _rows(body, facts) if row.successor]
    return frozenset(line)


def _above(body: BodyId, since: Instant, facts: Facts, at: Instant) -> frozenset[BodyId]:
    """Everything above the body at any time of the case, up to the top rung and not beyond."""
    kinds = frozenset(facts.policy.links.get(LinkUse.FIREWALL, ()))
    found: set[BodyId] = set()
    ahead = [body]
    while ahead:
        links = [
            link
            for row in _rows(ahead.pop(), facts)
            if row.valid_from <= at and (row.valid_to is None or since < row.valid_to)
            for link in row.links
        ]
        for link in links:
            if link.kind in kinds and link.to not in found and not _outside(link.to, facts):
                found.add(link.to)
                ahead.append(link.to)
    return frozenset(found)


def _rows(body: BodyId, facts: Facts) -> list[Body]:
    here = facts.bodies.get(body)
    return [*([here] if here else []), *(row for row in facts.other_rows if row.id == body)]


def _outside(body: BodyId, facts: Facts) -> bool:
    return any(row.level is Level.OUTSIDE for row in _rows(body, facts))


def bars_person(wall: Wall, person: PersonId, facts: Facts, at: Instant) -> bool:
    """Whether the person must not see the case, whatever hat he wears."""
    if person in wall.named:
        return True
    if not wall.against:
        return False
    posts = [post for post in (*facts.posts, *facts.served) if post.person == person]
    answers = any(post.body == wall.answering and post.held(at) for post in posts)
    if person in wall.taken_by and not answers:
        return True
    return any(_meets(post, wall.since, at) and bars_body(wall, post.body, facts, at) for post in posts)


def _meets(post: Post, since: Instant, at: Instant) -> bool:
    return post.valid_from <= at and (post.valid_to is None or since < post.valid_to)


def barred(case: Case, actor: Actor, facts: Facts, at: Instant) -> bool:
    """Whether there is no such case for this actor. A resident, a partner and the clock wear no hat."""
    if not case.walled:
        return False
    between = wall(case)
    people = [who for who in (actor.person, actor.typed_by) if who]
    if actor.kind is ActorKind.PERSON and any(bars_person(between, who, facts, at) for who in people):
        return True
    return actor.body is not None and bars_body(between, actor.body, facts, at)


def barred_bodies(case: Case, facts: Facts, at: Instant) -> frozenset[BodyId]:
    """Those of the bodies known to the facts that are barred from the case."""
    if not case.against:
        return frozenset()
    between = wall(case)
    return frozenset(body for body in facts.bodies if bars_body(between, body, facts, at))


def able(wall: Wall, body: BodyId, roles: frozenset[Role], facts: Facts, at: Instant) -> bool:
    """Whether somebody is in post at the body under one of these hats who is not barred."""
    return any(not bars_person(wall, post.person, facts, at) for post in _staff(body, roles, facts, at))


def emptied(wall: Wall, body: BodyId, roles: frozenset[Role], facts: Facts, at: Instant) -> bool:
    """Whether the wall took everybody away who could act for the body. A desk that was empty before is another matter."""
    staff = _staff(body, roles, facts, at)
    return bool(staff) and all(bars_person(wall, post.person, facts, at) for post in staff)


def _staff(body: BodyId, roles: frozenset[Role], facts: Facts, at: Instant) -> list[Post]:
    return [post for post in facts.posts if post.body == body and post.role in roles and post.held(at)]


def unbarred(case: Case, facts: Facts, at: Instant) -> Facts:
    """The facts without the posts of those who are barred from the case."""
    if not case.walled:
        return facts
    between = wall(case)
    posts = tuple(post for post in facts.posts if not bars_person(between, post.person, facts, at))
    return facts.model_copy(update={"posts": posts})


def standing_unbarred(case: Case, body: BodyId | None, facts: Facts, at: Instant) -> BodyId | None:
    """The body itself, or the one that stands in its place; None also where that one is barred."""
    heir = standing(body, facts, at)
    return None if heir is None or bars_body(wall(case), heir, facts, at) else heir


def superiors_let_through(case: Case, body: BodyId, use: LinkUse, facts: Facts, at: Instant) -> list[BodyId]:
    """The bodies straight above; in the place of a barred one those above it."""
    gone = barred_bodies(case, facts, at)
    found: list[BodyId] = []
    ahead = superiors(body, use, facts, at)
    seen: set[BodyId] = {body}
    while ahead:
        here = ahead.pop(0)
        if here in seen:
            continue
        seen.add(here)
        if here in gone:
            ahead = [*superiors(here, use, facts, at), *ahead]
        else:
            found.append(here)
    return found


NO_CASE = Rule(
    "case.unknown",
    zh="没有这个案件。",
    en="There is no such case.",
    next_zh="请核对案件号。",
    next_en="Check the case number.",
)
BARRED_BODY = Rule(
    "firewall.barred-body",
    zh="{body}是本件的反映对象或其下级，不得承办、裁定或知悉本件。",
    en="{body} is accused in this case or stands below an accused body: it may neither handle nor see it.",
    next_zh="请改派其他单位，或提请上级办理。",
    next_en="Name another body, or bring it before the body above.",
)
NOBODY_ABLE_THERE = Rule(
    "firewall.nobody-able",
    zh="{body}的有关人员均须回避，无人可办本件。",
    en="Everybody at {body} who could act is barred from this case.",
    next_zh="请改派其他单位，或在数据包中补充可办人员。",
    next_en="Name another body, or enter somebody there into the pack who can act.",
)
