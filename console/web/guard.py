"""What stands in front of every request: whose house it is, where it comes from, how much it may carry.

    Host            one of ours, so that no foreign name can be pointed at this machine (DNS rebinding)
    Origin          a write comes from our own pages, or from no page at all (cross-site requests)
    body            bounded, whether its length was told or not
    in production   without a sign-in nobody gets further than the health checks and a provider's own link

Answers carry headers that let a page load only what is ours and be shown in no other page.
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import structlog
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders

from console.settings import Settings
from console.sign_in import is_loopback
from console.web.problems import problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 512 * 1024
"""Bytes of a request: several texts of 20,000 characters, each of four bytes."""

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
PROVIDER_PATH = "/p/"
"""Where providers answer by a one-time link: whoever holds it needs no sign-in, in production neither."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none';"
    " form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_ONLY_TLS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
"""Where the console is called over TLS: a browser comes back over TLS for a year."""

_log = structlog.get_logger("zeren.console")


class _TooLarge(Exception):
    """More came than may."""


class Guard:
    """The middleware."""

    def __init__(self, app: Application, settings: Settings) -> None:
        """``settings`` say whose house it is."""
        self._app = app
        self._settings = settings
        self._host = (urlsplit(settings.url).hostname or "").lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        told: dict[str, int] = {"status": 500}

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                told["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in {**_HEADERS, **(_ONLY_TLS if self._settings.https else {})}.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refuse(scope)
        if refusal is not None:
            await refusal(scope, receive, marked)
        else:
            await self._bounded(scope, receive, marked)
        self._note(scope, told["status"], began)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0
        started = False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LARGEST_BODY:
                raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except _TooLarge:
            if not started:
                await _too_large()(scope, receive, send)

    def _refuse(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        if scope["path"] in OPEN_PATHS:
            return None
        if not self._ours(headers.get("host", "")):
            return problem(
                403,
                "host",
                "请求的主机名不是本系统；请用本机地址访问。",
                "The host of the request is not this house; use its own address.",
            )
        by_link = scope["path"].startswith(PROVIDER_PATH)
        if not self._settings.embedded and self._settings.sign_in is None and not by_link:
            return problem(
                403,
                "no-sign-in",
                "没有设置登录方式；请运维设置 ZEREN_SIGN_IN，或用命令行办理。",
                "No way to sign in is set: let the operator set ZEREN_SIGN_IN, or use the command line.",
            )
        client = scope.get("client")
        if self._settings.embedded and client is not None and not is_loopback(client[0]):
            return problem(
                403,
                "not-local",
                "单机模式只接受本机访问。",
                "The one-machine mode answers this machine only.",
            )
        if scope["method"] not in SAFE and not self._same_origin(headers):
            return problem(
                403,
                "cross-site",
                "请求来自其他网站，未执行；请在本系统页面内操作。",
                "The request came from another site and was not carried out.",
            )
        length = headers.get("content-length", "")
        return _too_large() if length.isdigit() and int(length) > LARGEST_BODY else None

    def _ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return is_loopback(name) if self._settings.embedded else name.lower() == self._host

    @staticmethod
    def _same_origin(headers: Headers) -> bool:
        if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            return False
        origin = headers.get("origin")
        try:
            return origin is None or urlsplit(origin).netloc == headers.get("host", "")
        except ValueError:
            return False

    @staticmethod
    def _note(scope: Scope, status: int, began: float) -> None:
        # The route and not the path: an address may hold what somebody searched for.
        route = getattr(scope.get("route"), "path", "-")
        _log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            ms=round((time.perf_counter() - began) * 1000, 1),
        )


def _too_large() -> JSONResponse:
    return problem(
        413, "too-large", "请求内容超过 512 KB；请缩短。", "The request is larger than 512 KB; shorten it."
    )
