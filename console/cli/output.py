"""What a command prints: one JSON document, or words in columns that stay straight with Chinese in them.

stdout   the answer, and nothing else
stderr   the reason why not, the command's id, progress
"""

import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence

import click

from console.views import Json

_GAP = "  "


def wants_json() -> bool:
    """Whether this call was asked for JSON."""
    context = click.get_current_context(silent=True)
    return bool(context and context.find_root().meta.get("zeren.json"))


def emit(document: Json, human: Callable[[], Iterable[str]]) -> None:
    """Print the answer, as JSON or in words."""
    if wants_json():
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for line in human():
        click.echo(line.rstrip())


def say(line: str) -> None:
    """Tell the person at the terminal something that is not the answer."""
    click.echo(line, err=True)


def width(text: str) -> int:
    """How many columns of a terminal the text takes: Chinese characters take two, combining marks none."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Cf", "Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with straight columns; the first row is the head. The last column may be as long as it likes."""
    if not rows:
        return []
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        _GAP.join(
            cell + " " * (widths[column] - width(cell)) if column < len(row) - 1 else cell
            for column, cell in enumerate(row)
        )
        for row in rows
    ]
