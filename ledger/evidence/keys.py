"""The file of signing keys, made once; and the keys as the ledger itself tells them.

    evidence.json ── current ──▶ Ed25519 ── signs ──▶ checkpoints
                     the others: were in use before; each endorsed the next one

To rotate, a new key is added and made current. At the next checkpoint the new public key becomes a leaf of the tree, with
the signature of the key before over it, so that whoever trusts the old key can come to trust the new one. The file
belongs to one ledger: its ``origin`` is the name under which that ledger signs.
"""

import base64
import binascii
import json
import os
import secrets
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.evidence.errors import SigningKeyRefused
from ledger.evidence.notes import SigningKey, VerifyingKey
from ledger.evidence.suites import SHA256_ED25519, SUITES

ENDORSES = "zeren/endorses/1\n{vkey}\n{suite}\n"
"""What the key before signs when it hands over to ``vkey``."""


class SigningKeys(NamedTuple):
    """The signing keys of one ledger, the oldest first; the last one is current."""

    origin: str
    suite: str
    keys: tuple[SigningKey, ...]

    def __repr__(self) -> str:
        return f"SigningKeys({self.origin}, {self.suite}, …)"

    @property
    def current(self) -> SigningKey:
        """The one that signs."""
        return self.keys[-1]

    def by_vkey(self, vkey: str) -> SigningKey | None:
        """The key whose public half that is, or None."""
        return next((key for key in self.keys if key.public.encoded() == vkey), None)

    @classmethod
    def from_file(cls, path: Path) -> "SigningKeys":
        """The keys of a file that ``create_signing_keys`` made. Raises SigningKeyRefused."""
        try:
            mode = path.stat().st_mode
            told = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SigningKeyRefused(
                f"签名密钥文件 {path} 读不出来；请从备份恢复，新台账用 zeren ledger key --new 生成。 / The file of signing "
                f"keys {path} cannot be read. Restore it from your backup; for a new ledger make one: zeren ledger key --new"
            ) from error
        if mode & 0o077:
            raise SigningKeyRefused(
                f"签名密钥文件 {path} 可被他人读取；请运行 chmod 600 {path}。 / Others can read the file of signing keys "
                f"{path}. Run: chmod 600 {path}"
            )
        return _parse(path, told)


def create_signing_keys(path: Path, *, suite: str = SHA256_ED25519, origin: str | None = None) -> None:
    """Make a file with one new key, for its owner's eyes only. Raises FileExistsError rather than replace one.

    ``origin`` is given where a lost file is replaced; a new ledger gets a name of its own.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(_text(origin or f"zeren/{secrets.token_hex(8)}", suite, [_fresh()]))
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)


def rotate_signing_keys(path: Path) -> SigningKeys:
    """Add a new key and make it current; the file is replaced whole. Raises SigningKeyRefused."""
    keys = SigningKeys.from_file(path)
    seeds = [*(key.private.private_bytes_raw() for key in keys.keys), _fresh()]
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_text(keys.origin, keys.suite, seeds))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return SigningKeys.from_file(path)


async def told_keys(connection: asyncpg.Pool | asyncpg.pool.PoolConnectionProxy) -> list[VerifyingKey]:
    """The public keys that the ledger tells, the oldest first. Raises EvidenceBroken if one was changed."""
    rows = await connection.fetch("SELECT vkey FROM signing_key ORDER BY ordinal")
    return [VerifyingKey.read(row["vkey"]) for row in rows]


async def register(
    connection: asyncpg.pool.PoolConnectionProxy, keys: SigningKeys, *, lost: bool = False
) -> None:
    """Tell the ledger of the keys that it does not know yet, each endorsed by the one before.

    ``lost``: the file was lost and made anew, and nobody can endorse its key. Raises SigningKeyRefused if the file is
    another ledger's, and if nobody endorses a key and nothing was said of a loss.
    """
    rows = await connection.fetch("SELECT ordinal, vkey FROM signing_key ORDER BY ordinal")
    known = [str(row["vkey"]) for row in rows]
    if known and VerifyingKey.read(known[0]).name != keys.origin:
        raise SigningKeyRefused(
            "签名密钥文件属于另一个台账；请放回本台账的文件。 / The file of signing keys belongs to another ledger. Put this "
            "ledger's own back."
        )
    before = keys.by_vkey(known[-1]) if known else None
    if known and before is None and not lost:
        raise SigningKeyRefused(
            "签名密钥文件里没有台账最后公布的密钥；请从备份恢复。确已丢失的，运行 zeren ledger key --replace-lost。 / The "
            "file of signing keys lacks the key that the ledger told last. Restore it from your backup; if it is lost for "
            "good, run zeren ledger key --replace-lost"
        )
    new = keys.keys[keys.keys.index(before) + 1 :] if before else keys.keys
    for number, key in enumerate(new, start=len(known) + 1):
        await _tell(connection, number, key.public.encoded(), keys.suite, before)
        before = key


async def _tell(
    connection: asyncpg.pool.PoolConnectionProxy,
    number: int,
    vkey: str,
    suite: str,
    before: SigningKey | None,
) -> None:
    said = ENDORSES.format(vkey=vkey, suite=suite).encode()
    await connection.execute(
        "INSERT INTO signing_key (ordinal, vkey, suite, endorsed_by, endorsement, made_at)"
        " VALUES ($1, $2, $3, $4, $5, clock_timestamp())",
        number,
        vkey,
        suite,
        before.public.encoded() if before else None,
        base64.b64encode(before.private.sign(said)).decode() if before else None,
    )


def _fresh() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes_raw()


def _text(origin: str, suite: str, seeds: list[bytes]) -> str:
    keys = [{"suite": suite, "seed": base64.b64encode(seed).decode("ascii")} for seed in seeds]
    return json.dumps({"origin": origin, "suite": suite, "keys": keys}, indent=2) + "\n"


def _parse(path: Path, told: Any) -> SigningKeys:  # noqa: ANN401 - whatever the file holds
    try:
        origin, suite = str(told["origin"]), str(told["suite"])
        seeds = [base64.b64decode(key["seed"], validate=True) for key in told["keys"]]
        keys = tuple(SigningKey(origin, Ed25519PrivateKey.from_private_bytes(seed)) for seed in seeds)
    except (AttributeError, KeyError, TypeError, ValueError, binascii.Error) as error:
        raise SigningKeyRefused(
            f"签名密钥文件 {path} 的内容不对；请从备份恢复。 / The file of signing keys {path} is not one. Restore it from "
            "your backup."
        ) from error
    if not keys or suite not in SUITES:
        raise SigningKeyRefused(
            f"签名密钥文件 {path} 没有密钥，或算法套件 {suite} 本版本没有；请从备份恢复。 / The file of signing keys {path} "
            f"has no key, or a suite of algorithms that this version lacks ({suite}). Restore it from your backup."
        )
    return SigningKeys(origin, suite, keys)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
