"""Looks through the tree for what no linter knows: size, names, leftovers, machine paths, the lock, the docs.

Each check is a generator of sentences; a tree without any is clean. The words that are looked for are written
here so that this file does not contain them.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

MAX_LINES = 500
WHOLE = {"deploy/verify/zeren_verify.py"}
"""Files that are copied alone and so cannot be split."""
SIZED = {".py", ".sql", ".html", ".css", ".js"}
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}
TEXT = SIZED | {".md", ".toml", ".yaml", ".yml", ".json", ".txt", ".sh", ".csv", ".cfg", ".lock", ""}
HOSTS = re.compile(
    r"(?:^|[^\w])(?:[\w-]+\.)*(?:pypi|pythonhosted|npmjs|yarnpkg|debian|rubygems|jsdelivr|unpkg)\.(?:org|com|net)\b",
    re.IGNORECASE,
)
MACHINE = re.compile(r"(?<![\w.$}/])/(?:work|root|home/\w+|Users/\w+)/")
MARKERS = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK|NotImpl" + r"ementedError)\b")
PYTEST_SKIPS = re.compile(r"pytest\.(?:mark\.)?(?:sk" + r"ip|xf" + r"ail)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Source:
    """One file of the tree."""

    root: Path
    name: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.root / self.name

    @property
    def suffix(self) -> str:
        """Its ending."""
        return self.path.suffix

    @cached_property
    def text(self) -> str:
        """What it says; empty when it is no text."""
        if self.suffix not in TEXT:
            return ""
        try:
            return self.path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            return ""

    def lines(self) -> Iterator[tuple[int, str]]:
        """Its lines, numbered from 1."""
        yield from enumerate(self.text.splitlines(), 1)


def sources(root: Path) -> list[Source]:
    """Lists what git tracks, and what it would."""
    listed = subprocess.run(
        ["git", "-c", "core.quotePath=false", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
    ).stdout.decode("utf-8")
    return [
        Source(root, name) for name in sorted(set(listed.split("\0"))) if name and (root / name).is_file()
    ]


def sizes(files: list[Source]) -> Iterator[str]:
    """No file is longer than somebody reads."""
    for file in files:
        if (
            file.suffix in SIZED
            and file.name not in WHOLE
            and (count := len(file.text.splitlines())) > MAX_LINES
        ):
            yield f"{file.name}: {count} lines, at most {MAX_LINES}; split it by idea"


def names(files: list[Source]) -> Iterator[str]:
    """A module's name says what is in it."""
    for file in files:
        if file.suffix == ".py" and (vague := VAGUE & {Path(part).stem for part in Path(file.name).parts}):
            yield f"{file.name}: '{vague.pop()}' says nothing about what is in it"


def leftovers(files: list[Source]) -> Iterator[str]:
    """Nothing is left for later, and nothing names this machine or where packages come from."""
    kinds = ((MARKERS, "a leftover marker"), (HOSTS, "a package host"), (MACHINE, "a path of one machine"))
    for file in files:
        for number, line in file.lines():
            for pattern, what in kinds:
                if found := pattern.search(line):
                    yield f"{file.name}:{number}: {what}: {found.group().strip()}"


def skips(files: list[Source]) -> Iterator[str]:
    """A test may be left out only because the shared data is not there."""
    for file in files:
        if file.name.startswith("tests/") and file.suffix == ".py":
            for number, line in file.lines():
                if PYTEST_SKIPS.search(line) and "shared" not in line:
                    yield f"{file.name}:{number}: a test is left out for another reason than absent shared data"


def lock(files: list[Source]) -> Iterator[str]:
    """Every requirement is one version with hashes, and nothing says where to fetch it."""
    for file in files:
        if not re.fullmatch(r"requirements.*\.lock", file.name):
            continue
        for number, line in file.lines():
            if "://" in line or line.lstrip().startswith(
                ("--index", "--extra-index", "--find-links", "-i ", "-f ")
            ):
                yield f"{file.name}:{number}: names where packages come from"
        blocks = re.split(
            r"\n(?=\S)", "\n".join(line for _, line in file.lines() if not line.startswith("#"))
        )
        for block in blocks:
            if block.strip() and ("==" not in block.splitlines()[0] or "--hash=sha256:" not in block):
                yield f"{file.name}: not one version with hashes: {block.splitlines()[0]}"


def slug(heading: str) -> str:
    """Names a heading as the common Markdown renderers do."""
    kept = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).strip().lower())
    return kept.replace(" ", "-")


def headings(text: str) -> list[tuple[int, str]]:
    """Lists level and words of each heading outside code."""
    return [
        (len(m[1]), m[2]) for m in re.finditer(r"^(#{1,6})\s+(.+?)\s*#*$", FENCE.sub("", text), re.MULTILINE)
    ]


def links(files: list[Source]) -> Iterator[str]:
    """Every link inside the docs leads somewhere."""
    for file in files:
        if file.suffix != ".md":
            continue
        for match in LINK.finditer(FENCE.sub("", file.text)):
            target = match[1] or match[2]
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            where, _, anchor = target.partition("#")
            found = (file.path.parent / where).resolve() if where else file.path
            if not found.exists():
                yield f"{file.name}: the link {target} leads nowhere"
            elif anchor and found.suffix == ".md" and anchor not in anchors(found):
                yield f"{file.name}: the link {target} names a heading that is not there"


def anchors(page: Path) -> set[str]:
    """Lists the names of a page's headings."""
    return {slug(words) for _, words in headings(page.read_text(encoding="utf-8"))}


def readmes(files: list[Source]) -> Iterator[str]:
    """The Chinese and the English README say the same: the same headings' levels, the same commands."""
    texts = [file.text for file in files if re.fullmatch(r"README[.\w-]*\.md", file.name)]
    if len(texts) < 2:  # noqa: PLR2004  # one alone has nobody to agree with
        return
    first, second = texts[:2]
    if [level for level, _ in headings(first)] != [level for level, _ in headings(second)]:
        yield "the two READMEs have different headings"
    if commands(first) != commands(second):
        yield f"the two READMEs have different commands: {commands(first) ^ commands(second)}"


def commands(text: str) -> frozenset[str]:
    """Lists the make and zeren commands of the code blocks: which command, not its words."""
    code = "\n".join(block.group() for block in FENCE.finditer(text))
    return frozenset(
        re.findall(r"^\s*\$?\s*((?:make|(?:\.venv/bin/)?zeren)(?: [a-z][a-z-]*){0,2})", code, re.MULTILINE)
    )


CHECKS: tuple[Callable[[list[Source]], Iterator[str]], ...] = (
    sizes,
    names,
    leftovers,
    skips,
    lock,
    links,
    readmes,
)


def main(root: Path) -> int:
    """Says each finding; 1 when there is one."""
    files = sources(root)
    found = [sentence for check in CHECKS for sentence in check(files)]
    for sentence in found:
        print(sentence)
    print(f"scan: {len(files)} files, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
