"""The clocks of a case as a document: every deadline with its arithmetic, the two clocks, and what was promised."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from console.clocks import Clock, clocks, promised
from console.views import Json, actor_view, moment
from domain.calendar import Calendar, Length
from domain.case import Case
from domain.elapsed import Elapsed, TwoClocks, two_clocks
from domain.events import Rebased, Recorded
from domain.evolve import fold
from domain.explain import Explained, explain, going
from domain.worktime import WorkTime


def versions(recorded: Sequence[Recorded]) -> frozenset[int]:
    """The versions of the pack whose calendars the case's deadlines are pinned to."""
    return frozenset(_pinned(clock) for clock in clocks(recorded))


def clocks_view(
    number: str, recorded: Sequence[Recorded], calendars: Mapping[int, Calendar], newest: int, now: datetime
) -> Json:
    """Every deadline with how it was reckoned, and both clocks up to ``now`` by the newest calendar."""
    found = clocks(recorded)
    case = fold(recorded)
    promise = promised(found)
    time = WorkTime(calendars[newest])
    return {
        "number": number,
        "clocks": [_clock(clock, recorded, case, calendars[_pinned(clock)], now) for clock in found],
        "promised": promise.model_dump() if promise else None,
        **_two(two_clocks(recorded, now, time)),
        "as_of": moment(now),
        "measured_by": calendars[newest].label,
    }


def _pinned(clock: Clock) -> int:
    return clock.deadline.calendar_pack or clock.deadline.rule_version


def _clock(
    clock: Clock, recorded: Sequence[Recorded], case: Case | None, calendar: Calendar, now: datetime
) -> Json:
    deadline = clock.deadline
    suspended = case is not None and case.merged is not None and deadline in case.merged.suspended
    length = deadline.length or Length(amount=deadline.hours)
    return {
        "id": deadline.id,
        "kind": deadline.kind.value,
        "state": clock.state,
        "going": going(deadline, now, calendar, paused=suspended)
        if clock.state in {"running", "suspended"}
        else None,
        "started_at": moment(deadline.started_at),
        "hours": deadline.hours,
        "length": {**length.model_dump(mode="json"), "zh": length.zh, "en": length.en},
        "due": moment(deadline.due),
        "rule": deadline.rule,
        "rule_version": deadline.rule_version,
        "calendar": deadline.calendar,
        "provisional": deadline.provisional,
        "cause": deadline.cause.value if deadline.cause else None,
        "promise": deadline.promise.model_dump() if deadline.promise else None,
        "nudges": [{"percent": nudge.percent, "at": moment(nudge.at)} for nudge in deadline.nudges],
        "reason": clock.reason.model_dump(),
        "arithmetic": _arithmetic(explain(deadline, calendar)),
        "rebased": [_rebased(event) for event in recorded if _rebases(event, deadline.id)],
        "ended_by": clock.ended_by,
    }


def _arithmetic(found: Explained | None) -> Json | None:
    if found is None:
        return None
    return {
        "lines": [line.model_dump(mode="json") for line in found.lines],
        "reckoned": moment(found.reckoned),
        "moved_seconds": found.moved_seconds,
        "provisional_years": list(found.provisional_years),
    }


def _rebases(event: Recorded, deadline: str) -> bool:
    return isinstance(event.body, Rebased) and event.body.deadline.id == deadline


def _rebased(event: Recorded) -> Json:
    body = event.body
    assert isinstance(body, Rebased), "asked before"  # noqa: S101
    return {
        "version": event.version,
        "at": moment(event.at),
        "cause": body.cause,
        "by": actor_view(event.actor),
        "from": {"due": moment(body.before.due), "rule": body.before.rule, "calendar": body.before.calendar},
        "to": {
            "due": moment(body.deadline.due),
            "rule": body.deadline.rule,
            "calendar": body.deadline.calendar,
        },
    }


def _two(found: TwoClocks) -> Json:
    return {
        "resident": {
            "since": moment(found.since),
            "episodes": [
                {
                    "episode": each.episode,
                    "from": moment(each.start),
                    "to": moment(each.end),
                    **_elapsed(each.elapsed),
                    "due": moment(each.due),
                    "answered_at": moment(each.answered_at),
                    "late": _elapsed(each.late) if each.late else None,
                }
                for each in found.resident
            ],
        },
        "bodies": [
            {
                "episode": each.episode,
                "body": each.body,
                "from": moment(each.start),
                "to": moment(each.end),
                **_elapsed(each.elapsed),
            }
            for each in found.bodies
        ],
    }


def _elapsed(found: Elapsed) -> Json:
    return {"seconds": found.seconds, "working_seconds": found.working_seconds}
