"""Runs pytest and judges by what pytest said, not by how the interpreter died afterwards.

A native library's thread may abort the interpreter while it is finalised (`PyGILState_Release`, exit 134), after
every test has passed and the summary stands. So the child writes its verdict when pytest has finished:

```
pytest ended   verdict written   process          outcome
all passed     yes, 0            0                0
all passed     yes, 0            SIGABRT          0, and the abort is named above the summary line
any failed     yes, not 0        anything         not 0
crashed        no                anything         not 0
```
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

CHILD = "--verdict-to="


class Verdict:
    """Writes the session's outcome when nothing of pytest's is left to run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.began = time.monotonic()
        self.counts: dict[str, int] = {}
        self.status = 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Counts what the summary line counts."""
        for outcome in ("passed", "failed", "error", "skipped", "xfailed", "xpassed"):
            self.counts[outcome] = len(terminalreporter.stats.get(outcome, []))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> object:
        """Takes the status after every other plugin has had its say."""
        result = yield
        self.status = int(session.exitstatus)
        return result

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """The summary is printed: the run is over."""
        told = {"status": self.status, "counts": self.counts, "seconds": time.monotonic() - self.began}
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps(told), encoding="utf-8")
        draft.replace(self.path)


def run_child(path: Path, arguments: list[str]) -> int:
    """Runs pytest in this process."""
    return int(pytest.main(arguments, plugins=[Verdict(path)]))


def judge(code: int, verdict: Path) -> tuple[int, str]:
    """Says the exit code for the caller, and a summary line when the process ended otherwise than pytest did."""
    try:
        told = json.loads(verdict.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return code if code > 0 else 1, ""
    counts, status = told["counts"], int(told["status"])
    if code == status:
        return status, ""
    clean = (
        status == 0 and counts.get("passed", 0) > 0 and not counts.get("failed") and not counts.get("error")
    )
    if clean and code in {-signal.SIGABRT, 128 + signal.SIGABRT}:
        words = ", ".join(f"{number} {outcome}" for outcome, number in counts.items() if number)
        return 0, f"{words} in {told['seconds']:.2f}s"
    return status or 1, ""


def main(arguments: list[str]) -> int:
    """Runs the child and judges it."""
    with tempfile.TemporaryDirectory(prefix="zeren-verdict-") as folder:
        verdict = Path(folder) / "verdict.json"
        child = subprocess.Popen([sys.executable, __file__, f"{CHILD}{verdict}", *arguments])
        # Ctrl-C reaches the child by itself, as it does everybody at the terminal; a polite kill does not.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        code, summary = judge(child.wait(), verdict)
    if summary:
        print("The interpreter aborted while it was ending, after pytest had finished; its verdict stands.")
        print(summary, flush=True)
    return code


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].startswith(CHILD):
        sys.exit(run_child(Path(sys.argv[1].removeprefix(CHILD)), sys.argv[2:]))
    sys.exit(main(sys.argv[1:]))
