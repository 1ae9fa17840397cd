"""What the evidence raises. Each says what to do."""

from domain.errors import LedgerError


class EvidenceBroken(LedgerError):
    """A checkpoint, a key or a proof is not what it should be, or belongs to another ledger."""


class SigningKeyRefused(LedgerError):
    """The file of signing keys cannot be used: absent, open to others, not one, or not this ledger's."""
