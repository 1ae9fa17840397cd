"""Deadlines in working time, nudges, rebasing, and the clock bugs of other systems by name (design.md §3.8)."""

from datetime import date, datetime, timedelta

import pytest

from domain import events as e
from domain.actors import CLOCK
from domain.calendar import hours, working_days
from domain.deadlines import Deadline
from domain.words import DeadlineKind, Procedure, State, Urgency
from tests import small
from tests.domain import office, world
from tests.domain.telling import Story, local, refuses

D = DeadlineKind


def story(when: str = "03-02 09:00", **policy: object) -> Story:
    """A story that begins in an office with hours."""
    return Story(office.pack(**policy), now=local(when))


def clock(of: Story, kind: DeadlineKind) -> Deadline:
    found = of.case.deadline(kind)
    assert found is not None
    return found


def with_calendar(of: Story, calendar: object, loaded: str) -> None:
    """From ``loaded`` on the newest pack has another calendar."""
    of.pack = of.pack.model_copy(update={"calendar": calendar})
    of.loaded_at = local(loaded)


# ---------------------------------------------------------------- working time on a case
@pytest.mark.parametrize(
    ("when", "triage", "resolve"),
    [
        (
            "03-02 09:00",
            "03-02 14:30",
            "03-09 17:30",
        ),  # lunch is left out, the day of the start is not counted
        ("03-06 16:30", "03-09 11:30", "03-13 17:30"),  # over a weekend
        ("02-13 10:00", "02-13 15:30", "02-27 17:30"),  # the 14th is made up, the 15th to the 23rd are free
        ("02-20 03:00", "02-24 14:00", "02-28 17:30"),  # registered on a free day; the 28th is made up
        ("03-02 12:30", "03-02 17:30", "03-09 17:30"),  # during lunch
    ],
)
def test_holidays_lunch_and_make_up_days_count(when: str, triage: str, resolve: str) -> None:
    told = story(when).register(matter=small.HOUSING_MATTER)
    assert clock(told, D.TRIAGE).due == local(triage)
    assert clock(told, D.RESOLVE).due == local(resolve)
    assert clock(told, D.RESOLVE).calendar == office.CALENDAR.label
    assert not clock(told, D.RESOLVE).provisional


def test_sixty_days_of_a_petition_end_at_midnight_of_the_sixtieth() -> None:
    told = story("02-10 16:00").register(matter=small.PETITION_MATTER)
    assert clock(told, D.RESOLVE).due == local("04-12 00:00")


def test_an_urgent_case_has_the_limits_of_its_urgency() -> None:
    told = Story().register(matter=small.HOUSING_MATTER, urgency="urgent")
    assert (clock(told, D.RESOLVE).length, clock(told, D.TRIAGE).length) == (hours(48), hours(2))
    assert clock(told, D.RESOLVE).rule == "policy.hotline.urgent.resolve"
    told = Story().register().wait(hours=1).triage(urgency="critical")
    assert told.case.urgency is Urgency.CRITICAL
    assert clock(told, D.RESOLVE).length == hours(120), "a critical case has no limit of its own for that"
    own = {"urgent": {Urgency.URGENT: {D.RESOLVE: hours(6)}}}
    pack = world.PACK.model_copy(
        update={"matters": tuple(each.model_copy(update=own) for each in world.PACK.matters)}
    )
    told = Story(pack).register(matter=small.HOUSING_MATTER).wait(hours=1).triage(urgency="urgent")
    assert clock(told, D.RESOLVE).due == small.START + timedelta(hours=6)
    assert clock(told, D.RESOLVE).rule == f"matter.{small.HOUSING_MATTER}.urgent.resolve"


def test_windows_in_working_days_are_counted_so() -> None:
    told = story("03-05 10:00", return_within=working_days(2)).working()
    late = told.at("03-09 17:30").tries(
        "return", small.HOUSING_WORKER, reason="wrong_matter", proposed_owner=small.OFFICE
    )
    assert late is None, "the second working day after Thursday is Monday"
    told = story("03-05 10:00", return_within=working_days(2)).working().at("03-09 17:31")
    late = told.tries("return", small.HOUSING_WORKER, reason="wrong_matter", proposed_owner=small.OFFICE)
    assert late is not None
    assert late.zh == "签收后超过2个工作日，不能再退回。"


# ---------------------------------------------------------------- the first contact
def _with_contact() -> object:
    hotline = {**small.POLICY.limits[Procedure.HOTLINE], D.FIRST_CONTACT: working_days(1)}
    return {**small.POLICY.limits, Procedure.HOTLINE: hotline}


@pytest.mark.parametrize("step", ["contacted_resident", "contact_failed", "resident_heard"])
def test_each_new_lead_has_a_clock_to_reach_the_resident(step: str) -> None:
    told = story(limits=_with_contact()).register(matter=small.HOUSING_MATTER).propose()
    assert told.case.deadline(D.FIRST_CONTACT) is None
    told.sign().step("site_visit")
    assert clock(told, D.FIRST_CONTACT).due == local("03-03 17:30")
    assert told.step(step).case.deadline(D.FIRST_CONTACT) is None
    told = story(limits=_with_contact()).disputed().at("03-04 10:00").rule(small.CIVIL_AFFAIRS)
    assert clock(told, D.FIRST_CONTACT).due == local("03-05 17:30"), "anew at each hand-over"


def test_a_first_contact_that_is_missed_climbs_and_a_wish_for_none_is_honoured() -> None:
    told = story(limits=_with_contact()).working().at("03-03 17:30")
    missed = told.last(e.DeadlineMissed)
    assert (missed.kind, missed.charged_to) == (D.FIRST_CONTACT, small.HOUSING)
    told.step("contacted_resident")
    assert not any(each.cause is D.FIRST_CONTACT for each in told.case.deadlines)
    told = story(limits=_with_contact()).register(matter=small.HOUSING_MATTER, no_contact=True)
    assert told.propose().sign().case.deadline(D.FIRST_CONTACT) is None


# ---------------------------------------------------------------- nudges
def nudged(of: Story) -> list[tuple[int, str, datetime]]:
    return [
        (event.body.percent, event.body.to, event.at)
        for event in of.events
        if isinstance(event.body, e.Nudged)
    ]


def test_the_body_whose_time_it_is_is_nudged_before_the_time_is_up() -> None:
    told = story().working().start().at("03-09 17:29")
    half, most = local("03-05 08:45"), local("03-06 16:06")
    assert nudged(told) == [(50, small.HOUSING, half), (80, small.HOUSING, most)]
    assert all(event.actor == CLOCK for event in told.events if isinstance(event.body, e.Nudged))


def test_a_nudge_follows_the_case_from_desk_to_desk() -> None:
    told = story().working().at("03-04 08:00").returns().sign_return().at("03-06 17:00")
    assert [to for _, to, _ in nudged(told)] == [small.DISPATCH] * 4, "two of the triage, two of the whole"
    told = story().working().at("03-05 12:00")
    assert [to for _, to, _ in nudged(told)] == [small.HOUSING]


def test_a_nudge_changes_nothing_that_anybody_may_do() -> None:
    told = story().working()
    seen, before = told.case.version, told.case
    told.at("03-05 09:00")
    assert told.types[-1] == "nudged"
    after = told.case
    unmoved = {"version", "last_at", "deadlines"}
    assert before.model_dump(exclude=unmoved) == after.model_dump(exclude=unmoved)
    assert [each.due for each in before.deadlines] == [each.due for each in after.deadlines]
    told.does("start", small.HOUSING_WORKER, expected_version=seen)


def test_nobody_is_nudged_at_midnight_or_on_a_free_day() -> None:
    limits = {Procedure.HOTLINE: {**small.POLICY.limits[Procedure.HOTLINE], D.RESOLVE: hours(120)}}
    told = story("03-04 21:00", limits={**small.POLICY.limits, **limits}).working()
    # Half of 120 hours is over on Saturday the 7th at 09:00, four fifths on Sunday the 8th at 21:00.
    assert [(each.percent, each.at) for each in clock(told, D.RESOLVE).nudges] == [(80, local("03-09 08:00"))]
    told = story("03-02 19:00").register(matter=small.HOUSING_MATTER)
    assert [each.at for each in clock(told, D.TRIAGE).nudges] == [local("03-03 10:30"), local("03-03 11:42")]


def test_a_nudge_that_quiet_moves_past_the_end_is_left_out() -> None:
    limits = {Procedure.HOTLINE: {**small.POLICY.limits[Procedure.HOTLINE], D.TRIAGE: hours(4)}}
    told = story("03-06 19:00", limits={**small.POLICY.limits, **limits}).register()
    assert clock(told, D.TRIAGE).nudges == ()
    told.at("03-06 23:00")
    assert told.types[1:3] == ["deadline_missed", "escalated"], "an escalation does not wait for the morning"


# ---------------------------------------------------------------- rebasing
def test_a_year_that_is_not_announced_makes_a_deadline_provisional_until_it_is() -> None:
    told = story("12-29 10:00").working()
    was = clock(told, D.RESOLVE)
    assert (was.due, was.provisional) == (local("2027-01-05 17:30"), True), "by the week alone"
    with_calendar(told, office.NEXT_YEAR, "12-30 11:00")
    told.at("12-30 12:00")
    event = told.last(e.Rebased)
    now = clock(told, D.RESOLVE)
    assert (event.cause, event.before, event.deadline) == (
        "announced",
        was.model_copy(update={"nudges": event.before.nudges}),
        now,
    )
    assert (now.due, now.provisional) == (local("2027-01-07 17:30"), False), (
        "New Year and a made-up free Monday"
    )
    assert (now.id, now.rule, now.started_at) == (was.id, was.rule, was.started_at)
    assert now.calendar == office.NEXT_YEAR.label
    rebased = next(each for each in told.events if isinstance(each.body, e.Rebased))
    assert (rebased.at, rebased.actor) == (local("12-30 11:00"), CLOCK)
    told.at("2027-01-07 17:29")
    assert told.all(e.DeadlineMissed) == []
    assert len(told.all(e.Rebased)) == 1


def test_an_announcement_that_comes_too_late_moves_nothing_into_the_past() -> None:
    told = story("12-29 10:00", limits=_resolve_in(working_days(10))).working()
    was = clock(told, D.RESOLVE)
    assert was.due == local("2027-01-12 17:30")
    early = office.NEXT_YEAR.model_copy(
        update={
            "holidays": office.CALENDAR.holidays,
            "workdays": (date(2027, 1, 2), date(2027, 1, 3), date(2027, 1, 9), date(2027, 1, 10)),
        }
    )
    with_calendar(told, early, "2027-01-12 10:00")
    told.at("2027-01-12 10:01")
    now = clock(told, D.RESOLVE)
    assert (now.due, now.provisional) == (was.due, False)


def _resolve_in(length: object) -> object:
    hotline = {**small.POLICY.limits[Procedure.HOTLINE], **office.LIMITS, D.RESOLVE: length}
    return {**small.POLICY.limits, Procedure.HOTLINE: hotline}


@refuses("rebase.no-such-clock", "rebase.nothing-new", "rebase.same-person")
def test_a_clock_is_rebased_by_hand_with_who_why_old_and_new() -> None:
    told = story().working()
    was = clock(told, D.RESOLVE)
    assert told.tries("rebase", small.DISPATCH_HEAD, deadline="resolve.9")
    assert told.tries("rebase", small.DISPATCH_HEAD, deadline=was.id)
    told.pack = world.with_policy(told.pack, limits=_resolve_in(working_days(7)))
    told.does("rebase", small.DISPATCH_HEAD, deadline=was.id)
    event = told.last(e.Rebased)
    assert (event.before, event.deadline) == (was, clock(told, D.RESOLVE))
    assert event.personal is not None, "why stands in the compartment"
    assert clock(told, D.RESOLVE).due == local("03-11 17:30")
    told = (
        Story(office.pack())
        .register(matter=small.HOUSING_MATTER)
        .does("answer_at_intake", small.DISPATCH_HEAD)
    )
    told.pack = world.with_policy(
        told.pack,
        limits={
            **told.pack.policy.limits,
            Procedure.HOTLINE: {**small.POLICY.limits[Procedure.HOTLINE], D.VERDICT: hours(300)},
        },
    )
    assert told.tries("rebase", small.DISPATCH_HEAD, deadline="verdict.2")


@refuses("rebase.not-by-rule", "rebase.into-the-past")
def test_what_was_agreed_on_and_what_would_be_past_is_not_rebased() -> None:
    told = Story().working().wait(hours=121)
    rung = next(each.id for each in told.case.deadlines if each.kind is D.LADDER)
    assert told.tries("rebase", small.DISPATCH_HEAD, deadline=rung)
    told = Story().working().wait(hours=60)
    told.pack = world.with_policy(told.pack, limits=_resolve_in(hours(48)))
    assert told.tries("rebase", small.DISPATCH_HEAD, deadline="resolve.1")
    assert clock(told, D.RESOLVE).due == small.START + timedelta(hours=120)


def test_a_nudge_that_has_rung_does_not_ring_again_after_a_rebase() -> None:
    told = story().working().at("03-05 12:00")
    assert [percent for percent, _, _ in nudged(told)] == [50]
    told.pack = world.with_policy(told.pack, limits=_resolve_in(working_days(20)))
    told.does("rebase", small.DISPATCH_HEAD, deadline="resolve.1")
    assert [each.percent for each in clock(told, D.RESOLVE).nudges] == [80]


# ---------------------------------------------------------------- the bugs of other systems, by name
def test_a_comment_resets_no_deadline() -> None:
    told = story().working()
    before = told.case.deadlines
    for _ in range(3):
        told.wait(hours=1).step("note").step("contacted_resident")
    assert told.case.deadlines == before


def test_a_case_that_nobody_was_given_is_nudged_and_climbs() -> None:
    told = story().register().at("03-04 15:00")
    assert [to for _, to, _ in nudged(told)] == [small.DISPATCH, small.DISPATCH]
    assert [each.to for each in told.all(e.Escalated)] == [small.GOVERNMENT, small.CITY_GOVERNMENT]


def test_the_last_rung_is_not_silent() -> None:
    told = Story().register().wait(hours=24 * 30)
    assert len([each for each in told.all(e.Alerted) if each.cause is D.TRIAGE]) == 28
    assert all(each.deadline is not None for each in told.all(e.Alerted)), "and it will be alerted again"


def test_a_hundred_stuck_cases_hide_none() -> None:
    stuck = [Story().register().wait(hours=24 * 10) for _ in range(100)]
    assert {each.types[-1] for each in stuck} == {"alerted"}
    late = Story(now=small.START + timedelta(days=9)).register().wait(hours=4)
    assert late.types[-2:] == ["deadline_missed", "escalated"]


def test_reopening_neither_drains_nor_wipes_the_old_clock() -> None:
    told = Story().closed()
    first = [event for event in told.events if isinstance(event.body, e.Registered)]
    told.wait(hours=200).reopen()
    assert clock(told, D.RESOLVE).started_at == told.now
    assert clock(told, D.RESOLVE).due == told.now + timedelta(hours=120), "nothing of it is used up"
    assert told.case.registered_at == first[0].at == small.START, "the first start stays"


def test_a_calendar_that_is_edited_does_not_rewrite_what_was_promised() -> None:
    told = story().working()
    before = told.case
    free = office.CALENDAR.model_copy(update={"holidays": (*office.CALENDAR.holidays, date(2026, 3, 4))})
    with_calendar(told, free, "03-02 10:00")
    told.wait(hours=2).step()
    assert told.case.deadlines == before.deadlines
    assert clock(told, D.RESOLVE).calendar == office.CALENDAR.label != free.label
    told.resolve()
    assert clock(told, D.REVIEW).due > told.now


def test_a_rule_that_is_changed_moves_no_running_deadline() -> None:
    told = story().working()
    before = told.case.deadlines
    told.pack = world.with_policy(told.pack, limits=_resolve_in(hours(1)))
    told.wait(hours=5).step()
    assert told.case.deadlines == before


def test_no_time_is_lost_on_a_transfer() -> None:
    told = story().working().at("03-03 10:00").returns(small.CIVIL_AFFAIRS).sign_return()
    told.at("03-04 10:00").propose(small.CIVIL_AFFAIRS)
    assert clock(told, D.RESOLVE).due == local("03-09 17:30"), "the resident's clock never resets"
    assert clock(told, D.SIGN).due == local("03-05 17:30"), "the new body has a whole day to sign"
    told.sign()
    assert told.case.lead_since == told.now


def test_a_merged_case_escalates_no_more() -> None:
    parent = Story(number="9MK6-DZN4").working()
    told = Story(among=[parent]).register(matter=small.HOUSING_MATTER).merge(parent)
    assert told.case.state is State.MERGED
    told.wait(hours=24 * 20)
    assert not told.all(e.Escalated)
    assert not told.all(e.Nudged)
    assert told.case.deadlines == ()


def test_a_missing_target_stops_the_pack_and_not_the_clock() -> None:
    for kind, length in small.POLICY.limits[Procedure.HOTLINE].items():
        assert length.amount > 0, kind
    told = Story().register(matter=small.HOUSING_MATTER)
    assert all(each.due > told.now for each in told.case.deadlines)


def test_what_stood_still_with_a_parent_keeps_its_nudges_and_its_length() -> None:
    parent = Story(number="9MK6-DZN4").working()
    told = Story(office.pack(), among=[parent]).register(matter=small.HOUSING_MATTER).wait(hours=1)
    before = clock(told, D.TRIAGE)
    told.merge(parent).wait(hours=48).unmerge()
    after = clock(told, D.TRIAGE)
    assert after.due - before.due == timedelta(hours=48)
    assert [each.at for each in after.nudges] == [each.at + timedelta(hours=48) for each in before.nudges]
    assert (after.reckoned, after.length) == (before.due, before.length)


def test_deadlines_from_before_there_were_calendars_read_and_run() -> None:
    old = {
        "id": "resolve.1",
        "kind": "resolve",
        "started_at": "2026-03-02T01:00:00Z",
        "hours": 120,
        "due": "2026-03-07T01:00:00Z",
        "rule": "policy.hotline.resolve",
        "rule_version": 1,
        "calendar": "elapsed-hours/1",
        "cause": None,
        "promise": None,
        "body": None,
    }
    read = Deadline.model_validate(old)
    assert (read.length, read.nudges, read.provisional) == (None, (), False)
    told = Story().working()
    told.current = told.case.model_copy(update={"deadlines": (read,)})
    told.pack = world.with_policy(told.pack, limits=_resolve_in(hours(144)))
    told.does("rebase", small.DISPATCH_HEAD, deadline="resolve.1")
    assert clock(told, D.RESOLVE).due == small.START + timedelta(hours=144)
