"""Petitions, shelving and redirecting over the API, the forms and the command line, on real servers."""

from datetime import UTC, datetime
from typing import Any

import httpx

from domain.numbers import case_id
from tests import small
from tests.console.calling import act, call, done
from tests.console.test_http import browser, opened
from tests.running import Running

OPINION = {
    "truth": "true",
    "ours": True,
    "contacted": "yes",
    "solved": "no",
    "demand": "补偿不足",
    "finding": "已按标准补偿",
    "reply": "不予支持",
    "ground": "补偿办法第三条",
    "evidence": "协议",
    "judgement": "not_supported",
    "told_by": "letter",
}
DECISION = {
    "outcome": "upheld",
    "finding": "属实",
    "reply": "维持",
    "ground": "办法第三条",
    "told_by": "letter",
}


def _now() -> str:
    return datetime.now(UTC).isoformat()


class Case:
    """One case over the API."""

    def __init__(self, web: httpx.AsyncClient, number: str) -> None:
        self.web = web
        self.number = number
        self.here = f"/api/v1/cases/{number}"

    async def does(self, who: str, command: str, **fields: object) -> Any:
        """A command that has to be done."""
        answer = await self.tries(who, command, **fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def tries(self, who: str, command: str, **fields: object) -> httpx.Response:
        """A command, whatever comes of it."""
        return await self.web.post(
            f"{self.here}/commands", json={"type": command, **fields}, headers={"X-Zeren-User": who}
        )

    async def refused(self, who: str, command: str, **fields: object) -> str:
        """The rule that refused a command."""
        answer = await self.tries(who, command, **fields)
        assert answer.status_code == 409, answer.text
        return answer.json()["rule"]

    async def read(self, what: str = "") -> Any:
        """What a read answers."""
        return (await self.web.get(f"{self.here}{what}")).json()


async def _petition(running: Running, web: httpx.AsyncClient) -> Case:
    answer = await web.post(
        "/api/v1/cases",
        json={"text": "补偿", "place": small.COMMUNITY, "matter": small.PETITION_MATTER},
        headers={"X-Zeren-User": "petition-clerk", "Idempotency-Key": "petitioned"},
    )
    assert answer.status_code == 201, answer.text
    running.opened.append(case_id("petitioned"))
    return Case(web, answer.json()["number"])


async def test_a_petition_goes_through_all_its_instances_and_is_then_at_its_end(running: Running) -> None:
    async with browser(running) as web:
        case = await _petition(running, web)
        await case.does("petition-clerk", "propose", to=small.HOUSING)
        await case.does("housing-1", "sign")
        short = {name: value for name, value in OPINION.items() if name != "demand"}
        assert await case.refused("housing-1", "resolve", **short) == "opinion.incomplete"
        await case.does("housing-1", "resolve", **OPINION, delivered_at=_now())
        await case.does("petition-reviewer", "review", passed=True)
        asked = {"channel": "letter", "ground": "标准有误"}
        assert (
            await case.refused("petition-clerk", "request_final_review", **asked) == "appeal.wrong-instance"
        )
        await case.does("petition-clerk", "request_review", **asked)
        shown = await case.read()
        assert (shown["state"], shown["lead"], shown["opinion"]["by"]) == (
            "appeal",
            small.GOVERNMENT,
            small.HOUSING,
        )
        await case.does("district-head", "decide_appeal", **DECISION, delivered_at=_now())
        await _by_form(web, case)
        await case.does("city-head", "decide_appeal", **DECISION, delivered_at=_now())
        assert (await case.read())["exhausted"] is True
        assert await case.refused("petition-clerk", "request_final_review", **asked) == "ending.exhausted"
        verdict = {"response": True, "resolution": False, "satisfaction": "unsatisfied", "channel": "phone"}
        await case.does("petition-clerk", "record_verdict", **verdict)
        await case.does("petition-reviewer", "close")
        assert (
            await case.refused("petition-clerk", "reopen", channel="phone", ground="不服")
            == "ending.exhausted"
        )
        await _not_again(running, web, case.number)
        await _the_reads_agree(running, case)


async def _by_form(web: httpx.AsyncClient, case: Case) -> None:
    """The final review is asked on the page."""
    assert (await web.post("/acting", data={"user": "petition-clerk"})).status_code == 303
    page = await web.get(f"/cases/{case.number}")
    assert 'action="/cases/' + case.number + '/request_final_review"' in page.text
    assert "请求复核" in page.text
    fields = {"channel": "letter", "ground": "仍有误", "asked_at": "", "_command_id": "asked-by-form"}
    sent = await web.post(f"/cases/{case.number}/request_final_review", data=fields)
    assert sent.status_code == 303, sent.text
    assert (await case.read())["lead"] == small.CITY_GOVERNMENT


async def _not_again(running: Running, web: httpx.AsyncClient, number: str) -> None:
    """The same facts are not registered again, over the API and over the command line; other facts are."""
    again = {"text": "补偿", "place": small.COMMUNITY, "matter": small.PETITION_MATTER}
    clerk = {"X-Zeren-User": "petition-clerk"}
    refused = await web.post("/api/v1/cases", json={**again, "same_as": number}, headers=clerk)
    assert (refused.status_code, refused.json()["rule"]) == (409, "ending.exhausted")
    words = ("case", "open", "--text", "补偿", "--place", small.COMMUNITY, "--matter", small.PETITION_MATTER)
    by_line = await call(running, *words, "--same-as", number, "--as", "petition-clerk", "--json")
    assert by_line.code == 1
    assert "ending.exhausted" in by_line.out
    await opened(running, web, **{name: value for name, value in again.items() if name != "text"})


async def _the_reads_agree(running: Running, case: Case) -> None:
    clocks = {clock["id"].split(".")[0]: clock for clock in (await case.read("/clocks"))["clocks"]}
    assert clocks["ask_appeal"]["rule"] == "policy.petition.ask_appeal"
    assert (clocks["ask_appeal"]["hours"], clocks["decide_appeal"]["state"]) == (720, "met")
    assert "请求复查复核" in clocks["ask_appeal"]["reason"]["zh"]
    held = await case.read("/holders")
    assert held["seconds"] == sum(row["seconds"] for row in held["intervals"])
    answering = list(dict.fromkeys(row["answering"] for row in held["intervals"]))
    assert answering == [small.PETITION, small.HOUSING, small.GOVERNMENT, small.CITY_GOVERNMENT]
    rebuilt = (await call(running, "rebuild", "--json")).json
    assert rebuilt["differences"] == []
    assert (await call(running, "case", "clocks", case.number)).code == 0


async def test_a_case_is_shelved_and_redirected_by_the_command_line(running: Running) -> None:
    async with browser(running) as web:
        number = (await opened(running, web, place=small.COMMUNITY, matter=small.HOUSING_MATTER)).json()[
            "number"
        ]
    await done(running, number, "clerk-1", "propose", "--to", small.HOUSING)
    await done(running, number, "housing-1", "sign")
    wrong = await act(running, number, "housing-head", "shelve", "--hours", "九天", "--ground", "待批")
    assert (wrong.code, "hours" in wrong.out + wrong.err) == (1, True)
    await done(running, number, "housing-head", "shelve", "--hours", "200", "--ground", "待资金批复")
    told = ("--told-by", "电话", "--reply", "待资金到位后维修")
    shelved = await done(running, number, "reviewer-1", "consent-to-shelving", *told)
    assert shelved["state"] == "shelved"
    shown = (await call(running, "case", "show", number, "--json")).json
    assert (shown["charge"], shown["charged_to"]) == ("lawful_pause", small.HOUSING)
    queue = (await call(running, "queue", "--state", "挂账中", "--json")).json
    assert [item["number"] for item in queue["items"]] == [number]
    clocks = (await call(running, "case", "clocks", number, "--json")).json["clocks"]
    running_ = {clock["kind"]: clock["hours"] for clock in clocks if clock["state"] == "running"}
    assert running_ == {"resolve": 120, "look_again": 200}
    await done(running, number, "housing-1", "unshelve", "--note", "资金到位")
    words = ("--truth", "属实", "--no-ours", "--contacted", "yes", "--solved", "no")
    texts = ("--finding", "已核实", "--reply", "应走仲裁", "--evidence", "合同")
    await done(running, number, "housing-1", "resolve", *words, *texts)
    ended = await done(
        running,
        number,
        "reviewer-2",
        "redirect",
        "--way",
        "仲裁",
        "--told-by",
        "phone",
        "--reply",
        "请申请仲裁",
    )
    assert ended["state"] == "ended"
    history = (await call(running, "case", "history", number, "--json")).json["events"]
    assert (history[-1]["data"]["way"], history[-1]["personal"]) == ("arbitration", ["reply"])
    assert "仲裁" not in str(history[-1]["data"]["told_by"])
