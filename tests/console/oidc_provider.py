"""A provider of OpenID Connect that really runs, on loopback: the one of ``oidc-provider-mock``, with a lid of ours.

The lid checks PKCE, which that server leaves out (RFC 7636 §4.6), can change the provider's key, and can have it sign
what it should not. Discovery, the log-in form, codes, tokens and signatures are the server's own.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import httpx
import oidc_provider_mock
from joserfc import jwk, jwt
from werkzeug.serving import make_server

SECRET = "a-client-secret-of-thirty-two-characters"

Sign = Callable[[dict[str, Any], Any], str]


class OidcProvider:
    """The server's handles. ``sign`` replaces an ID token, if set."""

    def __init__(self) -> None:
        self.app: Any = oidc_provider_mock.app(require_nonce=True)
        self.issuer = ""
        self.client_id, self.secret = "zeren", SECRET
        self.sign: Sign | None = None
        self.storage: Any = None
        self._challenges: dict[str, str] = {}
        self.app.before_request(self._before)
        self.app.after_request(self._after)

    def change_key(self) -> None:
        """Another key, as providers have one every few weeks."""
        kind = type(self.storage.jwk)
        self.storage.jwk = kind.generate_key(is_private=True)

    def _before(self) -> Any:
        self.storage = flask.g.oidc_provider_mock_storage
        if flask.request.path != "/oauth2/token":
            return None
        told = flask.request.form
        digest = hashlib.sha256(told.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if self._challenges.pop(told.get("code", ""), None) != challenge:
            return flask.jsonify({"error": "invalid_grant"}), 400
        basic = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        if flask.request.headers.get("authorization") != f"Basic {basic}":
            return flask.jsonify({"error": "invalid_client"}), 401
        return None

    def _after(self, response: Any) -> Any:
        asked = flask.request
        if asked.path == "/oauth2/authorize" and "location" in response.headers:
            told = parse_qs(urlsplit(response.headers["location"]).query)
            if asked.args.get("code_challenge_method") == "S256" and "code" in told:
                self._challenges[told["code"][0]] = asked.args["code_challenge"]
        if asked.path == "/oauth2/token" and response.status_code == 200 and self.sign is not None:
            body = json.loads(response.get_data())
            part = body["id_token"].split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            body["id_token"] = self.sign(claims, self.key())
            response.set_data(json.dumps(body))
        return response

    def key(self) -> jwk.RSAKey:
        """The private key in force."""
        return jwk.RSAKey.import_key(self.storage.jwk.as_dict(is_private=True))

    async def approve(self, address: str, person: str) -> str:
        """What somebody does on the provider's page; answers the address that it sends him back to."""
        async with httpx.AsyncClient(trust_env=False) as browser:
            assert (await browser.get(address)).status_code == 200
            answer = await browser.post(address, data={"sub": person})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


def signed(claims: dict[str, Any], key: Any, algorithm: str = "RS256", **header: Any) -> str:
    """A token as a provider would make it."""
    return jwt.encode({"alg": algorithm, **header}, claims, key, algorithms=[algorithm])


@contextmanager
def oidc_provider() -> Generator[OidcProvider]:
    """Run it on a free port of this machine."""
    provider = OidcProvider()
    server = make_server("127.0.0.1", 0, provider.app, threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
