"""A provider of OpenID Connect, asked by the code flow with PKCE (OpenID Connect Core 1.0, RFC 7636, RFC 9207).

    address ─▶ the provider's page ─▶ code ─▶ subject ─┬─ exchange: code + verifier ─▶ ID token
                                                       └─ check: key, algorithm, iss, aud, azp, exp, nonce

Keys are fetched again when a token names one that is not known: a provider changes them as it likes. What a provider
says is believed only if it was fetched from its own address, and no redirect is followed.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

import httpx
from authlib.oauth2.auth import (
    encode_client_secret_basic,  # pyright: ignore[reportUnknownVariableType]
    encode_none,  # pyright: ignore[reportUnknownVariableType]
)
from authlib.oauth2.rfc6749.parameters import (
    prepare_token_request,  # pyright: ignore[reportUnknownVariableType]
)
from authlib.oauth2.rfc7636 import (
    create_s256_code_challenge,  # pyright: ignore[reportUnknownVariableType]
)
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

BACK = "/sign-in/back"
"""Where the provider sends people back to; to be registered there."""

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""Signatures by a key pair only: with a shared secret whoever checks could also sign, and ``none`` is none."""

_FRESH_SECONDS = 3600.0
_LEEWAY_SECONDS = 60
_TIMEOUT_SECONDS = 10.0


_Sign = Callable[[Any, str, str, dict[str, str], str], tuple[str, dict[str, str], str]]


class _Client(NamedTuple):
    """What authlib's ways of naming a client look at."""

    client_id: str
    client_secret: str


class ProviderAway(Exception):
    """The provider does not answer, or not as a provider does."""


class NotBelieved(Exception):
    """What came back is not what was asked for. ``why`` is a code of ours, for the record."""

    def __init__(self, why: str) -> None:
        """Takes the code."""
        super().__init__(why)
        self.why = why


class Provider:
    """One provider, as it is known from its discovery document."""

    def __init__(self, issuer: str, client_id: str, secret: str, home: str) -> None:
        """``issuer`` is the exact text of its tokens; ``home`` is our own address; without a secret PKCE stands alone."""
        self._issuer = issuer
        self._client_id = client_id
        self._secret = secret
        self._home = home
        self._document: dict[str, Any] = {}
        self._read_at = 0.0
        self._keys: KeySet | None = None

    @staticmethod
    def verifier() -> str:
        """A code verifier of 256 bits and more (RFC 7636 §4.1)."""
        return secrets.token_urlsafe(48)

    async def address(self, state: str, nonce: str, verifier: str) -> str:
        """Where somebody has to go to sign in. Raises ProviderAway."""
        document = await self._discovered()
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._home + BACK,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": cast("str", create_s256_code_challenge(verifier)),
            "code_challenge_method": "S256",
        }
        return _with(document["authorization_endpoint"], asked)

    async def sign_out_address(self) -> str | None:
        """Where the provider ends its own session (RP-Initiated Logout 1.0); None where it has no such page."""
        try:
            ends = (await self._discovered()).get("end_session_endpoint")
        except ProviderAway:
            return None
        told = {"client_id": self._client_id, "post_logout_redirect_uri": self._home + "/sign-in"}
        return _with(ends, told) if isinstance(ends, str) else None

    async def claims(self, code: str, verifier: str, nonce: str, iss: str | None) -> Mapping[str, Any]:
        """What the provider says of who signed in. Raises NotBelieved, ProviderAway.

        ``iss`` is the provider's own name in the answer, where it sends one (RFC 9207): against a mix-up of providers.
        """
        if iss is not None and iss != self._issuer:
            raise NotBelieved("other-issuer")
        document = await self._discovered()
        if iss is None and document.get("authorization_response_iss_parameter_supported") is True:
            raise NotBelieved("other-issuer")
        token = await self._exchanged(document["token_endpoint"], code, verifier)
        return await self._checked(token, nonce)

    async def _exchanged(self, endpoint: str, code: str, verifier: str) -> str:
        asked = prepare_token_request(
            "authorization_code", redirect_uri=self._home + BACK, code=code, code_verifier=verifier
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        sign = cast("_Sign", encode_client_secret_basic if self._secret else encode_none)
        named = sign(_Client(self._client_id, self._secret), "POST", endpoint, headers, asked)
        address, headers, body = named
        try:
            async with _browser() as client:
                answer = await client.post(address, headers=headers, content=body)
                told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderAway from error
        if answer.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
            refused = (
                answer.status_code == HTTPStatus.UNAUTHORIZED or _text(told, "error") == "invalid_client"
            )
            raise NotBelieved("client-refused" if refused else "code-refused")
        token = _text(told, "id_token")
        if not answer.is_success or not token:
            raise ProviderAway
        return token

    async def _checked(self, token: str, nonce: str) -> Mapping[str, Any]:
        claims = await self._signed(token)
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            registry.validate(claims)
        except JoseError as error:
            raise NotBelieved(f"token-{getattr(error, 'claim', None) or 'claims'}") from None
        audience, party = claims.get("aud"), claims.get("azp")
        if (isinstance(audience, list) and audience != [self._client_id]) or party not in (
            None,
            self._client_id,
        ):
            raise NotBelieved("token-aud")
        return claims

    async def _signed(self, token: str) -> dict[str, Any]:
        """The claims of a token whose signature is right; keys are fetched again once where it is not."""
        for again in (False, True):
            keys = await self._key_set(again=again)
            try:
                return jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
            except (JoseError, ValueError):
                continue
        raise NotBelieved("token-signature")

    async def _key_set(self, *, again: bool) -> KeySet:
        if self._keys is None or again:
            told = await self._fetched((await self._discovered())["jwks_uri"])
            try:
                self._keys = KeySet.import_key_set(cast("Any", told))
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise ProviderAway from error
        return self._keys

    async def _discovered(self) -> dict[str, Any]:
        """The discovery document, an hour old at most. Raises ProviderAway."""
        if self._document and time.monotonic() - self._read_at < _FRESH_SECONDS:
            return self._document
        told = await self._fetched(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if told.get("issuer") != self._issuer or not all(isinstance(told.get(name), str) for name in needed):
            raise ProviderAway
        self._document, self._read_at, self._keys = told, time.monotonic(), None
        return told

    @staticmethod
    async def _fetched(address: str) -> dict[str, Any]:
        try:
            async with _browser() as client:
                answer = (await client.get(address)).raise_for_status()
                told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderAway from error
        if not isinstance(told, dict):
            raise ProviderAway
        return cast("dict[str, Any]", told)


def _browser() -> httpx.AsyncClient:
    """A client that goes nowhere but where it was told: no proxy of the environment, no redirect."""
    return httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False, follow_redirects=False)


def _text(told: object, name: str) -> str:
    value = cast("dict[str, object]", told).get(name) if isinstance(told, dict) else None
    return value if isinstance(value, str) else ""


def _with(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"
