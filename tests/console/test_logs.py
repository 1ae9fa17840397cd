"""Logs are JSON lines, and an exception that quotes somebody's words does not bring them along."""

import json
import subprocess
import sys

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
