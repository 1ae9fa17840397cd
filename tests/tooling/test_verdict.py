"""The runner says passed for a passed run however the interpreter dies, and never for any other."""

import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).parents[2] / ".ci" / "pytest_verdict.py"
ABORT = "import atexit, os\natexit.register(os.abort)\n"


@pytest.mark.parametrize(
    ("source", "passes", "closing"),
    [
        ("def test_a(): pass\n", True, "1 passed in"),
        ("def test_a(): assert False\n", False, "1 failed in"),
        (ABORT + "def test_a(): pass\n", True, "1 passed in"),
        (ABORT + "def test_a(): assert False\n", False, ""),
        ("import os\ndef test_a(): pass\ndef test_b(): os.abort()\n", False, ""),
        ("import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\n", False, ""),
        ("import os, atexit\natexit.register(lambda: os._exit(3))\ndef test_a(): pass\n", False, ""),
        ("def test_a(: pass\n", False, "1 error in"),
        ("", False, "no tests ran in"),
    ],
)
def test_judges(tmp_path: Path, source: str, passes: bool, closing: str) -> None:
    (tmp_path / "test_it.py").write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(RUNNER), "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=tmp_path,
    )
    assert (done.returncode == 0) is passes, done.stdout + done.stderr
    if closing:
        assert closing in done.stdout.rstrip().splitlines()[-1]
