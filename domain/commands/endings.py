"""Verdict, endings and a new episode."""

from typing import Literal

from domain.commands.shape import Command
from domain.words import Channel, NotAcceptedGround, Satisfaction, Way


class RecordVerdict(Command):
    """The resident's verdict (评价): response, resolution, satisfaction, and by which channel."""

    type: Literal["record_verdict"] = "record_verdict"
    response: bool
    resolution: bool
    satisfaction: Satisfaction
    channel: Channel


class Close(Command):
    """The reviewing body closes the case (结案)."""

    type: Literal["close"] = "close"


class Reopen(Command):
    """Open an ended case again: a new episode (重办)."""

    texts = frozenset({"ground"})

    type: Literal["reopen"] = "reopen"
    channel: Channel


class Withdraw(Command):
    """The resident takes the issue back, or it is recorded that he asked to (撤回)."""

    type: Literal["withdraw"] = "withdraw"
    channel: Channel


class NotAccept(Command):
    """Do not accept the case, on a ground from the closed list (不予受理)."""

    texts = frozenset({"reply"})

    type: Literal["not_accept"] = "not_accept"
    ground_code: NotAcceptedGround
    told_by: Channel


class Redirect(Command):
    """Redirect the case to the way that the law opens for it, on a ground from the closed list (引导至法定途径)."""

    texts = frozenset({"reply"})

    type: Literal["redirect"] = "redirect"
    way: Way
    told_by: Channel


EndingCommand = RecordVerdict | Close | Reopen | Withdraw | NotAccept | Redirect
