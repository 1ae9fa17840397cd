"""Signing in: a real provider of OpenID Connect, sessions, forms with their token, a proxy that names people."""

import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from joserfc import jwk

from console.desk import Desk
from console.errors import NotRunning
from console.links import Links
from console.settings import Settings
from console.sign_in import CLIENT_SECRET, PROXY_SECRET, SignIn, sign_in_of
from console.web.app import create_app
from console.web.rates import FAILURES
from domain.numbers import case_id
from ledger import sessions
from ledger.packs import store_pack
from ledger.sessions import TRY_LIVES
from tests import small
from tests.console.oidc_provider import SECRET, OidcProvider, oidc_provider, signed
from tests.ledger.cases import KEYRING
from tests.running import Running

PAGE = {"Accept": "text/html"}
TRUSTED = "trusted-proxy-secret-of-forty-characters"


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with pytest.MonkeyPatch.context() as patch:
        # The provider's own library asks for TLS, which a server on loopback has not.
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        with oidc_provider() as opened:
            yield opened


@pytest.fixture
def secrets_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / CLIENT_SECRET).write_text(SECRET + "\n")
    (folder / PROXY_SECRET).write_text(TRUSTED)
    return folder


def _settings(folder: Path, **told: Any) -> Settings:
    base: dict[str, Any] = {
        "database_url": "postgresql://not-used",
        "temporal_address": "127.0.0.1:1",
        "kek_file": folder / "kek",
        "secrets": folder,
    }
    return Settings.model_validate({**base, **told})


def _oidc(folder: Path, provider: OidcProvider) -> Settings:
    return _settings(folder, sign_in="oidc", oidc_issuer=provider.issuer, oidc_client_id="zeren")


class _NoDoor:
    async def send(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("nothing is sent in this test")


@asynccontextmanager
async def _site(
    settings: Settings, pool: asyncpg.Pool, desk: Desk | None = None
) -> AsyncGenerator[tuple[Any, SignIn]]:
    """The console, and how to make a browser of it."""
    sign_in = sign_in_of(settings, pool)
    assert sign_in is not None
    desk = desk or Desk(pool, KEYRING, _NoDoor())
    app = create_app(desk, settings, None, Links(pool, KEYRING, desk), sign_in)

    def browser(peer: str = "192.0.2.7", **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app, client=(peer, 50000), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=settings.url, headers=headers)

    yield browser, sign_in


async def _back(web: httpx.AsyncClient, provider: OidcProvider, person: str, back: str = "/") -> str:
    """From our page to the provider's and out of it again: the address that comes back to us."""
    begun = await web.get("/sign-in/start", params={"back": back})
    assert begun.status_code == 303, begun.text
    return await provider.approve(begun.headers["location"], person)


async def _signed_in(web: httpx.AsyncClient, provider: OidcProvider, person: str) -> str:
    """Signed in; answers the form's token."""
    answer = await web.get(await _back(web, provider, person))
    assert answer.status_code == 303, answer.text
    return (await web.get("/session")).json()["token"]


async def test_a_day_with_a_session(running: Running, provider: OidcProvider, secrets_folder: Path) -> None:
    async with (
        _site(_oidc(secrets_folder, provider), running.pool, running.desk) as (browser, _),
        browser() as web,
    ):
        sent = await web.get("/?state=triage", headers=PAGE)
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?back=%2F%3Fstate%3Dtriage")
        assert (await web.get("/api/v1/queue", headers={"X-Zeren-User": "clerk-1"})).status_code == 401
        assert "/sign-in/start?back=/%3Fstate%3Dtriage" in (await web.get(sent.headers["location"])).text

        answer = await web.get(await _back(web, provider, "clerk-1", "/?state=triage"))
        assert (answer.status_code, answer.headers["location"]) == (303, "/?state=triage")
        set_cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("zeren_session="))
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(set_cookie.split("; "))
        first = web.cookies["zeren_session"]
        me = (await web.get("/session")).json()
        assert me["user"] == "clerk-1" and f"clerk@{small.DISPATCH}" in me["hats"]

        # A write needs the form's token, whoever it says it is from.
        spoofed = {
            "X-Zeren-User": "housing-head",
            "Cookie": f"zeren_session={first}; zeren_user=housing-head",
        }
        told = {"text": "屋顶漏水", "matter": small.HOUSING_MATTER, "place": small.COMMUNITY}
        for headers in ({}, {"X-Zeren-Token": "x" * 43}, {"X-Zeren-Token": "不"}):
            refused = await web.post(
                "/api/v1/cases",
                json=told,
                headers={name.encode(): value.encode() for name, value in {**spoofed, **headers}.items()},
            )
            assert (refused.status_code, refused.json()["type"][-10:]) == (403, "form-token")
        assert (await web.post("/cases", data=told)).status_code == 403
        done = await web.post("/api/v1/cases", json=told, headers={**spoofed, "X-Zeren-Token": me["token"]})
        assert done.status_code == 201, done.text
        running.opened.append(case_id(done.json()["command_id"]))
        event = (await running.events(running.opened[-1]))[0]
        assert event.actor.person == "clerk-1"

        # Every form of every page carries it, and works.
        number = done.json()["number"]
        for path in ("/", "/session", f"/cases/{number}"):
            page = (await web.get(path, headers=PAGE)).text
            forms = re.findall(r'<form method="post"[^>]*>(.{0,40})', page)
            assert forms and all(after.startswith('<input type="hidden" name="_token"') for after in forms), (
                path
            )
        assert 'action="/acting"' not in page
        acted = await web.post(
            f"/cases/{number}/propose", data={"_token": me["token"], "to": small.HOUSING}, headers=PAGE
        )
        assert acted.status_code == 303, acted.text

        # The hat chosen stands: with another one the rules refuse what they allowed before.
        other = {"_token": me["token"], "hat": "head@nowhere"}
        assert (await web.post("/session/hat", data=other)).status_code == 422
        chosen = {"_token": me["token"], "hat": f"clerk@{small.DISPATCH}"}
        assert (await web.post("/session/hat", data=chosen)).status_code == 303
        assert (await web.get("/session")).json()["hat"] == f"clerk@{small.DISPATCH}"

        # Signed in anew: another token, and the old one is dead. Out everywhere ends the other browser too.
        await _signed_in(web, provider, "clerk-1")
        assert web.cookies["zeren_session"] != first
        async with browser(Cookie=f"zeren_session={first}") as stolen:
            assert (await stolen.get("/session")).status_code == 401
        async with browser() as elsewhere:
            await _signed_in(elsewhere, provider, "clerk-1")
            token = (await web.get("/session")).json()["token"]
            over = await web.post("/session/end", data={"_token": token, "everywhere": "yes"}, headers=PAGE)
            assert over.status_code == 200 and "/oauth2/end_session?" in over.text
            assert "zeren_session" not in web.cookies
            assert (await elsewhere.get("/session")).status_code == 401
    kept = [(entry.what, entry.person) for entry in await sessions.entries(running.pool, 20)]
    assert [what for what, _ in reversed(kept)] == [
        *("signed_in", "hat_chosen", "signed_out", "signed_in", "signed_in", "signed_out_everywhere")
    ]
    assert {person for _, person in kept} == {"clerk-1"}
    with pytest.raises(asyncpg.RestrictViolationError):
        await running.pool.execute("DELETE FROM sign_in")


def _other(name: str, value: Any) -> Any:
    def sign(claims: dict[str, Any], key: Any) -> str:
        changed = {**claims, name: value}
        return signed({k: v for k, v in changed.items() if v is not None}, key)

    return sign


def _by_another_key(claims: dict[str, Any], _: Any) -> str:
    return signed(claims, jwk.RSAKey.generate_key(2048))


def _by_the_client_secret(claims: dict[str, Any], _: Any) -> str:
    return signed(claims, jwk.OctKey.import_key(SECRET), "HS256")


def _unsigned(claims: dict[str, Any], _: Any) -> str:
    from base64 import urlsafe_b64encode
    from json import dumps

    parts = (
        urlsafe_b64encode(dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, claims)
    )
    return ".".join((*parts, ""))


FORGED = {
    "token-iss": _other("iss", "https://elsewhere.example"),
    "token-aud": _other("aud", "another-client"),
    "token-aud of two": _other("aud", ["zeren", "another-client"]),
    "token-aud by azp": _other("azp", "another-client"),
    "token-exp": _other("exp", 1),
    "token-nonce": _other("nonce", "another"),
    "token-nonce left out": _other("nonce", None),
    "token-signature by another key": _by_another_key,
    "token-signature by the secret": _by_the_client_secret,
    "token-signature none": _unsigned,
}


async def test_what_comes_back_is_believed_only_if_it_is_what_was_asked_for(
    pool: asyncpg.Pool, provider: OidcProvider, secrets_folder: Path
) -> None:
    await store_pack(pool, small.PACK)

    async def why() -> str:
        return (await sessions.entries(pool, 1))[0].detail

    async with _site(_oidc(secrets_folder, provider), pool) as (browser, sign_in):
        for number, (name, forge) in enumerate(FORGED.items()):
            async with browser(f"192.0.2.{number}") as web:
                provider.sign = forge
                refused = await web.get(await _back(web, provider, "clerk-1"))
                provider.sign = None
                assert refused.status_code == 403, name
                assert await why() == name.partition(" ")[0]
                assert "zeren_session" not in web.cookies

        async with browser("192.0.2.50") as web, browser("192.0.2.51") as victim:
            address = await _back(web, provider, "clerk-1")
            # In another browser, a second time, with another verifier: none of them.
            assert (await victim.get(address)).status_code == 403
            assert (await victim.get(address, headers={"Cookie": "zeren_try="})).status_code == 403
            assert (await web.get(address)).status_code == 303
            assert (await web.get(address)).status_code == 403
            assert await why() == "state"
            address = await _back(web, provider, "clerk-1")
            await pool.execute("UPDATE sign_in_try SET verifier = verifier || 'x'")
            assert (await web.get(address)).status_code == 403
            assert await why() == "code-refused"
            mixed = await _back(web, provider, "clerk-1") + "&iss=https://elsewhere.example"
            assert (await web.get(mixed)).status_code == 403
            assert await why() == "other-issuer"
            late = await _back(web, provider, "clerk-1")
            await pool.execute("UPDATE sign_in_try SET began_at = began_at - $1::interval", TRY_LIVES)
            assert (await web.get(late)).status_code == 403

            # Another key is fetched when a token names it.
            provider.change_key()
            assert await _signed_in(web, provider, "clerk-1")

        async with browser("192.0.2.52") as web:
            unknown = await web.get(await _back(web, provider, "张三 <b>"), headers=PAGE)
            assert (unknown.status_code, await why()) == (403, "unknown-person")
            assert "没有您的岗位" in unknown.text and "张三" not in unknown.text
            for elsewhere in (
                "//evil.example",
                "/\\evil.example",
                "https://evil.example",
                "/sign-in",
                "/a\nb",
            ):
                back = await web.get(await _back(web, provider, "clerk-1", elsewhere))
                assert back.headers["location"] == "/", elsewhere
            # So many failures lock the address out, for the right person too.
            for _ in range(FAILURES.amount - 1):
                assert (await web.get("/sign-in/back?state=x&code=y")).status_code == 403
            locked = await web.get("/sign-in/start")
            assert locked.status_code == 429 and int(locked.headers["retry-after"]) > 1
        assert not [entry for entry in await sessions.entries(pool, 50) if "张三" in str(entry)]
        assert sign_in.provider is not None


async def test_a_session_ends_by_itself(
    pool: asyncpg.Pool, provider: OidcProvider, secrets_folder: Path
) -> None:
    await store_pack(pool, small.PACK)
    settings = _oidc(secrets_folder, provider)
    async with _site(settings, pool) as (browser, sign_in), browser() as web:
        for spoil in (
            "seen_at = seen_at - interval '31 minutes'",
            "ends_at = clock_timestamp()",
            "person = 'who-left'",
            "token_hash = sha256(token_hash)",
        ):
            await _signed_in(web, provider, "clerk-1")
            await pool.execute(f"UPDATE session SET {spoil}")  # noqa: S608 - our own text
            assert (await web.get("/session")).status_code == 401, spoil
        await _signed_in(web, provider, "clerk-1")
        before = await pool.fetchval(
            "UPDATE session SET seen_at = seen_at - interval '5 minutes' RETURNING seen_at"
        )
        assert (await web.get("/session")).status_code == 200
        assert await pool.fetchval("SELECT max(seen_at) FROM session") > before
        token = web.cookies["zeren_session"]
        assert token not in str(await pool.fetch("SELECT * FROM session"))
        assert await sessions.find(pool, "x" * 500, sign_in.idle) is None
        answer = await web.get("/session", headers=PAGE)
        for name in ("content-security-policy", "permissions-policy", "x-frame-options", "referrer-policy"):
            assert name in answer.headers
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "<script>" not in answer.text and "style=" not in answer.text
    over_tls = settings.model_copy(update={"url": "https://zeren.example"})
    async with _site(over_tls, pool) as (browser, _), browser() as web:
        answer = await web.get(await _back(web, provider, "clerk-1"))
        told = answer.headers.get_list("set-cookie")
        session = next(cookie for cookie in told if cookie.startswith("__Host-zeren="))
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(session.split("; "))
        assert "Domain" not in session
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        assert (await web.get("/session")).json()["user"] == "clerk-1"


async def test_a_proxy_is_believed_only_from_its_address_and_with_its_secret(
    pool: asyncpg.Pool, secrets_folder: Path
) -> None:
    await store_pack(pool, small.PACK)
    settings = _settings(secrets_folder, sign_in="header", proxy_peers="10.0.0.0/28, 2001:db8::1")
    trusted = {"X-Forwarded-User": "clerk-1", "X-Zeren-Proxy-Secret": TRUSTED}
    async with _site(settings, pool) as (browser, _):
        async with browser("10.0.0.3", **trusted, **{"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}) as web:
            me = (await web.get("/session")).json()
            assert me["user"] == "clerk-1"
            spoofed = {"X-Zeren-User": "housing-head", "Cookie": "zeren_user=housing-head"}
            assert (await web.get("/session", headers=spoofed)).json()["user"] == "clerk-1"
            assert (await web.post("/session/hat", data={"hat": ""})).status_code == 403
            chosen = {"_token": me["token"], "hat": f"clerk@{small.DISPATCH}"}
            assert (await web.post("/session/hat", data=chosen)).status_code == 303
            assert (await web.get("/session")).json()["hat"] == f"clerk@{small.DISPATCH}"
            assert (await web.get("/sign-in")).status_code == 404
        for peer, headers in {
            "10.0.0.99": trusted,
            "10.0.0.4": {**trusted, "X-Zeren-Proxy-Secret": TRUSTED[:-1]},
            "10.0.0.5": {"X-Forwarded-User": "clerk-1"},
            "10.0.0.6": {**trusted, "X-Forwarded-User": "nobody-known"},
            "10.0.0.7": {"X-Zeren-User": "clerk-1", "X-Zeren-Proxy-Secret": TRUSTED},
        }.items():
            async with browser(peer, **headers) as web:
                answer = await web.get("/api/v1/queue")
                assert (answer.status_code, answer.json()["zh"][:4]) == (401, "尚未登录"), peer
        two = [(b"x-forwarded-user", b"clerk-1"), (b"x-forwarded-user", b"housing-head")]
        async with browser("10.0.0.8", **{"X-Zeren-Proxy-Secret": TRUSTED}) as web:
            assert (await web.get("/session", headers=two)).status_code == 401
    refused = [entry.detail for entry in await sessions.entries(pool, 20)]
    assert sorted(refused) == ["not-the-proxy"] * 3 + ["unknown-person"] * 2


@pytest.mark.parametrize(
    ("told", "lacks"),
    [
        ({"sign_in": "header"}, "ZEREN_PROXY_PEERS"),
        ({"sign_in": "header", "proxy_peers": "10.0.0.1/8"}, "ZEREN_PROXY_PEERS"),
        ({"sign_in": "oidc", "oidc_client_id": "zeren"}, "ZEREN_OIDC_ISSUER"),
        ({"sign_in": "oidc", "oidc_issuer": "https://id.example"}, "ZEREN_OIDC_CLIENT_ID"),
        ({"sign_in": "oidc", "oidc_issuer": "http://id.example", "oidc_client_id": "z"}, "ZEREN_OIDC_ISSUER"),
        ({"sign_in": "oidc", "url": "http://zeren.example"}, "ZEREN_URL"),
    ],
)
def test_a_sign_in_that_is_not_whole_does_not_start(
    secrets_folder: Path, told: dict[str, str], lacks: str
) -> None:
    nothing: Any = None
    with pytest.raises(NotRunning, match=lacks):
        sign_in_of(_settings(secrets_folder, **told), nothing)


def test_a_proxy_without_a_long_secret_does_not_start(secrets_folder: Path) -> None:
    nothing: Any = None
    for short in ("", "short"):
        (secrets_folder / PROXY_SECRET).write_text(short)
        with pytest.raises(NotRunning, match=PROXY_SECRET):
            sign_in_of(_settings(secrets_folder, sign_in="header", proxy_peers="10.0.0.1"), nothing)
