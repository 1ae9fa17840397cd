"""Forms made of the commands themselves: one control for each field, in both languages, and back again.

A form works without JavaScript. A field left empty is a field not given; a yes-or-no field is a choice of three, so
that "no" is said and never merely not ticked.
"""

from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qsl

from console.fields import spec
from console.words import Word, command_word, field_word, label, yes_no
from domain.commands import MODELS
from domain.errors import BadInput

_MOST_FIELDS = 60
_LONG = frozenset({"text", "ground", "note", "finding", "reply", "evidence", "demand", "task"})
_FIRST = "text"
_LATER = (
    *("name", "phone", "address"),
    *("task", "demand", "ground", "finding", "reply", "evidence"),
    *("note", "done_at"),
)
"""The order in which a form asks: what the resident says, then choices, then these."""


class Choice(NamedTuple):
    """One entry of a list."""

    value: str
    words: str


class Control(NamedTuple):
    """One control: ``kind`` is select, area, line or time. ``hint`` says what to write, or what no choice means."""

    name: str
    words: str
    kind: str
    required: bool
    choices: tuple[Choice, ...] = ()
    hint: str = ""


class Form(NamedTuple):
    """A command as a form."""

    command: str
    words: str
    controls: tuple[Control, ...]


_OF_A_COMMAND: dict[tuple[str, str], Word] = {
    ("answer_as_provider", "finding"): Word("情况说明", "what there is to say"),
}
"""Fields that mean something else in a command than elsewhere."""


def form(command: str, lang: str) -> Form:
    """The form of a command in one language."""
    names = sorted(spec(command).names(), key=_place)
    controls = [_control(name, command, lang) for name in names]
    return Form(command, command_word(command).say(lang), tuple(controls))


def _place(name: str) -> int:
    if name == _FIRST:
        return -1
    return _LATER.index(name) + 1 if name in _LATER else 0


def _control(name: str, command: str, lang: str) -> Control:
    known = spec(command)
    words = (_OF_A_COMMAND.get((command, name)) or field_word(name)).say(lang)
    field = known.fields.get(name)
    if field is None:
        return Control(name, words, "area" if name in _LONG else "line", known.texts[name])
    if field.choices is not None:
        hint = _unsaid(command, name, lang)
        return Control(name, words, "select", field.required, _choices(field.choices, lang), hint)
    if field.kind == "yes_no":
        answers = (Choice("true", yes_no(True, lang)), Choice("false", yes_no(False, lang)))
        return Control(name, words, "select", field.required, answers, _unsaid(command, name, lang))
    if field.kind == "instant":
        return Control(name, words, "time", field.required, hint="2026-03-01T09:00:00+08:00")
    hints = {
        "body": ("单位名称或编号", "a body's name or id"),
        "bodies": ("单位名称或编号，多个用顿号隔开", "names or ids of bodies, with commas between"),
        "matter": ("事项名称或编号", "a matter's name or id"),
        "case": ("案件号", "a case number"),
        "count": ("正整数", "a whole number"),
        "place": ("社区、街道名称或区划代码", "a place's name or code"),
    }
    zh, en = hints.get(field.kind, ("", ""))
    return Control(name, words, "line", field.required, hint=en if lang == "en" else zh)


def _unsaid(command: str, name: str, lang: str) -> str:
    """What is taken where nothing is chosen; empty where that is nothing."""
    taken = MODELS[command].model_fields[name].default
    if isinstance(taken, StrEnum):
        word = label(taken, lang)
    elif isinstance(taken, bool):
        word = yes_no(taken, lang)
    else:
        return ""
    return f"if not chosen: {word}" if lang == "en" else f"不选即：{word}"


def _choices(codes: type[StrEnum], lang: str) -> tuple[Choice, ...]:
    return tuple(Choice(code.value, label(code, lang)) for code in codes)


def read_form(body: bytes) -> dict[str, str]:
    """The fields of a form that a browser sent; empty ones are left out. Raises BadInput."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), strict_parsing=False, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except (ValueError, UnicodeError):
        raise BadInput(
            "表单内容读不出来；请重新填写。", "The form cannot be read; fill it in again."
        ) from None
    if len({name for name, _ in pairs}) != len(pairs):
        raise given_twice()
    # Browsers end lines with CR LF, whatever was typed.
    return {name: value.replace("\r\n", "\n") for name, value in pairs if value}


def given_twice() -> BadInput:
    """One field with two values."""
    return BadInput("同一项给了两次；请只给一次。", "A field is given twice; give it once.")
