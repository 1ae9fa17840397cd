"""docs/stories: every row is given to the real rules with the Wuchang pack, and the answers are compared."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from console.packs import read_pack
from domain.actors import RESIDENT, Actor, person
from domain.base import BodyId
from domain.commands import MODELS
from domain.jurisdiction import Pack
from domain.words import Level, Role
from tests.domain.telling import ZONE, Story

ROOT = Path(__file__).parents[2]
PAGES = sorted(page for page in (ROOT / "docs" / "stories").glob("*.md") if page.name != "README.md")


class Row(NamedTuple):
    """One step of a story."""

    time: datetime
    who: str
    command: str
    answer: str


@pytest.fixture(scope="module")
def wuchang() -> Pack:
    return read_pack(ROOT / "deploy" / "wuchang")


def near(pack: Pack, page: str) -> Pack:
    """The places that a page names with those above them and the compounds in them, and the bodies there."""
    codes = set(re.findall(r"\b4201\d*", page))
    places = tuple(
        place
        for place in pack.places
        if any(code.startswith(place.code) or code == place.parent for code in codes)
    )
    divisions = {place.code for place in places}
    bodies = tuple(body for body in pack.bodies if body.division in divisions or body.level is Level.OUTSIDE)
    return pack.model_copy(update={"places": places, "bodies": bodies})


def table(page: str, head: str) -> list[list[str]]:
    """The cells of the table whose head begins so."""
    lines = page.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(head))
    found: list[list[str]] = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def instant(text: str) -> datetime:
    """An instant of a page, in Wuhan's time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def actor(text: str) -> Actor:
    """``person role@body``, or ``resident``."""
    if text == "resident":
        return RESIDENT
    who, _, hat = text.partition(" ")
    role, _, body = hat.partition("@")
    return person(who, Role(role), body)


def fields(command: str, words: list[str]) -> dict[str, Any]:
    """``name=value``; yes and no are truths, and a list is divided by commas where the model wants several."""
    given: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        known = MODELS[command].model_fields[name].annotation
        if known is bool:
            given[name] = value == "yes"
        elif "tuple" in str(known):
            given[name] = tuple(value.split(","))
        elif "datetime" in str(known):
            given[name] = instant(value.replace("T", " "))
        else:
            given[name] = value
    return given


def told(pack: Pack, page: str) -> Story:
    """The story of a page, each row compared with its answer."""
    rows = [Row(instant(row[0]), *row[1:]) for row in table(page, "| time | who |")]
    story = Story(pack, now=rows[0].time)
    for row in rows:
        before = len(story.events)
        story.at(row.time)
        if row.who != "clock":
            before = len(story.events)
            command, *words = row.command.split()
            story.tries(command, actor(row.who), **fields(command, words))
        types = [event.body.type for event in story.events[before:]]
        if row.answer.startswith("refused: "):
            assert story.refused is not None, f"{row} was done: {types}"
            assert f"refused: {story.refused.rule}" == row.answer, row
        else:
            refused = story.refused if row.who != "clock" else None
            assert refused is None, f"{row} was refused: {refused}"
            assert ", ".join(types) == row.answer, row
    return story


def written(at: datetime) -> str:
    """An instant as the pages write it."""
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_the_story_is_what_the_rules_say(path: Path, wuchang: Pack) -> None:
    page = path.read_text(encoding="utf-8")
    story = told(near(wuchang, page), page)
    held = [
        [row.answering, row.charge.value, row.charged_to or "nobody", written(row.start), written(row.end)]
        for row in story.holders()
    ]
    assert held == table(page, "| answering | charge |")


@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_a_story_that_says_something_else_is_noticed(path: Path, wuchang: Pack) -> None:
    page = path.read_text(encoding="utf-8")
    rows = table(page, "| time | who |")
    line = next(line for line in page.splitlines() if line.startswith(f"| {rows[-1][0]} |"))
    wrong = page.replace(line, line.replace(rows[-1][3], "nothing_of_the_kind"))
    with pytest.raises(AssertionError):
        told(near(wuchang, page), wrong)


def test_a_community_body_led_in_none_of_them(wuchang: Pack) -> None:
    page = (ROOT / "docs" / "stories" / "unpaid-wages.md").read_text(encoding="utf-8")
    story = told(near(wuchang, page), page)
    led: set[BodyId] = {row.answering for row in story.holders()}
    assert not any(body.endswith(".committee") for body in led)
