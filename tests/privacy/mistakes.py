"""Everything that can go wrong, with a mark in it: what is refused, malformed, unknown, stale, too large or misplaced.

What comes back to the sender may hold the mark, since the sender has typed it. Nothing else may.
"""

import asyncio
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from console.fields import spec
from console.web.guard import LARGEST_BODY
from tests import small
from tests.privacy.marks import Marks
from tests.privacy.walk import COMMANDS, Walk

CLERK = {"X-Zeren-User": "clerk-1"}
REFUSED = range(400, 500)
ANYBODYS = frozenset({"recuse"})
"""Commands that nobody is refused for who he is."""


class Mistakes:
    """Makes them, one after the other. ``made`` counts them by the status that answered."""

    def __init__(self, web: httpx.AsyncClient, marks: Marks, walk: Walk, number: str) -> None:
        """``number`` is an open case in triage."""
        self._web = web
        self._marks = marks
        self._walk = walk
        self._number = number
        self._commands = f"/api/v1/cases/{number}/commands"
        self.made: dict[int, int] = {}

    async def all(self) -> None:
        """Every kind of mistake."""
        await self.in_every_field()
        await self.by_rule()
        await self.in_bodies()
        await self.in_addresses()
        await self.in_headers()
        await self.on_pages()

    async def _sent(self, method: str, path: str, **how: Any) -> httpx.Response:
        answer = await self._web.request(method, path, **how)
        assert answer.status_code in REFUSED, (method, path, how, answer.status_code, answer.text)
        self.made[answer.status_code] = self.made.get(answer.status_code, 0) + 1
        return answer

    def _shapes(self, where: str) -> tuple[str, ...]:
        """What a person may type into a field that is not meant for it: some have the shape of an id."""
        return tuple(make(where) for make in (self._marks.phone, self._marks.word, self._marks.text))

    # ------------------------------------------------------------------ commands

    async def in_every_field(self) -> None:
        """A name or a telephone in each field of each command that wants an id, a code or a time."""
        for command in COMMANDS:
            for name in spec(command).fields:
                for typed in self._shapes(f"{command}.{name} (wrong field)"):
                    await self._command(command, {name: typed})
                    await self._command(command, {name: typed}, hat=f"clerk@{typed}")

    async def _command(self, command: str, fields: dict[str, Any], *, hat: str | None = None) -> None:
        headers = {**CLERK, **({"X-Zeren-Hat": quote(hat)} if hat else {})}
        body = {**self._walk.texts(command), **_fitting(command), **fields}
        path = self._commands
        if command == "register":
            path = "/api/v1/cases"
        else:
            body["type"] = command
        await self._sent("POST", path, json=body, headers=headers)

    async def by_rule(self) -> None:
        """Every command where a rule refuses it: who may not, a version that has passed, an id that was used."""
        for command in COMMANDS:
            body = {"type": command, **self._walk.texts(command), **_fitting(command)}
            if command == "register":
                del body["type"]
                await self._sent("POST", "/api/v1/cases", json=body, headers={"X-Zeren-User": "housing-1"})
                continue
            if command not in ANYBODYS:
                await self._sent("POST", self._commands, json=body, headers={"X-Zeren-User": "railway-1"})
            stale = {**body, **self._walk.texts(command), "expected_version": 2**31 - 1}
            await self._sent("POST", self._commands, json=stale, headers=CLERK)
        step = {"type": "record_step", "step": "note"}
        key = {**CLERK, "Idempotency-Key": "step-1"}
        first = await self._web.post(
            self._commands, json={**step, **self._walk.texts("record_step")}, headers=key
        )
        assert first.status_code == 200, first.text
        await self._sent(
            "POST", self._commands, json={**step, **self._walk.texts("record_step")}, headers=key
        )
        await self._sent("POST", self._commands, json={**step, "step": "work_done"}, headers=key)
        missing = {"type": "resolve", **_fitting("resolve"), "finding": self._marks.text("resolve alone")}
        await self._sent("POST", self._commands, json=missing, headers={"X-Zeren-User": "housing-1"})

    # ------------------------------------------------------------------ requests

    async def in_bodies(self) -> None:
        """Bodies that are not what they should be."""
        mark = self._marks.text("bad body")
        bodies: list[tuple[bytes, str]] = [
            (f'{{"text": "{mark}'.encode(), "application/json"),
            (f'["{mark}"]'.encode(), "application/json"),
            (f'"{mark}"'.encode(), "application/json"),
            (f'{{"{mark}": "{mark}"}}'.encode(), "application/json"),
            (f'{{"text": "{mark}\\u0000"}}'.encode(), "application/json"),
            (f'{{"text": "{mark}\\ud800"}}'.encode(), "application/json"),
            (f'{{"text": ["{mark}"]}}'.encode(), "application/json"),
            (f'{{"text": "x", "anonymous": "{mark}"}}'.encode(), "application/json"),
            (f'{{"text": "x", "anonymous": true, "name": "{mark}"}}'.encode(), "application/json"),
            (f'{{"text": "{mark}", "n": NaN}}'.encode(), "application/json"),
            (mark.encode("gb18030"), "application/json"),
            (f"text={quote(mark)}".encode(), "application/x-www-form-urlencoded"),
            (f'{{"text": "{mark * 400}"}}'.encode(), "application/json"),
            (f'{{"text": "{mark}{"x" * LARGEST_BODY}"}}'.encode(), "application/json"),
        ]
        for body, kind in bodies:
            await self._sent("POST", "/api/v1/cases", content=body, headers={**CLERK, "Content-Type": kind})
        for body in ({"type": mark}, {"type": 5, "note": mark}, {"type": "sign", mark: "x"}, {"note": mark}):
            await self._sent("POST", self._commands, json=body, headers=CLERK)
        for version in (mark, self._marks.phone("version"), -1, 13_912_345_678, True):
            await self._sent(
                "POST", self._commands, json={"type": "sign", "expected_version": version}, headers=CLERK
            )
        for door in ("case", "receipt"):
            for typed in (*self._shapes("resident's door"), self._number):
                body = {"number": typed, "receipt": self._marks.text("receipt typed"), "name": typed}
                await self._sent("POST", f"/api/v1/resident/{door}", json=body)
                await self._sent("POST", f"/api/v1/resident/{door}", json={"number": typed, "receipt": typed})

    async def in_addresses(self) -> None:
        """Marks in paths, in questions and where a page was left off."""
        for typed in self._shapes("address"):
            part = quote(typed, safe="")
            for path in ("", "/holders", "/events", "/clocks", "/allowed"):
                await self._sent("GET", f"/api/v1/cases/{part}{path}")
            await self._sent("POST", f"/api/v1/cases/{part}/commands", json={"type": "sign"}, headers=CLERK)
            await self._sent("GET", f"/{part}")
            await self._sent("GET", f"/static/{part}")
            await self._sent("PUT", f"/api/v1/cases?text={part}")
            for asked in (
                {"state": typed},
                {"after": typed},
                {"body": typed},
                {"limit": typed},
                {"overdue": typed},
            ):
                await self._sent("GET", f"/api/v1/queue?{urlencode(asked)}")
            for asked in ({"at": typed}, {"known": typed}):
                await self._sent("GET", f"/api/v1/cases/{self._number}?{urlencode(asked)}")
                await self._sent("GET", f"/api/v1/cases/{self._number}/holders?{urlencode(asked)}")
            await self._sent("GET", f"/api/v1/route?{urlencode({'matter': typed, 'place': typed})}")
            for what in ("bodies", "matters", "places"):
                await self._sent("GET", f"/api/v1/{what}?{urlencode({'q': typed * 20})}")
                await self._sent("GET", f"/api/v1/{what}?{urlencode({'q': typed, 'limit': typed})}")
                found = await self._web.get(f"/api/v1/{what}", params={"q": typed})
                assert found.json()["items"] == []
            for page in (f"/?body={part}&state={part}&after={part}", f"/?lang={part}", f"/?overdue={part}"):
                assert (await self._web.get(page, headers={"Accept": "text/html"})).status_code == 200

    async def in_headers(self) -> None:
        """Marks in the headers, ours and those that every browser sends."""
        for typed in self._shapes("header"):
            ascii_ = quote(typed)
            for headers in (
                {"X-Zeren-User": ascii_},
                {"X-Zeren-User": ascii_ * 9},
                {**CLERK, "X-Zeren-Hat": ascii_},
                {**CLERK, "X-Zeren-Hat": f"clerk@{ascii_}"},
                {**CLERK, "X-Zeren-Hat": f"{ascii_}@{small.DISPATCH}"},
                {**CLERK, "Idempotency-Key": f"{ascii_} x"},
                {**CLERK, "Origin": f"http://{ascii_}.example"},
                {**CLERK, "Host": f"{ascii_}.example"},
                {**CLERK, "Content-Type": ascii_},
            ):
                await self._sent("POST", "/api/v1/cases", json={"text": typed}, headers=headers)
            everyday = {
                "User-Agent": ascii_,
                "Referer": f"http://127.0.0.1/?q={ascii_}",
                "Cookie": f"a={ascii_}",
            }
            assert (await self._web.get("/", headers=everyday)).status_code == 200
        named = {**CLERK, "Idempotency-Key": self._marks.phone("command id")}
        await self._sent("POST", "/api/v1/cases", json={"text": "x"}, headers=named)

    async def on_pages(self) -> None:
        """The forms: what was filled in comes back to be mended, and goes nowhere else."""
        html = {"Accept": "text/html"}
        for typed in self._shapes("form"):
            self._web.cookies.set("zeren_user", "clerk-1")
            for fields in (
                {"matter": typed},
                {"place": typed},
                {"kind": typed},
                {"received_at": typed},
                {typed: typed},
            ):
                await self._sent(
                    "POST", "/cases", data={**self._walk.texts("register"), **fields}, headers=html
                )
            for command in ("propose", "sign", typed):
                fields = {"to": typed, "note": typed, "_version": "1"}
                await self._sent(
                    "POST", f"/cases/{self._number}/{quote(command, safe='')}", data=fields, headers=html
                )
            await self._sent("GET", f"/cases/{quote(typed, safe='')}", headers=html)
            await self._sent("GET", f"/{quote(typed, safe='')}", headers=html)
            await self._sent("POST", "/cases", content=b"text=\xff" + typed.encode(), headers=html)
            back = await self._web.post("/acting", data={"user": typed, "back": f"/{typed}"})
            assert back.status_code == 303
            self._web.cookies.set("zeren_user", typed if typed.isascii() else quote(typed))
            await self._sent("POST", "/cases", data={"text": typed}, headers=html)
        self._web.cookies.clear()


def _fitting(command: str) -> dict[str, Any]:
    """A value that fits for every field of the command that has to be there."""
    values: dict[str, Any] = {}
    for name, field in spec(command).fields.items():
        if not field.required:
            continue
        if field.choices is not None:
            values[name] = next(iter(field.choices)).value
        else:
            values[name] = {
                "yes_no": True,
                "body": small.HOUSING,
                "matter": small.HOUSING_MATTER,
                "place": small.COMMUNITY,
                "instant": "2026-03-01T09:00:00+08:00",
                "bodies": [small.HOUSING],
                "case": "2222-2222",
                "count": 24,
            }.get(field.kind, {"contract": small.LIFT_CONTRACT, "person": "clerk-2"}.get(name, "inspected"))
    return values


async def not_http(port: int, mark: str) -> bytes:
    """Words sent to the port as if they were a request; answers what came back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(mark.encode() + b" / HTTP/9.9\r\n" + mark.encode("gb18030") + b"\r\n\r\n")
    await writer.drain()
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer
