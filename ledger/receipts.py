"""The receipts (回执) of residents who gave no name: shown once, and only a slow hash is kept.

    issue ─▶ shown once                           a second time there is nothing to show
    check ─▶ counted as a failure ─▶ scrypt ─┬─ right ─▶ the failure is taken back
                                             └─ wrong ─▶ it stands; ten in an hour end all tries
    renew ─▶ another one, shown once              the old one is dead from then on

A try is counted before it is looked at, in the database, so that processes that try at once share one count. It is
counted by the number that was asked for, and the hash is reckoned in any case: whether a case has that number changes
neither the answer nor the time that it takes. Whoever knows a number can use its tries up; that costs the resident an
hour, and the answer says so.
"""

import asyncio
import hashlib
import hmac
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Literal
from uuid import UUID

import asyncpg

from domain.base import Frozen
from domain.numbers import draw_receipt

MOST_FAILURES = 10
WINDOW = timedelta(hours=1)

COST = 15
"""Binary logarithm of scrypt's N: 32 MiB and about a tenth of a second for one hash (RFC 7914)."""

_BLOCK, _PARALLEL, _SALT_BYTES, _HASH_BYTES = 8, 1, 16, 32
_MOST_MEMORY = 256 * 1024 * 1024

_SLOW = ThreadPoolExecutor(max_workers=2, thread_name_prefix="receipts")
"""Hashes are reckoned two at a time, so that a flood of tries takes neither the memory nor the loop."""

_COUNT = """
WITH past AS (
    DELETE FROM receipt_try WHERE number IN (
        SELECT number FROM receipt_try
        WHERE since <= clock_timestamp() - $2::interval AND number <> $1 FOR UPDATE SKIP LOCKED)
)
INSERT INTO receipt_try AS t (number, since, failures) VALUES ($1, clock_timestamp(), 1)
ON CONFLICT (number) DO UPDATE SET
    since = CASE WHEN t.since <= clock_timestamp() - $2::interval THEN clock_timestamp() ELSE t.since END,
    failures = CASE WHEN t.since <= clock_timestamp() - $2::interval THEN 1 ELSE least(t.failures + 1, $3) END
RETURNING failures
"""

_FIND = """
SELECT r.case_id, r.salt, r.hash, r.cost, r.must_change FROM case_now n JOIN receipt r USING (case_id)
WHERE n.number = $1
"""


class Check(Frozen):
    """What came of a try. ``case`` is set if the receipt was right; ``must_change`` if somebody else has seen it."""

    outcome: Literal["right", "wrong", "too_many"]
    case: UUID | None = None
    must_change: bool = False


async def issue(pool: asyncpg.Pool, case: UUID, *, must_change: bool) -> str | None:
    """A receipt for the case, to be shown now and never again; None where one was issued before."""
    receipt = draw_receipt(secrets.randbelow)
    salt = secrets.token_bytes(_SALT_BYTES)
    written = await pool.fetchval(
        "INSERT INTO receipt (case_id, salt, hash, cost, must_change) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING RETURNING case_id",
        case,
        salt,
        await _slowly(receipt, salt, COST),
        COST,
        must_change,
    )
    return receipt if written is not None else None


async def check(pool: asyncpg.Pool, number: str, receipt: str) -> Check:
    """Whether the receipt belongs to the case of that number; both are in their canonical form."""
    return (await _try(pool, number, receipt))[0]


async def renew(pool: asyncpg.Pool, number: str, receipt: str, new: str | None = None) -> tuple[Check, str]:
    """Put another receipt in the place of a right one; answers it, to be shown once, or ``""`` if the try failed.

    ``new`` is one that the resident's own device drew, in its canonical form: whoever loses the answer then still has
    it. Of two who renew the same receipt at once, one succeeds.
    """
    found, hashed = await _try(pool, number, receipt)
    if found.outcome != "right":
        return found, ""
    fresh = new or draw_receipt(secrets.randbelow)
    salt = secrets.token_bytes(_SALT_BYTES)
    changed = await pool.fetchval(
        "UPDATE receipt SET salt = $3, hash = $4, cost = $5, must_change = false, issued_at = clock_timestamp()"
        " WHERE case_id = $1 AND hash = $2 RETURNING case_id",
        found.case,
        hashed,
        salt,
        await _slowly(fresh, salt, COST),
        COST,
    )
    return (found, fresh) if changed is not None else (Check(outcome="wrong"), "")


async def _try(pool: asyncpg.Pool, number: str, receipt: str) -> tuple[Check, bytes]:
    """One try, and the hash that stood when it was right."""
    failures = await pool.fetchval(_COUNT, number, WINDOW, MOST_FAILURES + 1)
    if failures > MOST_FAILURES:
        return Check(outcome="too_many"), b""
    row = await pool.fetchrow(_FIND, number)
    salt, kept, cost = (row["salt"], row["hash"], row["cost"]) if row else (bytes(_SALT_BYTES), b"", COST)
    right = hmac.compare_digest(await _slowly(receipt, salt, cost), kept)
    if row is None or not right:
        return Check(outcome="wrong"), b""
    await pool.execute(
        "UPDATE receipt_try SET failures = failures - 1 WHERE number = $1 AND failures > 0", number
    )
    return Check(outcome="right", case=row["case_id"], must_change=row["must_change"]), kept


async def _slowly(receipt: str, salt: bytes, cost: int) -> bytes:
    """The slow hash, reckoned beside the loop."""

    def reckon() -> bytes:
        return hashlib.scrypt(
            receipt.encode(),
            salt=salt,
            n=2**cost,
            r=_BLOCK,
            p=_PARALLEL,
            maxmem=_MOST_MEMORY,
            dklen=_HASH_BYTES,
        )

    return await asyncio.get_running_loop().run_in_executor(_SLOW, reckon)
