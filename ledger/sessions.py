"""Who is signed in to the console: sessions by the hash of their token, and the record of every sign-in.

    begin_try ─▶ state, nonce, verifier, for ten minutes ─▶ take_try   once
    begin     ─▶ token, told once; its SHA-256 here ─▶ find ─▶ choose_hat ─▶ end, end_all

The token has as many random bits as its hash, so a fast hash gives nothing away. A session ends when it was idle too
long, when it is too old, when it is ended, and when the pack does not know its person any more.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Literal

import asyncpg

from domain.base import Frozen, Instant

TRY_LIVES = timedelta(minutes=10)
"""How long a provider may take to send somebody back."""

_TOKEN_BYTES = 32
_LONGEST_TOKEN = 128
_SEEN_EVERY = timedelta(minutes=1)
"""How exact the time of the last request is: not every read is to be a write."""

What = Literal["signed_in", "signed_out", "signed_out_everywhere", "hat_chosen", "refused"]


class Session(Frozen):
    """One browser that is signed in. ``hat`` is ``role@body``, or None where none was chosen."""

    person: str
    hat: str | None
    began_at: Instant
    ends_at: Instant


class Begun(Frozen):
    """A sign-in under way: where it goes back to, and what the answer has to fit."""

    nonce: str
    verifier: str
    back: str


class Entry(Frozen):
    """One line of the record."""

    at: Instant
    person: str | None
    what: What
    detail: str


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _fits(token: str) -> bool:
    return token.isascii() and 0 < len(token) <= _LONGEST_TOKEN


async def begin_try(pool: asyncpg.Pool, begun: Begun) -> str:
    """Keep what a sign-in will have to fit; answers its state. Old tries are thrown away."""
    state = secrets.token_urlsafe(_TOKEN_BYTES)
    await pool.execute("DELETE FROM sign_in_try WHERE began_at < clock_timestamp() - $1::interval", TRY_LIVES)
    await pool.execute(
        "INSERT INTO sign_in_try (state_hash, nonce, verifier, back) VALUES ($1, $2, $3, $4)",
        _hashed(state),
        begun.nonce,
        begun.verifier,
        begun.back,
    )
    return state


async def take_try(pool: asyncpg.Pool, state: str) -> Begun | None:
    """What was kept under the state; it is good once. None if there is none, or it is too old."""
    if not _fits(state):
        return None
    row = await pool.fetchrow(
        "WITH taken AS (DELETE FROM sign_in_try WHERE state_hash = $1 RETURNING *)"
        " SELECT nonce, verifier, back FROM taken WHERE began_at > clock_timestamp() - $2::interval",
        _hashed(state),
        TRY_LIVES,
    )
    return Begun.model_validate(dict(row)) if row else None


async def known(pool: asyncpg.Pool, person: str) -> bool:
    """Whether the pack in force knows the person and gives him a post."""
    return await pool.fetchval(
        "SELECT EXISTS (SELECT FROM post WHERE person = $1"
        " AND version = (SELECT max(version) FROM pack_version))",
        person,
    )


async def begin(pool: asyncpg.Pool, person: str, lives: timedelta) -> str:
    """A new session; answers its token, which is told once. Sessions past their end are thrown away."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("DELETE FROM session WHERE ends_at < clock_timestamp()")
        await connection.execute(
            "INSERT INTO session (token_hash, person, ends_at)"
            " VALUES ($1, $2, clock_timestamp() + $3::interval)",
            _hashed(token),
            person,
            lives,
        )
        await _note(connection, "signed_in", person)
    return token


async def find(pool: asyncpg.Pool, token: str, idle: timedelta) -> Session | None:
    """The session of a token, if it lives; it is marked as seen."""
    if not _fits(token):
        return None
    row = await pool.fetchrow(
        "SELECT person, hat, began_at, ends_at, seen_at < clock_timestamp() - $3::interval AS stale"
        " FROM session WHERE token_hash = $1 AND ends_at > clock_timestamp()"
        " AND seen_at > clock_timestamp() - $2::interval AND EXISTS (SELECT FROM post p"
        " WHERE p.person = session.person AND p.version = (SELECT max(version) FROM pack_version))",
        _hashed(token),
        idle,
        min(_SEEN_EVERY, idle / 10),
    )
    if row is None:
        return None
    if row["stale"]:
        await pool.execute(
            "UPDATE session SET seen_at = clock_timestamp() WHERE token_hash = $1", _hashed(token)
        )
    told = dict(row)
    told.pop("stale")
    return Session.model_validate(told)


async def choose_hat(pool: asyncpg.Pool, token: str, hat: str | None) -> None:
    """The hat that this session acts under from now on; None for the first that may."""
    async with pool.acquire() as connection, connection.transaction():
        person = await connection.fetchval(
            "UPDATE session SET hat = $2 WHERE token_hash = $1 RETURNING person", _hashed(token), hat
        )
        if person is not None:
            await _note(connection, "hat_chosen", person, hat or "")


async def end(pool: asyncpg.Pool, token: str) -> None:
    """End one session."""
    async with pool.acquire() as connection, connection.transaction():
        person = await connection.fetchval(
            "DELETE FROM session WHERE token_hash = $1 RETURNING person", _hashed(token)
        )
        if person is not None:
            await _note(connection, "signed_out", person)


async def end_all(pool: asyncpg.Pool, person: str) -> int:
    """End every session of a person; answers how many there were."""
    async with pool.acquire() as connection, connection.transaction():
        ended = await connection.fetch("DELETE FROM session WHERE person = $1 RETURNING 1", person)
        await _note(connection, "signed_out_everywhere", person)
    return len(ended)


async def refused(pool: asyncpg.Pool, why: str) -> None:
    """Record a sign-in that failed, by a code of ours: what the provider or somebody said is not kept."""
    async with pool.acquire() as connection:
        await _note(connection, "refused", None, why)


async def entries(pool: asyncpg.Pool, limit: int) -> list[Entry]:
    """The newest lines of the record, the newest first."""
    rows = await pool.fetch("SELECT at, person, what, detail FROM sign_in ORDER BY id DESC LIMIT $1", limit)
    return [Entry.model_validate(dict(row)) for row in rows]


async def standing(pool: asyncpg.Pool) -> tuple[int, int]:
    """How many sessions live, and how many sign-ins were refused within a day."""
    row = await pool.fetchrow(
        "SELECT (SELECT count(*) FROM session WHERE ends_at > clock_timestamp()) AS live,"
        " (SELECT count(*) FROM sign_in WHERE what = 'refused'"
        " AND at > clock_timestamp() - interval '1 day') AS refused"
    )
    return (int(row["live"]), int(row["refused"])) if row else (0, 0)


async def _note(
    connection: asyncpg.pool.PoolConnectionProxy, what: What, person: str | None, detail: str = ""
) -> None:
    await connection.execute(
        "INSERT INTO sign_in (person, what, detail) VALUES ($1, $2, $3)", person, what, detail
    )
