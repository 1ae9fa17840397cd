"""Small pieces of what people see, in a terminal and on a page: instants, lengths of time, names, who acted."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from console.views import Json
from console.words import field_word, label
from domain.joint_words import AssistanceRefusal, Expired, Funding, ProviderReply, Score
from domain.words import (
    AppealOutcome,
    CaseKind,
    Channel,
    Contacted,
    DeadlineKind,
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
    Way,
)


def local(text: str | None, zone: ZoneInfo) -> str:
    """An instant of a JSON document in the pack's zone, with its offset; a dash for none."""
    return (
        datetime.fromisoformat(text).astimezone(zone).isoformat(sep=" ", timespec="seconds") if text else "—"
    )


def lasting(seconds: float) -> str:
    """A length of time for people: 2天03:04:05."""
    whole = int(seconds)
    days, rest = divmod(whole, 86_400)
    clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
    return f"{days}天{clock}" if days else clock


def called(names: dict[str, Any], id_: str | None) -> str:
    """The Chinese name of an id with the id beside it; the id alone where it has no name; a dash for none."""
    if id_ is None:
        return "—"
    name = names.get(id_)
    return f"{name['zh']}（{id_}）" if name else id_


def who(actor: Json, names: Json) -> str:
    """The actor of an event, under which hat."""
    kind: str = actor["kind"]
    if kind != "person":
        words = {"clock": "计时器 clock", "resident": "居民 resident", "provider": "承接方 provider"}
        return words.get(kind, kind)
    id_: str = actor.get("person", "—")
    person: str = names[id_]["zh"] if id_ in names else id_
    role = label(Role(actor["role"])) if actor.get("role") else ""
    return f"{person} · {role} · {actor.get('office') or actor.get('body', '')}"


_TECHNICAL = frozenset(
    {
        "number",
        "proposal",
        "request",
        "ruling",
        "deadline",
        "appeal",
        "shelving",
        "assistance",
        "whistle",
        "commission",
        "parent",
        "other",
    }
)
"""Parts of an event that name other parts: of no use to a reader."""

_LISTS = frozenset({"called", "asked_by", "funds"})
"""Parts of an event that are lists of bodies or codes."""

_CODES: dict[str, tuple[type[StrEnum], ...]] = {
    "kind": (CaseKind, DeadlineKind, Exceptional),
    "cause": (DeadlineKind, RulingCause, Informing),
    "channel": (Channel,),
    "told_by": (Channel,),
    "procedure": (Procedure,),
    "reason": (Reason,),
    "state": (State,),
    "step": (Step,),
    "tie": (Tie,),
    "truth": (Truth,),
    "contacted": (Contacted,),
    "solved": (Solved,),
    "satisfaction": (Satisfaction,),
    "funding": (Funding,),
    "funds": (Funding,),
    "refusal": (AssistanceRefusal,),
    "answer": (ProviderReply,),
    "expired": (Expired,),
    "promptness": (Score,),
    "cooperation": (Score,),
    "clarity": (Score,),
    "ground_code": (NotAcceptedGround,),
    "way": (Way,),
    "judgement": (Judgement,),
    "instance": (Instance,),
    "outcome": (AppealOutcome,),
}
"""Which codes a part of an event may hold, by its name."""


def parts(event: Json, names: Json) -> list[str]:
    """What an event says beside its name, in Chinese: only what is set, and no text that anybody wrote."""
    return [
        f"{field_word(name).zh}：{_value(name, value, names)}"
        for name, value in event["data"].items()
        if name not in _TECHNICAL and isinstance(value, str | bool | int) and value not in ("", False)
    ] + [
        f"{field_word(name).zh}：{'、'.join(_value(name, each, names) for each in value)}"
        for name, value in event["data"].items()
        if name in _LISTS and value
    ]


def _value(name: str, value: str | int, names: Json) -> str:
    if isinstance(value, bool):
        return "是"
    for codes in _CODES.get(name, ()):
        if value in set(codes):
            return label(codes(str(value)))
    called_so = names.get(str(value))
    return called_so["zh"] if called_so else str(value)
