"""The channels (通知渠道): each takes a message to the other side and brings back its receipt, or says why not.

    send ─▶ email      SMTP, one message with a Message-ID that stays the same over all tries
         ├▶ webhook    JSON, signed; what an SMS gateway hangs on
         ├▶ wecom      企业微信 group robot
         └▶ dingtalk   钉钉 group robot

A receipt or a fault is a short code; what the other side wrote at length is not kept, since it could hold anything.
"""

from collections.abc import Callable

from activities.channels.message import Message, Undelivered
from activities.channels.post import dingtalk, webhook, wecom
from activities.channels.smtp import email
from ledger.outlets import Mail, Outlet

Secrets = Callable[[str], str | None]
"""Finds a secret by its name; None if there is none."""


async def send(message: Message, outlet: Outlet, mail: Mail | None, secrets: Secrets) -> str:
    """Deliver the message over the outlet's channel; answers the receipt. Raises Undelivered."""
    match outlet.channel:
        case "email":
            if mail is None:
                raise Undelivered("no-mail-server")
            password = _secret(mail.secret, secrets)
            return await email(message, outlet.address, mail, password)
        case "webhook":
            return await webhook(message, outlet.address, _secret(outlet.secret, secrets) or "")
        case "wecom":
            return await wecom(message, outlet.address, _secret(outlet.token, secrets) or "")
        case "dingtalk":
            token = _secret(outlet.token, secrets) or ""
            return await dingtalk(message, outlet.address, token, _secret(outlet.secret, secrets))


def _secret(name: str | None, secrets: Secrets) -> str | None:
    if name is None:
        return None
    found = secrets(name)
    if not found:
        raise Undelivered(f"no-secret:{name}")
    return found
