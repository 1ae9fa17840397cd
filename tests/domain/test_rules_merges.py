"""Cases that belong together: links, merges, splits, repeats, and who answers meanwhile (design.md §3.10)."""

from datetime import timedelta
from typing import Any

import pytest

from domain import events as e
from domain.actors import CLOCK, SYSTEM
from domain.holders import follow, tile
from domain.jurisdiction import Pack
from domain.words import Charge, DeadlineKind, Ending, State, Tie
from tests import small
from tests.domain import world
from tests.domain.tables import table, written
from tests.domain.telling import Story, refuses

SECOND, THIRD = "9MK6-DZN4", "HPM4-N2Z4"
UNKNOWN = "WHAK-98RG"


def family(*, pack: Pack | None = None) -> tuple[Story, Story]:
    """A child and the parent that it may follow, both known to one another and not yet registered."""
    used = pack or world.PACK
    child, parent = Story(used), Story(used, number=SECOND)
    child.among, parent.among = [parent], [child]
    return child, parent


def merged() -> tuple[Story, Story]:
    """A child in triage that follows a parent on which housing works."""
    child, parent = family()
    parent.working()
    return child.register().merge(parent), parent


# ---------------------------------------------------------------- links
def test_a_link_is_a_note_and_moves_nothing() -> None:
    story, other = family()
    other.register()
    story.working()
    before = story.case
    story.does("link", small.HOUSING_WORKER, other=SECOND, tie="same_place")
    moved = {"version", "material_version", "ties", "last_at"}
    assert story.case.model_dump(exclude=moved) == before.model_dump(exclude=moved)
    assert [(tied.number, tied.tie) for tied in story.case.ties] == [(SECOND, Tie.SAME_PLACE)]
    assert story.last(e.Linked).state is State.TRIAGE


@refuses("merge.no-such-case", "merge.with-itself", "link.already", "link.split-by-registration")
def test_what_cannot_be_linked() -> None:
    story, other = family()
    other.register()
    story.register().does("link", small.CLERK, other=SECOND, tie="repeat")
    for number, tie, code in (
        (UNKNOWN, "repeat", "merge.no-such-case"),
        (story.number, "repeat", "merge.with-itself"),
        (SECOND, "repeat", "link.already"),
        (SECOND, "split", "link.split-by-registration"),
    ):
        refused = story.tries("link", small.CLERK, other=number, tie=tie)
        assert refused is not None
        assert refused.rule == code
    story.does("link", small.CLERK, other=SECOND, tie="same_place")


# ---------------------------------------------------------------- merges
def test_a_child_follows_its_parent_and_all_its_clocks_stand_still() -> None:
    child, parent = merged()
    assert child.case.state is State.MERGED
    assert child.case.deadlines == ()
    assert child.case.ending is None
    child.wait(hours=500)
    assert child.types[-1] == "merged"
    assert parent.case.state is State.WORKING


@refuses("merge.follows")
def test_a_child_is_handled_only_with_its_parent() -> None:
    child, _ = merged()
    for command, by, fields in (
        ("propose", small.CLERK, {"to": small.HOUSING}),
        ("triage", small.CLERK, {"matter": small.HOUSING_MATTER}),
        ("answer_at_intake", small.CLERK, {}),
        ("not_accept", small.REVIEWER, {"ground_code": "unlawful_demand", "told_by": "phone"}),
        ("oversee", small.DISTRICT_SUPERVISOR, {}),
        ("merge", small.CLERK, {"into": SECOND}),
    ):
        refused = child.tries(command, by, **fields)
        assert refused is not None
        assert refused.rule == "merge.follows"
        assert SECOND in refused.zh
    child.does("record_step", small.CLERK, step="contacted_resident")


def test_the_resident_of_a_child_may_withdraw_it() -> None:
    child, parent = merged()
    child.withdraw()
    assert child.case.ending is Ending.WITHDRAWN
    parent.resolve().review()
    child.wake()
    assert child.types[-1] == "withdrawn"


@refuses(
    "merge.no-such-case",
    "merge.with-itself",
    "merge.parent-answered",
    "merge.other-procedure",
    "merge.needs-own-opinion",
    "merge.other-matter",
    "merge.other-dispatcher",
    "merge.not-mergeable",
)
def test_what_cannot_be_merged() -> None:
    def refused(child: Story, into: str = SECOND) -> str:
        said = child.tries("merge", small.CLERK, into=into)
        return said.rule if said else ""

    child, parent = family()
    child.register(matter=small.HOUSING_MATTER)
    assert refused(child) == refused(child, UNKNOWN) == "merge.no-such-case"
    assert refused(child, child.number) == "merge.with-itself"
    parent.register()
    assert refused(child) == "merge.other-matter"
    parent.triage(small.PUSHED_DOWN_MATTER)
    assert refused(child) == "merge.other-matter"
    parent.triage(small.HOUSING_MATTER).propose().sign().resolve().review()
    assert refused(child) == "merge.parent-answered"
    parent.verdict().close()
    assert refused(child) == "merge.parent-answered"

    child, parent = family()
    parent.register(matter=small.PETITION_MATTER)
    assert refused(child.register()) == "merge.other-procedure"

    child, parent = family()
    parent.register(matter=small.PETITION_MATTER)
    child.register(matter=small.PETITION_MATTER)
    said = child.tries("merge", small.PETITION_CLERK, into=SECOND)
    assert said is not None
    assert said.rule == "merge.needs-own-opinion"

    child, parent = family()
    parent.register(by=small.CITY_CLERK, place=small.POOR_COMMUNITY, matter=small.HOUSING_MATTER)
    assert refused(child.register()) == "merge.other-dispatcher"

    child, parent = family()
    parent.register(matter=small.HOUSING_MATTER)
    assert refused(child.register(matter=small.HOUSING_MATTER).propose()) == "merge.not-mergeable"


@refuses("merge.under-way")
def test_what_others_still_do_on_a_case_is_finished_first() -> None:
    child, parent = family()
    parent.working()
    child.working().does("shelve", small.HOUSING_HEAD, hours=100)
    refused = child.tries("merge", small.CLERK, into=SECOND)
    assert refused is not None
    assert refused.rule == "merge.under-way"
    child.does("refuse_shelving", small.REVIEWER).merge(parent)


@refuses("merge.has-children", "merge.parent-follows")
def test_there_are_no_chains_and_no_rings() -> None:
    child, parent = merged()
    third = Story(number=THIRD, among=[child, parent])
    parent.among.append(third)
    third.register(matter=small.HOUSING_MATTER)
    up = parent.tries("merge", small.CLERK, into=THIRD)
    assert up is not None
    assert up.rule == "merge.has-children"
    down = third.tries("merge", small.CLERK, into=child.number)
    assert down is not None
    assert down.rule == "merge.parent-follows"
    ring = parent.tries("merge", small.CLERK, into=child.number)
    assert ring is not None
    assert ring.rule == "merge.has-children"
    third.merge(parent)


def test_a_merge_passes_no_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that is kept from somebody is, for one that is not, no case at all: the very same words."""
    from domain import merges

    child, parent = family()
    parent.working()
    child.register()
    nobody = child.tries("merge", small.CLERK, into=UNKNOWN)
    assert nobody is not None
    monkeypatch.setattr(
        merges, "wall", lambda seen: frozenset({small.OFFICE} if seen.number == SECOND else ())
    )
    for command, fields in (("merge", {"into": SECOND}), ("link", {"other": SECOND, "tie": "same_place"})):
        hidden = child.tries(command, small.CLERK, **fields)
        assert hidden is not None
        assert hidden.zh.replace(SECOND, "") == nobody.zh.replace(UNKNOWN, "")
        assert hidden.rule == nobody.rule
    monkeypatch.setattr(merges, "wall", lambda _: frozenset({small.OFFICE}))
    child.merge(parent)


@refuses("merge.not-merged")
def test_only_what_was_merged_is_unmerged() -> None:
    child, parent = merged()
    refused = parent.tries("unmerge", small.CLERK)
    assert refused is not None
    assert refused.rule == "merge.not-merged"
    child.unmerge()


# ---------------------------------------------------------------- clocks
def test_unmerged_it_stands_where_it_stood_and_the_residents_clock_never_stopped() -> None:
    child, parent = family()
    parent.working()
    child.working()
    due = child.case.deadline(DeadlineKind.RESOLVE)
    child.wait(hours=10).merge(parent).wait(hours=30).unmerge()
    assert child.case.state is State.WORKING
    assert child.case.lead == small.HOUSING
    assert child.case.deadline(DeadlineKind.RESOLVE) == due


def test_what_the_resident_waited_for_too_long_rings_as_soon_as_it_stands_again() -> None:
    child, parent = family()
    parent.working()
    child.working().merge(parent).wait(hours=200).unmerge().wait(minutes=1)
    assert child.types[-3:] == ["unmerged", "deadline_missed", "escalated"]
    assert child.last(e.DeadlineMissed).charged_to == small.HOUSING


def test_no_office_gains_time_by_merging() -> None:
    """Three of four hours of triage are gone before the merge, and are gone after it."""
    child, parent = family()
    parent.working()
    child.register().wait(hours=3).merge(parent).wait(hours=50).unmerge().wait(minutes=59)
    assert "deadline_missed" not in child.types
    child.wait(minutes=1)
    assert "deadline_missed" in child.types


# ---------------------------------------------------------------- waking
def test_every_child_gets_the_parents_answer_and_its_own_verdict() -> None:
    child, parent = merged()
    parent.resolve().review()
    child.at(parent.now).wake()
    assert child.case.state is State.AWAITING_VERDICT
    assert child.case.reply is not None
    assert (child.case.reply.number, child.case.reply.version) == (SECOND, parent.case.version - 1)
    assert parent.events[child.case.reply.version - 1].body.type == "resolved"
    assert child.case.lead == small.HOUSING
    assert child.case.matter == small.HOUSING_MATTER
    child.verdict().close()
    assert child.case.ending is Ending.CLOSED
    assert parent.case.state is State.AWAITING_VERDICT


def test_waking_twice_or_too_early_does_nothing() -> None:
    child, parent = merged()
    child.wake()
    assert child.types[-1] == "merged"
    parent.resolve()
    child.wake()
    assert child.types[-1] == "merged"
    parent.review()
    child.wake().wake()
    assert child.types.count("answered_with_parent") == 1


@refuses("authority.only-the-system")
def test_only_the_system_wakes() -> None:
    child, parent = merged()
    parent.resolve().review()
    for by in (small.CLERK, small.REVIEWER, small.RESIDENT, CLOCK):
        refused = child.tries("wake", by)
        assert refused is not None
        assert refused.rule == "authority.only-the-system"
    assert child.tries("wake", SYSTEM) is None


def test_an_unsatisfied_resident_of_a_child_is_heard_by_the_lead_of_the_parent() -> None:
    child, parent = merged()
    parent.resolve().review().verdict()
    child.at(parent.now).wake().verdict("unsatisfied")
    assert child.case.state is State.WORKING
    assert child.case.lead == small.HOUSING
    assert child.case.merged is None
    assert parent.case.state is State.JUDGED
    child.resolve().review(small.REVIEWER_2)
    assert child.case.reply is not None
    assert child.case.reply.number == child.number


def test_who_handled_or_reviewed_the_parent_has_that_part_in_the_child() -> None:
    child, parent = merged()
    parent.resolve(world.MANY_AS_HOUSING).review(small.REVIEWER)
    child.at(parent.now).wake().verdict()
    refused = child.tries("close", world.MANY_AS_REVIEWER)
    assert refused is not None
    assert refused.rule == "ending.same-person-closes"
    child.close()


def test_a_person_keeps_one_part_where_the_parent_brings_another() -> None:
    child, parent = family()
    parent.working()
    child.register(matter=small.HOUSING_MATTER).propose().sign(world.MANY_AS_HOUSING).merge(parent)
    parent.resolve().review(world.MANY_AS_REVIEWER)
    child.at(parent.now).wake()
    assert "many-1" in child.case.handlers
    assert "many-1" not in child.case.reviewers


def test_an_answer_at_intake_of_the_parent_is_that_of_its_children() -> None:
    child, parent = family()
    parent.register(matter=small.HOUSING_MATTER)
    child.register().merge(parent)
    parent.does("answer_at_intake", small.CLERK)
    child.wake().wait(hours=169)
    assert child.case.ending is Ending.ANSWERED_AT_INTAKE
    assert child.types[-3:] == ["answered_with_parent", "verdict_lapsed", "ended_at_intake"]


@pytest.mark.parametrize("ending", ["withdrawn", "not_accepted"])
def test_a_parent_that_ends_otherwise_leaves_its_children_standing(ending: str) -> None:
    child, parent = family()
    parent.register(matter=small.HOUSING_MATTER)
    child.register().merge(parent)
    if ending == "withdrawn":
        parent.withdraw()
    else:
        parent.step("resident_heard", small.CLERK)
        parent.does("not_accept", small.REVIEWER, ground_code="unlawful_demand", told_by="phone")
    child.wake()
    assert child.last(e.Unmerged).cause == "parent_ended"
    assert child.case.state is State.TRIAGE
    assert child.case.deadlines


def test_a_parent_that_is_handled_again_keeps_those_that_it_did_not_tell() -> None:
    """The batch came late: the parent's resident was not satisfied before the child heard of the answer."""
    child, parent = merged()
    parent.resolve().review().verdict("unsatisfied")
    child.at(parent.now).wake()
    assert child.case.state is State.MERGED
    parent.resolve().review(small.REVIEWER_2)
    child.wake()
    assert child.case.state is State.AWAITING_VERDICT


# ---------------------------------------------------------------- who answers
def test_the_holders_of_a_child_are_those_of_its_parent() -> None:
    child, parent = family()
    parent.register(matter=small.HOUSING_MATTER).at("03-02 10:00").propose().at("03-02 12:00").sign()
    child.at("03-02 09:30").register().at("03-02 11:00").merge(parent)
    parent.at("03-03 09:00").resolve().at("03-03 15:00").review()
    child.at("03-03 15:01").wake().at("03-04 09:00")
    told = follow(tile(child.events, child.now), {parent.case.id: tile(parent.events, child.now)})
    assert table(told) == written(
        """
        dispatch | triage           | dispatch | 03-02 09:30 | 03-02 11:00
        dispatch | follows parent   | housing  | 03-02 11:00 | 03-02 12:00
        housing  | follows parent   | housing  | 03-02 12:00 | 03-03 09:00
        housing  | follows parent   | dispatch | 03-03 09:00 | 03-03 15:01
        housing  | awaiting verdict | dispatch | 03-03 15:01 | 03-04 09:00
        """
    )
    assert [row.opened_by.of for row in told] == ["case", "case", "parent", "parent", "case"]
    assert told[-1].start - told[0].start == timedelta(hours=29, minutes=31)


def test_between_the_parents_end_and_the_waking_the_childs_own_body_answers() -> None:
    child, parent = family()
    parent.register(matter=small.HOUSING_MATTER)
    child.register().at("03-02 10:00").merge(parent)
    parent.at("03-02 11:00").withdraw()
    child.at("03-02 11:05").wake().at("03-02 12:00")
    told = follow(tile(child.events, child.now), {parent.case.id: tile(parent.events, child.now)})
    assert table(told) == written(
        """
        dispatch | triage         | dispatch | 03-02 09:00 | 03-02 10:00
        dispatch | follows parent | dispatch | 03-02 10:00 | 03-02 11:05
        dispatch | triage         | dispatch | 03-02 11:05 | 03-02 12:00
        """
    )
    assert all(row.charge is not Charge.UNKNOWN for row in told)


# ---------------------------------------------------------------- splits
def test_a_part_of_a_case_runs_on_the_clock_of_the_first_one() -> None:
    part, first = family()
    first.register(matter=small.HOUSING_MATTER)
    part.wait(hours=30).register(by=small.CLERK, matter=small.HOUSING_MATTER, split_from=SECOND)
    resolve = part.case.deadline(DeadlineKind.RESOLVE)
    triage = part.case.deadline(DeadlineKind.TRIAGE)
    assert resolve is not None
    assert triage is not None
    assert resolve.started_at == first.case.registered_at
    assert triage.started_at == part.now
    assert [(tied.number, tied.tie) for tied in part.case.ties] == [(SECOND, Tie.SPLIT)]
    assert first.types == ["registered"]


def test_triage_swaps_the_allowance_of_a_part_and_not_its_start() -> None:
    part, first = family()
    first.register()
    part.wait(hours=3).register(by=small.CLERK, split_from=SECOND).triage()
    resolve = part.case.deadline(DeadlineKind.RESOLVE)
    assert resolve is not None
    assert resolve.started_at == first.case.registered_at


@refuses("merge.no-such-case", "split.not-now")
def test_what_cannot_be_split() -> None:
    part, first = family()
    for by in (small.CLERK, small.RESIDENT):
        refused = part.tries("register", by, place=small.COMMUNITY, split_from=SECOND)
        assert refused is not None
        assert refused.rule == "merge.no-such-case"
    first.register()
    stranger = part.tries("register", small.CITY_CLERK, place=small.COMMUNITY, split_from=SECOND)
    assert stranger is not None
    assert stranger.rule == "merge.no-such-case"
    first.withdraw()
    ended = part.tries("register", small.CLERK, place=small.COMMUNITY, split_from=SECOND)
    assert ended is not None
    assert ended.rule == "split.not-now"


# ---------------------------------------------------------------- repeats
def calling(days: int, *, phone: str = "a", pack: Pack | None = None, **fields: Any) -> Story:
    """A second registration, ``days`` after a first one about a roof at the community, by the telephone "a"."""
    again, first = family(pack=pack)
    first.phone = "a"
    first.register(matter=small.HOUSING_MATTER)
    again.phone = phone
    return again.wait(hours=24 * days).register(**fields)


@pytest.mark.parametrize(
    ("days", "fields"),
    [
        (0, {"matter": small.HOUSING_MATTER}),
        (30, {"matter": small.HOUSING_MATTER}),
        (1, {}),
        (1, {"matter": None}),
    ],
)
def test_a_repeat_is_taken_in_and_pointed_out(days: int, fields: dict[str, Any]) -> None:
    again = calling(days, **fields)
    assert again.types[:2] == ["registered", "linked"]
    assert again.last(e.Linked).tie is Tie.REPEAT
    assert again.last(e.Linked).other_number == SECOND
    again.step("told_state", small.CLERK)


@pytest.mark.parametrize(
    ("days", "phone", "fields"),
    [
        (31, "a", {"matter": small.HOUSING_MATTER}),
        (1, "b", {"matter": small.HOUSING_MATTER}),
        (1, "", {"matter": small.HOUSING_MATTER}),
        (1, "a", {"matter": small.COMMITTEE_MATTER}),
        (1, "a", {"matter": small.HOUSING_MATTER, "place": small.STREET}),
    ],
)
def test_another_reporter_matter_place_or_time_is_no_repeat(
    days: int, phone: str, fields: dict[str, Any]
) -> None:
    assert "linked" not in calling(days, phone=phone, **fields).types


def test_without_a_number_of_days_nothing_is_a_repeat() -> None:
    pack = world.with_policy(repeat_days=None)
    assert "linked" not in calling(1, pack=pack, matter=small.HOUSING_MATTER).types
