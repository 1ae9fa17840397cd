"""What an event may carry: no free text, and nothing that JSON does not give back (design.md §3.14)."""

import re
from collections.abc import Iterator
from typing import Any

from domain import events as e
from tests import small

_CODE = re.compile(r"^[0-9A-Za-z._:/-]*$")
_STAMP = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")


def carries_no_free_text(event: e.Recorded) -> None:
    """§3.14: every string in a body is a code, an id, an instant, or a text of the pack."""
    texts = {text for name in _pack_names() for text in (name.zh, name.en)}
    for text in _strings(event.body.model_dump(mode="json")):
        assert _CODE.match(text) or _STAMP.match(text) or text in texts, (
            f"free text in {event.body.type}: {text}"
        )


def reads_back(event: e.Recorded) -> None:
    """The envelope and the body come back from JSON as they were written."""
    assert e.Recorded.model_validate_json(event.model_dump_json()) == event
    body = event.body
    data = body.model_dump(mode="json", exclude={"type"})
    assert e.read_event(body.type, body.schema_version, data) == body


def _pack_names() -> Iterator[Any]:
    yield from (matter.promise for matter in small.PACK.matters)
    yield from small.PACK.policy.appeal.values()
    yield from small.PACK.policy.ways.values()
    yield small.PACK.policy.exhausted


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
