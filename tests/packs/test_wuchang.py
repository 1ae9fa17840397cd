"""The pack that is shipped: it is whole, and it holds what its README says."""

import time
from collections import Counter
from pathlib import Path

import pytest

from console.packs import read_pack
from domain.calendar import days
from domain.jurisdiction import Pack
from domain.pack_check import check
from domain.words import BodyKind, DeadlineKind, Level, LinkKind, Procedure, Role

WUCHANG = Path(__file__).parents[2] / "deploy" / "wuchang"
PUSHED_DOWN = {
    "medical-insurance",
    "social-assistance",
    "public-facilities",
    "public-security",
    "labour-inspection",
    "re-employment",
    "minimum-living-allowance",
    "environmental-sanitation",
}


@pytest.fixture(scope="module")
def wuchang() -> Pack:
    return read_pack(WUCHANG)


def test_it_has_no_finding_and_is_checked_in_a_moment(wuchang: Pack) -> None:
    began = time.perf_counter()
    assert check(wuchang) == ()
    assert time.perf_counter() - began < 5  # a quarter of a second alone; the machine may be busy


def test_its_counts(wuchang: Pack) -> None:
    places = Counter(place.level for place in wuchang.places)
    assert places == {Level.CITY: 1, Level.DISTRICT: 13, Level.STREET: 193, Level.COMMUNITY: 3495 + 5}
    kinds = Counter(body.kind for body in wuchang.bodies)
    assert kinds[BodyKind.VILLAGE_COMMITTEE] == 1873
    assert kinds[BodyKind.STREET_OFFICE] == kinds[BodyKind.STREET_PARTY] == 193
    urban = 1541
    for kind in (
        BodyKind.RESIDENTS_COMMITTEE,
        BodyKind.PARTY_SERVICE_CENTRE,
        BodyKind.WORKSTATION,
        BodyKind.GOVERNANCE_STATION,
    ):
        assert kinds[kind] == urban
    assert kinds[BodyKind.COMMUNITY_PARTY] == urban + 1873
    assert kinds[BodyKind.DISPATCH_CENTRE] == kinds[BodyKind.PETITION_OFFICE] == 14
    placed = {body.division for body in wuchang.bodies}
    divisions = [place for place in wuchang.places if place.property_status is None]
    assert sum(place.code not in placed for place in divisions) == 3495 - urban - 1873 == 81
    assert len(wuchang.bodies) == 12385
    assert len(wuchang.matters) == 75


def test_the_eight_kinds_are_guarded_against_push_down(wuchang: Pack) -> None:
    matters = {matter.id: matter for matter in wuchang.matters}
    assert matters.keys() >= PUSHED_DOWN
    for each in PUSHED_DOWN:
        assert Level.COMMUNITY in matters[each].never_lead
        assert matters[each].lead.level is Level.DISTRICT


def test_only_committees_lead_at_the_level_of_the_community(wuchang: Pack) -> None:
    led = {matter.lead.kind for matter in wuchang.matters if matter.lead.level is Level.COMMUNITY}
    assert led == {BodyKind.RESIDENTS_COMMITTEE, BodyKind.VILLAGE_COMMITTEE}


def test_a_street_guides_a_committee_and_sets_up_a_workstation(wuchang: Pack) -> None:
    bodies = {body.id: body for body in wuchang.bodies}
    (guided,) = bodies["420106001007.committee"].links
    (set_up,) = bodies["420106001007.workstation"].links
    assert (guided.kind, guided.to) == (LinkKind.GUIDES, "420106001.street")
    assert (set_up.kind, set_up.to) == (LinkKind.SETS_UP, "420106001.street")
    assert bodies["420106001007.committee"].name.zh == "沙湖社区居民委员会"
    assert bodies["420106001007.workstation"].name.zh == "沙湖社区服务工作站"
    assert bodies["420106001.street"].name.zh == "积玉桥街道办事处"


def test_a_promise_says_what_its_clock_will_do(wuchang: Pack) -> None:
    for matter in wuchang.matters:
        length = {**wuchang.policy.limits[matter.procedure], **matter.limits}[DeadlineKind.RESOLVE]
        assert length.zh in matter.promise.zh
        assert length.en in matter.promise.en


def test_petition_matters_have_sixty_days(wuchang: Pack) -> None:
    petitions = [matter for matter in wuchang.matters if matter.procedure is Procedure.PETITION]
    assert len(petitions) == 10
    assert wuchang.policy.limits[Procedure.PETITION][DeadlineKind.RESOLVE] == days(60)
    assert all(DeadlineKind.RESOLVE not in matter.limits for matter in petitions)


def test_ids_of_people_say_a_function_and_no_name(wuchang: Pack) -> None:
    for person in wuchang.people:
        assert person.id.isascii()
        assert person.id[-1].isdigit()


def test_people_cover_the_desks_that_a_case_passes(wuchang: Pack) -> None:
    hats = {(post.body, post.role) for person in wuchang.people for post in person.posts}
    assert {
        ("420106.dispatch", Role.CLERK),
        ("420106.dispatch", Role.REVIEWER),
        ("420106.dispatch", Role.HEAD),
        ("420106.government", Role.HEAD),
        ("420106.government", Role.SUPERVISOR),
        ("420106.government", Role.AUDITOR),
        ("420106.joint-conference", Role.HEAD),
        ("420106.housing", Role.CASEWORKER),
        ("420106001.street", Role.CASEWORKER),
        ("420106001007.committee", Role.HEAD),
        ("420106.dispatch", Role.KEEPER),
        ("4201.dispatch", Role.OPERATOR),
        ("4201.government", Role.SUPERVISOR),
    } <= hats
    reviewers = {
        post.person
        for person in wuchang.people
        for post in person.posts
        if post.body == "420106.dispatch" and post.role is Role.REVIEWER
    }
    assert len(reviewers) == 2
    assert any(len({post.body for post in person.posts}) > 1 for person in wuchang.people)
    assert any(post.valid_to for person in wuchang.people for post in person.posts)
