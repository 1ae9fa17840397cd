"""Calls the commands as a user does: in a thread of this process, or as a process of its own."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

from domain.numbers import case_id
from tests.running import Running

ROOT = Path(__file__).resolve().parents[2]


class Called(NamedTuple):
    """What a call ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


async def call(running: Running, *words: str, given: str | None = None) -> Called:
    """Run a command as a process of its own, as a user does.

    Never in a thread of the tests: a Temporal client whose loop ends inside a living process can take it down.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "console.cli.main", *words),
        cwd=ROOT,
        env=running.env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate((given or "").encode()), 100)
    assert process.returncode is not None
    return Called(process.returncode, out.decode(), err.decode())


async def started(running: Running, *words: str) -> asyncio.subprocess.Process:
    """Run a command as a process of its own, for what has to do with signals and real terminals."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "console.cli.main", *words),
        cwd=ROOT,
        env=running.env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process, seconds: float = 60) -> Called:
    """Wait for the process."""
    out, err = await asyncio.wait_for(process.communicate(), seconds)
    assert process.returncode is not None
    return Called(process.returncode, out.decode(), err.decode())


async def open_case(running: Running, *words: str) -> str:
    """A case taken in by the clerk; answers its number."""
    called = await call(running, "case", "open", "--text", "屋顶漏水", "--as", "clerk-1", "--json", *words)
    assert called.code == 0, called
    running.opened.append(case_id(called.json["command_id"]))
    return called.json["number"]


async def act(running: Running, number: str, user: str, command: str, *words: str) -> Called:
    """A command on the case by somebody."""
    return await call(running, "case", "act", number, command, *words, "--as", user, "--json")


async def done(running: Running, number: str, user: str, command: str, *words: str) -> Any:
    """A command that must be carried out; answers its receipt."""
    called = await act(running, number, user, command, *words)
    assert called.code == 0, called
    assert called.json["outcome"] == "done"
    return called.json
