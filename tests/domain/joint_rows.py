"""The rows of test_rules_authority.py for joint work: how the case comes there, at which body, under which hats."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests import small
from tests.domain.telling import Story

ANYBODY = "clerk caseworker head"
WORKERS = "caseworker head"
CONVENERS = "head supervisor"
CALLED = {"called": (small.CIVIL_AFFAIRS,)}
UNDER = {"contract": small.LIFT_CONTRACT}
REACHED = {**UNDER, "milestone": "inspected"}
SCORES = {"promptness": "4", "cooperation": "5", "clarity": "3"}
REFUSED = {"refusal": "no_capacity"}
TASK = {"funding": "budget", "until": small.START + timedelta(days=9)}


def working(story: Story) -> Story:
    """HOUSING leads."""
    return story.working()


def asked(story: Story) -> Story:
    """A community is asked to assist the department that leads its low-income cases."""
    story.working(small.CIVIL_AFFAIRS, small.PUSHED_DOWN_MATTER)
    return story.does("ask_assistance", small.CIVIL_WORKER, asked=small.COMMITTEE, **TASK)


def assisting(story: Story) -> Story:
    """It assists."""
    return asked(story).does("accept_assistance", small.COMMITTEE_WORKER)


def whistle_asked(story: Story) -> Story:
    """A community has asked its street to whistle."""
    return story.working().does("ask_whistle", small.COMMITTEE_HEAD, **CALLED)


def whistled(story: Story) -> Story:
    """The street has whistled."""
    return story.working().does("whistle", small.OFFICE_HEAD, **CALLED)


def reported(story: Story) -> Story:
    """Who was called has come."""
    return whistled(story).does("report_in", small.CIVIL_WORKER, step="site_visit")


def commissioned(story: Story) -> Story:
    """A provider works for HOUSING."""
    return story.working().does("commission", small.HOUSING_WORKER, **UNDER)


def milestone(story: Story) -> Story:
    """It has reached a milestone."""
    return commissioned(story).does("record_milestone", small.LIFTS_WORKER, **REACHED)


def questioned(story: Story) -> Story:
    """It was asked how its task stands: the fifth event of the case."""
    return commissioned(story).does("ask_provider", small.HOUSING_WORKER, **UNDER)


Row = tuple[str, Callable[[Story], Story], str, str, dict[str, Any]]
ROWS: tuple[Row, ...] = (
    ("record_step", assisting, small.COMMITTEE, ANYBODY, {"step": "note"}),
    ("record_step", reported, small.CIVIL_AFFAIRS, ANYBODY, {"step": "note"}),
    ("ask_assistance", working, small.HOUSING, ANYBODY, {"asked": small.OFFICE}),
    ("ask_assistance", working, small.DISPATCH, ANYBODY, {"asked": small.OFFICE}),
    ("accept_assistance", asked, small.COMMITTEE, ANYBODY, {}),
    ("refuse_assistance", asked, small.COMMITTEE, ANYBODY, REFUSED),
    ("finish_assistance", assisting, small.COMMITTEE, ANYBODY, {}),
    ("release_assistance", assisting, small.CIVIL_AFFAIRS, ANYBODY, {"asked": small.COMMITTEE}),
    ("ask_whistle", working, small.COMMITTEE, ANYBODY, CALLED),
    ("decline_whistle", whistle_asked, small.OFFICE, CONVENERS, {}),
    ("whistle", working, small.OFFICE, CONVENERS, CALLED),
    ("report_in", whistled, small.CIVIL_AFFAIRS, ANYBODY, {"step": "site_visit"}),
    ("stand_down", whistled, small.OFFICE, CONVENERS, CALLED),
    (
        "score",
        reported,
        small.OFFICE,
        "head supervisor caseworker",
        {"scored": small.CIVIL_AFFAIRS, **SCORES},
    ),
    (
        "score",
        reported,
        small.CIVIL_AFFAIRS,
        "head supervisor caseworker",
        {"scored": small.OFFICE, **SCORES},
    ),
    ("commission", working, small.HOUSING, WORKERS, UNDER),
    ("record_milestone", commissioned, small.LIFTS, WORKERS, REACHED),
    ("record_milestone", commissioned, small.HOUSING, WORKERS, REACHED),
    ("accept_milestone", milestone, small.HOUSING, WORKERS, REACHED),
    ("end_commission", commissioned, small.HOUSING, WORKERS, UNDER),
    ("ask_provider", commissioned, small.HOUSING, WORKERS, UNDER),
    ("answer_as_provider", questioned, small.LIFTS, WORKERS, {"link": "link.5", "answer": "done"}),
)

RELATED = (small.COMMITTEE, small.CIVIL_AFFAIRS)
"""Bodies that have a part in some of these stories, and stand for no stranger in any."""
STRANGER = small.POOR_HOUSING


IN: dict[str, int] = dict.fromkeys(
    ["ask_assistance", "ask_whistle", "whistle", "commission"],
    6,
)
"""Of the states in their order, up to which of them the command may be given; the rest: in every open state."""
EVER = ("score", "answer_as_provider")
NOT_HANDLED = "joint.not-handled"
