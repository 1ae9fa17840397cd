"""Cases that belong together, over the API, the pages and the command line, on real servers."""

from domain.words import State
from tests import small
from tests.console.calling import call, done, open_case
from tests.console.test_http import CLERK, browser, opened
from tests.running import Running

PHONE = "13812345678"


async def test_the_api_and_the_pages_show_who_follows_whom(running: Running) -> None:
    async with browser(running) as web:
        matter = {"place": small.COMMUNITY, "matter": small.HOUSING_MATTER}
        parent = (await opened(running, web, phone=PHONE, **matter)).json()["number"]
        child = (await opened(running, web, phone="138 1234 5678", **matter)).json()["number"]
        commands = f"/api/v1/cases/{child}/commands"
        merged = await web.post(commands, json={"type": "merge", "into": parent.lower()}, headers=CLERK)
        assert (merged.status_code, merged.json()["state"]) == (200, State.MERGED)

        shown = (await web.get(f"/api/v1/cases/{child}")).json()
        assert shown["parent"] == parent
        assert shown["links"] == [{"number": parent, "tie": "repeat", "state": "triage"}]
        above = (await web.get(f"/api/v1/cases/{parent}")).json()
        assert above["children"] == {"count": 1, "numbers": [child]}
        held = (await web.get(f"/api/v1/cases/{child}/holders")).json()
        assert held["intervals"][-1]["charge"] == "follows_parent"
        assert held["seconds"] == sum(row["seconds"] for row in held["intervals"])

        page = (await web.get(f"/cases/{child}")).text
        assert f'href="/cases/{parent}"' in page
        assert "随主件" in page
        assert f'href="/cases/{child}"' in (await web.get(f"/cases/{parent}")).text

        refused = await web.post(commands, json={"type": "triage", **matter}, headers=CLERK)
        assert (refused.status_code, refused.json()["rule"]) == (409, "merge.follows")
        wrong = await web.post(commands, json={"type": "merge", "into": "K7M2"}, headers=CLERK)
        assert wrong.status_code in {400, 422}
        nobody = await web.post(commands, json={"type": "wake"}, headers=CLERK)
        assert nobody.status_code in {400, 422}


async def test_the_command_line_links_merges_unmerges_and_splits(running: Running) -> None:
    matter = ("--place", small.COMMUNITY, "--matter", small.HOUSING_MATTER)
    parent, child = await open_case(running, *matter), await open_case(running, *matter)
    await done(running, child, "clerk-1", "link", "--other", parent, "--tie", "疑似重复")
    await done(running, child, "clerk-1", "merge", "--into", parent)
    said = (await call(running, "case", "show", child)).out
    assert "主件 parent" in said
    assert parent in said
    assert "1 件" in (await call(running, "case", "show", parent)).out
    receipt = await done(running, child, "clerk-1", "unmerge", "--ground", "另有缘由")
    assert receipt["state"] == "triage"
    part = await open_case(running, *matter, "--split-from", parent)
    shown = (await call(running, "case", "show", part, "--json")).json
    assert {"number": parent, "tie": "split", "state": "triage"} in shown["links"]
    clocks = (await call(running, "case", "clocks", part, "--json")).json["clocks"]
    resolve = next(clock for clock in clocks if clock["kind"] == "resolve")
    first = (await call(running, "case", "show", parent, "--json")).json
    assert resolve["started_at"] == first["registered_at"]
