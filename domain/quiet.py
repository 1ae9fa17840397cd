"""Quiet hours (免打扰): nobody is nudged at night or on a free day. An escalation does not wait for the morning."""

from datetime import datetime, timedelta

from domain.base import Frozen
from domain.calendar import ClockTime, minutes
from domain.worktime import WorkTime

_DAY = timedelta(days=1)


class Quiet(Frozen):
    """From ``start`` to ``end`` on the wall clock, over midnight if ``end`` is the earlier; ``free_days``: those whole too."""

    start: ClockTime
    end: ClockTime
    free_days: bool = True

    def holds(self, wall: int) -> bool:
        """Whether it is quiet so many minutes after midnight."""
        start, end = minutes(self.start), minutes(self.end)
        return start <= wall < end if start < end else wall >= start or wall < end


def awake(at: datetime, quiet: Quiet | None, time: WorkTime) -> datetime:
    """``at``, or the end of the quiet that it lies in."""
    if quiet is None:
        return at
    day = time.day(at)
    while True:
        wall = time.wall(at)
        if quiet.free_days and not time.works(day):
            day += _DAY
            at = time.at(day, 0)
        elif quiet.holds(wall):
            end = minutes(quiet.end)
            day += _DAY if wall >= end else timedelta(0)
            at = time.at(day, end)
        else:
            return at
