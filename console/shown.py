"""Small pieces of what people see, in a terminal and on a page: instants, lengths of time, names, who acted."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from console.views import Json
from console.words import label
from domain.words import Role


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
        return {"clock": "计时器 clock", "resident": "居民 resident"}.get(kind, kind)
    id_: str = actor.get("person", "—")
    person: str = names[id_]["zh"] if id_ in names else id_
    role = label(Role(actor["role"])) if actor.get("role") else ""
    return f"{person} · {role} · {actor.get('office') or actor.get('body', '')}"
