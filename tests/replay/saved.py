"""The saved histories: one JSON file a run, as Temporal writes them, one event a line.

What tells of the machine on which they were recorded is taken out: who polled, the queues named after that, stack
traces. Nothing of it is read by a replay.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from worker import WORKFLOWS, sandbox
from workflows.connection import CONVERTER

HISTORIES = Path(__file__).parent / "histories"
RECORDER = "recorder"
"""Stands in every history where the name of a process on some machine stood."""

_PROCESSES = {"identity", "workerIdentity"}
_TRACES = {"stackTrace"}


def written(history: WorkflowHistory) -> str:
    """A history as it is saved."""
    events = [_cleaned(event) for event in json.loads(history.to_json())["events"]]
    lines = ",\n".join(json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in events)
    return f'{{"events":[\n{lines}\n]}}\n'


def _cleaned(value: Any, key: str = "") -> Any:
    match value:
        case dict() if key == "taskQueue" and value.get("kind") == "TASK_QUEUE_KIND_STICKY":
            return {**value, "name": f"{RECORDER}-sticky"}
        case dict():
            return {name: _cleaned(inner, name) for name, inner in value.items()}
        case list():
            return [_cleaned(inner) for inner in value]
        case str() if key in _PROCESSES and value:
            return RECORDER
        case str() if key in _TRACES:
            return ""
        case _:
            return value


def events(path: Path) -> list[dict[str, Any]]:
    """The events of a saved history, as JSON has them."""
    return json.loads(path.read_text(encoding="utf-8"))["events"]


def opened(path: Path) -> WorkflowHistory:
    """A saved history, to be replayed."""
    return read(path.read_text(encoding="utf-8"))


def read(text: str) -> WorkflowHistory:
    """A history from what was written."""
    first = json.loads(text)["events"][0]["workflowExecutionStartedEventAttributes"]
    return WorkflowHistory.from_json(first["workflowId"], text)


def every() -> list[Path]:
    """The files of all saved histories."""
    return sorted(HISTORIES.glob("*.json"))


def attributes(event: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The kinds of attributes that an event has, with their content; one in practice."""
    yield from ((name, value) for name, value in event.items() if name.endswith("EventAttributes"))


def replayer(*workflows: type) -> Replayer:
    """What replays as the worker runs: its workflows (or those given), its sandbox, its converter."""
    return Replayer(workflows=workflows or WORKFLOWS, workflow_runner=sandbox(), data_converter=CONVERTER)
