"""The activity that makes a checkpoint. It runs at least once: a second run finds nothing new to sign."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
from temporalio import activity

from domain.ports import CHECKPOINT, Checkpointed
from ledger.evidence.checkpoints import make_checkpoint
from ledger.evidence.errors import SigningKeyRefused
from ledger.evidence.keys import SigningKeys


class EvidencePlaces(NamedTuple):
    """Where the file of signing keys lies, and where checkpoints are written to; None where nobody said."""

    keys: Path | None = None
    folder: Path | None = None


class EvidenceActivities:
    """The activity over one connection pool."""

    def __init__(self, pool: asyncpg.Pool, places: EvidencePlaces) -> None:
        """``pool`` is opened and closed by the worker; the key file is read each time, so that a rotation is seen."""
        self._pool = pool
        self._places = places

    def all(self) -> list[Callable[..., Any]]:
        """Every activity, to be registered with a worker."""
        return [self.checkpoint]

    @activity.defn(name=CHECKPOINT)
    async def checkpoint(self) -> Checkpointed:
        """Sequence what was committed and sign the tree's head; without a usable key nothing is done, and said."""
        if self._places.keys is None:
            return Checkpointed(outcome="no_key")
        try:
            keys = SigningKeys.from_file(self._places.keys)
            made = await make_checkpoint(self._pool, keys, self._places.folder)
        except SigningKeyRefused:
            # Tried again it would fail alike. The doctor says what to do about it, and how long it has been so.
            activity.logger.error("no checkpoint: the signing keys cannot be used")
            return Checkpointed(outcome="no_key")
        return Checkpointed(outcome="made" if made.new else "unchanged", size=made.checkpoint.size)
