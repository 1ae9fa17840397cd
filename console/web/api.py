"""`/api/v1`: the desk as JSON. The shapes are those of the command line.

A write takes ``Idempotency-Key`` as the command's id; without one an id is made and given back in the same header.
``X-Zeren-User`` names who acts, ``X-Zeren-Hat`` under which hat. Bodies are read here and not by the framework, so that
every mistake is answered in both languages and none quotes what somebody wrote.
"""

import json
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse

from console.desk import Desk
from console.errors import WrongUsage
from console.fields import instant, spec
from console.hats import Acting
from console.reader import Reader
from console.views import Json
from console.web.forms import given_twice
from console.web.problems import answer
from console.words import command_word
from domain.commands import MODELS, NOT_BY_PEOPLE
from domain.errors import BadInput
from domain.words import State
from ledger.audits import Question
from ledger.outbox import OutboxState

api = APIRouter(prefix="/api/v1", tags=["v1"])

User = Annotated[str | None, Header(alias="X-Zeren-User", max_length=200)]
Hat = Annotated[str | None, Header(alias="X-Zeren-Hat", max_length=200)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]
Search = Annotated[str, Query(max_length=200, description="part of an id or name")]
Limit = Annotated[int, Query(ge=1, le=200)]


def desk_of(request: Request) -> Desk:
    """The desk that the application was made with."""
    return request.app.state.desk


def reader_of(request: Request, user: User = None) -> Reader:
    """The reads, for the person named in X-Zeren-User."""
    return desk_of(request).seen_by(user)


Reading = Annotated[Reader, Depends(reader_of)]
"""What every read takes instead of the desk, so that none forgets for whom it reads."""


def _schema(*commands: str) -> dict[str, Any]:
    """What a body may hold, read off the commands, for the OpenAPI document."""
    shapes = [_shape(command) for command in commands]
    schema = shapes[0] if len(shapes) == 1 else {"oneOf": shapes}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _shape(command: str) -> dict[str, Any]:
    known = spec(command)
    fields: dict[str, Any] = {}
    for name, field in known.fields.items():
        fields[name] = {"type": "boolean"} if field.kind == "yes_no" else {"type": "string"}
        if field.kind == "count":
            fields[name] = {"type": "integer", "minimum": 1}
        if field.kind == "instant":
            fields[name]["format"] = "date-time"
        if field.choices is not None:
            fields[name]["enum"] = [choice.value for choice in field.choices]
        if field.kind == "bodies":
            fields[name] = {"type": "array", "items": {"type": "string"}}
    fields |= {name: {"type": "string", "description": "kept in the compartment"} for name in known.texts}
    required = [name for name, field in known.fields.items() if field.required]
    required += [name for name, needed in known.texts.items() if needed]
    if command != "register":
        fields |= {"type": {"const": command}, "expected_version": {"type": "integer", "minimum": 1}}
        required.append("type")
    return {"title": command_word(command).en, "type": "object", "properties": fields, "required": required}


async def body_of(request: Request) -> dict[str, object]:
    """The body as a JSON object. Raises BadInput."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise BadInput("请求内容应为 application/json。", "The body has to be application/json.")
    body = await request.body()
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("请求内容应为 UTF-8 编码。", "The body has to be in UTF-8.") from None
    try:
        told = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise BadInput("请求内容不是有效的 JSON。", "The body is not valid JSON.") from None
    if not isinstance(told, dict):
        raise BadInput("请求内容应为一个 JSON 对象。", "The body has to be one JSON object.")
    return cast("dict[str, object]", told)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names are all different: of two values nobody can say which one was meant. Raises BadInput."""
    told = dict(pairs)
    if len(told) != len(pairs):
        raise given_twice()
    return told


def _no_constant(_text: str) -> object:
    raise ValueError("no such number in JSON")


def who_acts(user: str | None, hat: str | None) -> Acting:
    """Who acts, by the headers. Raises WrongUsage where nobody is named."""
    if not user:
        raise WrongUsage("请在 X-Zeren-User 中写明办理人编号。", "Say who acts in the header X-Zeren-User.")
    return Acting(user, hat)


@api.post("/cases", status_code=201, openapi_extra=_schema("register"))
async def open_case(request: Request, user: User = None, hat: Hat = None, key: Key = None) -> JSONResponse:
    """Take a case in."""
    acting = who_acts(user, hat)
    receipt = await desk_of(request).open_case(await body_of(request), acting, command_id=key)
    return answer(receipt, created=True)


@api.get("/cases/{number}")
async def show(reading: Reading, number: str, at: str | None = None, known: str | None = None) -> Json:
    """The case as it stands, or stood at an instant, as known at one."""
    then = instant("at", at) if at else None
    by = instant("known", known) if known else None
    return await reading.show(number, then, by)


@api.post(
    "/cases/{number}/commands",
    openapi_extra=_schema(*(name for name in MODELS if name not in {"register", *NOT_BY_PEOPLE})),
)
async def act(
    request: Request, number: str, user: User = None, hat: Hat = None, key: Key = None
) -> JSONResponse:
    """Give a command on a case: ``{"type": …, "expected_version": …, …}``."""
    acting = who_acts(user, hat)
    told = await body_of(request)
    command, expected = told.pop("type", None), told.pop("expected_version", None)
    if not isinstance(command, str):
        raise WrongUsage("请在 type 中写明命令。", "Name the command in the field type.")
    if expected is not None and (isinstance(expected, bool) or not isinstance(expected, int)):
        raise BadInput("expected_version 应为整数。", "The field expected_version has to be a whole number.")
    receipt = await desk_of(request).act(
        number, command, told, acting, expected_version=expected, command_id=key
    )
    return answer(receipt)


@api.get("/cases/{number}/holders")
async def holders(reading: Reading, number: str, at: str | None = None, known: str | None = None) -> Json:
    """Who answered for every instant, and what it is charged to."""
    then = instant("at", at) if at else None
    by = instant("known", known) if known else None
    return await reading.holders(number, then, by)


@api.get("/cases/{number}/events")
async def events(reading: Reading, number: str) -> Json:
    """Every event."""
    return await reading.history(number)


@api.get("/cases/{number}/clocks")
async def clocks(reading: Reading, number: str, at: str | None = None, known: str | None = None) -> Json:
    """Every deadline with its reason and its arithmetic, the two clocks, and the promise."""
    then = instant("at", at) if at else None
    by = instant("known", known) if known else None
    return await reading.clocks(number, then, by)


@api.get("/cases/{number}/allowed")
async def allowed(reading: Reading, number: str, user: User = None, hat: Hat = None) -> Json:
    """What the case allows now, to whom, and why not the rest; with X-Zeren-User, to that person."""
    return await reading.allowed(number, Acting(user, hat) if user else None)


@api.get("/queue")
async def queue(
    reading: Reading,
    body: Annotated[str | None, Query(max_length=200)] = None,
    state: State | None = None,
    *,
    overdue: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str | None, Query(max_length=400)] = None,
) -> Json:
    """Open cases by their next deadline."""
    return await reading.queue(body=body, state=state, overdue=overdue, limit=limit, after=after)


@api.get("/route")
async def route(
    reading: Reading,
    matter: Annotated[str, Query(max_length=200)],
    place: Annotated[str, Query(max_length=200)],
) -> Json:
    """To which body a case of that matter at that place would belong now, and why."""
    return await reading.route(matter, place)


@api.get("/audit/{question}")
async def audit(
    reading: Reading,
    question: Question,
    since: Annotated[str | None, Query(alias="from", max_length=60)] = None,
    until: Annotated[str | None, Query(alias="to", max_length=60)] = None,
    body: Annotated[str | None, Query(max_length=200)] = None,
) -> Json:
    """What supervisors ask: escalations, ping-pong, push-downs, dwell, reads, exceptions, verdicts."""
    begin = instant("from", since) if since is not None else None
    end = instant("to", until) if until is not None else None
    return await reading.audit(question, since=begin, until=end, body=body)


@api.get("/notices")
async def notices(
    reading: Reading,
    to: Annotated[str | None, Query(max_length=64, description="a body's or person's id")] = None,
    state: OutboxState | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Json:
    """Notices that leave the house, with what became of each; dead letters with ``state=dead``."""
    return await reading.notices(recipient=to, state=state, limit=limit)


@api.get("/digest")
async def digest(reading: Reading) -> Json:
    """The digest of the person named in X-Zeren-User, as it would be sent now."""
    return await reading.digest()


@api.get("/bodies")
async def bodies(reading: Reading, q: Search = "", limit: Limit = 20) -> Json:
    """Bodies whose id or name holds ``q``."""
    return await reading.bodies(q, limit)


@api.get("/matters")
async def matters(reading: Reading, q: Search = "", limit: Limit = 20) -> Json:
    """Matters whose id or name holds ``q``."""
    return await reading.matters(q, limit)


@api.get("/places")
async def places(reading: Reading, q: Search = "", limit: Limit = 20) -> Json:
    """Places whose code begins with ``q`` or whose name holds it."""
    return await reading.places(q, limit)
