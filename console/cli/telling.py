"""From an exception to one sentence on stderr and an exit code. A traceback is for us, never for the user.

0   done
1   refused or failed; the reason, and what to do next
2   wrong usage
"""

import asyncio
import json
import os
from collections.abc import Coroutine, Iterator
from typing import Any, NamedTuple, TypeVar

import asyncpg
import click
from click.exceptions import NoArgsIsHelpError
from temporalio.service import RPCError

from console.cli.output import say, wants_json
from console.cli.usage import usage
from console.errors import NotRunning, WrongUsage
from console.logs import harmless
from console.opening import database_away, temporal_away
from domain.errors import BadInput, ZerenError
from ledger.errors import DATABASE_ERRORS, OUR_MISTAKES, NoPack

_R = TypeVar("_R")


class Told(NamedTuple):
    """How a call ends: its exit code, and the sentence in both languages."""

    code: int
    kind: str
    zh: str
    en: str


def tell(error: BaseException) -> Told | None:
    """What is said about an exception; None for one that click tells itself."""
    match error:
        case NoArgsIsHelpError():
            # Whoever names no command is shown which ones there are.
            return None
        case click.UsageError():
            return Told(2, "wrong_usage", *usage(error))
        case click.ClickException() | click.exceptions.Exit() | click.Abort() | BrokenPipeError():
            # A closed pipe (`zeren queue | head`) is no trouble of ours; click ends quietly.
            return None
        case BaseExceptionGroup():
            # Several pieces of work went on at once, and most often all of them failed alike.
            return tell(error.exceptions[0])
        case ZerenError():
            return _of_the_house(error)
        case RPCError():
            return _not_running(temporal_away())
        case _ if isinstance(error, (*DATABASE_ERRORS, ConnectionError, TimeoutError)):
            return _of_the_database(error)
        case KeyboardInterrupt() | asyncio.CancelledError():
            return Told(
                1,
                "interrupted",
                "已中断；如命令可能已发出，请用同一命令编号重试，不会重复办理。",
                "Interrupted; if the command may have been sent, send it again under the same id: it is done once.",
            )
        case _:
            return _unexpected(error)


def _of_the_house(error: ZerenError) -> Told:
    match error:
        case WrongUsage():
            return Told(2, "wrong_usage", error.zh, error.en)
        case BadInput():
            return Told(1, "bad_input", error.zh, error.en)
        case NotRunning():
            return _not_running(error)
        case _:
            pass
    zh, between, en = str(error).partition(" / ")
    if isinstance(error, NoPack):
        return Told(1, "not_running", zh, en)
    if not between:
        zh, en = "操作没有完成；请用 zeren doctor 查看。", f"It was not done ({zh}); look with zeren doctor."
    return Told(1, "failed", zh, en)


def _of_the_database(error: BaseException) -> Told:
    match error:
        case asyncpg.UndefinedTableError() | asyncpg.UndefinedColumnError():
            return Told(
                1,
                "not_running",
                "数据库尚未为本版本准备好；请先运行 zeren migrate。",
                "The database has not been prepared for this version; run zeren migrate first.",
            )
        case _ if isinstance(error, OUR_MISTAKES):
            return _unexpected(error)
        case _:
            return _not_running(database_away())


def _not_running(error: NotRunning) -> Told:
    return Told(1, "not_running", error.zh, error.en)


def _unexpected(error: BaseException) -> Told:
    name = type(error).__name__
    return Told(
        1,
        "unexpected",
        f"出现意外错误（{name}）；请设 ZEREN_DEBUG=1 重试，并把结果交给运维。",
        f"Something unexpected happened ({name}); try again with ZEREN_DEBUG=1 and give the result to the operator.",
    )


def report(told: Told) -> None:
    """Print the sentence, and with --json the document too."""
    if wants_json():
        document = {"outcome": told.kind, "zh": told.zh, "en": told.en}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    say(f"{told.zh} / {told.en}")


class Telling(click.Group):
    """The root of the commands: whatever happens below ends in a sentence and an exit code."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - as click has it
    ) -> click.Context:
        """Read the words before the command. Raises click's Exit with the code."""
        words = tuple(args)
        try:
            context = super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            told = tell(error)
            if told is None:
                raise
            report(told)
            raise click.exceptions.Exit(told.code) from None
        # A call that cannot be read ends before its --json is: the answer has to be a document all the same.
        context.meta["zeren.json"] = "--json" in words
        return context

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        """Run the command. Raises click's Exit with the code."""
        try:
            return super().invoke(ctx)
        except BaseException as error:
            told = tell(error)
            if told is None:
                raise
            if os.environ.get("ZEREN_DEBUG"):
                # It is meant to be passed on, so it holds no words of anybody.
                causes = [harmless(one) for one in _and_causes(error)]
                say(json.dumps(causes, ensure_ascii=False, indent=2))
            report(told)
            raise click.exceptions.Exit(told.code) from None


def _and_causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and those that brought it about."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def run(work: Coroutine[Any, Any, _R]) -> _R:
    """Run the one piece of work that a command is."""
    return asyncio.run(work)
