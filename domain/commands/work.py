"""The work of the lead, and its review."""

from typing import Literal

from domain.base import Instant
from domain.commands.shape import Command
from domain.words import Channel, Contacted, Judgement, Solved, Step, Truth


class Start(Command):
    """The lead begins to work (开始办理)."""

    type: Literal["start"] = "start"


class RecordStep(Command):
    """Record what was done (办理记录). It resets no clock."""

    texts = frozenset({"note"})

    type: Literal["record_step"] = "record_step"
    step: Step
    channel: Channel | None = None


class Resolve(Command):
    """The lead reports the case resolved (办结): four answers, a finding, a public reply, evidence.

    On a petition it is the written opinion (处理意见书), with its judgement and when and how it was delivered.
    """

    texts = frozenset({"finding", "reply", "evidence"})

    type: Literal["resolve"] = "resolve"
    truth: Truth
    ours: bool
    contacted: Contacted
    solved: Solved
    judgement: Judgement | None = None
    delivered_at: Instant | None = None
    told_by: Channel | None = None


class Review(Command):
    """The reviewing body passes what was resolved, or sends it back (审核)."""

    type: Literal["review"] = "review"
    passed: bool


WorkCommand = Start | RecordStep | Resolve | Review
