"""The algorithms, by name. The name stands in every key and in every checkpoint, so that it can be changed one day.

sha256-ed25519   SHA-256 (FIPS 180-4), Ed25519 (RFC 8032)
sm3-ed25519      SM3 (GB/T 32905-2016) in the tree; the signature is Ed25519 still, since the library
                 ``cryptography`` has no SM2 (GB/T 32918): docs/evidence.md, "Algorithms"
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes

from ledger.evidence.errors import EvidenceBroken

Digest = Callable[[bytes], bytes]
"""A hash function of 32 bytes."""

SHA256_ED25519 = "sha256-ed25519"
SM3_ED25519 = "sm3-ed25519"


class Suite(NamedTuple):
    """A set of algorithms under one name."""

    name: str
    digest: Digest


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _sm3(data: bytes) -> bytes:
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize()


SUITES = {suite.name: suite for suite in (Suite(SHA256_ED25519, _sha256), Suite(SM3_ED25519, _sm3))}


def suite_named(name: str) -> Suite:
    """The suite of that name. Raises EvidenceBroken if this version does not have it."""
    if name not in SUITES:
        known = ", ".join(sorted(SUITES))
        raise EvidenceBroken(
            f"本版本没有算法套件 {name}，可用：{known}；请使用写出它的版本。 / This version has no suite of algorithms "
            f"{name}, only {known}. Use the version that wrote it."
        )
    return SUITES[name]
