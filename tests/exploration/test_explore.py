"""The real rules, explored to a small bound; ``make explore`` goes all the way (tests/exploration/explore.py)."""

import pytest

from domain import events as e
from domain.decide import RULES
from domain.evolve import _TABLE  # pyright: ignore[reportPrivateUsage] - a bug is planted in it
from tests.exploration import explore as x

BOUND = 500


@pytest.fixture(scope="module")
def found() -> x.Explored:
    return x.explore(x.SMALL_WORLD, states=BOUND, watch=x.somebody_answers)


def test_every_state_has_a_way_out_that_is_earned(found: x.Explored) -> None:
    assert len(found.edges) == BOUND
    assert x.without_a_way_out(found) == []


def test_by_the_clock_alone_a_case_ends_or_goes_on_alarming(found: x.Explored) -> None:
    assert x.silent_for_ever(found) == []


def test_cases_of_one_shape_allow_the_same_to_the_same_people(found: x.Explored) -> None:
    assert len(found.twins) > 20
    assert x.differing_twins(found, x.SMALL_WORLD) == []


def test_the_picture_in_the_docs_is_what_was_found(found: x.Explored) -> None:
    picture = x.in_the_page(x.LIFECYCLE.read_text(encoding="utf-8")).splitlines()
    arrows = {
        line.split(" : ")[0].strip(): set(line.split(" : ")[1].split(", "))
        for line in picture
        if " : " in line
    }
    for (here, then), labels in x.lifecycle(found).items():
        missing = labels - arrows.get(f"{here} --> {then}", set())
        assert not missing, f"{here} --> {then} by {missing} is not drawn: make explore"
    drawn = {label for labels in arrows.values() for label in labels} - {"register", "clock"}
    assert drawn <= set(RULES), "the picture knows commands that are none"


# ---------------------------------------------------------------- it notices
def test_it_notices_a_case_that_waits_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    right = _TABLE[e.Proposed]
    monkeypatch.setitem(_TABLE, e.Proposed, lambda *given: {**right(*given), "deadlines": ()})  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="silence"):
        x.explore(x.SMALL_WORLD, states=30, watch=x.somebody_answers)


def test_it_notices_that_there_is_no_way_out() -> None:
    blocked = x.SMALL_WORLD._replace(without=frozenset(RULES) - {"withdraw", "triage"})
    found = x.explore(blocked, states=300)
    assert found.frontier == frozenset(), "so small a world is explored to its end"
    assert x.without_a_way_out(found)


def test_it_notices_that_the_clock_falls_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    found = x.explore(x.SMALL_WORLD._replace(without=frozenset(RULES)), states=300)
    assert x.silent_for_ever(found) == []
    for edges in found.edges.values():
        edges[:] = [edge._replace(events=("escalated",)) for edge in edges]
    assert x.silent_for_ever(found)


def test_it_notices_that_two_cases_are_called_one_and_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x, "_NAMES", x._NAMES | {"started"})  # pyright: ignore[reportPrivateUsage]
    found = x.explore(x.SMALL_WORLD, states=200)
    assert x.differing_twins(found, x.SMALL_WORLD)
