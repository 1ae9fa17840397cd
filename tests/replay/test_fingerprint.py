"""The committed fingerprint is that of the workflows as they are, and notices what a replay would go by."""

import shutil
from pathlib import Path

import pytest

from tests.replay.fingerprint import KEPT, ROOT, SAY, Room, difference


def test_the_workflows_make_the_calls_that_are_kept() -> None:
    changed = difference(KEPT.read_text(encoding="utf-8"), Room(ROOT).text())
    assert not changed, SAY.format(difference=changed)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the rooms that the fingerprint reads."""
    for room in ("workflows", "domain"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def _changed(tree: Path, file: str, old: str, new: str) -> str:
    path = tree / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"the test plants its change at {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return difference(KEPT.read_text(encoding="utf-8"), Room(tree).text())


_CASE, _CALLS = "workflows/case_workflow.py", "workflows/calls.py"
_APPENDED = "            appended = await calls.append(row)\n"

CHANGES = {
    "a timer more": (_CASE, _APPENDED, "            await workflow.sleep(1)\n" + _APPENDED),
    "a call less": (_CASE, "        await self._strike_due(now)\n", ""),
    "a call under a condition": (
        _CASE,
        "        await self._strike_due(now)\n",
        "        if command.personal:\n            await self._strike_due(now)\n",
    ),
    "another order": (
        _CASE,
        "                self._draining = True\n                await workflow.wait_condition(workflow.all_handlers_finished)\n",
        "                await workflow.wait_condition(workflow.all_handlers_finished)\n                self._draining = True\n",
    ),
    "an earlier return": (
        _CASE,
        "        self._answered.add(row.command)\n",
        "        if row.refusal:\n            return\n        self._answered.add(row.command)\n",
    ),
    "another test": (_CASE, "case is None or case.ending is not None or", "case is None or"),
    "randomness": (
        _CASE,
        "            facts = await self._facts_for(given)\n",
        "            facts = await self._facts_for(given)\n            workflow.uuid4()\n",
    ),
    "a draw in a function of its own": (
        _CASE,
        "        if isinstance(command, Register):\n",
        "        self._lottery()\n        if isinstance(command, Register):\n",
    ),
    "another time-out": (_CALLS, "QUICK_TRY = timedelta(seconds=5)", "QUICK_TRY = timedelta(seconds=6)"),
    "other tries": (_CALLS, "maximum_attempts=3", "maximum_attempts=4"),
    "another caught error": (_CALLS, "except FailureError as error", "except Exception as error"),
    "a cache of the state": (
        _CASE,
        '                self._facts = None\n            case "conflict"',
        '                pass\n            case "conflict"',
    ),
    "another name of an activity": ("domain/ports.py", 'LOAD = "load_case"', 'LOAD = "load"'),
    "another name of the update": ("workflows/names.py", 'ACT = "act"', 'ACT = "do"'),
    "another name of the workflow": ("workflows/names.py", 'CASE = "CaseWorkflow"', 'CASE = "Case"'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_notices(tree: Path, change: str) -> None:
    file, old, new = CHANGES[change]
    if change == "a draw in a function of its own":
        text = (tree / file).read_text(encoding="utf-8")
        drawing = "    def _lottery(self) -> float:\n        return workflow.random().random()\n\n    def _numbered("
        (tree / file).write_text(text.replace("    def _numbered(", drawing), encoding="utf-8")
    assert _changed(tree, file, old, new)


SAME = {
    "a comment": (_CASE, _APPENDED, "            # Written first.\n" + _APPENDED),
    "a docstring": (_CALLS, '"""Something that a person has to look at."""', '"""An alarm."""'),
    "a log line": (_CASE, _APPENDED, "            workflow.logger.info('appending')\n" + _APPENDED),
    "a blank line": (_CASE, _APPENDED, "\n" + _APPENDED),
    "the door": ("workflows/door.py", "LONGEST_TRY = 5.0", "LONGEST_TRY = 6.0"),
    "the schedule": (
        "workflows/housekeeping.py",
        "_EVERY = timedelta(hours=6)",
        "_EVERY = timedelta(hours=7)",
    ),
}


@pytest.mark.parametrize("change", SAME)
def test_it_leaves_alone(tree: Path, change: str) -> None:
    assert _changed(tree, *SAME[change]) == ""
