"""What of domain/ may change under running cases and what may not, measured on the saved histories.

A replay decides every command again, by the rules as they are now. What the first run did stands in its history: the
calls, their order and their answers. So a change of the rules is harmless as long as the same calls are made.
"""

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from domain import decide as rules
from domain import events as e
from domain.case import Case
from domain.commands import AnyCommand, Sign, Start
from domain.decision import Decision, refuse
from domain.facts import Facts, Needs
from tests import small
from tests.replay.saved import HISTORIES, events, opened, read, replayer

STRAIGHT = HISTORIES / "straight_to_closing.01.json"
Decide = Callable[[Case | None, AnyCommand, Facts, datetime], Decision]


def _deciding(monkeypatch: pytest.MonkeyPatch, changed: Callable[[Decide], Decide]) -> None:
    monkeypatch.setattr("workflows.case_workflow.decide", changed(rules.decide))


async def _replays(text: str | None = None) -> bool:
    replay = replayer().replay_workflow(
        read(text) if text else opened(STRAIGHT), raise_on_replay_failure=False
    )
    return (await replay).replay_failure is None


# ---------------------------------------------------------------- rules


async def test_another_length_of_a_window_may_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is pinned in the event as the ledger has it, and a timer's length is not compared."""

    def longer(decide: Decide) -> Decide:
        def decided(case: Case | None, command: AnyCommand, facts: Facts, at: datetime) -> Decision:
            limits = {
                procedure: {
                    kind: length.model_copy(update={"amount": length.amount + 5})
                    for kind, length in kinds.items()
                }
                for procedure, kinds in facts.policy.limits.items()
            }
            policy = facts.policy.model_copy(update={"limits": limits})
            return decide(case, command, facts.model_copy(update={"policy": policy}), at)

        return decided

    _deciding(monkeypatch, longer)
    assert await _replays()


async def test_other_words_of_a_refusal_may_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was answered stands in the history."""

    def reworded(decide: Decide) -> Decide:
        def decided(case: Case | None, command: AnyCommand, facts: Facts, at: datetime) -> Decision:
            decision = decide(case, command, facts, at)
            if decision.refusal is None:
                return decision
            return Decision(
                events=decision.events, refusal=decision.refusal.model_copy(update={"zh": "另一种说法。"})
            )

        return decided

    _deciding(monkeypatch, reworded)
    refused = HISTORIES / "refused_and_repeated.01.json"
    await replayer().replay_workflow(opened(refused))


async def test_a_command_that_causes_one_event_more_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def noisier(decide: Decide) -> Decide:
        def decided(case: Case | None, command: AnyCommand, facts: Facts, at: datetime) -> Decision:
            decision = decide(case, command, facts, at)
            if not isinstance(command, Start):
                return decision
            more = e.OversightAdded(body=small.GOVERNMENT, cause="by_hand", personal=None)
            return Decision(events=(*decision.events, more))

        return decided

    _deciding(monkeypatch, noisier)
    assert not await _replays()


async def test_a_refusal_where_there_was_none_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def stricter(decide: Decide) -> Decide:
        def decided(case: Case | None, command: AnyCommand, facts: Facts, at: datetime) -> Decision:
            return refuse(rules.NOBODY_MAY) if isinstance(command, Sign) else decide(case, command, facts, at)

        return decided

    _deciding(monkeypatch, stricter)
    assert not await _replays()


async def test_a_decision_that_reads_more_bodies_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The facts carried do not cover it, so they are looked up where the history has no look-up."""

    def wanting(case: Case | None, command: AnyCommand) -> Needs:
        wanted = rules.needs(case, command)
        if not isinstance(command, Start):
            return wanted
        return wanted.model_copy(update={"bodies": wanted.bodies | {small.RAILWAY}})

    monkeypatch.setattr("workflows.case_workflow.needs", wanting)
    assert not await _replays()


async def test_a_decision_that_reads_fewer_bodies_may_not_either(monkeypatch: pytest.MonkeyPatch) -> None:
    def content(case: Case | None, command: AnyCommand) -> Needs:
        wanted = rules.needs(case, command)
        return Needs() if case is not None else wanted

    monkeypatch.setattr("workflows.case_workflow.needs", content)
    assert not await _replays()


# ---------------------------------------------------------------- shapes


def _with_payloads(change: Callable[[Any], None]) -> str:
    """The history with every JSON payload changed, as if it had been written by other models."""

    def walk(value: Any) -> None:
        match value:
            case {"metadata": _, "data": str(data)}:
                payload = json.loads(base64.b64decode(data))
                change(payload)
                value["data"] = base64.b64encode(json.dumps(payload).encode()).decode()
            case dict():
                for inner in value.values():
                    walk(inner)
            case list():
                for inner in value:
                    walk(inner)
            case _:
                pass

    whole = events(STRAIGHT)
    walk(whole)
    return json.dumps({"events": whole})


def _in_every(name: str, change: Callable[[dict[str, Any]], object]) -> Callable[[Any], None]:
    """Change every object that has a field of that name."""

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for inner in list(value.values()):
                walk(inner)
            if name in value:
                change(value)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    return walk


def _leaves_out(name: str) -> str:
    return _with_payloads(_in_every(name, lambda has: has.pop(name)))


async def test_it_is_the_same_when_nothing_is_changed() -> None:
    assert await _replays(_with_payloads(lambda _: None))


@pytest.mark.parametrize("field", ["typed_by", "expected_version", "no_contact", "successor"])
async def test_a_field_that_the_history_has_not_may_come_with_a_default(field: str) -> None:
    assert json.dumps(events(STRAIGHT)) != json.dumps(json.loads(_leaves_out(field))["events"])
    assert await _replays(_leaves_out(field))


@pytest.mark.parametrize("field", ["pack", "zh", "hand_backs"])
async def test_a_field_that_the_history_has_not_may_not_be_required(field: str) -> None:
    assert not await _replays(_leaves_out(field))


async def test_a_field_that_the_history_has_may_not_go() -> None:
    """Models refuse fields that they do not know: nor can an older release read what a newer one has written."""

    def also(facts: dict[str, Any]) -> None:
        facts["gone"] = 1

    assert not await _replays(_with_payloads(_in_every("asked", also)))
