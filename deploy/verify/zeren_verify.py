"""Checks an export of Zeren's ledger against signed checkpoints. One file: copy it anywhere and run it.

    python zeren_verify.py EXPORT [CHECKPOINT …] [--key KEY] [--json]
    python zeren_verify.py --part LINES CHECKPOINT …           lines cut out of an export, by their proofs
    python zeren_verify.py --consistency PROOF OLD NEW --key KEY

Needs Python 3.9 or later and the package ``cryptography``; nothing of Zeren's, no network, no database. Without a
CHECKPOINT it takes EXPORT.checkpoint. KEY is a line NAME+ID+BASE64, or a file of such lines; without it the first key that
the export itself tells is taken, which has to be compared with the printed one.

    each line ─▶ canonical JSON (RFC 8785) ─▶ leaf hash ─▶ the line's own? ─▶ tree (RFC 9162) ─▶ root = the checkpoint's?
                                                 └─▶ the chain of its case unbroken?                  signed (C2SP, Ed25519)?

Exit: 0 all is well, 1 it is not, 2 wrong usage. How it works and what it cannot show: docs/evidence.md, docs/verifying.md,
docs/verifying.zh.md.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Digest = Callable[[bytes], bytes]


class Unreadable(Exception):
    """A file or a line is not what it should be: the sentence in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


# ---------------------------------------------------------------- hashes and the tree (RFC 9162, 2.1)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _sm3(data: bytes) -> bytes:
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize()


SUITES: dict[str, Digest] = {"sha256-ed25519": _sha256, "sm3-ed25519": _sm3}


def node(digest: Digest, left: bytes, right: bytes) -> bytes:
    """The hash of a node over two others."""
    return digest(b"\x01" + left + right)


class Tree:
    """A tree that grows leaf by leaf: the roots of its full subtrees, the largest first."""

    def __init__(self, digest: Digest) -> None:
        self.size = 0
        self._peaks: list[bytes] = []
        self._digest = digest

    def add(self, leaf: bytes) -> None:
        """Append the hash of a leaf."""
        whole, full = leaf, self.size
        while full & 1:
            whole = node(self._digest, self._peaks.pop(), whole)
            full >>= 1
        self._peaks.append(whole)
        self.size += 1

    def root(self) -> bytes:
        """The root as of now."""
        if not self._peaks:
            return self._digest(b"")
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node(self._digest, peak, root)
        return root


def includes(digest: Digest, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the tree of that size and root has that leaf at that index (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, whole = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            whole = node(digest, sibling, whole)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            whole = node(digest, whole, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and whole == root


def extends(digest: Digest, old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Whether the tree ``new`` (size, root) begins with all of ``old`` (RFC 9162, 2.1.4.2)."""
    if not 0 < old[0] <= new[0]:
        return False
    if old[0] == new[0]:
        return old[1] == new[1] and not proof
    path = list(proof) if old[0] & (old[0] - 1) else [old[1], *proof]
    if not path:
        return False
    at, last = old[0] - 1, new[0] - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node(digest, one, first), node(digest, one, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node(digest, second, one)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old[1] and second == new[1]


# ---------------------------------------------------------------- canonical JSON (RFC 8785)


def canonical(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON holds
    """The canonical form of a JSON value. Raises ValueError where it has none."""
    text = _write(value)
    plain = _ODD.search(text) is None if text.isascii() else _plain(value)
    return (text if plain else _written(value)).encode()


_write = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False, allow_nan=False
).encode

_ODD = re.compile(
    r"(?:^|[:\[,])-?(?:[0-9]+\.[0-9]+(?:e[+-]?[0-9]+)?|[0-9]+e[+-]?[0-9]+|[0-9]{16,})(?=$|[,\]}])"
)
"""A fraction, or an integer that may have more than 53 bits; or text that looks so, which does no harm."""


def _plain(value: Any) -> bool:  # noqa: ANN401
    """Whether the standard library writes it as RFC 8785 wants: no fractions, no large numbers, keys in ASCII."""
    if isinstance(value, dict):
        inside = cast("dict[str, Any]", value)
        return all(key.isascii() and _plain(inner) for key, inner in inside.items())
    if isinstance(value, list):
        return all(map(_plain, cast("list[Any]", value)))
    return isinstance(value, (bool, str)) or value is None or (isinstance(value, int) and abs(value) < 2**53)


def _written(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, dict):
        inside = cast("dict[str, Any]", value)
        ordered = sorted(inside, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_written(key)}:{_written(inside[key])}" for key in ordered) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, cast("list[Any]", value))) + "]"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        raise ValueError("an integer beyond 53 bits")
    return json.dumps(value, ensure_ascii=False)


_LONGEST, _SMALLEST = 21, -6
"""Where ECMAScript goes over to exponents."""


def _number(value: float) -> str:
    """As ECMAScript writes it (RFC 8785, 3.2.2.3)."""
    if not math.isfinite(value):
        raise ValueError("not a number")
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    sign, count = ("-" if value < 0 else ""), len(digits)
    if count <= point <= _LONGEST:
        return sign + digits + "0" * (point - count)
    if 0 < point <= _LONGEST:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if _SMALLEST < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if count > 1 else ""
    return f"{sign}{digits[0]}{rest}e{'+' if point > 0 else '-'}{abs(point - 1)}"


# ---------------------------------------------------------------- keys and checkpoints (C2SP signed note)

_HEAD = re.compile(r"([^ +\n]{1,128})\n(0|[1-9]\d{0,17})\n([A-Za-z0-9+/]{43}=)\n")
_KEY = re.compile(r"[^+\s]+\+[0-9a-f]{8}\+\S+\s*$")
_SIGNATURE = re.compile(r"— ([^ +\n]{1,128}) ([A-Za-z0-9+/]+={0,2})")


class Key(NamedTuple):
    """A public key with its name."""

    line: str
    name: str
    key_id: bytes
    public: Ed25519PublicKey

    def signed(self, signature: bytes, text: bytes) -> bool:
        """Whether it signed that text."""
        try:
            self.public.verify(signature, text)
        except InvalidSignature:
            return False
        return True


class Note(NamedTuple):
    """A checkpoint as it was read. Nothing in it is believed until a trusted key has signed it."""

    place: str
    text: str
    origin: str
    size: int
    root: bytes
    suite: str
    time: str
    signatures: tuple[tuple[str, bytes], ...]

    def signed_by(self, key: Key) -> bool:
        """Whether it bears that key's signature."""
        text = self.text.encode()
        return any(
            name == key.name and value[:4] == key.key_id and key.signed(value[4:], text)
            for name, value in self.signatures
        )


def read_key(line: str) -> Key:
    """A key of a line NAME+ID+BASE64. Raises Unreadable."""
    name, _, rest = line.strip().partition("+")
    told, _, encoded = rest.partition("+")
    try:
        raw = base64.b64decode(encoded, validate=True)
        key_id = _sha256(name.encode() + b"\n" + raw)[:4]
        if raw[:1] != b"\x01" or key_id.hex() != told:
            raise ValueError(line)
        return Key(line.strip(), name, key_id, Ed25519PublicKey.from_public_bytes(raw[1:]))
    except ValueError as error:
        raise Unreadable(f"公钥不成形：{line.strip()[:80]}", f"not a key: {line.strip()[:80]}") from error


def read_keys(told: str) -> list[Key]:
    """The keys of a line, or of a file of lines. Raises Unreadable."""
    if _KEY.match(told):
        return [read_key(told)]
    return [read_key(line) for line in _text(Path(told)).splitlines() if line.strip()]


def read_note(place: str, told: str) -> Note:
    """A signed checkpoint. Raises Unreadable."""
    whole = "\n".join(line.rstrip("\r") for line in told.strip().split("\n")) + "\n"
    text, between, below = whole.partition("\n\n")
    text += "\n"
    head = _HEAD.match(text)
    found = [_SIGNATURE.match(line) for line in below.splitlines()]
    if not between or head is None or not found:
        raise Unreadable(f"{place} 不是检查点", f"{place} is not a checkpoint")
    extension: dict[str, str] = {}
    for line in text[head.end() :].splitlines():
        name, _, value = line.partition(" ")
        extension[name] = value
    try:
        signatures = tuple((one[1], base64.b64decode(one[2], validate=True)) for one in found if one)
        root = base64.b64decode(head[3], validate=True)
    except ValueError as error:
        raise Unreadable(f"{place} 不是检查点", f"{place} is not a checkpoint") from error
    suite, time = extension.get("suite", ""), extension.get("time", "")
    if suite not in SUITES:
        raise Unreadable(
            f"{place} 的算法套件 {suite!r} 本程序没有",
            f"{place} has a suite {suite!r} that this program lacks",
        )
    return Note(place, text, head[1], int(head[2]), root, suite, time, signatures)


def trusted(told: Sequence[dict[str, Any]], given: Sequence[Key]) -> tuple[list[Key], list[int]]:
    """The keys whose signatures count, and the numbers of those that the log tells and nobody endorsed.

    A key counts if it was given, if it is the log's first and none was given, or if one that counts has endorsed it.
    """
    keys = list(given)
    strangers: list[int] = []
    for entry in told:
        key = read_key(str(entry.get("vkey")))
        lines = {one.line for one in keys}
        endorsed = any(one.line == entry.get("endorsed_by") and _endorses(one, entry) for one in keys)
        if key.line in lines or not keys or endorsed:
            keys.append(key)
        elif not lines & {str(other.get("vkey")) for other in told if _ordinal(other) > _ordinal(entry)}:
            strangers.append(_ordinal(entry))
    return keys, strangers


def _ordinal(entry: dict[str, Any]) -> int:
    return int(entry.get("ordinal", 0))


def _endorses(key: Key, entry: dict[str, Any]) -> bool:
    said = f"zeren/endorses/1\n{entry.get('vkey')}\n{entry.get('suite')}\n".encode()
    try:
        return key.signed(base64.b64decode(str(entry.get("endorsement")), validate=True), said)
    except ValueError:
        return False


# ---------------------------------------------------------------- the export


@dataclass(frozen=True)
class Finding:
    """One kind of trouble: its first place, how often it was met, and the sentence in both languages."""

    kind: str
    index: int | None
    times: int
    zh: str
    en: str


class Report:
    """What came of it. ``ok`` needs a checkpoint that is trusted and agrees, and no finding."""

    def __init__(self) -> None:
        self.leaves = self.events = self.uncovered = 0
        self.agreed: list[Note] = []
        self.keys: list[Key] = []
        self.pinned = False
        self._found: dict[str, Finding] = {}

    @property
    def findings(self) -> list[Finding]:
        """In the order in which they were first met."""
        return list(self._found.values())

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return bool(self.agreed) and not self._found

    def add(self, kind: str, index: int | None, zh: str, en: str) -> None:
        """Note something that is wrong."""
        first = self._found.get(kind) or Finding(kind, index, 0, zh, en)
        self._found[kind] = replace(first, times=first.times + 1)


@dataclass(frozen=True)
class Line:
    """A line of an export. ``proof`` is its path to the root of the tree of ``size`` leaves, where it has one."""

    number: int
    entry: dict[str, Any]
    index: int
    leaf: bytes
    proof: list[bytes] | None
    size: int | None


def verify(
    export: Path, checkpoints: Sequence[Path], given: Sequence[Key] = (), *, part: bool = False
) -> Report:
    """Check the file. ``part``: it holds some lines of an export, each of which stands by its own proof.

    Raises Unreadable if a file cannot be read or is not what it should be.
    """
    notes = sorted((read_note(path.name, _text(path)) for path in checkpoints), key=lambda note: note.size)
    suites = {note.suite for note in notes}
    if len(suites) > 1:
        raise Unreadable("检查点的算法套件不一致", "the checkpoints are of different suites")
    report = Report()
    walk = _Walk(report, SUITES[suites.pop()] if suites else _sha256, notes, part=part)
    for line in _lines(export, report):
        walk.meet(line)
    keys = walk.trust(given)
    vouched = [note for note in notes if _vouched(note, keys, report)]
    walk.end(vouched)
    if not part:
        newest = max((note.size for note in report.agreed), default=0)
        report.uncovered = report.events - walk.events_at.get(newest, 0)
        _by_proofs(export, walk.digest, [note for note in vouched if note not in report.agreed], report)
    return report


class _Walk:
    """One way through the lines."""

    def __init__(self, report: Report, digest: Digest, notes: Sequence[Note], *, part: bool) -> None:
        self.digest = digest
        self.events_at: dict[int, int] = {0: 0}
        self._report = report
        self._sizes = {note.size for note in notes}
        self._roots: dict[int, bytes] = {}
        self._notes = {note.size: note for note in notes}
        self._tree = Tree(digest)
        self._last: dict[str, tuple[int, bytes]] = {}
        self._told: list[dict[str, Any]] = []
        self._part = part

    def meet(self, line: Line) -> None:
        """The next line."""
        at, entry, add = line.index, line.entry, self._report.add
        name = f"{entry.get('kind')} {_name(entry)}"
        if not self._part and at > self._report.leaves:
            add(
                "gap",
                self._report.leaves,
                f"第 {self._report.leaves} 叶不见了",
                f"leaf {self._report.leaves} is gone",
            )
        if not self._part and at < self._report.leaves:
            add(
                "order",
                at,
                f"第 {at} 叶（{name}）重复或次序不对",
                f"leaf {at} ({name}) is out of order, or there twice",
            )
        try:
            hashed = self.digest(b"\x00" + canonical(entry))
        except (ValueError, RecursionError):
            hashed = b""
        if hashed != line.leaf:
            add("bad_leaf", at, f"第 {at} 叶与其 {name} 不符", f"leaf {at} and its {name} disagree")
        if self._part:
            self._proven(line, name)
        self._chained(line, name)
        self._tree.add(line.leaf)
        self._report.leaves = max(self._report.leaves, at + 1)
        if self._tree.size in self._sizes:
            self._roots[self._tree.size] = self._tree.root()
            self.events_at[self._tree.size] = self._report.events

    def trust(self, given: Sequence[Key]) -> list[Key]:
        """The keys that count, once all lines are read."""
        keys, strangers = trusted(self._told, given)
        for number in strangers:
            self._report.add(
                "unendorsed_key",
                None,
                f"第 {number} 把公钥没有前一把的背书；若确为补办，请用 --key 给出它",
                f"nobody endorsed the key no. {number}; if it replaces a lost one, give it with --key",
            )
        self._report.keys, self._report.pinned = keys, bool(given)
        return keys

    def end(self, notes: Sequence[Note]) -> None:
        """Compare the checkpoints that somebody vouches for."""
        if self._part:
            self._report.agreed = list(notes)
            return
        for note in notes:
            last = self._report.agreed[-1].size if self._report.agreed else 0
            if note.size > self._report.leaves:
                self._report.add(
                    "truncated",
                    self._report.leaves,
                    f"{note.place} 有 {note.size} 叶，导出只有 {self._report.leaves} 叶：末尾被截去",
                    f"{note.place} has {note.size} leaves and the export {self._report.leaves}: its end was cut off",
                )
            elif self._roots.get(note.size) == note.root:
                self._report.agreed.append(note)
            else:
                self._report.add(
                    "contradicted",
                    last,
                    f"{note.place} 与导出矛盾：改动在第 {last} 叶至第 {note.size - 1} 叶之间",
                    f"{note.place} contradicts the export: it was changed between leaf {last} and leaf {note.size - 1}",
                )

    def _proven(self, line: Line, name: str) -> None:
        note = self._notes.get(line.size or 0)
        proven = note is not None and line.proof is not None
        if not (
            proven
            and note
            and includes(self.digest, line.leaf, line.index, note.size, line.proof or [], note.root)
        ):
            self._report.add(
                "unproven",
                line.index,
                f"第 {line.index} 叶（{name}）不能证明在所给检查点之内",
                f"leaf {line.index} ({name}) is not proven to be in a given checkpoint",
            )

    def _chained(self, line: Line, name: str) -> None:
        """The chain of the case, and what else the entry's kind asks for."""
        entry = line.entry
        if entry.get("kind") == "key":
            self._key(line, name)
        if entry.get("kind") != "event":
            return
        self._report.events += 1
        case, version = str(entry.get("case_id")), int(entry.get("version", 0))
        before, hashed = self._last.get(case, (0, b""))
        follows = version == before + 1 and entry.get("previous") == (hashed.hex() or None)
        if not follows and not self._part:
            self._report.add(
                "chain",
                line.index,
                f"第 {line.index} 叶（{name}）接不上本案前一事件",
                f"leaf {line.index} ({name}) does not follow the event before it in its case",
            )
        self._last[case] = version, line.leaf

    def _key(self, line: Line, name: str) -> None:
        try:
            read_key(str(line.entry.get("vkey")))
        except Unreadable as error:
            self._report.add("bad_key", line.index, f"{name}：{error.zh}", f"{name}: {error.en}")
        else:
            self._told.append(line.entry)


def _vouched(note: Note, keys: Iterable[Key], report: Report) -> bool:
    if any(note.signed_by(key) for key in keys):
        return True
    report.add(
        "unsigned",
        None,
        f"{note.place} 不是可信密钥所签，或内容被改动",
        f"{note.place} was signed by no trusted key, or was changed",
    )
    return False


def _by_proofs(export: Path, digest: Digest, notes: Sequence[Note], report: Report) -> None:
    """Name the first leaf whose proof does not lead to the root of a checkpoint that was contradicted."""
    if not notes:
        return
    by_size = {note.size: note for note in notes}
    for line in _lines(export, Report()):
        note = by_size.get(line.size or 0)
        if note is None or line.proof is None or line.index >= note.size:
            continue
        if not includes(digest, line.leaf, line.index, note.size, line.proof, note.root):
            name = f"{line.entry.get('kind')} {_name(line.entry)}"
            report.add(
                "proof",
                line.index,
                f"第 {line.index} 叶（{name}）的证明不通向 {note.place} 的根",
                f"the proof of leaf {line.index} ({name}) does not lead to the root of {note.place}",
            )
            return


def _name(entry: dict[str, Any]) -> str:
    if entry.get("kind") == "event":
        return f"{entry.get('case_id')} v{entry.get('version')}"
    if entry.get("kind") == "command":
        return f"{entry.get('case_id')} {entry.get('command_id')}"
    return str(entry.get("position", entry.get("ordinal")))


def _lines(path: Path, report: Report) -> Iterator[Line]:
    """The lines that can be read; the others are told."""
    with _opened(path) as file:
        for number, raw in enumerate(file, start=1):
            try:
                told = json.loads(raw, object_pairs_hook=_once)
                proof = told["proof"]
                line = Line(
                    number,
                    dict(told["entry"]),
                    int(told["index"]),
                    bytes.fromhex(told["leaf"]),
                    None if proof is None else [bytes.fromhex(one) for one in proof],
                    None if told["size"] is None else int(told["size"]),
                )
                _counted(line.entry)
            except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
                report.add("unreadable", None, f"第 {number} 行读不出来", f"line {number} cannot be read")
                continue
            yield line


def _counted(entry: dict[str, Any]) -> None:
    """What is counted by has to be a number. Raises ValueError, TypeError."""
    for name in ("version", "ordinal"):
        int(entry.get(name, 0))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key that is there twice")
    return found


def _opened(path: Path):  # noqa: ANN202 - a file of bytes
    try:
        return path.open("rb")
    except OSError as error:
        raise Unreadable(f"无法读取 {path}", f"{path} cannot be read") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"无法读取 {path}", f"{path} cannot be read") from error


# ---------------------------------------------------------------- the command


def told(report: Report) -> list[str]:
    """The report in words, Chinese and English."""
    lines = [f"✗ {one.zh}（共 {one.times} 处） / {one.en} ({one.times} in all)" for one in report.findings]
    lines += [
        f"✓ {note.place}：{note.size} 叶，{note.time}，相符 / {note.size} leaves, {note.time}, agrees"
        for note in report.agreed
    ]
    if not report.agreed:
        lines.append("✗ 没有可信且相符的检查点 / no checkpoint is both trusted and in agreement")
    lines += [f"· 公钥 key {key.line}" for key in report.keys]
    if not report.pinned:
        lines.append(
            "· 公钥取自导出本身；请与当初交来的公钥逐字核对，或用 --key 给出 / the key is the one that the export tells: "
            "compare it with the one that was handed to you, or give that with --key"
        )
    lines.append(
        f"· 事件 {report.events} 个；最新检查点之后有 {report.uncovered} 个不受其保护 / {report.events} events; "
        f"{report.uncovered} came after the newest checkpoint and are not covered by it"
    )
    lines.append("结论：一致 / all is well" if report.ok else "结论：不一致 / NOT well")
    return lines


def document(report: Report) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "ok": report.ok,
        "leaves": report.leaves,
        "events": report.events,
        "uncovered": report.uncovered,
        "checkpoints": [{"file": one.place, "size": one.size, "time": one.time} for one in report.agreed],
        "keys": [key.line for key in report.keys],
        "key_given": report.pinned,
        "findings": [asdict(one) for one in report.findings],
    }


def consistent(proof: Path, old: Path, new: Path, keys: Sequence[Key]) -> bool:
    """Whether the newer checkpoint's tree begins with all of the older one's. Raises Unreadable."""
    notes = [read_note(path.name, _text(path)) for path in (old, new)]
    try:
        path = [bytes.fromhex(one) for one in json.loads(_text(proof))["proof"]]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{proof} 不是证明", f"{proof} is not a proof") from error
    first, second = notes
    signed = all(any(note.signed_by(key) for key in keys) for note in notes)
    same = (first.origin, first.suite) == (second.origin, second.suite)
    heads = (first.size, first.root), (second.size, second.root)
    return signed and same and extends(SUITES[first.suite], *heads, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; answers the exit code."""
    parser = argparse.ArgumentParser(
        description="核对责任系统的台账导出 / checks an export of Zeren's ledger"
    )
    parser.add_argument(
        "export", type=Path, help="导出文件；或 --consistency 的证明 / the export, or the proof"
    )
    parser.add_argument("checkpoints", type=Path, nargs="*", help="检查点 / checkpoints")
    parser.add_argument(
        "--key", action="append", default=[], help="公钥，或其文件 / a public key, or a file of keys"
    )
    parser.add_argument("--part", action="store_true", help="只是导出的若干行 / only some lines of an export")
    parser.add_argument(
        "--consistency", action="store_true", help="两个检查点是否连贯 / do two checkpoints agree"
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    asked = parser.parse_args(arguments)
    try:
        keys = [key for one in asked.key for key in read_keys(one)]
        if asked.consistency:
            if not keys:
                parser.error("--consistency PROOF OLD NEW --key KEY")
            old, new = asked.checkpoints
            ok = consistent(asked.export, old, new, keys)
            lines = ["结论：连贯 / consistent" if ok else "结论：不连贯 / NOT consistent"]
            found: dict[str, Any] = {"ok": ok}
        else:
            beside = asked.export.with_name(asked.export.name + ".checkpoint")
            report = verify(asked.export, asked.checkpoints or [beside], keys, part=asked.part)
            ok, lines, found = report.ok, told(report), document(report)
    except Unreadable as error:
        ok, lines, found = False, [f"✗ {error}"], {"ok": False, "zh": error.zh, "en": error.en}
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(
        (json.dumps(found, ensure_ascii=False, indent=2) if asked.json else "\n".join(lines)) + "\n"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
