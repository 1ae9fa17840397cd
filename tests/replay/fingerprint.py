"""The calls by which workflows command the server, wait, or depend on the order of both, as text to be compared.

    python -m tests.replay.fingerprint           says what has changed; 1 when something has
    python -m tests.replay.fingerprint --renew   writes what is there now

It walks the syntax of workflows/ from every method of every workflow to all functions of that room that they reach, and
keeps of each what a replay goes by: awaits, everything of ``temporalio.workflow``, assignments to the workflow's state,
and the branches, loops and exits round them. Comments, docstrings and line numbers are not in it, nor is what domain/
decides, which the saved histories look after.
"""

import argparse
import ast
import difflib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT = Path(__file__).parent / "commands.txt"
ROOM = "workflows"

HEAD = """\
What a replay goes by: see docs/temporal.md, "The fingerprint". Written by: python -m tests.replay.fingerprint --renew
"""

SAY = """\
The calls that the workflows make, or the order in which they make them, have changed:

{difference}
Cases that run now will be replayed by this code. If a history could have gone the old way, put the new way behind
workflow.patched(). Record the lives that go the new way (python -m tests.replay.record NAME), see that the saved
histories still replay (pytest tests/replay), then run: python -m tests.replay.fingerprint --renew
"""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Place = tuple[str, str]
"""A function of the room: its module and its name there."""

_WORKFLOW = "workflow.defn"
_QUIET = {"logger"}
"""Of ``temporalio.workflow``: says something and commands nothing."""
_UNSURE = {"asyncio", "random", "time", "uuid", "secrets", "os"}
"""Modules whose calls may depend on order or differ from one replay to the next."""


@dataclass
class Module:
    """One file of the room, with its functions by name (methods as Class.method) and what its names stand for."""

    path: Path
    tree: ast.Module
    functions: dict[str, Function] = field(default_factory=dict)
    decorated: dict[str, list[str]] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Module":
        """Parse it."""
        module = cls(path, ast.parse(path.read_text(encoding="utf-8")))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                module.imported |= {a.asname or a.name: (node.module, a.name) for a in node.names}
        for node in module.tree.body:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    module.functions[node.name] = node
                case ast.ClassDef():
                    for inner in node.body:
                        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                            module.functions[f"{node.name}.{inner.name}"] = inner
                    module.decorated[node.name] = [ast.unparse(one) for one in node.decorator_list]
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    module.constants[name] = value
                case _:
                    pass
        return module


class Room:
    """All modules of workflows/, and which of their functions a workflow reaches."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is the one that the room lies in."""
        self.folder = folder
        self.modules = {
            f"{ROOM}.{path.stem}": Module.read(path) for path in sorted((folder / ROOM).rglob("*.py"))
        }
        self.reached = self._reach()
        self.telling, self.asked = self._tell()

    def _reach(self) -> list[Place]:
        ahead = [
            (name, function)
            for name, module in self.modules.items()
            for class_, decorators in module.decorated.items()
            if any(_WORKFLOW in decorator for decorator in decorators)
            for function in module.functions
            if function.startswith(f"{class_}.")
        ]
        reached: list[Place] = []
        while ahead:
            here = ahead.pop(0)
            if here not in reached:
                reached.append(here)
                ahead += self.called(*here)
        order = {
            (name, function): n
            for name, module in self.modules.items()
            for n, function in enumerate(module.functions)
        }
        return sorted(reached, key=lambda one: (one[0], order[one]))

    def called(self, name: str, function: str, within: ast.AST | None = None) -> list[Place]:
        """The functions of the room that one calls, in order; ``within`` a part of it only."""
        found = (
            self._target(name, function, node.func)
            for node in ast.walk(within or self.modules[name].functions[function])
            if isinstance(node, ast.Call)
        )
        return [one for one in found if one is not None]

    def _target(self, name: str, function: str, called: ast.expr) -> Place | None:
        module = self.modules[name]
        match called:
            case ast.Attribute(value=ast.Name(id="self"), attr=attr):
                found = (name, f"{function.partition('.')[0]}.{attr}")
            case ast.Name(id=id_) if id_ in module.functions:
                found = (name, id_)
            case ast.Name(id=id_) if id_ in module.imported:
                found = module.imported[id_]
            case ast.Attribute(value=ast.Name(id=id_), attr=attr) if id_ in module.imported:
                found = (".".join(module.imported[id_]), attr)
            case _:
                return None
        known = found[0] in self.modules and found[1] in self.modules[found[0]].functions
        return found if known else None

    def _tell(self) -> tuple[set[Place], set[Place]]:
        """The functions that tell something, by themselves or by what they call; and those that branches of these ask."""
        telling = {one for one in self.reached if any(map(_tells, ast.walk(self._node(one))))}
        asked: set[Place] = set()
        while True:
            asked = {
                place
                for one in telling
                for node in ast.walk(self._node(one))
                for test in _tests(node)
                for place in self.called(*one, test)
            }
            more = asked | {one for one in self.reached if not telling.isdisjoint(self.called(*one))}
            if more <= telling:
                return telling, asked
            telling |= more

    def _node(self, one: Place) -> Function:
        return self.modules[one[0]].functions[one[1]]

    # ---------------------------------------------------------------- text

    def text(self) -> str:
        """What a replay goes by."""
        parts = [HEAD]
        for name, module in self.modules.items():
            shown = [
                function for at, function in self.reached if at == name and (at, function) in self.telling
            ]
            if shown:
                parts.append("\n".join(self._module(name, module, shown)))
        return "\n".join(parts)

    def _module(self, name: str, module: Module, shown: list[str]) -> Iterator[str]:
        bodies = [line for function in shown for line in self._function(name, module, function)]
        classes = [
            line
            for class_, decorators in module.decorated.items()
            if any(_WORKFLOW in decorator for decorator in decorators)
            for line in ("", *(f"@{one}" for one in decorators), f"class {class_}")
        ]
        yield f"===== {name}"
        yield from self._constants(module, "\n".join([*classes, *bodies]))
        yield from classes
        yield from bodies
        yield ""

    def _function(self, name: str, module: Module, function: str) -> Iterator[str]:
        node = module.functions[function]
        yield ""
        yield from (f"@{ast.unparse(one)}" for one in node.decorator_list)
        word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
        yield f"{word} {function}({ast.unparse(node.args)})"
        yield from self._block((name, function), node.body, 1)

    def _constants(self, module: Module, said: str) -> Iterator[str]:
        """What the names stand for that are said: constants of this module and of those that it imports from."""
        names = {node.id for node in ast.walk(module.tree) if isinstance(node, ast.Name)}
        for name in sorted(names):
            value = self._value(module, name) if re.search(rf"\b{name}\b", said) else None
            if value is not None:
                yield f"{name} = {value}"

    def _value(self, module: Module, name: str) -> str | None:
        if name in module.constants:
            value = ast.unparse(module.constants[name])
            return None if value.startswith("TypeVar(") else value
        where, original = module.imported.get(name, ("", ""))
        path = self.folder / (where.replace(".", "/") + ".py")
        if not where or not path.is_file():
            return None
        value = Module.read(path).constants.get(original)
        return (
            ast.unparse(value) if value is not None and isinstance(value, ast.Constant | ast.Call) else None
        )

    def _block(self, here: Place, body: list[ast.stmt], depth: int) -> Iterator[str]:
        for statement in body:
            yield from self._statement(here, statement, depth)

    def _statement(self, here: Place, node: ast.stmt, depth: int) -> Iterator[str]:
        pad = "    " * depth
        compound = [*_branches(node)]
        telling = self._is_telling(here, [*_tests(node)] if compound else [node])
        if compound:
            blocks = [(header, [*self._block(here, block, depth + 1)]) for header, block in compound]
            if telling or any(lines for _, lines in blocks):
                for header, lines in blocks:
                    yield f"{pad}{header}"
                    yield from lines or ([] if header.startswith("match ") else [f"{pad}    ..."])
        elif isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue):
            whole = telling or (here in self.asked and isinstance(node, ast.Return))
            yield pad + (ast.unparse(node) if whole else type(node).__name__.lower())
        elif telling:
            yield pad + ast.unparse(node)

    def _is_telling(self, here: Place, parts: list[ast.AST]) -> bool:
        return any(
            any(map(_tells, ast.walk(part))) or not self.telling.isdisjoint(self.called(*here, part))
            for part in parts
        )


def _tells(node: ast.AST) -> bool:
    """Whether a node by itself waits, commands, or changes what later calls depend on."""
    match node:
        case ast.Await() | ast.AsyncWith() | ast.AsyncFor():
            return True
        case ast.Attribute(value=ast.Name(id="workflow"), attr=attr):
            return attr not in _QUIET
        case ast.Call(func=ast.Attribute(value=ast.Name(id=id_))) if id_ in _UNSURE:
            return True
        case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self")))):
            # A method on the workflow's own state, as a set's add.
            return True
        case _:
            return False


def _tests(node: ast.AST) -> Iterator[ast.AST]:
    """What a branch or loop goes by, or waits for."""
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            yield test
        case ast.For(iter=iter_):
            yield iter_
        case ast.Match(subject=subject):
            yield subject
        case ast.With(items=items):
            yield from (item.context_expr for item in items)
        case ast.AsyncWith() | ast.AsyncFor():
            yield ast.Await(value=ast.Constant(value=None))
        case _:
            return


def _branches(node: ast.stmt) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Each block of a compound statement, with its first line; none of a simple one."""
    match node:
        case ast.If():
            yield from _ways(node)
        case ast.While():
            yield f"while {ast.unparse(node.test)}:", node.body
        case ast.For() | ast.AsyncFor():
            word = "async for" if isinstance(node, ast.AsyncFor) else "for"
            yield f"{word} {ast.unparse(node.target)} in {ast.unparse(node.iter)}:", node.body
        case ast.With() | ast.AsyncWith():
            word = "async with" if isinstance(node, ast.AsyncWith) else "with"
            yield f"{word} {', '.join(map(ast.unparse, node.items))}:", node.body
        case ast.Try():
            yield from _tries(node)
        case ast.Match():
            yield f"match {ast.unparse(node.subject)}:", []
            for case in node.cases:
                guard = f" if {ast.unparse(case.guard)}" if case.guard else ""
                yield f"  case {ast.unparse(case.pattern)}{guard}:", case.body
        case _:
            return


def _ways(node: ast.If) -> Iterator[tuple[str, list[ast.stmt]]]:
    yield f"if {ast.unparse(node.test)}:", node.body
    match node.orelse:
        case [ast.If() as other]:
            (header, body), *rest = _ways(other)
            yield f"el{header}", body
            yield from rest
        case [_, *_]:
            yield "else:", node.orelse
        case _:
            return


def _tries(node: ast.Try) -> Iterator[tuple[str, list[ast.stmt]]]:
    yield "try:", node.body
    for handler in node.handlers:
        caught = f" {ast.unparse(handler.type)}" if handler.type else ""
        yield f"except{caught}:", handler.body
    if node.orelse:
        yield "else:", node.orelse
    if node.finalbody:
        yield "finally:", node.finalbody


def difference(kept: str, now: str) -> str:
    """What has changed, as a unified diff; empty when nothing has."""
    return "".join(
        difflib.unified_diff(
            kept.splitlines(keepends=True), now.splitlines(keepends=True), "kept", "now", n=4
        )
    )


def main() -> int:
    """What the command line runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--renew", action="store_true", help="write what is there now")
    now = Room(ROOT).text()
    if parser.parse_args().renew:
        KEPT.write_text(now, encoding="utf-8")
        return 0
    changed = difference(KEPT.read_text(encoding="utf-8"), now)
    if changed:
        sys.stdout.write(SAY.format(difference=changed))
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
