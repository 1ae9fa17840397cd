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
    """The keys whose signatures count, and the numbers of those that the ledger tells and nobody endorsed."""

    keys: tuple[VerifyingKey, ...]
    strangers: tuple[int, ...]

    def vouches(self, note: Note) -> bool:
        """Whether one of the keys signed it."""
        return any(note.signed_by(key) for key in self.keys)


def trusted(told: Sequence[Mapping[str, Any]], given: Iterable[VerifyingKey] = ()) -> Trust:
    """What follows from the rows of ``signing_key``, in order, and the keys that were given from outside.

    Raises EvidenceBroken if a row is no key.
    """
    keys = list(given)
    strangers: list[int] = []
    for row in told:
        key = VerifyingKey.read(row["vkey"])
        if key in keys or (not keys and row["ordinal"] == 1) or _endorsed(row, keys):
            keys.append(key)
        elif keys and not _comes_before(told, row, keys):
            strangers.append(row["ordinal"])
    return Trust(tuple(keys), tuple(strangers))


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
