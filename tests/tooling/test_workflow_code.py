"""What the SDK cannot check of code that is replayed: no clock, no chance, no state between runs, nothing imported late.

domain/ and workflows/ are shared between runs by the sandbox, so what they would keep in a module, one case would tell
another (docs/temporal.md, "Sandbox and determinism").
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REPLAYED = ("domain", "workflows")
CLIENTS = {"workflows/door.py", "workflows/connection.py"}
"""The clients' side: it stands beside the workflows and is never replayed."""

_FORBIDDEN = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "monotonic", "perf_counter", "sleep"},
    "uuid": {"uuid1", "uuid4", "uuid7"},
    "random": {"random", "randint", "randrange", "choice", "choices", "shuffle", "sample", "getrandbits"},
    "secrets": {"token_hex", "token_bytes", "token_urlsafe", "randbelow", "choice"},
    "os": {"urandom", "environ", "getenv", "getpid"},
    "asyncio": {"wait", "as_completed", "run", "to_thread"},
}
"""Module or class ─▶ what of it differs from one replay to the next."""
_MUTATING = {
    "append",
    "add",
    "update",
    "pop",
    "clear",
    "extend",
    "insert",
    "remove",
    "discard",
    "setdefault",
    "popitem",
}
_CACHES = {"cache", "lru_cache", "cached_property"}


def _trees(root: Path, rooms: tuple[str, ...] = REPLAYED) -> Iterator[tuple[str, ast.Module]]:
    for room in rooms:
        for path in sorted((root / room).rglob("*.py")):
            yield str(path.relative_to(root)), ast.parse(path.read_text(encoding="utf-8"))


def _in_functions(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            body = node.body if isinstance(node.body, list) else [node.body]
            for statement in body:
                yield from ast.walk(statement)


def chance(tree: ast.Module) -> Iterator[str]:
    """Uses of a clock, of chance or of the surroundings."""
    imported = {
        alias.asname or alias.name: (node.module or "").partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=attr) if attr in _FORBIDDEN.get(owner, ()):
                yield f"{owner}.{attr}"
            case ast.Name(id=name) if name in _FORBIDDEN.get(imported.get(name, ""), ()):
                yield f"{imported[name]}.{name}"
            case _:
                pass


def late_imports(tree: ast.Module) -> Iterator[str]:
    """Imports inside a function: the first run to reach one would do it inside a workflow task, against its two seconds."""
    for node in _in_functions(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield ast.unparse(node)


def module_state(tree: ast.Module) -> Iterator[str]:
    """Places where a function changes what its module holds, or keeps what it has worked out."""
    names = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    local = {
        argument.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for argument in (*node.args.args, *node.args.kwonlyargs)
    }
    held = names - local
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            said = {ast.unparse(one).partition("(")[0].rpartition(".")[2] for one in node.decorator_list}
            yield from (f"@{name} on {node.name}" for name in said & _CACHES)
    for node in _in_functions(tree):
        match node:
            case ast.Global():
                yield ast.unparse(node)
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()) if name in held:
                yield ast.unparse(node)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if (
                name in held and attr in _MUTATING
            ):
                yield ast.unparse(node)
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store()) if name in held:
                yield ast.unparse(node)
            case _:
                pass


_ALL_DONE = "await workflow.wait_condition(workflow.all_handlers_finished)"
_RENEWAL = "workflow.continue_as_new("


def renewals(tree: ast.Module) -> Iterator[str]:
    """Calls of continue_as_new in an update's handler, or not straight after the wait for all handlers."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            handles = any(".update" in ast.unparse(one) for one in function.decorator_list)
            for before, here in _neighbours(function):
                if here.startswith(_RENEWAL) and (handles or before != _ALL_DONE):
                    yield f"{function.name}: {here}"


def _neighbours(function: ast.AST) -> Iterator[tuple[str, str]]:
    """Every statement in a function with the one before it in its block."""
    for node in ast.walk(function):
        for block in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(block, list):
                said = [ast.unparse(statement) for statement in block]
                yield from zip(["", *said], said, strict=False)


Check = Callable[[ast.Module], Iterator[str]]
CHECKS: tuple[Check, ...] = (chance, late_imports, module_state, renewals)

PLANTED: dict[Check, tuple[str, ...]] = {
    chance: (
        "from datetime import datetime\ndef f(): return datetime.now()",
        "from uuid import uuid4\nx = uuid4()",
        "import random\ndef f(): random.shuffle([])",
        "import os\nx = os.environ",
        "import asyncio\nasync def f(): await asyncio.wait([])",
    ),
    late_imports: ("def f():\n    import domain.words", "async def f():\n    from a import b"),
    module_state: (
        "X = {}\ndef f(): X['a'] = 1",
        "X = []\ndef f(): X.append(1)",
        "X = 1\ndef f():\n    global X\n    X = 2",
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef f(): return 1",
        "X = object()\ndef f(): X.seen = 1",
    ),
    renewals: (
        "async def run():\n    workflow.continue_as_new(1)",
        f"async def run():\n    {_ALL_DONE}\n    await other()\n    workflow.continue_as_new(1)",
        f"@workflow.update(name=ACT)\nasync def act():\n    {_ALL_DONE}\n    workflow.continue_as_new(1)",
    ),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_replayed_rooms_are_clean(check: Check) -> None:
    found = [f"{name}: {what}" for name, tree in _trees(ROOT) if name not in CLIENTS for what in check(tree)]
    assert found == []


@pytest.mark.parametrize(
    ("check", "source"), [(check, source) for check, sources in PLANTED.items() for source in sources]
)
def test_what_is_planted_is_found(check: Check, source: str) -> None:
    assert list(check(ast.parse(source)))


def test_the_run_is_renewed_somewhere() -> None:
    """Else the check of renewals would hold by having nothing to look at."""
    assert any("workflow.continue_as_new(" in ast.unparse(tree) for _, tree in _trees(ROOT))


def test_nothing_is_decided_from_what_temporal_lists() -> None:
    """Its lists lag behind and have a row for each run: lists and counts come from the ledger."""
    rooms = ("domain", "workflows", "activities", "ledger", "console", "deploy")
    used = [
        f"{name}: {node.attr}"
        for name, tree in _trees(ROOT, rooms)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"list_workflows", "count_workflows"}
    ]
    # The doctor only says how many there are, beside what the ledger counts.
    assert used == ["console/cli/doctor.py: count_workflows"]


def test_every_call_has_a_time_limit_and_a_type() -> None:
    """An activity without one could hang for ever; an answer without a type would come back as a bare mapping."""
    calls = [
        {keyword.arg for keyword in node.keywords}
        for _, tree in _trees(ROOT, ("workflows",))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"workflow.execute_activity", "workflow.execute_local_activity"}
    ]
    assert calls
    for keywords in calls:
        assert {"start_to_close_timeout", "result_type", "retry_policy"} <= keywords
