"""Which hat (身份) a person wears for a command: the one that he named, or the first that may give it.

--hat role@body        that one; the rules say whether he has it
in post now            the first hat that ``may`` allows
none is allowed        the one whose refusal says most, so that the refusal stands under a real hat
not in post any more   the last post he held: the refusal says so
"""

from datetime import datetime
from typing import NamedTuple

import asyncpg
from pydantic import TypeAdapter, ValidationError

from console.errors import WrongUsage
from console.names import one
from console.words import LABELS
from domain.actors import Actor, person
from domain.authority import WRONG_BODY, WRONG_HAT, may
from domain.base import PersonId
from domain.case import Case
from domain.errors import BadInput
from domain.facts import Facts, Needs
from domain.jurisdiction import Post
from domain.words import Role
from ledger.facts import look_up

_PERSON: TypeAdapter[str] = TypeAdapter(PersonId)
_TELLING = (WRONG_BODY.code, WRONG_HAT.code)
"""Refusals that say most, first: he has the right hat at another body, then another hat."""


class Acting(NamedTuple):
    """Who acts: a person's id, and the hat if he chose one, as ``role@body``."""

    user: str
    hat: str | None = None


async def posts_of(pool: asyncpg.Pool, user: str) -> tuple[Post, ...]:
    """Every post of a person. Raises BadInput if the pack does not know him, or gives him none."""
    known = person_id(user)
    facts = await look_up(pool, Needs(people=frozenset({known} if known else ())))
    posts = tuple(post for post in facts.posts if post.person == known)
    if not posts:
        raise BadInput(
            "没有这个办理人，或其没有任何岗位；请核对人员编号（--as，或 X-Zeren-User）。",
            "Nobody has that user id, or he holds no post; check it (--as, or X-Zeren-User).",
        )
    return posts


def person_id(text: str) -> str | None:
    """The text as a person's id; None if it cannot be one at all."""
    try:
        return _PERSON.validate_python(text.strip())
    except ValidationError:
        return None


async def hats(pool: asyncpg.Pool, acting: Acting, now: datetime) -> list[Actor]:
    """The hats to choose from, in the pack's order. Raises BadInput."""
    posts = await posts_of(pool, acting.user)
    user = posts[0].person
    if acting.hat is not None:
        return [await _named(pool, user, acting.hat)]
    held = [post for post in posts if post.held(now)]
    worn = held or [max(posts, key=lambda post: (post.valid_to is None, post.valid_to or post.valid_from))]
    return [person(user, post.role, post.body) for post in worn]


async def _named(pool: asyncpg.Pool, user: str, hat: str) -> Actor:
    role, _, body = hat.partition("@")
    for known in Role:
        if role in (known.value, LABELS[Role][known.value]) and body:
            return person(user, known, await one(pool, "hat", "body", body))
    roles = ", ".join(Role)
    raise WrongUsage(
        f"身份（hat）应写成 角色@单位，例如 clerk@420106.dispatch；角色有：{roles}。",
        f"A hat is written role@body, such as clerk@420106.dispatch; the roles are: {roles}.",
    )


def choose(candidates: list[Actor], command: str, case: Case | None, facts: Facts, at: datetime) -> Actor:
    """The first candidate who may give the command, else the one whose refusal says most."""
    refusals = [(candidate, may(candidate, command, case, facts, at)) for candidate in candidates]
    for candidate, denial in refusals:
        if denial is None:
            return candidate
    ranked = {code: rank for rank, code in enumerate(_TELLING)}
    return min(refusals, key=lambda entry: ranked.get(entry[1].rule, len(ranked)) if entry[1] else 0)[0]


def wide_needs(base: Needs, candidates: list[Actor]) -> Needs:
    """What has to be known to choose among the candidates."""
    return base.model_copy(
        update={
            "bodies": base.bodies | {actor.body for actor in candidates if actor.body},
            "people": base.people | {actor.person for actor in candidates if actor.person},
        }
    )
