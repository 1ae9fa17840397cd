"""The channel over SMTP (RFC 5321): one plain text, taken or not taken by the office's own mail server.

The standard library speaks it, in a thread. The receipt is what the server answered to the whole message; that it lies
in the box of whoever reads it no server promises.
"""

import asyncio
import re
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from activities.channels.message import Message, Undelivered
from ledger.outlets import Mail

TIMEOUT = 15.0
"""Seconds for one answer of the server."""

_TAKEN = 250
_ENHANCED = re.compile(rb"^(\d\.\d{1,3}\.\d{1,3})\b")


async def email(message: Message, address: str, mail: Mail, password: str | None) -> str:
    """Hand the message to the mail server; answers its receipt. Raises Undelivered."""
    try:
        return await asyncio.to_thread(_handed_over, message, address, mail, password)
    except smtplib.SMTPResponseException as error:
        raise Undelivered(f"smtp-{error.smtp_code}") from None
    except smtplib.SMTPNotSupportedError:
        raise Undelivered("smtp-no-starttls") from None
    except ssl.SSLError:
        raise Undelivered("smtp-certificate") from None
    except TimeoutError:
        raise Undelivered("timed-out") from None
    except (smtplib.SMTPException, OSError):
        raise Undelivered("not-reached") from None


def _handed_over(message: Message, address: str, mail: Mail, password: str | None) -> str:
    with _connected(mail) as server:
        if mail.user is not None and password is not None:
            server.login(mail.user, password)
        server.ehlo_or_helo_if_needed()
        _accepted(*server.mail(mail.sender))
        _accepted(*server.rcpt(address))
        code, said = server.data(_written(message, address, mail).as_bytes(policy=SMTP))
        _accepted(code, said)
    found = _ENHANCED.match(said)
    return f"smtp-{code}:{found[1].decode('ascii')}" if found else f"smtp-{code}"


def _connected(mail: Mail) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT, context=context)
    server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT)
    if mail.security == "starttls":
        server.starttls(context=context)
    return server


def _accepted(code: int, said: bytes) -> None:
    if code // 100 != _TAKEN // 100:
        raise smtplib.SMTPResponseException(code, said)


def _written(message: Message, address: str, mail: Mail) -> EmailMessage:
    written = EmailMessage()
    written["From"] = mail.sender
    written["To"] = address
    written["Subject"] = message.title
    written["Date"] = formatdate(localtime=False)
    # The same at every try, so that a mailbox which got it twice shows it once.
    written["Message-ID"] = f"<{message.key}@{mail.sender.rpartition('@')[2]}>"
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(message.text(), charset="utf-8", cte="base64")
    return written
