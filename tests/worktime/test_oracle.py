"""The arithmetic of working time against a slow one that steps through the minutes and asks the wall clock each time."""

from datetime import UTC, date, datetime, timedelta
from itertools import count as numbers
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import Calendar, Length, Stint, Unit, minutes
from domain.worktime import WorkTime

MINUTE = timedelta(minutes=1)

TURNS = {
    "Asia/Shanghai": ("2026-02-14", "2026-12-31"),
    "Europe/Berlin": ("2026-03-28", "2026-10-24", "2025-12-30"),
    "America/New_York": ("2026-03-07", "2026-10-31"),
    "America/Sao_Paulo": (
        "2018-11-03",
        "2018-02-17",
    ),  # the hour after midnight is skipped; the one before it comes twice
    "Asia/Beirut": ("2026-03-28", "2026-10-24"),  # midnight is skipped
    "America/St_Johns": ("2010-03-13", "2010-11-06"),  # one minute past midnight the day before comes back
    "Australia/Lord_Howe": ("2026-04-04", "2026-10-03"),  # half an hour
    "Pacific/Apia": ("2011-12-29",),  # a whole day is left out
    "Pacific/Kiritimati": ("2026-12-30",),  # fourteen hours ahead
}
"""Zones, each with days round which something happens to the clock or the year."""

SHIFTS = (
    (Stint(start="08:30", end="12:00"), Stint(start="13:30", end="17:30")),
    (Stint(start="00:00", end="24:00"),),
    (Stint(start="00:00", end="01:15"), Stint(start="02:30", end="03:00"), Stint(start="22:45", end="24:00")),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar with free days and make-up days near a day on which the clocks are turned, and an instant near it."""
    zone = draw(st.sampled_from(sorted(TURNS)))
    day = date.fromisoformat(draw(st.sampled_from(TURNS[zone])))
    near = st.integers(-3, 6).map(lambda step: day + timedelta(days=step))
    calendar = Calendar(
        id="drawn",
        zone=zone,
        hours=draw(st.sampled_from(SHIFTS)),
        weekend=draw(st.sampled_from([(), (6, 7), (5,)])),
        holidays=tuple(draw(st.lists(near, max_size=3))),
        workdays=tuple(draw(st.lists(near, max_size=2))),
        years=draw(st.sampled_from([None, (day.year,), (day.year, day.year + 1)])),
        day_ends=draw(st.sampled_from(["closing", "midnight"])),
    )
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return calendar, midnight + draw(st.integers(-2 * 1440, 3 * 1440)) * MINUTE


class Oracle:
    """What the definitions say, one minute after the other."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.zone = ZoneInfo(calendar.zone)

    def free(self, day: date) -> bool:
        if day in self.calendar.workdays:
            return False
        return day in self.calendar.holidays or day.isoweekday() in self.calendar.weekend

    def works(self, at: datetime) -> bool:
        local = at.astimezone(self.zone)
        wall = local.hour * 60 + local.minute
        stints = [(minutes(each.start), minutes(each.end)) for each in self.calendar.hours]
        return not self.free(local.date()) and any(start <= wall < end for start, end in stints)

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def over(self, day: date, *, closing: bool) -> datetime:
        """The end of the last minute that belongs to the day, or to its working time."""
        here = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=26)
        own: list[datetime] = []
        work: list[datetime] = []
        later: list[datetime] = []
        for step in range(80 * 60):
            at = here + step * MINUTE
            if self.day(at) == day:
                own.append(at)
                work += [at] if self.works(at) else []
            elif self.day(at) > day:
                later.append(at)
        ends = work if closing and work else own
        return ends[-1] + MINUTE if ends else later[0]

    def add(self, start: datetime, length: Length) -> datetime:
        match length.unit:
            case Unit.HOUR:
                return start + length.amount * timedelta(hours=1)
            case Unit.WORKING_MINUTE:
                left, at = length.amount, start
                while left:
                    left -= self.works(at)
                    at += MINUTE
                return at
            case Unit.CALENDAR_DAY:
                day = self.day(start) + length.amount * timedelta(days=1)
                while length.roll and self.free(day):
                    day += timedelta(days=1)
                return self.over(day, closing=False)
            case Unit.WORKING_DAY:
                day, left = self.day(start), length.amount
                while left:
                    day += timedelta(days=1)
                    left -= not self.free(day)
                return self.over(day, closing=self.calendar.day_ends == "closing")


def lengths(day: int = 6, minute: int = 1200) -> st.SearchStrategy[Length]:
    """Lengths that the oracle can step through in time."""
    return st.one_of(
        st.builds(Length, amount=st.integers(1, 72), unit=st.just(Unit.HOUR)),
        st.builds(Length, amount=st.integers(1, day), unit=st.just(Unit.CALENDAR_DAY), roll=st.booleans()),
        st.builds(Length, amount=st.integers(1, day), unit=st.just(Unit.WORKING_DAY)),
        st.builds(Length, amount=st.integers(1, minute), unit=st.just(Unit.WORKING_MINUTE)),
    )


@given(cases(), lengths())
@settings(max_examples=120, deadline=None)
def test_adding_is_what_stepping_through_the_minutes_finds(
    case: tuple[Calendar, datetime], length: Length
) -> None:
    calendar, start = case
    oracle, time = Oracle(calendar), WorkTime(calendar)
    found = time.add(start, length)
    assert found.due == oracle.add(start, length)
    seen = range(oracle.day(start).year, oracle.day(found.due - MINUTE).year + 1)
    if length.unit in {Unit.WORKING_DAY, Unit.WORKING_MINUTE}:
        assert found.provisional == any(not calendar.announced(year) for year in seen)


@given(cases(), st.integers(0, 4 * 1440))
@settings(max_examples=60, deadline=None)
def test_what_was_worked_is_the_number_of_working_minutes(
    case: tuple[Calendar, datetime], length: int
) -> None:
    calendar, start = case
    oracle, time = Oracle(calendar), WorkTime(calendar)
    worked = sum(oracle.works(start + step * MINUTE) for step in range(length))
    assert time.worked(start, start + length * MINUTE) == worked * MINUTE
    assert time.working(start) == oracle.works(start)
    began = next(at for step in numbers() if oracle.works(at := start + step * MINUTE))
    assert time.next_work(start) == began


@given(cases(), lengths(), st.integers(0, 60 * 1440))
@settings(max_examples=150, deadline=None)
def test_counting_and_taking_away_undo_adding(
    case: tuple[Calendar, datetime], length: Length, ahead: int
) -> None:
    calendar, start = case
    time = WorkTime(calendar)
    due = time.add(start, length).due
    if not length.roll:
        # Two days end at one instant where the second one was left out.
        counted = time.count(start, due, length.unit)
        assert counted == length.amount or (counted > length.amount and calendar.zone == "Pacific/Apia")
        assert time.count(start, due - timedelta(microseconds=1), length.unit) < length.amount
    latest = time.subtract(start + ahead * MINUTE, length)
    tick = timedelta(microseconds=1)
    assert time.add(latest - tick, length).due <= start + ahead * MINUTE
    assert time.add(latest + tick, length).due > start + ahead * MINUTE


@given(cases(), st.integers(0, 400 * 1440), st.integers(0, 400 * 1440))
@settings(max_examples=100, deadline=None)
def test_working_time_adds_up_and_never_runs_back(
    case: tuple[Calendar, datetime], first: int, second: int
) -> None:
    calendar, start = case
    time = WorkTime(calendar)
    middle, end = start + first * MINUTE, start + (first + second) * MINUTE
    assert time.worked(start, middle) + time.worked(middle, end) == time.worked(start, end)
    assert timedelta(0) <= time.worked(start, middle) <= middle - start
    assert time.worked(end, start) == -time.worked(start, end)
