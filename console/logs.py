"""Logs: one JSON object a line on stderr, with ids and no personal data.

An exception's message may quote what somebody typed, so only its type, its place in the code and a few harmless codes
are logged. What libraries log comes out the same way. An event loop's own complaint has the exception's words in its
text too, from the second line on: only the first is kept.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, cast

import asyncpg
import structlog
from temporalio.service import RPCError

_QUIET = ("uvicorn.access", "httpx", "httpcore", "asyncio")
_LOOPS = ("asyncio", "temporalio.worker._workflow_instance")
_FRAMES = 12


def configure_logs(level: int = logging.INFO) -> None:
    """Send structlog's and every library's lines to stderr as JSON."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _harmless_exception,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:-1], structlog.stdlib.ExtraAdder(), _harmless_exception],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _plain,
                _first_line,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _plain(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Without the copy of a line that uvicorn makes for coloured terminals."""
    event.pop("color_message", None)
    return event


def _first_line(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Of what an event loop says, the first line: those after it are the objects that it is about, in full."""
    if event.get("logger") in _LOOPS and isinstance(event.get("event"), str):
        event["event"] = event["event"].partition("\n")[0]
    return event


def _harmless_exception(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """In the place of an exception: its type, where it came from, and codes that hold no words of anybody."""
    told = event.pop("exc_info", None)
    error: BaseException | None = None
    if told is True:
        error = sys.exc_info()[1]
    elif isinstance(told, BaseException):
        error = told
    elif isinstance(told, tuple):
        error = cast("tuple[Any, BaseException | None, Any]", told)[1]
    if error is not None:
        event["error"] = harmless(error)
        cause = error.__cause__
        if cause is not None:
            event["cause"] = harmless(cause)
    return event


def harmless(error: BaseException) -> dict[str, Any]:
    """What may be told of an exception to somebody who must not see what was typed."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    told: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, RPCError):
        told["status"] = error.status.name
    elif isinstance(error, asyncpg.PostgresError):
        told["sqlstate"] = error.sqlstate
    elif isinstance(error, OSError):
        told["errno"] = error.errno
    return told
