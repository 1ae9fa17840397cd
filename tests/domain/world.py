"""The small jurisdiction with the people that the rules of the domain need to be tried on.

many-1    wears every hat that must not meet on one case: handles, reviews and rules (一肩挑)
relay-1   ┐ hold the desk of WATER by turns, one after the other, with a gap from hour 200 to hour 300
relay-2   ┘ after START; small.PACK itself has nobody there
gone-1    was a caseworker of HOUSING until START
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from domain.actors import Actor, person
from domain.calendar import hours
from domain.jurisdiction import Body, Pack, Person, Policy, Post
from domain.words import DeadlineKind, Role
from tests import small

MANY_AS_HOUSING = person("many-1", Role.CASEWORKER, small.HOUSING)
MANY_AS_OFFICE = person("many-1", Role.CASEWORKER, small.OFFICE)
MANY_AS_CIVIL_AFFAIRS = person("many-1", Role.CASEWORKER, small.CIVIL_AFFAIRS)
MANY_AS_REVIEWER = person("many-1", Role.REVIEWER, small.DISPATCH)
MANY_AS_CLERK = person("many-1", Role.CLERK, small.DISPATCH)
MANY_AS_DISTRICT_HEAD = person("many-1", Role.HEAD, small.GOVERNMENT)
MANY_HATS = (
    MANY_AS_HOUSING,
    MANY_AS_OFFICE,
    MANY_AS_CIVIL_AFFAIRS,
    MANY_AS_REVIEWER,
    MANY_AS_CLERK,
    MANY_AS_DISTRICT_HEAD,
)
RELAY_1 = person("relay-1", Role.CASEWORKER, small.WATER)
RELAY_2 = person("relay-2", Role.HEAD, small.WATER)
GONE = person("gone-1", Role.CASEWORKER, small.HOUSING)


def post(actor: Actor, since: datetime = small.LONG_AGO, until: datetime | None = None) -> Post:
    """The post that lets ``actor`` wear his hat within these dates."""
    assert actor.person is not None
    assert actor.role is not None
    assert actor.body is not None
    return Post(person=actor.person, role=actor.role, body=actor.body, valid_from=since, valid_to=until)


def with_posts(posts: Iterable[Post], pack: Pack = small.PACK) -> Pack:
    """The pack with these posts added, each under its person."""
    held: dict[str, list[Post]] = {}
    for each in posts:
        held.setdefault(each.person, []).append(each)
    people = tuple(Person(id=who, name=f"某{who}", posts=tuple(theirs)) for who, theirs in held.items())
    return pack.model_copy(update={"people": (*pack.people, *people)})


def with_body(body: Body, pack: Pack = small.PACK) -> Pack:
    """The pack with this body, instead of the one of the same id if there is one."""
    others = tuple(each for each in pack.bodies if each.id != body.id)
    return pack.model_copy(update={"bodies": (*others, body)})


def without_bodies(*gone: str, pack: Pack = small.PACK) -> Pack:
    """The pack without these bodies and without the links to them."""
    bodies = tuple(
        body.model_copy(update={"links": tuple(link for link in body.links if link.to not in gone)})
        for body in pack.bodies
        if body.id not in gone
    )
    return pack.model_copy(update={"bodies": bodies})


def with_policy(pack: Pack = small.PACK, **change: object) -> Pack:
    """The pack with another policy."""
    policy = Policy.model_validate({**pack.policy.model_dump(), **change})
    return pack.model_copy(update={"policy": policy})


def _hour(hours: int) -> datetime:
    return small.START + timedelta(hours=hours)


PACK = with_posts(
    [
        *(post(hat) for hat in MANY_HATS),
        post(RELAY_1, until=_hour(100)),
        post(RELAY_2, since=_hour(100), until=_hour(200)),
        post(RELAY_1, since=_hour(300)),
        post(GONE, until=small.START),
    ]
)

NUDGED = with_policy(
    PACK,
    nudge_at=(50, 80),
    limits={
        procedure: {**limits, DeadlineKind.FIRST_CONTACT: hours(24)}
        for procedure, limits in small.POLICY.limits.items()
    },
)
"""The same with nudges and a clock for the first contact: what the machine is run on."""

ACCUSED = (*((body.id,) for body in (*PACK.bodies, *PACK.bodies)), ("nowhere",))
"""Whom a complaint may be against: each body, and now and then one that does not exist."""

PERSONS = (*(who.id for who in PACK.people), "no-such-person")
"""Everybody, and somebody who does not exist."""
