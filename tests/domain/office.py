"""The small jurisdiction in an office that keeps hours: Wuchang's week, the Spring Festival of 2026 and its make-up days."""

from datetime import date, timedelta

from domain.calendar import Calendar, Stint, days, hours, working_days, working_minutes
from domain.jurisdiction import Limits, Pack
from domain.quiet import Quiet
from domain.words import DeadlineKind, Procedure
from tests import small
from tests.domain import world

SPRING = tuple(date(2026, 2, 15) + timedelta(days=step) for step in range(9))
CALENDAR = Calendar(
    id="office",
    zone="Asia/Shanghai",
    hours=(Stint(start="08:30", end="12:00"), Stint(start="13:30", end="17:30")),
    weekend=(6, 7),
    holidays=(date(2026, 1, 1), *SPRING),
    workdays=(date(2026, 2, 14), date(2026, 2, 28)),
    years=(2026,),
)
NEXT_YEAR = Calendar.model_validate(
    {
        **CALENDAR.model_dump(),
        "years": (2026, 2027),
        "holidays": (*CALENDAR.holidays, date(2027, 1, 1), date(2027, 1, 4)),
        "workdays": (*CALENDAR.workdays, date(2027, 1, 9)),
    }
)
"""The same office once a (made-up) notice for 2027 has come."""

LIMITS: Limits = {
    DeadlineKind.TRIAGE: working_minutes(240),
    DeadlineKind.SIGN: working_days(1),
    DeadlineKind.RESOLVE: working_days(5),
}


def pack(**policy: object) -> Pack:
    """The pack with working-time limits for the hotline, nudges and quiet hours; ``policy`` changes more of it."""
    limits = {
        Procedure.HOTLINE: {**small.POLICY.limits[Procedure.HOTLINE], **LIMITS},
        Procedure.PETITION: {**small.POLICY.limits[Procedure.PETITION], DeadlineKind.RESOLVE: days(60)},
    }
    change: dict[str, object] = {
        "limits": limits,
        "ladder_every": hours(24),
        "nudge_at": (50, 80),
        "quiet": Quiet(start="20:00", end="08:00"),
        **policy,
    }
    return world.with_policy(world.PACK, **change).model_copy(update={"calendar": CALENDAR})
