"""The pages: a queue, a form to take a case in, and a case with its table of responsibility. Chinese first.

Everything is a plain page or a plain form that is answered by a redirect; no script is needed. ``?lang=en`` and the
person who acts are remembered in cookies of this site. Each form carries the id of its command, so that sending it
twice does it once.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Any, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from console.clocks import clock_going, clock_state
from console.desk import Receipt, new_command_id
from console.errors import WrongUsage
from console.hats import Acting
from console.reader import Reader
from console.shown import lasting, parts, said_name, short, spoken, who
from console.told import relation
from console.views import Json
from console.web.acting import ACTS_AS, acting_as, caller
from console.web.api import desk_of
from console.web.forms import form, read_form
from console.web.tokens import FormTokens
from console.words import Word, command_word, event_word, field_word, label
from domain.errors import BadInput
from domain.words import (
    CaseKind,
    Channel,
    Charge,
    DeadlineKind,
    Ending,
    Exceptional,
    Procedure,
    Role,
    Satisfaction,
    State,
    Tie,
)
from workflows.door import Outcome

pages = APIRouter(include_in_schema=False)

_LANG = "zeren_lang"
_LONGEST_USER = 64
_YEAR = 365 * 24 * 3600
_COMMAND_ID = "_command_id"
_VERSION = "_version"

_templates = Jinja2Templates(directory=str(files("console").joinpath("templates")))
_templates.env.add_extension(FormTokens)


def _coded(kind: type[StrEnum]) -> Callable[[str | None, str], str]:
    def word(code: str | None, lang: str) -> str:
        return label(kind(code), lang) if code else "—"

    return word


def _told(find: Callable[[str], Word]) -> Callable[[str, str], str]:
    def word(name: str, lang: str) -> str:
        return find(name).say(lang)

    return word


_SHOWN: dict[str, Any] = {
    "said_name": said_name,
    "lasting": lasting,
    "short": short,
    "spoken": spoken,
    "who": who,
    "parts": parts,
    "relation_told": relation,
    "state_word": _coded(State),
    "tie_word": _coded(Tie),
    "charge_word": _coded(Charge),
    "kind_word": _coded(CaseKind),
    "channel_word": _coded(Channel),
    "clock_word": _coded(DeadlineKind),
    "ending_word": _coded(Ending),
    "exception_word": _coded(Exceptional),
    "procedure_word": _coded(Procedure),
    "role_word": _coded(Role),
    "satisfaction_word": _coded(Satisfaction),
    "clock_going": clock_going,
    "clock_state": clock_state,
    "event_word": _told(event_word),
    "command_word": _told(command_word),
    "field_word": _told(field_word),
}
cast("dict[str, Any]", _templates.env.globals).update(_SHOWN)  # pyright: ignore[reportUnknownMemberType]


def wants_page(request: Request) -> bool:
    """Whether a browser asked for a page, and not a program for JSON."""
    inside = request.url.path.startswith("/api/")
    return not inside and "text/html" in request.headers.get("accept", "")


Said = BadInput | Outcome
"""What a page says at its head: both have a sentence in each language."""


def _lang(request: Request) -> str:
    told = request.query_params.get("lang") or request.cookies.get(_LANG)
    return "en" if told == "en" else "zh"


async def _page(
    request: Request, template: str, status: int = 200, *, here: str | None = None, **shown: object
) -> Response:
    """A page with what every page shows. The language asked for is remembered.

    ``here`` is where the page can be looked at again; left out, where it was asked for.
    """
    lang = _lang(request)
    desk = desk_of(request)
    people = await desk.people()
    context: dict[str, object] = {
        **_around(request, here),
        "lang": lang,
        # Where people sign in nobody chooses who he is.
        "people": [] if caller(request) else people,
        "signed_in": caller(request) is not None,
        "callers": {person.id: person.name for person in people},
        "user": request.cookies.get(ACTS_AS, ""),
        "zone": await desk.zone(),
        **shown,
    }
    response = _templates.TemplateResponse(request, template, context, status_code=status)
    if request.query_params.get("lang"):
        response.set_cookie(_LANG, lang, max_age=_YEAR, httponly=True, samesite="strict")
    return response


def _around(request: Request, here: str | None) -> dict[str, object]:
    """Where a page is, and the same page in either language. What was sent to be written is not sent again."""
    looked = request.method == "GET"
    here = here or (_back(request.url.path) if looked else "/")
    asked = dict(request.query_params) if looked else {}
    return {
        "here": here,
        **{f"in_{lang}": f"{here}?{urlencode({**asked, 'lang': lang})}" for lang in ("zh", "en")},
    }


def refused_page(request: Request, status: int, zh: str, en: str) -> Response:
    """A page with one sentence: what went wrong and what to do."""
    context = {**_around(request, None), "lang": _lang(request), "zh": zh, "en": en}
    return _templates.TemplateResponse(request, "message.html", context, status_code=status)


def _reading(request: Request) -> Reader:
    """The reads, for the person that the cookie names."""
    return desk_of(request).seen_by(request.cookies.get(ACTS_AS))


@pages.get("/")
async def first(request: Request) -> Response:
    """The queue, and the form to take a case in."""
    return await _first(request, {})


async def _first(
    request: Request, filled: Mapping[str, str], status: int = 200, said: Said | None = None
) -> Response:
    reading = _reading(request)
    body, state = request.query_params.get("body", ""), request.query_params.get("state", "")
    listed, problem = await _queue(reading, request, body, state)
    return await _page(
        request,
        "queue.html",
        status,
        queue=listed,
        here="/",
        body=body,
        state=state,
        overdue=request.query_params.get("overdue") == "true",
        states=list(State),
        form=form("register", _lang(request)),
        matters=(await reading.matters("", 200))["items"],
        filled=filled,
        command_id=filled.get(_COMMAND_ID) or new_command_id(),
        said=said or problem,
    )


async def _queue(reading: Reader, request: Request, body: str, state: str) -> tuple[Json, BadInput | None]:
    """The page of the queue that was asked for; the first of all where the question does not fit."""
    overdue = request.query_params.get("overdue") == "true"
    try:
        wanted = State(state) if state in set(State) else None
        after = request.query_params.get("after")
        return await reading.queue(
            body=body or None, state=wanted, overdue=overdue, limit=50, after=after
        ), None
    except BadInput as error:
        return await reading.queue(limit=50), error


@pages.post("/acting")
async def acting(request: Request) -> Response:
    """Remember who acts."""
    told = read_form(await request.body())
    response = RedirectResponse(_back(told.get("back", "/")), status_code=303)
    user = told.get("user", "")
    # A cookie holds ASCII only; who it names is looked up at each use.
    kept = user if user.isascii() and len(user) <= _LONGEST_USER else ""
    response.set_cookie(ACTS_AS, kept, max_age=_YEAR, httponly=True, samesite="strict")
    return response


def _back(path: str) -> str:
    """A path of this site, never another one."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


def _acting(request: Request) -> Acting:
    chosen = acting_as(request)
    if chosen is None:
        raise WrongUsage("请先在页面上方选择办理人。", "Choose who acts at the top of the page first.")
    return chosen


@pages.post("/cases")
async def take_in(request: Request) -> Response:
    """Take a case in, and go to it; a receipt is shown first, since an address must not carry it."""
    told = read_form(await request.body())
    fields = {name: value for name, value in told.items() if not name.startswith("_")}
    try:
        receipt = await desk_of(request).open_case(fields, _acting(request), command_id=told.get(_COMMAND_ID))
    except BadInput as error:
        return await _first(request, told, 422, error)
    if not receipt.done:
        # Its id has its answer for good: what is mended is another command.
        return await _first(request, _renewed(told, receipt), 409, receipt.outcome)
    number = receipt.as_json()["number"]
    slip = receipt.slip.as_json() if receipt.slip else None
    if receipt.sealed:
        # Whoever took it in may not be let see it: he gets the number for the resident, and the same page each time.
        return _sealed_page(request, number, slip)
    if slip is not None:
        return await _page(request, "receipt.html", 201, number=number, slip=slip)
    return RedirectResponse(f"/cases/{number}", status_code=303)


def _sealed_page(request: Request, number: str, slip: Json | None) -> Response:
    zh = f"已登记，案件号 {number}。反映对象及其下级看不到本件，由其上级受理；请把案件号告知居民。"
    en = f"Registered as {number}. The accused do not see it and the body above answers; tell the resident the number."
    context: dict[str, Any] = {
        "lang": _lang(request),
        "done": True,
        "zh": zh,
        "en": en,
        "people": [],
        "user": "",
        "slip": slip,
    }
    return _templates.TemplateResponse(request, "message.html", context, status_code=201)


def _renewed(told: Mapping[str, str], receipt: Receipt) -> dict[str, str]:
    """What was filled in; with a new id if the old one has been answered."""
    return {
        name: value for name, value in told.items() if name != _COMMAND_ID or receipt.outcome.answer is None
    }


@pages.get("/cases/{number}")
async def case(request: Request, number: str) -> Response:
    """One case: state, who answers, the table of responsibility, what happened, what can be done."""
    return await _case(request, number, {})


async def _case(
    request: Request,
    number: str,
    filled: Mapping[str, str],
    status: int = 200,
    said: Said | None = None,
) -> Response:
    reading, lang = _reading(request), _lang(request)
    try:
        allowed = await reading.allowed(number, acting_as(request))
    except BadInput:
        # A person who is no longer known must not keep the case from being looked at.
        allowed = await reading.allowed(number)
    rows = allowed["commands"]
    return await _page(
        request,
        "case.html",
        status,
        here=f"/cases/{allowed['number']}",
        case=await reading.show(number),
        holders=await reading.holders(number),
        history=await reading.history(number),
        clocks=await reading.clocks(number),
        forms=[(row, form(row["command"], lang)) for row in rows if row["allowed"]],
        others=[row for row in rows if not row["allowed"]],
        filled=filled,
        new_id=new_command_id,
        said=said,
    )


@pages.post("/cases/{number}/{command}")
async def act(request: Request, number: str, command: str) -> Response:
    """Give a command, and look at the case again."""
    told = read_form(await request.body())
    fields = {name: value for name, value in told.items() if not name.startswith("_")}
    desk = desk_of(request)
    try:
        receipt = await desk.act(
            number,
            command,
            fields,
            _acting(request),
            expected_version=_seen(told),
            command_id=told.get(_COMMAND_ID),
        )
    except BadInput as error:
        await _reading(request).case(number)
        return await _case(request, number, {**told, "_command": command}, 422, error)
    if not receipt.done:
        return await _case(
            request, number, {**_renewed(told, receipt), "_command": command}, 409, receipt.outcome
        )
    # Who steps out does not see the case any more.
    here = "/" if command == "recuse" else f"/cases/{receipt.number}"
    return RedirectResponse(here, status_code=303)


def _seen(told: Mapping[str, str]) -> int | None:
    """The version that the form was made at."""
    version = told.get(_VERSION, "")
    return int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None  # noqa: PLR2004
