"""Runs the console on uvicorn, and stops it gracefully: requests under way are finished first."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager

import structlog
import uvicorn

from console.errors import NotRunning
from console.logs import configure_logs
from console.opening import opened_desk
from console.settings import Settings
from console.sign_in import is_loopback, sign_in_of
from console.web.app import create_app

_STOPS = (signal.SIGTERM, signal.SIGINT)
GRACE_SECONDS = 8
"""How long requests under way may still take: below what the supervisor waits for."""


class _Server(uvicorn.Server):
    """uvicorn, but a stop that was asked for is a good end: it would raise the signal again and die of it."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Listen for the two signals for as long as the server runs."""
        loop = asyncio.get_running_loop()
        for number in _STOPS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _STOPS:
                loop.remove_signal_handler(number)


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises NotRunning."""
    if settings.embedded and not is_loopback(settings.host):
        raise NotRunning(
            "单机模式下一个名字即可办理，控制台只能在本机回环地址上运行；请设 ZEREN_HOST=127.0.0.1。",
            "On one machine a name is enough to act, so the console stays on loopback; set ZEREN_HOST=127.0.0.1.",
        )
    async with opened_desk(settings) as parts:
        sign_in = sign_in_of(settings, parts.pool)
        config = uvicorn.Config(
            create_app(parts.desk, settings, parts.client, parts.links, sign_in),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        await _Server(config).serve()


def main() -> None:
    """What `zeren console` and `python -m console` run."""
    configure_logs()
    try:
        asyncio.run(serve(Settings.find()))
    except NotRunning as error:
        structlog.get_logger("zeren.console").error("not started", zh=error.zh, en=error.en)
        raise SystemExit(1) from None
