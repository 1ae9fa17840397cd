"""Names for ids and ids for names: people type 水果湖街道, commands carry a code.

an id that exists            itself
a name that fits one thing   its id
a name that fits several     BadInput, with the candidates
an id that does not exist    itself: the rule refuses it, and the refusal is on record
anything else                BadInput
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple

import asyncpg

from console.fields import Given, clean, spec
from console.words import field_word
from domain.errors import BadInput
from domain.jurisdiction import Name
from ledger import directory

_ID = re.compile(r"^[0-9A-Za-z._-]{4,64}$")
_SHOWN = 5
_SEARCHED = 200


class Candidate(NamedTuple):
    """Something that a typed text may mean."""

    id: str
    zh: str
    en: str

    def called(self, text: str) -> bool:
        """Whether the text is its whole name."""
        return text == self.zh or (self.en != "" and text.casefold() == self.en.casefold())


async def _bodies(pool: asyncpg.Pool, text: str) -> list[Candidate]:
    found = await directory.find_bodies(pool, text, limit=_SEARCHED)
    return [Candidate(body.id, body.name.zh, body.name.en) for body in found]


async def _matters(pool: asyncpg.Pool, text: str) -> list[Candidate]:
    found = await directory.find_matters(pool, text, limit=_SEARCHED)
    return [Candidate(matter.id, matter.name.zh, matter.name.en) for matter in found]


async def _places(pool: asyncpg.Pool, text: str) -> list[Candidate]:
    found = await directory.find_places(pool, text, limit=_SEARCHED)
    return [Candidate(place.code, place.name, "") for place in found]


_SEARCHES: dict[str, Callable[[asyncpg.Pool, str], Awaitable[list[Candidate]]]] = {
    "body": _bodies,
    "matter": _matters,
    "place": _places,
}


async def one(pool: asyncpg.Pool, field: str, kind: str, text: str) -> str:
    """The id that the text means. ``kind`` is body, matter or place. Raises BadInput where it means none or several."""
    text = clean(field, text).strip()
    found = await _SEARCHES[kind](pool, text)
    if any(candidate.id == text for candidate in found):
        return text
    fitting = [candidate for candidate in found if candidate.called(text)]
    fitting = fitting or [candidate for candidate in found if candidate.zh.startswith(text)]
    meant = {candidate.id for candidate in fitting}
    if len(meant) == 1:
        return meant.pop()
    if not meant and _ID.match(text):
        return text
    raise _unclear(field, fitting or found)


def _unclear(field: str, candidates: Sequence[Candidate]) -> BadInput:
    word = field_word(field)
    if not candidates:
        return BadInput(
            f"{word.zh}（{field}）：数据包中没有这个名称；请核对名称，或改填编号。",
            f"The field {field} names nothing in the pack; check the name, or give the id.",
        )
    shown = "、".join(f"{candidate.id} {candidate.zh}" for candidate in candidates[:_SHOWN])
    more = "…" if len(candidates) > _SHOWN else ""
    return BadInput(
        f"{word.zh}（{field}）不唯一；请改填其中一个编号：{shown}{more}。",
        f"The field {field} may mean several things; give the id of one: {shown}{more}.",
    )


async def resolve(pool: asyncpg.Pool, command: str, given: Given) -> Given:
    """The same fields with ids in the place of names. Raises BadInput."""
    fields = spec(command).fields
    values = dict(given.values)
    for name, value in given.values.items():
        if fields[name].kind == "bodies":
            values[name] = tuple([await one(pool, name, "body", each) for each in value])
        if fields[name].kind in _SEARCHES:
            values[name] = await one(pool, name, fields[name].kind, value)
    return Given(values, given.texts)


async def of(
    pool: asyncpg.Pool,
    *,
    bodies: Iterable[str | None] = (),
    matters: Iterable[str | None] = (),
    places: Iterable[str | None] = (),
) -> dict[str, Name]:
    """What these ids are called in the newest pack; an unknown id is left out."""
    wanted_bodies = {body for body in bodies if body}
    wanted_matters = {matter for matter in matters if matter}
    wanted_places = {place for place in places if place}
    names: dict[str, Name] = {}
    if wanted_bodies:
        names |= {id_: body.name for id_, body in (await directory.bodies(pool, wanted_bodies)).items()}
    if wanted_matters:
        names |= {id_: matter.name for id_, matter in (await directory.matters(pool, wanted_matters)).items()}
    if wanted_places:
        names |= {
            id_: Name(zh=place.name) for id_, place in (await directory.places(pool, wanted_places)).items()
        }
    return names
