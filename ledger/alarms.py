"""Alarms: what must not stay silent. The same one again is counted."""

from uuid import UUID

import asyncpg

from domain.base import Frozen, Instant
from domain.ports import Alarm


class RaisedAlarm(Frozen):
    """An alarm as it stands: how often it rang, and when first and last."""

    id: int
    kind: str
    case: UUID
    detail: str
    times: int
    first_at: Instant
    last_at: Instant


async def raise_alarm(pool: asyncpg.Pool, alarm: Alarm) -> None:
    """Put it where people look. The same alarm again raises its count."""
    await pool.execute(
        "INSERT INTO alarm (kind, case_id, detail) VALUES ($1, $2, $3) ON CONFLICT (kind, case_id, detail)"
        " DO UPDATE SET times = alarm.times + 1, last_at = clock_timestamp()",
        alarm.kind,
        alarm.case,
        alarm.detail,
    )


async def alarms(pool: asyncpg.Pool, limit: int = 100) -> list[RaisedAlarm]:
    """The alarms, the latest first."""
    rows = await pool.fetch(
        'SELECT id, kind, case_id AS "case", detail, times, first_at, last_at FROM alarm ORDER BY last_at DESC, id'
        " LIMIT $1",
        limit,
    )
    return [RaisedAlarm.model_validate(dict(row)) for row in rows]
