"""Small pieces of what people see, in a terminal and on a page: instants, lengths of time, names, who acted."""

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from console.views import Json
from console.words import COMMANDS, FIELDS, LABELS, LITERALS, Word, field_word, label, yes_no
from domain.joint_words import AssistanceRefusal, Expired, Funding, ProviderReply, Score
from domain.words import (
    ActorKind,
    AppealOutcome,
    CaseKind,
    Channel,
    Contacted,
    DeadlineKind,
    Ending,
    Exceptional,
    Informing,
    Instance,
    Judgement,
    NotAcceptedGround,
    Procedure,
    Reason,
    Role,
    RulingCause,
    Satisfaction,
    Solved,
    State,
    Step,
    Tie,
    Truth,
    Urgency,
    Way,
)


def local(text: str | None, zone: ZoneInfo) -> str:
    """An instant of a JSON document in the pack's zone, with its offset; a dash for none."""
    return (
        datetime.fromisoformat(text).astimezone(zone).isoformat(sep=" ", timespec="seconds") if text else "—"
    )


def short(text: str, zone: ZoneInfo) -> str:
    """An instant as a page shows it, which says once in which zone its times are."""
    return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def lasting(seconds: float, lang: str = "zh") -> str:
    """A length of time for people: 2天03:04:05."""
    whole = int(seconds)
    days, rest = divmod(whole, 86_400)
    clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
    if not days:
        return clock
    return f"{days} d {clock}" if lang == "en" else f"{days}天{clock}"


def called(names: dict[str, Any], id_: str | None) -> str:
    """The Chinese name of an id with the id beside it; the id alone where it has no name; a dash for none."""
    if id_ is None:
        return "—"
    name = names.get(id_)
    return f"{name['zh']}（{id_}）" if name else id_


def said_name(names: Json, id_: str, lang: str) -> str:
    """The name of an id in one language, the Chinese one where there is no other; the id where it has none."""
    name = names.get(id_)
    if name is None:
        return id_
    return name["en"] if lang == "en" and name["en"] else name["zh"]


def who(actor: Json, names: Json, lang: str = "zh") -> str:
    """The actor of an event, under which hat."""
    kind = ActorKind(actor["kind"])
    if kind is not ActorKind.PERSON:
        return label(kind, lang)
    person = said_name(names, actor.get("person", "—"), lang)
    role = label(Role(actor["role"]), lang) if actor.get("role") else ""
    return f"{person} · {role} · {actor.get('office') or actor.get('body', '')}"


_QUOTED = (COMMANDS, LABELS[Role], LABELS[Ending], LABELS[Procedure])
_LISTED = (LABELS[State], LABELS[Role], FIELDS)
_CODE_IN_SENTENCE = re.compile(r"(?P<before>[“：（])(?P<codes>[a-z_]+(?:, [a-z_]+)*)(?=[”）。])")


def spoken(sentence: str) -> str:
    """A refusal's Chinese sentence for a page: the codes that fill its holes are said in words.

    The refusal itself keeps its codes, word for word: it is on record, and they are what one types. Three places hold
    codes: between “ ” (a command, hat, ending or procedure), after ： (a state, hats, fields), in （ ） an ending.
    """

    def word(found: re.Match[str]) -> str:
        before = found["before"]
        known = {"“": _QUOTED, "：": _LISTED}.get(before, (LABELS[Ending],))
        return before + "、".join(_word_of(code, known) for code in found["codes"].split(", "))

    return _CODE_IN_SENTENCE.sub(word, sentence)


def _word_of(code: str, tables: Iterable[dict[str, Any]]) -> str:
    for table in tables:
        if code in table:
            found = table[code]
            return found if isinstance(found, str) else found.zh
    return code


_TECHNICAL = frozenset(
    {
        *("number", "proposal", "request", "ruling", "deadline", "acted", "link", "parent", "other"),
        *("appeal", "shelving", "assistance", "whistle", "commission"),
    }
)
"""Parts of an event that name other parts: of no use to a reader."""

_OF_AN_EVENT: dict[tuple[str, str], Word] = {
    ("whistle_asked", "called"): Word("请求召集的单位", "bodies asked for"),
    ("whistled", "called"): Word("被吹哨单位", "bodies whistled"),
    ("stood_down", "called"): Word("解除的单位", "bodies let go"),
    ("proposed", "to"): Word("拟派单位", "body to lead"),
    ("return_requested", "to"): Word("退回至", "back to"),
    ("push_down_refused", "to"): Word("拟定主办单位", "body meant to lead"),
    ("escalated", "to"): Word("督办单位", "overseer"),
    ("escalated", "cause"): Word("超时的时限", "clock that was missed"),
    ("alerted", "cause"): Word("超时的时限", "clock that was missed"),
    ("alerted", "body"): Word("告警单位", "body alerted"),
    ("deadline_missed", "kind"): Word("时限", "clock"),
    ("exception_raised", "kind"): Word("异常", "exception"),
    ("nudged", "to"): Word("被催办单位", "body nudged"),
    ("nudged", "kind"): Word("时限", "clock"),
    ("rebased", "deadline"): Word("现到期", "is due"),
    ("ruling_opened", "body"): Word("裁定单位", "ruling body"),
    ("oversight_added", "body"): Word("督办单位", "overseer"),
}
"""Parts that mean something else in an event than a field of that name in a command."""

_INSTANTS = ("_at", "until", "due")
"""How the names of instants end."""

_CLOCKS = frozenset({"rebased.before", "rebased.deadline"})
"""Parts that are a whole clock, of which its instant is told."""

_NO_MATTERS = frozenset({"ours", "response", "resolution", "listed"})
"""Answers that say as much by no as by yes. Of every other part only yes is worth a word."""

_CODES: dict[str, type[StrEnum]] = {
    "kind": CaseKind,
    "channel": Channel,
    "told_by": Channel,
    "procedure": Procedure,
    "reason": Reason,
    "state": State,
    "step": Step,
    "tie": Tie,
    "truth": Truth,
    "contacted": Contacted,
    "solved": Solved,
    "satisfaction": Satisfaction,
    "funding": Funding,
    "funds": Funding,
    "refusal": AssistanceRefusal,
    "answer": ProviderReply,
    "expired": Expired,
    "promptness": Score,
    "cooperation": Score,
    "clarity": Score,
    "ground_code": NotAcceptedGround,
    "way": Way,
    "judgement": Judgement,
    "instance": Instance,
    "outcome": AppealOutcome,
    "urgency": Urgency,
    "deadline_missed.kind": DeadlineKind,
    "nudged.kind": DeadlineKind,
    "exception_raised.kind": Exceptional,
    "escalated.cause": DeadlineKind,
    "alerted.cause": DeadlineKind,
    "ruling_opened.cause": RulingCause,
    "informed.cause": Informing,
}
"""Which codes a part of an event holds, by its name; by the event too, where the same name holds others."""

_WORDS = frozenset({"cause", "claim", "overruled"})
"""Parts that hold a word of LITERALS where they hold no code."""


def parts(event: Json, names: Json, zone: ZoneInfo, lang: str = "zh") -> list[str]:
    """What an event says beside its name: only what is set, and no text that anybody wrote."""
    between = ": " if lang == "en" else "："
    told: list[str] = []
    for name, value in event["data"].items():
        if name in _TECHNICAL and isinstance(value, str | list):
            continue
        whole = f"{event['type']}.{name}"
        words = _value(whole if whole in {*_CODES, *_CLOCKS} else name, value, names, zone, lang)
        if words:
            word = _OF_AN_EVENT.get((event["type"], name)) or field_word(name)
            told.append(f"{word.say(lang)}{between}{words}")
    return told


def _value(name: str, value: Any, names: Json, zone: ZoneInfo, lang: str) -> str:  # noqa: ANN401 - any part of an event
    """The words for a part of an event; empty for one that is not set or that a reader has no use for."""
    match value:
        case bool():
            return yes_no(value, lang) if value or name in _NO_MATTERS else ""
        case int():
            return str(value)
        case str():
            return short(value, zone) if name.endswith(_INSTANTS) else _code(name, value, names, lang)
        case {"zh": str()}:
            return said_name({"": value}, "", lang)
        case {"due": str(due)} if name in _CLOCKS:
            return short(due, zone)
        case {"start": str(start), "end": str(end)}:
            return f"{short(start, zone)} — {short(end, zone)}"
        case [str(), *_]:
            return ("、", ", ")[lang == "en"].join(_code(name, each, names, lang) for each in value)
        case _:
            return ""


def _code(name: str, value: str, names: Json, lang: str) -> str:
    codes = _CODES.get(name)
    if codes is not None and value in set(codes):
        return label(codes(value), lang)
    if name in _WORDS and value in LITERALS:
        return LITERALS[value].say(lang)
    if name == "command" and value in COMMANDS:
        return COMMANDS[value].say(lang)
    return said_name(names, value, lang)
