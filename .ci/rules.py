"""Writes docs/rules.md: every rule that can refuse, read off the code, by the file in which it stands.

A rule is a module's own constant, `NAME = Rule(…)`. `make rules` writes the page; a test says when it is not current.
"""

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("domain", "workflows", "ledger", "activities", "console")
PAGE = ROOT / "docs" / "rules.md"
HEAD = """\
# Rules that refuse

Every refusal names its rule, the reason and the next step, in Chinese and in English. What stands in braces is filled in
when it is said. The codes are stable: they are in the ledger, in the API's problem details (`rule`) and in the pages of
[processes](processes/README.md).

This page is made from the code by `make rules`. Do not edit it.
"""
COLUMNS = ("code", "中文", "下一步", "English", "next step")


def main() -> None:
    """Writes the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {sum(len(rules) for _, _, rules in found())} rules")


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for file, about, rules in found():
        rows = [COLUMNS, ("---",) * len(COLUMNS), *rules]
        table = "\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows)
        parts.append(f"## [{file}](../{file})\n\n{about}\n\n{table}\n")
    return "\n".join(parts)


def found() -> Iterator[tuple[str, str, list[tuple[str, ...]]]]:
    """Each file that has rules: its name, what it says of itself, and a row for each rule in their order."""
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [name for statement in tree.body for name in _rule_named_by(statement)]
        if not names:
            continue
        file = path.relative_to(ROOT)
        module = importlib.import_module(".".join(file.with_suffix("").parts))
        rules = [getattr(module, name) for name in names]
        rows = [(f"`{rule.code}`", rule.zh, rule.next_zh, rule.en, rule.next_en) for rule in rules]
        yield file.as_posix(), (ast.get_docstring(tree) or "").partition("\n")[0], rows


def _rule_named_by(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="Rule"))):
            yield name
        case _:
            return


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
