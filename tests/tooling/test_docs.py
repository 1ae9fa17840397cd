"""The pages say what the code says: words, rules, commands, decisions, hours."""

import importlib.util
import re
from enum import StrEnum
from pathlib import Path
from types import ModuleType

import pytest

from console.packs import read_pack
from domain import joint_words, words
from domain.calendar import Length
from domain.commands import MODELS
from domain.words import DeadlineKind, Procedure
from tests.domain.test_registries import every_rule

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ROOMS = ("domain", "workflows", "activities", "ledger", "console", "deploy")

ENUMERATIONS = {
    name: kind
    for module in (words, joint_words)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum
}


def rows(page: Path) -> list[list[str]]:
    """Every row of every table of a page, its cells stripped."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def quoted(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def glossary() -> dict[str, str]:
    """The Chinese of every code in the glossary."""
    return {code: row[0] for row in rows(DOCS / "glossary.md") for code in quoted(row[2])}


def comments() -> dict[str, str | None]:
    """The Chinese comment beside every member of domain/words.py and domain/joint_words.py."""
    found: dict[str, str | None] = {}
    kind = ""
    sources = (ROOT / "domain" / name for name in ("words.py", "joint_words.py"))
    for line in "\n".join(source.read_text(encoding="utf-8") for source in sources).splitlines():
        if match := re.match(r"class (\w+)\(StrEnum\)", line):
            kind = match[1]
        elif match := re.match(r'    [A-Z_]+ = "(\w+)"(?:  # (.+))?$', line):
            found[f"{kind}.{match[1]}"] = match[2]
    return found


def test_the_glossary_has_every_word_of_the_code_and_no_other() -> None:
    members = {f"{name}.{code.value}" for name, kind in ENUMERATIONS.items() for code in kind}
    assert set(comments()) == members, (
        "a member of domain/words.py is written in a way that this test cannot read"
    )
    told = glossary()
    assert {code for code in told if code.partition(".")[0] in ENUMERATIONS and "." in code} == members
    assert set(ENUMERATIONS) <= set(told)
    assert set(MODELS) - {"strike"} <= set(told)


def test_the_glossary_has_the_chinese_of_the_code() -> None:
    told = glossary()
    assert {member: told[member] for member, chinese in comments().items() if chinese} == {
        member: chinese for member, chinese in comments().items() if chinese
    }
    assert not [
        member for member in comments() if not any("一" <= c <= "鿿" or c.isdigit() for c in told[member])
    ]


@pytest.fixture(scope="module")
def listing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rules", ROOT / ".ci" / "rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_rules_is_current(listing: ModuleType) -> None:
    assert (DOCS / "rules.md").read_text(encoding="utf-8") == listing.page(), "run: make rules"


def rules_told() -> set[str]:
    return {code for row in rows(DOCS / "rules.md") for code in quoted(row[0])}


def test_the_page_of_rules_leaves_none_out() -> None:
    assert set(every_rule()) <= rules_told()


PROCESSES = sorted(path for path in (DOCS / "processes").glob("*.md"))


@pytest.mark.parametrize("page", PROCESSES, ids=lambda page: page.stem)
def test_a_process_names_only_rules_that_exist(page: Path) -> None:
    subjects = {code.partition(".")[0] for code in rules_told()}
    named = {
        code
        for code in quoted(page.read_text(encoding="utf-8"))
        if re.fullmatch(r"[a-z-]+\.[a-z-]+", code) and code.partition(".")[0] in subjects
    }
    assert named <= rules_told()


def commands_told() -> set[str]:
    """What stands in the first column of every table of commands."""
    told: set[str] = set()
    for page in PROCESSES:
        head = ""
        for row in rows(page):
            head = row[0] if "`" not in row[0] and not row[0].startswith("---") else head
            told |= set(quoted(row[0])) if head == "command" else set()
    return told


def test_every_command_stands_on_the_page_of_a_process_and_no_other_does() -> None:
    assert commands_told() == set(MODELS) - {"strike"}


def test_every_process_is_in_the_index_and_has_every_part() -> None:
    index = (DOCS / "processes" / "README.md").read_text(encoding="utf-8")
    for page in PROCESSES:
        if page.name != "README.md":
            text = page.read_text(encoding="utf-8")
            assert f"]({page.name})" in index
            assert "```\n" in text, f"{page.name} has no picture"
            assert {"Clocks", "Law"} <= set(re.findall(r"^## (\w+)", text, re.MULTILINE)) | (
                {"Clocks"} if page.stem == "clocks" else set()
            )


def test_the_limits_on_the_page_of_clocks_are_those_of_the_pack() -> None:
    policy = read_pack(ROOT / "deploy" / "wuchang").policy
    told = {
        DeadlineKind(code): (row[3], row[4])
        for row in rows(DOCS / "processes" / "clocks.md")
        if len(row) == 5
        for code in quoted(row[0])
    }
    hotline, petition = (policy.limits[procedure] for procedure in Procedure)
    assert told == {
        kind: tuple(limits[kind].en if kind in limits else "—" for limits in (hotline, petition))
        for kind in {*hotline, *petition}
    }
    page = (DOCS / "processes" / "clocks.md").read_text(encoding="utf-8")
    for name in type(policy).model_fields:
        value = getattr(policy, name)
        if isinstance(value, Length):
            assert f"`{name}` {value.en}" in page


def test_decisions_are_numbered_told_in_three_parts_and_in_the_index() -> None:
    records = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    assert len(records) == index.count("](0")
    for path in records:
        title, *parts = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert title.startswith(f"{path.name[:4]}. ")
        assert parts == ["Context", "Choice", "Consequence"]
        assert f"| {path.name[:4]} | [{title[6:]}]({path.name}) |" in index


def test_what_the_code_says_of_the_docs_is_there() -> None:
    sources = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    named = {
        found
        for path in sources
        for found in re.findall(r"docs/[\w./-]*[\w]", path.read_text(encoding="utf-8"))
    }
    assert named
    for name in named:
        numbered = re.fullmatch(r"docs/decisions/\d{4}", name)
        assert list(ROOT.glob(f"{name}-*.md")) if numbered else (ROOT / name).exists(), name
