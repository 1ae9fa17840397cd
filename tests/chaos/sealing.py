"""Sealing while everything breaks: a checkpoint kept from the beginning has to be a prefix of what is there at the end."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from ledger.evidence.checkpoints import make_checkpoint
from ledger.evidence.keys import SigningKeys, create_signing_keys
from ledger.evidence.notes import Note, read_note
from ledger.evidence.verify import verify
from tests.chaos.clients import AWAY

PAUSE = 0.3


class Sealer:
    """Makes checkpoints all the while, and keeps each of them, as an office does to which they are mailed."""

    def __init__(self, pool: Callable[[], Awaitable[asyncpg.Pool]], folder: Path) -> None:
        """``pool`` finds the ledger, without the proxy."""
        self._pool = pool
        self._path = folder / "evidence.json"
        self._kept: list[Note] = []
        self.over = False
        create_signing_keys(self._path)

    async def go_on(self) -> None:
        """Until it is over."""
        while not self.over:
            await self.once()
            await asyncio.sleep(PAUSE)

    async def once(self) -> None:
        """One checkpoint, if the database is there. Kept only when its making was acknowledged."""
        try:
            made = await make_checkpoint(await self._pool(), SigningKeys.from_file(self._path), None)
        except AWAY:
            return
        if made.new:
            self._kept.append(read_note(made.note))

    async def unproven(self) -> list[str]:
        """What the tree at the end says against the checkpoints that were kept."""
        await self.once()
        found = await verify(await self._pool(), self._kept)
        wrong = [one.en for one in found.findings]
        if found.waiting or found.uncovered or not self._kept:
            wrong.append(f"{found.waiting} rows without a leaf, {found.uncovered} events not covered")
        return wrong
