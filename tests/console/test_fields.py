"""What somebody typed becomes fields, or one sentence that names the field and does not quote what was typed."""

from datetime import UTC, datetime

import pytest

from console.errors import WrongUsage
from console.fields import LONGEST_TEXT, clean, read, spec
from console.numbers import case_number
from console.words import COMMANDS, EVENTS, FIELDS, LABELS
from domain.commands import MODELS
from domain.errors import BadInput
from domain.events import SCHEMAS
from domain.numbers import draw_number
from domain.words import CaseKind, Channel, Reason


def test_values_and_free_texts_are_set_apart() -> None:
    given = read(
        "object", {"reason": "not_our_duty", "proposed_owner": "990106.water", "ground": "不归我们管"}
    )
    assert given.values == {"reason": Reason.NOT_OUR_DUTY, "proposed_owner": "990106.water"}
    assert given.texts == {"ground": "不归我们管"}


def test_chinese_words_stand_for_codes() -> None:
    given = read("register", {"text": "灯坏了", "kind": "投诉", "channel": "窗口", "anonymous": "是"})
    assert given.values == {"kind": CaseKind.COMPLAINT, "channel": Channel.COUNTER, "anonymous": True}


@pytest.mark.parametrize("typed", ["true", "yes", "1", "是", True])
def test_yes_is_said_in_many_ways(typed: object) -> None:
    assert read("review", {"passed": typed}).values == {"passed": True}


@pytest.mark.parametrize(
    ("command", "fields", "named"),
    [
        ("review", {"passed": "maybe"}, "passed"),
        ("review", {"passed": 1}, "passed"),
        ("register", {"text": "x", "kind": "wish"}, "kind"),
        ("register", {"text": 5}, "text"),
        ("register", {"text": "x" * (LONGEST_TEXT + 1)}, "text"),
        ("register", {"text": "a\0b"}, "text"),
        ("register", {"text": "a\x1bb"}, "text"),
        ("register", {"text": "a\ud800b"}, "text"),
        ("register", {"text": "x", "phone": "\x07"}, "phone"),
        ("register", {"text": "x", "place": "a\nb"}, "place"),
        ("register", {"text": "x", "received_at": "2026-03-01T09:00:00"}, "received_at"),
        ("register", {"text": "x", "received_at": "yesterday"}, "received_at"),
        ("register", {"text": "x", "received_at": "0001-01-01T00:00:00+23:59"}, "received_at"),
        ("propose", {"to": ["a"]}, "to"),
    ],
)
def test_a_value_that_does_not_fit_is_named(command: str, fields: dict[str, object], named: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(command, fields)
    assert named in caught.value.en
    assert named in caught.value.zh
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("command", "fields", "named"),
    [
        ("fly", {}, "fly"),
        ("strike", {"deadline": "sign.1"}, "strike"),
        ("propose", {"too": "x"}, "too"),
        ("propose", {"actor": "x"}, "actor"),
        ("triage", {}, "matter"),
        ("triage", {"matter": ""}, "matter"),
        ("register", {"text": "x", "number": "2345-6789"}, "number"),
    ],
)
def test_wrong_usage_is_told_apart(command: str, fields: dict[str, object], named: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        read(command, fields)
    assert named in caught.value.en


def test_a_sentence_never_quotes_a_free_text() -> None:
    with pytest.raises(BadInput) as caught:
        read("register", {"text": "张三的电话13900001111\0"})
    assert "张三" not in str(caught.value)


def test_line_breaks_are_text_and_blank_texts_are_none() -> None:
    assert read("record_step", {"step": "note", "note": "一\r\n二\t三"}).texts == {"note": "一\r\n二\t三"}
    assert read("record_step", {"step": "note", "note": "  \n"}).texts == {}


def test_instants_are_kept_in_utc() -> None:
    given = read("sign", {"done_at": "2026-03-01T09:00:00+08:00"})
    assert given.values == {"done_at": datetime(2026, 3, 1, 1, tzinfo=UTC)}


def test_a_long_name_is_refused_without_reading_it_all() -> None:
    with pytest.raises(BadInput, match="has 201 characters"):
        clean("place", "x" * 201)


def test_every_command_has_a_spec_and_every_word_a_translation() -> None:
    for command in MODELS:
        assert command in COMMANDS
        if command != "strike":
            for name in spec(command).names():
                assert name in FIELDS, (command, name)
    assert set(SCHEMAS) == set(EVENTS)
    for kind, words in LABELS.items():
        assert set(words) == {code.value for code in kind}, kind


def test_a_case_number_is_read_generously() -> None:
    number = draw_number(lambda below: below // 2)
    assert case_number(f"  {number.lower()} ") == number
    assert case_number(number.replace("-", "—")) == number
    wide = "".join(chr(ord(char) + 0xFEE0) if char != "-" else "－" for char in number)
    assert case_number(wide) == number


@pytest.mark.parametrize(
    ("typed", "said"),
    [("2345", "has 4"), ("2345-678O", "letters other than"), ("", "has 0"), ("2222-2222", "check character")],
)
def test_a_wrong_case_number_says_what_is_wrong(typed: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        case_number(typed)
    assert said in caught.value.en
