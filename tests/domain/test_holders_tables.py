"""The responsibility ledger against tables written by hand (design.md §2, §3.1).

Each row: answering body | charge | charged to | from | to. The stories are told in stories.py. Beside the tables:
an answer as of any instant agrees with the whole list, and the whole list is cut where the instant is.
"""

import functools
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.evolve import fold
from domain.holders import Held, holding, known, tile
from domain.words import Charge
from tests import small
from tests.domain.stories import TWELVE, outage, reopened
from tests.domain.tables import table, written
from tests.domain.telling import Story, local

TABLES = {
    "plain": """
        dispatch | triage           | dispatch | 03-02 09:00 | 03-02 10:30
        dispatch | in transit       | housing  | 03-02 10:30 | 03-02 14:00
        housing  | working          | housing  | 03-02 14:00 | 03-03 16:00
        housing  | under review     | dispatch | 03-03 16:00 | 03-04 09:00
        housing  | awaiting verdict | dispatch | 03-04 09:00 | 03-05 20:00
        housing  | under review     | dispatch | 03-05 20:00 | 03-06 09:00
    """,
    "waiting_in_triage": """
        dispatch | triage | dispatch | 03-02 09:00 | 03-04 09:00
    """,
    "objection_accepted": """
        dispatch | triage     | dispatch      | 03-02 09:00 | 03-02 10:00
        dispatch | in transit | civil affairs | 03-02 10:00 | 03-03 09:00
        dispatch | triage     | dispatch      | 03-03 09:00 | 03-03 09:30
        dispatch | in transit | housing       | 03-03 09:30 | 03-03 11:00
        housing  | working    | housing       | 03-03 11:00 | 03-03 18:00
    """,
    "objection_contested": """
        dispatch      | triage       | dispatch      | 03-02 09:00 | 03-02 10:00
        dispatch      | in transit   | housing       | 03-02 10:00 | 03-02 15:00
        dispatch      | in dispute   | district      | 03-02 15:00 | 03-03 10:00
        civil affairs | working      | civil affairs | 03-03 10:00 | 03-04 12:00
        civil affairs | under review | dispatch      | 03-04 12:00 | 03-04 13:00
    """,
    "return_signed": """
        dispatch      | in transit | housing       | 03-02 09:00 | 03-02 11:00
        housing       | working    | housing       | 03-02 11:00 | 03-03 09:00
        housing       | in transit | dispatch      | 03-03 09:00 | 03-03 15:00
        dispatch      | triage     | dispatch      | 03-03 15:00 | 03-03 16:00
        dispatch      | in transit | civil affairs | 03-03 16:00 | 03-03 17:00
        civil affairs | working    | civil affairs | 03-03 17:00 | 03-03 18:00
    """,
    "return_refused": """
        dispatch | in transit | housing  | 03-02 09:00 | 03-02 11:00
        housing  | working    | housing  | 03-02 11:00 | 03-03 09:00
        housing  | in transit | dispatch | 03-03 09:00 | 03-03 15:00
        housing  | in dispute | district | 03-03 15:00 | 03-04 08:00
        housing  | working    | housing  | 03-04 08:00 | 03-04 10:00
    """,
    "deemed_signed_by_relay": """
        dispatch | triage     | dispatch | 03-05 18:00 | 03-05 19:00
        dispatch | in transit | water    | 03-05 19:00 | 03-06 19:00
        water    | working    | water    | 03-06 19:00 | 03-07 09:00
    """,
    "lapsed_at_an_empty_desk": """
        dispatch | triage     | dispatch | 03-10 09:00 | 03-10 10:00
        dispatch | in transit | water    | 03-10 10:00 | 03-11 10:00
        dispatch | triage     | dispatch | 03-11 10:00 | 03-11 12:00
        dispatch | in transit | housing  | 03-11 12:00 | 03-11 13:00
        housing  | working    | housing  | 03-11 13:00 | 03-11 14:00
    """,
    "outage": """
        dispatch | triage     | dispatch | 03-02 09:00 | 03-02 10:00
        dispatch | in transit | housing  | 03-02 10:00 | 03-03 10:00
        housing  | working    | housing  | 03-03 10:00 | 03-03 12:00
    """,
    "unsatisfied_once": """
        housing | working          | housing  | 03-02 09:00 | 03-03 09:00
        housing | under review     | dispatch | 03-03 09:00 | 03-03 10:00
        housing | awaiting verdict | dispatch | 03-03 10:00 | 03-04 09:00
        housing | working          | housing  | 03-04 09:00 | 03-05 09:00
        housing | under review     | dispatch | 03-05 09:00 | 03-05 10:00
        housing | awaiting verdict | dispatch | 03-05 10:00 | 03-05 20:00
        housing | under review     | dispatch | 03-05 20:00 | 03-06 09:00
    """,
    "reopened": """
        housing | working          | housing  | 03-02 09:00 | 03-03 09:00
        housing | under review     | dispatch | 03-03 09:00 | 03-03 10:00
        housing | awaiting verdict | dispatch | 03-03 10:00 | 03-03 12:00
        housing | under review     | dispatch | 03-03 12:00 | 03-04 09:00
        housing | working          | housing  | 03-09 09:00 | 03-10 09:00
        housing | under review     | dispatch | 03-10 09:00 | 03-10 10:00
        housing | awaiting verdict | dispatch | 03-10 10:00 | 03-17 10:00
        housing | under review     | dispatch | 03-17 10:00 | 03-17 12:00
    """,
    "answered_at_intake": """
        dispatch | triage           | dispatch | 03-02 09:00 | 03-02 09:30
        dispatch | awaiting verdict | dispatch | 03-02 09:30 | 03-09 09:30
    """,
}


@functools.cache
def told(name: str) -> Story:
    return TWELVE[name]()


@pytest.mark.parametrize("name", TWELVE)
def test_the_ledger_is_the_table_written_by_hand(name: str) -> None:
    assert table(told(name).holders()) == written(TABLES[name])


def _at_one_instant(story: Story, at: datetime) -> tuple[str, Charge, str | None] | None:
    case = fold(known(story.events, at, None))
    now = holding(case) if case else None
    return (now.answering, now.charge, now.charged_to) if now else None


def _in_the_list(intervals: list[Held], at: datetime) -> tuple[str, Charge, str | None] | None:
    found = [row for row in intervals if row.start <= at < row.end]
    assert len(found) <= 1, "two intervals hold one instant"
    return (found[0].answering, found[0].charge, found[0].charged_to) if found else None


def _cut(
    intervals: list[Held], at: datetime
) -> list[tuple[int, str, Charge, str | None, datetime, datetime]]:
    return [
        (row.episode, row.answering, row.charge, row.charged_to, row.start, min(row.end, at))
        for row in intervals
        if row.start < at
    ]


def _agrees(story: Story, at: datetime) -> None:
    whole = story.holders(story.now + timedelta(days=400))
    assert _at_one_instant(story, at) == _in_the_list(whole, at)
    assert _cut(tile(story.events, at), at) == _cut(whole, at)


@given(name=st.sampled_from(sorted(TWELVE)), seconds=st.integers(min_value=-3600, max_value=40 * 86_400))
@settings(max_examples=150, deadline=None)
def test_as_of_any_instant_agrees_with_the_whole_list(name: str, seconds: int) -> None:
    _agrees(told(name), small.START + timedelta(seconds=seconds))


@pytest.mark.parametrize("name", TWELVE)
def test_as_of_every_boundary_agrees_with_the_whole_list(name: str) -> None:
    for event in told(name).events:
        for nudge in (timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1)):
            _agrees(told(name), event.at + nudge)


def test_an_outage_moves_no_responsibility_but_the_record_shows_when_it_was_known() -> None:
    story = outage()
    deemed = next(event for event in story.events if event.body.type == "deemed_signed")
    assert deemed.at == local("03-03 10:00")
    assert deemed.recorded_at == local("03-03 10:40")
    asked = local("03-03 10:20")
    before, after = local("03-03 10:30"), local("03-03 10:50")
    assert table(tile(known(story.events, asked, before), asked))[-1] == (
        "dispatch",
        "in transit",
        "housing",
        "03-02 10:00",
        "03-03 10:20",
    )
    assert table(tile(known(story.events, asked, after), asked))[-1] == (
        "housing",
        "working",
        "housing",
        "03-03 10:00",
        "03-03 10:20",
    )


def test_the_gap_between_episodes_is_charged_to_nobody() -> None:
    story = reopened()
    assert _at_one_instant(story, local("03-06 12:00")) is None
    intervals = story.holders()
    assert {row.episode for row in intervals} == {1, 2}
    first, second = ([row for row in intervals if row.episode == number] for number in (1, 2))
    assert sum(row.seconds for row in first) == 48 * 3600
    assert sum(row.seconds for row in second) == (8 * 24 + 3) * 3600


def test_equal_neighbours_are_one_interval_with_the_first_opening_and_the_last_closing() -> None:
    story = Story().working().at("03-02 12:00")
    story.does("oversee", small.DISTRICT_SUPERVISOR).step().at("03-02 13:00").resolve()
    (working, _) = story.at("03-02 14:00").holders()
    assert (working.opened_by.type, working.closed_by and working.closed_by.type) == ("signed", "resolved")


def test_nothing_is_held_before_registration_or_at_the_instant_of_it() -> None:
    story = Story().register().wait(hours=1)
    assert tile(story.events, small.START - timedelta(hours=1)) == []
    assert tile(story.events, small.START) == []
    assert len(tile(story.events, small.START + timedelta(microseconds=1))) == 1
