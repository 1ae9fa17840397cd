"""The pages of signing in and out, and of the hat that somebody acts under.

    /sign-in ─▶ /sign-in/start ─▶ the provider ─▶ /sign-in/back ─▶ a new session ─▶ where one wanted to go
    /session      who I am, my hats, my form token; sign out here, or everywhere

A sign-in is bound to the browser that began it by a cookie with its state (RFC 9700 §4.7.1), and each one gets a new
token, so that a token known before is worth nothing afterwards (session fixation).
"""

import hmac
import secrets
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.resources import files
from typing import Annotated
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.templating import Jinja2Templates

from console.oidc import BACK, NotBelieved, Provider, ProviderAway
from console.sign_in import SignIn
from console.web.acting import Caller, caller
from console.web.callers import SIGN_IN_PATH, cookie_name, hat_cookie, peer_of
from console.web.forms import read_form
from console.web.problems import problem
from console.web.rates import FAILURES, Rates
from console.web.tokens import FormTokens
from console.words import LABELS
from domain.errors import BadInput
from domain.words import Role
from ledger import sessions
from ledger.directory import person as person_of

signing = APIRouter(include_in_schema=False)
own = APIRouter(include_in_schema=False)

_templates = Jinja2Templates(directory=str(files("console").joinpath("templates")))
_templates.env.add_extension(FormTokens)
_log = structlog.get_logger("zeren.console")
_LONGEST = 2000


def sign_in_parts(request: Request) -> SignIn:
    """The parts that the application was made with."""
    return request.app.state.sign_in


def _provider(request: Request) -> Provider:
    provider = sign_in_parts(request).provider
    assert provider is not None  # noqa: S101 - the routes are there for this way only
    return provider


@signing.get(SIGN_IN_PATH)
async def sign_in(request: Request, back: Annotated[str, Query(max_length=_LONGEST)] = "/") -> Response:
    """The page with the way to the provider: a link, since a form may not lead off this site."""
    return _page(request, "sign_in.html", back=_ours(back))


@signing.get(SIGN_IN_PATH + "/start")
async def start(request: Request, back: Annotated[str, Query(max_length=_LONGEST)] = "/") -> Response:
    """Off to the provider."""
    parts, provider = sign_in_parts(request), _provider(request)
    nonce, verifier = secrets.token_urlsafe(32), provider.verifier()
    begun = sessions.Begun(nonce=nonce, verifier=verifier, back=_ours(back))
    state = await sessions.begin_try(parts.pool, begun)
    try:
        address = await provider.address(state, nonce, verifier)
    except ProviderAway as error:
        return _away(request, error)
    response = RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)
    response.set_cookie(
        _try_cookie(parts),
        state,
        max_age=int(sessions.TRY_LIVES.total_seconds()),
        httponly=True,
        secure=parts.secure,
        samesite="lax",
    )
    return response


@signing.get(BACK)
async def back(
    request: Request,
    code: Annotated[str, Query(max_length=_LONGEST)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
    iss: Annotated[str | None, Query(max_length=_LONGEST)] = None,
) -> Response:
    """From the provider: a session, or one sentence that says why there is none."""
    parts = sign_in_parts(request)
    told = request.cookies.get(_try_cookie(parts), "")
    bound = bool(state) and hmac.compare_digest(told.encode(), state.encode())
    begun = await sessions.take_try(parts.pool, state) if bound else None
    if begun is None:
        return await _refused(request, "state")
    if not code:
        return await _refused(request, "no-code")
    try:
        claims = await _provider(request).claims(code, begun.verifier, begun.nonce, iss)
    except NotBelieved as error:
        return await _refused(request, error.why)
    except ProviderAway as error:
        return _away(request, error)
    person = claims.get(parts.claim)
    if not isinstance(person, str) or not await sessions.known(parts.pool, person):
        return await _refused(request, "unknown-person")
    await _forget(request, parts)
    token = await sessions.begin(parts.pool, person, parts.lives)
    response = RedirectResponse(begun.back, status_code=HTTPStatus.SEE_OTHER)
    response.set_cookie(
        cookie_name(parts),
        token,
        max_age=int(parts.lives.total_seconds()),
        httponly=True,
        secure=parts.secure,
        samesite="lax",
    )
    response.delete_cookie(_try_cookie(parts), secure=parts.secure, httponly=True, samesite="lax")
    return response


async def _forget(request: Request, parts: SignIn) -> None:
    """End the session that this browser had before."""
    before = request.cookies.get(cookie_name(parts), "")
    if before:
        await sessions.end(parts.pool, before)


@own.get("/session")
async def session(request: Request) -> Response:
    """Who I am, under which hat I act, and which I have. Programs get it as JSON, with the token for writes."""
    me = _me(request)
    hats = await _hats(request, me)
    if "text/html" in request.headers.get("accept", ""):
        return _page(request, "session.html", me=me, hats=hats, sessions=sign_in_parts(request).way == "oidc")
    return JSONResponse(
        {"user": me.person, "hat": me.hat, "hats": [hat for hat, _ in hats], "token": me.form_token}
    )


@own.post("/session/hat")
async def choose_hat(request: Request) -> Response:
    """Act under one hat from now on; empty: under the first that may. It has to be one that the person has."""
    me, parts = _me(request), sign_in_parts(request)
    hat = read_form(await request.body()).get("hat") or None
    if hat is not None and hat not in {known for known, _ in await _hats(request, me)}:
        raise BadInput("您没有这个身份；请从列表中选择。", "That hat is not yours; choose one of the list.")
    response = RedirectResponse("/session", status_code=HTTPStatus.SEE_OTHER)
    if me.token:
        await sessions.choose_hat(parts.pool, me.token, hat)
    else:
        response.set_cookie(
            hat_cookie(parts), quote(hat or ""), httponly=True, secure=parts.secure, samesite="lax"
        )
    return response


@own.post("/session/end")
async def end(request: Request) -> Response:
    """Sign out here; with ``everywhere``, in every browser."""
    me, parts = _me(request), sign_in_parts(request)
    if read_form(await request.body()).get("everywhere"):
        await sessions.end_all(parts.pool, me.person)
    elif me.token:
        await sessions.end(parts.pool, me.token)
    further = await parts.provider.sign_out_address() if parts.provider else None
    response = _page(request, "signed_out.html", further=further)
    response.delete_cookie(cookie_name(parts), secure=parts.secure, httponly=True, samesite="lax")
    # Whatever the browser kept of this site goes too (W3C Clear Site Data).
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _me(request: Request) -> Caller:
    me = caller(request)
    assert me is not None  # noqa: S101 - the middleware lets nobody else through
    return me


async def _hats(request: Request, me: Caller) -> list[tuple[str, str]]:
    """The hats that the person wears now, each as ``role@body`` and in words, in the pack's order."""
    parts, now = sign_in_parts(request), datetime.now(UTC)
    found = await person_of(parts.pool, me.person, now)
    return [
        (f"{hat.post.role.value}@{hat.post.body}", f"{hat.office.zh} {LABELS[Role][hat.post.role.value]}")
        for hat in (found.hats if found else ())
    ]


def _try_cookie(parts: SignIn) -> str:
    return "__Host-zeren-try" if parts.secure else "zeren_try"


def _ours(path: str) -> str:
    """A path of this site, never another one, and never one of these pages."""
    fits = path.startswith("/") and not path.startswith(("//", "/\\", SIGN_IN_PATH)) and path.isprintable()
    return path if fits and "\\" not in path else "/"


_WHY = {
    "unknown-person": (
        "登录成功，但系统中没有您的岗位；请联系本单位管理员，在人员名册中登记后再登录。",
        "You signed in, but you hold no post here; ask your office's administrator to enter you in the pack.",
    ),
    "state": (
        "这次登录已过期、已用过，或不是在本浏览器中开始的；请重新登录。",
        "This sign-in is too old, was used, or was not begun in this browser; sign in again.",
    ),
}
_OTHERWISE = (
    "登录没有成功：身份服务的答复无法核实；请重新登录，仍不行请联系运维。",
    "Signing in failed: the provider's answer cannot be verified; try again, or tell the operator.",
)


async def _refused(request: Request, why: str) -> Response:
    """One sentence, and a line in the record. What came from outside is in neither."""
    parts: SignIn = sign_in_parts(request)
    rates: Rates = request.app.state.rates
    rates.take(FAILURES, "failure", peer_of(request.scope, parts))
    await sessions.refused(parts.pool, why)
    zh, en = _WHY.get(why, _OTHERWISE)
    return _said(request, HTTPStatus.FORBIDDEN, f"sign-in-{why}", zh, en)


def _away(request: Request, error: ProviderAway) -> Response:
    _log.warning("the provider of sign-in does not answer", exc_info=error)
    return _said(
        request,
        HTTPStatus.SERVICE_UNAVAILABLE,
        "provider-away",
        "身份服务没有应答；请稍后重试，或联系运维。",
        "The provider of sign-in does not answer; try again later, or tell the operator.",
    )


def _said(request: Request, status: HTTPStatus, code: str, zh: str, en: str) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return problem(status, code, zh, en)
    return _page(request, "sign_in.html", status, zh=zh, en=en, back="/")


def _page(request: Request, template: str, status: int = 200, **shown: object) -> Response:
    lang = "en" if request.cookies.get("zeren_lang") == "en" else "zh"
    here = request.url.path
    around: dict[str, object] = {"lang": lang, "in_zh": f"{here}?lang=zh", "in_en": f"{here}?lang=en"}
    return _templates.TemplateResponse(request, template, {**around, **shown}, status_code=status)
