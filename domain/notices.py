"""Notices (通知): how pressing each is, in which words it is told, and what a delivery asks of the world.

    event ─▶ told to a body ─▶ inbox                          always: the console's own channel, which is the notice
                            └▶ outbox, one row for each outlet ─▶ gathered ─▶ delivered: e-mail, webhook, group robot

A notice that leaves the house holds a case's number, its state, its next deadline and a link, and nothing else. Of an
event that has no word of its own here, ``ANY_NEWS`` is told.
"""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field, NonNegativeInt, PositiveInt

from domain.base import Frozen
from domain.jurisdiction import Name
from domain.words import State, Urgency

GATHER = "gather_notices"
DELIVER = "deliver_notice"
COMPOSE = "compose_digests"

DIGEST = "digest"
"""The cause of a digest's row, where others have the type of an event."""


class Kind(Frozen):
    """How a notice of one kind is told. ``priority``: 1 is the most urgent of 5, as Temporal has it; of an ordinary case.

    ``folds``: it waits a little, so that many to the same recipient become one notice. ``waits``: not in quiet hours.
    """

    name: Name
    priority: int = Field(default=3, ge=1, le=5)
    folds: bool = False
    waits: bool = False


def _kind(zh: str, en: str, priority: int = 3, *, folds: bool = False, waits: bool = False) -> Kind:
    return Kind(name=Name(zh=zh, en=en), priority=priority, folds=folds, waits=waits)


ANY_NEWS = _kind("案件有新情况", "there is news")
KINDS: dict[str, Kind] = {
    "alerted": _kind("告警：超时且已无上级可督办", "alert: late, and nobody stands above", 2),
    "escalated": _kind("逐级督办：下级超时", "escalated: late below", 2),
    "exception_raised": _kind("异常，须有人处理", "an exception that somebody has to mend", 2),
    "oversight_added": _kind("已被督办", "overseen", 2),
    "deadline_missed": _kind("已超时", "a deadline was missed", 3, folds=True),
    "ruling_opened": _kind("争议待裁定", "a dispute to rule on", 3),
    "designated": _kind("已指定主办", "a lead was designated", 3),
    "appeal_requested": _kind("请求复查复核", "a review was asked for", 3),
    "whistled": _kind("吹哨，请报到", "whistled: report in", 3),
    "proposed": _kind("拟派，待签收", "proposed: to be signed", 3),
    "return_requested": _kind("退回，待签收", "handed back: to be signed", 3),
    "objected": _kind("异议，待答复", "an objection to answer", 3),
    "resolved": _kind("已办结，待审核", "resolved: to be reviewed", 3),
    "registered": _kind("新登记，待派", "registered: to be dispatched", 3),
    "nudged": _kind("催办：时限将至", "nudged: the deadline comes near", 4, folds=True, waits=True),
    DIGEST: _kind("每日督办摘要", "the supervisor's digest of the day", 5),
}


def priority(cause: str, urgency: Urgency) -> int:
    """How pressing a notice is, of 1 to 5: by what it tells, and one step before where the case is urgent."""
    base = kind(cause).priority
    return base if urgency is Urgency.NORMAL else max(1, base - 1)


def kind(cause: str) -> Kind:
    """How a notice of that cause is told."""
    return KINDS.get(cause, ANY_NEWS)


STATES: dict[State, str] = {
    State.TRIAGE: "待派",
    State.PROPOSED: "待签收",
    State.OBJECTED: "异议待答复",
    State.WORKING: "办理中",
    State.RETURNING: "退回待签收",
    State.RULING: "待裁定",
    State.APPEAL: "复查复核中",
    State.SHELVED: "挂账中",
    State.RESOLVED: "待审核",
    State.AWAITING_VERDICT: "待评价",
    State.JUDGED: "待结案",
    State.MERGED: "已并入主件",
    State.ENDED: "已终结",
}
"""The states as a notice says them; the console's words, which a test holds equal."""


class Gather(Frozen):
    """A request for messages that are due, waiting up to ``seconds`` for the first; not for those under way."""

    limit: PositiveInt
    seconds: NonNegativeInt
    under_way: tuple[UUID, ...] = ()


class Outgoing(Frozen):
    """A message to be delivered, how urgent it is, and to whom, so that no recipient waits for another's flood."""

    message: UUID
    priority: int = Field(ge=1, le=5)
    recipient: str


class Gathered(Frozen):
    """Messages that are due, the most urgent first and the recipients in turn; none if nothing came in time."""

    messages: tuple[Outgoing, ...] = ()


class Delivered(Frozen):
    """What became of a try: ``gone`` is a message of which nothing is left to send."""

    state: Literal["sent", "failed", "dead", "gone"]


class Composed(Frozen):
    """How many digests of which day were put in the outbox; no day where it is not worked."""

    digests: NonNegativeInt
    day: date | None = None
