"""Refusals and bad input as problem details (RFC 9457): one sentence in each language, the rule, the next step.

409   a rule refused it                      422   it has not the shape it should have
404   there is no such case                  403   not from here
202   taken, not answered yet (no problem)   503   something does not answer
"""

from http import HTTPStatus
from typing import Any

import asyncpg
from fastapi.responses import JSONResponse
from temporalio.service import RPCError

from console.desk import Receipt
from console.errors import NotRunning, UnknownCase
from console.links import NotYours
from console.opening import database_away, temporal_away
from domain.errors import BadInput, ZerenError
from domain.rules import Refusal
from ledger.errors import NoPack
from workflows.door import OutcomeKind

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = "2"

_TITLES = {
    403: "不允许 / Not allowed",
    404: "未找到 / Not found",
    405: "方法不允许 / Method not allowed",
    409: "按规则不予办理 / Refused by a rule",
    413: "内容过大 / Too large",
    415: "格式不支持 / Unsupported media type",
    422: "输入有误 / Bad input",
    500: "意外错误 / Unexpected error",
    503: "暂时不可用 / Not available now",
}
_STATUS = {
    OutcomeKind.REFUSED: HTTPStatus.CONFLICT,
    OutcomeKind.CASE_ENDED: HTTPStatus.CONFLICT,
    OutcomeKind.STILL_DECIDING: HTTPStatus.ACCEPTED,
    OutcomeKind.MAY_HAVE_BEEN_SENT: HTTPStatus.SERVICE_UNAVAILABLE,
    OutcomeKind.NOTHING_SENT: HTTPStatus.SERVICE_UNAVAILABLE,
}


def problem(status: int, code: str, zh: str, en: str, **more: Any) -> JSONResponse:  # noqa: ANN401 - members of RFC 9457
    """A problem document. ``code`` is stable and names the rule or the kind of mistake."""
    body: dict[str, Any] = {
        "type": f"urn:zeren:problem:{code}",
        "title": _TITLES.get(status, HTTPStatus(status).phrase),
        "status": status,
        "detail": f"{zh} / {en}",
        "zh": zh,
        "en": en,
        **more,
    }
    headers = {"Retry-After": RETRY_SECONDS} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def from_error(error: Exception) -> tuple[int, str, str, str]:
    """Status, code and sentence for what was raised."""
    match error:
        case UnknownCase():
            return 404, "unknown-case", error.zh, error.en
        case NotYours():
            return 409, "not-yours", error.zh, error.en
        case BadInput():
            return 422, "bad-input", error.zh, error.en
        case NotRunning():
            return 503, "not-running", error.zh, error.en
        case NoPack():
            zh, _, en = str(error).partition(" / ")
            return 503, "no-pack", zh, en
        case RPCError():
            away = temporal_away()
            return 503, "not-running", away.zh, away.en
        case asyncpg.PostgresError() | asyncpg.InterfaceError() | OSError():
            away = database_away()
            return 503, "not-running", away.zh, away.en
        case ZerenError():
            zh, between, en = str(error).partition(" / ")
            return (
                503,
                "failed",
                zh if between else "操作没有完成，请联系运维。",
                en if between else f"It was not done: {zh}",
            )
        case _:
            return (
                500,
                "unexpected",
                "出现意外错误，请联系运维。",
                "Something unexpected happened; tell the operator.",
            )


def answer(receipt: Receipt, *, created: bool = False) -> JSONResponse:
    """What is answered to a command: the receipt, or the problem that it ended in."""
    headers = {"Idempotency-Key": receipt.command_id}
    kind = receipt.outcome.kind
    if kind is OutcomeKind.DONE:
        number = receipt.as_json()["number"]
        if created:
            headers["Location"] = f"/api/v1/cases/{number}"
        return JSONResponse(receipt.as_json(), status_code=201 if created else 200, headers=headers)
    status = _STATUS[kind]
    if status is HTTPStatus.ACCEPTED:
        return JSONResponse(
            receipt.as_json(), status_code=status, headers={**headers, "Retry-After": RETRY_SECONDS}
        )
    response = problem(status, _code(receipt), receipt.outcome.zh, receipt.outcome.en, **_members(receipt))
    response.headers.update(headers)
    return response


def _code(receipt: Receipt) -> str:
    said = receipt.outcome.refusal
    return said.rule if said else receipt.outcome.kind.value.replace("_", "-")


def _members(receipt: Receipt) -> dict[str, Any]:
    said: Refusal | None = receipt.outcome.refusal
    told = receipt.as_json()
    kept = {name: told[name] for name in ("outcome", "number", "state", "version", "command", "command_id")}
    return {**kept, **({"rule": said.rule, "refusal": said.model_dump()} if said else {})}
