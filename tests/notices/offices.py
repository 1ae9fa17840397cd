"""An office with outlets, for the tests: the small pack's bodies, and where their notices go."""

from typing import Any

import asyncpg

from ledger.outlets import Mail, Outlet, Outlets, store_outlets

SECRETS = {"signs": "secret", "token": "t", "robot": "SECabc"}


def hook(id_: str, address: str, body: str | None = None, **more: Any) -> Outlet:
    """A signed webhook of a body, or of a person."""
    fields = {"id": id_, "channel": "webhook", "body": body, "address": address, "secret": "signs"}
    return Outlet.model_validate({"fold_seconds": 0, **fields, **more})


async def configured(pool: asyncpg.Pool, *found: Outlet, mail: Mail | None = None) -> None:
    """These outlets and no others."""
    await store_outlets(pool, Outlets(mail=mail, outlets=found))


async def rows(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    """The outbox, in the order in which it was written."""
    return [dict(row) for row in await pool.fetch("SELECT * FROM outbox ORDER BY at, priority, body, outlet")]


EVERYWHERE = "https://sms.example/take"
SUPERVISOR, BARRED = "district-supervisor", "office-supervisor"
