"""The compartment (个人信息隔离区): everything that a person wrote or that names a resident, as ciphertext.

    fields ─▶ canonical JSON ─┬─ HMAC ──────▶ mark      same words again? known without opening anything
                              └─ AES-GCM ───▶ sealed    bound to case and command; digest = SHA-256 of it
    a telephone ─▶ keyed hash beside its row ─▶ the same reporter's cases are found, and nobody is named
    put ─▶ PersonalRef ─▶ travels with the command ─▶ the append checks that the row stands
    reading written ─▶ opened ─▶ plain text

A row is written before its command is sent, under the command's id; the same command with the same words gets the same
row. A row that no command came to refer to is swept. Rules: design.md §3.14.
"""

import hashlib
import hmac
import json
import secrets
import unicodedata
from datetime import timedelta
from typing import Annotated
from uuid import UUID, uuid5

import asyncpg
import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import StringConstraints

from domain.actors import Actor
from domain.base import CommandId, Frozen, Instant
from domain.errors import BadInput, CommandReused, CompartmentMissing
from domain.personal import FREE_TEXT, PersonalRef
from ledger.errors import CompartmentBroken
from ledger.keys import NONCE_BYTES, CaseKeys, Keyring

ReadingReason = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
"""Why somebody looked, as a code: no room for what was read."""


_SWEEPS = 3
"""How often a sweep that met a late command looks again before it leaves the rest to the next one."""

_NATIONAL_DIGITS = 12
"""The longest Chinese number without its country code: area code and eight digits."""

_FEWEST_DIGITS = 7
"""A shorter number is a hint such as an extension, and many people share it."""

_PUT = """
WITH written AS (
    INSERT INTO compartment (id, case_id, command_id, fields, sealed, digest, mac)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id
), marked AS (
    INSERT INTO reporter (personal, case_id, marks) SELECT id, $2, $8::bytea[] FROM written WHERE $8 IS NOT NULL
)
SELECT id FROM written
"""

_SWEEP = """
DELETE FROM compartment WHERE id IN (
    SELECT id FROM compartment c
    WHERE written_at < clock_timestamp() - $1::interval AND NOT EXISTS (SELECT FROM command WHERE personal = c.id)
    FOR UPDATE SKIP LOCKED)
"""


class Reading(Frozen):
    """A wish to read: who, which row of which case, which fields of it, why. It is on record before anything opens."""

    reader: Actor
    case: UUID
    personal: UUID
    fields: tuple[str, ...]
    reason: ReadingReason


class ReadingRecord(Reading):
    """A reading that took place, or was tried."""

    position: int
    at: Instant


async def put(
    pool: asyncpg.Pool, keyring: Keyring, case: UUID, command: CommandId, fields: dict[str, str]
) -> PersonalRef:
    """Seal the fields under the command's id and answer the reference that the command carries.

    The same content again gets the same reference. Raises CommandReused if the id came with other content, BadInput
    if a field has no place here or its text is not valid Unicode.
    """
    plain = _canonical(fields)
    keys = await _keys(pool, keyring, case)
    mark = hmac.new(keys.mark, plain, hashlib.sha256).hexdigest()
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = nonce + AESGCM(keys.seal).encrypt(nonce, plain, _about(case, command))
    ref = PersonalRef(
        id=uuid5(case, f"personal:{command}"),
        digest=hashlib.sha256(sealed).hexdigest(),
        mac=mark,
        fields=tuple(sorted(fields)),
    )
    written = await pool.fetchval(
        _PUT,
        ref.id,
        case,
        command,
        list(ref.fields),
        sealed,
        ref.digest,
        ref.mac,
        _reporter_marks(keyring, fields),
    )
    return ref if written is not None else await _earlier(pool, ref)


def _reporter_marks(keyring: Keyring, fields: dict[str, str]) -> list[bytes] | None:
    """The marks by which the same telephone is known again; None where none was given."""
    digits = "".join(
        char for char in unicodedata.normalize("NFKC", fields.get("phone", "")) if char.isdecimal()
    )
    number = digits.removeprefix("00").removeprefix("86") if len(digits) > _NATIONAL_DIGITS else digits
    return keyring.marks(number) if len(number) >= _FEWEST_DIGITS else None


def _canonical(fields: dict[str, str]) -> bytes:
    unknown = sorted(fields.keys() - FREE_TEXT)
    if unknown or not fields:
        allowed = ", ".join(sorted(FREE_TEXT))
        raise BadInput(
            f"没有可存的内容，或字段名不对；可用的字段：{allowed}。",
            f"There is nothing to keep, or a field that has no place here; the fields are: {allowed}.",
        )
    try:
        return rfc8785.dumps(fields)
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise BadInput(
            "文字不是有效的 Unicode，请重新输入。", "The text is not valid Unicode; type it again."
        ) from error


async def _earlier(pool: asyncpg.Pool, ref: PersonalRef) -> PersonalRef:
    """The reference that this command was given before. Raises CommandReused if its words were others."""
    row = await pool.fetchrow("SELECT digest, mac, fields FROM compartment WHERE id = $1", ref.id)
    if row is None:
        raise CompartmentMissing(
            f"the row {ref.id} was swept while it was being written; send the command again"
        )
    if not hmac.compare_digest(str(row["mac"]), ref.mac):
        raise CommandReused("the command's id came before with other words")
    return PersonalRef(id=ref.id, digest=row["digest"], mac=row["mac"], fields=tuple(row["fields"]))


async def _keys(pool: asyncpg.Pool, keyring: Keyring, case: UUID) -> CaseKeys:
    """The keys of the case, made on its first use; of two who make them at once the first wins."""
    find = "SELECT kek, wrapped FROM case_key WHERE case_id = $1"
    row = await pool.fetchrow(find, case)
    if row is None:
        kek, wrapped = keyring.new(case)
        await pool.execute(
            "INSERT INTO case_key (case_id, kek, wrapped) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            case,
            kek,
            wrapped,
        )
        row = await pool.fetchrow(find, case)
    if row is None:
        raise CompartmentMissing(f"the case {case} has no key")
    return keyring.open(case, row["kek"], row["wrapped"])


async def reveal(pool: asyncpg.Pool, keyring: Keyring, reading: Reading) -> dict[str, str]:
    """The plain text of the fields asked for, once the reading is on record, and only then.

    A field that the row does not have is left out. Raises CompartmentMissing if there is no such row for the case,
    CompartmentBroken if what stands there is not what was sealed.
    """
    # A statement of its own commits: the record stands whatever happens next.
    await pool.execute(
        "INSERT INTO reading (case_id, personal, reader, fields, reason) VALUES ($1, $2, $3, $4, $5)",
        reading.case,
        reading.personal,
        reading.reader.model_dump(mode="json"),
        list(reading.fields),
        reading.reason,
    )
    row = await pool.fetchrow(
        "SELECT c.command_id, c.sealed, c.digest, c.mac, k.kek, k.wrapped FROM compartment c"
        " JOIN case_key k USING (case_id) WHERE c.id = $1 AND c.case_id = $2",
        reading.personal,
        reading.case,
    )
    if row is None:
        raise CompartmentMissing(f"the case {reading.case} has no row {reading.personal} in the compartment")
    keys = keyring.open(reading.case, row["kek"], row["wrapped"])
    opened = _open(keys, reading.case, row)
    return {name: text for name, text in opened.items() if name in reading.fields}


def _open(keys: CaseKeys, case: UUID, row: asyncpg.Record) -> dict[str, str]:
    sealed: bytes = row["sealed"]
    try:
        plain = AESGCM(keys.seal).decrypt(
            sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _about(case, row["command_id"])
        )
    except (InvalidTag, ValueError) as error:
        raise CompartmentBroken(
            f"案件 {case} 的个人信息打不开：密文被改动或移动。 / The personal data of case {case} do not open: the "
            "ciphertext was changed or moved. Restore it from a backup."
        ) from error
    return json.loads(plain)


async def readings(pool: asyncpg.Pool, case: UUID) -> list[ReadingRecord]:
    """Who has looked into the case's personal data, in order."""
    rows = await pool.fetch(
        'SELECT position, case_id AS "case", personal, reader, fields, reason, at FROM reading WHERE case_id = $1'
        " ORDER BY position",
        case,
    )
    return [ReadingRecord.model_validate(dict(row)) for row in rows]


async def sweep(pool: asyncpg.Pool, older_than: timedelta) -> int:
    """Remove rows older than that to which no command refers; answers how many.

    A row that an append is just taking is left alone, and found again by a later sweep if nothing came of it.
    """
    for _ in range(_SWEEPS):
        try:
            status = await pool.execute(_SWEEP, older_than)
        except asyncpg.ForeignKeyViolationError:
            # A command came to refer to one of the rows after our statement had begun: look again.
            continue
        return int(status.rpartition(" ")[2])
    return 0


def _about(case: UUID, command: str) -> bytes:
    """What the seal is bound to: a row moved to another case or command does not open."""
    return f"zeren/compartment/1\n{case}\n{command}".encode()
