"""Joint work on real servers: by the command line, over HTTP and on the pages; the provider's one-time link."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from console.links import Links
from console.settings import Settings
from console.web.app import create_app
from ledger.compartment import readings
from tests import small
from tests.console.calling import act, call, done, open_case
from tests.running import Running, run_all

SOON = (datetime.now(UTC) + timedelta(days=5)).isoformat(timespec="seconds")
UNDER = ("--contract", small.LIFT_CONTRACT)
HOME = "http://127.0.0.1:8400"
VALID = small.PACK.model_copy(
    update={
        "providers": tuple(
            each.model_copy(
                update={
                    "qualifications": tuple(
                        held.model_copy(update={"valid_to": None}) for held in each.qualifications
                    )
                }
            )
            for each in small.PROVIDERS
        ),
        "contracts": tuple(
            each.model_copy(update={"valid_to": datetime(2099, 1, 1, tzinfo=UTC)}) for each in small.CONTRACTS
        ),
    }
)
"""The small pack with contracts and qualifications that outlive this test."""


@pytest.fixture
async def served(database: str, temporal: Any, tmp_path: Any) -> AsyncGenerator[Running]:
    """Everything, over a pack whose contracts are in force now."""
    async with run_all(database, temporal.address, tmp_path, pack=VALID) as everything:
        yield everything


@asynccontextmanager
async def browser(running: Running, **changes: str) -> AsyncGenerator[httpx.AsyncClient]:
    settings = Settings.find({**running.env, **changes})
    links = Links(running.pool, running.keyring, running.desk)
    app = create_app(running.desk, settings, running.client, links)
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50000), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as opened:
        yield opened


async def _led_by(running: Running, body: str, who: str, matter: str) -> str:
    number = await open_case(running, "--place", "梧桐社区", "--matter", matter, "--name", "张三")
    await done(running, number, "clerk-1", "propose", "--to", body)
    await done(running, number, who, "sign")
    return number


async def test_whistle_and_assistance_by_the_command_line(served: Running) -> None:
    number = await _led_by(served, small.CIVIL_AFFAIRS, "civil-1", small.PUSHED_DOWN_MATTER)
    before = (await call(served, "case", "show", number, "--json")).json
    bare = await act(
        served, number, "civil-1", "ask_assistance", "--asked", small.COMMITTEE, "--task", "入户核实"
    )
    assert (bare.code, bare.json["refusal"]["rule"]) == (1, "assistance.needs-funding-and-end")
    await done(
        served,
        number,
        "civil-1",
        "ask_assistance",
        *("--asked", "梧桐社区居委会", "--task", "入户核实", "--funding", "财政预算", "--until", SOON),
    )
    await done(served, number, "committee-1", "accept_assistance")
    await done(
        served, number, "office-head", "whistle", "--called", "甲区房管局、甲区水务局", "--task", "现场会商"
    )
    await done(served, number, "housing-1", "report_in", "--step", "site_visit")
    scores = ("--promptness", "5", "--cooperation", "4", "--clarity", "3")
    await done(served, number, "office-head", "score", "--scored", small.HOUSING, *scores)
    shown = (await call(served, "case", "show", number, "--json")).json
    for unmoved in ("answering", "charge", "charged_to", "lead", "state"):
        assert shown[unmoved] == before[unmoved]
    told = {(each["relation"], each["body"]): each["state"] for each in shown["relations"]}
    assert told[("assist", small.COMMITTEE)] == "accepted"
    assert told[("whistled", small.HOUSING)] == "reported"
    assert told[("whistled", small.WATER)] == "called"
    assert told[("lead", small.CIVIL_AFFAIRS)] == "answers"
    words = await call(served, "case", "show", number)
    assert "吹哨" in words.out
    assert "待报到" in words.out
    assert "财政预算" in words.out
    history = await call(served, "case", "history", number)
    assert "甲区水务局" in history.out
    assert "入户核实" not in history.out
    queue = (await call(served, "queue", "--body", small.COMMITTEE, "--json")).json
    assert queue["items"][0]["because"] == ["assisting"]
    rebuilt = (await call(served, "rebuild", "--json")).json
    assert rebuilt["differences"] == []


async def _asked(served: Running) -> tuple[str, str]:
    """A case whose provider was asked, and the address of its link."""
    number = await _led_by(served, small.HOUSING, "housing-1", small.HOUSING_MATTER)
    await done(served, number, "housing-1", "commission", *UNDER)
    await done(served, number, "lifts-1", "record_milestone", *UNDER, "--milestone", "inspected")
    await done(served, number, "housing-1", "ask_provider", *UNDER, "--task", "三号楼电梯何时修好")
    issued = await call(served, "case", "link", number, *UNDER, "--as", "housing-1", "--json")
    assert issued.code == 0, issued
    return number, issued.json["path"]


async def test_a_provider_answers_by_its_link_once(served: Running) -> None:
    number, path = await _asked(served)
    async with browser(served) as web:
        page = await web.get(path)
        assert page.status_code == 200
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "三号楼电梯何时修好" in page.text
        assert "示例电梯公司" in page.text
        for hidden in ("张三", "屋顶漏水", "clerk-1", "<script", "housing-1"):
            assert hidden not in page.text
        short = await web.post(path, data={"answer": "done"})
        assert (short.status_code, "finding" in short.text) == (422, True)
        sent = await asyncio.gather(
            *(
                web.post(path, data={"answer": "under_way", "finding": text})
                for text in ("周五修好", "下周一")
            )
        )
        assert sorted(answer.status_code for answer in sent) == [200, 410]
        assert (await web.get(path)).status_code == 410
        assert (await web.post(path, data={"answer": "done", "finding": "好了"})).status_code == 410
        assert (await web.get("/p/none-of-ours")).status_code == 404
        shown = (await web.get(f"/api/v1/cases/{number}/events")).json()
    answers = [event for event in shown["events"] if event["type"] == "provider_answered"]
    assert [event["data"]["late"] for event in answers] == [False]
    assert answers[0]["actor"] == {"kind": "provider", "body": small.LIFTS, "office": "示例电梯公司"}
    case = (await served.desk.case(number)).id
    read = await readings(served.pool, case)
    assert {(each.reader.body, each.fields, each.reason) for each in read} == {
        (small.LIFTS, ("task",), "provider_link")
    }
    stored = await served.pool.fetch("SELECT encode(token_hash, 'hex') AS hash FROM provider_link")
    assert path.removeprefix("/p/") not in str([row["hash"] for row in stored])


async def test_a_new_link_replaces_the_old_and_only_who_may_ask_gets_one(served: Running) -> None:
    number, old = await _asked(served)
    asked = {"contract": small.LIFT_CONTRACT}
    async with browser(served) as web:
        here = f"/api/v1/cases/{number}/links"
        other = await web.post(here, json=asked, headers={"X-Zeren-User": "civil-1"})
        assert (other.status_code, other.headers["content-type"]) == (409, "application/problem+json")
        assert (await web.post(here, json={}, headers={"X-Zeren-User": "housing-1"})).status_code == 422
        new = await web.post(here, json=asked, headers={"X-Zeren-User": "housing-1"})
        assert new.status_code == 201
        assert (await web.get(old)).status_code == 410
        assert (await web.get(new.json()["path"])).status_code == 200
        web.cookies.set("zeren_user", "housing-1")
        page = await web.get(f"/cases/{number}", headers={"accept": "text/html"})
        assert f"/cases/{number}/links" in page.text
        shown = await web.post(f"/cases/{number}/links", data=asked)
        newest = re.search(r"/p/[\w-]+", shown.text)
        assert newest is not None
        assert (await web.get(new.json()["path"])).status_code == 410
        assert (await web.get(newest[0])).status_code == 200
    async with browser(served, ZEREN_MODE="production", ZEREN_URL=HOME) as web:
        assert (await web.get(newest[0])).status_code == 200
        assert (await web.get("/")).status_code == 403


async def test_a_late_answer_is_kept_also_when_the_case_has_ended(served: Running) -> None:
    number, path = await _asked(served)
    await done(served, number, "clerk-1", "withdraw", "--channel", "phone", "--note", "居民要求")
    async with browser(served) as web:
        page = await web.get(path)
        assert "答复期已过" in page.text
        late = await web.post(path, data={"answer": "done", "finding": "已修好"})
        assert late.status_code == 200, late.text
        assert (await web.get(path)).status_code == 410
    case = await served.desk.case(number)
    assert (await served.types(case.id))[-1] == "provider_answered"
    assert case.ending is not None


async def test_the_form_of_a_whistle_works_on_the_page(served: Running) -> None:
    number = await _led_by(served, small.CIVIL_AFFAIRS, "civil-1", small.PUSHED_DOWN_MATTER)
    async with browser(served) as web:
        web.cookies.set("zeren_user", "office-head")
        page = await web.get(f"/cases/{number}")
        assert 'action="/cases/' + number + '/whistle"' in page.text
        sent = await web.post(
            f"/cases/{number}/whistle", data={"called": "甲区房管局，甲区水务局", "task": "会商"}
        )
        assert sent.status_code == 303, sent.text
        answer = await web.post(
            f"/api/v1/cases/{number}/commands",
            json={"type": "stand_down", "called": [small.WATER, small.HOUSING]},
            headers={"X-Zeren-User": "office-head"},
        )
        assert answer.status_code == 200, answer.text
        for wrong in ([], [1], {"a": 1}, [small.WATER] * 30, "x" * 5000):
            bad = await web.post(
                f"/api/v1/cases/{number}/commands",
                json={"type": "whistle", "called": wrong, "task": "会商"},
                headers={"X-Zeren-User": "office-head"},
            )
            assert bad.status_code == 422, (wrong, bad.text)
