"""Open cases that have to look the newest pack up: a body in them ends by it, or it announces a year that they wait for."""

from datetime import timedelta
from uuid import UUID

import asyncpg

_CASES = """
WITH v AS (SELECT max(version) AS version FROM pack_version),
ended AS (
    SELECT b.id
    FROM body b, v
    WHERE b.version = v.version
    GROUP BY b.id
    -- Of several rows of one body the last one says when it ends.
    HAVING bool_and((b.doc ->> 'valid_to') IS NOT NULL)
        AND max((b.doc ->> 'valid_to')::timestamptz) <= now() + $1
)
SELECT DISTINCT n.case_id
FROM case_now n
WHERE n.state <> 'ended' AND (
    EXISTS (SELECT FROM ended WHERE ended.id IN (n.lead, n.dispatcher, n.answering, n.charged_to))
    OR EXISTS (SELECT FROM desk d JOIN ended ON ended.id = d.body WHERE d.case_id = n.case_id))
ORDER BY n.case_id
"""


_ANNOUNCED = """
WITH v AS (SELECT calendar -> 'years' AS years FROM pack_version ORDER BY version DESC LIMIT 1)
SELECT n.case_id
FROM case_now n, v
WHERE n.state <> 'ended' AND EXISTS (
    SELECT FROM jsonb_array_elements(n.doc -> 'deadlines') d
    WHERE (d ->> 'provisional')::boolean
        AND jsonb_typeof(v.years) = 'array' AND v.years @> to_jsonb(left(d ->> 'due', 4)::integer))
ORDER BY n.case_id
"""


async def cases_to_rebase(pool: asyncpg.Pool) -> list[UUID]:
    """The open cases with a deadline that was provisional and whose year the newest pack announces."""
    return [row["case_id"] for row in await pool.fetch(_ANNOUNCED)]


async def cases_of_ended_bodies(pool: asyncpg.Pool, within: timedelta) -> list[UUID]:
    """The open cases that have to look the newest pack up: a body with a part in them ends ``within`` from now."""
    return [row["case_id"] for row in await pool.fetch(_CASES, within)]
