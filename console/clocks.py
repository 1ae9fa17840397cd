"""Every clock that a case ever had, and why it stands where it stands: read off the events alone.

running    it has not come to its end
met        what it waited for was done in time
missed     its instant passed first
replaced   another one of its kind took its place (an allowance swapped at triage, the next rung of a ladder)
passed     its instant came, and nobody was late: a look again, or a right that was not used
dropped    it is not waited for any more: the case ended or went another way
suspended  the case follows a parent, and nothing is waited for on this one by itself
stands     the case was closed, and what it limits can still be asked until its instant
"""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from console.words import Word, event_word, label
from domain.base import Frozen
from domain.calendar import Length
from domain.case import Case, Merge
from domain.deadlines import Deadline, clock_command
from domain.events import AnyEvent, Recorded
from domain.evolve import evolve
from domain.explain import Going
from domain.jurisdiction import Name
from domain.words import DeadlineKind

ClockState = Literal["running", "met", "missed", "replaced", "passed", "dropped", "suspended", "stands"]

_STATES: dict[ClockState, Word] = {
    "running": Word("计时中", "running"),
    "met": Word("按时", "met"),
    "missed": Word("超时", "missed"),
    "replaced": Word("已接替", "replaced"),
    "suspended": Word("随主件", "suspended"),
    "passed": Word("已到", "passed"),
    "stands": Word("仍可提出", "stands"),
    "dropped": Word("不再需要", "dropped"),
}


def clock_state(state: ClockState, lang: str) -> str:
    """What a clock's state is called."""
    return _STATES[state].say(lang)


_GOING: dict[Going, Word] = {
    "running": Word("计时中", "running"),
    "paused": Word("依规中止", "paused by rule"),
    "outside_hours": Word("工作时间之外", "outside hours"),
}


def clock_going(going: Going, lang: str) -> str:
    """What it is called how a running clock stands just now."""
    return _GOING[going].say(lang)


_WAITED_FOR: dict[str, frozenset[DeadlineKind]] = {
    "answered_at_intake": frozenset({DeadlineKind.TRIAGE, DeadlineKind.RESOLVE}),
    "ended_at_intake": frozenset({DeadlineKind.VERDICT}),
    "not_accepted": frozenset({DeadlineKind.TRIAGE}),
    "withdrawn": frozenset(),
    "redirected": frozenset({DeadlineKind.TRIAGE, DeadlineKind.REVIEW}),
    "closed": frozenset({DeadlineKind.CLOSE}),
    "appeal_requested": frozenset({DeadlineKind.ASK_APPEAL}),
    "resolved": frozenset({DeadlineKind.RESOLVE, DeadlineKind.ACKNOWLEDGE, DeadlineKind.FIRST_CONTACT}),
    "sent_back": frozenset({DeadlineKind.REVIEW}),
    "rehandling_ordered": frozenset(),
    "return_requested": frozenset(),
}
"""Events that stop clocks of several kinds: those that they satisfy. Every other one that they stop is dropped."""

_NOBODY_WAS_LATE = frozenset({DeadlineKind.ASK_APPEAL, DeadlineKind.LOOK_AGAIN})


class Ended(NamedTuple):
    """How a clock stopped, and by which event."""

    state: ClockState
    by: Recorded


class Clock(Frozen):
    """One deadline with its end."""

    deadline: Deadline
    state: ClockState
    reason: Name
    ended_by: int | None = None


def clocks(recorded: Iterable[Recorded]) -> list[Clock]:
    """Every clock of the case in the order in which they were set."""
    case: Case | None = None
    known: dict[str, Deadline] = {}
    ended: dict[str, Ended] = {}
    for event in recorded:
        known |= {deadline.id: deadline for deadline in _set_by(event.body)}
        before = case
        case = evolve(before, event)
        standing = {deadline.id for deadline in case.deadlines}
        for deadline in before.deadlines if before else ():
            if deadline.id not in standing:
                ended.setdefault(deadline.id, Ended(_how(deadline, event), event))
        if before is not None and before.merged is not None and case.merged is None:
            _stood_still(before.merged, case, event, known, ended)
    return [_clock(deadline, ended.get(deadline.id)) for deadline in known.values()]


def _stood_still(
    merge: Merge, case: Case, event: Recorded, known: dict[str, Deadline], ended: dict[str, Ended]
) -> None:
    """What became of the clocks that were suspended: they go on, or the parent's answer ended them."""
    running = {deadline.id: deadline for deadline in case.deadlines}
    for deadline in merge.suspended:
        if deadline.id in running:
            known[deadline.id] = running[deadline.id]
            del ended[deadline.id]
            continue
        answered = event.body.type == "answered_with_parent" and deadline.kind is DeadlineKind.RESOLVE
        in_time: ClockState = "met" if event.at <= deadline.due else "missed"
        ended[deadline.id] = Ended(in_time if answered else "dropped", event)


def _set_by(body: AnyEvent) -> Iterator[Deadline]:
    for name in type(body).model_fields:
        value = getattr(body, name)
        if isinstance(value, Deadline):
            yield value
        elif isinstance(value, tuple):
            yield from (part for part in value if isinstance(part, Deadline))  # pyright: ignore[reportUnknownVariableType]


def _how(deadline: Deadline, event: Recorded) -> ClockState:
    if any(new.kind is deadline.kind and new.cause is deadline.cause for new in _set_by(event.body)):
        return "replaced"
    if event.body.type == "merged":
        return "suspended"
    if event.command == clock_command(deadline.id):
        return "passed" if deadline.kind in _NOBODY_WAS_LATE else "missed"
    if deadline.kind is DeadlineKind.LADDER:
        return "dropped"
    if deadline.kind is DeadlineKind.ASK_APPEAL and event.body.type == "closed":
        return "stands"
    if deadline.kind is DeadlineKind.FIRST_CONTACT and event.body.type not in {"step_recorded", "resolved"}:
        return "dropped"
    satisfied = _WAITED_FOR.get(event.body.type)
    return "met" if satisfied is None or deadline.kind in satisfied else "dropped"


def _clock(deadline: Deadline, ended: Ended | None) -> Clock:
    rule = f"{deadline.rule}@{deadline.rule_version}"
    start = deadline.started_at.isoformat(timespec="seconds")
    length = deadline.length or Length(amount=deadline.hours)
    zh = f"依据 {rule}，自 {start} 起{length.zh}（日历 {deadline.calendar}）"
    en = f"by {rule}, {length.en} from {start} (calendar {deadline.calendar})"
    if deadline.provisional:
        zh, en = f"{zh}，所跨年份的放假安排未公布，暂定", f"{en}, provisional: a year is not announced"
    if deadline.cause is not None:
        zh, en = (
            f"{zh}，因{label(deadline.cause)}超时",
            f"{en}, since {label(deadline.cause, 'en')} was missed",
        )
    if ended is None:
        return Clock(
            deadline=deadline, state="running", reason=Name(zh=f"{zh}；仍在计时", en=f"{en}; running")
        )
    word = event_word(ended.by.body.type)
    told = {
        "met": Name(zh=f"按时完成（{word.zh}）", en=f"met ({word.en})"),
        "missed": Name(zh=f"已超时（{word.zh}）", en=f"missed ({word.en})"),
        "replaced": Name(zh=f"由新的时限接替（{word.zh}）", en=f"replaced by a new one ({word.en})"),
        "passed": Name(zh=f"时间已到（{word.zh}）", en=f"its time came ({word.en})"),
        "suspended": Name(zh=f"随主件办理（{word.zh}）", en=f"handled with the parent ({word.en})"),
        "stands": Name(
            zh=f"案件已结，此前仍可提出（{word.zh}）",
            en=f"the case is closed, it can still be asked ({word.en})",
        ),
        "dropped": Name(zh=f"不再需要（{word.zh}）", en=f"not needed any more ({word.en})"),
    }[ended.state]
    return Clock(
        deadline=deadline,
        state=ended.state,
        reason=Name(zh=f"{zh}；{told.zh}", en=f"{en}; {told.en}"),
        ended_by=ended.by.version,
    )


def promised(found: Iterable[Clock]) -> Name | None:
    """What the resident was promised last about the time."""
    promises = [clock.deadline.promise for clock in found if clock.deadline.promise is not None]
    return promises[-1] if promises else None
