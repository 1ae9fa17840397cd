"""The hand that a command or event holds on the compartment: a reference, never the text.

Everything that a person writes freely, and everything that names a resident, lives in the compartment under a key per
case (design.md §3.14). What travels is this: which row, the hash of its ciphertext, and a keyed mark of its content
that lets the ledger see whether the same command came with other words.
"""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from domain.base import Frozen

Sha256Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

FREE_TEXT = frozenset(
    {"text", "name", "phone", "address", "ground", "note", "finding", "reply", "evidence", "demand", "task"}
)
"""The names of the fields that go to the compartment, in every command. The client's door moves them there."""


class PersonalRef(Frozen):
    """A row of the compartment.

    ``digest``: SHA-256 of the ciphertext. ``mac``: HMAC-SHA-256 of the plain content under a key of the case, empty of
    meaning once that key is destroyed. ``fields``: the names of the fields in it, never their values.
    """

    id: UUID
    digest: Sha256Hex
    mac: Sha256Hex
    fields: tuple[str, ...]
