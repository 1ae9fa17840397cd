"""`zeren`: every command of the house.

    up worker console            what runs
    migrate pack rebuild …       what an operator does
    case queue notices import    what an office does

The rooms behind a command are imported when it runs, so that help is quick.
"""

import contextlib
import importlib
import logging
import os
import sys
from typing import NoReturn

import click

from console.cli.telling import Telling
from console.logs import configure_logs

_COMMANDS = {
    "up": "console.cli.servers:up",
    "worker": "console.cli.servers:worker",
    "console": "console.cli.servers:console",
    "migrate": "console.cli.upkeep:migrate",
    "pack": "console.cli.packs:pack",
    "case": "console.cli.cases:case",
    "queue": "console.cli.queues:queue",
    "audit": "console.cli.audits:audit",
    "notices": "console.cli.notices:notices",
    "whatif": "console.cli.whatif:whatif",
    "import": "console.cli.imports:import_",
    "ledger": "console.cli.ledgers:ledger",
    "rebuild": "console.cli.upkeep:rebuild",
    "rehydrate": "console.cli.upkeep:rehydrate",
    "doctor": "console.cli.doctor:doctor",
}


class Lazy(Telling):
    """Finds a command's room when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click has it
        """Every command, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, or None."""
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        return getattr(importlib.import_module(module), name)


@click.group(cls=Lazy, context_settings={"max_content_width": 100})
@click.version_option(package_name="zeren", prog_name="zeren")
def zeren() -> None:
    """责任：居民诉求从受理到结案，每一刻由谁负责 / who answers for a resident's issue, at every instant.

    Zeren moves a resident's issue from intake to closure and says who answered for it at every instant.

    例 / example: zeren case open --text "楼道灯坏了" --as wuchang-clerk-1
    """


def main(arguments: list[str] | None = None) -> None:
    """What the `zeren` script runs."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not stop a command that has been carried out.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
    # A library that complains must not quote what somebody typed, here no more than in a server.
    configure_logs(logging.WARNING)
    try:
        zeren.main(args=arguments, prog_name="zeren")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            sys.stderr.write(ended.code + "\n")
        _leave(code)


def _leave(code: int) -> NoReturn:
    """End the process now, with everything written.

    The Temporal client's threads can abort an interpreter that is shutting down: a command that was carried out would
    end with 134.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
