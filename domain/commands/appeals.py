"""The instances of a petition: review, final review, and their decision."""

from typing import Literal

from domain.base import Instant
from domain.commands.shape import Command
from domain.words import AppealOutcome, Channel


class RequestReview(Command):
    """The resident asks the organ above the handling one for a review (请求复查).

    ``asked_at``: when he asked, where it was typed in later; the window is reckoned by it.
    """

    texts = frozenset({"ground"})

    type: Literal["request_review"] = "request_review"
    channel: Channel
    asked_at: Instant | None = None


class RequestFinalReview(Command):
    """The resident asks the organ above the reviewing one for the final review (请求复核)."""

    texts = frozenset({"ground"})

    type: Literal["request_final_review"] = "request_final_review"
    channel: Channel
    asked_at: Instant | None = None


class DecideAppeal(Command):
    """The organ decides the review or final review that was asked of it, and has delivered its opinion."""

    texts = frozenset({"finding", "reply", "ground"})

    type: Literal["decide_appeal"] = "decide_appeal"
    outcome: AppealOutcome
    delivered_at: Instant
    told_by: Channel


AppealCommand = RequestReview | RequestFinalReview | DecideAppeal
