"""The directory: looking up bodies, matters, places and people of the newest pack, for the pages and the commands."""

from collections.abc import Iterable
from datetime import datetime

import asyncpg

from domain.base import BodyId, Frozen, MatterId, PersonId, PlaceCode
from domain.jurisdiction import Body, Matter, Name, Place, Post

LARGEST_ANSWER = 200

_NEWEST = "(SELECT max(version) FROM pack_version)"


class Hat(Frozen):
    """A post that a person holds, with the body's name."""

    post: Post
    office: Name


class Colleague(Frozen):
    """Somebody who may act, with the posts held at the instant asked for."""

    id: PersonId
    name: str
    hats: tuple[Hat, ...]


async def find_bodies(pool: asyncpg.Pool, text: str = "", *, limit: int = 20) -> list[Body]:
    """Bodies whose id or name holds ``text``: the exact id first, then the shortest names."""
    rows = await pool.fetch(
        f"SELECT doc FROM body WHERE version = {_NEWEST}"  # noqa: S608 - our own text
        " AND (strpos(lower(id), lower($1)) > 0 OR strpos(name_zh, $1) > 0 OR strpos(lower(name_en), lower($1)) > 0)"
        " ORDER BY (id = $1) DESC, length(name_zh), id, valid_from DESC LIMIT $2",
        _text(text),
        _size(limit),
    )
    return [Body.model_validate(row["doc"]) for row in rows]


async def bodies(pool: asyncpg.Pool, ids: Iterable[BodyId]) -> dict[BodyId, Body]:
    """The bodies of these ids, each in its latest row; an unknown id is left out."""
    rows = await pool.fetch(
        f"SELECT doc FROM body WHERE version = {_NEWEST} AND id = ANY ($1) ORDER BY valid_from",  # noqa: S608
        sorted(set(ids)),
    )
    found = [Body.model_validate(row["doc"]) for row in rows]
    return {body.id: body for body in found}


async def bodies_of(pool: asyncpg.Pool, division: PlaceCode) -> list[Body]:
    """The bodies of exactly that division, by id."""
    rows = await pool.fetch(
        f"SELECT doc FROM body WHERE version = {_NEWEST} AND division = $1 ORDER BY id, valid_from",  # noqa: S608
        division,
    )
    return [Body.model_validate(row["doc"]) for row in rows]


async def find_matters(pool: asyncpg.Pool, text: str = "", *, limit: int = 20) -> list[Matter]:
    """Matters whose id or name holds ``text``, the exact id first."""
    rows = await pool.fetch(
        f"SELECT doc FROM matter WHERE version = {_NEWEST}"  # noqa: S608 - our own text
        " AND (strpos(lower(id), lower($1)) > 0 OR strpos(name_zh, $1) > 0 OR strpos(lower(name_en), lower($1)) > 0)"
        " ORDER BY (id = $1) DESC, id LIMIT $2",
        _text(text),
        _size(limit),
    )
    return [Matter.model_validate(row["doc"]) for row in rows]


async def matters(pool: asyncpg.Pool, ids: Iterable[MatterId]) -> dict[MatterId, Matter]:
    """The matters of these ids; an unknown id is left out."""
    rows = await pool.fetch(
        f"SELECT doc FROM matter WHERE version = {_NEWEST} AND id = ANY ($1)",  # noqa: S608 - our own text
        sorted(set(ids)),
    )
    found = [Matter.model_validate(row["doc"]) for row in rows]
    return {matter.id: matter for matter in found}


async def find_places(pool: asyncpg.Pool, text: str = "", *, limit: int = 20) -> list[Place]:
    """Places whose code begins with ``text`` or whose name holds it, the widest first."""
    rows = await pool.fetch(
        f"SELECT code, name, level, parent, property_status FROM place WHERE version = {_NEWEST}"  # noqa: S608 - our own text
        " AND (starts_with(code, $1) OR strpos(name, $1) > 0) ORDER BY (code = $1) DESC, length(code), code LIMIT $2",
        _text(text),
        _size(limit),
    )
    return [Place.model_validate(dict(row)) for row in rows]


async def places(pool: asyncpg.Pool, codes: Iterable[PlaceCode]) -> dict[PlaceCode, Place]:
    """The places of these codes; an unknown code is left out."""
    rows = await pool.fetch(
        f"SELECT code, name, level, parent, property_status FROM place WHERE version = {_NEWEST} AND code = ANY ($1)",  # noqa: S608
        sorted(set(codes)),
    )
    return {row["code"]: Place.model_validate(dict(row)) for row in rows}


_PEOPLE = f"""
SELECT p.id, p.name, t.body, t.role, t.valid_from, t.valid_to, b.name_zh, b.name_en
FROM person p
LEFT JOIN post t ON t.version = p.version AND t.person = p.id
    AND t.valid_from <= $2 AND (t.valid_to IS NULL OR $2 < t.valid_to)
LEFT JOIN LATERAL (
    SELECT name_zh, name_en FROM body
    WHERE version = p.version AND id = t.body ORDER BY (valid_from <= $2) DESC, valid_from DESC LIMIT 1
) b ON true
WHERE p.version = {_NEWEST} AND ($1::text[] IS NULL OR p.id = ANY ($1))
  AND ($3::text IS NULL OR EXISTS (
        SELECT FROM post o WHERE o.version = p.version AND o.person = p.id AND o.body = $3
        AND o.valid_from <= $2 AND (o.valid_to IS NULL OR $2 < o.valid_to)))
ORDER BY p.id, t.ordinal
"""  # noqa: S608 - our own text


async def people(pool: asyncpg.Pool, at: datetime, *, body: BodyId | None = None) -> list[Colleague]:
    """Everybody, or those in post at ``body``, with the hats that each wears at ``at``."""
    return _colleagues(await pool.fetch(_PEOPLE, None, at, body))


async def person(pool: asyncpg.Pool, who: PersonId, at: datetime) -> Colleague | None:
    """The person and the hats worn at ``at``; None if the pack does not know him."""
    return next(iter(_colleagues(await pool.fetch(_PEOPLE, [who], at, None))), None)


def _colleagues(rows: list[asyncpg.Record]) -> list[Colleague]:
    names: dict[PersonId, str] = {}
    hats: dict[PersonId, list[Hat]] = {}
    for row in rows:
        names[row["id"]] = row["name"]
        if row["body"] is not None:
            hats.setdefault(row["id"], []).append(_hat(row))
    return [Colleague(id=who, name=name, hats=tuple(hats.get(who, ()))) for who, name in names.items()]


def _hat(row: asyncpg.Record) -> Hat:
    post = Post(
        person=row["id"],
        body=row["body"],
        role=row["role"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
    )
    return Hat(post=post, office=Name(zh=row["name_zh"] or row["body"], en=row["name_en"] or ""))


def _text(text: str) -> str:
    # PostgreSQL has no NUL in text; nothing is found by it.
    return text.replace("\0", "�")


def _size(limit: int) -> int:
    return max(1, min(limit, LARGEST_ANSWER))
