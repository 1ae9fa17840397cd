"""Keys: one data key for each case, wrapped by a key-encryption key (KEK) that lives in a file, not in the database.

    kek.json ── current ──▶ KEK ─┬─ wraps ──▶ data key of a case ─┬─ HKDF "seal" ──▶ AES-256-GCM
                others: still    │                                └─ HKDF "mark" ──▶ HMAC-SHA-256
                unwrap, still    └─ HKDF "import" ──▶ HMAC-SHA-256 of a row
                recognise

The file holds every KEK that data keys may be wrapped by, and names the current one: to rotate, add a key and make it
current. A reporter's telephone is recognised by a keyed hash, one under each KEK. Losing the file loses all personal
data; destroying a case's data key erases that case's.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import CompartmentBroken, KeyFileRefused

KEY_BYTES = 32
NONCE_BYTES = 12
"""96 bits, as NIST SP 800-38D, 8.2.2 wants of a random nonce; each key seals few messages."""


@dataclass(frozen=True)
class CaseKeys:
    """The two keys that a case's data key yields. Never printed."""

    seal: bytes
    mark: bytes

    def __repr__(self) -> str:
        return "CaseKeys(…)"


class Keyring:
    """The key-encryption keys, by id."""

    def __init__(self, current: str, keys: dict[str, bytes]) -> None:
        """``current`` is the id of the key that new data keys are wrapped by."""
        self._current = current
        self._keys = keys

    @classmethod
    def from_file(cls, path: Path) -> "Keyring":
        """The keys of a file that ``create_kek_file`` made. Raises KeyFileRefused."""
        try:
            mode = path.stat().st_mode
            told = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise KeyFileRefused(
                f"密钥文件 {path} 读不出来；请从备份恢复。 / The key file {path} cannot be read. Restore it "
                "from your backup."
            ) from error
        if mode & 0o077:
            raise KeyFileRefused(
                f"密钥文件 {path} 可被他人读取；请运行 chmod 600 {path}。 / Others can read the key file {path}. Run: "
                f"chmod 600 {path}"
            )
        return cls(*_parse(path, told))

    def new(self, case: UUID) -> tuple[str, bytes]:
        """A new data key for the case, wrapped: the id of the KEK, and what may be stored."""
        return self._current, self._seal(self._current, case, secrets.token_bytes(KEY_BYTES))

    def open(self, case: UUID, kek: str, wrapped: bytes) -> CaseKeys:
        """The keys of the case. Raises CompartmentBroken if it was wrapped for another case, or by an unknown KEK."""
        if kek not in self._keys:
            raise CompartmentBroken(
                f"没有密钥 {kek}；请在密钥文件中补回。 / The key {kek} is not in the key file. Put it back "
                "from your backup."
            )
        try:
            data_key = AESGCM(self._keys[kek]).decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _about(case, kek)
            )
        except (InvalidTag, ValueError) as error:
            raise CompartmentBroken(
                f"案件 {case} 的密钥打不开：内容被改动，或不属于本密钥文件。 / The key of case {case} does not open: "
                "it was changed, or belongs to another key file."
            ) from error
        return CaseKeys(seal=_derive(data_key, b"zeren/seal/1"), mark=_derive(data_key, b"zeren/mark/1"))

    def marks(self, text: str) -> list[bytes]:
        """Keyed hashes of ``text``, one under each KEK: two texts share one if they are equal, also after a rotation."""
        plain = text.encode()
        return [
            hmac.new(_derive(key, b"zeren/reporter/1"), plain, hashlib.sha256).digest()
            for _, key in sorted(self._keys.items())
        ]

    def row_marks(self, content: bytes) -> tuple[str, ...]:
        """What an imported row is known by, in hex: its mark under every key of the file, the current one's first.

        Without the file nobody can tell from a mark what the row said, nor try out what it might have said. A row that
        was taken in under an earlier key is recognised for as long as that key is in the file.
        """
        names = [self._current, *sorted(name for name in self._keys if name != self._current)]
        keys = [_derive(self._keys[name], b"zeren/import/1") for name in names]
        return tuple(hmac.new(key, content, hashlib.sha256).hexdigest() for key in keys)

    def _seal(self, kek: str, case: UUID, data_key: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self._keys[kek]).encrypt(nonce, data_key, _about(case, kek))


def create_kek_file(path: Path) -> None:
    """Make a file with one new key, for its owner's eyes only. Raises FileExistsError rather than replace one."""
    name = f"kek-{secrets.token_hex(4)}"
    key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")
    text = json.dumps({"current": name, "keys": {name: key}}, indent=2) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _parse(path: Path, told: Any) -> tuple[str, dict[str, bytes]]:  # noqa: ANN401 - whatever the file holds
    try:
        current = str(told["current"])
        keys = {str(name): base64.b64decode(key, validate=True) for name, key in told["keys"].items()}
    except (AttributeError, KeyError, TypeError, ValueError, binascii.Error) as error:
        raise KeyFileRefused(
            f"密钥文件 {path} 的内容不对；请从备份恢复。 / The key file {path} is not one. Restore it from your backup."
        ) from error
    if current not in keys or any(len(key) != KEY_BYTES for key in keys.values()):
        raise KeyFileRefused(
            f"密钥文件 {path} 缺少当前密钥，或长度不是 {KEY_BYTES} 字节；请从备份恢复。 / The key file {path} lacks "
            f"its current key, or has one that is not of {KEY_BYTES} bytes. Restore it from your backup."
        )
    return current, keys


def _about(case: UUID, kek: str) -> bytes:
    return f"zeren/data-key/1\n{kek}\n{case}".encode()


def _derive(data_key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(data_key)
