"""The outbox: notices that wait to leave the house, folded into messages, with what became of each try.

    pending ─▶ folded into a message ─┬─▶ sent       with the receipt that the other side gave
                                      ├─▶ failed     tried again at next_try, later each time
                                      ├─▶ dead       given up; `zeren notices retry` begins anew
                                      ├─▶ withheld   a wall stands round the case: an outlet is read by several people
                                      └─▶ moot       what it wanted has been done meanwhile

The append writes the rows; here they are only read and marked. A message keeps its key and its rows over all its tries,
so that whoever gets it twice can tell.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg

from domain.base import BodyId, Frozen, Instant, PersonId
from domain.calendar import Calendar, around_the_clock
from domain.notices import Gather, Outgoing
from domain.ports import Alarm
from domain.quiet import Quiet, awake
from domain.words import State
from domain.worktime import WorkTime
from ledger.alarms import raise_alarm
from ledger.outlets import Mail, Outlet

LARGEST_LIST = 500

OutboxState = Literal["pending", "sent", "failed", "dead", "withheld", "moot"]

_FOLD = """
WITH due AS (
    SELECT DISTINCT outlet, coalesce(body, person) AS recipient, priority, folds FROM outbox
    WHERE state = 'pending' AND message IS NULL AND next_try <= clock_timestamp() AND NOT (waits AND $1)
), keyed AS (
    SELECT d.*, gen_random_uuid() AS message FROM due d
)
UPDATE outbox o SET message = k.message
FROM keyed k
WHERE o.state = 'pending' AND o.message IS NULL AND o.outlet = k.outlet
  AND coalesce(o.body, o.person) = k.recipient AND o.priority = k.priority AND o.folds = k.folds
  AND NOT (o.waits AND $1)
"""

_DUE = """
SELECT message, priority, recipient FROM (
    SELECT m.*, row_number() OVER (PARTITION BY recipient ORDER BY priority, first, message) AS turn FROM (
        SELECT message, min(priority) AS priority, min(coalesce(body, person)) AS recipient, min(at) AS first
        FROM outbox
        WHERE state IN ('pending', 'failed') AND message IS NOT NULL AND message <> ALL ($2)
        GROUP BY message
        HAVING min(next_try) <= clock_timestamp() AND NOT (bool_or(waits) AND $1)
    ) m
) t
ORDER BY priority, turn, first LIMIT $3
"""

_LETTER = """
SELECT o.key, o.outlet, o.body, o.person, o.day, o.cause, o.number, o.at, o.attempts, o.case_id, n.state, n.next_deadline,
       t.doc AS outlet_doc, s.doc AS mail, p.zone, o.case_id IN (SELECT hidden_from(NULL)) AS walled,
       o.waits AND o.deadline IS NOT NULL AND NOT EXISTS (
           SELECT FROM jsonb_array_elements(n.doc -> 'case' -> 'deadlines') d WHERE d ->> 'id' = o.deadline) AS moot
FROM outbox o
LEFT JOIN case_now n USING (case_id)
LEFT JOIN outlet t ON t.id = o.outlet
LEFT JOIN outlet_setting s ON true
LEFT JOIN (SELECT zone FROM pack_version ORDER BY version DESC LIMIT 1) p ON true
WHERE o.message = $1 AND o.state IN ('pending', 'failed')
ORDER BY o.priority, o.at, o.number
"""

_LIST = """
WITH seen AS (
    SELECT o.* FROM outbox o
    WHERE (o.case_id IS NULL OR o.case_id NOT IN (SELECT hidden_from($1)))
      AND ($2::text IS NULL OR o.body = $2 OR o.person = $2)
)
SELECT (SELECT coalesce(jsonb_object_agg(state, times), '{}')
        FROM (SELECT state, count(*) AS times FROM seen GROUP BY state) c) AS counts, l.*
FROM (VALUES (true)) AS one (row)
LEFT JOIN (
    SELECT key, number, cause, body, person, day, channel, outlet, state, attempts, at, tried_at, receipt, fault,
           CASE WHEN state IN ('pending', 'failed') THEN next_try END AS next_try
    FROM seen WHERE $3::text IS NULL OR state = $3
    ORDER BY at DESC, key LIMIT $4
) l ON true
ORDER BY l.at DESC, l.key
"""


class Item(Frozen):
    """One notice of a message: why, and of which case, as it stands when it is sent."""

    key: str
    cause: str
    number: str
    state: State
    deadline: Instant | None
    at: Instant


class Letter(Frozen):
    """A message as it is to be sent now. ``person`` and ``day`` are set on a digest, which has no items here.

    ``outlet`` is None where it was taken out of the configuration after the notice was written.
    """

    message: UUID
    outlet: Outlet | None
    mail: Mail | None
    recipient: str
    person: PersonId | None
    day: str | None
    zone: str
    attempts: int
    keys: tuple[str, ...]
    cases: tuple[UUID, ...]
    items: tuple[Item, ...]


class Left(Frozen):
    """A row of the outbox as people see it."""

    key: str
    number: str | None
    cause: str
    body: BodyId | None
    person: PersonId | None
    day: str | None
    channel: str
    outlet: str
    state: OutboxState
    attempts: int
    at: Instant
    next_try: Instant | None
    tried_at: Instant | None
    receipt: str | None
    fault: str | None


class Listed(Frozen):
    """Some rows, the latest first, and how many there are in each state."""

    counts: dict[str, int]
    items: tuple[Left, ...]


async def gather(pool: asyncpg.Pool, request: Gather, *, quiet: bool) -> list[Outgoing]:
    """Fold what is due into messages, and name those that are due and not under way. ``quiet``: nobody is nudged now."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(_FOLD, quiet)
        rows = await connection.fetch(_DUE, quiet, list(request.under_way), request.limit)
    return [Outgoing.model_validate(dict(row)) for row in rows]


async def open_letter(pool: asyncpg.Pool, message: UUID) -> Letter | None:
    """The message as it has to be sent now; None if nothing of it is left.

    Rows of a case with a wall round it are withheld, for good: an outlet is read by several people, of whom one may be
    barred. Nudges to do what has been done are moot.
    """
    async with pool.acquire() as connection, connection.transaction():
        rows = await connection.fetch(_LETTER, message)
        for state in ("withheld", "moot"):
            keys = [row["key"] for row in rows if _kept_back(row) == state]
            await connection.execute("UPDATE outbox SET state = $2 WHERE key = ANY ($1)", keys, state)
    rows = [row for row in rows if _kept_back(row) is None]
    if not rows:
        return None
    first = rows[0]
    return Letter(
        message=message,
        outlet=Outlet.model_validate(first["outlet_doc"]) if first["outlet_doc"] else None,
        mail=Mail.model_validate(first["mail"]) if first["mail"] else None,
        recipient=first["body"] or first["person"],
        person=first["person"],
        day=rows[-1]["day"].isoformat() if first["day"] else None,
        zone=first["zone"] or "UTC",
        attempts=max(row["attempts"] for row in rows),
        keys=tuple(row["key"] for row in rows),
        cases=tuple({row["case_id"]: None for row in rows if row["case_id"]}),
        items=tuple(_item(row) for row in rows if row["case_id"]),
    )


def _kept_back(row: asyncpg.Record) -> str | None:
    if row["walled"]:
        return "withheld"
    return "moot" if row["moot"] else None


def _item(row: asyncpg.Record) -> Item:
    return Item(
        key=row["key"],
        cause=row["cause"],
        number=row["number"],
        state=row["state"],
        deadline=row["next_deadline"],
        at=row["at"],
    )


async def mark_sent(pool: asyncpg.Pool, keys: Sequence[str], receipt: str) -> None:
    """The other side has taken it; ``receipt`` is what it said."""
    await pool.execute(
        "UPDATE outbox SET state = 'sent', attempts = attempts + 1, tried_at = clock_timestamp(), receipt = $2,"
        " fault = NULL WHERE key = ANY ($1) AND state IN ('pending', 'failed')",
        list(keys),
        receipt,
    )


async def mark_failed(pool: asyncpg.Pool, letter: Letter, fault: str, again: timedelta | None) -> None:
    """It could not be delivered: try again after ``again``, or never. Then a required outlet's cases are alarmed."""
    if again is None and letter.outlet is not None and letter.outlet.required:
        detail = f"{letter.outlet.channel} to {letter.recipient}: {fault}"
        for case in letter.cases:
            await raise_alarm(pool, Alarm(kind="notice_undelivered", case=case, detail=detail))
    await pool.execute(
        "UPDATE outbox SET state = CASE WHEN $3::interval IS NULL THEN 'dead' ELSE 'failed' END,"
        " attempts = attempts + 1, tried_at = clock_timestamp(), fault = $2,"
        " next_try = clock_timestamp() + coalesce($3, interval '0')"
        " WHERE key = ANY ($1) AND state IN ('pending', 'failed')",
        list(letter.keys),
        fault,
        again,
    )


async def retry(pool: asyncpg.Pool, keys: Iterable[str] | None = None) -> int:
    """Begin dead letters anew, all of them if none is named; answers how many."""
    done: str = await pool.execute(
        "UPDATE outbox SET state = 'pending', attempts = 0, message = NULL, next_try = clock_timestamp()"
        " WHERE state = 'dead' AND ($1::text[] IS NULL OR key = ANY ($1))",
        list(keys) if keys is not None else None,
    )
    return int(done.rpartition(" ")[2])


async def listed(
    pool: asyncpg.Pool,
    *,
    viewer: PersonId | None = None,
    recipient: str | None = None,
    state: OutboxState | None = None,
    limit: int = 50,
) -> Listed:
    """Rows of cases that exist for the viewer, to a body or person or to all, in one state or in any."""
    rows = await pool.fetch(_LIST, viewer, recipient, state, max(1, min(limit, LARGEST_LIST)))
    return Listed(counts=rows[0]["counts"], items=tuple(_left(row) for row in rows if row["key"] is not None))


def _left(row: asyncpg.Record) -> Left:
    fields: dict[str, Any] = dict(row)
    del fields["counts"]
    fields["day"] = row["day"].isoformat() if row["day"] else None
    return Left.model_validate(fields)


async def counts(pool: asyncpg.Pool) -> dict[str, int]:
    """How many rows there are in each state, for whoever runs the house."""
    rows = await pool.fetch("SELECT state, count(*) AS times FROM outbox GROUP BY state")
    return {row["state"]: row["times"] for row in rows}


class OfficeHours(Frozen):
    """When the office reads what it is sent, by the newest pack."""

    calendar: Calendar
    quiet: Quiet | None

    def asleep(self, at: datetime) -> bool:
        """Whether nobody is nudged at ``at``."""
        return awake(at, self.quiet, WorkTime(self.calendar)) > at

    def working_day(self, at: datetime) -> date | None:
        """The day that it is at ``at``, if it is worked."""
        time = WorkTime(self.calendar)
        day = time.day(at)
        return day if time.works(day) else None


async def office_hours(pool: asyncpg.Pool) -> OfficeHours:
    """Of the newest pack; every day is worked, and no hour quiet, where none is loaded."""
    row = await pool.fetchrow(
        "SELECT zone, calendar, policy -> 'quiet' AS quiet FROM pack_version ORDER BY version DESC LIMIT 1"
    )
    if row is None:
        return OfficeHours(calendar=around_the_clock(), quiet=None)
    return OfficeHours.model_validate(
        {"calendar": row["calendar"] or around_the_clock(row["zone"]), "quiet": row["quiet"]}
    )


async def now(pool: asyncpg.Pool) -> datetime:
    """The database's instant, by which everything here is due."""
    return await pool.fetchval("SELECT clock_timestamp()")
