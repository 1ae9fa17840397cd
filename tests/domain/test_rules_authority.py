"""Who may do what: every row of the table, with the right hat and with every wrong one (design.md §6).

``ROWS`` is written by hand from design.md, not read from domain/authority.py: for each command how the case comes to
where it may be given, at which body, under which hats, and with what.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from domain.actors import RESIDENT, SYSTEM, Actor, person
from domain.authority import WHO
from domain.jurisdiction import Body, Pack
from domain.words import ActorKind, Role, State
from tests import small
from tests.domain import joint_rows, world
from tests.domain.telling import Story, personal, refuses

ANSWERS = {"truth": "true", "ours": True, "contacted": "yes", "solved": "yes"}
NOT_OURS = {"reason": "not_our_duty", "proposed_owner": small.CIVIL_AFFAIRS}
VERDICT = {"response": True, "resolution": True, "satisfaction": "satisfied", "channel": "phone"}
REFUSED = {"ground_code": "no_clear_demand", "told_by": "phone"}
DECISION = {"outcome": "upheld", "delivered_at": small.START, "told_by": "letter"}
BY_RESIDENT = {"record_verdict", "reopen", "withdraw", "request_review", "request_final_review", "accuse"}


class Row(NamedTuple):
    """A command, where it may be given, by whom."""

    command: str
    comes_to: Callable[[Story], Story]
    body: str
    hats: str
    fields: dict[str, Any] = {}  # noqa: RUF012 - never written to


def _registered(story: Story) -> Story:
    return story.register(matter=small.HOUSING_MATTER)


def _proposed(story: Story) -> Story:
    return _registered(story).propose()


def _objected(story: Story) -> Story:
    return _proposed(story).object()


def _working(story: Story) -> Story:
    return story.working()


def _returning(story: Story) -> Story:
    return story.working().returns()


def _disputed(story: Story) -> Story:
    return story.disputed()


def _designated(story: Story) -> Story:
    return story.disputed().rule(small.HOUSING)


def _resolved(story: Story) -> Story:
    return story.working().resolve()


def _reviewed(story: Story) -> Story:
    return story.reviewed()


def _judged(story: Story) -> Story:
    return story.reviewed().verdict()


def _closed(story: Story) -> Story:
    return story.closed()


def _shelving(story: Story) -> Story:
    return story.working().shelve()


def _shelved(story: Story) -> Story:
    return story.working().shelve().consent()


def _opinion(story: Story) -> Story:
    return story.petition().opinion().review(small.PETITION_REVIEWER)


def _appeal(story: Story) -> Story:
    return _opinion(story).asks_review()


def _appealed(story: Story) -> Story:
    return _appeal(story).decides()


OF_A_PETITION = (_opinion, _appeal, _appealed)


def _heard(story: Story) -> Story:
    return _registered(story).step("resident_heard", by=small.CLERK)


def _overseen(story: Story) -> Story:
    return story.working().does("oversee", small.DISTRICT_SUPERVISOR).resolve().review().verdict().close()


def _beside_another(story: Story) -> Story:
    story.among = [Story(EVERYBODY, number=OTHER, among=[story]).working()]
    return _registered(story)


def _merged(story: Story) -> Story:
    return _beside_another(story).does("merge", small.CLERK, into=OTHER)


OTHER = "9MK6-DZN4"

ROWS = (
    Row(
        "link",
        _beside_another,
        small.DISPATCH,
        "clerk caseworker head reviewer",
        {"other": OTHER, "tie": "same_place"},
    ),
    Row("merge", _beside_another, small.DISPATCH, "clerk head reviewer", {"into": OTHER}),
    Row("unmerge", _merged, small.DISPATCH, "clerk head reviewer"),
    Row("triage", _registered, small.DISPATCH, "clerk head", {"matter": small.HOUSING_MATTER}),
    Row("recategorise", _working, small.DISPATCH, "clerk head", {"matter": small.COMMITTEE_MATTER}),
    Row("inform", _working, small.HOUSING, "clerk caseworker head", {"to": small.OFFICE}),
    Row("inform", _working, small.DISPATCH, "clerk caseworker head", {"to": small.OFFICE}),
    Row("answer_at_intake", _registered, small.DISPATCH, "clerk head"),
    Row("propose", _registered, small.DISPATCH, "clerk head", {"to": small.HOUSING}),
    Row("sign", _proposed, small.HOUSING, "caseworker head"),
    Row("object", _proposed, small.HOUSING, "caseworker head", NOT_OURS),
    Row("accept_objection", _objected, small.DISPATCH, "clerk head"),
    Row("contest_objection", _objected, small.DISPATCH, "clerk head"),
    Row("return", _working, small.HOUSING, "caseworker head", NOT_OURS),
    Row("sign_return", _returning, small.DISPATCH, "clerk caseworker head"),
    Row("refuse_return", _returning, small.DISPATCH, "clerk caseworker head"),
    Row("rule", _disputed, small.GOVERNMENT, "head", {"designate": small.HOUSING}),
    Row("acknowledge", _designated, small.HOUSING, "caseworker head"),
    Row("start", _working, small.HOUSING, "caseworker head"),
    Row("record_step", _working, small.HOUSING, "clerk caseworker head", {"step": "note"}),
    Row("record_step", _working, small.DISPATCH, "clerk caseworker head", {"step": "note"}),
    Row("resolve", _working, small.HOUSING, "caseworker head", ANSWERS),
    Row("review", _resolved, small.DISPATCH, "reviewer", {"passed": True}),
    Row("record_verdict", _reviewed, small.DISPATCH, "reviewer clerk", VERDICT),
    Row("close", _judged, small.DISPATCH, "reviewer"),
    Row("reopen", _closed, small.DISPATCH, "clerk head reviewer supervisor", {"channel": "phone"}),
    Row("reopen", _closed, small.WORKSTATION, "clerk head reviewer supervisor", {"channel": "phone"}),
    Row("reopen", _overseen, small.GOVERNMENT, "clerk head reviewer supervisor", {"channel": "phone"}),
    Row(
        "withdraw", _working, small.DISPATCH, "clerk head", {"channel": "phone", "personal": personal("note")}
    ),
    Row(
        "withdraw",
        _working,
        small.WORKSTATION,
        "clerk head",
        {"channel": "phone", "personal": personal("note")},
    ),
    Row("not_accept", _heard, small.DISPATCH, "reviewer", REFUSED),
    Row("redirect", _registered, small.DISPATCH, "reviewer", {"way": "court", "told_by": "phone"}),
    Row("redirect", _resolved, small.DISPATCH, "reviewer", {"way": "court", "told_by": "phone"}),
    Row("shelve", _working, small.HOUSING, "head", {"hours": 10}),
    Row("consent_to_shelving", _shelving, small.DISPATCH, "reviewer", {"told_by": "phone"}),
    Row("refuse_shelving", _shelving, small.DISPATCH, "reviewer"),
    Row("unshelve", _shelved, small.HOUSING, "caseworker head reviewer"),
    Row("unshelve", _shelved, small.DISPATCH, "caseworker head reviewer"),
    Row("request_review", _opinion, small.PETITION, "clerk head", {"channel": "web"}),
    Row("request_review", _opinion, small.HOUSING, "clerk head", {"channel": "web"}),
    Row("request_final_review", _appealed, small.WORKSTATION, "clerk head", {"channel": "web"}),
    Row("request_final_review", _appealed, small.GOVERNMENT, "clerk head", {"channel": "web"}),
    Row("decide_appeal", _appeal, small.GOVERNMENT, "head reviewer", DECISION),
    Row("rebase", Story.urgent_by_now, small.DISPATCH, "head", {"deadline": "triage.1"}),
    Row("oversee", _working, small.GOVERNMENT, "supervisor"),
    Row("oversee", _working, small.CITY_GOVERNMENT, "supervisor"),
    Row("accuse", _working, small.DISPATCH, "clerk head reviewer", {"against": (small.OFFICE,)}),
    Row("recuse", _working, small.HOUSING, " ".join(Role)),
    Row("declare_interest", _working, small.HOUSING, "head", {"person": "clerk-2"}),
    Row("declare_interest", _working, small.DISPATCH, "head", {"person": "clerk-2"}),
    *(Row(*each) for each in joint_rows.ROWS),
)
IDS = [f"{row.command}-at-{row.body}" for row in ROWS]

STRANGERS = (small.COMMITTEE, small.CIVIL_AFFAIRS, small.RAILWAY, small.PETITION, small.CITY_DISPATCH)
"""Bodies that stand in no relation to a case led by HOUSING and dispatched by DISPATCH."""


def fresh(role: Role, body: str) -> Actor:
    """Somebody who has never touched the case."""
    return person(f"fresh-{role}", role, body)


def _everybody() -> Pack:
    bodies = {row.body for row in ROWS} | {*STRANGERS, joint_rows.STRANGER}
    posts = [world.post(fresh(role, body)) for role in Role for body in sorted(bodies)]
    # Nobody may hold a hat at the lead and enter a verdict, so the fresh ones are different persons at each body.
    return world.with_posts(
        [post.model_copy(update={"person": f"{post.person}.{post.body}"}) for post in posts], world.PACK
    )


EVERYBODY = _everybody()


def at_body(role: Role, body: str) -> Actor:
    return person(f"fresh-{role}.{body}", role, body)


def _rule_of(story: Story, row: Row, by: Actor) -> str | None:
    refused = story.tries(row.command, by, **row.fields)
    return refused.rule if refused else None


@pytest.mark.parametrize("row", ROWS, ids=IDS)
@pytest.mark.parametrize("role", Role)
def test_the_right_hat_passes_and_no_other(row: Row, role: Role) -> None:
    story = row.comes_to(Story(EVERYBODY))
    expected = None if role.value in row.hats.split() else "authority.wrong-hat"
    assert _rule_of(story, row, at_body(role, row.body)) == expected


@pytest.mark.parametrize("row", [row for row in ROWS if row.command != "recuse"])
@pytest.mark.parametrize("stranger", STRANGERS)
@refuses("authority.wrong-body")
def test_the_right_hat_of_another_body_does_not_pass(row: Row, stranger: str) -> None:
    story = row.comes_to(Story(EVERYBODY))
    role = Role(row.hats.split()[0])
    if stranger == small.PETITION and row.comes_to in OF_A_PETITION:
        stranger = small.DISPATCH
    joint = row in ROWS[-len(joint_rows.ROWS) :]
    stranger = joint_rows.STRANGER if joint and stranger in joint_rows.RELATED else stranger
    assert _rule_of(story, row, at_body(role, stranger)) == "authority.wrong-body"


@pytest.mark.parametrize("row", ROWS, ids=IDS)
@refuses("authority.not-in-post")
def test_who_is_not_in_post_does_not_act(row: Row) -> None:
    story = row.comes_to(Story(EVERYBODY))
    role = Role(row.hats.split()[0])
    assert _rule_of(story, row, person("nobody", role, row.body)) == "authority.not-in-post"


@pytest.mark.parametrize("row", ROWS, ids=IDS)
@refuses("authority.not-in-post")
def test_whose_post_has_ended_or_not_begun_does_not_act(row: Row) -> None:
    role = Role(row.hats.split()[0])
    gone, coming = person("gone-2", role, row.body), person("coming", role, row.body)
    change = small.START + timedelta(minutes=30)
    pack = world.with_posts([world.post(gone, until=change), world.post(coming, since=change)], EVERYBODY)
    story = row.comes_to(Story(pack))
    assert _rule_of(story, row, coming) == "authority.not-in-post"
    story.wait(minutes=30)
    assert _rule_of(story, row, gone) == "authority.not-in-post"
    assert _rule_of(story, row, coming) is None


def _ending(body: str) -> Body:
    here = next(each for each in EVERYBODY.bodies if each.id == body)
    return here.model_copy(update={"valid_to": small.START + timedelta(minutes=30)})


GONE_ROWS = [row for row in ROWS if row.command not in {"sign", "object"}]
"""A proposal ends with the body that it was made to, so there is nothing left to sign."""


@pytest.mark.parametrize("row", GONE_ROWS, ids=lambda row: f"{row.command}-at-{row.body}")
@refuses("authority.body-gone")
def test_nobody_acts_for_a_body_that_is_gone(row: Row) -> None:
    pack = world.with_body(_ending(row.body), EVERYBODY)
    story = row.comes_to(Story(pack)).wait(minutes=30)
    assert _rule_of(story, row, at_body(Role(row.hats.split()[0]), row.body)) == "authority.body-gone"


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_resident_gives_only_what_is_his(row: Row) -> None:
    story = row.comes_to(Story(EVERYBODY))
    expected = None if row.command in BY_RESIDENT else "authority.not-for-residents"
    assert _rule_of(story, row, RESIDENT) == expected


@refuses("authority.not-for-residents")
def test_a_resident_never_does_the_work_of_the_office() -> None:
    assert Story().working().tries("resolve", RESIDENT, **ANSWERS)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
@refuses("authority.no-hat", "authority.unknown-body")
def test_without_a_whole_hat_nobody_acts(row: Row) -> None:
    role = Role(row.hats.split()[0])
    story = row.comes_to(Story(EVERYBODY))
    for nobody in (
        SYSTEM,
        Actor(kind=ActorKind.PARTNER),
        Actor(kind=ActorKind.PERSON),
        Actor(kind=ActorKind.PERSON, person="clerk-1", body=row.body),
        Actor(kind=ActorKind.PERSON, role=role, body=row.body),
        Actor(kind=ActorKind.PERSON, person="clerk-1", role=role),
    ):
        assert _rule_of(story, row, nobody) == "authority.no-hat"
    assert _rule_of(story, row, person("clerk-1", role, "nowhere")) == "authority.unknown-body"


def test_every_command_on_a_case_has_its_row() -> None:
    assert {row.command for row in ROWS} == set(WHO)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_the_list_of_what_is_allowed_agrees_with_what_happens(row: Row) -> None:
    story = row.comes_to(Story(EVERYBODY))
    for by in [at_body(role, row.body) for role in Role] + [RESIDENT]:
        listed = story.allowed(by)[row.command].allowed
        again = row.comes_to(Story(EVERYBODY))
        assert listed == (again.tries(row.command, by, **row.fields) is None)
    named = story.allowed()[row.command]
    assert row.body in named.bodies
    assert set(row.hats.split()) == {role.value for role in named.roles}


# ---------------------------------------------------------------- taking cases in
@refuses("authority.does-not-register")
def test_only_bodies_that_register_register() -> None:
    for body in (small.HOUSING, small.COMMITTEE, small.GOVERNMENT):
        refused = Story(EVERYBODY).tries("register", at_body(Role.HEAD, body), place=small.COMMUNITY)
        assert refused is not None
        assert refused.rule == "authority.does-not-register"


@refuses("authority.wrong-hat")
@pytest.mark.parametrize("role", Role)
def test_clerks_caseworkers_and_heads_register(role: Role) -> None:
    Story().tries("register", small.KEEPER)
    refused = Story(EVERYBODY).tries("register", at_body(role, small.DISPATCH), place=small.COMMUNITY)
    assert (refused is None) == (role in {Role.CLERK, Role.CASEWORKER, Role.HEAD})


@refuses("authority.not-in-post", "authority.unknown-body", "authority.no-hat")
def test_who_registers_has_to_be_somebody_somewhere() -> None:
    for nobody in (
        person("nobody", Role.CLERK, small.DISPATCH),
        person("clerk-1", Role.CLERK, "nowhere"),
        SYSTEM,
        Actor(kind=ActorKind.PERSON, person="clerk-1"),
    ):
        assert Story().tries("register", nobody, place=small.COMMUNITY)


# ---------------------------------------------------------------- who stands in relation to what
@refuses("authority.wrong-body")
def test_an_overseer_stands_above_the_answering_body_over_the_links_that_count() -> None:
    story = Story(EVERYBODY).working(small.COMMITTEE, small.COMMITTEE_MATTER)
    assert story.tries("oversee", small.OFFICE_SUPERVISOR) is None, "guiding counts for supervision"
    assert story.tries("oversee", small.DISTRICT_SUPERVISOR) is None
    story = Story(EVERYBODY).working()
    assert story.tries("oversee", small.OFFICE_SUPERVISOR), "a street is not above a department"


def test_after_a_designation_the_new_lead_acts_and_the_old_one_does_not() -> None:
    story = Story().working().returns().refuse_return().rule(small.CIVIL_AFFAIRS)
    assert story.tries("start", small.HOUSING_WORKER)
    story.start()
    assert story.case.started


def test_many_hats_are_one_person_and_the_hat_decides() -> None:
    story = Story().working(small.COMMITTEE, small.COMMITTEE_MATTER)
    assert story.tries("start", small.PARTY_HEAD), "the Party secretary does not lead"
    story.start(small.COMMITTEE_HEAD)
    assert story.events[-1].actor.office == "梧桐社区居委会"


# ---------------------------------------------------------------- every command in every state
STATES: dict[State, Callable[[Story], Story]] = {
    State.TRIAGE: _registered,
    State.PROPOSED: _proposed,
    State.OBJECTED: _objected,
    State.WORKING: _working,
    State.RETURNING: _returning,
    State.RULING: _disputed,
    State.APPEAL: _appeal,
    State.SHELVED: _shelved,
    State.RESOLVED: _resolved,
    State.AWAITING_VERDICT: _reviewed,
    State.JUDGED: _judged,
    State.MERGED: _merged,
    State.ENDED: _closed,
}
IN: dict[str, tuple[State, ...]] = {
    "triage": (State.TRIAGE,),
    "answer_at_intake": (State.TRIAGE,),
    "propose": (State.TRIAGE,),
    "not_accept": (State.TRIAGE,),
    "sign": (State.PROPOSED,),
    "object": (State.PROPOSED,),
    "accept_objection": (State.OBJECTED,),
    "contest_objection": (State.OBJECTED,),
    "return": (State.WORKING,),
    "acknowledge": (State.WORKING,),
    "start": (State.WORKING,),
    "resolve": (State.WORKING,),
    "sign_return": (State.RETURNING,),
    "refuse_return": (State.RETURNING,),
    "rule": (State.RULING,),
    "review": (State.RESOLVED,),
    "record_verdict": (State.AWAITING_VERDICT,),
    "close": (State.JUDGED,),
    "reopen": (State.ENDED,),
    "redirect": (State.TRIAGE, State.WORKING, State.RESOLVED),
    "shelve": (State.WORKING,),
    "consent_to_shelving": (State.WORKING,),
    "refuse_shelving": (State.WORKING,),
    "unshelve": (State.SHELVED,),
    "request_review": (State.RESOLVED, State.AWAITING_VERDICT, State.JUDGED, State.ENDED),
    "request_final_review": (State.RESOLVED, State.AWAITING_VERDICT, State.JUDGED, State.ENDED),
    "decide_appeal": (State.APPEAL,),
    "merge": (State.TRIAGE, State.WORKING),
    "unmerge": (State.MERGED,),
    **dict.fromkeys(("record_step", "withdraw", "inform", "link"), tuple(State)[:-1]),
    "recategorise": (State.WORKING,),
    "rebase": tuple(state for state in State if state not in {State.MERGED, State.ENDED}),
    "oversee": tuple(state for state in State if state not in {State.MERGED, State.ENDED}),
    **{
        row[0]: tuple(
            state
            for state in tuple(State)[: joint_rows.IN.get(row[0], -1)]
            if state is not State.MERGED or row[0] in {"record_step", "withdraw"}
        )
        for row in joint_rows.ROWS
    },
    **dict.fromkeys(joint_rows.EVER, tuple(State)),
    **dict.fromkeys(("accuse", "recuse", "declare_interest"), tuple(State)),
}
OTHERWISE = {
    "triage": "intake.not-in-triage",
    "answer_at_intake": "intake.not-in-triage",
    "propose": "intake.not-in-triage",
    "not_accept": "intake.not-in-triage",
    "sign": "hand-off.nothing-proposed",
    "object": "hand-off.nothing-proposed",
    "accept_objection": "hand-off.not-objected",
    "contest_objection": "hand-off.not-objected",
    "return": "work.not-working",
    "acknowledge": "work.not-working",
    "start": "work.not-working",
    "resolve": "work.not-working",
    "recategorise": "work.not-working",
    "sign_return": "hand-off.nothing-returned",
    "refuse_return": "hand-off.nothing-returned",
    "rule": "dispute.no-ruling",
    "review": "work.not-resolved",
    "record_verdict": "verdict.not-asked",
    "close": "ending.not-judged",
    "reopen": "ending.not-ended",
    "redirect": "redirect.not-now",
    "shelve": "work.not-working",
    "consent_to_shelving": "work.not-working",
    "refuse_shelving": "work.not-working",
    "unshelve": "shelving.not-shelved",
    "request_review": "appeal.no-opinion",
    "request_final_review": "appeal.no-opinion",
    "decide_appeal": "appeal.none-asked",
    **dict.fromkeys(joint_rows.IN, joint_rows.NOT_HANDLED),
    "merge": "merge.not-mergeable",
    "unmerge": "merge.not-merged",
}


BEFORE_ALL = {State.ENDED: "case.ended", State.MERGED: "merge.follows"}


@refuses(*OTHERWISE.values(), *BEFORE_ALL.values())
def test_every_command_in_every_state_is_allowed_or_says_why_not() -> None:
    for state, comes_to in STATES.items():
        for row in {row.command: row for row in ROWS}.values():
            story = comes_to(Story(EVERYBODY))
            assert story.case.state is state
            before = story.case
            rule = _rule_of(story, row, at_body(Role(row.hats.split()[0]), row.body))
            if state in IN[row.command]:
                assert rule is None or not rule.startswith("case."), (state, row.command, rule)
                assert rule is None or rule != OTHERWISE.get(row.command), (state, row.command)
            else:
                expected = BEFORE_ALL.get(state) or OTHERWISE[row.command]
                assert rule == expected, (state, row.command, rule)
                assert story.case == before


def test_state_matrix_names_every_state_and_command() -> None:
    assert set(STATES) == set(State)
    assert set(IN) == set(WHO)
