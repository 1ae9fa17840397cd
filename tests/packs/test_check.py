"""Each kind of finding is produced by a small pack that is broken in that one place."""

import re

import pytest

from domain.calendar import Calendar, days, hours, working_days
from domain.jurisdiction import Dispatch, Lead, Link, Name, Person, Place
from domain.pack_check import check
from domain.pack_findings import FINDINGS
from domain.words import BodyKind, DeadlineKind, Duty, Level, LinkKind, LinkUse, Procedure, Way
from tests.packs.small import (
    BODIES,
    DISPATCH,
    LATER,
    LATEST,
    MATTER,
    PACK,
    PERSON,
    PLACES,
    POLICY,
    SINCE,
    body,
    changed,
    codes,
    matter,
    policy,
    post,
    without,
)

HOTLINE = Procedure.HOTLINE
UP = LinkKind.LEADS


def place(code: str, **fields: object) -> tuple[Place, ...]:
    return tuple(each.model_copy(update=fields) if each.code == code else each for each in PLACES)


def lead(level: Level, kind: BodyKind, office: str | None = None) -> Lead:
    return Lead(level=level, kind=kind, office=office)


BROKEN: list[tuple[str, dict[str, object]]] = [
    ("unknown-zone", {"zone": "Asia/Wuhan"}),
    ("unknown-zone", {"zone": "../etc/passwd"}),
    ("duplicate-id", {"places": (*PLACES, PLACES[3])}),
    ("duplicate-id", {"matters": (MATTER, MATTER)}),
    ("duplicate-id", {"people": (PERSON, PERSON)}),
    ("place-dangling", {"places": place("420106", parent="4299")}),
    ("place-cycle", {"places": place("420106", parent="420106001")}),
    ("body-id", {"bodies": (*BODIES, body("420106.", BodyKind.DEPARTMENT, Level.DISTRICT, (UP, "420106.government")))}),
    ("body-id", {"bodies": changed("420106.housing", division="420106001", level=Level.STREET)}),
    ("body-place", {"bodies": changed("420106.housing", division="420199")}),
    ("body-level", {"bodies": changed("420106.housing", level=Level.CITY)}),
    ("text-missing", {"bodies": changed("420106.housing", name=Name(zh=" "))}),
    ("empty-validity", {"bodies": changed("420106.housing", valid_to=SINCE)}),
    ("link-dangling", {"bodies": changed("420106.housing", links=(Link(kind=UP, to="420106.nobody"),))}),
    ("link-gap", {"bodies": changed("420106001.street", valid_to=LATER)}),
    ("successor-dangling", {"bodies": changed("420106.housing", valid_to=LATER, successor="420106.nobody")}),
    ("successor-too-early", {"bodies": changed("420106.housing", successor="420106.government")}),
    ("lead-illegal", {"matters": matter(lead=lead(Level.DISTRICT, BodyKind.JOINT_CONFERENCE))}),
    ("lead-illegal", {"matters": matter(lead=lead(Level.DISTRICT, BodyKind.PARTY_COMMITTEE))}),
    ("lead-illegal", {"matters": matter(lead=lead(Level.STREET, BodyKind.PROVIDER))}),
    ("lead-illegal", {"matters": matter(lead=lead(Level.OUTSIDE, BodyKind.DEPARTMENT))}),
    ("lead-guarded", {"matters": matter(never_lead=(Level.DISTRICT,))}),
    ("lead-missing", {"matters": matter(lead=lead(Level.DISTRICT, BodyKind.DEPARTMENT, "water"))}),
    ("lead-missing", {"matters": matter(lead=lead(Level.COMMUNITY, BodyKind.VILLAGE_COMMITTEE), never_lead=())}),
    ("assist-nowhere", {"matters": matter(assists=(BodyKind.VILLAGE_COMMITTEE,))}),
    ("taken-back-unguarded", {"matters": matter(duty=Duty.TAKEN_BACK)}),
    ("ladder-limit", {"matters": matter(limits={DeadlineKind.LADDER: hours(1)})}),
    ("text-missing", {"matters": matter(ground="")}),
    ("text-missing", {"matters": matter(promise=Name(zh="五天"))}),
    ("dispatch-dangling", {"dispatch": (*DISPATCH[:1], DISPATCH[1].model_copy(update={"body": "4201.nobody"}))}),
    ("dispatch-place", {"dispatch": (*DISPATCH, Dispatch(procedure=HOTLINE, division="4299", body="4201.dispatch"))}),
    ("dispatch-twice", {"dispatch": (*DISPATCH, DISPATCH[0])}),
    ("dispatch-missing", {"dispatch": DISPATCH[:1]}),
    ("person-without-post", {"people": (Person(id="clerk-1", name="甲"),)}),
    ("post-dangling", {"people": post(body="4201.nobody")}),
    ("post-of-another", {"people": post(person="clerk-2")}),
    ("empty-validity", {"people": post(valid_to=SINCE)}),
    ("policy-links", {"policy": policy(links=without(POLICY.links, LinkUse.FIREWALL))}),
    ("policy-procedure", {"policy": policy(rehandlings=without(POLICY.rehandlings, HOTLINE))}),
    ("policy-procedure", {"policy": policy(appeal=without(POLICY.appeal, HOTLINE))}),
    ("text-missing", {"policy": policy(appeal=dict.fromkeys(Procedure, Name(zh="")))}),
    ("conference-dangling", {"policy": policy(joint_conference={"420106": "420106.nobody"})}),
    ("conference-kind", {"policy": policy(joint_conference={"420106": "420106.housing"})}),
    ("conference-place", {"policy": policy(joint_conference={"420199": "420106.conference"})}),
]  # fmt: skip

_OFFICE = Calendar(id="office", zone="Asia/Shanghai", weekend=(6, 7), years=(2026,))


def _calendar(**fields: object) -> dict[str, object]:
    return {"calendar": Calendar.model_validate({**_OFFICE.model_dump(), **fields})}


BROKEN.extend(
    [
        ("calendar-missing", {"policy": policy(return_within=working_days(2))}),
        ("calendar-missing", {"matters": matter(limits={DeadlineKind.RESOLVE: days(5, roll=True)})}),
        ("calendar-zone", _calendar(zone="Europe/Berlin")),
        ("calendar-no-hours", _calendar(hours=[])),
        ("calendar-stint", _calendar(hours=[{"start": "22:00", "end": "06:00"}])),
        (
            "calendar-overlap",
            _calendar(hours=[{"start": "08:00", "end": "12:30"}, {"start": "12:00", "end": "17:00"}]),
        ),
        ("calendar-no-day", _calendar(weekend=range(1, 8))),
        ("calendar-both", _calendar(holidays=["2026-01-01"], workdays=["2026-01-01"])),
        ("calendar-no-year", _calendar(years=[])),
        ("calendar-gap", _calendar(years=[2024, 2026])),
        ("calendar-unannounced", _calendar(holidays=["2027-01-01"])),
    ]
)

ALSO: dict[str, set[str]] = {
    # Some breaks are two breaks: a body that ends leaves what hangs on it.
    "unknown-zone": {"calendar-zone"},
    "body-id": {"lead-missing"},
    "body-place": {"body-id", "lead-missing"},
    "body-level": {"lead-missing"},
    "place-dangling": set(),
    "empty-validity": set(),
}


@pytest.mark.parametrize(
    ("code", "parts"), BROKEN, ids=[f"{code}-{at}" for at, (code, _) in enumerate(BROKEN)]
)
def test_a_broken_pack_is_told_what_is_wrong_and_nothing_else(code: str, parts: dict[str, object]) -> None:
    found = codes(**parts)
    assert code in found
    assert found <= {code} | ALSO.get(code, set())


def test_the_small_pack_is_whole() -> None:
    assert check(PACK) == ()


def test_a_finding_names_its_row_and_says_it_in_both_languages() -> None:
    (found,) = check(PACK.model_copy(update={"people": post(body="4201.nobody")}))
    assert found.where == "person clerk-1"
    assert "4201.nobody" in found.zh
    assert "4201.nobody" in found.en


def test_every_sentence_has_the_same_holes_in_both_languages() -> None:
    for code, sentence in FINDINGS.items():
        zh, en = (set(re.findall(r"\{(\w+)\}", text)) for text in (sentence.zh, sentence.en))
        assert zh - {"zh"} == en - {"en"}, code


def test_every_clock_of_every_procedure_needs_a_limit() -> None:
    for clock in POLICY.limits[HOTLINE]:
        limits = {**POLICY.limits, HOTLINE: without(POLICY.limits[HOTLINE], clock)}
        assert codes(policy=policy(limits=limits)) == {"policy-limit", "matter-without-limit"}
    petition = POLICY.limits[Procedure.PETITION]
    assert set(petition) - set(POLICY.limits[HOTLINE]) == {
        DeadlineKind.ASK_APPEAL,
        DeadlineKind.DECIDE_APPEAL,
    }
    for clock in petition:
        limits = {**POLICY.limits, Procedure.PETITION: without(petition, clock)}
        assert codes(policy=policy(limits=limits)) == {"policy-limit"}


def test_every_way_states_its_ground_and_misconduct_has_an_organ_everywhere() -> None:
    for way in POLICY.ways:
        assert codes(policy=policy(ways=without(POLICY.ways, way))) == {"way-missing"}
    assert codes(policy=policy(ways={**POLICY.ways, Way.COURT: Name(zh=" ")})) == {"text-missing"}
    assert codes(policy=policy(exhausted=Name(zh=""))) == {"text-missing"}
    assert codes(policy=policy(misconduct_organ={})) == {"organ-missing"}
    top = {"4201": "4201.discipline"}
    assert codes(policy=policy(misconduct_organ={**top, "9": "4201.discipline"})) == {"organ-place"}
    assert codes(policy=policy(misconduct_organ={**top, "420106": "420106.none"})) == {"organ-dangling"}
    assert codes(bodies=changed("4201.discipline", valid_to=LATER)) == {"organ-ends"}


def test_a_matter_may_bring_the_limit_that_the_policy_lacks() -> None:
    limits = {**POLICY.limits, HOTLINE: without(POLICY.limits[HOTLINE], DeadlineKind.RESOLVE)}
    found = codes(policy=policy(limits=limits), matters=matter(limits={DeadlineKind.RESOLVE: hours(24)}))
    assert found == {"policy-limit"}


def test_one_body_id_is_never_valid_twice_at_once() -> None:
    second = changed("420106.housing")[4]
    ended = changed("420106.housing", valid_to=LATER)
    assert codes(bodies=(*BODIES, second.model_copy(update={"valid_from": LATER}))) == {"body-overlap"}
    assert codes(bodies=(*ended, second.model_copy(update={"valid_from": LATER}))) == set()


def test_a_successor_must_be_there_when_the_body_ends() -> None:
    heir = body(
        "420106.homes", BodyKind.DEPARTMENT, Level.DISTRICT, (UP, "420106.government"), valid_from=LATEST
    )
    street = changed("420106.conference", valid_to=LATER, successor="420106.homes")
    assert codes(bodies=(*street, heir)) == {"successor-not-valid"}
    in_time = heir.model_copy(update={"valid_from": LATER})
    assert codes(bodies=(*street, in_time)) == set()


def test_a_link_to_a_body_that_comes_in_two_rows_without_a_gap_holds() -> None:
    first = changed("420106001.street", valid_to=LATER)
    second = BODIES[6].model_copy(update={"valid_from": LATER})
    late = BODIES[6].model_copy(update={"valid_from": LATEST})
    assert codes(bodies=(*first, second)) == set()
    assert codes(bodies=(*first, late)) == {"link-gap"}


def test_a_body_may_succeed_one_that_has_ended() -> None:
    old = body("420106.homes", BodyKind.DEPARTMENT, Level.DISTRICT, (UP, "420106.government"), valid_to=LATER)
    heir = changed(
        "420106.housing", links=(*BODIES[4].links, Link(kind=LinkKind.SUCCEEDS, to="420106.homes"))
    )
    assert codes(bodies=(*heir, old)) == set()


def test_a_circle_is_found_for_each_use_that_it_breaks() -> None:
    circle = changed("420106.government", links=(Link(kind=UP, to="420106.housing"),))
    found = [each for each in check(PACK.model_copy(update={"bodies": circle})) if each.code == "link-cycle"]
    assert len(found) == len(LinkUse)
    assert "420106.government → 420106.housing" in found[0].en


def test_links_of_different_years_make_no_circle() -> None:
    government, housing = BODIES[3], BODIES[4]
    rows = [each for each in BODIES if each not in (government, housing)]
    turned = (
        government.model_copy(update={"valid_to": LATER}),
        housing.model_copy(update={"valid_to": LATER}),
        government.model_copy(update={"valid_from": LATER, "links": (Link(kind=UP, to="420106.housing"),)}),
        housing.model_copy(update={"valid_from": LATER, "links": (Link(kind=UP, to="4201.government"),)}),
    )
    assert codes(bodies=(*rows, *turned)) == set()


def test_the_top_rung_needs_an_outside_organ_above_it() -> None:
    assert codes(bodies=changed("4201.government", links=())) == {"no-outside-organ"}
    assert codes(bodies=BODIES[1:]) == {"link-dangling", "no-outside-organ"}


def test_a_provider_needs_nobody_above_it() -> None:
    assert codes(bodies=(*BODIES, body("420106.cleaners", BodyKind.PROVIDER, Level.DISTRICT))) == set()


def test_a_lead_is_one_body_not_one_of_several() -> None:
    water = body("420106.water", BodyKind.DEPARTMENT, Level.DISTRICT, (UP, "420106.government"))
    anyone = matter(lead=lead(Level.DISTRICT, BodyKind.DEPARTMENT))
    assert codes(matters=anyone) == set()
    assert codes(matters=anyone, bodies=(*BODIES, water)) == {"lead-ambiguous"}


def test_a_dispatching_body_that_ends_leaves_nobody() -> None:
    assert codes(bodies=changed("4201.dispatch", valid_to=LATER)) == {"dispatch-ends"}


def test_a_post_that_its_body_never_meets_is_told() -> None:
    ended = changed("420106.conference", valid_to=LATER)
    assert codes(bodies=ended, people=post(body="420106.conference", valid_from=LATER)) == {"post-never"}
    assert codes(bodies=ended, people=post(body="420106.conference")) == set()
