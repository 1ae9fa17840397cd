"""Outlets (通知出口): where notices leave the house, and how. An office's configuration, never a resident's address.

    mail      the server that takes e-mail
    outlet    one address of a body (``*``: of every body), or of a person for his digest, over one channel

Secrets are named here and kept elsewhere: the worker finds them in files or in its environment (docs/operations.md).
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import asyncpg
from pydantic import Field, StringConstraints, model_validator

from domain.base import BodyId, Frozen, PersonId

Word = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z._-]+$")]
"""An outlet's id, or the name of a secret."""

Channel = Literal["email", "webhook", "wecom", "dingtalk"]
EVERY_BODY = "*"

_ROBOTS = {
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
    "dingtalk": "https://oapi.dingtalk.com/robot/send",
}
"""Where the group robots listen, by their makers' documentation; another address is for a relay of the office's own."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Mail(Frozen):
    """The server that takes e-mail. ``secret`` names the password of ``user``."""

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)
    user: str | None = None
    secret: Word | None = None

    @model_validator(mode="after")
    def _in_private(self) -> Self:
        if self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError(
                "不加密的邮件只能交给本机的服务器 / mail without encryption goes to a server on this machine only"
            )
        if (self.user is None) != (self.secret is None):
            raise ValueError("user 与 secret 应同时填写 / user and secret are given together")
        return self


class Outlet(Frozen):
    """One way out. ``causes`` are types of events, none of them meaning all; of a person only the digest goes out.

    ``token`` names the secret in a robot's address (WeCom ``key``, DingTalk ``access_token``), ``secret`` the one that
    signs. ``required``: a notice that cannot be delivered there raises an alarm for its case.
    """

    id: Word
    channel: Channel
    body: BodyId | Literal["*"] | None = None
    person: PersonId | None = None
    address: str = Field(default="", max_length=500)
    token: Word | None = None
    secret: Word | None = None
    causes: tuple[Word, ...] = ()
    required: bool = False
    fold_seconds: int = Field(default=60, ge=0, le=3600)

    @model_validator(mode="before")
    @classmethod
    def _of_a_robot(cls, found: object) -> object:
        if isinstance(found, dict) and not found.get("address"):  # pyright: ignore[reportUnknownMemberType]
            fields: dict[str, Any] = dict(found)  # pyright: ignore[reportUnknownArgumentType]
            return {**fields, "address": _ROBOTS.get(str(fields.get("channel")), "")}
        return found  # pyright: ignore[reportUnknownVariableType]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.body is None) == (self.person is None):
            raise ValueError(
                "body 与 person 应填且只填一个 / an outlet is a body's or a person's: name one of both"
            )
        if self.channel == "email":
            if "@" not in self.address or any(char.isspace() for char in self.address):
                raise ValueError("address 应为电子邮箱 / address must be an e-mail address")
            return self
        parts = urlsplit(self.address)
        local = parts.hostname in _LOOPBACK
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise ValueError("address 应以 https:// 开头 / address must begin with https://")
        if parts.query or parts.username or parts.password:
            raise ValueError(
                "address 中不得含有密钥，请在 token 或 secret 中写其名称 / "
                "address must hold no secret: name it under token or secret"
            )
        if self.channel in _ROBOTS and self.token is None:
            raise ValueError(
                "token 应写明机器人地址中密钥的名称 / token must name the secret of the robot's address"
            )
        if self.channel == "webhook" and self.secret is None:
            raise ValueError("secret 应写明签名密钥的名称 / secret must name the secret that signs")
        return self

    @property
    def recipient(self) -> str:
        """Whose it is."""
        return self.body or self.person or ""


class Outlets(Frozen):
    """All outlets of an office."""

    mail: Mail | None = None
    outlets: tuple[Outlet, ...] = ()

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        ids = [outlet.id for outlet in self.outlets]
        if len(set(ids)) != len(ids):
            raise ValueError("两个出口的 id 相同 / two outlets have the same id")
        if self.mail is None and any(outlet.channel == "email" for outlet in self.outlets):
            raise ValueError("有电子邮件出口时须有 mail 一节 / an e-mail outlet needs the section mail")
        return self


async def store_outlets(pool: asyncpg.Pool, found: Outlets) -> None:
    """These and no others, from the next notice on. Rows that wait for an outlet which is gone end as dead letters."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("DELETE FROM outlet_setting")
        await connection.execute(
            "INSERT INTO outlet_setting (doc) VALUES ($1)",
            found.mail.model_dump(mode="json") if found.mail else {},
        )
        await connection.execute("DELETE FROM outlet")
        await connection.executemany(
            "INSERT INTO outlet (id, channel, body, person, causes, required, fold_seconds, doc)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                (
                    *(one.id, one.channel, one.body, one.person, list(one.causes), one.required),
                    *(one.fold_seconds, one.model_dump(mode="json")),
                )
                for one in found.outlets
            ],
        )


async def outlets(pool: asyncpg.Pool) -> Outlets:
    """What is configured; nothing leaves the house where nothing is."""
    rows = await pool.fetch("SELECT doc FROM outlet ORDER BY id")
    mail = await pool.fetchval("SELECT doc FROM outlet_setting")
    return Outlets(
        mail=Mail.model_validate(mail) if mail else None,
        outlets=tuple(Outlet.model_validate(row["doc"]) for row in rows),
    )


async def unknown_recipients(pool: asyncpg.Pool, found: Iterable[Outlet]) -> list[str]:
    """Bodies and persons that the newest pack does not know."""
    wanted = sorted({outlet.recipient for outlet in found} - {EVERY_BODY})
    rows = await pool.fetch(
        "WITH v AS (SELECT max(version) AS version FROM pack_version)"
        " SELECT w AS id FROM unnest($1::text[]) w, v WHERE NOT EXISTS"
        " (SELECT FROM body b WHERE b.version = v.version AND b.id = w) AND NOT EXISTS"
        " (SELECT FROM person p WHERE p.version = v.version AND p.id = w)",
        wanted,
    )
    return [row["id"] for row in rows]
