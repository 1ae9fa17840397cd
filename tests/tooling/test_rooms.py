"""worker.py is the one place where the real parts are put together, and no room reaches up to it.

import-linter takes packages only, and worker.py is a module: for it the worker is a stranger that may be forbidden, not
one whose own imports it reads. So those are read here; and what import-linter forbids is planted, to see that it can.
"""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("domain", "workflows", "activities", "ledger", "console", "deploy")

STARTS_IT = {"console/cli/servers.py"}
"""The commands `zeren worker` and `zeren up`."""

OF_THE_WORKER = (
    "activities",
    "domain.commands",
    "domain.ports",
    "ledger.load",
    "ledger.packs",
    "ledger.pool",
    "workflows",
    "console.errors",
    "console.logs",
    "console.settings",
)
"""What of ours the worker puts together. Of the console it needs where everything is, and how to log."""

PUT_TOGETHER = {"temporalio.worker", "activities"}
"""What only the worker imports: the runner of workflows, and the activities that it runs."""


def _imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at the top or inside a function, under its whole name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _under(module: str, tops: set[str] | tuple[str, ...]) -> bool:
    return any(module == top or module.startswith(f"{top}.") for top in tops)


def reaching_up(root: Path) -> list[str]:
    """Files of the rooms that import the worker and are not the commands that start it."""
    return [
        name
        for name, path in _files(root)
        if name not in STARTS_IT and any(_under(module, {"worker"}) for module in _imports(path))
    ]


def putting_together(root: Path) -> list[str]:
    """Files of the rooms that do the worker's work: they run workflows, or take the activities in hand."""
    return [
        f"{name}: {module}"
        for name, path in _files(root)
        for module in _imports(path)
        if _under(module, PUT_TOGETHER) and not name.startswith("activities/")
    ]


def strangers(root: Path) -> list[str]:
    """What of ours the worker imports beyond what it puts together."""
    ours = (*ROOMS, "tests", "bench")
    return [
        module
        for module in _imports(root / "worker.py")
        if _under(module, ours) and not _under(module, OF_THE_WORKER) and not _leads_to_one(module)
    ]


def _leads_to_one(module: str) -> bool:
    """Whether it is only the way to a module that is allowed, as in ``from ledger import pool``."""
    return any(allowed.startswith(f"{module}.") for allowed in OF_THE_WORKER)


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            yield str(path.relative_to(root)), path


def test_no_room_imports_the_worker() -> None:
    assert reaching_up(ROOT) == []


def test_only_the_worker_puts_the_parts_together() -> None:
    assert putting_together(ROOT) == []


def test_the_worker_takes_only_what_it_puts_together() -> None:
    assert strangers(ROOT) == []
    assert any(_under(module, {"activities"}) for module in _imports(ROOT / "worker.py"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the rooms, the worker and what says who may import whom."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("worker.py", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def _plant(tree: Path, file: str, line: str) -> None:
    path = tree / file
    path.write_text(path.read_text(encoding="utf-8") + f"\n\n{line}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("ledger/pool.py", "import worker"),
        ("console/desk.py", "from worker import case_worker"),
        ("console/web/app.py", "def late():\n    from worker import serve"),
        ("deploy/onemachine/supervisor.py", "import worker as w"),
    ],
)
def test_who_reaches_up_is_found(tree: Path, file: str, line: str) -> None:
    _plant(tree, file, line)
    assert reaching_up(tree) == [file]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("console/opening.py", "from temporalio.worker import Worker"),
        ("deploy/onemachine/steps.py", "import activities.ledger_activities"),
        ("ledger/pool.py", "from activities import ledger_activities"),
    ],
)
def test_who_does_the_workers_work_is_found(tree: Path, file: str, line: str) -> None:
    _plant(tree, file, line)
    assert putting_together(tree)


@pytest.mark.parametrize(
    "line",
    [
        "from domain.decide import decide",
        "import ledger.append",
        "from console.web import app",
        "import tests",
    ],
)
def test_a_worker_that_takes_more_is_found(tree: Path, line: str) -> None:
    _plant(tree, "worker.py", line)
    assert strangers(tree)


BROKEN = [
    ("domain/words.py", "import temporalio", "domain-is-pure"),
    ("domain/words.py", "import ledger.pool", "domain-is-pure"),
    ("workflows/names.py", "import ledger.pool", "workflows-import-domain"),
    ("workflows/case_workflow.py", "import structlog", "workflows-import-domain"),
    ("ledger/pool.py", "import workflows.names", "ledger-imports-domain"),
    ("activities/ledger_activities.py", "import workflows.names", "activities-import-domain-and-ledger"),
    ("console/desk.py", "import workflows.case_workflow", "console-imports-the-door"),
    ("console/desk.py", "import worker", "console-imports-the-door"),
    ("ledger/pool.py", "import worker", "nobody-imports-the-top"),
    ("deploy/onemachine/steps.py", "import domain.words", "one-machine-stands-alone"),
]


@pytest.mark.parametrize(("file", "line", "contract"), BROKEN)
def test_import_linter_can_break(tree: Path, file: str, line: str, contract: str) -> None:
    _plant(tree, file, line)
    done = _lint(tree, contract)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "0 kept, 1 broken" in done.stdout


def test_import_linter_keeps_every_contract(tree: Path) -> None:
    done = _lint(tree)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def _lint(tree: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", *chosen],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
