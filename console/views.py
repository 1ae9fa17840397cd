"""The JSON shapes of the reads, made of domain values alone. The commands, the API and the pages show the same ones.

Instants are ISO 8601 in UTC. Ids are explained once, under ``names``.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from console.relations import relations_view
from domain.actors import Actor
from domain.case import Case, Trouble
from domain.deadlines import Deadline
from domain.events import Recorded
from domain.holders import Held, Mark, holding
from domain.jurisdiction import Name
from domain.mending import MENDING
from domain.ports import EventRef
from domain.rules import Refusal
from ledger.audits import Found
from ledger.queue import Page, QueueItem
from ledger.relations import Relations

Json = dict[str, Any]


def moment(at: datetime | None) -> str | None:
    """An instant as every surface writes it."""
    return at.isoformat() if at is not None else None


def named(names: Mapping[str, Name]) -> Json:
    """What ids are called."""
    return {id_: name.model_dump() for id_, name in sorted(names.items())}


def refused(refusal: Refusal | None) -> Json | None:
    """A refusal word for word, or None."""
    return refusal.model_dump() if refusal else None


def deadline_view(deadline: Deadline | None) -> Json | None:
    """A running deadline in short."""
    if deadline is None:
        return None
    return {"kind": deadline.kind.value, "due": moment(deadline.due), "rule": deadline.rule}


def case_view(case: Case, events: int, names: Mapping[str, Name], related: Relations) -> Json:
    """A case as it stands, or stood."""
    held = holding(case)
    return {
        "number": case.number,
        "state": case.state.value,
        "version": case.version,
        "episode": case.episode,
        "kind": case.kind.value,
        "procedure": case.procedure.value,
        "channel": case.channel.value,
        "matter": case.matter,
        "place": case.place,
        "answering": held.answering if held else None,
        "charge": held.charge.value if held else None,
        "charged_to": held.charged_to if held else None,
        "lead": case.lead,
        "dispatcher": case.dispatcher,
        "proposed": case.proposal.to if case.proposal else None,
        "ruling": case.ruling.body if case.ruling else None,
        "overseers": list(case.overseers),
        "informed": list(case.informed),
        "relations": relations_view(case),
        "exceptions": [exception.value for exception in case.exceptions],
        "troubles": [_trouble(t) for t in case.troubles if t.kind in case.exceptions],
        "route": case.route.model_dump(mode="json") if case.route else None,
        "next_deadline": moment(case.next_deadline.due) if case.next_deadline else None,
        "deadlines": [deadline_view(deadline) for deadline in case.deadlines],
        "received_at": moment(case.received_at),
        "registered_at": moment(case.registered_at),
        "anonymous": case.anonymous,
        "no_contact": case.no_contact,
        "against": list(case.against),
        "misconduct": case.misconduct,
        "verdict": _verdict(case),
        "rehandlings": case.rehandlings,
        "opinion": _opinion(case),
        "shelved_until": moment(case.shelving.until) if case.shelving else None,
        "exhausted": case.exhausted,
        "ending": case.ending.value if case.ending else None,
        "ended_at": moment(case.ended_at),
        "last_at": moment(case.last_at),
        "parent": related.parent,
        "children": {"count": related.child_count, "numbers": list(related.children)},
        "links": [tied.model_dump(mode="json") for tied in related.ties],
        "answer": {"number": case.reply.number, "version": case.reply.version} if case.reply else None,
        "events": events,
        "names": named(names),
    }


def _trouble(trouble: Trouble) -> Json:
    mending = MENDING[trouble.kind]
    return {
        "kind": trouble.kind.value,
        "body": trouble.body,
        "since": moment(trouble.since),
        "missing": mending.missing.model_dump(),
        "mended_by": mending.mended_by.model_dump(),
    }


def _verdict(case: Case) -> Json | None:
    if case.verdict is None:
        return None
    said = case.verdict.satisfaction
    return {"satisfaction": said.value if said else None, "at": moment(case.verdict.at)}


def _opinion(case: Case) -> Json | None:
    """The newest written opinion, and until when the next instance can be asked."""
    opinion = case.opinion
    if opinion is None:
        return None
    return {
        "instance": opinion.instance.value,
        "by": opinion.by,
        "delivered_at": moment(opinion.delivered_at),
        "ask_until": moment(opinion.ask_until),
    }


def holders_view(number: str, intervals: Sequence[Held], names: Mapping[str, Name]) -> Json:
    """Who answered, instant by instant. ``seconds`` is the sum over the intervals: between episodes nobody answers."""
    rows = [_interval(held) for held in intervals]
    return {
        "number": number,
        "from": rows[0]["from"] if rows else None,
        "to": rows[-1]["to"] if rows else None,
        "seconds": sum(row["seconds"] for row in rows),
        "intervals": rows,
        "names": named(names),
    }


def _interval(held: Held) -> Json:
    return {
        "episode": held.episode,
        "answering": held.answering,
        "charge": held.charge.value,
        "charged_to": held.charged_to,
        "from": moment(held.start),
        "to": moment(held.end),
        "seconds": held.seconds,
        "opened_by": _mark(held.opened_by),
        "closed_by": _mark(held.closed_by),
    }


def _mark(mark: Mark | None) -> Json | None:
    return {"version": mark.version, "type": mark.type, "of": mark.of} if mark else None


def event_ref(event: EventRef) -> Json:
    """An event as a receipt names it. Its id is the stream's own and stays inside."""
    return event.model_dump(mode="json", exclude={"id"})


def actor_view(actor: Actor) -> Json:
    """Who acted, by id, under which hat."""
    return actor.model_dump(mode="json", exclude_none=True)


def history_view(number: str, recorded: Iterable[Recorded], names: Mapping[str, Name]) -> Json:
    """Every event with its envelope. Free text is not in events; ``personal`` says which fields were written."""
    return {"number": number, "events": [_event(event) for event in recorded], "names": named(names)}


def _event(event: Recorded) -> Json:
    body = event.body.model_dump(mode="json")
    personal = body.pop("personal", None)
    return {
        "version": event.version,
        "type": body.pop("type"),
        "at": moment(event.at),
        "recorded_at": moment(event.recorded_at),
        "done_at": moment(event.done_at),
        "actor": actor_view(event.actor),
        # The intake command names the stream (domain/numbers.py), and a stream has no name that people could compare.
        "command": None if event.version == 1 else event.command,
        "facts": event.facts.model_dump(),
        "personal": personal["fields"] if personal else [],
        "data": body,
    }


def queue_view(page: Page, names: Mapping[str, Name]) -> Json:
    """One page of a queue. ``next`` is given back as ``after`` to get the following one; null on the last."""
    return {
        "total": page.total,
        "items": [_item(item) for item in page.items],
        "next": page.after,
        "names": named(names),
    }


def _item(item: QueueItem) -> Json:
    return item.model_dump(mode="json", exclude={"case"}) | {
        "next_deadline": moment(item.next_deadline),
        "registered_at": moment(item.registered_at),
        "received_at": moment(item.received_at),
    }


def audit_view(
    question: str, since: datetime, until: datetime, found: Found, names: Mapping[str, Name]
) -> Json:
    """The answer to a supervisor's question."""
    return {
        "question": question,
        "from": moment(since),
        "to": moment(until),
        "summary": found.summary,
        "rows": [{**row, "at": moment(row["at"])} if "at" in row else row for row in found.rows],
        "names": named(names),
    }


def ids_in(value: object) -> set[str]:
    """Every text in a document that can be an id: those that are not are simply not found."""
    match value:
        case str():
            return {value}
        case dict():
            parts = cast("dict[str, object]", value)
            return {found for part in parts.items() for found in ids_in(part)}
        case list() | tuple():
            return {found for part in cast("list[object]", value) for found in ids_in(part)}
        case _:
            return set()
