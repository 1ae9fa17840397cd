"""What the ledger raises beside the family in domain/errors.py: each says what to do about it."""

import asyncpg

from domain.errors import LedgerError

DATABASE_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Everything that the driver raises: the last where its server is killed in the middle of an answer."""

OUR_MISTAKES = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.SyntaxOrAccessError)
"""Those in which the database answered well enough, and what it was given is wrong."""


class MigrationRefused(LedgerError):
    """The database and this version's SQL do not fit: an applied file has changed, or the database is newer."""


class NoPack(LedgerError):
    """No pack has been loaded, so nothing can be decided."""

    def __init__(self) -> None:
        """Says what to do, in both languages."""
        super().__init__(
            "尚未载入数据包；请运行 zeren pack load。 / No pack has been loaded. Run: zeren pack load."
        )


class KeyFileRefused(LedgerError):
    """The file of key-encryption keys cannot be used: absent, open to others, or not what it should be."""


class CompartmentBroken(LedgerError):
    """A row of the compartment does not open: it was changed, moved, or sealed under a key that is not there."""
