"""No read tells a barred person of a case: every route and every command answers, byte for byte, as if there were none.

    world before ─▶ every read, for everybody ─┐
    a case comes that is hidden from some      ├─ equal for whom it is hidden from, different for the others
    world after  ─▶ every read, for everybody ─┘

Routes and commands are read off the application, so that a new one without a place in these tables fails the test.
"""

import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import click
import httpx
import pytest
from starlette.routing import Route

from console.cli.main import zeren
from console.desk import Desk
from console.errors import NotRunning
from console.links import Links
from console.settings import Settings
from console.web import pages
from console.web.app import create_app
from domain import commands as c
from domain.actors import person
from domain.commands import AnyCommand
from domain.numbers import draw_number
from domain.words import Role
from ledger.audits import Question
from ledger.packs import store_pack
from ledger.pool import open_pool
from tests import small
from tests.console.calling import call
from tests.domain import world
from tests.ledger.cases import KEYRING, Story
from tests.notices.offices import EVERYWHERE, configured, hook
from workflows.door import Outcome

OPEN, ENDED, HIDDEN = (draw_number(random.Random(name).randrange) for name in ("open", "ended", "hidden"))
AT = small.START + timedelta(hours=9)
BEGAN = small.START.isoformat()

AUDITOR = person("auditor-1", Role.AUDITOR, small.OFFICE)
CITY_AUDITOR = person("city-auditor", Role.AUDITOR, small.CITY_GOVERNMENT)
MOVED_NOW = person("moved-1", Role.CLERK, small.DISPATCH)
MOVED_THEN = person("moved-1", Role.CASEWORKER, small.OFFICE)
PACK = world.with_posts(
    [
        world.post(AUDITOR),
        world.post(CITY_AUDITOR),
        world.post(MOVED_NOW),
        world.post(MOVED_THEN, until=small.START + timedelta(hours=6)),
    ],
    world.PACK,
)

BARRED: dict[str, str | None] = {
    "works for the accused body": "office-1",
    "heads it": "office-head",
    "works for a body below it, by guidance": "committee-1",
    "wears one of many hats there": "many-1",
    "wears two hats below it": "many-hats",
    "worked there while the case ran": "moved-1",
    "stepped out": "housing-1",
    "has a declared interest": "civil-1",
    "audits the accused subtree": "auditor-1",
    "supervises it": "office-supervisor",
    "took the case in": "clerk-2",
    "says no name": None,
    "is not known to the pack": "somebody-else",
}
SEES: dict[str, str] = {
    "acts for the lead": "housing-head",
    "dispatches": "clerk-1",
    "supervises above the accused": "district-supervisor",
    "audits above the accused": "city-auditor",
}


# ---------------------------------------------------------------- every route
Asked = tuple[str, str, dict[str, Any]]
"""Method, address, and what else goes with a request."""


def _cases(path: str, **more: Any) -> list[Asked]:
    return [("GET", path.format(number=number), more) for number in (OPEN, ENDED, HIDDEN)]


def _queues(path: str) -> list[Asked]:
    asked = [{}, {"state": "working"}, {"state": "triage"}, {"state": "ended"}, {"overdue": "true"}]
    asked += [{"body": body} for body in (small.DISPATCH, small.HOUSING, small.OFFICE)]
    return [("GET", path, {"params": params}) for params in asked]


_COMMANDS = [
    {"type": "start"},
    {"type": "record_step", "step": "note", "note": "看过"},
    {"type": "recuse", "ground": "亲属"},
    {"type": "no-such-command"},
]
ROUTES: dict[tuple[str, str], list[Asked]] = {
    ("GET", "/api/v1/cases/{number}"): _cases("/api/v1/cases/{number}")
    + _cases("/api/v1/cases/{number}", params={"at": AT.isoformat()})
    + _cases("/api/v1/cases/{number}", params={"known": AT.isoformat()}),
    ("GET", "/api/v1/cases/{number}/holders"): _cases(
        "/api/v1/cases/{number}/holders", params={"at": AT.isoformat()}
    )
    + [("GET", f"/api/v1/cases/{number}/holders", {}) for number in (ENDED, HIDDEN)],
    ("GET", "/api/v1/cases/{number}/events"): _cases("/api/v1/cases/{number}/events"),
    ("GET", "/api/v1/cases/{number}/clocks"): _cases(
        "/api/v1/cases/{number}/clocks", params={"at": AT.isoformat()}
    ),
    ("GET", "/api/v1/cases/{number}/allowed"): _cases("/api/v1/cases/{number}/allowed"),
    ("GET", "/api/v1/queue"): [
        *_queues("/api/v1/queue"),
        ("GET", "/api/v1/queue", {"params": {"limit": "1"}}),
    ],
    ("GET", "/api/v1/audit/{question}"): [
        ("GET", f"/api/v1/audit/{question}", {"params": {"from": BEGAN, "to": AT.isoformat(), **body}})
        for question in Question
        for body in ({}, {"body": small.HOUSING})
    ],
    ("GET", "/api/v1/notices"): [
        ("GET", "/api/v1/notices", {"params": params})
        for params in ({}, {"to": small.HOUSING}, {"state": "pending"}, {"limit": "1"})
    ],
    ("GET", "/api/v1/digest"): [("GET", "/api/v1/digest", {})],
    ("GET", "/api/v1/bodies"): [("GET", "/api/v1/bodies", {"params": {"q": "街道"}})],
    ("GET", "/api/v1/matters"): [("GET", "/api/v1/matters", {"params": {"q": "漏水"}})],
    ("GET", "/api/v1/places"): [("GET", "/api/v1/places", {"params": {"q": "梧桐"}})],
    ("POST", "/api/v1/cases/{number}/commands"): [
        ("POST", f"/api/v1/cases/{HIDDEN}/commands", {"json": body}) for body in _COMMANDS
    ],
    ("POST", "/api/v1/cases/{number}/links"): [
        ("POST", f"/api/v1/cases/{HIDDEN}/links", {"json": {"contract": small.LIFT_CONTRACT}})
    ],
    ("POST", "/cases/{number}/links"): [
        ("POST", f"/cases/{HIDDEN}/links", {"data": {"contract": small.LIFT_CONTRACT}})
    ],
    ("GET", "/"): _queues("/")[:3],
    ("GET", "/cases/{number}"): [("GET", f"/cases/{number}", {}) for number in (ENDED, HIDDEN)],
    ("POST", "/cases/{number}/{command}"): [
        ("POST", f"/cases/{HIDDEN}/{command}", {"data": {"_command_id": "one", "_version": "3"}})
        for command in ("start", "sign", "withdraw", "no-such-command")
    ],
}
NOT_READ: dict[tuple[str, str], str] = {
    ("POST", "/api/v1/cases"): "opens a case and reads none; its receipt is told in test_firewall.py",
    ("POST", "/cases"): "the same as a form",
    ("GET", "/api/v1/route"): "asks the catalogue, and no case; its answer holds the instant of asking",
    ("POST", "/acting"): "sets a cookie",
    ("GET", "/p/{token}"): "by the secret of a link; a barred provider has none: test_firewall.py",
    ("POST", "/p/{token}"): "the same",
    (
        "POST",
        "/api/v1/resident/case",
    ): "by the resident's receipt; a wrong one is answered alike: test_resident.py",
    ("POST", "/api/v1/resident/receipt"): "the same",
    ("GET", "/healthz"): "says that the process answers",
    ("GET", "/readyz"): "says what answers it; no case",
    ("GET", "/api/openapi.json"): "says what can be asked",
    ("*", "/static"): "style sheets",
}
READS: dict[str, list[tuple[str, ...]]] = {
    "case show": [("case", "show", HIDDEN)],
    "case holders": [("case", "holders", HIDDEN, "--json")],
    "case history": [("case", "history", HIDDEN)],
    "case clocks": [("case", "clocks", HIDDEN, "--json")],
    "case act": [("case", "act", HIDDEN, "--list")],
    "audit": [
        ("audit", question.value, "--from", BEGAN, "--to", AT.isoformat(), "--json") for question in Question
    ],
    "queue": [("queue", "--body", small.HOUSING, "--json")],
    "notices list": [("notices", "list", "--json")],
    "notices digest": [("notices", "digest", "--json")],
}
NO_READS: dict[str, str] = {
    "case link": "the case is read as for the route POST /api/v1/cases/{number}/links",
    "case route": "asks the catalogue, and no case",
    "case open": "opens a case; its receipt is told in test_firewall.py",
    "import cases": "opens cases; test_firewall.py",
    "notices outlets": "the operator's: addresses, and no case",
    "notices retry": "the operator's: counts of dead letters, and no case",
    "up": "starts the servers",
    "worker": "runs",
    "console": "runs",
    "ledger verify": "the operator's: the whole ledger against its checkpoints; it names a stream and says nothing of the case",
    "ledger checkpoint": "sizes, roots and checkpoints, which are excepted (design.md §3.6)",
    "ledger export": "the operator's: the whole ledger for an inspection office, by whoever has the database's password",
    "ledger key": "public keys",
    "migrate": "prepares the database",
    "rebuild": "the operator's: counts of the whole ledger, which are excepted (design.md §3.6), and no case",
    "rehydrate": "the operator's: counts of the whole ledger, and no case",
    "whatif": "reads whole cases for one viewer: tests/ledger/test_lives.py",
    "doctor": "the operator's: what runs; an alarm names a stream and says nothing of the case",
    "pack check": "reads a folder",
    "pack calendar": "writes the free days of a year from a library",
    "pack load": "loads a folder",
}


class _Away:
    """A door that must not be reached: what a barred person sends stops before it."""

    async def send(self, case: UUID, command: AnyCommand, *, patience: float = 20.0) -> Outcome:  # noqa: ARG002
        raise NotRunning("没有门", "there is no door here")


@dataclass
class World:
    """A ledger, and the application over it."""

    pool: asyncpg.Pool
    database: str
    settings: Settings
    env: dict[str, str]
    answers: dict[str | None, dict[str, bytes]] = field(default_factory=dict)

    def app(self) -> Any:
        desk = Desk(self.pool, KEYRING, _Away())
        return create_app(desk, self.settings, links=Links(self.pool, KEYRING, desk))

    async def read_all(self, user: str | None) -> dict[str, bytes]:
        """Every answer that a person gets, with its status and headers."""
        headers = {"X-Zeren-User": user} if user else {}
        cookies = {"zeren_user": user} if user else {}
        transport = httpx.ASGITransport(
            app=self.app(), client=("127.0.0.1", 50000), raise_app_exceptions=False
        )
        answers: dict[str, bytes] = {}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8400", cookies=cookies
        ) as web:
            for asked in (request for requests in ROUTES.values() for request in requests):
                method, address, more = asked
                accept = {} if address.startswith("/api") else {"Accept": "text/html"}
                answer = await web.request(method, address, headers={**headers, **accept}, **more)
                assert answer.status_code < 500 or method == "POST", (asked, answer.text)
                told = f"{answer.status_code} {sorted(answer.headers.items())}\n".encode() + answer.content
                answers[repr(asked)] = told
        return answers


async def _ordinary(pool: asyncpg.Pool) -> None:
    plain = Story(pool, "plain")
    await plain.say(c.Register, small.CLERK, number=OPEN, matter=small.HOUSING_MATTER, place=small.COMMUNITY)
    await plain.work()
    over = Story(pool, "over")
    await over.say(c.Register, small.CLERK, number=ENDED)
    await over.later(1).say(c.Withdraw, small.RESIDENT, channel="link")


async def _hidden(pool: asyncpg.Pool) -> None:
    story = Story(pool, "hidden")
    fields: dict[str, Any] = {"number": HIDDEN, "matter": small.HOUSING_MATTER, "place": small.COMMUNITY}
    await story.say(c.Register, small.CLERK_2, **fields, against=(small.OFFICE,))
    await story.later(1).say(c.Propose, small.CLERK, to=small.HOUSING)
    await story.later(1).say(c.Sign, small.HOUSING_HEAD)
    await story.later(1).say(c.Recuse, small.HOUSING_WORKER)
    await story.later(1).say(c.DeclareInterest, small.DISPATCH_HEAD, person="civil-1")
    assert story.case is not None
    assert (story.case.lead, story.case.version) == (small.HOUSING, 5), story.case


@pytest.fixture
async def before(database: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The world without the case. Ids that are drawn for forms stand still."""
    monkeypatch.setattr(pages, "new_command_id", lambda: "00000000-0000-4000-8000-000000000000")
    pool = await open_pool(database)
    env = {
        "ZEREN_DATABASE_URL": database,
        "ZEREN_TEMPORAL_ADDRESS": "127.0.0.1:1",
        "ZEREN_KEK_FILE": str(tmp_path / "none"),
        "ZEREN_MODE": "embedded",
    }
    try:
        await store_pack(pool, PACK)
        await configured(pool, hook("all", EVERYWHERE, "*"))
        await _ordinary(pool)
        yield World(pool, database, Settings.find(env), env)
    finally:
        await pool.close()


async def test_every_read_is_the_same_without_the_case_for_whom_it_is_hidden_from(before: World) -> None:
    everybody = [*BARRED.values(), *SEES.values()]
    without = {user: await before.read_all(user) for user in everybody}
    await _hidden(before.pool)
    for why, user in BARRED.items():
        answers = await before.read_all(user)
        different = [asked for asked, told in answers.items() if told != without[user][asked]]
        assert different == [], f"who {why} is told of the case by {different}"
    for why, user in SEES.items():
        answers = await before.read_all(user)
        different = {asked for asked, told in answers.items() if told != without[user][asked]}
        for route, requests in ROUTES.items():
            if route not in {("GET", f"/api/v1/{what}") for what in ("bodies", "matters", "places")}:
                assert different & {repr(asked) for asked in requests}, f"who {why} sees nothing by {route}"


@pytest.mark.timeout(400)
async def test_every_command_that_reads_is_the_same_too(before: World) -> None:
    env = {**os.environ, **before.env}

    async def told(user: str | None) -> list[Any]:
        run: Any = type("Run", (), {"env": env})()
        named = ("--as", user) if user else ()
        return [await call(run, *words, *named) for words in _words()]

    without = {user: await told(user) for user in ("many-1", None)}
    with_clerk = await told("clerk-1")
    await _hidden(before.pool)
    for user, answers in without.items():
        assert await told(user) == answers, user
    after = await told("clerk-1")
    assert all(
        one != other for one, other, words in zip(with_clerk, after, _words(), strict=True) if HIDDEN in words
    )


def _words() -> Iterator[tuple[str, ...]]:
    return (words for asked in READS.values() for words in asked)


def _leaves(group: click.Group, *before: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _leaves(command, *before, name)
        else:
            yield " ".join((*before, name))


def _routes(routes: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Method and path of every route, also of those that were included with a router."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _routes(included.routes)
        elif isinstance(route, Route):
            yield from ((method, route.path) for method in (route.methods or set()) - {"HEAD"})
        else:
            yield "*", route.path


def test_no_route_and_no_command_is_left_out(before: World) -> None:
    assert set(_routes(before.app().routes)) == set(ROUTES) | set(NOT_READ)
    assert set(_leaves(zeren)) == set(READS) | set(NO_READS)
