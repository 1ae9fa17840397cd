"""What the tables share: the shape of a change, and the clocks that an event stops and starts."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from domain.case import Case
from domain.deadlines import Deadline
from domain.events import EventBody, Recorded
from domain.words import DeadlineKind, Ending

Change = dict[str, Any]
"""The fields of a case that an event changes, with their new values."""

Table = Mapping[type[EventBody], Callable[[Case, Any, Recorded], Change]]
"""For each event what it does to a case."""

HAND_OFF = (
    DeadlineKind.SIGN,
    DeadlineKind.ANSWER_OBJECTION,
    DeadlineKind.SIGN_RETURN,
    DeadlineKind.ACKNOWLEDGE,
    DeadlineKind.FIRST_CONTACT,
    DeadlineKind.CONSENT,
)
"""The clocks that fall away when the lead moves or is about to."""
ALL_CLOCKS = tuple(DeadlineKind)


def clocks(case: Case, *kinds: DeadlineKind, add: Iterable[Deadline | None] = ()) -> Change:
    """Stops the clocks of these kinds and the ladders that they started; sets those in ``add``."""
    stopped = frozenset(kinds)
    return {
        "deadlines": (
            *(d for d in case.deadlines if d.kind not in stopped and d.cause not in stopped),
            *(d for d in add if d is not None),
        ),
        "rungs": tuple(rung for rung in case.rungs if rung.cause not in stopped),
    }


def clock_of(
    case: Case, body: str | None, *kinds: DeadlineKind, add: Iterable[Deadline | None] = ()
) -> Change:
    """As ``clocks``, for the clocks of one body alone."""
    stopped = frozenset(kinds)
    return {
        "deadlines": (
            *(d for d in case.deadlines if d.body != body or not stopped & {d.kind, d.cause}),
            *(d for d in add if d is not None),
        ),
        "rungs": tuple(rung for rung in case.rungs if rung.about != body or rung.cause not in stopped),
    }


def plus(old: tuple[str, ...], new: str | None) -> tuple[str, ...]:
    """``old`` with ``new`` at its end, unless it is there already or None."""
    return old if new is None or new in old else (*old, new)


def stops_assisting(case: Case, lead: str) -> Case:
    """The case with nothing asked of, or given by, the body that becomes its lead: it answers for all of it now."""
    kinds = (DeadlineKind.ANSWER_ASSISTANCE, DeadlineKind.ASSISTANCE_END)
    over = tuple(each.over() if each.body == lead else each for each in case.assistances)
    return case.model_copy(update={"assistances": over, **clock_of(case, lead, *kinds)})


def ended(case: Case, r: Recorded, ending: Ending) -> Change:
    """The episode is over: every clock stops, whatever was pending falls away."""
    return {
        "ending": ending,
        "ended_at": r.at,
        "proposal": None,
        "return_request": None,
        "ruling": None,
        "appeal": None,
        "shelving_request": None,
        "shelving": None,
        "merged": None,
        "exceptions": (),
        "troubles": (),
        "assistances": tuple(each.over() for each in case.assistances),
        "calls": tuple(each.over() for each in case.calls),
        "commissions": tuple(each.over() for each in case.commissions),
        "whistle_asks": (),
        **clocks(case, *ALL_CLOCKS),
    }
