"""The supervisors' questions, answered from the events and the read models.

    escalations   deadlines that passed: by which rule, rung by rung from whom to whom, answered or not, how late
    pingpong      rulings, what they overruled and against whom; objections and returns by body
    pushdown      who tried to make a protected body lead, and what became of the case
    dwell         for how long which body answered, by charge: it adds up to the whole
    reads         who looked at personal data, and why
    exceptions    what was missing in the organisation, and who can mend it
    verdicts      what residents said, by which channel, and what staff entered for them

Rows and sums leave out the cases that do not exist for the viewer. A period is half-open: ``since`` belongs to it,
``until`` does not.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from domain.base import BodyId, PersonId
from domain.mending import MENDING
from domain.words import Exceptional, Satisfaction
from ledger.escalations import Climb, climbs_of

Row = dict[str, Any]


class Question(StrEnum):
    """What can be asked."""

    ESCALATIONS = "escalations"
    PINGPONG = "pingpong"
    PUSHDOWN = "pushdown"
    DWELL = "dwell"
    READS = "reads"
    EXCEPTIONS = "exceptions"
    VERDICTS = "verdicts"


class Asked(NamedTuple):
    """A period, one body or all, and who asks."""

    since: datetime
    until: datetime
    body: BodyId | None
    viewer: PersonId | None


class Found(NamedTuple):
    """The answer: rows in order of time (dwell: the longest first), and what they add up to."""

    summary: Row
    rows: list[Row]


_EVENTS = """
SELECT e.case_id, n.number, e.at, e.version, e.type, e.actor, e.body, n.state, n.lead, n.exceptions, later.body AS ruled,
       later.designated
FROM event e
JOIN case_now n USING (case_id)
LEFT JOIN LATERAL (
    SELECT r.body, d.body ->> 'lead' AS designated
    FROM event r
    LEFT JOIN event d ON d.case_id = r.case_id AND d.version = r.version + 1 AND d.type = 'designated'
    WHERE e.type = 'ruling_opened' AND r.case_id = e.case_id AND r.version > e.version AND r.type = 'ruled'
        AND r.body ->> 'ruling' = e.body ->> 'ruling'
    LIMIT 1
) later ON true
WHERE e.type = ANY ($5) AND e.at >= $1 AND e.at < $2
    AND e.case_id NOT IN (SELECT hidden_from($4))
    AND ($3::text IS NULL OR e.actor ->> 'body' = $3
         OR jsonb_path_exists(e.body, '$.** ? (@ == $b)', jsonb_build_object('b', $3::text)))
ORDER BY e.at, e.position
"""

_DWELL = """
WITH held AS (
    SELECT case_id, answering, charge, charged_to, starts_at, ends_at FROM holding
    WHERE starts_at < $2 AND ends_at > $1
    UNION ALL
    SELECT case_id, doc -> 'running' -> 'holding' ->> 'answering', doc -> 'running' -> 'holding' ->> 'charge',
           doc -> 'running' -> 'holding' ->> 'charged_to',
           (doc -> 'running' ->> 'start')::timestamptz, least($2, clock_timestamp())
    FROM case_now
    WHERE jsonb_typeof(doc -> 'running') = 'object' AND (doc -> 'running' ->> 'start')::timestamptz < $2
), cut AS (
    SELECT case_id, answering, charge, charged_to,
           extract(epoch FROM least(ends_at, $2) - greatest(starts_at, $1))::float8 AS seconds
    FROM held
    WHERE least(ends_at, $2) > greatest(starts_at, $1) AND case_id NOT IN (SELECT hidden_from($4))
        AND ($3::text IS NULL OR $3 IN (answering, charged_to))
)
SELECT answering, charge, charged_to, sum(seconds) AS seconds, count(DISTINCT case_id) AS cases
FROM cut
GROUP BY answering, charge, charged_to
ORDER BY sum(seconds) DESC, answering, charge, charged_to
"""

_READS = """
SELECT n.number, r.at, r.reader, r.fields, r.reason
FROM reading r JOIN case_now n USING (case_id)
WHERE r.at >= $1 AND r.at < $2 AND ($3::text IS NULL OR r.reader ->> 'body' = $3)
    AND r.case_id NOT IN (SELECT hidden_from($4))
ORDER BY r.at, r.position
"""

_TYPES: dict[Question, list[str]] = {
    Question.ESCALATIONS: ["deadline_missed", "escalated", "alerted", "oversight_added"],
    Question.PINGPONG: ["objected", "return_requested", "ruling_opened"],
    Question.PUSHDOWN: ["push_down_refused"],
    Question.EXCEPTIONS: ["exception_raised"],
    Question.VERDICTS: ["verdict_recorded", "verdict_lapsed"],
}


async def audit(pool: asyncpg.Pool, question: Question, asked: Asked) -> Found:
    """The answer to one question."""
    given = (asked.since, asked.until, asked.body, asked.viewer)
    match question:
        case Question.DWELL:
            return _dwell([dict(row) for row in await pool.fetch(_DWELL, *given)])
        case Question.READS:
            return _reads([dict(row) for row in await pool.fetch(_READS, *given)])
        case Question.ESCALATIONS:
            events = [dict(row) for row in await pool.fetch(_EVENTS, *given, _TYPES[question])]
            steps = await climbs_of(pool, {event["case_id"] for event in events}, asked.until)
            return _escalations(events, steps)
        case _:
            events = [dict(row) for row in await pool.fetch(_EVENTS, *given, _TYPES[question])]
            return _SHAPES[question](events)


def _common(event: Row) -> Row:
    return {"number": event["number"], "at": event["at"], "type": event["type"], "version": event["version"]}


def _escalations(events: list[Row], steps: Mapping[tuple[UUID, int], Climb]) -> Found:
    rows: list[Row] = []
    for event in events:
        body: Row = event["body"]
        step = steps.get((event["case_id"], event["version"]))
        rows.append(
            {
                **_common(event),
                "cause": body.get("cause") or body.get("kind"),
                "rule": step.rule if step else None,
                "rule_version": step.rule_version if step else None,
                "rung": step.rung if step else None,
                "from": step.frm if step else event["actor"].get("body"),
                "to": step.to if step else body.get("to") or body.get("body"),
                "about": step.about if step else None,
                "due": _moment(step.due if step else None),
                "answered": step.answered if step else None,
                "answered_at": _moment(step.answered_at if step else None),
                "answered_by": step.answered_by if step else None,
                "late_seconds": step.late_seconds if step else None,
                "body": body.get("to") or body.get("body") or body.get("charged_to"),
                "by_hand": event["actor"]["kind"] == "person",
            }
        )
    missed = [row for row in rows if row["type"] == "deadline_missed"]
    return Found(
        {
            "missed": _count(row["cause"] for row in missed),
            "missed_by_body": _count(row["body"] for row in missed),
            "escalated_to": _count(row["body"] for row in rows if row["type"] == "escalated"),
            "alerted": _count(row["body"] for row in rows if row["type"] == "alerted"),
            "overseen_by_hand": sum(row["by_hand"] for row in rows),
            "unanswered": sum(row["answered"] is False for row in missed),
            "latest_seconds": max((row["late_seconds"] or 0.0 for row in missed), default=0.0),
            "cases": len({row["number"] for row in rows}),
        },
        rows,
    )


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _pingpong(events: list[Row]) -> Found:
    rows: list[Row] = []
    for event in events:
        if event["type"] != "ruling_opened":
            continue
        body: Row = event["body"]
        ruled: Row = event["ruled"] or {}
        rows.append(
            {
                **_common(event),
                "cause": body["cause"],
                "parties": body["parties"],
                "ruling_body": body["body"],
                "designated": event["designated"],
                "overruled": ruled.get("overruled"),
                "against": ruled.get("against"),
                "state": event["state"],
            }
        )
    handed = [event for event in events if event["type"] != "ruling_opened"]
    return Found(
        {
            "rulings": _count(row["cause"] for row in rows),
            "objections": _count(e["actor"].get("body") for e in handed if e["type"] == "objected"),
            "returns": _count(e["actor"].get("body") for e in handed if e["type"] == "return_requested"),
            "overruled_against": _count(row["against"] for row in rows if row["against"]),
            "undecided": sum(row["designated"] is None for row in rows),
        },
        rows,
    )


def _pushdown(events: list[Row]) -> Found:
    rows: list[Row] = []
    for event in events:
        actor, body = event["actor"], event["body"]
        rows.append(
            {
                **_common(event),
                "tried_by": {key: actor.get(key) for key in ("person", "role", "body", "office")},
                "command": body["command"],
                "onto": body["to"],
                "matter": body["matter"],
                "lead_now": event["lead"],
                "state_now": event["state"],
            }
        )
    return Found(
        {
            "attempts": len(rows),
            "by_body": _count(row["tried_by"]["body"] for row in rows),
            "onto": _count(row["onto"] for row in rows),
            "matters": _count(row["matter"] for row in rows),
        },
        rows,
    )


def _exceptions(events: list[Row]) -> Found:
    rows: list[Row] = []
    for event in events:
        kind = Exceptional(event["body"]["kind"])
        rows.append(
            {
                **_common(event),
                "kind": kind.value,
                "body": event["body"]["body"],
                "open": kind.value in event["exceptions"],
                "missing": MENDING[kind].missing.model_dump(),
                "mended_by": MENDING[kind].mended_by.model_dump(),
            }
        )
    return Found(
        {
            "kinds": _count(row["kind"] for row in rows),
            "bodies": _count(row["body"] for row in rows),
            "open": sum(row["open"] for row in rows),
        },
        rows,
    )


def _verdicts(events: list[Row]) -> Found:
    rows: list[Row] = []
    for event in events:
        body, actor = event["body"], event["actor"]
        rows.append(
            {
                **_common(event),
                "satisfaction": body.get("satisfaction"),
                "response": body.get("response"),
                "resolution": body.get("resolution"),
                "channel": body.get("channel"),
                "final": body.get("final"),
                "no_contact": body.get("no_contact"),
                "entered_by": actor.get("person") if actor["kind"] == "person" else None,
                "entered_at_body": actor.get("body") if actor["kind"] == "person" else None,
                "lead": event["lead"],
            }
        )
    given = [row for row in rows if row["type"] == "verdict_recorded"]
    lapsed = [row for row in rows if row["type"] == "verdict_lapsed"]
    return Found(
        {
            "verdicts": len(given),
            "response_rate": _rate(row["response"] for row in given),
            "resolution_rate": _rate(row["resolution"] for row in given),
            "satisfaction_rate": _rate(row["satisfaction"] != Satisfaction.UNSATISFIED for row in given),
            "entered_by_staff": _count(row["entered_by"] for row in given if row["entered_by"]),
            "channels": _count(row["channel"] for row in given),
            "lapsed": sum(not row["no_contact"] for row in lapsed),
            "lapsed_no_contact": sum(bool(row["no_contact"]) for row in lapsed),
        },
        rows,
    )


_SHAPES = {
    Question.PINGPONG: _pingpong,
    Question.PUSHDOWN: _pushdown,
    Question.EXCEPTIONS: _exceptions,
    Question.VERDICTS: _verdicts,
}


def _dwell(rows: list[Row]) -> Found:
    by_body: dict[str, float] = defaultdict(float)
    by_charge: dict[str, float] = defaultdict(float)
    for row in rows:
        by_body[row["answering"]] += row["seconds"]
        by_charge[row["charge"]] += row["seconds"]
    return Found(
        {
            "seconds": sum(row["seconds"] for row in rows),
            "by_body": dict(by_body),
            "by_charge": dict(by_charge),
        },
        rows,
    )


def _reads(rows: list[Row]) -> Found:
    return Found(
        {
            "reads": len(rows),
            "by_person": _count(row["reader"].get("person") for row in rows),
            "cases": len({row["number"] for row in rows}),
        },
        rows,
    )


def _count(values: Iterable[str | None]) -> dict[str, int]:
    return {key or "—": times for key, times in Counter(values).most_common()}


def _rate(values: Iterable[bool]) -> float | None:
    answers = list(values)
    return round(sum(answers) / len(answers), 4) if answers else None
