"""Real servers on loopback for the channels to talk to: one that takes POSTs, one that takes mail."""

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Post:
    """One request as it came in."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


Answer = tuple[int, bytes]


@dataclass
class Taker:
    """Takes POSTs; ``answer`` decides on each. ``seen`` has them in the order in which they came."""

    address: str = ""
    seen: list[Post] = field(default_factory=list)
    answer: Callable[[Post], Answer] = lambda _: (200, b'{"errcode":0,"errmsg":"ok","receipt":"r-1"}')


@contextmanager
def taking_posts() -> Generator[Taker]:
    """An HTTP server in a thread of its own."""
    taker = Taker()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers["content-length"]))
            post = Post(parts.path, query, {k.lower(): v for k, v in self.headers.items()}, body)
            taker.seen.append(post)
            status, told = taker.answer(post)
            self.send_response(status)
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    taker.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield taker
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@dataclass
class Mailbox:
    """A mail server's box; ``refuse`` is what it answers to a whole message instead of taking it."""

    port: int = 0
    mails: list[Message] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    refuse: str | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        """As aiosmtpd calls it."""
        if self.refuse:
            return self.refuse
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.to += envelope.rcpt_tos
        return "250 2.6.0 taken"


@contextmanager
def taking_mail() -> Generator[Mailbox]:
    """An SMTP server in a thread of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    box = Mailbox(port=port)
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
