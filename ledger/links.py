"""One-time links by which a provider answers a question (一次性链接).

    issue ─▶ 256 random bits, told once ─▶ their SHA-256 here
    find  ─▶ the question that a link is for, if it is the newest of that question

The secret has as many bits as its hash, so a fast hash gives nothing away. Whether a question has been answered is not
told here: the case knows.
"""

import hashlib
import secrets
from uuid import UUID

import asyncpg

from domain.actors import Actor
from domain.base import BodyId, Frozen, Instant

_TOKEN_BYTES = 32
_LONGEST_TOKEN = 64


class ProviderLink(Frozen):
    """What a link is for. ``newest``: no later one was issued for the same question, which would have replaced it."""

    case: UUID
    link: str
    provider: BodyId
    issued_at: Instant
    newest: bool


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def issue_link(pool: asyncpg.Pool, case: UUID, link: str, provider: BodyId, by: Actor) -> str:
    """A new secret for the question ``link`` of the case; those issued before for it are good no longer."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await pool.execute(
        "INSERT INTO provider_link (token_hash, case_id, link, provider, issued_by) VALUES ($1, $2, $3, $4, $5)",
        _hashed(token),
        case,
        link,
        provider,
        by.model_dump(mode="json"),
    )
    return token


async def find_link(pool: asyncpg.Pool, token: str) -> ProviderLink | None:
    """The question that the secret is for, or None if it is no secret of ours."""
    if not token.isascii() or len(token) > _LONGEST_TOKEN:
        return None
    row = await pool.fetchrow(
        'SELECT l.case_id AS "case", l.link, l.provider, l.issued_at, NOT EXISTS ('
        "SELECT FROM provider_link n WHERE (n.case_id, n.link) = (l.case_id, l.link) AND n.ordinal > l.ordinal"
        ") AS newest FROM provider_link l WHERE l.token_hash = $1",
        _hashed(token),
    )
    return ProviderLink.model_validate(dict(row)) if row else None
