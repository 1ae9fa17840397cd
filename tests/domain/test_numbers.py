"""Case numbers and ids: what the telephone garbles is caught (design.md §6)."""

from math import log2
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.numbers import (
    ALPHABET,
    case_id,
    draw_number,
    draw_receipt,
    event_id,
    parse_number,
    parse_receipt,
    workflow_id,
)

digits = st.lists(st.integers(min_value=0, max_value=len(ALPHABET) - 1), min_size=7, max_size=7)


def number(payload: list[int]) -> str:
    left = list(payload)
    return draw_number(lambda _: left.pop(0))


def test_no_look_alikes() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 30
    assert not set(ALPHABET) & set("01OILU")


@given(digits)
def test_a_drawn_number_is_read_in_whatever_way_it_is_typed(payload: list[int]) -> None:
    drawn = number(payload)
    assert len(drawn) == 9
    assert drawn[4] == "-"
    for typed in (
        drawn,
        drawn.lower(),
        drawn.replace("-", ""),
        f" {drawn[:2]} {drawn[2:]}\n",
        drawn.replace("-", " "),
    ):
        assert parse_number(typed) == drawn


@given(digits, st.integers(min_value=0, max_value=7), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_caught(payload: list[int], where: int, other: str) -> None:
    whole = number(payload).replace("-", "")
    garbled = whole[:where] + other + whole[where + 1 :]
    assert (parse_number(garbled) is None) == (garbled != whole)


@given(st.randoms(use_true_random=False), st.integers(min_value=0, max_value=19), st.sampled_from(ALPHABET))
def test_a_receipt_can_be_read_over_the_telephone(random: Random, where: int, other: str) -> None:
    drawn = draw_receipt(random.randrange)
    assert [len(group) for group in drawn.split("-")] == [4] * 5
    assert log2(len(ALPHABET)) * 19 > 80
    for typed in (drawn.lower(), drawn.replace("-", ""), drawn.replace("-", " ")):
        assert parse_receipt(typed) == drawn
    whole = drawn.replace("-", "")
    garbled = whole[:where] + other + whole[where + 1 :]
    assert (parse_receipt(garbled) is None) == (garbled != whole)
    assert parse_number(drawn) is None


def test_nearly_every_swap_of_neighbours_is_caught() -> None:
    swapped = missed = 0
    for first in range(30):
        for second in range(30):
            for where in range(7):
                payload = [7, 3, 11, 29, 0, 5, 17]
                payload[where] = first
                if where < 6:
                    payload[where + 1] = second
                whole = number(payload).replace("-", "")
                other = whole[:where] + whole[where + 1] + whole[where] + whole[where + 2 :]
                swapped += other != whole
                missed += other != whole and parse_number(other) is not None
    assert swapped > 5000
    assert missed / swapped < 0.005


def test_what_cannot_be_a_number_is_none() -> None:
    good = number([0] * 7)
    for text in (
        "",
        "-",
        good[:-1],
        good + "2",
        good.replace("2", "0", 1),
        "案件一二三四五六",
        good + "\x00",
        "K7M2-9QXO",
    ):
        assert parse_number(text) is None


@given(
    st.lists(st.lists(st.integers(0, 29), min_size=7, max_size=7), min_size=2, max_size=2, unique_by=tuple)
)
def test_different_draws_are_different_numbers(two: list[list[int]]) -> None:
    assert number(two[0]) != number(two[1])


def test_ids_follow_from_what_they_name() -> None:
    assert case_id("c1") == case_id("c1") != case_id("c2")
    assert workflow_id(UUID(int=5)) == "case-00000000-0000-0000-0000-000000000005"
    case = case_id("c1")
    ids = {event_id(case, version, command) for version in (1, 2) for command in ("a", "b")}
    assert len(ids) == 4
    assert event_id(case, 1, "a") in ids
