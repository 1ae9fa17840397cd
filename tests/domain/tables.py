"""Tables of responsibility as they are written by hand, to be compared with what was reckoned."""

from datetime import datetime

from domain.holders import Held
from tests import small
from tests.domain.telling import ZONE

NAMES = {
    small.DISPATCH: "dispatch",
    small.CITY_DISPATCH: "city dispatch",
    small.HOUSING: "housing",
    small.CIVIL_AFFAIRS: "civil affairs",
    small.WATER: "water",
    small.HEATING: "heating",
    small.GOVERNMENT: "district",
    small.CITY_GOVERNMENT: "city",
    small.OFFICE: "office",
    small.COMMITTEE: "committee",
}


def table(held: list[Held]) -> list[tuple[str, ...]]:
    """(answering, charge, charged to, from, to), with the short names and local times of the written tables."""
    return [
        (
            NAMES[row.answering],
            row.charge.value.replace("_", " "),
            NAMES[row.charged_to] if row.charged_to else "nobody",
            _short(row.start),
            _short(row.end),
        )
        for row in held
    ]


def _short(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%m-%d %H:%M")


def written(text: str) -> list[tuple[str, ...]]:
    """A table as it is written by hand: one interval a line, cells between bars."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return [tuple(cell.strip() for cell in line.split("|")) for line in lines if line]
