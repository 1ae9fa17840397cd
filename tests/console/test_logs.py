"""Logs are JSON lines, and an exception that quotes somebody's words does not bring them along."""

import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from console.cli.telling import Telling
from tests.console.calling import ROOT

PROGRAM = """
import logging
import structlog
from console.logs import configure_logs

configure_logs()
try:
    try:
        raise OSError(2, "no such file", "张三/信件.csv")
    except OSError as error:
        raise ValueError("电话 13900001111") from error
except ValueError as error:
    structlog.get_logger("a").error("failed", case="c-1", exc_info=error)
    logging.getLogger("library").exception("library failed")
structlog.get_logger("a").info("well", command="c-2")
"""


def test_an_exception_is_logged_without_its_words() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["failed", "library failed", "well"]
    assert lines[0]["error"]["type"] == "builtins.ValueError"
    assert lines[0]["cause"]["errno"] == 2
    assert lines[1]["error"]["at"]
    assert lines[2]["level"] == "info"
    for word in ("张三", "13900001111", "信件"):
        assert word not in done.stderr
    assert done.stdout == ""


LOOP = """
import asyncio
import gc
from console.logs import configure_logs

configure_logs()

async def fails():
    raise ValueError("电话 13900001111")

async def main():
    task = asyncio.create_task(fails(), name="a task")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()

asyncio.run(main())
"""


def test_what_an_event_loop_complains_about_is_told_without_its_words() -> None:
    done = subprocess.run([sys.executable, "-c", LOOP], cwd=ROOT, capture_output=True, text=True, check=True)
    (line,) = [json.loads(line) for line in done.stderr.splitlines()]
    assert line["event"] == "Task exception was never retrieved"
    assert line["error"]["type"] == "builtins.ValueError"
    assert "13900001111" not in done.stderr


def test_what_is_given_to_the_operator_holds_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command(cls=Telling, invoke_without_command=True)
    def fails() -> None:
        try:
            raise ValueError("电话 13900001111")
        except ValueError as error:
            raise RuntimeError("张三") from error

    plain = CliRunner().invoke(fails)
    assert (plain.exit_code, "ZEREN_DEBUG=1" in plain.stderr) == (1, True)
    monkeypatch.setenv("ZEREN_DEBUG", "1")
    debug = CliRunner().invoke(fails)
    assert debug.exit_code == 1
    assert "builtins.ValueError" in debug.stderr
    assert "test_logs.py" in debug.stderr
    for word in ("张三", "13900001111"):
        assert word not in plain.output + plain.stderr + debug.output + debug.stderr
