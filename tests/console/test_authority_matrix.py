"""Every role at every route, and every hat at every command: what the answer is, tried, and printed in the docs.

ZEREN_WRITE_TABLES=1 pytest tests/console/test_authority_matrix.py     writes docs/authority-matrix.md anew

The rows of the commands are those of tests/domain/test_rules_authority.py, where each is tried under every hat. The
routes are tried here, in one house, behind a proxy that signs people in.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from fastapi.routing import APIRoute

from console.desk import Desk
from console.links import Links
from console.settings import Settings
from console.sign_in import PROXY_SECRET, sign_in_of
from console.web.app import create_app
from console.web.guard import SAFE
from domain.actors import person
from domain.authority import REGISTRARS, WHO
from domain.words import Role
from ledger.packs import store_pack
from tests import small
from tests.domain import world
from tests.domain.test_rules_authority import BY_RESIDENT, ROWS
from tests.ledger.cases import KEYRING

PAGE = Path(__file__).parents[2] / "docs" / "authority-matrix.md"
SECRET = "proxy-secret-of-more-than-32-characters"
HOME = "http://127.0.0.1:8400"
ROLES = {role: person(f"a-{role}", role, small.DISPATCH) for role in Role}
PACK = world.with_posts([world.post(actor) for actor in ROLES.values()], small.PACK)

HEAD = ["| route | nobody | without the form's token | each of the roles |", "| --- | --- | --- | --- |"]

WITHOUT_SIGN_IN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/p/{token}"),
    ("POST", "/p/{token}"),
    ("POST", "/api/v1/resident/case"),
    ("POST", "/api/v1/resident/receipt"),
}
"""Everything that answers somebody who has not signed in; by hand, so that a new one is a decision."""

REFUSED = {401: "sign in", 403: "form token"}
FILLED = {"number": "9MK6-DZN4", "token": "none", "question": "escalations", "command": "triage"}


def _routes(router: Any) -> Iterator[tuple[str, str]]:
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield from ((method, route.path) for method in sorted(route.methods or ()))
        elif (included := getattr(route, "original_router", None)) is not None:
            yield from _routes(included)


class _NoDoor:
    async def send(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("no command gets that far: there is no such case, or its body is empty")


async def test_every_role_at_every_route_gets_what_the_page_says(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await store_pack(pool, PACK)
    (tmp_path / PROXY_SECRET).write_text(SECRET)
    settings = Settings.model_validate(
        {
            "database_url": "postgresql://not-used",
            "temporal_address": "127.0.0.1:1",
            "kek_file": tmp_path,
            "secrets": tmp_path,
            "sign_in": "header",
            "proxy_peers": "10.0.0.1",
        }
    )
    desk = Desk(pool, KEYRING, _NoDoor())
    app = create_app(desk, settings, None, Links(pool, KEYRING, desk), sign_in_of(settings, pool))
    routes = sorted(set(_routes(app.router)), key=lambda route: (route[1], route[0]))
    assert set(routes) > WITHOUT_SIGN_IN
    transport = httpx.ASGITransport(app=app, client=("10.0.0.1", 50000), raise_app_exceptions=False)
    table: list[str] = []
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as web:

        async def ask(method: str, path: str, who: str | None, **headers: str) -> int:
            told = {"X-Forwarded-User": who, "X-Zeren-Proxy-Secret": SECRET} if who else {}
            json: dict[str, Any] = {} if method in SAFE else {"json": {}}
            address = path.format(**FILLED)
            answer = await web.request(method, address, headers={**told, **headers}, **json)
            assert answer.status_code < 500 or path == "/readyz", (method, path, who, answer.text)
            return answer.status_code

        tokens = {}
        for role, actor in ROLES.items():
            me = await web.get(
                "/session", headers={"X-Forwarded-User": actor.person or "", "X-Zeren-Proxy-Secret": SECRET}
            )
            tokens[role] = me.json()["token"]
        assert len(set(tokens.values())) == len(ROLES)
        assert await ask("GET", "/api/openapi.json", None) == 401
        for method, path in routes:
            nobody = await ask(method, path, None)
            opened = (method, path) in WITHOUT_SIGN_IN
            assert (nobody != 401) == opened, (method, path, nobody)
            answers: list[int] = []
            for role, actor in ROLES.items():
                if method not in SAFE and not opened:
                    assert await ask(method, path, actor.person) == 403, (method, path, role)
                    other = tokens[Role.CLERK if role is not Role.CLERK else Role.HEAD]
                    assert await ask(method, path, actor.person, **{"X-Zeren-Token": other}) == 403
                    cross = {"X-Zeren-Token": tokens[role], "Sec-Fetch-Site": "cross-site"}
                    assert await ask(method, path, actor.person, **cross) == 403
                answers.append(await ask(method, path, actor.person, **{"X-Zeren-Token": tokens[role]}))
            assert not {401, 403, 429} & set(answers) or opened, (method, path, answers)
            # The route itself is open to every role alike: what differs is the case, the command and the firewall.
            assert len(set(answers)) == 1, (method, path, answers)
            said = "open" if opened else REFUSED[nobody]
            without = "—" if method in SAFE or opened else "refused"
            table.append(f"| `{method} {path}` | {said} | {without} | through |")
    _kept("routes", "\n".join([*HEAD, *table]))


def test_every_hat_at_every_command_is_on_the_page() -> None:
    assert {row.command for row in ROWS} == set(WHO)
    roles = list(Role)
    lines = [
        f"| command | the body is | {' | '.join(roles)} | resident | provider |",
        "| --- | --- |" + " --- |" * (len(roles) + 2),
    ]
    tick = {True: "●", False: ""}
    cells = " | ".join(tick[role in REGISTRARS] for role in roles)
    lines.append(f"| `register` | one that registers | {cells} | ● |  |")
    for command in WHO:
        hats = {hat for row in ROWS if row.command == command for hat in row.hats.split()}
        cells = " | ".join(tick[role.value in hats] for role in roles)
        who = WHO[command]
        assert who.resident == (command in BY_RESIDENT)
        lines.append(f"| `{command}` | {who.en} | {cells} | {tick[who.resident]} | {tick[who.provider]} |")
    _kept("commands", "\n".join(lines))


def _kept(name: str, table: str) -> None:
    """The table of the page is the one that was just tried."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    kept, _, after = rest.partition(end)
    if os.environ.get("ZEREN_WRITE_TABLES"):
        PAGE.write_text(f"{before}{begin}\n{table}\n{end}{after}", encoding="utf-8")
        return
    assert kept.strip() == table, f"the table of {name} has changed; see this file's first lines"
