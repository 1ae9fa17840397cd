"""Whose signature counts: the key that was given from outside, or the ledger's first, and those that it endorsed.

given, or first ─ endorses ─▶ second ─ endorses ─▶ third        trusted
                              a key that nobody endorsed         told, and not trusted
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ledger.evidence.keys import ENDORSES
from ledger.evidence.notes import Note, VerifyingKey


class Trust(NamedTuple):
    """The keys whose signatures count, and the numbers of those that the ledger tells and nobody endorsed.

    ``earlier``: told before a key that counts. They are not asked about, and what they signed is not judged.
    """

    keys: tuple[VerifyingKey, ...]
    strangers: tuple[int, ...]
    earlier: tuple[VerifyingKey, ...] = ()

    def vouches(self, note: Note) -> bool:
        """Whether one of the keys signed it."""
        return any(note.signed_by(key) for key in self.keys)

    def leaves_open(self, note: Note) -> bool:
        """Whether it was signed before the keys that count came into use."""
        return any(note.signed_by(key) for key in self.earlier)


def trusted(told: Sequence[Mapping[str, Any]], given: Iterable[VerifyingKey] = ()) -> Trust:
    """What follows from the rows of ``signing_key``, in order, and the keys that were given from outside.

    Raises EvidenceBroken if a row is no key.
    """
    keys = list(given)
    strangers: list[int] = []
    earlier: list[VerifyingKey] = []
    for row in told:
        key = VerifyingKey.read(row["vkey"])
        if key in keys or (not keys and row["ordinal"] == 1) or _endorsed(row, keys):
            keys.append(key)
        elif _comes_before(told, row, keys):
            earlier.append(key)
        else:
            strangers.append(row["ordinal"])
    return Trust(tuple(keys), tuple(strangers), tuple(earlier))


def _endorsed(row: Mapping[str, Any], keys: Sequence[VerifyingKey]) -> bool:
    said = ENDORSES.format(vkey=row["vkey"], suite=row["suite"]).encode()
    try:
        signature = base64.b64decode(row["endorsement"] or "", validate=True)
    except (ValueError, binascii.Error):
        return False
    return any(key.encoded() == row["endorsed_by"] and key.verifies(signature, said) for key in keys)


def _comes_before(
    told: Sequence[Mapping[str, Any]], row: Mapping[str, Any], keys: Sequence[VerifyingKey]
) -> bool:
    """Whether a trusted key was told after it: who trusts a later key does not ask about the earlier ones."""
    later = {other["vkey"] for other in told if other["ordinal"] > row["ordinal"]}
    return any(key.encoded() in later for key in keys)
