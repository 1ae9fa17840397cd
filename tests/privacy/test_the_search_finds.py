"""The search can fail: what is planted on purpose is found, in every form and every place where it is looked for."""

import asyncio
import base64
import hashlib
import json
import random
import sys
from typing import Any
from uuid import uuid4

import pytest

from domain.numbers import draw_receipt
from tests.console.calling import ROOT
from tests.privacy import places
from tests.privacy.house import House
from tests.privacy.marks import Marks, forms
from tests.privacy.test_nothing_leaks import carried_out_in_full

LEAKY = """
import structlog, sys
from console.logs import configure_logs
configure_logs()
structlog.get_logger("leaky").info("request", path=sys.argv[1])
"""


@pytest.mark.parametrize("kind", ["text", "name", "phone", "address", "word", "secret"])
def test_a_mark_is_found_in_every_form(marks: Marks, kind: str) -> None:
    if kind == "secret":
        planted = marks.secret(draw_receipt(random.Random().randrange), "here")
    else:
        planted = str(getattr(marks, kind)("here"))
    for form, written in forms(planted):
        hits = marks.search("somewhere", b"before: " + written + b"; after")
        assert hits, form
        assert hits[0].where == "somewhere"
    for shift in range(3):
        inside = base64.b64encode(b"a" * shift + planted.encode() + "之后".encode())
        assert marks.search("base64", inside), shift
    assert marks.search("JSON", json.dumps({"a": [planted]}).encode())
    assert marks.search("planted", planted.encode())[0].planted == "here"


def test_a_mark_is_found_by_its_unkeyed_hash_and_in_another_case(marks: Marks) -> None:
    phone, word = marks.phone("here"), marks.word("there")
    for name in ("md5", "sha1", "sha256"):
        assert marks.search("x", f"import:{hashlib.new(name, phone.encode()).hexdigest()[:32]}".encode())
    assert marks.search("x", word.upper().encode())
    assert marks.search("x", word.lower().encode())


def test_what_is_no_mark_is_not_found(marks: Marks) -> None:
    phone = marks.phone("here")
    other = random.Random(1)
    noise = " ".join(str(uuid4()) for _ in range(1000)) + "".join(other.choices("0123456789", k=10_000))
    for text in (noise, f"{phone}1", f"9{phone}", f"{phone[:-4]}9999", "欧阳修，电话 13800000000", ""):
        assert marks.search("x", text.encode()) == [], text


async def test_what_is_planted_is_found_in_the_database_in_temporal_and_in_the_logs(
    everything: House, marks: Marks
) -> None:
    with pytest.raises(AssertionError, match=r"walk\.py.*'oversee': \['note'\]"):
        await carried_out_in_full(everything)
    pool, client = everything.pool, everything.client
    await pool.execute(
        "INSERT INTO event (position, case_id, version, event_id, command_id, type, schema, at, recorded_at, actor,"
        " facts, body) VALUES (1, $1, 1, $1, 'x', 'registered', 1, now(), now(), '{}', '{}', $2)",
        uuid4(),
        {"note": marks.text("event")},
    )
    await pool.execute("CREATE TABLE planted (sealed bytea, words text[])")
    await pool.execute("INSERT INTO planted VALUES ($1, '{}')", marks.text("bytes").encode())
    await pool.execute("INSERT INTO planted VALUES ('', $1)", [marks.phone("array")])
    started: list[tuple[str, dict[str, Any]]] = [
        (f"case-{marks.phone('id')}", {}),
        ("case-memo", {"memo": {"note": marks.text("memo")}}),
        ("case-input", {"arg": {"note": [marks.text("input")]}}),
        ("case-summary", {"static_summary": marks.text("summary")}),
    ]
    for id_, more in started:
        arguments: dict[str, Any] = {"arg": 0, **more}
        await client.start_workflow("Nobody", id=id_, task_queue="nobody", **arguments)
    await client.get_workflow_handle("case-summary").terminate(marks.text("reason"))
    with (everything.logs / "leaky.log").open("wb") as log:
        leaky = (sys.executable, "-c", LEAKY, f"/cases?q={marks.name('log')}")
        process = await asyncio.create_subprocess_exec(*leaky, cwd=ROOT, stdout=log, stderr=log)
        assert await process.wait() == 0
    found: dict[str, set[str]] = {}
    async for place in places.database(pool):
        found[place.name] = {hit.planted for hit in marks.search(place.name, place.data)}
    async for place in places.temporal(client):
        found[place.name] = {hit.planted for hit in marks.search(place.name, place.data)}
    for folder in (everything.temporal.data, everything.logs):
        for place in places.folder(folder):
            found[place.name] = {hit.planted for hit in marks.search(place.name, place.data)}
    hit = {name for name, planted in found.items() if planted}
    number = next(name for name in found if name.startswith("workflow case-13"))
    assert hit >= {
        *("table event", "table planted", number, "workflow case-memo", "workflow case-input"),
        *("workflow case-summary", "file logs/leaky.log"),
    }
    assert any(name.startswith("file temporal/temporal/temporal.sqlite") for name in hit)
    assert found["file logs/leaky.log"] == {"log"}
    assert not found["table command"]
    assert not found["file logs/console.log"]
    await everything.end_runs()
