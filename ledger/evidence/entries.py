"""What a leaf holds: one row as it was recorded, in RFC 8785 canonical JSON.

    event, command, reading, key ─▶ {"kind": …, each column that is not null} ─▶ canonical JSON ─▶ leaf hash

Columns that are null are left out, so that a table may get new ones and its old rows keep their hashes. An event also
holds ``previous``, the leaf hash of the event before it in its case (the case's chain), and, like its command,
``sealed``: the SHA-256 of the ciphertext in the compartment that came with the command. Names and telephones are in
none of it (design.md §3.14); destroying a key changes no leaf.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, cast
from uuid import UUID

import rfc8785

Kind = Literal["event", "command", "reading", "key"]

Entry = dict[str, Any]
"""A row as JSON has it."""

_SEALED = """
(SELECT k.digest FROM command c JOIN compartment k ON k.id = c.personal
 WHERE c.case_id = r.case_id AND c.command_id = r.command_id) AS sealed
"""

COLUMNS: dict[Kind, str] = {
    "event": "r.position, r.case_id, r.version, r.event_id, r.command_id, r.type, r.schema, r.at, r.recorded_at,"
    " r.done_at, r.actor, r.facts, r.body," + _SEALED,
    "command": "r.case_id, r.command_id, r.type, r.fingerprint, r.at, r.recorded_at, r.actor, r.facts, r.outcome,"
    " r.first_version, r.last_version, r.personal, r.answer,"
    " (SELECT k.digest FROM compartment k WHERE k.id = r.personal) AS sealed",
    "reading": "r.*",
    "key": "r.*",
}
"""What is selected of the row ``r`` of each kind: just what goes into its leaf."""

TABLES: dict[Kind, str] = {"event": "event", "command": "command", "reading": "reading", "key": "signing_key"}

ORDINALS: dict[Kind, str] = {"event": "position", "reading": "position", "key": "ordinal"}
"""The column by which the row of a leaf is found; a command is found by case and id."""


def entry(kind: Kind, row: Mapping[str, Any], previous: bytes | None = None) -> Entry:
    """The row as it goes into its leaf. ``previous`` is the leaf hash of the event before it in its case."""
    found: Entry = {name: _json(value) for name, value in row.items() if value is not None}
    found["kind"] = kind
    if previous is not None:
        found["previous"] = previous.hex()
    return found


def leaf(kind: Kind, row: Mapping[str, Any], previous: bytes | None = None) -> bytes:
    """The content of the row's leaf. Raises rfc8785.CanonicalizationError if JSON cannot hold it."""
    return rfc8785.dumps(entry(kind, row, previous))


def canonical(told: Entry) -> bytes:
    """What ``rfc8785.dumps`` makes of an entry, by the quickest way that gives the same.

    The standard library's writer escapes as RFC 8785 wants, and sorts by code point, which is the RFC's order for keys
    below the surrogates; it writes numbers that are no integers in another way. Whatever is not surely the same goes
    the library's own way.
    """
    text = _write(told)
    plain = _ODD.search(text) is None if text.isascii() else _plain(told)
    return text.encode() if plain else rfc8785.dumps(told)


_write = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False, allow_nan=False
).encode

_ODD = re.compile(
    r"(?:^|[:\[,])-?(?:[0-9]+\.[0-9]+(?:e[+-]?[0-9]+)?|[0-9]+e[+-]?[0-9]+|[0-9]{16,})(?=$|[,\]}])"
)
"""A fraction, or an integer that may have more than 53 bits; or text that looks so, which does no harm."""


def _plain(value: object) -> bool:
    """Whether it has integers of at most 53 bits, no fractions, and no key beyond ASCII."""
    match value:
        case dict():
            inside = cast("dict[str, object]", value)
            return all(key.isascii() and _plain(inner) for key, inner in inside.items())
        case list():
            return all(map(_plain, cast("list[object]", value)))
        case float():
            return False
        case bool():
            return True
        case int():
            return -(2**53) < value < 2**53
        case _:
            return True


def _json(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case UUID():
            return str(value)
        case bytes():
            return value.hex()
        case _:
            return value
