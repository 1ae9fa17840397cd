"""`/p/{token}`: the page of a provider that answers by a one-time link. It needs no script, no account and no cookie.

It shows the task and nothing else of the case. 404 for what is no link; 410 once it is used or replaced.
"""

from http import HTTPStatus
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, Response
from starlette.templating import Jinja2Templates

from console.links import Links, LinkUsed, NoSuchLink, Task
from console.shown import local
from console.web.acting import acting_as
from console.web.api import Hat, User, body_of, who_acts
from console.web.forms import form, read_form
from console.web.problems import answer
from console.web.tokens import FormTokens
from domain.errors import BadInput
from workflows.door import OutcomeKind

provider = APIRouter(include_in_schema=False)
links_api = APIRouter(prefix="/api/v1", tags=["v1"])

_templates = Jinja2Templates(directory=str(files("console").joinpath("templates")))
_templates.env.add_extension(FormTokens)


def links_of(request: Request) -> Links:
    """The links over the desk that the application was made with."""
    return request.app.state.links


@links_api.post("/cases/{number}/links", status_code=201)
async def issue(request: Request, number: str, user: User = None, hat: Hat = None) -> JSONResponse:
    """A one-time link for the provider that was asked: ``{"contract": …}``. It is told once and kept nowhere."""
    acting = who_acts(user, hat)
    contract = (await body_of(request)).get("contract")
    if not isinstance(contract, str):
        raise BadInput("请在 contract 中写明合同。", "Name the contract in the field contract.")
    issued = await links_of(request).issue(number, contract, acting)
    return JSONResponse(issued.model_dump(mode="json"), status_code=HTTPStatus.CREATED)


@provider.post("/cases/{number}/links")
async def issue_on_a_page(request: Request, number: str) -> Response:
    """The same from the page of a case: the link is shown once, to be sent to the provider."""
    told = read_form(await request.body())
    issued = await links_of(request).issue(
        number, told.get("contract", ""), acting_as(request) or who_acts(None, None)
    )
    address = f"{str(request.base_url).rstrip('/')}{issued.path}"
    context: dict[str, object] = {"lang": "zh", "address": address, "number": issued.number}
    return _told(request, "provider_link.html", context, HTTPStatus.CREATED)


@provider.get("/p/{token}")
async def task(request: Request, token: str) -> Response:
    """The task, and the form to answer it."""
    try:
        return await _page(request, await links_of(request).open(token), {})
    except (NoSuchLink, LinkUsed) as error:
        return _gone(request, error)


@provider.post("/p/{token}")
async def answered(
    request: Request, token: str, accept: Annotated[str, Header(max_length=400)] = ""
) -> Response:
    """The answer, once."""
    told = read_form(await request.body())
    links = links_of(request)
    try:
        receipt = await links.answer(token, told)
    except (NoSuchLink, LinkUsed) as error:
        return _gone(request, error)
    except BadInput as error:
        return await _page(request, await links.open(token), told, 422, error.zh)
    if receipt.done:
        return _said(request, HTTPStatus.OK, "已收到您的答复，谢谢。", "Thank you, your answer is on record.")
    if receipt.outcome.refusal is not None:
        return _gone(request, LinkUsed())
    if "text/html" in accept and receipt.outcome.kind is not OutcomeKind.DONE:
        return _said(request, HTTPStatus.SERVICE_UNAVAILABLE, receipt.outcome.zh, receipt.outcome.en)
    return answer(receipt)


async def _page(
    request: Request, task: Task, filled: dict[str, str], status: int = 200, said: str = ""
) -> Response:
    shown = form("answer_as_provider", "zh")
    controls = tuple(control for control in shown.controls if control.name in {"answer", "finding"})
    zone = await request.app.state.desk.zone()
    context: dict[str, object] = {
        "lang": "zh",
        "task": task,
        "until": local(task.until.isoformat(), zone) if task.until else "",
        "form": shown._replace(controls=controls),
        "filled": filled,
        "said": said,
    }
    return _told(request, "provider.html", context, status)


def _gone(request: Request, error: NoSuchLink | LinkUsed) -> Response:
    status = HTTPStatus.GONE if isinstance(error, LinkUsed) else HTTPStatus.NOT_FOUND
    return _said(request, status, error.zh, error.en)


def _said(request: Request, status: int, zh: str, en: str) -> Response:
    return _told(request, "provider_said.html", {"lang": "zh", "zh": zh, "en": en}, status)


def _told(request: Request, template: str, context: dict[str, object], status: int) -> Response:
    response = _templates.TemplateResponse(request, template, context, status_code=status)
    # The address is the secret: no page after this one may learn it.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
