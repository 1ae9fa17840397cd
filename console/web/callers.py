"""Who a request is from, decided in one place: before any route is asked, and only where there is a sign-in.

    what came from outside as X-Zeren-User, as our cookies for it, as the proxy's headers     thrown away
    session or proxy ─▶ person ─▶ rate ─▶ a write shows the form's token ─▶ the same names, filled by us ─▶ route

Routes go on reading what they read on one machine, and none can forget to ask. What the person may do is said by
domain/authority.py, and what he may see by the firewall, as for everybody.
"""

import hmac
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import quote, unquote

from fastapi.responses import RedirectResponse, Response
from limits import RateLimitItem
from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from console.sign_in import SignIn
from console.web.acting import ACTS_AS, Caller
from console.web.guard import OPEN_PATHS, PROVIDER_PATH, SAFE, Application, Message, Receive, Scope, Send
from console.web.problems import problem
from console.web.rates import BY_LINK, FAILURES, READS, SIGN_INS, WRITES, Rates
from console.web.tokens import HEADER, form_token, shown_by
from ledger import sessions

SIGN_IN_PATH = "/sign-in"
PROXY_SECRET_HEADER = "x-zeren-proxy-secret"  # noqa: S105 - a header's name
_RESIDENT_PATH = "/api/v1/resident/"
_STATIC_PATH = "/static/"
_USER, _HAT = "x-zeren-user", "x-zeren-hat"


def cookie_name(signing: SignIn) -> str:
    """The session's cookie: of this host alone where there is TLS (RFC 6265bis §4.1.3.2)."""
    return "__Host-zeren" if signing.secure else "zeren_session"


def hat_cookie(signing: SignIn) -> str:
    """Where a proxy signs people in there is no session of ours: a cookie keeps the hat."""
    return "__Host-zeren-hat" if signing.secure else "zeren_hat"


def peer_of(scope: Scope, signing: SignIn) -> str:
    """Where a request comes from: the peer's address; behind a listed proxy the last one that it names."""
    peer = str((scope.get("client") or ("",))[0])
    told = Headers(scope=scope).get("x-forwarded-for", "").rpartition(",")[2].strip()
    return told if told and signing.listed(peer) else peer


class Callers:
    """The middleware."""

    def __init__(self, app: Application, signing: SignIn, rates: Rates) -> None:
        """``signing`` says how people sign in, ``rates`` counts for this process."""
        self._app = app
        self._signing = signing
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through as somebody's, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        path, peer = str(scope["path"]), peer_of(scope, self._signing)
        answer: Response | None = None
        passed = receive
        if path in OPEN_PATHS or path.startswith(_STATIC_PATH):
            self._fill(scope, None)
        elif path.startswith((PROVIDER_PATH, _RESIDENT_PATH)):
            self._fill(scope, None)
            answer = self._too_often(BY_LINK, "link", peer)
        elif self._signing.way == "oidc" and path.startswith(SIGN_IN_PATH):
            self._fill(scope, None)
            answer = self._too_often(SIGN_INS, "sign-in", peer) or self._locked_out(peer)
        else:
            who = await self._caller(scope, headers, peer)
            self._fill(scope, who)
            if who is None:
                answer = self._locked_out(peer) or self._nobody(scope, headers)
            else:
                answer, passed = await self._as_somebody(scope, receive, headers, who)
        await (self._app if answer is None else answer)(scope, passed, send)

    async def _as_somebody(
        self, scope: Scope, receive: Receive, headers: Headers, who: Caller
    ) -> tuple[Response | None, Receive]:
        writes = scope["method"] not in SAFE
        slow = self._too_often(WRITES if writes else READS, "write" if writes else "read", who.person)
        if slow is not None or not writes:
            return slow, receive
        body, passed = await _read(receive)
        shown = shown_by(headers.get("content-type", ""), headers.get(HEADER, ""), body)
        if hmac.compare_digest(shown.encode(), who.form_token.encode()):
            return None, passed
        refusal = problem(
            403,
            "form-token",
            "页面已过期或不是本系统的页面，未执行；请重新打开页面后再办。",
            "The page is out of date or not one of ours, nothing was done; open it again and repeat.",
        )
        return refusal, passed

    async def _caller(self, scope: Scope, headers: Headers, peer: str) -> Caller | None:
        signing = self._signing
        if signing.way == "header":
            return await self._by_proxy(scope, headers, peer)
        token = cookie_parser(headers.get("cookie", "")).get(cookie_name(signing), "")
        found = await sessions.find(signing.pool, token, signing.idle)
        return Caller(found.person, found.hat, form_token(token), token) if found else None

    async def _by_proxy(self, scope: Scope, headers: Headers, peer: str) -> Caller | None:
        signing = self._signing
        told = headers.getlist(signing.header)
        if not told or self._rates.left(FAILURES, "failure", peer):
            return None
        from_proxy = signing.listed(str((scope.get("client") or ("",))[0]))
        secret = headers.get(PROXY_SECRET_HEADER, "")
        if not from_proxy or not hmac.compare_digest(secret.encode(), signing.secret.encode()):
            await self._failed("not-the-proxy", peer)
            return None
        if len(told) != 1 or not await sessions.known(signing.pool, told[0]):
            await self._failed("unknown-person", peer)
            return None
        hat = unquote(cookie_parser(headers.get("cookie", "")).get(hat_cookie(signing), "")) or None
        return Caller(told[0], hat, form_token(signing.secret, told[0]))

    async def _failed(self, why: str, peer: str) -> None:
        if not self._rates.take(FAILURES, "failure", peer):
            await sessions.refused(self._signing.pool, why)

    def _fill(self, scope: Scope, who: Caller | None) -> None:
        """Put the person where routes look for him, and nothing that came from outside."""
        ours = {_USER, self._signing.header, PROXY_SECRET_HEADER, *(() if who else (_HAT,))} - {""}
        kept: list[tuple[bytes, bytes]] = [
            (name, value) for name, value in scope["headers"] if name.decode("latin-1").lower() not in ours
        ]
        scope["headers"] = _without_cookie(kept, who)
        if who is None:
            return
        scope["headers"].append((_USER.encode(), who.person.encode()))
        if who.hat and who.hat.isascii() and not any(name == _HAT.encode() for name, _ in kept):
            scope["headers"].append((_HAT.encode(), who.hat.encode()))
        # A copy: the state that came is shared by all requests.
        scope["state"] = {**scope.get("state", {}), "caller": who}

    def _too_often(self, rate: RateLimitItem, name: str, who: str) -> Response | None:
        seconds = self._rates.take(rate, name, who)
        return _slower(seconds) if seconds else None

    def _locked_out(self, peer: str) -> Response | None:
        seconds = self._rates.left(FAILURES, "failure", peer)
        return _slower(seconds) if seconds else None

    def _nobody(self, scope: Scope, headers: Headers) -> Response:
        page = "text/html" in headers.get("accept", "") and not scope["path"].startswith("/api/")
        if page and self._signing.way == "oidc" and scope["method"] in SAFE:
            query = scope.get("query_string", b"").decode("latin-1")
            back = quote(scope["path"] + (f"?{query}" if query else ""), safe="")
            return RedirectResponse(f"{SIGN_IN_PATH}?back={back}", status_code=HTTPStatus.SEE_OTHER)
        return problem(
            401,
            "not-signed-in",
            "尚未登录，或登录已过期，或系统中没有您的岗位；请重新登录，仍不行请联系管理员。",
            "You are not signed in, it has run out, or you hold no post here; sign in again, or ask the administrator.",
        )


def _without_cookie(headers: Iterable[tuple[bytes, bytes]], who: Caller | None) -> list[tuple[bytes, bytes]]:
    """The headers with the cookie that says who acts filled by us."""
    kept: list[tuple[bytes, bytes]] = []
    parts: list[str] = []
    for name, value in headers:
        if name == b"cookie":
            pairs = (part.strip() for part in value.decode("latin-1").split(";"))
            parts += [part for part in pairs if part.partition("=")[0].strip() != ACTS_AS]
        else:
            kept.append((name, value))
    if who is not None:
        parts.append(f"{ACTS_AS}={who.person}")
    return [*kept, (b"cookie", "; ".join(parts).encode("latin-1"))] if parts else kept


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """The whole body, and a way to read it again. Its length is bounded by the guard."""
    messages: list[Message] = []
    while True:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    waiting = iter(list(messages))

    async def again() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return b"".join(message.get("body", b"") for message in messages), again


def _slower(seconds: int) -> Response:
    answer = problem(
        429,
        "too-often",
        f"请求过于频繁；请在 {seconds} 秒后再试。",
        f"Too many requests; try again in {seconds} seconds.",
    )
    answer.headers["Retry-After"] = str(seconds)
    return answer
