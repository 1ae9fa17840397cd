"""docs/asvs.md says of every requirement of levels 1 and 2 how it stands, once, and names only files that are there."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")

SECTIONS = {
    "1.1": "1-2",
    "1.2": "1-9",
    "1.3": "1-11",
    "1.4": "1-3",
    "1.5": "1-2",
    "2.1": "1-3",
    "2.2": "1-3",
    "2.3": "1-4",
    "2.4": "1-1",
    "3.2": "1-2",
    "3.3": "1-4",
    "3.4": "1-6",
    "3.5": "1-5",
    "3.7": "1-2",
    "4.1": "1-3",
    "4.2": "1-1",
    "4.3": "1-2",
    "4.4": "1-4",
    "5.1": "1-1",
    "5.2": "1-3",
    "5.3": "1-2",
    "5.4": "1-3",
    "6.1": "1-3",
    "6.2": "1-11",
    "6.3": "1-3",
    "6.4": "1-4",
    "6.5": "1-5",
    "6.6": "1-3",
    "6.8": "1-3",
    "7.1": "1-3",
    "7.2": "1-4",
    "7.3": "1-2",
    "7.4": "1-5",
    "7.5": "1-2",
    "7.6": "1-2",
    "8.1": "1-2",
    "8.2": "1-3",
    "8.3": "1-1",
    "8.4": "1-1",
    "9.1": "1-3",
    "9.2": "1-4",
    "10.1": "1-2",
    "10.2": "1-2",
    "10.3": "1-4",
    "10.4": "1-11",
    "10.5": "1-5",
    "10.6": "1-2",
    "10.7": "1-3",
    "11.1": "1-2",
    "11.2": "1-3",
    "11.3": "1-3",
    "11.4": "1-3",
    "11.5": "1-1",
    "11.6": "1-1",
    "12.1": "1-3",
    "12.2": "1-2",
    "12.3": "1-4",
    "13.1": "1-1",
    "13.2": "1-5",
    "13.3": "1-2",
    "13.4": "1-5",
    "14.1": "1-2",
    "14.2": "1-4",
    "14.3": "1-3",
    "15.1": "1-3",
    "15.2": "1-3",
    "15.3": "1-7",
    "16.1": "1-1",
    "16.2": "1-5",
    "16.3": "1-4",
    "16.4": "1-3",
    "16.5": "1-3",
}
"""The requirements of levels 1 and 2, read off the standard; each section begins with them. V17 (WebRTC) is none."""

STANDS = {"met", "partly", "operator", "not met", "none"}


def _asked() -> set[str]:
    ranges = {section: told.split("-") for section, told in SECTIONS.items()}
    return {f"{section}.{n}" for section, (a, b) in ranges.items() for n in range(int(a), int(b) + 1)}


def _rows() -> list[list[str]]:
    lines = [line for line in PAGE.splitlines() if re.match(r"\| \d", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_requirement_of_two_levels_stands_once() -> None:
    told = Counter(number.strip() for row in _rows() for number in row[0].split(","))
    assert set(told) == _asked()
    assert {number for number, times in told.items() if times > 1} == set()


def test_how_it_stands_is_one_of_five_words_and_what_is_named_is_there() -> None:
    for numbers, stands, where in _rows():
        assert stands in STANDS, numbers
        named = [name for name in re.findall(r"`([^`]+)`", where) if re.match(r"[a-z]+/[a-z]", name)]
        assert [name for name in named if not (ROOT / name).exists()] == [], numbers
        assert where, numbers
