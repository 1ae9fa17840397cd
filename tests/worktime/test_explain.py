"""The arithmetic laid open agrees with the arithmetic, and the two clocks of a case are told from its events."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import Length, Unit, days, hours, working_days, working_minutes
from domain.deadlines import Deadline
from domain.elapsed import two_clocks
from domain.explain import explain, going
from domain.words import DeadlineKind
from domain.worktime import WorkTime
from tests import small
from tests.domain import office
from tests.domain.telling import Story, local

TIME = WorkTime(office.CALENDAR)
HOUR = 3600


def _deadline(when: str, length: Length) -> Deadline:
    start = local(when)
    found = TIME.add(start, length)
    return Deadline(
        id="resolve.1",
        kind=DeadlineKind.RESOLVE,
        started_at=start,
        hours=1,
        due=found.due,
        rule="policy.hotline.resolve",
        rule_version=1,
        calendar=office.CALENDAR.label,
        length=length,
        provisional=found.provisional,
    )


def _told(when: str, length: Length) -> list[tuple[str, str, int, int]]:
    found = explain(_deadline(when, length), office.CALENDAR)
    assert found is not None
    return [(f"{line.first:%m-%d}", f"{line.last:%m-%d}", line.counted, line.total) for line in found.lines]


def test_five_working_days_over_the_spring_festival_day_by_day() -> None:
    found = explain(_deadline("02-12 10:00", working_days(5)), office.CALENDAR)
    assert found is not None
    assert [
        (f"{line.first:%m-%d}", f"{line.last:%m-%d}", line.counted, line.total, line.why.zh)
        for line in found.lines
    ] == [
        ("02-12", "02-12", 0, 0, "起算当日，不计入"),
        ("02-13", "02-13", 1, 1, "工作日"),
        ("02-14", "02-14", 1, 2, "调休上班"),
        ("02-15", "02-23", 0, 2, "放假，不计入"),
        ("02-24", "02-26", 3, 5, "工作日"),
    ]
    assert found.reckoned == local("02-26 17:30")


def test_calendar_days_roll_where_the_rule_says_so() -> None:
    assert _told("02-03 10:00", days(15)) == [("02-03", "02-03", 0, 0), ("02-04", "02-18", 15, 15)]
    rolled = ("02-19", "02-24", 0, 15)
    assert _told("02-03 10:00", days(15, roll=True))[-1] == rolled
    assert _told("03-02 10:00", hours(48)) == [("03-02", "03-04", 48, 48)]


def test_working_minutes_leave_lunch_and_nights_out() -> None:
    assert _told("03-06 16:30", working_minutes(180)) == [
        ("03-06", "03-06", 60, 60),
        ("03-07", "03-08", 0, 60),
        ("03-09", "03-09", 120, 180),
    ]


@given(
    st.integers(0, 400 * 24 * 60),
    st.one_of(
        st.builds(Length, amount=st.integers(1, 60), unit=st.just(Unit.WORKING_DAY)),
        st.builds(Length, amount=st.integers(1, 5000), unit=st.just(Unit.WORKING_MINUTE)),
        st.builds(Length, amount=st.integers(1, 90), unit=st.just(Unit.CALENDAR_DAY), roll=st.booleans()),
    ),
)
@settings(max_examples=100, deadline=None)
def test_the_lines_have_no_gap_and_add_up_to_the_length(ahead: int, length: Length) -> None:
    deadline = _deadline("2025-11-20 00:00", length)
    start = deadline.started_at + timedelta(minutes=ahead)
    due, provisional = TIME.add(start, length)
    found = explain(
        deadline.model_copy(update={"started_at": start, "due": due, "provisional": provisional}),
        office.CALENDAR,
    )
    assert found is not None
    assert found.lines[0].first == TIME.day(start)
    assert sum(line.counted for line in found.lines) == found.lines[-1].total == length.amount
    for earlier, later in zip(found.lines, found.lines[1:], strict=False):
        assert later.first == earlier.last + timedelta(days=1)
    assert TIME.day(due - timedelta(seconds=1)) == found.lines[-1].last
    assert bool(found.provisional_years) == provisional


def test_a_running_clock_is_in_one_of_three_states() -> None:
    clock = _deadline("03-02 09:00", working_days(3))
    lunch, work = local("03-03 12:30"), local("03-03 14:00")
    assert going(clock, work, office.CALENDAR) == "running"
    assert going(clock, lunch, office.CALENDAR) == "outside_hours"
    assert going(clock, work, office.CALENDAR, paused=True) == "paused"
    assert going(_deadline("03-02 09:00", days(3)), lunch, office.CALENDAR) == "running"


def test_the_residents_clock_goes_on_where_a_body_begins_anew() -> None:
    told = Story(office.pack(), now=local("03-02 09:00")).working().at("03-03 10:00")
    told.returns(small.CIVIL_AFFAIRS).sign_return().at("03-04 09:00").propose(small.CIVIL_AFFAIRS).sign()
    told.at("03-10 09:30").resolve().at("03-10 12:30")
    found = two_clocks(told.events, told.now, TIME)
    (episode,) = found.resident
    assert (found.since, episode.start, episode.end) == (local("03-02 09:00"), local("03-02 09:00"), None)
    assert episode.elapsed.seconds == (8 * 24 + 3.5) * HOUR
    assert episode.elapsed.working_seconds == (7 + 5 * 7.5 + 3.5) * HOUR
    assert episode.answered_at == local("03-10 09:30")
    assert episode.late is not None
    assert (episode.due, episode.late.seconds, episode.late.working_seconds) == (
        local("03-09 17:30"),
        16 * HOUR,
        HOUR,
    )
    assert [(each.body, each.elapsed.seconds / HOUR) for each in found.bodies] == [
        (small.HOUSING, 25),
        (small.DISPATCH, 23),
        (small.CIVIL_AFFAIRS, 147.5),
    ]


def test_a_new_episode_has_its_own_clock_and_the_first_start_stays_shown() -> None:
    told = Story().closed()
    ended = told.now
    told.wait(hours=100).reopen().wait(hours=125)
    found = two_clocks(told.events, told.now, WorkTime(told.pack.calendar))
    first, second = found.resident
    assert (found.since, first.end, first.late) == (small.START, ended, None)
    assert second.start == ended + timedelta(hours=100)
    assert second.late is not None
    assert second.late.seconds == 5 * HOUR
