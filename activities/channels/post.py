"""The channels over HTTP: the signed webhook, and the group robots of 企业微信 and 钉钉.

webhook    Standard Webhooks 1.0: ``webhook-id``, ``webhook-timestamp``, ``webhook-signature: v1,…`` with HMAC-SHA256 over
           ``id.timestamp.body``; 2xx is taken, and its JSON may hold a ``receipt``
wecom      POST …/webhook/send?key=…, ``{"msgtype": "text", …}``, at most 2048 bytes; errcode 0 is taken
           (企业微信开发者文档, 群机器人配置说明)
dingtalk   POST …/robot/send?access_token=…&timestamp=…&sign=…, the sign being base64 of HMAC-SHA256 under the secret over
           timestamp, line feed, secret, with the timestamp in milliseconds; errcode 0 is taken
           (钉钉开放平台, 自定义机器人安全设置)

No redirect is followed, since a robot's address holds its secret, and no proxy of the environment is used. The client's own
log lines, which hold the address too, are kept out (console/logs.py).
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from typing import Any, cast

import httpx

from activities.channels.message import Message, Undelivered

TIMEOUT = 15.0
"""Seconds for a whole try."""

_WECOM_BYTES = 2048
_RECEIPT = re.compile(r"[0-9A-Za-z._:-]{1,80}")
_LARGEST_ANSWER = 64 * 1024


async def webhook(message: Message, address: str, secret: str) -> str:
    """POST the message signed. Raises Undelivered."""
    body = json.dumps(message.data, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    stamp = str(int(time.time()))
    headers = {
        "content-type": "application/json",
        "webhook-id": message.key,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(message.key, stamp, body, secret),
        "idempotency-key": message.key,
    }
    status, told = await _post(address, body, headers)
    receipt = told.get("receipt")
    if isinstance(receipt, str) and _RECEIPT.fullmatch(receipt):
        return f"http-{status}:{receipt}"
    return f"http-{status}"


def signature(key: str, stamp: str, body: bytes, secret: str) -> str:
    """The header ``webhook-signature``. A secret that begins with ``whsec_`` is base64, as the standard has it."""
    mac = hmac.new(_key(secret), f"{key}.{stamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode("ascii")


def _key(secret: str) -> bytes:
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise Undelivered("bad-secret") from None


async def wecom(message: Message, address: str, token: str) -> str:
    """Say the message in a group of 企业微信. Raises Undelivered."""
    content = {"msgtype": "text", "text": {"content": message.text(_WECOM_BYTES)}}
    return await _robot(address, {"key": token}, content)


async def dingtalk(message: Message, address: str, token: str, secret: str | None) -> str:
    """Say the message in a group of 钉钉. ``secret`` is that of 加签, where the robot asks for it. Raises Undelivered."""
    parameters = {"access_token": token}
    if secret is not None:
        stamp = str(round(time.time() * 1000))
        parameters |= {"timestamp": stamp, "sign": dingtalk_sign(stamp, secret)}
    content = {"msgtype": "text", "text": {"content": message.text()}}
    return await _robot(address, parameters, content)


def dingtalk_sign(stamp: str, secret: str) -> str:
    """The parameter ``sign``, before it is escaped for an address."""
    mac = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode("ascii")


async def _robot(address: str, parameters: dict[str, str], content: dict[str, Any]) -> str:
    body = json.dumps(content, ensure_ascii=False).encode()
    _, told = await _post(address, body, {"content-type": "application/json"}, parameters)
    code = told.get("errcode")
    if code != 0:
        # A robot answers 200 to everything: only errcode tells whether it was said.
        raise Undelivered(f"errcode-{code}" if isinstance(code, int) else "no-errcode")
    return "errcode-0"


async def _post(
    address: str, body: bytes, headers: dict[str, str], parameters: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """The status and the JSON of the answer, empty if it is no object. Raises Undelivered."""
    try:
        async with httpx.AsyncClient(
            timeout=TIMEOUT, trust_env=False, follow_redirects=False, verify=True
        ) as client:
            answer = await client.post(address, content=body, headers=headers, params=parameters)
    except httpx.TimeoutException:
        raise Undelivered("timed-out") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        raise Undelivered("not-reached") from None
    if not answer.is_success:
        raise Undelivered(f"http-{answer.status_code}")
    return answer.status_code, _told(answer.content)


def _told(content: bytes) -> dict[str, Any]:
    if len(content) > _LARGEST_ANSWER:
        return {}
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
