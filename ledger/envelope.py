"""The envelope: an event as a row of the ledger, and back; an old schema is brought up to date on the way out."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from domain.events import Recorded, read_event

COLUMNS = "position, case_id, version, event_id, command_id, type, schema, at, recorded_at, done_at, actor, facts, body"
"""What a reader selects to get ``recorded``."""


def row(event: Recorded) -> dict[str, Any]:
    """The event as JSON for the append; position and ``recorded_at`` are the database's."""
    whole = event.model_dump(mode="json")
    body = whole["body"]
    return {
        "event_id": whole["id"],
        "version": event.version,
        "type": body.pop("type"),
        "schema": event.body.schema_version,
        "at": whole["at"],
        "done_at": whole["done_at"],
        "actor": whole["actor"],
        "facts": whole["facts"],
        "body": body,
    }


def recorded(stored: asyncpg.Record | Mapping[str, Any]) -> Recorded:
    """The event of a whole row of ``event``. Raises UnknownEvent if this code cannot read it."""
    return Recorded(
        id=stored["event_id"],
        case=stored["case_id"],
        version=stored["version"],
        at=stored["at"],
        recorded_at=stored["recorded_at"],
        done_at=stored["done_at"],
        command=stored["command_id"],
        actor=stored["actor"],
        facts=stored["facts"],
        body=read_event(stored["type"], stored["schema"], stored["body"]),
    )
