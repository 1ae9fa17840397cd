"""What somebody does to a ledger who may do everything in its database, and to an export of it.

    a ledger ─▶ A: sealed, its checkpoint mailed ─▶ B: sealed, kept in the database ─▶ rows that nobody sealed

The forger turns the triggers off. Where he is careful, he makes the hashes, the checkpoints or the key anew as well.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

from domain.numbers import case_id
from ledger.compartment import Reading, reveal
from ledger.evidence.checkpoints import make_checkpoint
from ledger.evidence.entries import leaf
from ledger.evidence.keys import SigningKeys, create_signing_keys
from ledger.evidence.leaves import leaves
from ledger.evidence.merkle import Frontier, leaf_hash
from ledger.evidence.notes import Checkpoint, read_note
from ledger.evidence.sequence import sequence
from ledger.evidence.suites import suite_named
from tests import small
from tests.ledger.cases import KEYRING, Story, ready

GUARDS = {
    "append_only": ("event", "command", "reading", "leaf", "checkpoint", "signing_key"),
    "never_removed": ("tree", "head", "reading_head"),
}


class Sealed(NamedTuple):
    """A ledger with its keys and the checkpoint that was mailed."""

    keys: Path
    mailed: Path
    folder: Path

    def signing(self) -> SigningKeys:
        """The keys."""
        return SigningKeys.from_file(self.keys)


async def make_ledger(pool: asyncpg.Pool, folder: Path) -> Sealed:
    """Three cases, a refusal, a reading: sealed and mailed, sealed again, and then some."""
    await ready(pool)
    create_signing_keys(folder / "evidence.json")
    keys = SigningKeys.from_file(folder / "evidence.json")
    stories = [await Story(pool, f"evidence-{name}").open() for name in ("one", "two", "three")]
    for story in stories[:2]:
        await story.work()
    refused = await stories[2].later(1).say(small_sign(), small.HOUSING_WORKER)
    assert refused.outcome == "refused"
    await look(pool, stories[0])
    mailed = folder / "mailed.checkpoint"
    mailed.write_text((await make_checkpoint(pool, keys, None)).note, encoding="utf-8")
    await stories[0].resolve()
    await make_checkpoint(pool, keys, None)
    await stories[2].work()
    await sequence(pool)
    await stories[1].resolve()
    return Sealed(folder / "evidence.json", mailed, folder)


def small_sign() -> Any:
    """A command that is refused where nothing is proposed."""
    from domain import commands as c

    return c.Sign


async def look(pool: asyncpg.Pool, story: Story) -> None:
    """Somebody reads what the resident said."""
    personal = await pool.fetchval("SELECT id FROM compartment WHERE case_id = $1 LIMIT 1", story.id)
    reading = Reading(reader=small.KEEPER, case=story.id, personal=personal, fields=("text",), reason="test")
    await reveal(pool, KEYRING, reading)


# ---------------------------------------------------------------- the forger's tools

Connection = Any
ONE = case_id("evidence-one:1")
TWO = case_id("evidence-two:1")


async def free(connection: Connection) -> None:
    """Turn off what refuses changes."""
    for guard, tables in GUARDS.items():
        for table in tables:
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {guard}")


async def rehash(connection: Connection) -> None:
    """Every leaf anew from the row that it stands for, in the same order, and the tree with them."""
    tree = await connection.fetchrow("SELECT * FROM tree")
    digest = suite_named(tree["suite"]).digest
    frontier, chain = Frontier(digest), {}
    for one in await leaves(connection, 0, tree["size"]):
        row = one.row
        assert row is not None
        event = (row["case_id"], row["version"]) if one.kind == "event" else None
        previous = chain.get((event[0], event[1] - 1)) if event else None
        hashed = leaf_hash(digest, leaf(one.kind, row, previous))
        if event:
            chain[event] = hashed
        await connection.execute("UPDATE leaf SET hash = $2 WHERE index = $1", one.index, hashed)
        frontier.add(hashed)
    await connection.execute("UPDATE tree SET size = $1, peaks = $2", frontier.size, frontier.peaks)


async def sign_again(connection: Connection, keys: SigningKeys) -> None:
    """Every checkpoint anew for the tree as it is now."""
    digest = suite_named(keys.suite).digest
    hashes = [row["hash"] for row in await connection.fetch("SELECT hash FROM leaf ORDER BY index")]
    for row in await connection.fetch("SELECT size, note FROM checkpoint WHERE size <= $1", len(hashes)):
        frontier = Frontier(digest)
        for one in hashes[: row["size"]]:
            frontier.add(one)
        earlier = read_note(row["note"]).checkpoint
        head = Checkpoint(
            origin=keys.origin, size=row["size"], root=frontier.root(), suite=keys.suite, at=earlier.at
        )
        await connection.execute(
            "UPDATE checkpoint SET root = $2, note = $3 WHERE size = $1",
            head.size,
            head.root,
            keys.current.sign(head.text()),
        )


async def cut(connection: Connection, upto: int) -> None:
    """Take everything away from that leaf on, and leave no trace of it."""
    last = await connection.fetchrow(
        "SELECT coalesce(max(ordinal) FILTER (WHERE kind = 'event'), 0) AS events,"
        " coalesce(max(ordinal) FILTER (WHERE kind = 'reading'), 0) AS readings FROM leaf WHERE index < $1",
        upto,
    )
    await connection.execute("DELETE FROM event WHERE position > $1", last["events"])
    await connection.execute("DELETE FROM reading WHERE position > $1", last["readings"])
    await connection.execute(
        "DELETE FROM command c WHERE NOT EXISTS (SELECT FROM leaf l WHERE l.kind = 'command' AND l.index < $1"
        " AND (l.case_id, l.command_id) = (c.case_id, c.command_id))",
        upto,
    )
    await connection.execute("DELETE FROM leaf WHERE index >= $1", upto)
    await connection.execute("DELETE FROM checkpoint WHERE size > $1", upto)
    await connection.execute("UPDATE head SET position = $1", last["events"])
    await connection.execute("UPDATE reading_head SET position = $1", last["readings"])
    tree = await connection.fetchrow("SELECT * FROM tree")
    frontier = Frontier(suite_named(tree["suite"]).digest)
    for row in await connection.fetch("SELECT hash FROM leaf ORDER BY index"):
        frontier.add(row["hash"])
    await connection.execute(
        "UPDATE tree SET size = $1, peaks = $2, events = $3, readings = $4,"
        " commands = (SELECT max(recorded_at) FROM command)",
        frontier.size,
        frontier.peaks,
        last["events"],
        last["readings"],
    )


async def edit(connection: Connection, position: int) -> None:
    """Somebody else is said to have done it."""
    await connection.execute(
        "UPDATE event SET actor = jsonb_set(actor, '{person}', '\"somebody-else\"') WHERE position = $1",
        position,
    )


# ---------------------------------------------------------------- the forgeries of a database

Forge = Callable[[Connection, Sealed], Awaitable[None]]


@dataclass(frozen=True)
class Forgery:
    """One forgery: its name in the table, what is done, what else is made anew.

    ``seals``: a checkpoint is signed after it. ``exported``: an export holds what was forged.
    """

    name: str
    also: str
    forge: Forge
    seals: bool = False
    exported: bool = True


async def _edit(connection: Connection, sealed: Sealed) -> None:
    await edit(connection, 4)


async def _edit_and_leaf(connection: Connection, sealed: Sealed) -> None:
    """Its leaf is made anew as well, and nothing after it."""
    hashes = {row["index"]: row["hash"] for row in await connection.fetch("SELECT index, hash FROM leaf")}
    changed = await connection.fetchval("SELECT index FROM leaf WHERE kind = 'event' AND ordinal = 4")
    await edit(connection, 4)
    await rehash(connection)
    for index, hashed in hashes.items():
        if index != changed:
            await connection.execute("UPDATE leaf SET hash = $2 WHERE index = $1", index, hashed)


async def _edit_and_all(connection: Connection, sealed: Sealed) -> None:
    await edit(connection, 4)
    await rehash(connection)


async def _edit_and_sign(connection: Connection, sealed: Sealed) -> None:
    await _edit_and_all(connection, sealed)
    await sign_again(connection, sealed.signing())


async def _own_key(connection: Connection, sealed: Sealed) -> None:
    origin = sealed.signing().origin
    path = sealed.folder / f"forged-{len(list(sealed.folder.iterdir()))}.json"
    create_signing_keys(path, origin=origin)
    keys = SigningKeys.from_file(path)
    await connection.execute("UPDATE signing_key SET vkey = $1", keys.current.public.encoded())
    await _edit_and_all(connection, sealed)
    await sign_again(connection, keys)


async def _delete(connection: Connection, sealed: Sealed) -> None:
    await connection.execute("DELETE FROM event WHERE position = 5")


async def _delete_with_leaf(connection: Connection, sealed: Sealed) -> None:
    await _delete(connection, sealed)
    await connection.execute("DELETE FROM leaf WHERE kind = 'event' AND ordinal = 5")


async def _insert(connection: Connection, sealed: Sealed) -> None:
    await connection.execute(
        "INSERT INTO event SELECT 0, case_id, 99, gen_random_uuid(), command_id, type, schema, at, recorded_at, done_at,"
        " actor, facts, body FROM event WHERE position = 5"
    )


async def _insert_answer(connection: Connection, sealed: Sealed) -> None:
    await connection.execute(
        "INSERT INTO command SELECT case_id, 'forged', type, fingerprint, at, recorded_at, actor, facts, 'refused',"
        " NULL, NULL, NULL, answer FROM command ORDER BY recorded_at LIMIT 1"
    )


async def _swap(connection: Connection, sealed: Sealed) -> None:
    await connection.execute(
        "UPDATE event e SET actor = o.actor, at = o.at FROM event o"
        " WHERE (e.position, o.position) IN ((4, 7), (7, 4))"
    )


async def _swap_leaves(connection: Connection, sealed: Sealed) -> None:
    """Two events change places in the tree, each with its own hash."""
    indexes = [
        row["index"]
        for row in await connection.fetch(
            "SELECT index FROM leaf WHERE kind = 'event' AND ordinal IN (4, 5) ORDER BY index"
        )
    ]
    first, second = indexes
    for old, new in ((first, 10**6), (second, first), (10**6, second)):
        await connection.execute("UPDATE leaf SET index = $2 WHERE index = $1", old, new)


async def _refusal_gone(connection: Connection, sealed: Sealed) -> None:
    await connection.execute(
        "DELETE FROM command WHERE outcome = 'refused'",
    )


async def _reading_changed(connection: Connection, sealed: Sealed) -> None:
    await connection.execute("UPDATE reading SET reason = 'other'")


async def _ciphertext(connection: Connection, sealed: Sealed) -> None:
    await connection.execute(
        "UPDATE compartment SET sealed = set_byte(sealed, 20, (get_byte(sealed, 20) + 1) % 256) WHERE id IN"
        " (SELECT personal FROM command ORDER BY recorded_at LIMIT 1)"
    )


async def _ciphertext_and_digest(connection: Connection, sealed: Sealed) -> None:
    await _ciphertext(connection, sealed)
    await connection.execute("UPDATE compartment SET digest = encode(sha256(sealed), 'hex')")


def size_of(path: Path) -> int:
    """The size of a checkpoint in a file."""
    return read_note(path.read_text(encoding="utf-8")).checkpoint.size


async def _cut_before(connection: Connection, sealed: Sealed) -> None:
    await cut(connection, size_of(sealed.mailed) - 4)


async def _cut_after(connection: Connection, sealed: Sealed) -> None:
    await cut(connection, size_of(sealed.mailed))


async def _fork(connection: Connection, sealed: Sealed) -> None:
    """Back to before the mailed checkpoint, and on along another way, signed with the true key."""
    await cut(connection, size_of(sealed.mailed) - 4)
    await connection.execute(
        "WITH h AS (UPDATE head SET position = position + 1 RETURNING position) INSERT INTO event SELECT h.position,"
        " case_id, version + 1, gen_random_uuid(), command_id, type, schema, at, clock_timestamp(), done_at, actor, facts,"
        " body FROM h, (SELECT * FROM event WHERE case_id = $1 ORDER BY version DESC LIMIT 1) e",
        TWO,
    )
    for number in range(12):
        await connection.execute(
            "INSERT INTO reading (case_id, personal, reader, fields, reason) VALUES ($1, gen_random_uuid(), '{}', '{}', $2)",
            TWO,
            f"n{number}",
        )


async def _after(connection: Connection, sealed: Sealed) -> None:
    """An event that no outside checkpoint covers."""
    position = await connection.fetchval(
        "SELECT min(ordinal) FROM leaf WHERE kind = 'event' AND index >= $1", size_of(sealed.mailed)
    )
    await edit(connection, position)
    await rehash(connection)
    await sign_again(connection, sealed.signing())


HASHES = "every hash after it"
SIGNED = "every hash, and every checkpoint with the true key"
FORGERIES = (
    Forgery("edit an event", "nothing", _edit),
    Forgery("edit an event", "its own leaf", _edit_and_leaf),
    Forgery("edit an event", HASHES, _edit_and_all),
    Forgery("edit an event", SIGNED, _edit_and_sign),
    Forgery("edit an event", "every hash, every checkpoint, and the key", _own_key),
    Forgery("delete an event", "nothing", _delete),
    Forgery("delete an event", "its leaf", _delete_with_leaf),
    Forgery("insert an event", "nothing", _insert, exported=False),
    Forgery("insert a command's answer", "nothing", _insert_answer, exported=False),
    Forgery("swap two events", "nothing", _swap),
    Forgery("swap two events", "their leaves", _swap_leaves),
    Forgery("delete a refusal", "nothing", _refusal_gone),
    Forgery("change who looked, and why", "nothing", _reading_changed),
    Forgery("change a ciphertext", "nothing", _ciphertext, exported=False),
    Forgery("change a ciphertext", "its digest", _ciphertext_and_digest),
    Forgery("cut the end off before the mailed checkpoint", "everything that told of it", _cut_before),
    Forgery("fork before the mailed checkpoint", SIGNED, _fork, seals=True),
    Forgery("cut the end off after the mailed checkpoint", "everything that told of it", _cut_after),
    Forgery("edit an event after the mailed checkpoint", SIGNED, _after),
)
"""Done to a database; then it is exported, where it can be, and the export is verified too."""


# ---------------------------------------------------------------- the forgeries of an export

Lines = list[dict[str, Any]]


@dataclass(frozen=True)
class FileForgery:
    """One forgery of a file: what becomes of its lines, and of the checkpoint beside it."""

    name: str
    forge: Callable[[Lines, int], Lines]


def _nth(lines: Lines, number: int) -> int:
    """The place of the n-th event."""
    return [at for at, line in enumerate(lines) if line["entry"]["kind"] == "event"][number]


def _edited(lines: Lines, covered: int) -> Lines:
    lines[_nth(lines, 3)]["entry"]["actor"]["person"] = "somebody-else"
    return lines


def _hashed_again(lines: Lines, covered: int) -> Lines:
    """Every leaf hash and every link of a chain made anew after an edit; the proofs cannot be."""
    import rfc8785

    digest = suite_named("sha256-ed25519").digest
    chain: dict[str, str] = {}
    for line in _edited(lines, covered):
        entry = line["entry"]
        if "previous" in entry:
            entry["previous"] = chain[entry["case_id"]]
        line["leaf"] = leaf_hash(digest, rfc8785.dumps(entry)).hex()
        if entry["kind"] == "event":
            chain[entry["case_id"]] = line["leaf"]
    return lines


def _numbered(lines: Lines) -> Lines:
    for at, line in enumerate(lines):
        line["index"] = at
    return lines


def _without(lines: Lines, covered: int) -> Lines:
    del lines[_nth(lines, 4)]
    return lines


def _without_a_trace(lines: Lines, covered: int) -> Lines:
    return _numbered(_without(lines, covered))


def _inserted(lines: Lines, covered: int) -> Lines:
    at = _nth(lines, 4)
    return _numbered([*lines[:at], json.loads(json.dumps(lines[at])), *lines[at:]])


def _swapped(lines: Lines, covered: int) -> Lines:
    first, second = _nth(lines, 3), _nth(lines, 4)
    lines[first], lines[second] = lines[second], lines[first]
    return lines


def _swapped_again(lines: Lines, covered: int) -> Lines:
    return _numbered(_swapped(lines, covered))


def _cut_file(lines: Lines, covered: int) -> Lines:
    return lines[: covered - 3]


def _cut_file_after(lines: Lines, covered: int) -> Lines:
    return lines[:covered]


FILE_FORGERIES = (
    FileForgery("edit an event", _edited),
    FileForgery("edit an event, and make every hash after it anew", _hashed_again),
    FileForgery("delete an event", _without),
    FileForgery("delete an event, and number the lines anew", _without_a_trace),
    FileForgery("insert an event, and number the lines anew", _inserted),
    FileForgery("swap two events", _swapped),
    FileForgery("swap two events, and number the lines anew", _swapped_again),
    FileForgery("cut the end off before the checkpoint", _cut_file),
    FileForgery("cut the end off after the checkpoint", _cut_file_after),
)
"""Done to an export whose checkpoint was kept elsewhere."""
