"""Nothing is left out: every rule is shown refusing, every event evolves and reads back, every command has its rows."""

import importlib
import inspect
import itertools
import json
import pkgutil
import types
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ValidationError

import domain
from domain import events as e
from domain import evolve as evolving
from domain.actors import CLOCK
from domain.authority import WHO
from domain.base import Interval
from domain.commands import COMMAND, MODELS
from domain.decide import RULES, needs
from domain.errors import FactMissing, UnknownEvent
from domain.facts import Needs
from domain.personal import FREE_TEXT
from domain.rules import Rule, refusal
from tests import small
from tests.domain import laws_events
from tests.domain.telling import Story

NEVER_PRODUCED: dict[str, str] = {}
"""Rules that no story can produce, each with the reason why it stands nevertheless."""


_FIRST = datetime(2000, 1, 1)  # noqa: DTZ001 - Hypothesis wants naive bounds and adds the zone
_LAST = datetime(2099, 1, 1)  # noqa: DTZ001


def every_rule() -> dict[str, Rule]:
    modules = [
        importlib.import_module(f"domain.{found.name}") for found in pkgutil.iter_modules(domain.__path__)
    ]
    return {
        value.code: value for module in modules for value in vars(module).values() if isinstance(value, Rule)
    }


def every_refusal_shown() -> set[str]:
    here = Path(__file__).parent
    modules = [
        importlib.import_module(f"tests.domain.{path.stem}") for path in sorted(here.glob("test_rules_*.py"))
    ]
    marks = [getattr(value, "refuses", ()) for module in modules for value in vars(module).values()]
    return {code for mark in marks for code in mark}


def test_every_rule_is_shown_refusing() -> None:
    assert set(every_rule()) - set(NEVER_PRODUCED) == every_refusal_shown()


@pytest.mark.parametrize("code", sorted(every_rule()))
def test_a_refusal_says_rule_reason_and_next_step_in_both_languages(code: str) -> None:
    rule = every_rule()[code]
    said = refusal(rule)
    assert said.rule == code
    for text in (said.zh, said.next_zh):
        assert any("一" <= char <= "鿿" for char in text)
        assert text.endswith("。")
    for text in (said.en, said.next_en):
        assert text.isascii() or "“" in text
        assert text.endswith(".")


def test_rule_codes_are_unique() -> None:
    codes = [
        line.strip().strip('",')
        for path in Path(inspect.getfile(domain)).parent.glob("*.py")
        for before, line in _pairs(path.read_text(encoding="utf-8").splitlines())
        if before.endswith("= Rule(")
    ]
    assert len(codes) == len(set(codes)) == len(every_rule())


def _pairs(lines: list[str]) -> list[tuple[str, str]]:
    return list(itertools.pairwise(lines))


def test_every_command_has_its_row_among_the_rules_and_in_the_authority() -> None:
    assert set(RULES) == set(WHO) == set(MODELS) - {"register", "strike"}


def test_every_event_evolves() -> None:
    bodies = set(e.EventBody.__subclasses__())
    assert set(evolving._TABLE) == bodies - {e.Registered}
    assert {body.model_fields["type"].default for body in bodies} == set(e.SCHEMAS)
    assert set(get_args(get_args(e.AnyEvent)[0])) == bodies


def test_every_schema_below_the_newest_has_its_upcaster() -> None:
    assert set(e.UPCASTERS) == {
        (type_, old) for type_, newest in e.SCHEMAS.items() for old in range(1, newest)
    }


def test_free_texts_are_known_to_the_compartment() -> None:
    for model in MODELS.values():
        assert model.texts <= FREE_TEXT


def test_commands_and_events_have_no_field_for_free_text() -> None:
    for model in [*MODELS.values(), *e.EventBody.__subclasses__()]:
        assert not FREE_TEXT & set(model.model_fields), model


# ---------------------------------------------------------------- events read back
def strategy(annotation: Any, name: str = "") -> st.SearchStrategy[Any]:  # noqa: C901, PLR0911
    """Any value that the annotation admits."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        return st.one_of([st.none() if arg is type(None) else strategy(arg, name) for arg in args])
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple:
        return st.lists(strategy(args[0], name), max_size=3).map(tuple)
    if hasattr(annotation, "__metadata__"):
        return strategy(args[0], name)
    if annotation in {datetime, AwareDatetime}:
        return st.datetimes(timezones=st.just(UTC), min_value=_FIRST, max_value=_LAST)
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.integers(min_value=1, max_value=10**6)
    if annotation is UUID:
        return st.uuids()
    if annotation is str and name in {"digest", "mac"}:
        return st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
    if annotation is str:
        return st.from_regex(r"[0-9A-Za-z]{4,12}", fullmatch=True)
    if issubclass(annotation, StrEnum):
        return st.sampled_from(annotation)
    assert issubclass(annotation, BaseModel), annotation
    return built(annotation)


def built(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    fields = {
        name: strategy(field.annotation, name) for name, field in model.model_fields.items() if name != "type"
    }
    return st.builds(model, **fields)


@pytest.mark.parametrize("body_type", sorted(e.EventBody.__subclasses__(), key=lambda body: body.__name__))  # pyright: ignore[reportAttributeAccessIssue]
@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_every_event_reads_back_as_it_was_written(body_type: type[e.EventBody], data: st.DataObject) -> None:
    body: Any = data.draw(built(body_type))
    written = json.loads(body.model_dump_json(exclude={"type"}))
    assert e.read_event(body.type, body.schema_version, written) == body
    recorded = e.Recorded(
        id=UUID(int=1),
        case=UUID(int=2),
        version=1,
        at=small.START,
        command="c1",
        actor=CLOCK,
        facts=e.FactsUsed(pack="small", version=1),
        body=body,
    )
    laws_events.reads_back(recorded)


def test_what_cannot_be_read_is_said_and_never_guessed() -> None:
    good = {"deadline": "sign.1", "kind": "sign", "charged_to": "9901.dispatch"}
    e.read_event("deadline_missed", 1, good)
    for type_, schema, data in (
        ("nothing-of-ours", 1, good),
        ("deadline_missed", 2, good),
        ("deadline_missed", 0, good),
        ("deadline_missed", -1, good),
        ("deadline_missed", 1, {}),
        ("deadline_missed", 1, {**good, "name": "somebody"}),
        ("deadline_missed", 1, {**good, "kind": "lunch"}),
        ("signed", 1, good),
    ):
        with pytest.raises(UnknownEvent):
            e.read_event(type_, schema, data)


# ---------------------------------------------------------------- shapes
@pytest.mark.parametrize(
    "bad",
    [
        {"id": "王先生"},
        {"id": ""},
        {"id": "x" * 129},
        {"id": "a\x00b"},
        {"surprise": 1},
        {"expected_version": 0},
        {"to": "甲区房管局"},
        {"to": "x" * 65},
        {"done_at": "2026-03-02T09:00:00"},
        {"type": "dance"},
    ],
)
def test_a_command_of_another_shape_is_no_command(bad: dict[str, Any]) -> None:
    good = {"type": "propose", "id": "c1", "actor": small.CLERK.model_dump(), "to": small.HOUSING}
    COMMAND.validate_python(good)
    with pytest.raises(ValidationError):
        COMMAND.validate_python({**good, **bad})


def test_a_decision_that_reads_more_than_it_asked_for_is_a_fault() -> None:
    facts = small.facts_for(Needs())
    with pytest.raises(FactMissing, match="body"):
        facts.body(small.HOUSING)
    with pytest.raises(FactMissing, match="matter"):
        facts.matter(small.HOUSING_MATTER)
    assert facts.covers(Needs())
    assert not facts.covers(Needs(people=frozenset({"clerk-1"})))


def test_needs_name_everything_that_the_command_and_the_case_name() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose().object(small.OFFICE)
    wanted = needs(story.case, story.command("triage", small.CLERK, matter="other", place="9901"))
    assert {small.DISPATCH, small.WORKSTATION, small.HOUSING, small.OFFICE} <= wanted.bodies
    assert wanted.people == {"clerk-1"}
    assert wanted.matters == {small.HOUSING_MATTER, "other"}
    assert wanted.places == {"9901", small.COMMUNITY}


def test_an_interval_is_half_open() -> None:
    assert Interval(start=small.START, end=small.START).empty
    assert not Interval(start=small.LONG_AGO, end=small.START).empty


def test_instants_are_kept_in_utc_whatever_zone_they_come_in() -> None:
    event = Story().register().at("03-02 10:00").triage().events[-1]
    assert event.at.tzinfo is UTC
    assert event.at.hour == 2
