"""Writes the free days of a year as a file of a pack, from what the State Council announced and a library collected.

A year that the library does not know is refused and never guessed: its days are typed in from the notice, in the same form.
"""

from datetime import date

from chinese_calendar import __version__ as library_version  # pyright: ignore[reportMissingTypeStubs]
from chinese_calendar.constants import Holiday, holidays, workdays  # pyright: ignore[reportMissingTypeStubs]

from console.errors import BadInput

_SOURCE = "国务院办公厅关于{year}年部分节假日安排的通知，经 chinesecalendar {version}（MIT）整理"


def known_years() -> tuple[int, ...]:
    """The years that the library knows."""
    return tuple(sorted({day.year for day in holidays}))


def year_file(year: int) -> str:
    """The file of one year. Raises BadInput for a year that is not known."""
    if year not in known_years():
        last = known_years()[-1]
        raise BadInput(
            f"不知道 {year} 年的放假安排（已知至 {last} 年），不作推测；请按国务院办公厅通知填写 {year}.toml。",
            f"The free days of {year} are not known (up to {last}) and are never guessed; type {year}.toml from the "
            "notice of the State Council.",
        )
    source = _SOURCE.format(year=year, version=library_version)
    return "\n".join(
        [
            f"# {year}: 放假与调休。按国务院办公厅通知核对；有更正的，改这里即可，不必更新程序。",
            f"year = {year}",
            f'source = "{source}"',
            *_rows("holiday", year, holidays),
            *_rows("workday", year, workdays),
            "",
        ]
    )


def _rows(kind: str, year: int, days: dict[date, str]) -> list[str]:
    lines: list[str] = []
    for day in sorted(day for day in days if day.year == year):
        name: str = vars(Holiday(days[day]))["chinese"]
        lines += ["", f"[[{kind}]]", f"date = {day.isoformat()}", f'name = "{name}"']
    return lines
