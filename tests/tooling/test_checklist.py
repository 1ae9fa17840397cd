"""Every line of the checklist in docs/temporal.md has a reason or a test, and every test that it names is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "temporal.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def _rows(page: str) -> list[tuple[str, str]]:
    """The lines of the checklist, each with what stands beside it."""
    checklist = page.partition("## Checklist")[2].partition("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in checklist.splitlines() if line.startswith("| ")]
    return [(row[0], " | ".join(row[1:])) for row in cells if row[0] not in {"line", "---"}]


def unproven(page: str) -> list[str]:
    """The lines that have neither a test nor a reason."""
    return [line for line, here in _rows(page) if not NAMED.search(here) and not here.startswith("Reason: ")]


def missing(page: str, root: Path) -> list[str]:
    """The tests that are named and are not there."""
    return [
        f"{file}::{name}"
        for file, name in sorted(set(NAMED.findall(page)))
        if name not in _tests(root / file)
    ]


def _tests(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


def test_every_line_has_a_test_or_a_reason() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(_rows(page)) > 40
    assert unproven(page) == []


def test_every_test_that_is_named_is_there() -> None:
    assert missing(PAGE.read_text(encoding="utf-8"), ROOT) == []


def test_what_is_wanting_is_found() -> None:
    page = (
        "## Checklist\n| line | here |\n| --- | --- |\n| a | `tests/x.py::test_a` |\n"
        "| b | it is so |\n| c | Reason: none |\n\n## Next\n| d | |\n"
    )
    assert unproven(page) == ["b"]
    assert missing(page, ROOT) == ["tests/x.py::test_a"]
    assert missing("`tests/tooling/test_checklist.py::test_nothing`", ROOT) != []
    assert missing("`tests/tooling/test_checklist.py::test_what_is_wanting_is_found`", ROOT) == []
