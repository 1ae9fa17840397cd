"""A small jurisdiction for tests: one made-up city, 9901, that has one of everything the rules tell apart.

    990000.organ   outside, above the city                9900R1.railway  outside, below nobody
      └ 9901.government ─ 9901.dispatch, 9901.petition      (no superior in common with anybody)
          ├ 990106.government   the district that has it all
          │   ├ .discipline (as 9901.discipline: accusations of misconduct)
          │   ├ .dispatch  .petition  .joint-conference (rules only for 990106)
          │   ├ .housing  .civil-affairs  .water (nobody in post)  .heating (ends 2026-09-01, housing succeeds it)
          │   ├ .lifts  provider, qualified and under contract with .housing   .gardens  provider, without either
          │   └ 990106001.office   street ─ 990106001001.committee, .workstation, .party, .volunteers
          └ 990111.government   the district that has little: .housing, .civil-affairs; 9901.dispatch dispatches

``facts_for`` cuts the slice that a decision needs, in plain Python, as the ledger's look-up cuts it in SQL.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from domain.actors import CLOCK, RESIDENT, Actor, person
from domain.calendar import hours
from domain.facts import Facts, Needs
from domain.joint_words import Funding
from domain.jurisdiction import (
    Body,
    Contract,
    Dispatch,
    Lead,
    Link,
    Matter,
    Milestone,
    Name,
    Pack,
    Person,
    Place,
    Policy,
    Post,
    Provider,
    Qualification,
)
from domain.words import BodyKind, DeadlineKind, Duty, Level, LinkKind, LinkUse, Procedure, Role, Way
from tests.small_limits import HOTLINE, PETITION_WORK, URGENT

__all__ = ["CLOCK", "PACK", "RESIDENT", "START", "facts_for"]

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""A Monday, nine in the morning in the made-up city: when the cases of the tests begin."""
HEATING_ENDS = datetime(2026, 9, 1, tzinfo=UTC)

# ---------------------------------------------------------------- places
CITY, DISTRICT, POOR_DISTRICT = "9901", "990106", "990111"
STREET, COMMUNITY = "990106001", "990106001001"
POOR_STREET, POOR_COMMUNITY = "990111001", "990111001001"

PLACES = (
    Place(code=CITY, name="示例市", level=Level.CITY),
    Place(code=DISTRICT, name="甲区", level=Level.DISTRICT, parent=CITY),
    Place(code=POOR_DISTRICT, name="乙区", level=Level.DISTRICT, parent=CITY),
    Place(code=STREET, name="一街道", level=Level.STREET, parent=DISTRICT),
    Place(code=POOR_STREET, name="二街道", level=Level.STREET, parent=POOR_DISTRICT),
    Place(code=COMMUNITY, name="梧桐社区", level=Level.COMMUNITY, parent=STREET),
    Place(code=POOR_COMMUNITY, name="银杏社区", level=Level.COMMUNITY, parent=POOR_STREET),
)

# ---------------------------------------------------------------- bodies
ORGAN, RAILWAY = "990000.organ", "9900R1.railway"
CITY_GOVERNMENT, CITY_DISPATCH, CITY_PETITION = "9901.government", "9901.dispatch", "9901.petition"
GOVERNMENT, DISPATCH, PETITION = "990106.government", "990106.dispatch", "990106.petition"
CONFERENCE = "990106.joint-conference"
DISCIPLINE, CITY_DISCIPLINE = "990106.discipline", "9901.discipline"
HOUSING, CIVIL_AFFAIRS, WATER, HEATING = (
    "990106.housing",
    "990106.civil-affairs",
    "990106.water",
    "990106.heating",
)
OFFICE = "990106001.office"
COMMITTEE, WORKSTATION, PARTY, VOLUNTEERS = (
    "990106001001.committee",
    "990106001001.workstation",
    "990106001001.party",
    "990106001001.volunteers",
)
LIFTS, GARDENS = "990106.lifts", "990106.gardens"
POOR_GOVERNMENT, POOR_HOUSING, POOR_CIVIL_AFFAIRS = (
    "990111.government",
    "990111.housing",
    "990111.civil-affairs",
)

_KINDS = BodyKind


def _body(
    id_: str,
    kind: BodyKind,
    level: Level,
    name: str,
    *above: tuple[LinkKind, str],
    registers: bool = False,
    valid_to: datetime | None = None,
    successor: str | None = None,
) -> Body:
    return Body(
        id=id_,
        kind=kind,
        level=level,
        name=Name(zh=name, en=id_),
        division=id_.partition(".")[0],
        links=tuple(Link(kind=link, to=to) for link, to in above),
        valid_from=LONG_AGO,
        valid_to=valid_to,
        successor=successor,
        registers=registers,
    )


_LEADS, _GUIDES, _SETS_UP, _VERTICAL = LinkKind.LEADS, LinkKind.GUIDES, LinkKind.SETS_UP, LinkKind.VERTICAL

BODIES = (
    _body(ORGAN, _KINDS.OUTSIDE_ORGAN, Level.OUTSIDE, "上级主管机关"),
    _body(RAILWAY, _KINDS.DEPARTMENT, Level.OUTSIDE, "铁路管理局"),
    _body(CITY_GOVERNMENT, _KINDS.GOVERNMENT, Level.CITY, "示例市人民政府", (_VERTICAL, ORGAN)),
    _body(
        CITY_DISPATCH,
        _KINDS.DISPATCH_CENTRE,
        Level.CITY,
        "示例市派单中心",
        (_LEADS, CITY_GOVERNMENT),
        registers=True,
    ),
    _body(
        CITY_PETITION,
        _KINDS.PETITION_OFFICE,
        Level.CITY,
        "示例市信访局",
        (_LEADS, CITY_GOVERNMENT),
        registers=True,
    ),
    _body(GOVERNMENT, _KINDS.GOVERNMENT, Level.DISTRICT, "甲区人民政府", (_LEADS, CITY_GOVERNMENT)),
    _body(
        DISPATCH,
        _KINDS.DISPATCH_CENTRE,
        Level.DISTRICT,
        "甲区派单中心",
        (_LEADS, GOVERNMENT),
        (_VERTICAL, CITY_DISPATCH),
        registers=True,
    ),
    _body(
        PETITION,
        _KINDS.PETITION_OFFICE,
        Level.DISTRICT,
        "甲区信访局",
        (_LEADS, GOVERNMENT),
        (_VERTICAL, CITY_PETITION),
        registers=True,
    ),
    _body(CONFERENCE, _KINDS.JOINT_CONFERENCE, Level.DISTRICT, "甲区联席会议", (_SETS_UP, GOVERNMENT)),
    _body(CITY_DISCIPLINE, _KINDS.DISCIPLINE_ORGAN, Level.CITY, "示例市纪委监委", (_VERTICAL, ORGAN)),
    _body(
        DISCIPLINE,
        _KINDS.DISCIPLINE_ORGAN,
        Level.DISTRICT,
        "甲区纪委监委",
        (_VERTICAL, CITY_DISCIPLINE),
    ),
    _body(HOUSING, _KINDS.DEPARTMENT, Level.DISTRICT, "甲区房管局", (_LEADS, GOVERNMENT)),
    _body(CIVIL_AFFAIRS, _KINDS.DEPARTMENT, Level.DISTRICT, "甲区民政局", (_LEADS, GOVERNMENT)),
    _body(WATER, _KINDS.DEPARTMENT, Level.DISTRICT, "甲区水务局", (_LEADS, GOVERNMENT)),
    _body(
        HEATING,
        _KINDS.DEPARTMENT,
        Level.DISTRICT,
        "甲区供热办",
        (_LEADS, GOVERNMENT),
        valid_to=HEATING_ENDS,
        successor=HOUSING,
    ),
    _body(OFFICE, _KINDS.STREET_OFFICE, Level.STREET, "一街道办事处", (_LEADS, GOVERNMENT)),
    _body(COMMITTEE, _KINDS.RESIDENTS_COMMITTEE, Level.COMMUNITY, "梧桐社区居委会", (_GUIDES, OFFICE)),
    _body(
        WORKSTATION,
        _KINDS.WORKSTATION,
        Level.COMMUNITY,
        "梧桐社区服务工作站",
        (_SETS_UP, OFFICE),
        registers=True,
    ),
    _body(PARTY, _KINDS.COMMUNITY_PARTY, Level.COMMUNITY, "梧桐社区党委", (_VERTICAL, OFFICE)),
    _body(VOLUNTEERS, _KINDS.VOLUNTEER_TEAM, Level.COMMUNITY, "梧桐社区志愿服务队"),
    _body(LIFTS, _KINDS.PROVIDER, Level.DISTRICT, "示例电梯公司"),
    _body(GARDENS, _KINDS.PROVIDER, Level.DISTRICT, "示例园林公司"),
    _body(POOR_GOVERNMENT, _KINDS.GOVERNMENT, Level.DISTRICT, "乙区人民政府", (_LEADS, CITY_GOVERNMENT)),
    _body(POOR_HOUSING, _KINDS.DEPARTMENT, Level.DISTRICT, "乙区房管局", (_LEADS, POOR_GOVERNMENT)),
    _body(POOR_CIVIL_AFFAIRS, _KINDS.DEPARTMENT, Level.DISTRICT, "乙区民政局", (_LEADS, POOR_GOVERNMENT)),
)

# ---------------------------------------------------------------- matters
HOUSING_MATTER = "roof-leak"
PUSHED_DOWN_MATTER = "minimum-allowance"
COMMITTEE_MATTER = "neighbour-mediation"
PETITION_MATTER = "resettlement"

_PROMISE = Name(
    zh="自受理之日起{resolve}内办结并答复您。", en="We will settle it within {resolve} of acceptance."
)


def _matter(id_: str, name: str, lead: Lead, procedure: Procedure = Procedure.HOTLINE) -> Matter:
    return Matter(
        id=id_,
        name=Name(zh=name, en=id_),
        scheme=("示例", name, "其他"),
        procedure=procedure,
        lead=lead,
        ground="illustrative",
        promise=_PROMISE,
    )


_BY_HOUSING = Lead(level=Level.DISTRICT, kind=BodyKind.DEPARTMENT, office="housing")
_BY_CIVIL_AFFAIRS = Lead(level=Level.DISTRICT, kind=BodyKind.DEPARTMENT, office="civil-affairs")
_BY_COMMITTEE = Lead(level=Level.COMMUNITY, kind=BodyKind.RESIDENTS_COMMITTEE)

MATTERS = (
    _matter(HOUSING_MATTER, "房屋漏水", _BY_HOUSING).model_copy(update={"duty": Duty.BASIC}),
    _matter(PUSHED_DOWN_MATTER, "最低生活保障", _BY_CIVIL_AFFAIRS).model_copy(
        update={
            "assists": (BodyKind.STREET_OFFICE, BodyKind.RESIDENTS_COMMITTEE, BodyKind.WORKSTATION),
            "never_lead": (Level.COMMUNITY,),
            "duty": Duty.COOPERATING,
            "limits": {DeadlineKind.RESOLVE: hours(240)},
        }
    ),
    _matter(COMMITTEE_MATTER, "邻里纠纷调解", _BY_COMMITTEE),
    _matter(PETITION_MATTER, "征收补偿", _BY_HOUSING, Procedure.PETITION),
)

# ---------------------------------------------------------------- people, each with the hats they wear
CLERK = person("clerk-1", Role.CLERK, DISPATCH)
CLERK_2 = person("clerk-2", Role.CLERK, DISPATCH)
DISPATCH_HEAD = person("dispatch-head", Role.HEAD, DISPATCH)
REVIEWER = person("reviewer-1", Role.REVIEWER, DISPATCH)
REVIEWER_2 = person("reviewer-2", Role.REVIEWER, DISPATCH)
KEEPER = person("keeper-1", Role.KEEPER, DISPATCH)
CITY_CLERK = person("city-clerk", Role.CLERK, CITY_DISPATCH)
CITY_REVIEWER = person("city-reviewer", Role.REVIEWER, CITY_DISPATCH)
CITY_HEAD = person("city-head", Role.HEAD, CITY_GOVERNMENT)
CITY_SUPERVISOR = person("city-supervisor", Role.SUPERVISOR, CITY_GOVERNMENT)
DISTRICT_HEAD = person("district-head", Role.HEAD, GOVERNMENT)
DISTRICT_SUPERVISOR = person("district-supervisor", Role.SUPERVISOR, GOVERNMENT)
CONFERENCE_HEAD = person("conference-head", Role.HEAD, CONFERENCE)
PETITION_CLERK = person("petition-clerk", Role.CLERK, PETITION)
PETITION_REVIEWER = person("petition-reviewer", Role.REVIEWER, PETITION)
HOUSING_WORKER = person("housing-1", Role.CASEWORKER, HOUSING)
HOUSING_HEAD = person("housing-head", Role.HEAD, HOUSING)
CIVIL_WORKER = person("civil-1", Role.CASEWORKER, CIVIL_AFFAIRS)
CIVIL_HEAD = person("civil-head", Role.HEAD, CIVIL_AFFAIRS)
HEATING_WORKER = person("heating-1", Role.CASEWORKER, HEATING)
OFFICE_WORKER = person("office-1", Role.CASEWORKER, OFFICE)
OFFICE_HEAD = person("office-head", Role.HEAD, OFFICE)
OFFICE_SUPERVISOR = person("office-supervisor", Role.SUPERVISOR, OFFICE)
STATION_CLERK = person("station-clerk", Role.CLERK, WORKSTATION)
COMMITTEE_WORKER = person("committee-1", Role.CASEWORKER, COMMITTEE)
COMMITTEE_HEAD = person("many-hats", Role.HEAD, COMMITTEE)
PARTY_HEAD = person("many-hats", Role.HEAD, PARTY)
"""The same person as COMMITTEE_HEAD (一肩挑)."""
RAILWAY_WORKER = person("railway-1", Role.CASEWORKER, RAILWAY)
VOLUNTEER = person("volunteer-1", Role.CASEWORKER, VOLUNTEERS)
LIFTS_WORKER = person("lifts-1", Role.CASEWORKER, LIFTS)
POOR_HOUSING_WORKER = person("poor-housing-1", Role.CASEWORKER, POOR_HOUSING)

ACTORS: tuple[Actor, ...] = tuple(
    actor for actor in list(globals().values()) if isinstance(actor, Actor) and actor.person is not None
)


def _people(actors: Iterable[Actor]) -> tuple[Person, ...]:
    posts: dict[str, list[Post]] = {}
    for actor in actors:
        assert actor.person
        assert actor.body
        assert actor.role
        posts.setdefault(actor.person, []).append(
            Post(
                person=actor.person,
                body=actor.body,
                role=actor.role,
                valid_from=LONG_AGO,
                valid_to=HEATING_ENDS if actor.body == HEATING else None,
            )
        )
    return tuple(Person(id=who, name=f"某{who}", posts=tuple(held)) for who, held in posts.items())


# ---------------------------------------------------------------- contracts
LIFT_WORK = "lift-work"
"""Of the qualifications: held by LIFTS until LIFT_WORK_ENDS, while the contract runs on."""
LIFT_CONTRACT, OLD_CONTRACT, GARDEN_CONTRACT, OFFICE_CONTRACT = "c-lifts", "c-old", "c-gardens", "c-office"
LIFT_WORK_ENDS = datetime(2026, 4, 1, tzinfo=UTC)
CONTRACT_ENDS = datetime(2026, 12, 31, tzinfo=UTC)


def _contract(id_: str, provider: str, client: str, valid_to: datetime = CONTRACT_ENDS) -> Contract:
    return Contract(
        id=id_,
        name=Name(zh=f"合同{id_}", en=id_),
        provider=provider,
        client=client,
        matters=(HOUSING_MATTER,),
        divisions=(DISTRICT,),
        qualifications=(LIFT_WORK,),
        funds=(Funding.MAINTENANCE_FUND, Funding.BUDGET),
        milestones=(
            Milestone(id="inspected", name=Name(zh="已查勘")),
            Milestone(id="repaired", name=Name(zh="已修复")),
        ),
        valid_from=LONG_AGO,
        valid_to=valid_to,
    )


CONTRACTS = (
    _contract(LIFT_CONTRACT, LIFTS, HOUSING),
    _contract(OLD_CONTRACT, LIFTS, HOUSING, valid_to=START),
    _contract(GARDEN_CONTRACT, GARDENS, HOUSING),
    _contract(OFFICE_CONTRACT, LIFTS, OFFICE),
)
PROVIDERS = (
    Provider(
        body=LIFTS,
        qualifications=(Qualification(kind=LIFT_WORK, valid_from=LONG_AGO, valid_to=LIFT_WORK_ENDS),),
    ),
    Provider(
        body=GARDENS,
        qualifications=(Qualification(kind=LIFT_WORK, valid_from=LONG_AGO, valid_to=START),),
    ),
)

# ---------------------------------------------------------------- dispatch and policy
DISPATCHERS = (
    Dispatch(procedure=Procedure.HOTLINE, division=CITY, body=CITY_DISPATCH),
    Dispatch(procedure=Procedure.PETITION, division=CITY, body=CITY_PETITION),
    Dispatch(procedure=Procedure.HOTLINE, division=DISTRICT, body=DISPATCH),
    Dispatch(procedure=Procedure.PETITION, division=DISTRICT, body=PETITION),
)

_APPEAL = Name(zh="可依法申请复查、复议或者提起诉讼。", en="You may appeal as the law provides.")

POLICY = Policy(
    id="small",
    limits={Procedure.HOTLINE: HOTLINE, Procedure.PETITION: PETITION_WORK},
    urgent={Procedure.HOTLINE: URGENT},
    links={
        LinkUse.LADDER: (_LEADS, _SETS_UP, _GUIDES),
        LinkUse.COMMON_SUPERIOR: (_LEADS, _SETS_UP),
        LinkUse.FIREWALL: (_LEADS, _SETS_UP, _GUIDES, _VERTICAL),
        LinkUse.SUPERVISION: (_LEADS, _SETS_UP, _GUIDES),
    },
    return_within=hours(48),
    rehandlings={Procedure.HOTLINE: 2, Procedure.PETITION: 0},
    reopen_within=hours(720),
    ladder_every=hours(24),
    alert_every=hours(24),
    again_within=hours(48),
    hand_backs=2,
    repeat_days=30,
    joint_conference={DISTRICT: CONFERENCE},
    appeal={Procedure.HOTLINE: _APPEAL, Procedure.PETITION: _APPEAL},
    shelve_hours=360,
    ways={way: Name(zh=f"依法应走的途径：{way}。", en=f"The way that the law opens: {way}.") for way in Way},
    misconduct_organ={CITY: CITY_DISCIPLINE, DISTRICT: DISCIPLINE},
)

PACK = Pack(
    id="small",
    title=Name(zh="示例市", en="A made-up city"),
    zone="Asia/Shanghai",
    bodies=BODIES,
    places=PLACES,
    matters=MATTERS,
    people=_people(ACTORS),
    dispatch=DISPATCHERS,
    providers=PROVIDERS,
    contracts=CONTRACTS,
    policy=POLICY,
)


def facts_for(
    needs: Needs, version: int = 1, pack: Pack = PACK, exhausted: frozenset[str] = frozenset()
) -> Facts:
    """The slice that ``needs`` asks for: bodies with all above and their successors, places with those above.

    Places bring the bodies there that may whistle or ask for it; contracts bring their providers' bodies.
    With the staff it is wider: see domain/facts.py.
    """
    contracts = {each.id: each for each in pack.contracts if each.id in needs.contracts}
    providing = {each.provider for each in contracts.values()}
    known = {body.id: body for body in pack.bodies}
    places = _places(needs, pack)
    here_about = [*places, *(known[body].division for body in needs.bodies if body in known)]
    conferences = {
        body
        for code, body in pack.policy.joint_conference.items()
        if any(division.startswith(code) for division in here_about)
    }
    leads = [lead for matter in pack.matters if matter.id in needs.matters for lead in matter.leads]
    candidates = {
        body.id
        for body in pack.bodies
        if body.division in places
        and any((body.kind, body.level) == (lead.kind, lead.level) for lead in leads)
    }
    wanted, people = needs.bodies | conferences | candidates, set(needs.people)
    kinds = {*pack.policy.whistles, *pack.policy.asks_whistle}
    conveners = {body.id for body in pack.bodies if body.division in places and body.kind in kinds}
    wanted |= providing | conveners
    posts = [post for person_ in pack.people for post in person_.posts]
    if needs.staff:
        wanted |= {
            row.body for row in pack.dispatch if any(code.startswith(row.division) for code in here_about)
        }
        wanted |= set(pack.policy.misconduct_organ.values())
        staffed = _reached(wanted, pack)
        people |= {post.person for post in posts if post.body in staffed}
        wanted |= {post.body for post in posts if post.person in people}
    bodies = _reached(wanted, pack)
    codes = {*places, *(body.division for body in bodies.values())}
    return Facts(
        pack=pack.id,
        version=version,
        asked=needs,
        bodies=bodies,
        other_rows=tuple(
            body for body in pack.bodies if needs.staff and body.id in bodies and body is not bodies[body.id]
        ),
        posts=tuple(
            post for post in posts if post.person in people or post.body in needs.bodies | candidates
        ),
        matters={matter.id: matter for matter in pack.matters if matter.id in needs.matters},
        places=places,
        dispatch=tuple(row for row in pack.dispatch if any(code.startswith(row.division) for code in codes)),
        exhausted=exhausted & needs.cases,
        contracts=contracts,
        providers={each.body: each for each in pack.providers if each.body in providing},
        policy=pack.policy,
        calendar=pack.calendar,
        loaded_at=LONG_AGO,
    )


def _places(needs: Needs, pack: Pack) -> dict[str, Place]:
    mapped = {place.code: place for place in pack.places}
    places: dict[str, Place] = {}
    climbing = sorted(needs.places)
    while climbing:
        place = mapped.get(climbing.pop())
        if place is not None and place.code not in places:
            places[place.code] = place
            climbing += [place.parent] if place.parent else []
    return places


def _reached(wanted: Iterable[str], pack: Pack) -> dict[str, Body]:
    """The bodies with everything above them and their successors; of several rows of one id the last."""
    rows: dict[str, list[Body]] = {}
    for body in pack.bodies:
        rows.setdefault(body.id, []).append(body)
    bodies: dict[str, Body] = {}
    ahead = sorted(wanted)
    while ahead:
        here = rows.get(ahead.pop())
        if here is None or here[-1].id in bodies:
            continue
        bodies[here[-1].id] = here[-1]
        for row in here:
            ahead += [link.to for link in row.links] + ([row.successor] if row.successor else [])
    return bodies
