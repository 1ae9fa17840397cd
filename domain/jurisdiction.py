"""The organisation that a case moves in: bodies, places, matters, people, policy. All of it is data from a pack.

    Pack ─┬─ Body      links upwards, each link of a kind
          ├─ Place     a division of the census; never finer than a community here
          ├─ Matter    who must lead, who may assist, on what ground, in what time
          ├─ Person    acts for bodies within dates, under hats
          ├─ Provider  executes under a contract; its qualifications, each with its validity
          ├─ Contract  a client, a provider, matters, places, sources of funds, milestones, within dates
          ├─ Dispatch  who triages what where
          └─ Policy    the limits and the counts that the rules read

Nothing here is a rule; the rules read it. The sources of a pack's claims stand in the pack, beside each row.
"""

from typing import Annotated, Any

from pydantic import Field, Strict, StringConstraints, model_validator

from domain.base import BodyId, Frozen, Instant, MatterId, PersonId, PlaceCode
from domain.calendar import Calendar, Length, Limit, around_the_clock
from domain.joint_words import Funding
from domain.quiet import Quiet
from domain.words import (
    BodyKind,
    DeadlineKind,
    Duty,
    Level,
    LinkKind,
    LinkUse,
    Procedure,
    PropertyStatus,
    Role,
    Urgency,
    Way,
)

_CODE = StringConstraints(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z._-]+$")
ContractId = Annotated[str, _CODE]
MilestoneId = Annotated[str, _CODE]
QualificationKind = Annotated[str, _CODE]

Hours = Annotated[int, Strict(), Field(gt=0, le=10 * 366 * 24)]
"""A length of time, in whole elapsed hours."""

Limits = dict[DeadlineKind, Limit]
"""In what time each of these clocks is due."""

Times = Annotated[int, Strict(), Field(ge=0, le=100)]
"""How often something may happen."""


class Name(Frozen):
    """A text in both languages; Chinese is the one shown first."""

    zh: str
    en: str = ""


class Link(Frozen):
    """The body that carries this link stands below ``to``, in the way that ``kind`` says."""

    kind: LinkKind
    to: BodyId


class Body(Frozen):
    """A body (主体), valid from ``valid_from`` up to, not at, ``valid_to``."""

    id: BodyId
    kind: BodyKind
    level: Level
    name: Name
    division: PlaceCode
    links: tuple[Link, ...] = ()
    valid_from: Instant
    valid_to: Instant | None = None
    successor: BodyId | None = None
    registers: bool = False
    """Whether its clerks may register cases."""

    def valid(self, at: Instant) -> bool:
        """Whether the body exists at ``at``."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


class Place(Frozen):
    """A place (地点): a division code of the census, with the one above it, or a compound (小区) of a community.

    A compound's code is the community's and a suffix, ``420106001007-c01``; nothing finer is a place.
    ``property_status`` is told for compounds only.
    """

    code: PlaceCode
    name: str
    level: Level
    parent: PlaceCode | None = None
    property_status: PropertyStatus | None = None


class Post(Frozen):
    """A person acts for a body under a hat, from ``valid_from`` up to, not at, ``valid_to``."""

    person: PersonId
    body: BodyId
    role: Role
    valid_from: Instant
    valid_to: Instant | None = None

    def held(self, at: Instant) -> bool:
        """Whether the person is in post at ``at``."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


class Person(Frozen):
    """Somebody who may act. ``name`` is for the pages; events carry only ``id``."""

    id: PersonId
    name: str
    posts: tuple[Post, ...] = ()


class Lead(Frozen):
    """Which body must lead a matter: at this level, of this kind.

    ``office`` picks the department: the part of the body's id behind the division code, such as ``housing``.
    """

    level: Level
    kind: BodyKind
    office: str | None = None


class PropertyRoute(Frozen):
    """Who leads instead where the compound's property status is one of ``when`` (八有准物业)."""

    when: tuple[PropertyStatus, ...] = Field(min_length=1)
    lead: Lead
    ground: str


class Matter(Frozen):
    """A matter (事项) of the catalogue (权责清单).

    ``scheme`` is its place in the petition classification, the widest name first. ``never_lead`` lists the levels
    that may assist on it but are never made its lead (push-down guard). ``limits`` are those in which it differs
    from the policy, and ``urgent`` those of an urgent case. ``ground`` is the article, list or notice behind it, or
    ``illustrative``. ``promise`` is what the resident is told about the time, ``urgent_promises`` where an urgent case
    has another. ``routes`` name other leads by the compound's property status; the first that fits wins.
    """

    id: MatterId
    name: Name
    scheme: tuple[str, str, str]
    procedure: Procedure
    lead: Lead
    assists: tuple[BodyKind, ...] = ()
    never_lead: tuple[Level, ...] = ()
    duty: Duty = Duty.NOT_LISTED
    ground: str
    limits: Limits = Field(default_factory=dict[DeadlineKind, Limit])
    urgent: dict[Urgency, Limits] = Field(default_factory=dict[Urgency, Limits])
    promise: Name
    urgent_promises: dict[Urgency, Name] = Field(default_factory=dict[Urgency, Name])
    routes: tuple[PropertyRoute, ...] = ()

    @property
    def leads(self) -> tuple[Lead, ...]:
        """Every body that the catalogue can name as lead, the general one first."""
        return (self.lead, *(route.lead for route in self.routes))


class Dispatch(Frozen):
    """Which body dispatches the cases of a procedure in a division; the longest matching code wins."""

    procedure: Procedure
    division: PlaceCode
    body: BodyId


class Qualification(Frozen):
    """A qualification (资质) that a provider holds, from ``valid_from`` up to, not at, ``valid_to``."""

    kind: QualificationKind
    valid_from: Instant
    valid_to: Instant | None = None

    def held(self, at: Instant) -> bool:
        """Whether it is in force at ``at``."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


class Provider(Frozen):
    """What a body of kind ``provider`` is qualified for."""

    body: BodyId
    qualifications: tuple[Qualification, ...] = ()

    def qualified(self, kind: QualificationKind, at: Instant) -> Qualification | None:
        """The qualification of that kind in force at ``at``, the one that lasts longest; None if there is none."""
        held = [each for each in self.qualifications if each.kind == kind and each.held(at)]
        endless = next((each for each in held if each.valid_to is None), None)
        return endless or max(held, key=lambda each: each.valid_to or each.valid_from, default=None)


class Milestone(Frozen):
    """A step of a contract (里程碑) that the provider reaches and the client accepts."""

    id: MilestoneId
    name: Name


class Contract(Frozen):
    """A contract for a service (购买服务合同), in force from ``valid_from`` up to, not at, ``valid_to``.

    ``divisions``: the places that it covers, with all below them. ``qualifications``: the kinds that the provider must
    hold while it works. ``funds``: where the money comes from.
    """

    id: ContractId
    name: Name
    provider: BodyId
    client: BodyId
    matters: tuple[MatterId, ...] = Field(min_length=1)
    divisions: tuple[PlaceCode, ...] = Field(min_length=1)
    qualifications: tuple[QualificationKind, ...] = ()
    funds: tuple[Funding, ...] = Field(min_length=1)
    milestones: tuple[Milestone, ...] = ()
    valid_from: Instant
    valid_to: Instant

    def in_force(self, at: Instant) -> bool:
        """Whether it is in force at ``at``."""
        return self.valid_from <= at < self.valid_to


class Policy(Frozen):
    """The limits and counts of one jurisdiction.

    ``limits`` must name every clock of every procedure: the load refuses a gap, so that nothing is ever "not overdue"
    for want of a limit. ``urgent``: what differs for an urgent case. ``links`` says which links count for what (guiding
    counts for the firewall).
    ``return_within``: how long after signing a lead may still return. ``reopen_within``: how long after its end a case can
    be opened again. ``rehandlings``: how often an unsatisfied verdict sends the case back before it is final.
    ``ladder_every``: from one rung to the next. ``alert_every``: how often the top rung is alerted again.
    ``again_within``: the least that a lead has for work that comes back to it.
    ``hand_backs``: how many objections and returns a case bears before a ruling opens.
    ``repeat_days``: within how many days the same reporter's issue is pointed out as a repeat; None: never.
    ``joint_conference``: by division, who rules where there is no common superior. ``appeal``: the way of appeal that
    a closing states. ``exhausted``: what it states instead once a final review has been decided. ``rehandle_within``: in
    what time an opinion that was revoked is drawn up anew. ``shelve_hours``: how long a case may lie shelved in one
    episode, all shelvings together; the longest single one is the limit ``look_again``. ``ways``: where a case may be
    redirected to, with the ground and its article. ``misconduct_organ``: by division, who is competent for accusations
    of misconduct (检举控告). ``whistles``: the kinds of body that may whistle in their
    division; ``asks_whistle``: the kinds that may ask one of them to. ``nudge_at``: with how many hundredths of its time
    gone the body whose time it is, is nudged (催办); ``quiet``: when nobody is.
    """

    id: str
    limits: dict[Procedure, Limits]
    urgent: dict[Procedure, dict[Urgency, Limits]] = Field(
        default_factory=dict[Procedure, dict[Urgency, Limits]]
    )
    links: dict[LinkUse, tuple[LinkKind, ...]]
    return_within: Limit
    rehandlings: dict[Procedure, Times]
    reopen_within: Limit
    ladder_every: Limit
    alert_every: Limit
    again_within: Limit
    hand_backs: Annotated[Times, Field(gt=0)]
    repeat_days: Annotated[int, Strict(), Field(gt=0, le=3660)] | None = None
    joint_conference: dict[PlaceCode, BodyId] = Field(default_factory=dict[PlaceCode, BodyId])
    appeal: dict[Procedure, Name]
    exhausted: Name = Name(
        zh="本件已经复核，信访程序终结。以同一事实和理由再次提出的，不再受理。",
        en="The final review has been decided and the way is exhausted. The same facts and grounds are not accepted again.",
    )
    rehandle_within: Limit = Length(amount=720)
    shelve_hours: Hours = 2160
    ways: dict[Way, Name] = Field(default_factory=dict[Way, Name])
    misconduct_organ: dict[PlaceCode, BodyId] = Field(default_factory=dict[PlaceCode, BodyId])
    whistles: tuple[BodyKind, ...] = (BodyKind.STREET_OFFICE,)
    asks_whistle: tuple[BodyKind, ...] = (
        BodyKind.RESIDENTS_COMMITTEE,
        BodyKind.VILLAGE_COMMITTEE,
        BodyKind.WORKSTATION,
    )

    nudge_at: tuple[Annotated[int, Strict(), Field(ge=1, le=99)], ...] = ()
    quiet: Quiet | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_called(cls, found: object) -> object:
        """Packs that were loaded when every limit was in hours say so in the names."""
        if not isinstance(found, dict):
            return found
        fields: dict[str, Any] = dict(found)  # pyright: ignore[reportUnknownArgumentType]
        for old, new in _RENAMED.items():
            if old in fields:
                fields[new] = fields.pop(old)
        return fields


_RENAMED = {
    "return_hours": "return_within",
    "reopen_hours": "reopen_within",
    "ladder_hours": "ladder_every",
    "alert_hours": "alert_every",
    "again_hours": "again_within",
    "rehandle_hours": "rehandle_within",
}


class Pack(Frozen):
    """A whole jurisdiction, as ``zeren pack load`` takes it in. ``zone`` is an IANA time zone."""

    id: str
    title: Name
    zone: str
    bodies: tuple[Body, ...]
    places: tuple[Place, ...]
    matters: tuple[Matter, ...]
    people: tuple[Person, ...]
    dispatch: tuple[Dispatch, ...]
    providers: tuple[Provider, ...] = ()
    contracts: tuple[Contract, ...] = ()
    policy: Policy
    calendar: Calendar = around_the_clock()

    @model_validator(mode="before")
    @classmethod
    def _in_its_zone(cls, found: object) -> object:
        """A pack without a calendar counts its days in its own zone."""
        if not isinstance(found, dict) or "calendar" in found:
            return found  # pyright: ignore[reportUnknownVariableType]
        fields: dict[str, Any] = dict(found)  # pyright: ignore[reportUnknownArgumentType]
        return {**fields, "calendar": around_the_clock(str(fields.get("zone")))}
