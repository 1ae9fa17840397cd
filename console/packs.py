"""Reads a jurisdiction pack (数据包) from its folder.

    pack.toml            id, title, time zone, from when its rows hold
    divisions.csv        the places
    compounds.csv        the compounds (小区) that are told apart, with their property status; may be left out
    petition_scheme.csv  the classification that matters are keyed to
    bodies/*.toml        [[body]] one body · [[template]] one body for every place that fits
    matters/*.toml       [[matter]]
    dispatch.toml        [[dispatch]]
    people.toml          [[person]]
    contracts.toml       [[provider]] its qualifications · [[contract]]; a pack may have none
    calendar/*.toml      office.toml the working hours; one file a year its holidays; may be left out
    policy.toml          limits, counts, links, [[joint_conference]], [[misconduct_organ]], appeal, ways

Three rules run through all of them. ``[defaults]`` fills what a row leaves out. Braces are holes that the
reader fills: ``{code}``, ``{parent}``, ``{place}``, ``{area}`` from the place, ``{resolve}`` in a promise from the
limit that the clock will really use, so that no promise contradicts its clock. And nothing stands without a source.

What cannot be read is told with its file and row, all at once. What the rows mean together is told by
``domain.pack_check``.
"""

import csv
import io
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import BaseModel, ValidationError

from console.pack_calendar import calendar_fields
from domain.calendar import WRITTEN, Length
from domain.jurisdiction import (
    Body,
    Contract,
    Dispatch,
    Matter,
    Name,
    Pack,
    Person,
    Place,
    Policy,
    Provider,
)
from domain.pack_findings import Finding, finding
from domain.words import DeadlineKind, Urgency

Fields = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)

DIVISIONS = ("code", "name", "kind", "parent_code")
COMPOUNDS = ("code", "name", "parent_code", "property_status", "source")
SCHEME = ("level1", "level2", "level3")
_HOLE = re.compile(r"\{(\w+)\}")
_BY_PLACE = ("joint_conference", "misconduct_organ")
"""Parts of the policy that name a body for each place."""
_IN_LENGTHS = frozenset(
    {
        "limits",
        "urgent",
        "return_within",
        "reopen_within",
        "ladder_every",
        "alert_every",
        "again_within",
        "rehandle_within",
    }
)
"""Parts of the policy that are lengths of time."""
_PLACE_HOLES = ("code", "parent", "place", "area")


class PackError(Exception):
    """A pack that cannot be read. ``findings`` says what is wrong, each with its file and row."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(f"{found.where}: {found.en}" for found in findings[:5]))
        self.findings = findings


class _Row(NamedTuple):
    where: str
    fields: Fields


def read_pack(folder: Path) -> Pack:
    """The pack in ``folder``. Raises PackError with everything that could not be read."""
    return _Reader(folder).read()


class _Reader:
    """Reads one folder, gathering findings as it goes so that one run shows them all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[Finding] = []
        self.places: tuple[Place, ...] = ()
        self.since: datetime | None = None

    def read(self) -> Pack:
        head = self._table("pack.toml", rows=(), keys=("id", "title", "zone", "valid_from", "sources"))
        since = head.get("valid_from")
        if isinstance(since, datetime):
            self.since = since
        else:
            self._say("key-missing", "pack.toml", key="valid_from")
        self.places = tuple(self._places())
        policy = self._policy()
        parts: Fields = {
            "bodies": tuple(self._bodies()),
            "matters": tuple(self._matters(policy)),
            "people": tuple(self._people()),
            "dispatch": tuple(self._dispatch()),
            **self._services(),
            **calendar_fields(self.folder, head.get("zone"), self._table, self._say),
        }
        if self.findings or policy is None:
            raise PackError(tuple(self.findings))
        fields = {key: head[key] for key in ("id", "title", "zone") if key in head}
        pack = self._make(Pack, "pack.toml", {**fields, **parts, "places": self.places, "policy": policy})
        if pack is None:
            raise PackError(tuple(self.findings))
        return pack

    # files

    def _say(self, code: str, where: str, **holes: object) -> None:
        self.findings.append(finding(code, where, **holes))

    def _text(self, name: str) -> str | None:
        try:
            return (self.folder / name).read_bytes().decode("utf-8-sig")
        except (FileNotFoundError, NotADirectoryError):
            self._say("file-missing", name)
        except OSError as error:
            self._say("file-unreadable", name, reason=error.strerror)
        except UnicodeDecodeError:
            self._say("file-encoding", name)
        return None

    def _table(self, name: str, rows: tuple[str, ...], keys: tuple[str, ...] = ()) -> Fields:
        """A TOML file as a table; the arrays named in ``rows`` become lists of _Row, defaults filled in."""
        text = self._text(name)
        if text is None:
            return {}
        try:
            # TOML knows no lone CR, so line ends of every system are read as one.
            table: Fields = tomllib.loads(text.replace("\r\n", "\n"))
        except (ValueError, RecursionError) as error:
            # Beside its own error tomllib lets out what a number of thousands of digits, or deep nesting, brings about.
            deep = isinstance(error, RecursionError)
            self._say("toml", name, reason="nested too deeply" if deep else str(error))
            return {}
        self._no_control_characters(name, table)
        known = {*rows, *keys, *(("defaults",) if rows else ())}
        for key in table.keys() - known:
            self._say("key-unknown", name, key=key, known=", ".join(sorted(known)))
        defaults = table.get("defaults")
        for row in rows:
            table[row] = list(self._rows(name, text, row, table.get(row, []), _as_fields(defaults)))
        return table

    def _no_control_characters(self, where: str, table: Fields) -> None:
        """No text may hold what neither a database nor a page can show; line ends and tabs are layout."""
        for key, text in _texts(table):
            for char in text:
                if unicodedata.category(char) == "Cc" and char not in "\t\n\r":
                    self._say("control-character", where, key=key, char=f"{ord(char):04X}")
                    break

    def _rows(self, name: str, text: str, key: str, found: object, defaults: Fields) -> Iterator[_Row]:
        heads = re.compile(rf"^\s*\[\[\s*{key}\s*\]\]")
        lines = [number for number, line in enumerate(text.split("\n"), 1) if heads.match(line)]
        for at, fields in enumerate(cast("list[object]", found) if isinstance(found, list) else [found]):
            where = f"{name}:{lines[at]}" if at < len(lines) else f"{name} [[{key}]] {at + 1}"
            if isinstance(fields, dict):
                yield _Row(where, {**defaults, **_as_fields(cast("object", fields))})
            else:
                head = f"[[{key}]]"
                self._say("field", where, field=key, zh=f"应写成 {head}", en=f"must be written as {head}")

    def _tables(self, folder: str, rows: tuple[str, ...]) -> Iterator[Fields]:
        names = sorted(path.name for path in (self.folder / folder).glob("*.toml"))
        if not names:
            self._say("file-missing", f"{folder}/*.toml")
        for name in names:
            yield self._table(f"{folder}/{name}", rows)

    def _csv(self, name: str, header: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
        text = self._text(name)
        if text is None:
            return
        reader = csv.reader(io.StringIO(text, newline=""))
        try:
            first = next(reader, list[str]())
            if tuple(first) != header:
                self._say("csv-header", f"{name}:1", header=",".join(header))
                return
            for row in reader:
                where = f"{name}:{reader.line_num}"
                self._no_control_characters(where, dict(zip(header, row, strict=False)))
                if len(row) == len(header):
                    yield where, row
                elif row:
                    self._say("csv-row", where, want=len(header), got=len(row))
        except csv.Error as error:
            self._say("csv-broken", f"{name}:{reader.line_num}", reason=str(error))

    # shapes

    def _make(self, model: type[Model], where: str, fields: Mapping[str, object]) -> Model | None:
        try:
            return model.model_validate(fields)
        except ValidationError as error:
            for problem in error.errors(include_input=False, include_url=False):
                field = ".".join(str(part) for part in problem["loc"]) or model.__name__
                zh, en = _problem(problem["type"], str(problem["msg"]))
                self._say("field", where, field=field, zh=zh, en=en)
            return None

    def _source(self, row: _Row) -> Fields:
        """The row without its source, which must be there."""
        source = row.fields.get("source")
        if not isinstance(source, str) or not source.strip():
            named = row.fields.get("id") or row.fields.get("office") or row.fields.get("body")
            self._say("source-missing", row.where, field=named)
        return {key: value for key, value in row.fields.items() if key != "source"}

    def _sourced(self, where: str, field: str, value: object) -> object:
        """``{ hours = 4, source = "…" }`` becomes 4. A number or a list that stands alone has no source."""
        if not isinstance(value, dict):
            self._say("source-missing", where, field=field)
            return value
        table = _as_fields(cast("object", value))
        if "source" not in table and not table.keys() & {"hours", "times", "days", "kinds", "percent"}:
            return {key: self._sourced(where, f"{field}.{key}", inner) for key, inner in table.items()}
        bare = self._source(_Row(where, {**table, "id": field}))
        del bare["id"]
        return next(iter(bare.values())) if len(bare) == 1 else bare

    def _lengths(self, where: str, field: str, value: object) -> object:
        """Lengths, each with its source: ``{ working_days = 5, source = "…" }``."""
        if not isinstance(value, dict):
            self._say("source-missing", where, field=field)
            return value
        table = _as_fields(cast("object", value))
        if "source" in table or table.keys() & WRITTEN:
            bare = self._source(_Row(where, {**table, "id": field}))
            return {key: inner for key, inner in bare.items() if key != "id"}
        return {key: self._lengths(where, f"{field}.{key}", inner) for key, inner in table.items()}

    def _fill(self, where: str, value: object, holes: Mapping[str, str]) -> object:
        """The value with the holes of every text in it filled."""
        if isinstance(value, str):
            return self._filled(where, value, holes)
        if isinstance(value, dict):
            table = _as_fields(cast("object", value))
            return {key: self._fill(where, inner, holes) for key, inner in table.items()}
        if isinstance(value, list):
            return [self._fill(where, inner, holes) for inner in cast("list[object]", value)]
        return value

    def _filled(self, where: str, text: str, holes: Mapping[str, str]) -> str:
        for hole in _HOLE.findall(text):
            if hole not in holes:
                self._say("hole-unknown", where, hole=hole, known=", ".join(holes))
        return _HOLE.sub(lambda match: holes.get(match[1], match[0]), text)

    # parts

    def _places(self) -> Iterator[Place]:
        for where, (code, name, kind, parent) in self._csv("divisions.csv", DIVISIONS):
            fields = {"code": code, "name": name, "level": kind, "parent": parent or None}
            place = self._make(Place, where, fields)
            if place is not None:
                yield place
        if not (self.folder / "compounds.csv").exists():
            return
        for where, (code, name, parent, status, source) in self._csv("compounds.csv", COMPOUNDS):
            if not source.strip():
                self._say("source-missing", where, field=code)
            row = {"code": code, "name": name, "level": "community", "parent": parent}
            place = self._make(Place, where, {**row, "property_status": status})
            if place is not None:
                yield place

    def _bodies(self) -> Iterator[Body]:
        for table in self._tables("bodies", ("body", "template")):
            for row in table.get("body", ()):
                body = self._make(Body, row.where, {"valid_from": self.since, **self._source(row)})
                if body is not None:
                    yield body
            for row in table.get("template", ()):
                yield from self._expand(row)

    def _expand(self, row: _Row) -> Iterator[Body]:
        """One body for every place of the template's level whose name fits ``where`` and not ``unless``."""
        fields: Fields = {"valid_from": self.since, **self._source(row)}
        patterns = [
            self._pattern(row.where, key, fields.pop(key, "")) for key in ("where", "unless", "strip")
        ]
        for key in ("office", "level"):
            if key not in fields:
                self._say("key-missing", row.where, key=key)
                return
        where, unless, strip = patterns
        office = fields.pop("office")
        fitting = [
            place
            for place in self._level(fields["level"])
            if where.search(place.name) and not (unless.pattern and unless.search(place.name))
        ]
        for place in fitting:
            known = len(self.findings)
            filled = {
                key: self._fill(row.where, value, _holes(place, strip)) for key, value in fields.items()
            }
            own = {"id": f"{place.code}.{office}", "division": place.code}
            body = self._make(Body, row.where, {**own, **filled})
            if body is None or len(self.findings) > known:
                return  # what is wrong with one place is wrong with all
            yield body
        if not fitting:
            self._say("template-empty", row.where)

    def _pattern(self, where: str, field: str, pattern: object) -> re.Pattern[str]:
        try:
            return re.compile(str(pattern))
        except re.error as error:
            self._say("pattern", where, field=field, reason=str(error))
            return re.compile("")

    def _level(self, level: object) -> list[Place]:
        """The divisions of a level. Compounds are none: no body sits in one."""
        return [p for p in self.places if p.level == level and p.property_status is None]

    def _matters(self, policy: Policy | None) -> Iterator[Matter]:
        scheme = {tuple(names) for _, names in self._csv("petition_scheme.csv", SCHEME)}
        for table in self._tables("matters", ("matter",)):
            for row in table.get("matter", ()):
                own = {
                    key: self._lengths(row.where, key, row.fields.get(key, {}))
                    for key in ("limits", "urgent")
                }
                promise = row.fields.get("promise", {})
                bare = self._make(Matter, row.where, {**row.fields, **own, "promise": promise})
                if bare is None:
                    continue
                if bare.scheme not in scheme:
                    self._say("scheme-unknown", row.where, scheme="／".join(bare.scheme))
                yield bare.model_copy(update=self._promises(row.where, bare, policy))

    def _promises(self, where: str, matter: Matter, policy: Policy | None) -> Fields:
        """The promise with ``{resolve}`` told as the limit that the clock will use, and so for each urgency."""
        resolve, of = DeadlineKind.RESOLVE, matter.procedure
        limits = {**(policy.limits.get(of, {}) if policy else {}), **matter.limits}
        by_policy = policy.urgent.get(of, {}) if policy else {}
        urgent = {
            urgency: {**by_policy.get(urgency, {}), **matter.urgent.get(urgency, {})} for urgency in Urgency
        }
        return {
            "promise": self._promise(where, matter.promise, limits.get(resolve)),
            "urgent_promises": {
                urgency: self._promise(where, matter.promise, own[resolve])
                for urgency, own in urgent.items()
                if resolve in own
            },
        }

    def _promise(self, where: str, promise: Name, length: Length | None) -> Name:
        if length is None:
            return promise
        return Name(
            zh=self._filled(where, promise.zh, {"resolve": length.zh}),
            en=self._filled(where, promise.en, {"resolve": length.en}),
        )

    def _people(self) -> Iterator[Person]:
        for row in self._table("people.toml", ("person",)).get("person", ()):
            fields = self._source(row)
            posts: object = fields.get("posts", [])
            if isinstance(posts, list):
                own = {"person": fields.get("id"), "valid_from": self.since}
                fields["posts"] = [{**own, **_as_fields(post)} for post in cast("list[object]", posts)]
            person = self._make(Person, row.where, fields)
            if person is not None:
                yield person

    def _dispatch(self) -> Iterator[Dispatch]:
        for row in self._table("dispatch.toml", ("dispatch",)).get("dispatch", ()):
            for fields in self._per_place(row):
                dispatch = self._make(Dispatch, row.where, fields)
                if dispatch is not None:
                    yield dispatch

    def _services(self) -> Fields:
        """The providers and the contracts; a pack without the file has none."""
        name = "contracts.toml"
        if not (self.folder / name).exists():
            return {}
        table = self._table(name, ("provider", "contract"))
        found: dict[str, list[BaseModel]] = {"providers": [], "contracts": []}
        for key, into, model in (("provider", "providers", Provider), ("contract", "contracts", Contract)):
            for row in table.get(key, ()):
                made = self._make(model, row.where, self._source(row))
                if made is not None:
                    found[into].append(made)
        return {key: tuple(rows) for key, rows in found.items()}

    def _per_place(self, row: _Row) -> Iterator[Fields]:
        """The row as it stands if it names a division, else once for every place of its ``level``."""
        fields = self._source(row)
        level = fields.pop("level", None)
        if level is None:
            yield fields
            return
        fitting = self._level(level)
        if not fitting:
            self._say("template-empty", row.where)
        for place in fitting:
            holes = _holes(place, re.compile(""))
            filled = {key: self._fill(row.where, value, holes) for key, value in fields.items()}
            yield {"division": place.code, **filled}

    def _policy(self) -> Policy | None:
        name = "policy.toml"
        known = tuple(field for field in Policy.model_fields if field not in _BY_PLACE)
        table = self._table(name, _BY_PLACE, known)
        if not table:
            return None
        by_place = {key: self._bodies_by_place(table[key]) for key in _BY_PLACE}
        fields = {
            key: (self._lengths if key in _IN_LENGTHS else self._sourced)(name, key, table[key])
            for key in known
            if key in table and key != "id"
        }
        return self._make(Policy, name, {"id": table.get("id"), **fields, **by_place})

    def _bodies_by_place(self, rows: list[_Row]) -> dict[str, object]:
        """Rows that name one body for a place, or for every place of a level."""
        named: dict[str, object] = {}
        for row in rows:
            for fields in self._per_place(row):
                for key in fields.keys() - {"division", "body"}:
                    self._say("key-unknown", row.where, key=key, known="division, level, body, source")
                named[str(fields.get("division"))] = fields.get("body")
        return named


def _texts(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in what a file holds, with the key that it stands under."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in _as_fields(cast("object", value)).items():
            yield from _texts(inner, name)
            yield from _texts(name, name) if not name.isprintable() else ()
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _texts(inner, key)


def _as_fields(value: object) -> Fields:
    return dict(cast("Fields", value)) if isinstance(value, dict) else {}


def _holes(place: Place, strip: re.Pattern[str]) -> dict[str, str]:
    area = strip.sub("", place.name) if strip.pattern else place.name
    return dict(zip(_PLACE_HOLES, (place.code, place.parent or "", place.name, area), strict=True))


_PROBLEMS = {
    "missing": ("缺失，请补上", "is missing; add it"),
    "extra_forbidden": ("不认识，请删去或改正", "is not known here; take it out or correct it"),
    "string_pattern_mismatch": (
        "含有不允许的字符，请只用字母、数字、点、下划线和连字符",
        "has characters that are not allowed; use letters, digits, dots, underscores and hyphens",
    ),
    "timezone_aware": (
        "没有时区，请写成 2023-01-01T00:00:00+08:00",
        "has no offset; write 2023-01-01T00:00:00+08:00",
    ),
    "greater_than": ("须大于零", "must be greater than zero"),
    "greater_than_equal": ("不得小于零", "must not be less than zero"),
    "less_than_equal": ("过大，请改正", "is too large; correct it"),
    "int_type": ("须为整数", "must be a whole number"),
    "value_error": ("超出日历范围，请改正", "lies outside the calendar; correct it"),
}


def _problem(kind: str, message: str) -> tuple[str, str]:
    """What pydantic found, as the end of a sentence. The value is not repeated: it may name a person."""
    return _PROBLEMS.get(kind, (f"不合要求（{message}），请改正", f"is wrong ({message}); correct it"))
