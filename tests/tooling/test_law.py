"""docs/law.md: every article has its row, and every test that a row names exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAW = ROOT / "docs" / "law.md"
ARTICLES = {
    "BJ": "8 10 11 12 13 14 15 16 17 20 23 24 28 32 33 35",
    "JN": "16 22 24 27 28 29 30 32 40",
    "WF": "11 21 22 24 26",
    "XF": "19 22 23 24 25 28 30 31 32 34 35 36 39 40 45 46(5)",
    "JD": "10 11 17 32 34 43 44",
    "JW": "2018/2 2018/3(6) 2018/20 2025/2 2025/3 2025/4",
    "SH": "27",
    "GB": "6 34 51 54",
}
"""The articles that the product was built by."""

_ROW = re.compile(r"^\| (\w+ [\w/()]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/.]+\.py)::([\w*]+)`")
_REASON = re.compile(r"configuration: |not the engine's: |not yet \(|not yet|; ground `")


def rows(page: str) -> list[tuple[str, str]]:
    """(article, what keeps it), for every row."""
    return [(row[1], row[3]) for row in _ROW.finditer(page)]


def missing(kept_by: str) -> list[str]:
    """The tests that a row names and that do not exist."""
    gone: list[str] = []
    for path, name in _TEST.findall(kept_by):
        file = ROOT / path
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        wanted = r"def test_" if name == "*" else rf"def {name}\("
        if not re.search(wanted, text):
            gone.append(f"{path}::{name}")
    return gone


ROWS = rows(LAW.read_text(encoding="utf-8"))


def test_every_article_has_its_row() -> None:
    wanted = [f"{law} {article}" for law, articles in ARTICLES.items() for article in articles.split()]
    assert [article for article, _ in ROWS] == wanted


@pytest.mark.parametrize(("article", "kept_by"), ROWS, ids=[article for article, _ in ROWS])
def test_a_row_names_a_test_that_exists_or_says_why_not(article: str, kept_by: str) -> None:
    assert missing(kept_by) == [], f"{article}: a test of its row is gone"
    assert _TEST.search(kept_by) or _REASON.search(kept_by), f"{article} is kept by nothing"


def test_a_row_whose_test_is_gone_is_found() -> None:
    assert missing("`tests/tooling/test_law.py::test_that_never_was`") != []
    assert missing("`tests/no/such/file.py::*`") != []
    assert missing("`tests/tooling/test_law.py::test_every_article_has_its_row`") == []
