"""The whole way of a case through the command line, on real servers, and what the reads say of it afterwards."""

from datetime import datetime

from tests import small
from tests.console.calling import act, call, done, open_case
from tests.running import Running

ANSWERS = (
    *("--truth", "属实", "--ours", "--contacted", "yes", "--solved", "yes"),
    *("--finding", "已核实", "--reply", "已修好", "--evidence", "照片"),
)
VERDICT = ("--response", "true", "--resolution", "true", "--channel", "phone")


async def _to_the_end(running: Running, number: str) -> None:
    await done(running, number, "housing-1", "resolve", *ANSWERS)
    await done(running, number, "reviewer-1", "review", "--passed")
    await done(running, number, "clerk-1", "record_verdict", *VERDICT, "--satisfaction", "satisfied")
    await done(running, number, "reviewer-1", "close")


async def test_a_case_goes_the_whole_way_by_the_command_line(running: Running) -> None:
    number = await open_case(running, "--place", "梧桐社区", "--name", "张三", "--phone", "13900001111")
    receipt = await done(running, number, "clerk-1", "triage", "--matter", "房屋漏水")
    assert receipt["state"] == "triage"
    await done(running, number, "clerk-1", "propose", "--to", "甲区房管局")
    await done(
        running,
        number,
        "housing-1",
        "object",
        *("--reason", "不属本单位职责", "--proposed-owner", small.CIVIL_AFFAIRS, "--ground", "不归我们管"),
    )
    await done(running, number, "clerk-1", "contest-objection", "--ground", "清单写明")
    await done(
        running, number, "district-head", "rule", "--designate", small.HOUSING, "--ground", "清单第三条"
    )
    await done(running, number, "housing-1", "acknowledge")
    await done(running, number, "housing-1", "resolve", *ANSWERS)
    await done(running, number, "reviewer-1", "review", "--passed")
    unsatisfied = await done(
        running, number, "clerk-1", "record_verdict", *VERDICT, "--satisfaction", "unsatisfied"
    )
    assert unsatisfied["state"] == "working"
    await _to_the_end(running, number)
    reopened = await done(running, number, "clerk-1", "reopen", "--channel", "phone", "--ground", "又漏了")
    assert (reopened["state"], reopened["number"]) == ("working", number)
    await _the_reads_agree(running, number)


async def _the_reads_agree(running: Running, number: str) -> None:
    shown = (await call(running, "case", "show", number, "--json")).json
    assert (shown["state"], shown["episode"], shown["lead"]) == ("working", 2, small.HOUSING)
    held = (await call(running, "case", "holders", number, "--json")).json
    assert {"number", "from", "to", "seconds", "intervals"} <= held.keys()
    assert set(held["intervals"][0]) == {
        *("episode", "answering", "charge", "charged_to", "from", "to", "seconds", "opened_by", "closed_by")
    }
    assert held["seconds"] == sum(row["seconds"] for row in held["intervals"])
    for before, after in zip(held["intervals"], held["intervals"][1:], strict=False):
        assert before["to"] == after["from"] or before["episode"] != after["episode"]
    assert held["intervals"][-1]["closed_by"] is None
    middle = held["intervals"][2]["from"]
    then = (await call(running, "case", "holders", number, "--at", middle, "--json")).json
    assert then["to"] == middle
    assert len(then["intervals"]) == 2
    stood = (await call(running, "case", "show", number, "--at", middle, "--json")).json
    assert (stood["answering"], stood["charge"]) == (
        held["intervals"][2]["answering"],
        held["intervals"][2]["charge"],
    )
    clocks = (await call(running, "case", "clocks", number, "--json")).json
    states = {clock["kind"]: clock["state"] for clock in clocks["clocks"]}
    assert states["ruling"] == "met"
    assert {"running", "met"} <= {clock["state"] for clock in clocks["clocks"]}
    assert clocks["promised"]["zh"]
    history = (await call(running, "case", "history", number, "--json")).json
    assert history["events"][0]["personal"] == ["name", "phone", "text"]
    assert "张三" not in str(history)
    for words in (["show"], ["holders"], ["history"], ["clocks"]):
        called = await call(running, "case", words[0], number)
        assert called.code == 0
        assert number in called.out


async def test_a_withdrawn_case_drops_its_clocks(running: Running) -> None:
    number = await open_case(running)
    await done(running, number, "clerk-1", "withdraw", "--channel", "phone", "--note", "居民要求")
    clocks = (await call(running, "case", "clocks", number, "--json")).json["clocks"]
    assert [clock["state"] for clock in clocks] == ["dropped"]
    ended = await act(running, number, "clerk-1", "triage", "--matter", small.HOUSING_MATTER)
    assert (ended.code, ended.json["outcome"]) == (1, "case_ended")


async def test_the_queue_pages_and_filters(running: Running) -> None:
    numbers = {await open_case(running, "--place", small.COMMUNITY) for _ in range(3)}
    page = (await call(running, "queue", "--limit", "2", "--json")).json
    assert (page["total"], len(page["items"])) == (3, 2)
    rest = (await call(running, "queue", "--limit", "2", "--after", page["next"], "--json")).json
    assert rest["next"] is None
    assert {item["number"] for item in (*page["items"], *rest["items"])} == numbers
    assert {"number", "state", "matter", "place", "answering", "next_deadline"} <= page["items"][0].keys()
    mine = (await call(running, "queue", "--body", "甲区派单中心", "--state", "待派", "--json")).json
    assert mine["total"] == 3
    none = (await call(running, "queue", "--body", small.HOUSING, "--json")).json
    assert (none["total"], none["items"]) == (0, [])
    late = (await call(running, "queue", "--overdue", "--json")).json
    assert late["total"] == 0
    words = await call(running, "queue")
    assert all(number in words.out for number in numbers)


async def test_what_is_allowed_is_told_to_whom_and_why_not(running: Running) -> None:
    number = await open_case(running)
    listed = (await call(running, "case", "act", number, "--list", "--json")).json
    rows = {row["command"]: row for row in listed["commands"]}
    assert rows["triage"]["allowed"]
    assert set(rows["triage"]["people"]) == {"clerk-1", "clerk-2", "dispatch-head"}
    assert rows["oversee"]["people"] == ["city-supervisor", "district-supervisor"]
    assert rows["sign"]["refusal"]["rule"] == "hand-off.nothing-proposed"
    mine = (await call(running, "case", "act", number, "--list", "--as", "housing-1", "--json")).json
    assert {row["refusal"]["rule"] for row in mine["commands"] if row["command"] == "triage"} == {
        "authority.wrong-hat"
    }
    words = await call(running, "case", "act", number, "--list")
    assert "✓ triage" in words.out
    assert "✗ sign" in words.out


async def test_the_same_command_id_gets_the_first_answer_under_the_first_hat(running: Running) -> None:
    number = await open_case(running, "--place", small.COMMUNITY)
    await done(running, number, "clerk-1", "triage", "--matter", small.COMMITTEE_MATTER)
    await done(running, number, "clerk-1", "propose", "--to", small.COMMITTEE)
    first = await done(running, number, "many-hats", "sign", "--command-id", "sign-once")
    assert first["actor"]["body"] == small.COMMITTEE
    await done(running, number, "many-hats", "resolve", *ANSWERS)
    again = await done(running, number, "many-hats", "sign", "--command-id", "sign-once")
    assert again == first
    other = await act(running, number, "many-hats", "start", "--command-id", "sign-once")
    assert (other.code, other.json["refusal"]["rule"]) == (1, "command.reused")
    words = await act(
        running, number, "clerk-1", "record_step", "--step", "note", "--note", "一", "--command-id", "step"
    )
    assert words.code == 0
    reused = await act(
        running, number, "clerk-1", "record_step", "--step", "note", "--note", "二", "--command-id", "step"
    )
    assert (reused.code, reused.json["refusal"]["rule"]) == (1, "command.reused")


async def test_known_answers_as_it_was_known(running: Running) -> None:
    number = await open_case(running)
    before = (await call(running, "case", "history", number, "--json")).json["events"][0]["recorded_at"]
    await done(running, number, "clerk-1", "triage", "--matter", small.HOUSING_MATTER)
    known = (await call(running, "case", "show", number, "--known", before, "--json")).json
    assert (known["matter"], known["events"]) == (None, 1)
    now = datetime.fromisoformat((await call(running, "case", "holders", number, "--json")).json["to"])
    assert now.utcoffset() is not None


async def test_rebuilding_changes_nothing(running: Running) -> None:
    number = await open_case(running)
    before = (await call(running, "case", "holders", number, "--at", _now(), "--json")).json
    rebuilt = (await call(running, "rebuild", "--json")).json
    assert rebuilt["differences"] == []
    assert rebuilt["cases"] == 1
    after = (await call(running, "case", "holders", number, "--at", before["to"], "--json")).json
    assert after == before
    woken = (await call(running, "rehydrate", "--json")).json
    assert (woken["open"], woken["started"], woken["running"], woken["failed"]) == (1, 0, 1, 0)


def _now() -> str:
    return datetime.now().astimezone().isoformat()
