"""Bad input at the command line: one clear sentence, the right exit code, no traceback, nothing half-written."""

import json
import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from console.cli.main import zeren
from tests import small
from tests.console.calling import Called, act, call, done, open_case
from tests.running import Running


def one_sentence(called: Called, code: int) -> str:
    """The reason on stderr: one line in both languages, beside the line with the command's id."""
    assert called.code == code, called
    lines = [line for line in called.err.splitlines() if not line.startswith("命令编号 / command id")]
    assert len(lines) == 1, called.err
    assert " / " in lines[0]
    assert "Traceback" not in called.err
    return lines[0]


async def _events(running: Running) -> int:
    return await running.pool.fetchval("SELECT count(*) FROM event")


OPEN = ("case", "open", "--as", "clerk-1", "--json")


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("--text", "x", "--place", "火星社区"), "place", 1),
        (("--text", "x", "--matter", "星际旅行"), "matter", 1),
        (("--text", "x", "--place", "999999999999"), "999999999999", 1),
        (("--text", "x", "--matter", "no-such-matter"), "no-such-matter", 1),
        (("--text", "x" * 100_000), "20000", 1),
        (("--text", "a\x1b[31mb"), "U+001B", 1),
        (("--text", "a\udcffb"), "Unicode", 1),
        (("--text", "   "), "text", 1),
        (("--text", "x", "--kind", "愿望"), "kind", 1),
        (("--text", "x", "--received-at", "2026-01-01T00:00:00"), "offset", 1),
        (("--text", "x", "--received-at", "2999-01-01T00:00:00Z"), "future", 1),
        (("--text", "x", "--anonymous", "--name", "张三"), "anonymous", 1),
        (("--text", "x", "--received-at", "9999-12-31T23:59:59-14:00"), "received_at", 1),
        (("--text", "x", "--received-at", "0001-01-01T00:00:00Z"), "1900", 1),
        (("--text", "x", "--received-at", "0206-03-01T09:00:00+08:00"), "1900", 1),
        (("--text", "x", "--received-at", "2026-03-08T02:30:00 America/New_York"), "received_at", 1),
        (("--text", "x", "--received-at", "2026-02-30T00:00:00Z"), "received_at", 1),
        (("--text", "x", "--place", "\u202e梧桐社区"), "place", 1),
        (("--text", "x", "--place", "９９０１０６"), "place", 1),
        (("--text", "x", "--matter", "%"), "matter", 1),
        (("--text", "x", "--command-id", "no blanks"), "command_id", 1),
        (("--text", "x", "--command-id", ""), "command_id", 1),
        (("--text", "x", "--command-id", "一"), "command_id", 1),
        (("--text", "x", "--hat", "king@990106.dispatch"), "role@body", 2),
        (("--text", "x", "--procedure", "petition", "--matter", small.HOUSING_MATTER), "procedure", 1),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, tuple) else None,
)
async def test_a_bad_intake_opens_nothing(
    running: Running, words: tuple[str, ...], said: str, code: int
) -> None:
    called = await call(running, *OPEN, *words)
    assert said in one_sentence(called, code)
    assert called.json["zh"]
    assert await _events(running) == 0


async def test_a_nul_byte_from_a_pipe_opens_nothing(running: Running) -> None:
    called = await call(running, *OPEN, "--text", "-", given="a\0b")
    assert "U+0000" in one_sentence(called, 1)
    assert await _events(running) == 0


async def test_who_is_unknown_or_has_no_such_hat_is_told(running: Running) -> None:
    for user in ("nobody", "张三", "a b", "x" * 300, "", "\u202e"):
        nobody = await call(running, "case", "open", "--text", "x", "--as", user)
        assert "user id" in one_sentence(nobody, 1)
    worker = await call(running, "case", "open", "--text", "x", "--as", "housing-1", "--json")
    assert "register" in one_sentence(worker, 1)
    assert worker.json["refusal"]["rule"] == "authority.does-not-register"
    not_his = await call(
        running, "case", "open", "--text", "x", "--as", "clerk-1", "--hat", "head@甲区房管局"
    )
    assert "not in post" in one_sentence(not_his, 1)


async def test_a_case_that_is_none_says_which_part_of_the_number_is_wrong(running: Running) -> None:
    number = await open_case(running)
    other = "2" if number[-1] != "2" else "3"
    assert "check character" in one_sentence(await call(running, "case", "show", number[:-1] + other), 1)
    assert "8 characters" in one_sentence(await call(running, "case", "show", "12"), 1)
    await running.pool.execute("DELETE FROM case_now")
    assert "no case with the number" in one_sentence(await call(running, "case", "show", number), 1)


async def test_wrong_commands_and_fields_are_wrong_usage(running: Running) -> None:
    number = await open_case(running)
    assert "fly" in one_sentence(await act(running, number, "clerk-1", "fly"), 2)
    assert "too" in one_sentence(await act(running, number, "clerk-1", "propose", "--too", "x"), 2)
    assert "--to" in one_sentence(await act(running, number, "clerk-1", "propose", "--to"), 2)
    assert "reason" in one_sentence(await act(running, number, "clerk-1", "object"), 2)
    assert "to" in one_sentence(await act(running, number, "clerk-1", "inform"), 2)
    assert "twice" in one_sentence(await act(running, number, "clerk-1", "sign", "--note=a", "--note=b"), 2)
    assert "field" in one_sentence(await act(running, number, "clerk-1", "sign", "loose"), 2)
    assert "clerk-1" in one_sentence(await call(running, "case", "act", number, "propose", "--to", "x"), 2)
    assert "command" in one_sentence(await call(running, "case", "act", number), 2)
    assert (await call(running, "case", "dance")).code == 2
    assert (await call(running, "queue", "--limit", "0")).code == 2
    assert "states" in one_sentence(await call(running, "queue", "--state", "sleeping"), 2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("case", "open"), "--text is missing"),
        (("case", "open", "--text"), "--text"),
        (("case", "open", "--txt", "张三的电话"), "--text"),
        (("case", "show"), "NUMBER is missing"),
        (("case", "show", "2222-2222", "张三的电话"), "a word too many"),
        (("case", "dance"), "no command dance"),
        (("fly", "张三的电话"), "no command fly"),
        (("queue", "--limit", "-1"), "from 1 to 500"),
        (("queue", "--limit", "9" * 500), "from 1 to 500"),
        (("queue", "--limit", "张三的电话"), "from 1 to 500"),
        (("case", "act", "2222-2222", "sign", "--expected-version", "x"), "a whole number"),
        (("pack", "check", "/nowhere"), "FOLDER"),
        (("up", "--port", "0"), "from 1 to 65535"),
        (("up", "--host", "0.0.0.0"), "loopback"),  # noqa: S104 - it is refused
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_wrong_usage_is_one_sentence_in_both_languages(words: tuple[str, ...], said: str) -> None:
    called = CliRunner().invoke(zeren, words)
    assert called.exit_code == 2
    assert called.stdout == ""
    (line,) = called.stderr.splitlines()
    zh, _, en = line.partition(" / ")
    assert any("一" <= char <= "鿿" for char in zh)
    assert said in en
    assert "--help" in zh and "--help" in en
    assert "张三" not in line, "what was typed may be somebody's words"
    assert len(line) < 400


def test_wrong_usage_is_a_document_too_where_one_is_asked_for() -> None:
    called = CliRunner().invoke(zeren, ["case", "open", "--txt", "x", "--json"])
    assert called.exit_code == 2
    assert json.loads(called.stdout)["outcome"] == "wrong_usage"
    shown = CliRunner().invoke(zeren, [])
    assert (shown.exit_code, "case" in shown.output) == (2, True)


async def test_what_is_done_in_the_future_is_refused_and_leaves_the_case_as_it_was(running: Running) -> None:
    number = await open_case(running)
    for at in ("9999-12-31T23:59:59Z", "2999-01-01T00:00:00+08:00"):
        late = await act(
            running, number, "clerk-1", "record_step", "--step", "note", "--note", "x", "--done-at", at
        )
        assert "future" in one_sentence(late, 1)
    slip = await act(
        running,
        number,
        "clerk-1",
        "record_step",
        "--step",
        "note",
        "--note",
        "x",
        "--done-at",
        "0001-01-01T00:00:00Z",
    )
    assert "1900" in one_sentence(slip, 1)
    assert await _events(running) == 1


async def test_what_a_rule_refuses_names_the_rule_and_the_next_step(running: Running) -> None:
    number = await open_case(running)
    await done(running, number, "clerk-1", "triage", "--matter", small.HOUSING_MATTER)
    wrong = await act(running, number, "clerk-1", "propose", "--to", "990106.nobody")
    assert "990106.nobody" in one_sentence(wrong, 1)
    stale = await act(running, number, "clerk-1", "propose", "--to", small.HOUSING, "--expected-version", "1")
    assert "version 1" in one_sentence(stale, 1)
    await done(running, number, "clerk-1", "propose", "--to", small.HOUSING, "--expected-version", "2")
    other = await act(running, number, "civil-1", "sign")
    assert "proposed body" in one_sentence(other, 1)
    await done(running, number, "housing-1", "sign")
    again = await act(running, number, "housing-1", "sign")
    assert "Nothing waits" in one_sentence(again, 1)
    assert again.json["refusal"]["next_en"]
    missing = await act(
        running, number, "housing-1", "return", "--reason", "not_our_duty", "--proposed-owner", small.WATER
    )
    assert "ground" in one_sentence(missing, 1)
    events = await _events(running)
    negative = await act(running, number, "housing-1", "start", "--expected-version", "-3")
    assert "expected_version" in one_sentence(negative, 1)
    assert await _events(running) == events


async def test_a_name_that_may_mean_several_lists_them(running: Running) -> None:
    number = await open_case(running)
    await done(running, number, "clerk-1", "triage", "--matter", small.HOUSING_MATTER)
    several = await act(running, number, "clerk-1", "propose", "--to", "甲区")
    assert small.HOUSING in one_sentence(several, 1) or "several" in several.err


async def test_instants_that_cannot_be_asked_for(running: Running) -> None:
    number = await open_case(running)
    future = await call(running, "case", "holders", number, "--at", "2999-01-01T00:00:00Z")
    assert "future" in one_sentence(future, 1)
    early = await call(running, "case", "show", number, "--at", "2001-01-01T00:00:00Z")
    assert "registered at" in one_sentence(early, 1)
    naive = await call(running, "case", "show", number, "--at", "2026-01-01")
    assert "offset" in one_sentence(naive, 1)
    for at in (
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "",
        "2026-11-01T01:30:00 America/New_York",
    ):
        assert " at " in one_sentence(await call(running, "case", "holders", number, "--at", at), 1)
    before = await call(running, "case", "holders", number, "--at", "2001-01-01T00:00:00Z", "--json")
    assert (before.code, before.json["intervals"], before.json["seconds"]) == (0, [], 0)
    assert "page mark" in one_sentence(await call(running, "queue", "--after", "%%%"), 1)


async def test_servers_that_are_away_are_one_sentence(running: Running) -> None:
    number = await open_case(running)
    running.env = {**running.env, "ZEREN_TEMPORAL_ADDRESS": "127.0.0.1:1"}
    away = await call(
        running, "case", "act", number, "triage", "--matter", small.HOUSING_MATTER, "--as", "clerk-1"
    )
    assert "workflow server" in one_sentence(away, 1)
    assert (await call(running, "case", "show", number)).code == 0
    running.env = {**running.env, "ZEREN_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    assert "database" in one_sentence(await call(running, "case", "show", number), 1)
    doctor = await call(running, "doctor", "--json")
    assert doctor.code == 1
    assert {check["name"] for check in doctor.json["checks"] if not check["ok"]} >= {"database", "temporal"}


async def test_a_doctor_finds_everything_well(running: Running) -> None:
    called = await call(running, "doctor", "--json")
    checks = {check["name"]: check for check in called.json["checks"]}
    assert (called.code, called.json["ok"]) == (0, True), checks
    assert {"database", "pack", "temporal", "key file", "read models", "alarms"} <= checks.keys()


async def test_without_a_name_the_dispatch_centre_takes_it_in(running: Running) -> None:
    called = await call(running, "case", "open", "--text", "-", "--json", given="从标准输入来的内容")
    assert called.code == 0, called
    assert called.json["actor"]["person"] == "city-clerk"
    assert "city-clerk" in called.err
    running.env = {**running.env, "ZEREN_MODE": "production"}
    assert "--as" in one_sentence(await call(running, "case", "open", "--text", "x"), 2)


def test_where_nothing_runs_every_command_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ZEREN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ZEREN_DATA", str(tmp_path))
    for words in (
        ["queue"],
        ["case", "show", "2222-2222"],
        ["rebuild"],
        ["doctor"],
        ["case", "open", "--text", "x"],
    ):
        result = CliRunner().invoke(zeren, words)
        assert result.exit_code == 1
        assert "make run" in result.output + result.stderr or "check character" in result.stderr


def test_every_command_has_help_with_an_example() -> None:
    groups: list[tuple[list[str], click.Command]] = [([], zeren)]
    seen = 0
    while groups:
        path, command = groups.pop()
        result = CliRunner().invoke(zeren, [*path, "--help"])
        assert result.exit_code == 0
        assert "example" in result.output, path
        seen += 1
        if isinstance(command, click.Group):
            context = click.Context(command)
            names = command.list_commands(context)
            groups += [
                ([*path, name], found) for name in names if (found := command.get_command(context, name))
            ]
    assert seen >= 20
