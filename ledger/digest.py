"""The digest (每日摘要): what a supervisor has to know of his subtree at the beginning of a working day.

    own bodies ─ links that count for supervision, downwards ─▶ subtree ─▶ open cases that answer or wait there
        ├─ overdue     a deadline has passed, or its ladder still climbs
        ├─ soon        the next deadline is less than a day away
        ├─ escalated   carried a rung up, or alerted, since yesterday's digest
        └─ exceptions  something is missing in the organisation

Nothing of it is stored: it is read when it is sent, and again whenever somebody looks, so that a wall that was put up
since then holds. A case that does not exist for the supervisor is in no list and in no number.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg

from domain.base import BodyId, Frozen, Instant, PersonId
from domain.notices import DIGEST, kind
from domain.words import Role, State

SHOWN = 20
"""Cases that a list names; its number counts all."""

_AHEAD = timedelta(days=1)
_SINCE = timedelta(days=1)

_CASES = """
WITH RECURSIVE v AS (
    SELECT version, policy -> 'links' -> 'supervision' AS kinds FROM pack_version ORDER BY version DESC LIMIT 1
), own AS (
    SELECT DISTINCT t.body FROM post t, v
    WHERE t.version = v.version AND t.person = $1 AND t.valid_from <= $2 AND (t.valid_to IS NULL OR $2 < t.valid_to)
), subtree (body) AS (
    SELECT body FROM own
    UNION
    SELECT b.id
    FROM subtree s CROSS JOIN v JOIN body b ON b.version = v.version
    CROSS JOIN LATERAL jsonb_array_elements(b.doc -> 'links') l
    WHERE l ->> 'to' = s.body AND v.kinds ? (l ->> 'kind')
)
SELECT n.number, n.state, n.answering, n.next_deadline, n.missed, n.exceptions,
       (n.missed OR coalesce(n.next_deadline <= $2, false)) AS overdue,
       (SELECT max(e.at) FROM event e WHERE e.case_id = n.case_id AND e.type IN ('escalated', 'alerted') AND e.at > $3)
           AS escalated_at
FROM case_now n
WHERE n.state NOT IN ('ended', 'merged')
  AND ARRAY[n.answering, n.charged_to, n.lead, n.dispatcher] && (SELECT array_agg(body) FROM subtree)
  AND n.case_id NOT IN (SELECT hidden_from($1))
ORDER BY n.due_order, n.number
"""

_COMPOSE = """
INSERT INTO outbox (key, outlet, channel, person, cause, day, at, priority, folds, waits, next_try)
SELECT encode(sha256(convert_to(concat_ws('/', r.person, $1::date, r.id), 'UTF8')), 'hex'), r.id, r.channel, r.person,
       $3, $1, $2, $4, false, false, $2
FROM outlet r
WHERE r.person IS NOT NULL AND EXISTS (
    SELECT FROM post t WHERE t.person = r.person AND t.role = $5
      AND t.version = (SELECT max(version) FROM pack_version)
      AND t.valid_from <= $2 AND (t.valid_to IS NULL OR $2 < t.valid_to))
ON CONFLICT (key) DO NOTHING
"""


class Line(Frozen):
    """One case of a digest."""

    number: str
    state: State
    answering: BodyId | None
    deadline: Instant | None


class Section(Frozen):
    """One list: how many cases, and the first of them by their next deadline."""

    count: int
    cases: tuple[Line, ...]


class Digest(Frozen):
    """What one person has to know on a day. ``open`` counts every open case of the subtree."""

    person: PersonId
    day: str
    open: int
    overdue: Section
    soon: Section
    escalated: Section
    exceptions: Section


async def digest(pool: asyncpg.Pool, person: PersonId, at: datetime, zone: ZoneInfo) -> Digest:
    """The digest of a person, of the bodies where he is in post and of all below them, as things stand at ``at``."""
    rows = await pool.fetch(_CASES, person, at, at - _SINCE)
    return Digest(
        person=person,
        day=at.astimezone(zone).date().isoformat(),
        open=len(rows),
        overdue=_section(row for row in rows if row["overdue"]),
        soon=_section(row for row in rows if not row["overdue"] and _soon(row, at)),
        escalated=_section(row for row in rows if row["escalated_at"]),
        exceptions=_section(row for row in rows if row["exceptions"]),
    )


def _soon(row: asyncpg.Record, at: datetime) -> bool:
    due: datetime | None = row["next_deadline"]
    return due is not None and due <= at + _AHEAD


def _section(rows: Iterable[asyncpg.Record]) -> Section:
    found = list(rows)
    return Section(
        count=len(found),
        cases=tuple(
            Line(
                number=row["number"],
                state=row["state"],
                answering=row["answering"],
                deadline=row["next_deadline"],
            )
            for row in found[:SHOWN]
        ),
    )


async def compose(pool: asyncpg.Pool, day: date, at: datetime) -> int:
    """Put the digests of the day into the outbox: one for each outlet of a supervisor in post, once, however often asked.

    Answers how many were new.
    """
    done: str = await pool.execute(_COMPOSE, day, at, DIGEST, kind(DIGEST).priority, Role.SUPERVISOR.value)
    return int(done.rpartition(" ")[2])
