"""How people sign in to the console: what the settings say, looked at once, when the console starts.

nobody chose        one machine: a name is enough, on loopback. Elsewhere: nobody gets in
oidc                at a provider of OpenID Connect; a session of ours afterwards
header              at a proxy, which names the person in each request and shows a secret
"""

import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import asyncpg

from console.errors import NotRunning
from console.oidc import Provider
from console.settings import Settings

CLIENT_SECRET = "oidc-client-secret"  # noqa: S105 - the name of a file
PROXY_SECRET = "proxy-secret"  # noqa: S105 - the name of a file
_SHORTEST_SECRET = 32

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SignIn(NamedTuple):
    """The parts that a sign-in needs. ``provider`` is there for ``oidc``, ``secret`` is the proxy's for ``header``."""

    way: Literal["oidc", "header"]
    pool: asyncpg.Pool
    url: str
    idle: timedelta
    lives: timedelta
    peers: tuple[Network, ...] = ()
    header: str = ""
    secret: str = ""
    claim: str = "sub"
    provider: Provider | None = None

    @property
    def secure(self) -> bool:
        """Whether cookies travel over TLS only."""
        return self.url.startswith("https://")

    def listed(self, peer: str) -> bool:
        """Whether a peer's address is one of the proxies'."""
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.peers)


def is_loopback(host: str) -> bool:
    """Whether a name or address can only be reached from this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def sign_in_of(settings: Settings, pool: asyncpg.Pool) -> SignIn | None:
    """The sign-in that the settings ask for; None where they ask for none. Raises NotRunning with what to do."""
    if settings.sign_in is None:
        return None
    _only_over_tls("ZEREN_URL", settings.url)
    peers = _peers(settings.proxy_peers)
    url = settings.url.rstrip("/")
    idle, lives = timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)
    parts = SignIn(settings.sign_in, pool, url, idle, lives, peers)
    if settings.sign_in == "header":
        if not peers:
            raise _lacks("ZEREN_PROXY_PEERS")
        secret = _secret(settings, PROXY_SECRET)
        if len(secret) < _SHORTEST_SECRET:
            raise _lacks(PROXY_SECRET)
        return parts._replace(header=settings.proxy_header.lower(), secret=secret)
    for name, value in (
        ("ZEREN_OIDC_ISSUER", settings.oidc_issuer),
        ("ZEREN_OIDC_CLIENT_ID", settings.oidc_client_id),
    ):
        if not value:
            raise _lacks(name)
    _only_over_tls("ZEREN_OIDC_ISSUER", settings.oidc_issuer)
    provider = Provider(settings.oidc_issuer, settings.oidc_client_id, _secret(settings, CLIENT_SECRET), url)
    return parts._replace(claim=settings.oidc_claim, provider=provider)


def _only_over_tls(name: str, address: str) -> None:
    at = urlsplit(address)
    if at.scheme == "https" or (at.scheme == "http" and is_loopback(at.hostname or "")):
        return
    raise NotRunning(
        f"{name} 必须是 https 地址（本机除外）；请更正后重试。",
        f"{name} has to be an https address, this machine excepted; correct it.",
    )


def _peers(told: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in told.split(",") if part.strip())
    except ValueError:
        raise NotRunning(
            "ZEREN_PROXY_PEERS 应为以逗号隔开的地址或网段；请更正后重试。",
            "ZEREN_PROXY_PEERS takes addresses or networks with commas between; correct it.",
        ) from None


def _secret(settings: Settings, name: str) -> str:
    """What the file of that name says; empty where there is none."""
    folder: Path | None = settings.secrets_folder
    try:
        return (folder / name).read_text(encoding="utf-8").strip() if folder else ""
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeError):
        raise NotRunning(
            f"密钥文件 {name} 读不出来；请检查权限。",
            f"The secret {name} cannot be read; see its permissions.",
        ) from None


def _lacks(name: str) -> NotRunning:
    return NotRunning(
        f"登录方式缺少设置 {name}（密钥至少 32 个字符）；请按 docs/operations.md 设置后重试。",
        f"Signing in lacks {name} (a secret has 32 characters or more); set it as docs/operations.md says.",
    )
