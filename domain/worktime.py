"""Working time (工作时间): add a length to an instant, take it away, count between two. Pure arithmetic on a calendar.

hour            elapsed time, every hour alike, weekends and clock changes too
calendar day    the day of the start is not counted; over when the Nth day after it is over, at midnight
working day     the same over the days that are worked; over with the last stint of the Nth, or at midnight
working minute  only time inside the stints counts; over at the first instant at which it is used up

A day is what the clock on the wall says in the calendar's zone. Where the clocks are turned, an hour that comes twice is
worked twice and one that is skipped not at all; a day that has no midnight begins at its first instant. Days are summed
up year by year and looked up by bisection, so ten years cost as much as one. Decision record 0038 has the sources.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.calendar import Calendar, Length, Unit, minutes

_DAY = timedelta(days=1)
_NONE = timedelta(0)
_PROBES = tuple(timedelta(hours=8 * step - 16) for step in range(8))
"""Where the offset of a day's zone is looked at, from its midnight in UTC: no offset is larger than 16 hours, and no zone
turns its clocks twice within eight."""

Span = tuple[datetime, datetime]
"""From an instant up to, not at, another one; both in UTC."""


class Reckoned(NamedTuple):
    """An instant that was reckoned. ``provisional``: a year that it runs through is not announced."""

    due: datetime
    provisional: bool


class _Year(NamedTuple):
    first: date
    worked: list[timedelta]
    """Up to each day of the year, and up to its end."""
    days: list[int]


class WorkTime:
    """One calendar, ready to reckon with. Instants go in with any offset and come out in UTC."""

    def __init__(self, calendar: Calendar) -> None:
        """The calendar must have passed the check of its pack: a known zone, stints in order, a day that is worked."""
        self.calendar = calendar
        self._zone = ZoneInfo(calendar.zone)
        self._free = frozenset(calendar.holidays)
        self._worked = frozenset(calendar.workdays)
        self._weekend = frozenset(calendar.weekend)
        self._stints = tuple(
            (timedelta(minutes=minutes(stint.start)), timedelta(minutes=minutes(stint.end)))
            for stint in calendar.hours
        )
        self._whole = sum((end - start for start, end in self._stints), _NONE)
        self._years: dict[int, _Year] = {}

    # ------------------------------------------------------------------ days
    def day(self, at: datetime) -> date:
        """The day that it is at ``at``."""
        return at.astimezone(self._zone).date()

    def wall(self, at: datetime) -> int:
        """How many minutes after midnight the clock on the wall shows at ``at``."""
        local = at.astimezone(self._zone)
        return local.hour * 60 + local.minute

    def at(self, day: date, wall: int) -> datetime:
        """The first instant of the day at which the clock on the wall shows that many minutes after midnight, or more."""
        found = self._on_clock(day, ((timedelta(minutes=wall), _DAY),))
        return found[0][0] if found else self.ends(day)

    def works(self, day: date) -> bool:
        """Whether the day is worked: a make-up day is, a holiday is not, else the week says it."""
        if day in self._worked:
            return True
        return day not in self._free and day.isoweekday() not in self._weekend

    def begins(self, day: date) -> datetime:
        """The first instant of the day."""
        return self._whole_day(day)[0]

    def ends(self, day: date) -> datetime:
        """The instant at which the day is over."""
        return self._whole_day(day)[1]

    def closes(self, day: date) -> datetime:
        """The instant at which a term in working days ends on that day."""
        stints = self.spans(day) if self.calendar.day_ends == "closing" else []
        return stints[-1][1] if stints else self.ends(day)

    def spans(self, day: date) -> list[Span]:
        """The working time of the day; empty if it is free."""
        return self._on_clock(day, self._stints) if self.works(day) else []

    def working(self, at: datetime) -> bool:
        """Whether it is working time."""
        return any(start <= at < end for start, end in self._around(self.day(at)))

    def next_work(self, at: datetime) -> datetime:
        """``at`` itself if it is working time, else when the next stint begins."""
        day = self.day(at) - _DAY
        while True:
            for start, end in self.spans(day):
                if at < end:
                    return max(at, start).astimezone(UTC)
            day = self._nth_working_day(day, 1)

    # ------------------------------------------------------------------ lengths
    def add(self, start: datetime, length: Length) -> Reckoned:
        """When ``length`` from ``start`` is over."""
        begun = self.day(start)
        match length.unit:
            case Unit.HOUR:
                return Reckoned(start.astimezone(UTC) + timedelta(hours=length.amount), provisional=False)
            case Unit.CALENDAR_DAY:
                return self._calendar_days(begun, length)
            case Unit.WORKING_DAY:
                last = self._nth_working_day(begun, length.amount)
                return Reckoned(self.closes(last), self._guessed(begun, last))
            case Unit.WORKING_MINUTE:
                due = self.after(start, timedelta(minutes=length.amount))
                return Reckoned(due, self._guessed(begun, self.day(due)))

    def subtract(self, end: datetime, length: Length) -> datetime:
        """The latest that ``length`` may start to be over by ``end``.

        In days that is the end of a day, since a whole day is one start: before it is in time, from it on too late.
        """
        match length.unit:
            case Unit.HOUR:
                return end.astimezone(UTC) - timedelta(hours=length.amount)
            case Unit.WORKING_MINUTE:
                return self._before(end, timedelta(minutes=length.amount))
            case Unit.CALENDAR_DAY | Unit.WORKING_DAY:
                return self.begins(self._first_day_too_late(end, length))

    def count(self, start: datetime, end: datetime, unit: Unit) -> int:
        """How many whole units lie between; 0 if ``end`` is not after ``start``. ``add`` of so many is not after ``end``."""
        if end <= start:
            return 0
        match unit:
            case Unit.HOUR:
                return (end - start) // timedelta(hours=1)
            case Unit.WORKING_MINUTE:
                return self.worked(start, end) // timedelta(minutes=1)
            case Unit.CALENDAR_DAY:
                return max(0, (self._over_by(end, self.ends) - self.day(start)).days)
            case Unit.WORKING_DAY:
                return self._working_days(self.day(start) + _DAY, self._over_by(end, self.closes) + _DAY)

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """How much working time lies between; negative if ``end`` is before ``start``."""
        first, last = self.day(start) - _DAY, self.day(end) - _DAY
        return self._sum(first, last) + self._part(last, end) - self._part(first, start)

    def after(self, start: datetime, needed: timedelta) -> datetime:
        """The first instant at which ``needed`` working time has gone by since ``start``; ``start`` itself for none."""
        if needed <= _NONE:
            return start.astimezone(UTC)
        first = self.day(start) - _DAY
        needed += self._part(first, start)
        day, sofar = first, _NONE
        while sofar + (rest := self._sum(day, date(day.year + 1, 1, 1))) < needed:
            sofar += rest
            day = date(day.year + 1, 1, 1)
        year = self._year(day.year)
        index = (day - year.first).days
        reached = bisect_left(year.worked, needed - sofar + year.worked[index], lo=index)
        # The last day before which less was worked; its neighbours may share the instant where clocks are turned.
        last = year.first + max(index, reached - 1) * _DAY
        sofar += self._sum(day, last) - self._sum(last - _DAY, last)
        for begin, end in self._around(last):
            if sofar + (end - begin) >= needed:
                return begin + (needed - sofar)
            sofar += end - begin
        raise AssertionError("the day was found by its sum")

    # ------------------------------------------------------------------ within
    def _calendar_days(self, begun: date, length: Length) -> Reckoned:
        last = begun + length.amount * _DAY
        if not length.roll:
            return Reckoned(self.ends(last), provisional=False)
        rolled = last
        while not self.works(rolled):
            rolled += _DAY
        return Reckoned(self.ends(rolled), self._guessed(last, rolled))

    def _guessed(self, first: date, last: date) -> bool:
        return not all(self.calendar.announced(year) for year in range(first.year, last.year + 1))

    def _over_by(self, end: datetime, over: Callable[[date], datetime]) -> date:
        """The last day that is over by ``end``."""
        day = self.day(end) + _DAY
        while over(day) > end:
            day -= _DAY
        return day

    def _first_day_too_late(self, end: datetime, length: Length) -> date:
        """The first day from which the length is over only after ``end``: a guess from the back, then the next ones."""
        day = self.day(end)
        if length.unit is Unit.CALENDAR_DAY:
            day -= length.amount * _DAY
        else:
            left = length.amount
            while left > 0:
                day -= _DAY
                left -= self.works(day + _DAY)
        while self.add(self.begins(day), length).due <= end:
            day += _DAY
        while self.add(self.begins(day - _DAY), length).due > end:
            day -= _DAY
        return day

    def _before(self, end: datetime, needed: timedelta) -> datetime:
        """The last instant since which ``needed`` is worked by ``end``."""
        last = self.day(end) + _DAY
        needed += self._sum(last - 2 * _DAY, last + _DAY) - self._part(last - 2 * _DAY, end)
        day, sofar = last + _DAY, _NONE
        while sofar < needed:
            day -= _DAY
            sofar += self._sum(day, day + _DAY)
        spare = sofar - needed
        for begin, until in self.spans(day):
            if until - begin > spare:
                return begin + spare
            spare -= until - begin
        raise AssertionError("the day was found by its sum")

    def _nth_working_day(self, after: date, nth: int) -> date:
        """The nth working day after a day."""
        day, left = after + _DAY, nth
        while True:
            year = self._year(day.year)
            index = (day - year.first).days
            if year.days[-1] - year.days[index] >= left:
                return year.first + (bisect_left(year.days, year.days[index] + left, lo=index) - 1) * _DAY
            left -= year.days[-1] - year.days[index]
            day = date(day.year + 1, 1, 1)

    def _working_days(self, first: date, end: date) -> int:
        """How many days are worked from ``first`` up to, not at, ``end``."""
        return sum(
            year.days[(until - year.first).days] - year.days[(begin - year.first).days]
            for year, begin, until in self._by_year(first, end)
        )

    def _sum(self, first: date, end: date) -> timedelta:
        """What is worked on the days from ``first`` up to, not at, ``end``; negative if they are the other way round."""
        if end < first:
            return -self._sum(end, first)
        return sum(
            (
                year.worked[(until - year.first).days] - year.worked[(begin - year.first).days]
                for year, begin, until in self._by_year(first, end)
            ),
            _NONE,
        )

    def _by_year(self, first: date, end: date) -> Iterator[tuple[_Year, date, date]]:
        while first < end:
            until = min(end, date(first.year + 1, 1, 1))
            yield self._year(first.year), first, until
            first = until

    def _part(self, day: date, at: datetime) -> timedelta:
        """What is worked before ``at`` on this day and the two after it."""
        spans = self._around(day + _DAY)
        return sum((min(end, at) - start for start, end in spans if start < at), _NONE)

    def _around(self, day: date) -> list[Span]:
        """The working time of a day and its neighbours, in the order of time."""
        return sorted([*self.spans(day - _DAY), *self.spans(day), *self.spans(day + _DAY)])

    def _year(self, number: int) -> _Year:
        known = self._years.get(number)
        if known is None:
            known = self._years[number] = self._summed(number)
        return known

    def _summed(self, number: int) -> _Year:
        first = date(number, 1, 1)
        length = (date(number + 1, 1, 1) - first).days
        offsets = [self._offset(_utc(first + (step - 1) * _DAY)) for step in range(length + 3)]
        worked, days = [_NONE], [0]
        for step in range(length):
            day = first + step * _DAY
            works = self.works(day)
            # Yesterday's to the day after tomorrow's: the clocks were not turned, so the day is as long as it is written.
            plain = len(set(offsets[step : step + 4])) == 1
            spans = [] if plain or not works else self.spans(day)
            worked.append(
                (self._whole if plain else sum((b - a for a, b in spans), _NONE)) if works else _NONE
            )
            days.append(int(works))
        return _Year(first, list(accumulate(worked)), list(accumulate(days)))

    # ------------------------------------------------------------------ the clock on the wall
    def _offset(self, at: datetime) -> timedelta:
        return at.astimezone(self._zone).utcoffset() or _NONE

    def _whole_day(self, day: date) -> Span:
        found = self._on_clock(day, ((_NONE, _DAY),))
        if not found:
            # A day that a zone left out: it is over when the next one begins.
            begin = self.begins(day + _DAY)
            return begin, begin
        return found[0][0], found[-1][1]

    def _on_clock(self, day: date, stints: Sequence[tuple[timedelta, timedelta]]) -> list[Span]:
        """The stretches of time in which the clock on the wall shows these times of the day, in order."""
        midnight = _utc(day)
        found: list[Span] = []
        for begin, end, offset in self._pieces(midnight):
            for start, stop in stints:
                span = max(begin, midnight + start - offset), min(end, midnight + stop - offset)
                if span[0] < span[1]:
                    found.append(span)
        return _joined(sorted(found))

    def _pieces(self, midnight: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
        """Stretches of one offset, which together hold every instant of the day."""
        probes = [midnight + probe for probe in _PROBES]
        begin, offset = probes[0], self._offset(probes[0])
        for earlier, later in pairwise(probes):
            after = self._offset(later)
            if after != offset:
                turned = self._turn(earlier, later)
                yield begin, turned, offset
                begin, offset = turned, after
        yield begin, probes[-1], offset

    def _turn(self, earlier: datetime, later: datetime) -> datetime:
        """The second at which the clocks are turned between two instants."""
        before = self._offset(earlier)
        first, last = 0, int((later - earlier).total_seconds())
        while last - first > 1:
            middle = (first + last) // 2
            if self._offset(earlier + timedelta(seconds=middle)) == before:
                first = middle
            else:
                last = middle
        return earlier + timedelta(seconds=last)


def _utc(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _joined(spans: list[Span]) -> list[Span]:
    """Stretches that meet, made one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and joined[-1][1] >= start:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
