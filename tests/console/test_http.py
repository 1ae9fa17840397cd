"""The API and the pages over the real desk: shapes, problem details, the guard, and forms without any script."""

import asyncio
import re
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from console.cli.telling import tell
from console.settings import Settings
from console.sign_in import is_loopback
from console.web.app import create_app
from console.web.guard import LARGEST_BODY
from console.web.problems import from_error
from domain.numbers import case_id
from tests import small
from tests.console.calling import ROOT
from tests.running import Running

CLERK = {"X-Zeren-User": "clerk-1"}
HOME = "http://127.0.0.1:8400"


@asynccontextmanager
async def browser(
    running: Running, base: str = HOME, client: str = "127.0.0.1", **changes: str
) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the application in this process."""
    settings = Settings.find({**running.env, **changes})
    app = create_app(running.desk, settings, running.client)
    transport = httpx.ASGITransport(app=app, client=(client, 50000), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=base) as opened:
        yield opened


async def opened(running: Running, web: httpx.AsyncClient, **fields: object) -> Any:
    answer = await web.post("/api/v1/cases", json={"text": "屋顶漏水", **fields}, headers=CLERK)
    assert answer.status_code == 201, answer.text
    running.opened.append(case_id(answer.json()["command_id"]))
    return answer


async def test_the_api_takes_a_case_in_acts_on_it_and_reads_it(running: Running) -> None:
    async with browser(running) as web:
        first = await opened(running, web, name="张三", place=small.COMMUNITY)
        number = first.json()["number"]
        assert first.headers["location"] == f"/api/v1/cases/{number}"
        assert first.headers["idempotency-key"] == first.json()["command_id"]
        here = f"/api/v1/cases/{number}"
        done = await web.post(
            f"{here}/commands", json={"type": "triage", "matter": small.HOUSING_MATTER}, headers=CLERK
        )
        assert (done.status_code, done.json()["outcome"], done.json()["version"]) == (200, "done", 2)
        shown = (await web.get(here)).json()
        assert (shown["state"], shown["matter"]) == ("triage", small.HOUSING_MATTER)
        earlier = (await web.get(here, params={"at": first.json()["at"]})).json()
        assert (earlier["version"], earlier["matter"]) == (1, None)
        held = (await web.get(f"{here}/holders")).json()
        assert held["intervals"][0]["answering"] == small.DISPATCH
        assert len((await web.get(f"{here}/events")).json()["events"]) == 2
        assert "张三" not in (await web.get(f"{here}/events")).text
        assert (await web.get(f"{here}/clocks")).json()["promised"]
        allowed = (await web.get(f"{here}/allowed", headers=CLERK)).json()
        assert {row["command"] for row in allowed["commands"] if row["allowed"]} >= {"triage", "propose"}
        queue = (await web.get("/api/v1/queue", params={"state": "triage"})).json()
        assert [item["number"] for item in queue["items"]] == [number]
        for what, text in (("bodies", "房管"), ("matters", "漏水"), ("places", "梧桐")):
            assert (await web.get(f"/api/v1/{what}", params={"q": text})).json()["items"], what


async def test_the_same_key_gets_the_first_answer(running: Running) -> None:
    async with browser(running) as web:
        headers = {**CLERK, "Idempotency-Key": "one-key"}
        first, second = [
            await web.post("/api/v1/cases", json={"text": "漏水"}, headers=headers) for _ in range(2)
        ]
        assert (first.status_code, second.json()) == (201, first.json())
        other = await web.post("/api/v1/cases", json={"text": "别的"}, headers=headers)
        assert (other.status_code, other.json()["rule"]) == (409, "command.reused")
        running.opened.append(case_id(first.json()["command_id"]))


async def test_refusals_are_problem_details(running: Running) -> None:
    async with browser(running) as web:
        number = (await opened(running, web)).json()["number"]
        refused = await web.post(f"/api/v1/cases/{number}/commands", json={"type": "sign"}, headers=CLERK)
        assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
        told = refused.json()
        assert told["type"] == "urn:zeren:problem:hand-off.nothing-proposed"
        assert {"title", "status", "detail", "zh", "en", "rule", "refusal"} <= told.keys()
        unknown = await web.get("/api/v1/cases/2222-2224")
        assert unknown.status_code in {404, 422}
        assert unknown.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'{"text": NaN}', "application/json", 422),
        (b'{"text": "\\ud800"}', "application/json", 422),
        (b'{"text": "a\\u0000b"}', "application/json", 422),
        (b'{"text": {"a": 1}}', "application/json", 422),
        (b'{"text": "x", "received_at": 5}', "application/json", 422),
        (b'{"text": "x", "id": "mine"}', "application/json", 422),
        (b'{"text": "x", "unknown": 1}', "application/json", 422),
        (b"\xff\xfe", "application/json", 422),
        ('{"text": "x"}'.encode("utf-16"), "application/json", 422),
        ('{"text": "中文"}'.encode("gb18030"), "application/json; charset=gb18030", 422),
        (b'{"text": "x", "text": "y"}', "application/json", 422),
        (b'{"text": {"a": 1, "a": 2}}', "application/json", 422),
        (b'{"text": "x", "note": ' + b"9" * 5000 + b"}", "application/json", 422),
        (b'{"text": 1e999}', "application/json", 422),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "application/json", 422),
        (b'{"\\ud83d": "x"}', "application/json", 422),
        (b'{"text": "x", "matter": "\\ud83d"}', "application/json", 422),
        (b'{"text": "x", "received_at": "0001-01-01T00:00:00Z"}', "application/json", 422),
        (b'{"text": "x", "received_at": "9999-12-31T23:59:59-14:00"}', "application/json", 422),
        (b'{"text": "x", "received_at": "9999-12-31T23:59:59Z"}', "application/json", 409),
        (b'{"text": "x", "done_at": "9999-12-31T23:59:59Z"}', "application/json", 409),
        (b'{"text": "x", "actor": {"kind": "clock"}}', "application/json", 422),
        (b'{"text": "x", "personal": {}}', "application/json", 422),
        (b'{"text": "x"}', "text/plain", 422),
        (b'{"text": "x"}', "", 422),
        (b"[" * 100_000, "application/json", 422),
        (b"text=x", "application/x-www-form-urlencoded", 422),
        (b'{"text": "' + b"x" * 100_000 + b'"}', "application/json", 422),
        (b'{"text": "' + b"x" * LARGEST_BODY + b'"}', "application/json", 413),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_bad_body_is_never_a_server_error(
    running: Running, content: bytes, kind: str, status: int
) -> None:
    async with browser(running) as web:
        answer = await web.post("/api/v1/cases", content=content, headers={**CLERK, "Content-Type": kind})
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.text) < 2000
    assert await running.pool.fetchval("SELECT count(*) FROM event") == 0


async def test_a_body_whose_length_is_not_told_is_bounded_too(running: Running) -> None:
    async def endless() -> AsyncGenerator[bytes]:
        for _ in range(100):
            yield b"x" * 65_536

    async with browser(running) as web:
        headers = {**CLERK, "Content-Type": "application/json"}
        answer = await web.post("/api/v1/cases", content=endless(), headers=headers)
        assert answer.status_code == 413


async def test_who_hangs_up_half_way_has_done_nothing(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[Any] = []

    async def hang_up() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    settings = Settings.find(running.env)
    headers = [(b"host", b"127.0.0.1"), (b"x-zeren-user", b"clerk-1"), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/cases",
        "raw_path": b"/api/v1/cases",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8400),
        "http_version": "1.1",
        "scheme": "http",
        "asgi": {"version": "3.0"},
        "root_path": "",
    }
    await create_app(running.desk, settings, running.client)(scope, hang_up, send)
    assert sent[0]["status"] == 400
    told = capsys.readouterr()
    assert "failed" not in told.out + told.err, "nobody has to look into it"
    assert await running.pool.fetchval("SELECT count(*) FROM event") == 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/cases/12", 422),
        ("/api/v1/cases/%00%00", 422),
        ("/api/v1/cases/2222-2222/holders?at=yesterday", 422),
        ("/api/v1/cases/2222-2222/holders?at=2026-01-01", 422),
        ("/api/v1/queue?limit=0", 422),
        ("/api/v1/queue?limit=many", 422),
        ("/api/v1/queue?state=asleep", 422),
        ("/api/v1/queue?after=%FF", 422),
        ("/api/v1/queue?after=WzEsMl0", 422),
        ("/api/v1/queue?body=%E7%81%AB%E6%98%9F", 422),
        ("/api/v1/bodies?q=%00", 422),
        ("/api/v1/bodies?q=" + "x" * 300, 422),
        ("/api/v1/places?limit=100000", 422),
        ("/api/v1/nothing", 404),
    ],
)
async def test_a_bad_question_is_a_problem(running: Running, path: str, status: int) -> None:
    async with browser(running) as web:
        answer = await web.get(path)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_who_acts_has_to_be_said(running: Running) -> None:
    async with browser(running) as web:
        answer = await web.post("/api/v1/cases", json={"text": "x"})
        assert (answer.status_code, "X-Zeren-User" in answer.json()["en"]) == (422, True)
        for user in ("nobody", "a b", "x" * 100):
            unknown = await web.post("/api/v1/cases", json={"text": "x"}, headers={"X-Zeren-User": user})
            assert unknown.status_code == 422
        odd = [(b"x-zeren-user", "张三".encode()), (b"content-type", b"application/json")]
        assert (await web.post("/api/v1/cases", content=b'{"text": "x"}', headers=odd)).status_code == 422


async def test_the_guard_keeps_others_out(running: Running) -> None:
    async with browser(running, base="http://evil.example:8400") as web:
        assert (await web.get("/api/v1/queue")).status_code == 403
        assert (await web.get("/healthz")).status_code == 200
    async with browser(running, client="192.0.2.7") as web:
        assert (await web.post("/api/v1/cases", json={"text": "x"}, headers=CLERK)).status_code == 403
    async with browser(running) as web:
        for headers in (
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://[::1"},
            {"Origin": "http://127.0.0.1:9999"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            answer = await web.post("/api/v1/cases", json={"text": "x"}, headers={**CLERK, **headers})
            assert answer.status_code == 403, headers
        page = await web.get("/")
        assert page.headers["content-security-policy"].startswith("default-src 'self'")
        assert page.headers["x-content-type-options"] == "nosniff"
        openapi = (await web.get("/api/openapi.json")).json()
        assert "/api/v1/cases/{number}/commands" in openapi["paths"]
    async with browser(running, ZEREN_MODE="production") as web:
        answer = await web.get("/api/v1/queue", headers=CLERK)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:zeren:problem:no-sign-in")


async def test_ready_means_that_a_case_can_be_opened(running: Running) -> None:
    async with browser(running) as web:
        assert (await web.get("/healthz")).status_code == 200
        ready = await web.get("/readyz")
        for _ in range(50):
            if ready.status_code == 200:
                break
            await asyncio.sleep(0.1)
            ready = await web.get("/readyz")
        assert ready.json() == {"ok": True, "database": True, "worker": True}
    async with browser(running, ZEREN_TASK_QUEUE="nobody-listens") as web:
        answer = await web.get("/readyz")
        assert (answer.status_code, answer.json()["worker"]) == (503, False)


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found.group(1)


async def test_the_pages_work_without_any_script(running: Running) -> None:
    async with browser(running) as web:
        chosen = await web.post("/acting", data={"user": "clerk-1", "back": "//evil.example"})
        assert (chosen.status_code, chosen.headers["location"]) == (303, "/")
        assert (await web.post("/acting", data={"user": "张三", "back": "/cases/一"})).status_code == 303
        await web.post("/acting", data={"user": "clerk-1"})
        first = (await web.get("/")).text
        assert "<script" not in first
        assert "登记诉求" in first
        sent = {
            "text": "<b>屋顶</b>漏水",
            "place": "梧桐",
            "kind": "help",
            "_command_id": _field(first, "_command_id"),
        }
        taken, again = [await web.post("/cases", data=sent) for _ in range(2)]
        assert taken.status_code == 303
        assert again.headers["location"] == taken.headers["location"]
        running.opened += [row["case_id"] for row in await running.pool.fetch("SELECT case_id FROM case_now")]
        assert len(running.opened) == 1
        here = taken.headers["location"]
        page = await web.get(here)
        assert page.status_code == 200
        assert "责任台账" in page.text
        triage = {"matter": "房屋漏水", "_version": "1", "_command_id": "by-form-1"}
        assert (await web.post(f"{here}/triage", data=triage)).status_code == 303
        stale = await web.post(f"{here}/propose", data={"to": small.HOUSING, "_version": "1"})
        assert (stale.status_code, "第 1 版" in stale.text) == (409, True)
        wrong = await web.post(f"{here}/propose", data={"to": "甲区", "_version": "2", "note": "<i>记下</i>"})
        assert wrong.status_code == 422
        assert "&lt;i&gt;记下" in wrong.text
        assert (
            await web.post(f"{here}/propose", data={"to": "甲区房管局", "_version": "2"})
        ).status_code == 303
        english = (await web.get(here, params={"lang": "en"})).text
        assert "Who answered, instant by instant" in english
        assert f">{small.HOUSING}</span>" in english
        listed = (await web.get("/", params={"state": "proposed"})).text
        assert here.rpartition("/")[2] in listed


async def test_a_page_that_cannot_be_shown_says_why(running: Running) -> None:
    async with browser(running) as web:
        html = {"Accept": "text/html"}
        none = await web.get("/cases/12", headers=html)
        assert (none.status_code, "案件号应为 8 位" in none.text) == (422, True)
        assert (await web.get("/nothing", headers=html)).status_code == 404
        nobody = await web.post("/cases", data={"text": "x"}, headers=html)
        assert (nobody.status_code, "选择办理人" in nobody.text) == (422, True)
        assert "x</textarea>" in nobody.text
        assert (await web.post("/cases", content=b"\xff=%ff", headers=html)).status_code == 422
        assert (await web.post("/cases", content=b"text=a&text=b", headers=html)).status_code == 422
        assert (await web.post("/cases/2222-2222/sign", data={}, headers=html)).status_code in {404, 422}
        assert (await web.get("/?state=asleep&body=%E7%81%AB&after=x", headers=html)).status_code == 200


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        *((ours, True) for ours in ("127.0.0.1", "localhost", "::1", "[::1]", "127.8.9.1")),
        *((other, False) for other in ("0.0.0.0", "10.0.0.1", "evil.localhost.example", "")),  # noqa: S104
    ],
)
def test_loopback_is_loopback(host: str, ours: bool) -> None:
    assert is_loopback(host) is ours


async def test_the_console_runs_as_a_process_and_stops_when_told(running: Running) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    console = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "console"),
        cwd=ROOT,
        env={**running.env, "ZEREN_PORT": str(port)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as web:
            for _ in range(150):
                try:
                    if (await web.get("/readyz")).status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)
            await opened(running, web, name="李四")
            assert (await web.get("/api/v1/places", params={"q": "王五路"})).status_code == 200
    finally:
        console.send_signal(signal.SIGTERM)
    out, err = await asyncio.wait_for(console.communicate(), 20)
    assert console.returncode == 0, err
    logs = (out + err).decode()
    assert '"route": "/api/v1/places"' in logs
    for word in ("李四", "屋顶", "王五", "%E7%8E%8B"):
        assert word not in logs


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("cannot switch to state 15"),
        asyncpg.InterfaceError("cannot call Transaction.__aexit__()"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        ConnectionRefusedError(111, "refused"),
    ],
)
def test_a_connection_that_breaks_is_a_database_that_is_away(error: Exception) -> None:
    assert from_error(error)[:2] == (503, "not-running")
    told = tell(error)
    assert told is not None
    assert (told.code, told.kind) == (1, "not_running")
