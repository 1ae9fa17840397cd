"""The application: the guard, then the API, the pages and the health checks, all over one desk.

/healthz   this process answers
/readyz    a case can be opened here: the database, a pack, the workflow server and a worker are there
"""

import asyncio
from http import HTTPStatus
from importlib.resources import files

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from temporalio.client import Client
from temporalio.service import RPCError

from console.desk import Desk
from console.links import Links
from console.polling import worker_polls
from console.settings import Settings
from console.sign_in import SignIn
from console.web.api import api
from console.web.callers import Callers
from console.web.guard import Guard
from console.web.pages import pages, refused_page, wants_page
from console.web.problems import from_error, problem
from console.web.provider import links_api, provider
from console.web.rates import Rates
from console.web.resident import resident
from console.web.sign_in import own, signing
from domain.errors import ZerenError
from ledger.errors import DATABASE_ERRORS

_log = structlog.get_logger("zeren.console")


def create_app(
    desk: Desk,
    settings: Settings,
    client: Client | None = None,
    links: Links | None = None,
    sign_in: SignIn | None = None,
) -> FastAPI:
    """The console over a desk. ``client`` is asked whether a worker is there; without one it is never ready.

    ``links`` are the one-time links of providers; without them there is no page for these. ``sign_in`` says how people
    sign in; without it a name is enough on one machine, and nobody gets in elsewhere.
    """
    app = FastAPI(
        title="责任 Zeren",
        description="Moves a resident's issue from intake to closure and says who answered for it at every instant.",
        openapi_url="/api/openapi.json",
        # Their pages load scripts from elsewhere, which ours never do.
        docs_url=None,
        redoc_url=None,
    )
    app.state.desk = desk
    app.state.settings = settings
    app.state.client = client
    app.include_router(api)
    if links is not None:
        app.state.links = links
        app.include_router(links_api)
        app.include_router(provider)
    app.include_router(resident)
    if sign_in is not None:
        _with_sign_in(app, sign_in)
    app.include_router(pages)
    app.mount("/static", StaticFiles(directory=str(files("console").joinpath("static"))), name="static")
    app.add_api_route("/healthz", _healthz, include_in_schema=False)
    app.add_api_route("/readyz", _readyz, include_in_schema=False)
    app.add_exception_handler(RequestValidationError, _bad_parameter)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientDisconnect, _gone)
    for kind in (ZerenError, *DATABASE_ERRORS, RPCError, OSError, Exception):
        app.add_exception_handler(kind, _raised)
    app.add_middleware(Guard, settings=settings)  # pyright: ignore[reportArgumentType] - plain ASGI
    return app


def _with_sign_in(app: FastAPI, sign_in: SignIn) -> None:
    """The pages of signing in, and the middleware that says who everybody is. The guard is to stand before it."""
    app.state.sign_in = sign_in
    app.state.rates = Rates()
    if sign_in.provider is not None:
        app.include_router(signing)
    app.include_router(own)
    app.add_middleware(Callers, signing=sign_in, rates=app.state.rates)  # pyright: ignore[reportArgumentType] - plain ASGI


async def _healthz() -> Response:
    return JSONResponse({"ok": True})


async def _readyz(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    client: Client | None = request.app.state.client
    settings: Settings = request.app.state.settings
    ready = {"database": False, "worker": False}
    try:
        async with asyncio.timeout(8):
            ready["database"] = await desk.ready()
            ready["worker"] = client is not None and await worker_polls(client, settings.task_queue)
    except (RPCError, *DATABASE_ERRORS, OSError) as error:
        _log.warning("not ready", exc_info=error)
    ok = all(ready.values())
    return JSONResponse(
        {"ok": ok, **ready}, status_code=HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
    )


async def _bad_parameter(request: Request, error: Exception) -> Response:
    """A parameter of the address or a header that does not fit: named, and not quoted."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the handler is registered for it
    name = str(error.errors()[0]["loc"][-1])
    zh, en = (
        f"参数 {name} 的值无效；请核对。",
        f"The parameter {name} has a value that does not fit; check it.",
    )
    return _answer(request, 422, "bad-input", zh, en)


async def _http_error(request: Request, error: Exception) -> Response:
    """No such page, no such method."""
    assert isinstance(error, HTTPException)  # noqa: S101 - the handler is registered for it
    zh, en = {
        404: ("没有这个页面；请从首页进入。", "There is no such page; start from the first one."),
        405: ("这个地址不接受此方法。", "This address does not take that method."),
    }.get(error.status_code, ("请求无法处理。", "The request cannot be dealt with."))
    return _answer(request, error.status_code, f"http-{error.status_code}", zh, en)


async def _gone(request: Request, error: Exception) -> Response:  # noqa: ARG001 - as a handler is called
    """Whoever asked hung up before the request was whole: nothing was done, and nobody hears the answer."""
    return problem(
        400,
        "client-gone",
        "请求没有传完，什么都没有办理。",
        "The request did not come in whole; nothing was done.",
    )


async def _raised(request: Request, error: Exception) -> Response:
    """Whatever the desk raises, as an answer; what nobody foresaw goes to the log by its place in the code."""
    status, code, zh, en = from_error(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request failed", code=code, exc_info=error)
    return _answer(request, status, code, zh, en)


def _answer(request: Request, status: int, code: str, zh: str, en: str) -> Response:
    if wants_page(request):
        return refused_page(request, status, zh, en)
    return problem(status, code, zh, en)
