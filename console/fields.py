"""What somebody typed becomes the fields of a command, or one sentence that names the field.

    raw fields ─▶ known to this command? ─▶ clean text? ─▶ of the right kind? ─▶ values + free texts

The fields of a command are read off its model, so that a new command is at once understood by the command line, the
HTTP API and the forms. Free texts are set apart here; from the model's side they do not exist. Ids may still be names:
the desk looks those up (console/names.py).
"""

import re
import types
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Literal, NamedTuple, Union, cast, get_args, get_origin

from pydantic.fields import FieldInfo

from console.errors import WrongUsage
from console.numbers import case_number
from console.words import COMMANDS, LABELS, field_word
from domain.commands import MODELS, NOT_BY_PEOPLE
from domain.errors import BadInput
from domain.personal import FREE_TEXT

LONGEST_TEXT = 20_000
"""Characters of one free text."""

LONGEST_VALUE = 200
"""Characters of any other field."""

LONGEST_LIST = 4_000
"""Characters of a list that was typed in one line."""

Kind = Literal["choice", "yes_no", "instant", "body", "bodies", "matter", "place", "case", "count", "line"]

_OWN = frozenset({"id", "actor", "expected_version", "personal", "type", "number"})
_BODIES = frozenset({"to", "proposed_owner", "designate", "asked", "scored"})
_MANY_BODIES = frozenset({"called", "against"})
_BETWEEN = re.compile(r"[,，、;；\n]")
"""What stands between the bodies of a list that was typed."""
_CASES = frozenset({"into", "other", "same_as", "split_from"})
_OF_THE_RESIDENT = frozenset({"name", "phone", "address"})
_EXTRA_TEXTS: dict[str, frozenset[str]] = {
    "register": _OF_THE_RESIDENT,
    "review": frozenset({"note", "ground"}),
    "resolve": frozenset({"demand", "ground"}),
}
"""Free texts that a command takes beyond those it cannot do without, and beyond a note."""

_LONGEST_COUNT = 6
"""Digits of a whole number."""

_LAYOUT = "\t\n\r"
_YES = frozenset({"true", "yes", "y", "1", "on", "是"})
_NO = frozenset({"false", "no", "n", "0", "off", "否"})


class Field(NamedTuple):
    """One field of a command, as a form or a help text needs it. ``choices`` are codes."""

    name: str
    kind: Kind
    required: bool
    choices: type[StrEnum] | None = None


class Spec(NamedTuple):
    """The fields of one command: those of its model, and its free texts with whether each is needed."""

    command: str
    fields: dict[str, Field]
    texts: dict[str, bool]

    def names(self) -> list[str]:
        """Every name that may be given, the needed ones first."""
        fields = [(not field.required, name) for name, field in self.fields.items()]
        texts = [(not needed, name) for name, needed in self.texts.items()]
        return [name for _, name in sorted(fields + texts, key=lambda entry: entry[0])]


class Given(NamedTuple):
    """What was given: values of the model's fields, and free texts for the compartment."""

    values: dict[str, Any]
    texts: dict[str, str]


@cache
def spec(command: str) -> Spec:
    """The fields of a command. Raises WrongUsage for one that does not exist or that nobody may give."""
    model = MODELS.get(command)
    if model is None or command in NOT_BY_PEOPLE:
        known = ", ".join(
            name for name in COMMANDS if name in MODELS and name not in {*NOT_BY_PEOPLE, "register"}
        )
        raise WrongUsage(
            f"没有命令“{_short(command)}”；可用的命令：{known}。",
            f"There is no command {_short(command)}; the commands are: {known}.",
        )
    fields = {name: _field(name, info) for name, info in model.model_fields.items() if name not in _OWN}
    optional = _EXTRA_TEXTS.get(command, frozenset()) | {"note"}
    texts = {name: name in model.texts for name in sorted(model.texts | optional)}
    return Spec(command, fields, texts)


def _field(name: str, info: FieldInfo) -> Field:
    required = info.is_required()
    if name in _BODIES:
        return Field(name, "body", required)
    if name in _MANY_BODIES:
        return Field(name, "bodies", required)
    if name in _CASES:
        return Field(name, "case", required)
    if name == "matter":
        return Field(name, "matter", required)
    if name == "place":
        return Field(name, "place", required)
    inner = _without_none(info.annotation)
    if isinstance(inner, type) and issubclass(inner, StrEnum):
        return Field(name, "choice", required, inner)
    if inner is bool:
        return Field(name, "yes_no", required)
    if name.endswith("_at") or name == "until":
        return Field(name, "instant", required)
    if inner is int:
        return Field(name, "count", required)
    return Field(name, "line", required)


def _without_none(annotation: Any) -> Any:  # noqa: ANN401 - an annotation can be anything
    if get_origin(annotation) in (Union, types.UnionType):
        return next((part for part in get_args(annotation) if part is not type(None)), None)
    return annotation


def read(command: str, raw: Mapping[str, object]) -> Given:
    """The typed values and free texts in ``raw``; empty ones count as not given.

    Raises WrongUsage for an unknown or missing field, BadInput for a value that does not fit.
    """
    known = spec(command)
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for name, value in raw.items():
        if name in known.texts:
            text = _free_text(name, value)
            if text.strip():
                texts[name] = text
        elif name in known.fields:
            if value is not None and value not in ("", []):
                values[name] = _value(known.fields[name], value)
        else:
            raise _unknown(known, name)
    missing = [name for name, field in known.fields.items() if field.required and name not in values]
    if missing:
        listed = ", ".join(missing)
        zh = "、".join(f"{field_word(name).zh}（{name}）" for name in missing)
        raise WrongUsage(
            f"缺少必填项：{zh}；请补充后重试。",
            f"What is needed is missing: {listed}; give it and try again.",
        )
    return Given(values, texts)


def _unknown(known: Spec, name: str) -> WrongUsage:
    takes = ", ".join(known.names())
    return WrongUsage(
        f"命令 {known.command} 没有“{_short(name)}”这一项；可填：{takes}。",
        f"The command {known.command} has no field {_short(name)}; it takes: {takes}.",
    )


def _free_text(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _bad(name, "应为文字", "has to be text")
    return clean(name, value, LONGEST_TEXT)


def clean(name: str, value: str, longest: int = LONGEST_VALUE) -> str:
    """The text itself, once it is known to be text. Raises BadInput naming the field and not what was typed."""
    if len(value) > longest:
        raise _bad(
            name,
            f"有 {len(value)} 个字符，最多 {longest} 个；请缩短",
            f"has {len(value)} characters and may have {longest}; shorten it",
        )
    for place, char in enumerate(value, start=1):
        category = unicodedata.category(char)
        if category == "Cs":
            raise _bad(
                name,
                f"第 {place} 个字符不是有效的 Unicode；请重新输入",
                f"holds a broken character at place {place}; type it again",
            )
        if category == "Cc" and not (longest != LONGEST_VALUE and char in _LAYOUT):
            raise _bad(
                name,
                f"第 {place} 个字符是控制字符（U+{ord(char):04X}）；请删去",
                f"holds the control character U+{ord(char):04X} at place {place}; remove it",
            )
    return value


def _value(field: Field, value: object) -> Any:  # noqa: ANN401 - the type follows from the kind of field
    if field.kind == "yes_no":
        return _yes_no(field.name, value)
    if field.kind == "count":
        return _count(field.name, value)
    if field.kind == "bodies":
        return _several(field.name, value)
    if isinstance(value, bool) or not isinstance(value, str):
        raise _bad(field.name, "应为文字", "has to be text")
    text = clean(field.name, value).strip()
    if field.kind == "choice" and field.choices is not None:
        return _choice(field.name, field.choices, text)
    if field.kind == "instant":
        return instant(field.name, text)
    if field.kind == "case":
        return case_number(text)
    return text


def _count(name: str, value: object) -> int:
    text = clean(name, str(value)).strip() if isinstance(value, str | int) and value is not True else ""
    if text.isascii() and text.isdecimal() and 0 < len(text) <= _LONGEST_COUNT and int(text) > 0:
        return int(text)
    raise _bad(name, "应为正整数", "has to be a positive whole number")


def _several(name: str, value: object) -> tuple[str, ...]:
    """Several bodies: a list of them, or one text with commas between."""
    parts: list[object] = list(cast("list[object]", value)) if isinstance(value, list) else [value]
    if any(not isinstance(part, str) for part in parts):
        raise _bad(name, "应为单位名称或编号的列表", "has to be a list of bodies, by name or id")
    if isinstance(value, str):
        parts = list[object](_BETWEEN.split(clean(name, value, LONGEST_LIST)))
    typed = [clean(name, str(part)).strip() for part in parts]
    return tuple(part for part in typed if part)


def _yes_no(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise _bad(name, "只能填 true 或 false（是、否）", "has to be true or false")


def _choice(name: str, choices: type[StrEnum], text: str) -> StrEnum:
    labels = LABELS.get(choices, {})
    for choice in choices:
        if text in (choice.value, labels.get(choice.value)):
            return choice
    zh = "、".join(f"{choice.value} {labels.get(choice.value, '')}".strip() for choice in choices)
    raise _bad(name, f"只能是：{zh}", f"has to be one of: {', '.join(choices)}")


def instant(name: str, text: str) -> datetime:
    """An instant with its offset, in UTC. Raises BadInput: a time without an offset is not guessed at."""
    try:
        read_as = datetime.fromisoformat(text)
        if read_as.tzinfo is not None:
            return read_as.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _bad(
            name,
            "不是有效的时间；请写成 2026-03-01T09:00:00+08:00",
            "is not a time; write it like 2026-03-01T09:00:00+08:00",
        ) from None
    raise _bad(
        name,
        "缺少时区；请写成 2026-03-01T09:00:00+08:00",
        "has no offset from UTC; write it like 2026-03-01T09:00:00+08:00",
    )


def _bad(name: str, zh: str, en: str) -> BadInput:
    return BadInput(f"{field_word(name).zh}（{name}）{zh}。", f"The field {name} {en}.")


def _short(text: str) -> str:
    """A name that somebody typed, fit to be shown back."""
    return "".join(char for char in text if char.isprintable())[:40]


assert frozenset().union(*(model.texts for model in MODELS.values())) <= FREE_TEXT, "texts are free texts"  # noqa: S101
