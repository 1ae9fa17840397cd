"""No mark that was planted for a resident is found anywhere but, encrypted, in the compartment (design.md §3.14)."""

import asyncio
import csv
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
import pytest
from fastapi.routing import APIRoute

from console.cli.main import zeren
from console.fields import spec
from console.web.app import create_app
from domain import commands as c
from domain.numbers import case_id
from domain.words import Step
from ledger.audits import Question
from ledger.compartment import Reading, put, reveal
from ledger.reads import case_by_number
from tests import small
from tests.console.calling import Called, call
from tests.privacy import places
from tests.privacy.house import House
from tests.privacy.marks import Hit, Marks, told
from tests.privacy.mistakes import Mistakes, not_http
from tests.privacy.walk import COMMANDS, Walk
from workflows.door import OutcomeKind

AS_CLERK = ("--as", "clerk-1", "--json")
DRIVEN = {
    *(
        "case open",
        "case act",
        "case show",
        "case holders",
        "case history",
        "case clocks",
        "case route",
        "case link",
    ),
    *("ledger key", "ledger checkpoint", "ledger verify", "ledger export"),
    *("queue", "import cases", "doctor", "rebuild", "rehydrate", "pack check", "pack load"),
    *("notices list", "notices outlets", "notices retry", "notices digest"),
}
"""Commands of the command line that are run here."""

ELSEWHERE = {"audit", "whatif", "worker", "console", "migrate", "up", "pack calendar"}
"""Those that take no words of anybody. The first two run here all the while, and their logs are read."""


@pytest.mark.timeout(400)
async def test_what_a_resident_says_is_nowhere_but_in_the_compartment(
    everything: House, marks: Marks, tmp_path: Path
) -> None:
    walk = Walk(everything.web, marks)
    numbers = await walk.everything()
    await carried_out_in_full(everything)
    await _the_marks_went_in(everything, marks, numbers[0])
    await _a_resident_comes(everything, walk, marks)
    mistakes = Mistakes(everything.web, marks, walk, (await walk.open())["number"])
    await mistakes.all()
    assert {403, 404, 405, 409, 413, 422} <= mistakes.made.keys(), mistakes.made
    await not_http(everything.port, marks.text("not HTTP"))
    await _by_form(everything, walk, marks)
    await _by_the_command_line(everything, walk, marks, tmp_path, numbers[0])
    await _in_an_outage(everything, walk, marks, numbers[0])
    await _read_everything(walk, numbers)
    _every_route_was_visited(everything)
    ended = await everything.stop()
    assert ended == {"worker": 0, "console": 0}
    hits = await _look_everywhere(everything, marks, tmp_path)
    hits += [hit for name, data in walk.clean for hit in marks.search(f"answer to {name}", data)]
    assert not hits, told(hits)
    await everything.end_runs()


# ------------------------------------------------------------------ what is driven


async def carried_out_in_full(everything: House) -> None:
    """Every free text of every command has been in a command that was carried out."""
    rows = await everything.pool.fetch(
        "SELECT c.type, k.fields FROM command c JOIN compartment k ON k.id = c.personal WHERE c.outcome = 'done'"
    )
    done: dict[str, set[str]] = {}
    for row in rows:
        done.setdefault(row["type"], set()).update(row["fields"])
    wanted = {command: set(spec(command).texts) for command in COMMANDS}
    missing = {
        command: sorted(texts - done.get(command, set()))
        for command, texts in wanted.items()
        if texts - done.get(command, set())
    }
    assert not missing, f"drive these in tests/privacy/walk.py: {missing}"


async def _the_marks_went_in(everything: House, marks: Marks, number: str) -> None:
    """What was planted can be read by whoever is entitled to: the search below does not look for nothing."""
    case = await case_by_number(everything.pool, number)
    assert case is not None
    ref = await everything.pool.fetchval(
        "SELECT personal FROM command WHERE case_id = $1 AND type = 'register'", case.id
    )
    fields = tuple(spec("register").texts)
    reading = Reading(reader=small.KEEPER, case=case.id, personal=ref, fields=fields, reason="test")
    opened = await reveal(everything.pool, everything.keyring, reading)
    assert opened.keys() == set(fields)
    assert all(marks.search(name, text.encode()) for name, text in opened.items())


async def _a_resident_comes(everything: House, walk: Walk, marks: Marks) -> None:
    """Without a name: the receipt is used, changed and mistyped, and is looked for as the marks are."""
    web = everything.web
    told = await walk.open(anonymous=True)
    mine = {"number": told["number"], "receipt": told["receipt"]}
    assert (await web.post("/api/v1/resident/case", json=mine)).status_code == 200
    fresh = (await web.post("/api/v1/resident/receipt", json=mine)).json()["receipt"]
    marks.secret(fresh, "receipt changed")
    assert (await web.post("/api/v1/resident/case", json=mine)).status_code == 403
    walk.keep("resident/case", await web.post("/api/v1/resident/case", json={**mine, "receipt": fresh}))
    tried = [(await web.post("/api/v1/resident/receipt", json=mine)).status_code for _ in range(12)]
    assert tried[-1] == 429


async def _by_form(everything: House, walk: Walk, marks: Marks) -> None:
    """Cases taken in and acted on over the pages; the answers are addresses that must say nothing."""
    web = everything.web
    web.cookies.set("zeren_user", "clerk-1")
    taken = await web.post("/cases", data=walk.texts("register"))
    walk.keep("POST /cases (page)", taken)
    here = taken.headers["location"]
    assert taken.status_code == 303
    acted = await web.post(f"{here}/triage", data={"matter": small.HOUSING_MATTER, **walk.texts("triage")})
    walk.keep("POST triage (page)", acted)
    assert acted.status_code == 303
    page = await web.post(
        "/cases", data={**walk.texts("register", without=("name", "phone", "address")), "anonymous": "true"}
    )
    assert page.status_code == 201
    marks.secret(page.text.partition('class="receipt">')[2].partition("<")[0], "receipt on a page")
    walk.keep("GET page", await web.get(here))
    walk.keep("GET /", await web.get("/"))
    web.cookies.clear()


async def _by_the_command_line(
    everything: House, walk: Walk, marks: Marks, tmp_path: Path, number: str
) -> None:
    """What an office types at a terminal: what goes to the terminal may say it, what stays here may not."""
    texts = [word for name, text in walk.texts("register").items() for word in (f"--{name}", text)]
    assert (await _called(everything, "case", "open", *texts, *AS_CLERK)).code == 0
    anonymous = await _called(
        everything, "case", "open", "--text", marks.text("cli"), "--anonymous", *AS_CLERK
    )
    marks.secret(anonymous.json["receipt"], "receipt at a terminal")
    note = ("--step", "note", "--note", marks.text("cli note"))
    assert (await _called(everything, "case", "act", number, "record_step", *note, *AS_CLERK)).code == 0
    shapes = itertools.cycle((marks.phone("cli"), marks.word("cli"), marks.text("cli")))
    for make in _MISTYPED:
        words = make(next(shapes), number)
        assert (await _called(everything, *words)).code in {1, 2}, words
    await _import(everything, marks, tmp_path)
    for words in (
        *(("case", what, number) for what in ("show", "holders", "history", "clocks")),
        *(("queue",), ("rebuild",), ("rehydrate",), ("notices", "list"), ("notices", "retry")),
        ("notices", "digest", "--as", "district-supervisor"),
        ("case", "act", number, "--list"),
        ("case", "route", "--matter", small.HOUSING_MATTER, "--place", small.COMMUNITY),
    ):
        called = await _called(everything, *words)
        assert called.code == 0, called
        walk.clean.append((" ".join(words), (called.out + called.err).encode()))
    await _evidence(everything, walk, tmp_path)
    walk.clean.append(("doctor", str(await _called(everything, "doctor")).encode()))
    folder = tmp_path / marks.name("pack folder")
    folder.mkdir()
    for verb in ("check", "load"):
        assert (await _called(everything, "pack", verb, str(folder))).code == 1
    _every_command_is_thought_of()


async def _evidence(everything: House, walk: Walk, tmp_path: Path) -> None:
    """The ledger is sealed, verified and exported; who gets the export learns nobody's name."""
    out = tmp_path / "ledger.jsonl"
    for words in (
        *(("ledger", "key", "--new"), ("ledger", "checkpoint"), ("ledger", "verify")),
        *(("ledger", "export", "--out", str(out)), ("ledger", "verify", str(out))),
    ):
        called = await _called(everything, *words)
        assert called.code == 0, called
        walk.clean.append((" ".join(words), (called.out + called.err).encode()))
    for file in (out, *(everything.logs.parent / "evidence").iterdir()):
        assert file.stat().st_size > 50
        walk.clean.append((file.name, file.read_bytes()))


_MISTYPED: tuple[Callable[[str, str], tuple[str, ...]], ...] = (
    lambda typed, _: ("case", "open", "--text", typed, "--matter", typed, *AS_CLERK),
    lambda typed, _: ("case", "open", "--text", typed, "--as", typed),
    lambda typed, number: ("case", "act", number, "propose", "--to", typed, "--note", typed, *AS_CLERK),
    lambda typed, number: ("case", "act", number, typed, *AS_CLERK),
    lambda typed, _: ("case", "act", typed, "sign", *AS_CLERK),
    lambda typed, _: ("case", "show", typed),
    lambda typed, _: ("case", "route", "--matter", typed, "--place", typed),
    lambda typed, number: ("case", "link", number, "--contract", typed, *AS_CLERK),
    lambda typed, _: ("queue", "--body", typed),
    lambda typed, _: ("queue", "--after", typed),
    lambda typed, _: ("notices", "outlets", f"{typed}.toml"),
    lambda typed, _: ("notices", "list", "--state", typed),
    lambda typed, _: ("import", "cases", f"{typed}.csv", *AS_CLERK),
)
"""What somebody mistypes: given the words and a case's number, the call."""


async def _called(everything: House, *words: str) -> Called:
    return await call(everything, *words)  # pyright: ignore[reportArgumentType] - it wants the environment alone


async def _import(everything: House, marks: Marks, tmp_path: Path) -> None:
    """Good and bad rows: the file beside the source may hold them, what the command says may not."""
    office = tmp_path / "office" / marks.name("folder")
    office.mkdir(parents=True)
    head = ["编号", "标题", "内容", "收到时间", "事项", "地点", "姓名", "电话", "地址", "备注", "领导批示"]
    planted = [marks.field("phone" if name == "电话" else "text", f"import.{name}") for name in head]
    rows = [
        head,
        [*planted[:3], "2026-03-01", small.HOUSING_MATTER, small.COMMUNITY, *planted[6:]],
        [*planted[:3], planted[3], "", "", *planted[6:]],
        [*planted[:3], "2026-03-01", planted[7], planted[7], *planted[6:]],
        planted[:4],
        [*planted[:2], planted[2] * 400, *planted[3:]],
    ]
    file = office / f"{marks.name('file')}.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows(rows)
    done = await _called(everything, "import", "cases", str(file), "--as", "clerk-1", "--json")
    assert (done.code, done.json["opened"], done.json["refused"]) == (0, 2, 3), done
    refused = Path(done.json["refused_file"])
    assert marks.search("refused", refused.read_bytes())
    assert refused.stat().st_mode & 0o077 == 0
    said = {**done.json, "refused_file": None, "not_taken": None}
    assert not marks.search("import", f"{said} {done.err}".encode())
    again = await _called(everything, "import", "cases", str(file), "--as", "clerk-1", "--json")
    assert (again.json["opened"], again.json["already"]) == (0, 2)


async def _in_an_outage(everything: House, walk: Walk, marks: Marks, number: str) -> None:
    """The database goes away under the console and the worker: both say so in their logs, and nothing else."""
    case = await case_by_number(everything.pool, number)
    assert case is not None
    id_ = str(uuid4())
    ref = await put(everything.pool, everything.keyring, case.id, id_, {"note": marks.text("outage")})
    step = c.RecordStep(id=id_, actor=small.HOUSING_WORKER, step=Step.NOTE, personal=ref)
    async with everything.without_its_database():
        sent = asyncio.create_task(_sent(everything, case.id, step))
        acts = {"X-Zeren-User": "clerk-1"}
        signed, taken = {"type": "sign", "note": marks.text("outage")}, {"text": marks.text("outage")}
        typed = marks.word("outage")
        answers = [
            await everything.web.post(f"/api/v1/cases/{number}/commands", json=signed, headers=acts),
            await everything.web.post("/api/v1/cases", json=taken, headers=acts),
            await everything.web.post("/cases", data=taken, headers={"Cookie": "zeren_user=clerk-1"}),
            await everything.web.get(f"/api/v1/places?q={typed}"),
            await everything.web.get(f"/api/v1/queue?body={typed}"),
            await everything.web.get(f"/?body={typed}"),
            await everything.web.get("/readyz"),
        ]
        assert [answer.status_code for answer in answers] == [503] * len(answers)
        while "falling back to the durable call" not in everything.log("worker"):
            assert not sent.done()
            await asyncio.sleep(0.1)
    assert await sent is OutcomeKind.DONE
    assert '"level": "error"' in everything.log("console")


async def _sent(everything: House, case: Any, step: c.AnyCommand) -> OutcomeKind:
    return (await everything.door.send(case, step, patience=90)).kind


async def _read_everything(walk: Walk, numbers: list[str]) -> None:
    """Every reading that nobody has to be entitled to."""
    for number in numbers:
        for path in ("", "/holders", "/events", "/clocks", "/allowed"):
            await walk.read(f"/api/v1/cases/{number}{path}")
        await walk.read(f"/cases/{number}")
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        page = (await walk.read(f"/api/v1/queue?limit=2&after={page['next']}")).json()
    for path in ("/", "/api/openapi.json", "/api/v1/bodies", "/api/v1/matters", "/api/v1/places", "/healthz"):
        await walk.read(path)
    await walk.read("/static/console.css")
    await walk.read("/api/v1/notices")
    await walk.read("/api/v1/digest", user="district-supervisor")
    await walk.read(f"/api/v1/route?matter={small.HOUSING_MATTER}&place={small.COMMUNITY}")
    for question in Question:
        await walk.read(f"/api/v1/audit/{question}")


# ------------------------------------------------------------------ nothing is forgotten


def _every_route_was_visited(everything: House) -> None:
    """The console's log names the route of every request: a new one has to be visited above."""
    lines = [json.loads(line) for line in everything.log("console").splitlines()]
    visited = {(line["method"], line["route"]) for line in lines if line["event"] == "request"}
    nothing: Any = object()
    app = create_app(nothing, nothing, nothing, nothing)
    routes = set(_routes(app.router))
    assert routes >= {("GET", "/readyz"), ("POST", "/api/v1/cases"), ("POST", "/cases/{number}/{command}")}
    missed = sorted(routes - visited)
    assert not missed, f"visit these in this test: {missed}"


def _routes(router: Any) -> Iterator[tuple[str, str]]:
    """Every method and path of a router, and of the routers that were included in it."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield from ((method, route.path) for method in route.methods or ())
        elif (included := getattr(route, "original_router", None)) is not None:
            yield from _routes(included)


def _every_command_is_thought_of() -> None:
    """A new command of the command line is driven above, or stands in ELSEWHERE with a reason."""
    unknown = set(_commands(zeren)) - DRIVEN - ELSEWHERE
    assert not unknown, f"drive these in this test: {sorted(unknown)}"


def _commands(group: click.Group, path: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        whole = f"{path} {name}".strip()
        if isinstance(found, click.Group):
            yield from _commands(found, whole)
        else:
            yield whole


# ------------------------------------------------------------------ where it is looked for


async def _look_everywhere(everything: House, marks: Marks, tmp_path: Path) -> list[Hit]:
    hits: list[Hit] = []
    looked: dict[str, int] = {}

    def look(place: places.Place) -> None:
        looked[place.name] = len(place.data)
        hits.extend(marks.search(place.name, place.data))

    async for place in places.database(everything.pool):
        look(place)
    async for place in places.temporal(everything.client):
        look(place)
    for folder in (
        *(everything.temporal.data, everything.logs),
        *(everything.postgres.log.parent, everything.postgres.cluster),
    ):
        for place in places.folder(folder):
            look(place)
    await _enough_was_looked_at(everything, looked)
    return hits


async def _enough_was_looked_at(everything: House, looked: dict[str, int]) -> None:
    """That nothing was found says something only if there was something to look at."""
    for table in ("event", "command", "case_now", "inbox", "compartment", "receipt", "reading", "case_key"):
        assert looked[f"table {table}"] > 100, table
    tried = await everything.pool.fetch("SELECT DISTINCT case_id FROM command")
    workflows = {name for name in looked if name.startswith("workflow case-")}
    assert {f"workflow case-{row['case_id']}" for row in tried} == workflows
    assert case_id("x") not in tried
    assert looked["file temporal/temporal/temporal.sqlite"] > 100_000
    assert looked["file logs/worker.log"] > 500
    assert looked["file logs/console.log"] > 50_000
    assert looked["file logs/postgres.log"] > 0
    for part in ("pg_wal/0", "base/"):
        assert any(name.startswith(f"file cluster/{part}") for name in looked)
