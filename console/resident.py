"""The resident's own door: whoever has a case's number and its receipt sees how the case stands, and nothing more.

    number + receipt ─▶ state · promise · who answers · whether the receipt has to be changed
                     ─▶ another receipt, shown once

The words are the same whether the number or the receipt is wrong. Nothing here is written to a log, an event or a
workflow.
"""

from collections.abc import Mapping

import asyncpg

from console import names
from console.clocks import clocks, promised
from console.errors import TooManyTries, WrongReceipt, WrongUsage
from console.fields import clean
from console.numbers import case_number, receipt_code
from console.views import Json, moment
from console.words import LABELS, field_word
from domain.errors import BadInput
from domain.words import Ending, State
from ledger import receipts
from ledger.reads import case_state, events_of, holders
from ledger.receipts import Check

FIELDS = ("number", "receipt")
NEW = "new"
_FEWEST_CHARACTERS = 8
"""Different ones in a receipt that the resident brings: of a million that were drawn, one has fewer."""


async def look(pool: asyncpg.Pool, told: Mapping[str, object]) -> Json:
    """How the case stands, for the one who has its receipt: no wall stands between a resident and his own case.

    Raises BadInput, WrongReceipt, TooManyTries.
    """
    number, receipt, _ = _read(told, FIELDS)
    checked = _right(await receipts.check(pool, number, receipt))
    case = await case_state(pool, checked.case) if checked.case else None
    if case is None:
        raise WrongReceipt(*_WRONG)
    held = (await holders(pool, case.id))[-1:] if case.ending is None else []
    answering = held[0].answering if held else None
    called = (await names.of(pool, bodies=[answering])).get(answering or "")
    promise = promised(clocks(await events_of(pool, case.id)))
    return {
        "number": number,
        "state": case.state.value,
        "state_zh": LABELS[State][case.state.value],
        "ending": case.ending.value if case.ending else None,
        "ending_zh": LABELS[Ending][case.ending.value] if case.ending else None,
        "registered_at": moment(case.registered_at),
        "answering": answering,
        "answering_name": called.model_dump() if called else None,
        "promised": promise.model_dump() if promise else None,
        "must_change": checked.must_change,
        **(_CHANGE if checked.must_change else {}),
    }


async def renew(pool: asyncpg.Pool, told: Mapping[str, object]) -> Json:
    """Another receipt in the place of this one, shown once. Raises BadInput, WrongReceipt, TooManyTries."""
    number, receipt, new = _read(told, (*FIELDS, NEW))
    if new is not None and (new == receipt or len(set(new)) < _FEWEST_CHARACTERS):
        raise BadInput(
            "新回执码不能与原来的相同，也不能过于简单；请另取一个，或不填由系统给出。",
            "The new receipt has to be another one and not a simple one; draw one, or leave it out and get one.",
        )
    checked, fresh = await receipts.renew(pool, number, receipt, new)
    _right(checked)
    return {
        "number": number,
        "receipt": fresh,
        "must_change": False,
        "zh": "回执码已更换，只显示这一次，请妥善保存；原回执码已失效。",
        "en": "The receipt is a new one and shown this once; keep it. The old one is dead.",
    }


_WRONG = (
    "案件号与回执码不符；请核对两者后重试。",
    "That number and that receipt do not belong together; check both.",
)
_CHANGE = {
    "zh": "此回执码由工作人员代为领取，请先更换（POST /api/v1/resident/receipt）。",
    "en": "A member of staff has seen this receipt: change it first (POST /api/v1/resident/receipt).",
}


def _read(told: Mapping[str, object], known: tuple[str, ...]) -> tuple[str, str, str | None]:
    """Number, receipt and new receipt in their canonical forms. Raises BadInput; nothing is quoted."""
    unknown = [name for name in told if name not in known]
    if unknown:
        takes = ", ".join(known)
        raise WrongUsage(
            f"多出了不认识的项；可填：{takes}。", f"There is a field too many; this takes: {takes}."
        )
    texts: dict[str, str] = {}
    for name in known:
        value = told.get(name)
        if value is None and name == NEW:
            continue
        if not isinstance(value, str):
            zh = field_word(name).zh
            raise BadInput(f"{zh}（{name}）应为文字。", f"The field {name} has to be text.")
        texts[name] = clean(name, value)
    new = texts.get(NEW)
    return case_number(texts["number"]), receipt_code(texts["receipt"]), receipt_code(new) if new else None


def _right(checked: Check) -> Check:
    """The check itself if the receipt was right. Raises WrongReceipt, TooManyTries."""
    if checked.outcome == "too_many":
        raise TooManyTries(
            "一小时内错误次数过多，暂不能查询；请一小时后再试，或到受理单位窗口查询。",
            "Too many receipts were wrong within an hour; try again in an hour, or ask at the office.",
        )
    if checked.outcome == "wrong":
        raise WrongReceipt(*_WRONG)
    return checked
