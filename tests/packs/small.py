"""A pack of one street, small enough to break in one place at a time."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

from domain.calendar import hours
from domain.jurisdiction import (
    Body,
    Dispatch,
    Lead,
    Link,
    Matter,
    Name,
    Pack,
    Person,
    Place,
    Policy,
    Post,
)
from domain.pack_check import check, clocks_of
from domain.words import BodyKind, Level, LinkKind, LinkUse, Procedure, Role, Way

Key = TypeVar("Key")
Value = TypeVar("Value")

SINCE = datetime(2023, 1, 1, tzinfo=UTC)
LATER = datetime(2024, 1, 1, tzinfo=UTC)
LATEST = datetime(2025, 1, 1, tzinfo=UTC)

PLACES = (
    Place(code="4201", name="市", level=Level.CITY),
    Place(code="420106", name="区", level=Level.DISTRICT, parent="4201"),
    Place(code="420106001", name="街道", level=Level.STREET, parent="420106"),
    Place(code="420106001001", name="社区", level=Level.COMMUNITY, parent="420106001"),
)


def body(id_: str, kind: BodyKind, level: Level, *links: tuple[LinkKind, str], **more: object) -> Body:
    """A body valid from SINCE for ever, unless ``more`` says otherwise."""
    fields: dict[str, object] = {
        "id": id_,
        "kind": kind,
        "level": level,
        "name": Name(zh=id_),
        "division": id_.partition(".")[0],
        "links": tuple(Link(kind=how, to=to) for how, to in links),
        "valid_from": SINCE,
    }
    return Body.model_validate({**fields, **more})


BODIES = (
    body("420000.petition", BodyKind.OUTSIDE_ORGAN, Level.OUTSIDE),
    body("4201.government", BodyKind.GOVERNMENT, Level.CITY, (LinkKind.VERTICAL, "420000.petition")),
    body("4201.dispatch", BodyKind.DISPATCH_CENTRE, Level.CITY, (LinkKind.LEADS, "4201.government")),
    body("420106.government", BodyKind.GOVERNMENT, Level.DISTRICT, (LinkKind.LEADS, "4201.government")),
    body("420106.housing", BodyKind.DEPARTMENT, Level.DISTRICT, (LinkKind.LEADS, "420106.government")),
    body(
        "420106.conference",
        BodyKind.JOINT_CONFERENCE,
        Level.DISTRICT,
        (LinkKind.SETS_UP, "420106.government"),
    ),
    body("420106001.street", BodyKind.STREET_OFFICE, Level.STREET, (LinkKind.LEADS, "420106.government")),
    body(
        "420106001001.committee",
        BodyKind.RESIDENTS_COMMITTEE,
        Level.COMMUNITY,
        (LinkKind.GUIDES, "420106001.street"),
    ),
    body("4201.discipline", BodyKind.DISCIPLINE_ORGAN, Level.CITY, (LinkKind.VERTICAL, "420000.petition")),
)

MATTER = Matter(
    id="roof-leak",
    name=Name(zh="渗漏", en="Roof leak"),
    scheme=("城乡建设", "住房保障与房地产", "修缮装修"),
    procedure=Procedure.HOTLINE,
    lead=Lead(level=Level.DISTRICT, kind=BodyKind.DEPARTMENT, office="housing"),
    never_lead=(Level.COMMUNITY,),
    ground="illustrative",
    promise=Name(zh="五天", en="five days"),
)

PERSON = Person(
    id="clerk-1",
    name="甲",
    posts=(Post(person="clerk-1", body="4201.dispatch", role=Role.CLERK, valid_from=SINCE),),
)

DISPATCH = tuple(Dispatch(procedure=each, division="4201", body="4201.dispatch") for each in Procedure)

POLICY = Policy(
    id="small",
    limits={each: dict.fromkeys(clocks_of(each), hours(24)) for each in Procedure},
    links=dict.fromkeys(LinkUse, (LinkKind.LEADS, LinkKind.SETS_UP, LinkKind.GUIDES)),
    return_within=hours(24),
    rehandlings=dict.fromkeys(Procedure, 1),
    reopen_within=hours(24),
    ladder_every=hours(24),
    alert_every=hours(24),
    again_within=hours(24),
    hand_backs=2,
    joint_conference={"420106": "420106.conference"},
    appeal=dict.fromkeys(Procedure, Name(zh="复查", en="review")),
    ways=dict.fromkeys(Way, Name(zh="依据", en="ground")),
    misconduct_organ={"4201": "4201.discipline"},
)

PACK = Pack(
    id="small",
    title=Name(zh="小", en="small"),
    zone="Asia/Shanghai",
    bodies=BODIES,
    places=PLACES,
    matters=(MATTER,),
    people=(PERSON,),
    dispatch=DISPATCH,
    policy=POLICY,
)


def codes(**parts: object) -> set[str]:
    """What check says of the small pack with some of its parts replaced."""
    return {found.code for found in check(PACK.model_copy(update=parts))}


def changed(id_: str, **fields: object) -> tuple[Body, ...]:
    """The bodies, with the fields of one of them replaced."""
    return tuple(row.model_copy(update=fields) if row.id == id_ else row for row in BODIES)


def matter(**fields: object) -> tuple[Matter, ...]:
    """The one matter, with some fields replaced."""
    return (MATTER.model_copy(update=fields),)


def policy(**fields: object) -> Policy:
    """The policy, with some fields replaced."""
    return POLICY.model_copy(update=fields)


def post(**fields: object) -> tuple[Person, ...]:
    """The one person, with some fields of the one post replaced."""
    return (PERSON.model_copy(update={"posts": (PERSON.posts[0].model_copy(update=fields),)}),)


def without(table: Mapping[Key, Value], key: Key) -> dict[Key, Value]:
    """The table less one key."""
    return {kept: value for kept, value in table.items() if kept != key}
