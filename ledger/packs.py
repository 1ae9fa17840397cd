"""Packs: each load is a new version, beside the old ones; look-ups read the newest.

    pack ─▶ same as the newest? ─yes─▶ its version
                    └─no─▶ copy rows ─▶ close the gate a moment ─▶ version N+1 is the newest

The gate keeps appends out only while the new version becomes visible, so that no decision is written under facts that
a newer version had already replaced.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import asyncpg
import rfc8785

from domain.base import Frozen, Instant
from domain.calendar import Calendar, around_the_clock
from domain.jurisdiction import Body, Name, Pack
from ledger.pool import GATE

LOAD_SECONDS = 600.0
"""The longest that one table of a pack may take to copy."""

_LOADING = 0x7A6572656E0003
"""Advisory lock: one pack is loaded at a time."""


class PackInfo(Frozen):
    """The version of a pack that decisions are made by. ``digest`` is SHA-256 over its canonical JSON."""

    version: int
    pack: str
    digest: str
    title: Name
    zone: str
    loaded_at: Instant
    bodies: int
    places: int
    matters: int
    people: int


_CURRENT = """
SELECT v.version, v.pack, v.digest, v.title, v.zone, v.loaded_at,
       (SELECT count(*) FROM body b WHERE b.version = v.version) AS bodies,
       (SELECT count(*) FROM place p WHERE p.version = v.version) AS places,
       (SELECT count(*) FROM matter m WHERE m.version = v.version) AS matters,
       (SELECT count(*) FROM person p WHERE p.version = v.version) AS people
FROM pack_version v ORDER BY v.version DESC LIMIT 1
"""


async def current_pack(pool: asyncpg.Pool) -> PackInfo | None:
    """The newest version, or None if no pack has been loaded."""
    row = await pool.fetchrow(_CURRENT)
    return PackInfo.model_validate(dict(row)) if row else None


async def calendars(pool: asyncpg.Pool, versions: Iterable[int]) -> dict[int, Calendar]:
    """The calendars that came with these versions; a version from before there were any is worked round the clock."""
    rows = await pool.fetch(
        "SELECT version, zone, calendar FROM pack_version WHERE version = ANY ($1)", sorted(versions)
    )
    return {
        row["version"]: Calendar.model_validate(row["calendar"])
        if row["calendar"] is not None
        else around_the_clock(row["zone"])
        for row in rows
    }


async def store_pack(pool: asyncpg.Pool, pack: Pack) -> int:
    """Make the pack the newest version and answer its number; the same content again changes nothing.

    The pack must have passed its check (domain/pack_check.py). All of it is stored, or nothing.
    """
    content = pack.model_dump(mode="json")
    digest = hashlib.sha256(rfc8785.dumps(content)).hexdigest()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOADING)
        newest = await connection.fetchrow(
            "SELECT version, digest FROM pack_version ORDER BY version DESC LIMIT 1"
        )
        if newest is not None and newest["digest"] == digest:
            return int(newest["version"])
        version = int(newest["version"]) + 1 if newest else 1
        await connection.execute(
            "INSERT INTO pack_version (version, pack, digest, title, zone, policy, calendar) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7)",
            version,
            pack.id,
            digest,
            content["title"],
            pack.zone,
            content["policy"],
            content["calendar"],
        )
        for table, columns, rows in _tables(pack):
            await connection.copy_records_to_table(
                table,
                columns=["version", *columns],
                records=((version, *row) for row in rows),
                timeout=LOAD_SECONDS,
            )
        await connection.execute("SELECT pg_advisory_xact_lock($1)", GATE)
    return version


def _tables(pack: Pack) -> Iterable[tuple[str, list[str], Iterable[tuple[Any, ...]]]]:
    """Every table with its columns and rows, those that others point at first."""
    yield (
        "body",
        ["id", "valid_from", "kind", "level", "division", "name_zh", "name_en", "above", "doc"],
        (_body(body) for body in pack.bodies),
    )
    yield (
        "place",
        ["code", "name", "level", "parent", "property_status"],
        (
            (place.code, place.name, place.level.value, place.parent, place.property_status)
            for place in pack.places
        ),
    )
    yield (
        "matter",
        ["id", "name_zh", "name_en", "procedure", "doc"],
        (
            (
                matter.id,
                matter.name.zh,
                matter.name.en,
                matter.procedure.value,
                matter.model_dump(mode="json"),
            )
            for matter in pack.matters
        ),
    )
    yield "person", ["id", "name"], ((person.id, person.name) for person in pack.people)
    posts = (post for person in pack.people for post in person.posts)
    yield (
        "post",
        ["ordinal", "person", "body", "role", "valid_from", "valid_to"],
        (
            (ordinal, post.person, post.body, post.role.value, post.valid_from, post.valid_to)
            for ordinal, post in enumerate(posts)
        ),
    )
    yield (
        "dispatch",
        ["procedure", "division", "body"],
        ((row.procedure.value, row.division, row.body) for row in pack.dispatch),
    )
    yield "provider", ["body", "doc"], ((each.body, each.model_dump(mode="json")) for each in pack.providers)
    yield (
        "contract",
        ["id", "provider", "doc"],
        ((each.id, each.provider, each.model_dump(mode="json")) for each in pack.contracts),
    )


def _body(body: Body) -> tuple[Any, ...]:
    above = [
        *dict.fromkeys([*(link.to for link in body.links), *([body.successor] if body.successor else [])])
    ]
    return (
        body.id,
        body.valid_from,
        body.kind.value,
        body.level.value,
        body.division,
        body.name.zh,
        body.name.en,
        above,
        body.model_dump(mode="json"),
    )
