"""Queues and inboxes: the open cases on the desks of some bodies, and the notices that a body was given.

order: the next deadline, those without one last, then the number
pages: a cursor names the last row seen, so rows that come and go in between neither repeat nor hide others
"""

import base64
import binascii
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from domain.base import BodyId, Frozen, Instant, MatterId, PersonId, PlaceCode
from domain.errors import BadInput
from domain.words import Charge, DeadlineKind, Exceptional, State

LARGEST_PAGE = 500


_OFF_THE_DESKS = frozenset({State.ENDED, State.MERGED})


class QueueItem(Frozen):
    """One case in a queue. ``because`` says why it is on the desks asked for; empty if none was."""

    case: UUID
    number: str
    state: State
    version: int
    episode: int
    matter: MatterId | None
    place: PlaceCode | None
    dispatcher: BodyId
    lead: BodyId | None
    answering: BodyId | None
    charge: Charge | None
    charged_to: BodyId | None
    next_deadline: Instant | None
    deadline_kind: DeadlineKind | None
    missed: bool
    exceptions: tuple[Exceptional, ...]
    registered_at: Instant
    received_at: Instant | None
    because: tuple[str, ...] = ()


class Page(Frozen):
    """One page: the rows, how many there are in all, and the cursor of the next page or None."""

    items: tuple[QueueItem, ...]
    total: int
    after: str | None


class Notice(Frozen):
    """What a body was told: the event, of which case, when. It is the notice of design.md §3.2."""

    body: BodyId
    case: UUID
    number: str
    version: int
    kind: str
    at: Instant


_QUEUE = """
WITH wanted AS (
    SELECT n.case_id AS "case", n.number, n.state, n.version, n.episode, n.matter, n.place, n.dispatcher,
           n.lead, n.answering, n.charge, n.charged_to, n.next_deadline, n.deadline_kind, n.missed,
           n.exceptions, n.registered_at, n.received_at, n.due_order, coalesce(d.because, '{}') AS because
    FROM case_now n
    LEFT JOIN (
        SELECT case_id, array_agg(DISTINCT why ORDER BY why) AS because
        FROM desk, unnest(because) AS why WHERE body = ANY ($1) GROUP BY case_id
    ) d USING (case_id)
    WHERE n.state = ANY ($2)
      AND ($1::text[] IS NULL OR d.case_id IS NOT NULL
           OR (n.state IN ('ended', 'merged') AND (n.dispatcher = ANY ($1) OR n.lead = ANY ($1))))
      AND ($3::timestamptz IS NULL OR n.missed OR n.next_deadline <= $3)
      AND n.case_id NOT IN (SELECT hidden_from($7))
)
SELECT t.total, p.*
FROM (SELECT count(*) AS total FROM wanted) t
LEFT JOIN (
    SELECT * FROM wanted WHERE $4::text IS NULL OR (due_order, number) > ($4::text::timestamptz, $5::text)
    ORDER BY due_order, number LIMIT $6
) p ON true
ORDER BY p.due_order, p.number
"""


async def queue(
    pool: asyncpg.Pool,
    *,
    viewer: PersonId | None = None,
    bodies: Iterable[BodyId] | None = None,
    state: State | None = None,
    overdue: datetime | None = None,
    limit: int = 50,
    after: str | None = None,
) -> Page:
    """The cases on the desks of ``bodies`` (None: of all) that exist for ``viewer``, the most urgent first.

     Without ``state`` every case that is handled by itself; with ENDED or MERGED those that a body dispatched or led.
    ``overdue``: only those whose
     next deadline is due by then, or that have missed one that still waits. Raises BadInput for a cursor that is none.
    """
    states = [state.value] if state else [state.value for state in State if state not in _OFF_THE_DESKS]
    due, number = _read_cursor(after) if after else (None, None)
    size = max(1, min(limit, LARGEST_PAGE))
    rows = await pool.fetch(
        _QUEUE, sorted(bodies) if bodies is not None else None, states, overdue, due, number, size + 1, viewer
    )
    found = [row for row in rows if row["case"] is not None]
    return Page(
        items=tuple(_item(row) for row in found[:size]),
        total=rows[0]["total"],
        after=_cursor(found[size - 1]) if len(found) > size else None,
    )


def _item(row: asyncpg.Record) -> QueueItem:
    fields: dict[str, Any] = dict(row)
    del fields["total"], fields["due_order"]
    return QueueItem.model_validate(fields)


def _cursor(row: asyncpg.Record) -> str:
    due: datetime | None = row["next_deadline"]
    told = json.dumps([due.isoformat() if due else "infinity", row["number"]])
    return base64.urlsafe_b64encode(told.encode()).decode("ascii").rstrip("=")


def _read_cursor(cursor: str) -> tuple[str, str]:
    try:
        due, number = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if due != "infinity":
            due = datetime.fromisoformat(due).isoformat()
        if not number.isprintable():
            raise ValueError(number)
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise BadInput(
            "翻页标记无效；请从第一页重新查询。", "The page mark is not one; ask again from the first page."
        ) from error
    return due, number


async def inbox(
    pool: asyncpg.Pool,
    bodies: Iterable[BodyId],
    *,
    viewer: PersonId | None = None,
    since: datetime | None = None,
    limit: int = 50,
) -> list[Notice]:
    """The notices to these bodies of cases that exist for ``viewer``, the latest first, from ``since`` on."""
    rows = await pool.fetch(
        'SELECT body, case_id AS "case", number, version, kind, at FROM inbox WHERE body = ANY ($1)'
        " AND ($2::timestamptz IS NULL OR at >= $2) AND case_id NOT IN (SELECT hidden_from($4))"
        " ORDER BY at DESC, case_id, version DESC, body LIMIT $3",
        sorted(bodies),
        since,
        max(1, min(limit, LARGEST_PAGE)),
        viewer,
    )
    return [Notice.model_validate(dict(row)) for row in rows]
