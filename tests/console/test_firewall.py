"""The firewall on the real servers: a complaint against a street office, from its registration to its closing."""

from pathlib import Path
from typing import Any

import httpx

from domain.numbers import case_id
from tests import small
from tests.console.calling import call, done
from tests.console.test_http import browser
from tests.running import Running

COMPLAINT = ("case", "open", "--text", "街道办事处不作为", "--place", "梧桐社区", "--matter", "房屋漏水")
RESOLVED = {
    "truth": "true",
    "ours": True,
    "contacted": "yes",
    "solved": "yes",
    "finding": "已核实",
    "reply": "已修好",
    "evidence": "照片",
}
SATISFIED = {"response": True, "resolution": True, "satisfaction": "satisfied", "channel": "phone"}
BY_REGISTRAR = ("--as", "station-clerk", "--json")


async def test_the_accused_and_the_registrar_do_not_see_it_and_the_district_settles_it(
    running: Running,
) -> None:
    words = (*COMPLAINT, "--against", "一街道办事处", "--command-id", "complaint-1", *BY_REGISTRAR)
    first = await call(running, *words)
    assert first.code == 0, first
    running.opened.append(case_id("complaint-1"))
    number = first.json["number"]
    assert (first.json["state"], first.json["version"], first.json["events"]) == (None, None, [])
    gone = await call(running, "case", "show", number, "--as", "station-clerk")
    assert (gone.code, f"没有案件号为 {number} 的案件" in gone.err) == (1, True)
    async with browser(running) as web:
        for user in ("station-clerk", "office-1", "committee-1", "many-hats", None):
            headers = {"X-Zeren-User": user} if user else {}
            for look in ("", "/holders", "/events", "/clocks", "/allowed"):
                assert (await web.get(f"/api/v1/cases/{number}{look}", headers=headers)).status_code == 404
            assert (await web.get("/api/v1/queue", headers=headers)).json()["total"] == 0
        refused = await _acts(web, number, "office-1", {"type": "record_step", "step": "note", "note": "?"})
        assert refused.status_code == 404
        mine = (await web.get("/api/v1/queue", headers={"X-Zeren-User": "clerk-1"})).json()
        assert [item["answering"] for item in mine["items"]] == [small.DISPATCH]
        for user, body in (
            ("clerk-1", {"type": "propose", "to": small.HOUSING}),
            ("housing-1", {"type": "sign"}),
            ("housing-1", {"type": "resolve", **RESOLVED}),
            ("reviewer-1", {"type": "review", "passed": True}),
            ("clerk-1", {"type": "record_verdict", **SATISFIED}),
            ("reviewer-1", {"type": "close"}),
        ):
            done_ = await _acts(web, number, user, body)
            assert done_.status_code == 200, done_.text
        assert done_.json()["state"] == "ended"
        assert (await _acts(web, number, "office-1", {"type": "start"})).status_code == 404
    again = await call(running, *words)
    assert (again.code, again.out) == (first.code, first.out)


async def _acts(web: httpx.AsyncClient, number: str, user: str, body: dict[str, Any]) -> httpx.Response:
    return await web.post(f"/api/v1/cases/{number}/commands", json=body, headers={"X-Zeren-User": user})


async def test_a_later_accusation_and_a_recusal_over_http_and_by_form(running: Running) -> None:
    async with browser(running) as web:
        clerk, head = {"X-Zeren-User": "clerk-1"}, {"X-Zeren-User": "housing-head"}
        opened = await web.post(
            "/api/v1/cases",
            json={"text": "屋顶漏水", "matter": small.HOUSING_MATTER, "place": small.COMMUNITY},
            headers=clerk,
        )
        running.opened.append(case_id(opened.json()["command_id"]))
        here = f"/api/v1/cases/{opened.json()['number']}"
        for who, body in (
            (clerk, {"type": "propose", "to": small.HOUSING}),
            (head, {"type": "sign"}),
            (clerk, {"type": "accuse", "against": ["甲区房管局"], "ground": "居民来电", "misconduct": True}),
        ):
            sent = await web.post(f"{here}/commands", json=body, headers=who)
            assert sent.status_code == 200, sent.text
        assert (await web.get(here, headers=head)).status_code == 404
        missing = await web.post(f"{here}/commands", json={"type": "resolve"}, headers=head)
        assert missing.status_code in {404, 422}
        shown = (await web.get(here, headers=clerk)).json()
        assert (shown["state"], shown["lead"], shown["against"]) == ("triage", None, [small.HOUSING])
        assert shown["misconduct"] is True

        web.cookies.set("zeren_user", "clerk-2")
        page = f"/cases/{opened.json()['number']}"
        assert "自行回避" in (await web.get(page)).text
        out = await web.post(f"{page}/recuse", data={"ground": "亲属", "_command_id": "recusal-1"})
        assert (out.status_code, out.headers["location"]) == (303, "/")
        assert (await web.get(page)).status_code == 404
        assert "亲属" not in (await web.get(f"{here}/events", headers=clerk)).text
        form = {"text": "办事处推诿", "against": "一街道办事处、梧桐社区居委会", "_command_id": "by-form-1"}
        taken = await web.post("/cases", data=form)
        running.opened.append(case_id("by-form-1"))
        assert taken.status_code == 201
        assert "反映对象及其下级看不到本件" in taken.text
        assert (await web.post("/cases", data=form)).text == taken.text


async def test_an_import_tells_nobody_that_somebody_else_s_row_is_a_hidden_case(
    running: Running, tmp_path: Path
) -> None:
    file = tmp_path / "letters.csv"
    file.write_text("内容\n办事处不开门\n", encoding="utf-8")
    first = (await call(running, "import", "cases", str(file), "--as", "clerk-1", "--json")).json
    assert (first["opened"], first["already"]) == (1, 0)
    (item,) = (await call(running, "queue", "--as", "clerk-1", "--json")).json["items"]
    await done(
        running, item["number"], "clerk-1", "accuse", "--against", small.OFFICE, "--ground", "来信所指"
    )
    seen = (await call(running, "import", "cases", str(file), "--as", "clerk-1", "--json")).json
    assert (seen["opened"], seen["already"]) == (0, 1)
    hidden = (await call(running, "import", "cases", str(file), "--as", "station-clerk", "--json")).json
    assert hidden == first | {"refused_file": hidden["refused_file"]}
