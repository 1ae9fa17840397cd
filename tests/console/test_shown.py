"""What people see is said in words, in the language asked for, and never leaves out an answer that was no."""

from typing import Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

import pytest

from console.shown import parts, said_name, spoken, who
from console.views import actor_view, history_view
from console.web.forms import form
from console.words import COMMANDS, EVENTS, LABELS, LITERALS
from domain import authority, decide, endings, intake
from domain import events as e
from domain.commands import MODELS
from domain.jurisdiction import Name
from domain.rules import Rule, refusal
from tests import small
from tests.domain.telling import Story

ZONE = ZoneInfo("Asia/Shanghai")
NAMES: dict[str, Any] = {
    small.HOUSING: {"zh": "甲区房管局", "en": "Housing office"},
    small.OFFICE: {"zh": "甲街道", "en": ""},
}


@pytest.mark.parametrize(
    ("rule", "holes", "words"),
    [
        (decide.NOT_WORKING, {"state": "awaiting_verdict"}, "（当前状态：待评价）"),
        (decide.CASE_ENDED, {"ending": "not_accepted"}, "案件已终结（不予受理）。"),
        (decide.TEXT_MISSING, {"fields": "note, text"}, "缺少必填内容：备注、诉求内容。"),
        (
            authority.WRONG_HAT,
            {"role": "caseworker", "command": "withdraw", "roles": "clerk, head"},
            "“经办人”不能办理“撤回”，需要：受理员、负责人。",
        ),
        (endings.NOT_REOPENABLE, {"ending": "withdrawn"}, "以“撤回”终结"),
        (intake.NO_DISPATCHER, {"procedure": "petition"}, "“信访”程序"),
        (intake.UNKNOWN_MATTER, {"matter": "no-such"}, "没有事项“no-such”"),
    ],
)
def test_a_refusal_on_a_page_says_codes_in_words(rule: Rule, holes: dict[str, str], words: str) -> None:
    assert words in spoken(refusal(rule, holes).zh)


def test_the_next_step_keeps_what_one_types() -> None:
    for rule in (decide.CASE_ENDED, endings.NOT_HEARD, endings.WITHDRAWAL_NOT_RECORDED):
        assert spoken(rule.next_zh) == rule.next_zh


def _last(story: Story, lang: str = "zh") -> list[str]:
    events = history_view("2222-2222", story.events, {})["events"]
    return parts(events[-1], NAMES, ZONE, lang)


def test_a_no_is_said() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose().sign()
    story.resolve(ours=False, solved="no")
    assert "是否属本单位职责：否" in _last(story)


def test_parts_of_an_event_are_names_words_and_local_times() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose()
    told = "；".join(_last(story))
    assert "拟派单位：甲区房管局" in told
    assert "送达时间：2026-03-02 " in told
    story.object(small.OFFICE).contest_objection()
    told = "；".join(_last(story))
    assert "原因：异议被驳" in told
    assert "争议各方：甲区房管局、甲街道" in told
    english = "; ".join(_last(story, "en"))
    assert "cause: objection contested" in english
    assert "parties: Housing office, 甲街道" in english


def test_a_missed_deadline_and_its_ladder_are_told_as_such() -> None:
    story = Story().working().time_passes_until("resolve")
    told = {event.body.type: event for event in story.events}
    events = [told["deadline_missed"], told["escalated"]]
    missed, escalated = history_view("2222-2222", events, {})["events"]
    assert parts(missed, NAMES, ZONE) == ["时限：办结", "时间计给：甲区房管局"]
    assert parts(escalated, NAMES, ZONE)[0] == "超时的时限：办结"
    assert parts(escalated, NAMES, ZONE)[1].startswith("督办单位：")


def test_an_actor_and_a_name_in_both_languages() -> None:
    assert who({"kind": "clock"}, {}) == "计时器"
    assert who({"kind": "resident"}, {}, "en") == "resident"
    clerk = actor_view(small.CLERK)
    assert " · 受理员 · " in who(clerk, {})
    assert " · clerk · " in who(clerk, {}, "en")
    assert said_name({"x": Name(zh="甲", en="A").model_dump()}, "x", "en") == "A"
    assert said_name({"x": Name(zh="甲").model_dump()}, "x", "en") == "甲"
    assert said_name({}, "x", "zh") == "x"


def _literals(annotation: Any) -> set[str]:
    found = set(get_args(annotation)) if get_origin(annotation) is Literal else set()
    return found.union(*(_literals(part) for part in get_args(annotation)))


def test_every_literal_command_and_event_has_its_words() -> None:
    literals = {
        word
        for body in e.EventBody.__subclasses__()
        for name, field in body.model_fields.items()
        if name != "type"
        for word in _literals(field.annotation)
    }
    assert literals == set(LITERALS)
    assert set(COMMANDS) == set(MODELS)
    assert set(EVENTS) == set(e.SCHEMAS)
    for kind, words in LABELS.items():
        assert set(words) == {code.value for code in kind}


def test_a_form_asks_what_the_resident_says_first_and_when_it_was_done_last() -> None:
    asked = [control.name for control in form("register", "zh").controls]
    assert asked[0] == "text"
    assert asked[-1] == "done_at"
    assert asked.index("matter") < asked.index("name") < asked.index("phone") < asked.index("note")
    hints = {control.name: control.hint for control in form("register", "zh").controls}
    assert hints["kind"] == "不选即：求助"
    assert hints["anonymous"] == "不选即：否"
    assert hints["procedure"] == ""
