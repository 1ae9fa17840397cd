"""Names for ids and ids for names: people type 水果湖街道, commands carry a code.

an id that exists            itself
a name that fits one thing   its id
a name that fits several     BadInput, with the candidates
what stands in the case      itself, also where the pack has forgotten it
anything else                UnknownName

What the pack does not know goes no further than the desk: a telephone typed into the wrong field has the shape of an
id, and a command that carried it would keep it in the ledger for good.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, cast

import asyncpg
from pydantic import ValidationError

from console.errors import UnknownName
from console.fields import Given, clean, spec
from console.words import field_word
from domain.case import Case
from domain.errors import BadInput
from domain.facts import Needs
from domain.jurisdiction import Name
from ledger import directory
from ledger.facts import look_up

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
    """The id that the text means; ``kind`` is body, matter or place.

    Raises BadInput where it may mean several, UnknownName where it means none.
    """
    text = clean(field, text).strip()
    found = await _SEARCHES[kind](pool, text)
    if any(candidate.id == text for candidate in found):
        return text
    fitting = [candidate for candidate in found if candidate.called(text)]
    fitting = fitting or [candidate for candidate in found if candidate.zh.startswith(text)]
    meant = {candidate.id for candidate in fitting}
    if len(meant) == 1:
        return meant.pop()
    raise _unclear(field, text, fitting or found)


def _unclear(field: str, text: str, candidates: Sequence[Candidate]) -> BadInput:
    word = field_word(field)
    if not candidates:
        zh, en = (f"“{text}”", f" ({text})") if _ID.match(text) else ("这个名称", "")
        return UnknownName(
            f"{word.zh}（{field}）：数据包中没有{zh}；请核对名称，或改填编号。",
            f"The field {field} names nothing in the pack{en}; check the name, or give the id.",
        )
    shown = "、".join(f"{candidate.id} {candidate.zh}" for candidate in candidates[:_SHOWN])
    more = "…" if len(candidates) > _SHOWN else ""
    return BadInput(
        f"{word.zh}（{field}）不唯一；请改填其中一个编号：{shown}{more}。",
        f"The field {field} may mean several things; give the id of one: {shown}{more}.",
    )


async def resolve(pool: asyncpg.Pool, command: str, given: Given, case: Case | None) -> Given:
    """The same fields with ids in the place of names. Raises BadInput.

    What stands in the case already is known too: a body or contract that the newest pack has forgotten.
    """
    fields = spec(command).fields
    values = dict(given.values)
    standing = frozenset(_strings(case.model_dump(mode="json"))) if case else frozenset[str]()
    for name, value in given.values.items():
        kind = fields[name].kind
        if kind == "bodies":
            values[name] = tuple([await _known(pool, name, "body", each, standing) for each in value])
        elif kind in _SEARCHES:
            values[name] = await _known(pool, name, kind, value, standing)
        elif kind == "line" and value not in standing | await _by_id_alone(pool, given):
            raise _unclear(name, value, ())
    return Given(values, given.texts)


async def _known(pool: asyncpg.Pool, field: str, kind: str, text: str, standing: frozenset[str]) -> str:
    """The id that the text means, by the pack or by the case."""
    try:
        return await one(pool, field, kind, text)
    except UnknownName:
        if text.strip() in standing:
            return text.strip()
        raise


async def _by_id_alone(pool: asyncpg.Pool, given: Given) -> frozenset[str]:
    """What is named by its id and by nothing else, as far as the pack has it: a contract, its milestones, a person."""
    try:
        wanted = Needs(contracts=frozenset({given.values["contract"]} if "contract" in given.values else ()))
    except ValidationError:
        return frozenset()
    found = (await look_up(pool, wanted)).contracts.values() if wanted.contracts else ()
    who = given.values.get("person")
    person = await directory.person(pool, who, datetime.now(UTC)) if who else None
    return frozenset(
        [contract.id for contract in found]
        + [each.id for contract in found for each in contract.milestones]
        + ([person.id] if person else [])
    )


def _strings(value: object) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings(list(cast("dict[str, object]", value).values()))
    elif isinstance(value, list):
        for part in cast("list[object]", value):
            yield from _strings(part)


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
