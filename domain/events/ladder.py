"""What the clock did when a deadline passed, and oversight."""

from typing import Literal

from pydantic import PositiveInt

from domain.base import BodyId, Instant
from domain.deadlines import Deadline
from domain.events.shape import EventBody
from domain.personal import PersonalRef
from domain.words import DeadlineKind, Exceptional


class OversightAdded(EventBody):
    """A body above has its eye on the case. The lead stays where it is."""

    type: Literal["oversight_added"] = "oversight_added"
    body: BodyId
    cause: Literal["by_hand", "unsatisfied_again"]
    personal: PersonalRef | None = None


class DeadlineMissed(EventBody):
    """A deadline passed. ``charged_to`` is the body whose time it was."""

    type: Literal["deadline_missed"] = "deadline_missed"
    deadline: str
    kind: DeadlineKind
    charged_to: BodyId


class Escalated(EventBody):
    """A missed deadline was carried one rung up: that body oversees now. No blame moves (design.md §3.7).

    ``about`` is the body whose own clock it was, where several have one of the same kind.
    """

    type: Literal["escalated"] = "escalated"
    cause: DeadlineKind
    to: BodyId
    deadline: Deadline
    about: BodyId | None = None


class Alerted(EventBody):
    """There is no higher rung: the top one is alerted, and will be again.

    It is alerted once of the clock of one body (``about``) among several: the case's own clocks go on alerting.
    """

    type: Literal["alerted"] = "alerted"
    cause: DeadlineKind
    body: BodyId
    deadline: Deadline | None
    about: BodyId | None = None


class ExceptionRaised(EventBody):
    """Something is missing in the organisation; ``body`` is where. It changes no charge."""

    type: Literal["exception_raised"] = "exception_raised"
    kind: Exceptional
    body: BodyId


class Nudged(EventBody):
    """The body whose time it is was reminded (催办) with ``percent`` of it gone; ``due``: when it is up. Nothing changes."""

    type: Literal["nudged"] = "nudged"
    deadline: str
    kind: DeadlineKind
    to: BodyId
    percent: PositiveInt
    due: Instant


class Rebased(EventBody):
    """A running deadline was reckoned anew: ``before`` and ``deadline`` are the same clock, then and now.

    ``announced``: a year that it runs through was announced. ``by_hand``: by today's rule and calendar; ``personal`` holds
    why.
    """

    type: Literal["rebased"] = "rebased"
    cause: Literal["announced", "by_hand"]
    before: Deadline
    deadline: Deadline
    personal: PersonalRef | None


LadderEvent = OversightAdded | DeadlineMissed | Escalated | Alerted | ExceptionRaised | Nudged | Rebased
