"""A relation of a body to a case in words, in a terminal and on a page."""

from enum import StrEnum
from zoneinfo import ZoneInfo

from console.shown import called, local
from console.views import Json
from console.words import LABELS, Word
from domain.joint_words import AssistanceState, CallState, CommissionState, Funding

_WORDS = {
    "lead": Word("主办", "lead"),
    "assist": Word("协办", "assists"),
    "oversee": Word("督办", "oversees"),
    "inform": Word("知会", "is informed"),
    "whistled": Word("吹哨", "whistled"),
    "commissioned": Word("购买服务", "commissioned"),
}
_STATES: dict[str, type[StrEnum]] = {
    "assist": AssistanceState,
    "whistled": CallState,
    "commissioned": CommissionState,
}


def relation(of: Json, names: Json, zone: ZoneInfo, lang: str = "zh") -> tuple[str, ...]:
    """What the body is to the case, which body, how far it has come, and what else there is to say."""
    more: list[str] = []
    if of.get("late"):
        more.append("late" if lang == "en" else "逾期，已上报")
    if of.get("funding"):
        more.append(_word(Funding, of["funding"], lang))
    if of.get("until"):
        more.append(("until " if lang == "en" else "至 ") + local(of["until"], zone))
    if of.get("contract"):
        more.append(of["contract"])
    states = _STATES.get(of["relation"])
    state = _word(states, of["state"], lang) if states else ""
    return (_WORDS[of["relation"]].say(lang), called(names, of["body"]), state, "；".join(more))


def _word(codes: type[StrEnum], code: str, lang: str) -> str:
    return code.replace("_", " ") if lang == "en" else LABELS[codes][code]
