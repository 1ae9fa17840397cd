"""Checkpoints in words: the C2SP signed note, which can be mailed, printed, and typed in again.

    zeren/3f9c2a7e51d04b68                          origin: which ledger
    20852163                                        how many leaves
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=    the root over them, base64
    suite sha256-ed25519
    time 2026-11-25T06:43:10Z

    — zeren/3f9c2a7e51d04b68 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=

The last two lines of the text are extension lines. Sources: C2SP signed-note, C2SP tlog-checkpoint, RFC 8032.
"""

import base64
import binascii
import hashlib
import re
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.base import Frozen, Instant
from ledger.evidence.errors import EvidenceBroken

ED25519 = b"\x01"
"""C2SP's number for the signature."""

KEY_ID_BYTES = 4
MAX_NOTE = 16_384
"""A longer note is none of ours."""

_HEAD = re.compile(r"(?P<origin>[^ +\n]{1,128})\n(?P<size>0|[1-9]\d{0,17})\n(?P<root>[A-Za-z0-9+/]{43}=)\n")
_SIGNATURE = re.compile(r"— (?P<name>[^ +\n]{1,128}) (?P<value>[A-Za-z0-9+/]+={0,2})")


_KEY = re.compile(r"[^+\s]+\+[0-9a-f]{8}\+\S+")


class Checkpoint(Frozen):
    """A tree's head: the first ``size`` leaves of the ledger ``origin`` have the root ``root``."""

    origin: str
    size: int
    root: bytes
    suite: str
    at: Instant

    def text(self) -> str:
        """What is signed."""
        time = self.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\nsuite {self.suite}\ntime {time}\n"


class Signature(NamedTuple):
    """One line under a note: by whose name, which key of his, and the signature."""

    name: str
    key_id: bytes
    value: bytes


class VerifyingKey(NamedTuple):
    """A public key with its name, as ``NAME+ID+BASE64``."""

    name: str
    public: Ed25519PublicKey

    @property
    def key_id(self) -> bytes:
        """Four bytes by which a signature says whose it is."""
        about = self.name.encode() + b"\n" + ED25519 + self.public.public_bytes_raw()
        return hashlib.sha256(about).digest()[:KEY_ID_BYTES]

    def encoded(self) -> str:
        """The key as it is printed."""
        raw = base64.b64encode(ED25519 + self.public.public_bytes_raw()).decode()
        return f"{self.name}+{self.key_id.hex()}+{raw}"

    @classmethod
    def read(cls, text: str) -> "VerifyingKey":
        """The key of a printed line. Raises EvidenceBroken."""
        name, _, rest = text.strip().partition("+")
        told, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded, validate=True)
            if raw[:1] != ED25519:
                raise ValueError("not Ed25519")
            key = cls(name, Ed25519PublicKey.from_public_bytes(raw[1:]))
        except (ValueError, binascii.Error) as error:
            raise _no_key(text) from error
        if key.key_id.hex() != told:
            raise _no_key(text)
        return key

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Whether this key signed it."""
        try:
            self.public.verify(signature, text)
        except InvalidSignature:
            return False
        return True


class SigningKey(NamedTuple):
    """A private key with its name. Never printed."""

    name: str
    private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"SigningKey({self.name})"

    @property
    def public(self) -> VerifyingKey:
        """Its public half."""
        return VerifyingKey(self.name, self.private.public_key())

    def sign(self, text: str) -> str:
        """The whole note: text, empty line, signature."""
        value = base64.b64encode(self.public.key_id + self.private.sign(text.encode())).decode()
        return f"{text}\n— {self.name} {value}\n"


class Note(NamedTuple):
    """A note that was read: nothing in it has been verified yet."""

    text: str
    checkpoint: Checkpoint
    signatures: tuple[Signature, ...]

    def signed_by(self, key: VerifyingKey) -> bool:
        """Whether it bears that key's signature."""
        return any(
            (one.name, one.key_id) == (key.name, key.key_id) and key.verifies(one.value, self.text.encode())
            for one in self.signatures
        )


def is_key(told: str) -> bool:
    """Whether the words look like a printed key, and not like the name of a file."""
    return _KEY.fullmatch(told.strip()) is not None


def read_note(told: str) -> Note:
    """Read a signed checkpoint. Raises EvidenceBroken if it is not one; line ends may be of any kind."""
    whole = "\n".join(line.rstrip("\r") for line in told.strip().split("\n")) + "\n"
    text, between, below = whole.partition("\n\n")
    text += "\n"
    head = _HEAD.match(text)
    lines = below.splitlines()
    found = [_SIGNATURE.fullmatch(line) for line in lines]
    if len(told) > MAX_NOTE or not between or head is None or not lines or None in found:
        raise _no_checkpoint()
    extension: dict[str, str] = {}
    for line in text[head.end() :].splitlines():
        name, _, value = line.partition(" ")
        extension[name] = value
    try:
        checkpoint = Checkpoint(
            origin=head["origin"],
            size=int(head["size"]),
            root=base64.b64decode(head["root"], validate=True),
            suite=extension["suite"],
            at=datetime.fromisoformat(extension["time"]),
        )
        signatures = tuple(
            Signature(one["name"], raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])
            for one in found
            if one is not None
            for raw in [base64.b64decode(one["value"], validate=True)]
        )
    except (KeyError, ValueError, binascii.Error) as error:
        raise _no_checkpoint() from error
    return Note(text, checkpoint, signatures)


def _no_checkpoint() -> EvidenceBroken:
    return EvidenceBroken(
        "这不是本系统的检查点；请用原始文件，不要改动任何一行。 / This is not a checkpoint of ours. Use the file as it was "
        "sent, with no line changed."
    )


def _no_key(text: str) -> EvidenceBroken:
    return EvidenceBroken(
        f"公钥“{text.strip()[:80]}”不成形；应为 名称+编号+BASE64 一行。 / The key “{text.strip()[:80]}” is not one: it is a "
        "line of NAME+ID+BASE64."
    )
