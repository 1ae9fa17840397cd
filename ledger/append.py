"""The append: one decision into the ledger, with its read models, in one transaction, or nothing.

    lock the case ─▶ look ─▶ answered before? ─▶ same version? ─▶ facts stand? ─▶ compartment stands? ─▶ number free?
                                                                                                          │
    commit ◀─ notify ◀─ command · events · case_now · holding · desk · inbox · outbox ◀─ head locked ◀────┘

Five round trips; six where the decision rests on other cases, which are locked with it, shared, and looked at again.
Writers of one case wait for one another by an advisory lock; writers of different cases meet only at
``head``, for the length of one statement and its commit, so positions have no gaps and readers may simply ask for
``position > last``. A retry of a command gets what the first try wrote, also when nobody knows whether that try
committed.
"""

from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from domain.errors import LedgerError
from domain.events import FactsUsed, Registered
from domain.firewall import NO_CASE
from domain.merges import WAKES
from domain.ports import Answer, Append, Appended, EventRef
from ledger.envelope import row as event_row
from ledger.load import standing
from ledger.pool import GATE
from ledger.projection import Rows, Standing, project
from ledger.relations import glances

CHANNEL = "zeren_ledger"
"""NOTIFY with no payload after each append: a hint to look, never the truth."""

LOCK_TIMEOUT = "10s"
"""The longest that an append waits for a lock; then it fails whole and can be tried again."""

_LOCK = "SELECT set_config('lock_timeout', $1, true), pg_advisory_xact_lock_shared($2)"

_LOOK = """
SELECT c.fingerprint, c.answer, n.shape, n.doc, p.pack, p.version AS pack_version,
       k.case_id AS personal_case, k.command_id AS personal_command, k.digest, k.mac, k.fields,
       t.case_id AS number_owner, n.state, EXISTS (SELECT FROM case_now f WHERE f.parent = $1) AS has_children
FROM (VALUES (true)) AS one (row)
LEFT JOIN command c ON c.case_id = $1 AND c.command_id = $2
LEFT JOIN case_now n ON n.case_id = $1
LEFT JOIN compartment k ON k.id = $3
LEFT JOIN case_now t ON t.number = $4
LEFT JOIN (SELECT pack, version FROM pack_version ORDER BY version DESC LIMIT 1) p ON true
"""

_WRITE = """
WITH h AS (
    UPDATE head SET position = position + jsonb_array_length($1),
                    recorded_at = greatest(clock_timestamp(), recorded_at)
    RETURNING position - jsonb_array_length($1) AS before, recorded_at
), commands AS (
    INSERT INTO command (case_id, command_id, type, fingerprint, at, recorded_at, actor, facts, outcome,
                         first_version, last_version, personal, answer)
    SELECT $2::uuid, $3::text, $4::text, $5::text, $6::timestamptz, h.recorded_at, $7::jsonb, $8::jsonb, $9::text,
           $10::integer, $11::integer, $12::uuid, $13::jsonb
    FROM h
), events AS (
    INSERT INTO event (position, case_id, version, event_id, command_id, type, schema, at, recorded_at, done_at,
                       actor, facts, body)
    SELECT h.before + 1 + (e.version - $10), $2, e.version, e.event_id, $3, e.type, e.schema, e.at, h.recorded_at,
           e.done_at, e.actor, e.facts, e.body
    FROM h, jsonb_populate_recordset(NULL::event, $1) e
), cases AS (
    INSERT INTO case_now SELECT * FROM jsonb_populate_recordset(NULL::case_now, $14)
    ON CONFLICT (case_id) DO UPDATE SET
        version = excluded.version, episode = excluded.episode, state = excluded.state, kind = excluded.kind,
        matter = excluded.matter, place = excluded.place, dispatcher = excluded.dispatcher, lead = excluded.lead,
        procedure = excluded.procedure, answering = excluded.answering, charge = excluded.charge,
        charged_to = excluded.charged_to, next_deadline = excluded.next_deadline,
        deadline_kind = excluded.deadline_kind, due_order = excluded.due_order, missed = excluded.missed,
        exceptions = excluded.exceptions, registered_at = excluded.registered_at,
        received_at = excluded.received_at, last_at = excluded.last_at, ended_at = excluded.ended_at,
        parent = excluded.parent, shape = excluded.shape, doc = excluded.doc, against = excluded.against,
        recused = excluded.recused, taken_by = excluded.taken_by
), holdings AS (
    INSERT INTO holding SELECT * FROM jsonb_populate_recordset(NULL::holding, $15)
), left_desks AS (
    DELETE FROM desk WHERE case_id = $2 AND jsonb_array_length($14) > 0
        AND body NOT IN (SELECT body FROM jsonb_populate_recordset(NULL::desk, $16))
), desks AS (
    INSERT INTO desk SELECT * FROM jsonb_populate_recordset(NULL::desk, $16)
    ON CONFLICT (case_id, body) DO UPDATE SET because = excluded.because
), notices AS (
    INSERT INTO inbox SELECT * FROM jsonb_populate_recordset(NULL::inbox, $17)
), ties AS (
    INSERT INTO tie SELECT * FROM jsonb_populate_recordset(NULL::tie, $18)
), leaving AS (
    INSERT INTO outbox (key, outlet, channel, body, case_id, version, number, cause, deadline, at, priority, folds, waits,
                        next_try)
    SELECT encode(sha256(convert_to(concat_ws('/', $2, o.version, o.body, r.id), 'UTF8')), 'hex'), r.id, r.channel,
           o.body, $2, o.version, o.number, o.cause, o.deadline, o.at, o.priority, o.folds, o.waits,
           h.recorded_at + CASE WHEN o.folds THEN make_interval(secs => r.fold_seconds) ELSE interval '0' END
    FROM h, jsonb_populate_recordset(NULL::outbox, $19) o
    JOIN outlet r ON r.body IN (o.body, '*') AND (r.causes = '{}' OR o.cause = ANY (r.causes))
)
SELECT pg_notify($20, '') FROM h
"""


class _Look(NamedTuple):
    """What the ledger holds about a decision before it is written."""

    row: asyncpg.Record
    standing: Standing | None

    @property
    def version(self) -> int:
        return self.standing.case.version if self.standing else 0


async def append(pool: asyncpg.Pool, decision: Append) -> Appended:
    """Write the decision, or say why not (domain.ports.Appended). Safe to repeat, from anywhere, at any time.

    Raises LedgerError if the decision contradicts itself, and asyncpg's errors or OSError if the database does not
    answer: then it may or may not stand, and sending it again tells.
    """
    _well_formed(decision)
    try:
        async with pool.acquire() as connection, connection.transaction():
            return await _append(connection, decision)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "case_now_number":
            return Appended(outcome="number_taken")
        raise
    except asyncpg.ForeignKeyViolationError:
        # The sweep took the row between our look and our write.
        return Appended(outcome="compartment_missing")


def _well_formed(decision: Append) -> None:
    """A decision's events follow its expected version without a gap and belong to its case and command."""
    versions = [event.version for event in decision.events]
    follows = list(range(decision.expected + 1, decision.expected + 1 + len(versions)))
    if versions != follows or any(
        (event.case, event.command) != (decision.case, decision.command) for event in decision.events
    ):
        raise LedgerError(f"the events of {decision.command} do not follow version {decision.expected}")


async def _append(connection: asyncpg.pool.PoolConnectionProxy, decision: Append) -> Appended:
    await _lock(connection, decision)
    number = next(
        (event.body.number for event in decision.events if isinstance(event.body, Registered)), None
    )
    personal = decision.personal.id if decision.personal else None
    row = await connection.fetchrow(_LOOK, decision.case, decision.command, personal, number)
    assert row is not None, "the query has one row always"  # noqa: S101
    if row["fingerprint"] is not None:
        return _earlier(row, decision)
    if decision.seen and not await _still_seen(connection, decision):
        return Appended(outcome="stale_facts")
    look = _Look(row, await standing(connection, decision.case, row["shape"], row["doc"]))
    refused = _objection(look, decision)
    if refused is not None:
        return refused
    now, rows = project(look.standing, decision.events)
    answer = _answer(decision, now)
    await connection.execute(_WRITE, *_parameters(decision, answer, rows))
    return Appended(outcome="ok", answer=answer, wakes=_wakes(row, answer.state))


async def _lock(connection: asyncpg.pool.PoolConnectionProxy, decision: Append) -> None:
    """Keep every other writer of the case out, and hold still the cases that the decision rests on.

    Locks are taken in the order of their keys, so two cases that look at one another cannot wait in a ring; a case that
    thousands look at is locked by them together.
    """
    others = {_case_lock(glance.id) for glance in decision.seen if glance.id != decision.case}
    own = _case_lock(decision.case)
    keys = sorted({own, *others})
    locks = [
        f"pg_advisory_xact_lock{'' if key == own else '_shared'}(${place})"
        for place, key in enumerate(keys, start=3)
    ]
    await connection.execute(", ".join([_LOCK, *locks]), LOCK_TIMEOUT, GATE, *keys)


async def _still_seen(connection: asyncpg.pool.PoolConnectionProxy, decision: Append) -> bool:
    """Whether the cases that the decision rests on still look as they did. They are locked, so they will until it stands."""
    now = await glances(connection, [glance.number for glance in decision.seen])
    return all(now.get(glance.number) == glance for glance in decision.seen)


def _wakes(row: asyncpg.Record, state: str | None) -> bool:
    return row["has_children"] and state in WAKES


def _case_lock(case: UUID) -> int:
    return int.from_bytes(case.bytes[:8], "big", signed=True)


def _earlier(row: asyncpg.Record, decision: Append) -> Appended:
    if row["fingerprint"] != decision.fingerprint:
        return Appended(outcome="reused")
    answer = Answer.model_validate(row["answer"])
    return Appended(outcome="ok", answer=answer, wakes=_wakes(row, row["state"]))


def _objection(look: _Look, decision: Append) -> Appended | None:
    """Why the decision cannot be written, or None."""
    row = look.row
    if look.version != decision.expected:
        return Appended(outcome="conflict")
    if row["pack"] is None or decision.facts != FactsUsed(pack=row["pack"], version=row["pack_version"]):
        return Appended(outcome="stale_facts")
    if decision.personal is not None:
        ref = decision.personal
        stands = (row["personal_case"], row["personal_command"]) == (decision.case, decision.command)
        same = (row["digest"], row["mac"], tuple(row["fields"] or ())) == (ref.digest, ref.mac, ref.fields)
        if not (stands and same):
            return Appended(outcome="compartment_missing")
    if row["number_owner"] is not None:
        return Appended(outcome="number_taken")
    return None


def _answer(decision: Append, now: Standing | None) -> Answer:
    """What the command is answered, now and whenever it comes again. Who is told of no case hears nothing of it."""
    if decision.refusal is not None and decision.refusal.rule == NO_CASE.code:
        now = None
    return Answer(
        outcome="refused" if decision.refusal else "done",
        case=decision.case,
        command=decision.command,
        number=now.case.number if now else None,
        version=now.case.version if now else 0,
        state=now.case.state if now else None,
        at=decision.at,
        events=tuple(
            EventRef(id=event.id, version=event.version, type=event.body.type, at=event.at)
            for event in decision.events
        ),
        refusal=decision.refusal,
    )


def _parameters(decision: Append, answer: Answer, rows: Rows) -> list[Any]:
    """The arguments of _WRITE, in its order."""
    events = decision.events
    return [
        [event_row(event) for event in events],
        decision.case,
        decision.command,
        decision.type,
        decision.fingerprint,
        decision.at,
        decision.actor.model_dump(mode="json"),
        decision.facts.model_dump(mode="json"),
        answer.outcome,
        events[0].version if events else None,
        events[-1].version if events else None,
        decision.personal.id if decision.personal else None,
        answer.model_dump(mode="json"),
        rows.case_now,
        rows.holding,
        rows.desk,
        rows.inbox,
        rows.tie,
        rows.outbox,
        CHANNEL,
    ]
