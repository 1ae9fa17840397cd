"""The door of residents who gave no name: a receipt shown once, and what it opens."""

import json
import random
from typing import Any

import httpx
import pytest

from console.desk import Slip
from domain.numbers import case_id, draw_number, draw_receipt, parse_receipt
from ledger.receipts import MOST_FAILURES, WINDOW
from tests import small
from tests.console.calling import call
from tests.console.test_http import CLERK, browser, opened
from tests.running import Running

NOBODYS = draw_receipt(random.Random("nobody's").randrange)
NO_CASE = draw_number(random.Random("no case").randrange)
LOOK, RENEW = "/api/v1/resident/case", "/api/v1/resident/receipt"


async def _issued(running: Running, web: httpx.AsyncClient, **fields: object) -> tuple[str, str]:
    """An anonymous case: its number and its receipt."""
    told = (await opened(running, web, anonymous=True, **fields)).json()
    return told["number"], told["receipt"]


async def test_an_anonymous_case_gives_a_receipt_once(running: Running) -> None:
    async with browser(running) as web:
        key = {**CLERK, "Idempotency-Key": "anonymous-1"}
        body = {"text": "屋顶漏水", "anonymous": True}
        first = (await web.post("/api/v1/cases", json=body, headers=key)).json()
        again = (await web.post("/api/v1/cases", json=body, headers=key)).json()
        assert parse_receipt(first["receipt"]) == first["receipt"]
        assert again["receipt"] is None
        assert "once" in again["receipt_note"]["en"]
        assert {**again, **{name: first[name] for name in ("receipt", "receipt_note")}} == first
        assert (
            await web.post(LOOK, json={"number": first["number"], "receipt": first["receipt"]})
        ).status_code == 200
        named = (await opened(running, web, name="张三")).json()
        assert "receipt" not in named
        refused = await web.post("/api/v1/cases", json={**body, "name": "张三"}, headers=CLERK)
        assert refused.status_code == 422
    assert await running.pool.fetchval("SELECT count(*) FROM receipt") == 1


async def test_a_refused_registration_gives_none(running: Running) -> None:
    async with browser(running) as web:
        worker = {"X-Zeren-User": "housing-1"}
        refused = await web.post("/api/v1/cases", json={"text": "漏水", "anonymous": True}, headers=worker)
        assert (refused.status_code, "receipt" in refused.json()) == (409, False)
    assert await running.pool.fetchval("SELECT count(*) FROM receipt") == 0


async def test_the_receipt_shows_state_promise_and_who_answers_and_is_changed_at_first_use(
    running: Running,
) -> None:
    async with browser(running) as web:
        number, receipt = await _issued(running, web, matter=small.HOUSING_MATTER, place=small.COMMUNITY)
        typed = {"number": number.lower().replace("-", " "), "receipt": receipt.lower().replace("-", " ")}
        shown = (await web.post(LOOK, json=typed)).json()
        assert (shown["number"], shown["state"], shown["answering"]) == (number, "triage", small.DISPATCH)
        assert shown["answering_name"]["zh"] == "甲区派单中心"
        clocks = (await web.get(f"/api/v1/cases/{number}/clocks")).json()
        assert shown["promised"] == clocks["promised"]
        assert shown["promised"]["zh"]
        assert (shown["must_change"], "change it first" in shown["en"]) == (True, True)
        assert {"actor", "people", "events"}.isdisjoint(shown)
        fresh = (await web.post(RENEW, json=typed)).json()
        assert (fresh["must_change"], parse_receipt(fresh["receipt"])) == (False, fresh["receipt"])
        assert (await web.post(LOOK, json=typed)).status_code == 403
        again = (await web.post(LOOK, json={"number": number, "receipt": fresh["receipt"]})).json()
        assert (again["must_change"], "en" in again) == (False, False)
        own = {"number": number, "receipt": fresh["receipt"], "new": NOBODYS}
        assert (await web.post(RENEW, json=own)).json()["receipt"] == NOBODYS
        assert (await web.post(LOOK, json={"number": number, "receipt": NOBODYS})).status_code == 200


async def test_no_wall_stands_between_a_resident_and_his_own_case(running: Running) -> None:
    async with browser(running) as web:
        key = {**CLERK, "Idempotency-Key": "accusing-1"}
        body = {"text": "推诿", "anonymous": True, "place": small.COMMUNITY, "against": [small.OFFICE]}
        told = (await web.post("/api/v1/cases", json=body, headers=key)).json()
        running.opened.append(case_id("accusing-1"))
        mine = {"number": told["number"], "receipt": told["receipt"]}
        assert (await web.get(f"/api/v1/cases/{told['number']}")).status_code == 404
        shown = await web.post(LOOK, json=mine)
        assert (shown.status_code, shown.json()["answering"]) == (200, small.DISPATCH)
        later = [(await web.post("/api/v1/cases", json=body, headers=key)).text for _ in range(2)]
        assert later[0] == later[1]
        form = {**body, "anonymous": "true", "against": "一街道办事处", "_command_id": "accusing-2"}
        web.cookies.set("zeren_user", "clerk-1")
        page = await web.post("/cases", data=form)
        running.opened.append(case_id("accusing-2"))
        assert (page.status_code, 'class="receipt">' in page.text) == (201, True)


async def test_a_wrong_number_and_a_wrong_receipt_get_the_same_answer(running: Running) -> None:
    async with browser(running) as web:
        number, receipt = await _issued(running, web)
        named = (await opened(running, web, name="张三")).json()["number"]
        for path in (LOOK, RENEW):
            answers = [
                await web.post(path, json={"number": one, "receipt": two})
                for one, two in (
                    (number, NOBODYS),
                    (NO_CASE, NOBODYS),
                    (named, receipt),
                    (NO_CASE, receipt),
                )
            ]
            assert {(answer.status_code, answer.text) for answer in answers} == {(403, answers[0].text)}
            assert answers[0].headers["content-type"] == "application/problem+json"


async def test_too_many_wrong_ones_are_told_to_come_back_and_the_right_one_too(running: Running) -> None:
    async with browser(running) as web:
        number, receipt = await _issued(running, web)
        for _ in range(MOST_FAILURES):
            assert (await web.post(LOOK, json={"number": number, "receipt": NOBODYS})).status_code == 403
    # Another process, as far as the count can tell.
    async with browser(running) as web:
        full = await web.post(LOOK, json={"number": number, "receipt": receipt})
        assert (full.status_code, full.json()["type"]) == (429, "urn:zeren:problem:too-many-tries")
        assert full.headers["retry-after"] == str(int(WINDOW.total_seconds()))
        await running.pool.execute("UPDATE receipt_try SET since = since - $1::interval", WINDOW)
        assert (await web.post(LOOK, json={"number": number, "receipt": receipt})).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"number": NO_CASE},
        {"receipt": NOBODYS},
        {"number": NO_CASE, "receipt": 5},
        {"number": [NO_CASE], "receipt": NOBODYS},
        {"number": "2222-2222", "receipt": NOBODYS},
        {"number": NO_CASE, "receipt": NOBODYS[:-1] + ("2" if NOBODYS[-1] != "2" else "3")},
        {"number": NO_CASE, "receipt": "x" * 5000},
        {"number": NO_CASE, "receipt": NOBODYS, "new": NOBODYS},
        {"number": NO_CASE, "receipt": NOBODYS, "new": "2222-2222-2222-2222-2222"},
        {"number": NO_CASE, "receipt": NOBODYS, "new": "a\x00"},
        {"number": NO_CASE, "receipt": NOBODYS, "name": "张三"},
    ],
)
async def test_a_bad_question_is_told_what_is_wrong_without_its_words(
    running: Running, body: dict[str, Any]
) -> None:
    async with browser(running) as web:
        answer = await web.post(RENEW, json=body)
        assert answer.status_code == 422, answer.text
        for typed in (NOBODYS, "张三", "xxxx"):
            assert typed not in answer.text
    assert await running.pool.fetchval("SELECT count(*) FROM receipt_try") == 0


async def test_the_command_line_shows_it_once(running: Running) -> None:
    words = (
        "case",
        "open",
        "--text",
        "漏水",
        "--anonymous",
        "--as",
        "clerk-1",
        "--command-id",
        "anonymous-2",
    )
    first = await call(running, *words)
    assert first.code == 0, first
    shown = next(line for line in first.out.splitlines() if "receipt:" in line).rpartition(" ")[2]
    assert parse_receipt(shown) == shown
    assert shown not in first.err
    again = await call(running, *words, "--json")
    assert (again.code, again.json["receipt"]) == (0, None)
    assert json.dumps(again.json).count(shown) == 0


async def test_a_page_shows_it_in_its_body_and_never_in_an_address(running: Running) -> None:
    async with browser(running) as web:
        web.cookies.set("zeren_user", "clerk-1")
        form = {"text": "漏水", "anonymous": "true", "_command_id": "anonymous-3"}
        page = await web.post("/cases", data=form)
        assert page.status_code == 201, page.text
        shown = page.text.partition('class="receipt">')[2].partition("<")[0]
        assert parse_receipt(shown) == shown
        assert "location" not in page.headers
        again = await web.post("/cases", data=form)
        assert (again.status_code, shown in again.text, "只显示一次" in again.text) == (201, False, True)


def test_a_receipt_is_not_printed_by_accident() -> None:
    assert NOBODYS not in repr(Slip(receipt=NOBODYS))
