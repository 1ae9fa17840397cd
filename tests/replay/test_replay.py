"""Every saved history is replayed by the workflows as they are now, and a changed workflow is found out."""

import base64
import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.workflow import NondeterminismError

from deploy.onemachine.temporal import EmbeddedTemporal
from domain import notices, ports
from tests.replay import changed
from tests.replay.record import LIVES, lived, mark, seal, sealed, store
from tests.replay.saved import HISTORIES, RECORDER, attributes, events, every, opened, read, replayer

STRAIGHT, WAITED = "straight_to_closing.01.json", "silence_binds.01.json"


def _said(value: object) -> str:
    return value.__name__ if isinstance(value, type) else str(value)


@pytest.mark.parametrize("path", every(), ids=lambda path: path.stem)
async def test_it_replays(path: Path) -> None:
    await replayer().replay_workflow(opened(path))


def test_every_life_has_its_histories() -> None:
    assert {path.name.split(".")[0] for path in every()} == set(LIVES)


def test_what_was_sealed_is_there_unchanged() -> None:
    assert {name: mark(HISTORIES / name) for name in sealed()} == sealed()


@pytest.mark.parametrize(("workflow", "name"), [*product(changed.HARMLESS, (STRAIGHT, WAITED))], ids=_said)
async def test_a_harmless_change_replays(workflow: type, name: str) -> None:
    await replayer(workflow).replay_workflow(opened(HISTORIES / name))


@pytest.mark.parametrize(
    ("workflow", "name"), [*product(changed.OTHER_COMMANDS, (STRAIGHT, WAITED))], ids=_said
)
async def test_other_commands_are_found_out(workflow: type, name: str) -> None:
    with pytest.raises(NondeterminismError):
        await replayer(workflow).replay_workflow(opened(HISTORIES / name))


@pytest.mark.parametrize(
    ("workflow", "name"), [*product(changed.SHIFTED_ANSWERS, (STRAIGHT, WAITED))], ids=_said
)
async def test_a_quick_call_more_is_found_out(workflow: type, name: str) -> None:
    with pytest.raises(RuntimeError, match="Failed decoding arguments"):
        await replayer(workflow).replay_workflow(opened(HISTORIES / name))


async def test_the_sandbox_is_on() -> None:
    with pytest.raises(RuntimeError, match=r"Cannot access time\.time\.__call__ from inside a workflow"):
        await replayer(changed.AsksTheClock).replay_workflow(opened(HISTORIES / STRAIGHT))


# ---------------------------------------------------------------- what they cover


def _markers() -> Iterator[dict[str, Any]]:
    for path in every():
        for event in events(path):
            if event["eventType"] == "EVENT_TYPE_MARKER_RECORDED":
                yield event["markerRecordedEventAttributes"]


def test_they_make_every_call_there_is() -> None:
    quick = {
        json.loads(payload)["activity_type"]
        for marker in _markers()
        for payload in _texts(marker["details"]["data"])
    }
    durable = {
        event["activityTaskScheduledEventAttributes"]["activityType"]["name"]
        for path in every()
        for event in events(path)
        if event["eventType"] == "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED"
    }
    assert quick == {ports.LOAD, ports.LOOK_UP, ports.APPEND, ports.ANSWER, ports.ALARM}
    assert durable >= {ports.LOAD, ports.LOOK_UP, ports.APPEND, ports.SWEEP, ports.FIND_ENDED}
    assert durable >= {notices.GATHER, notices.DELIVER, notices.COMPOSE}
    assert any("failure" in marker for marker in _markers()), "a quick call that failed"


def test_they_have_every_kind_of_event_there_is() -> None:
    kinds = {event["eventType"].removeprefix("EVENT_TYPE_") for path in every() for event in events(path)}
    assert kinds >= {
        "WORKFLOW_EXECUTION_UPDATE_ACCEPTED",
        "WORKFLOW_EXECUTION_UPDATE_COMPLETED",
        "WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
        "WORKFLOW_EXECUTION_SIGNALED",
        "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED",
        "EXTERNAL_WORKFLOW_EXECUTION_SIGNALED",
        "WORKFLOW_EXECUTION_COMPLETED",
        "WORKFLOW_EXECUTION_TERMINATED",
        "WORKFLOW_EXECUTION_CANCELED",
        "WORKFLOW_TASK_FAILED",
        "TIMER_STARTED",
        "TIMER_FIRED",
        "TIMER_CANCELED",
        "ACTIVITY_TASK_COMPLETED",
    }


def test_no_task_of_theirs_has_failed() -> None:
    """But for the reset, which is kept as a failure. A handler that is abandoned, say, would show here."""
    causes = {
        event["workflowTaskFailedEventAttributes"]["cause"]
        for path in every()
        for event in events(path)
        if event["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_FAILED"
    }
    assert causes == {"WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW"}


# ---------------------------------------------------------------- what they do not tell


def _texts(payloads: dict[str, Any]) -> list[str]:
    return [base64.b64decode(payload["data"]).decode() for payload in payloads["payloads"]]


def _everything(value: Any) -> Iterator[str]:
    """Every text in a history, payloads in clear."""
    match value:
        case {"metadata": _, "data": str(data)}:
            yield base64.b64decode(data).decode()
        case dict():
            for inner in value.values():
                yield from _everything(inner)
        case list():
            for inner in value:
                yield from _everything(inner)
        case _:
            yield str(value)


@pytest.mark.parametrize("path", every(), ids=lambda path: path.stem)
def test_it_names_no_person_and_no_machine(path: Path) -> None:
    whole = events(path)
    for event in whole:
        for _, content in attributes(event):
            assert content.get("identity", RECORDER) == RECORDER
    for text in _everything(whole):
        assert "of the test" not in text, "a free text"
        assert not re.search(r"(?<![\w.])/(?:\w+/)+\w+\.py", text), "a path"


# ---------------------------------------------------------------- the recorder


@pytest.mark.parametrize("life", LIVES)
async def test_it_can_be_lived_now_and_replayed(
    life: str, database: str, temporal: EmbeddedTemporal, skipping: WorkflowEnvironment, tmp_path: Path
) -> None:
    for text in await lived(life, database, temporal.address, skipping, tmp_path):
        await replayer().replay_workflow(read(text))


def test_what_is_not_sealed_is_recorded_over(tmp_path: Path) -> None:
    store("renewed", ["one", "two", "three"], tmp_path, kept=())
    store("renewed", ["four"], tmp_path, kept=())
    store("renewed_with_its_clock", ["other"], tmp_path, kept=())
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "renewed.01.json": "four",
        "renewed_with_its_clock.01.json": "other",
    }


def test_what_is_sealed_is_added_to(tmp_path: Path) -> None:
    store("renewed", ["one", "two"], tmp_path, kept=())
    store("renewed", ["three"], tmp_path, kept=("renewed.01.json", "renewed.02.json"))
    store("renewed", ["four"], tmp_path, kept=("renewed.01.json", "renewed.02.json"))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "renewed.01.json": "one",
        "renewed.02.json": "two",
        "renewed.03.json": "four",
    }


def test_sealing_marks_every_history(tmp_path: Path) -> None:
    (tmp_path / "renewed.01.json").write_text("{}", encoding="utf-8")
    seal(tmp_path)
    assert sealed(tmp_path) == {"renewed.01.json": mark(tmp_path / "renewed.01.json")}
    (tmp_path / "renewed.01.json").write_text("[]", encoding="utf-8")
    assert sealed(tmp_path) != {"renewed.01.json": mark(tmp_path / "renewed.01.json")}
