"""A loopback proxy in front of PostgreSQL that can cut every connection, or slow them down."""

import asyncio
import contextlib
from pathlib import Path

CHUNK = 64 * 1024


class Proxy:
    """Listens on a Unix socket of its own and passes everything on to the server's."""

    def __init__(self, server: Path, folder: Path) -> None:
        """``server`` is the socket of PostgreSQL; ``folder`` will hold ours, under the same name."""
        self.folder = folder
        self._server = server
        self._listening: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.delay = 0.0
        """Seconds that every piece waits on its way, in both directions."""

    async def open(self) -> None:
        """Listen."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._listening = await asyncio.start_unix_server(
            self._meet, path=str(self.folder / self._server.name)
        )

    async def close(self) -> None:
        """Cut everything and listen no more."""
        if self._listening is not None:
            self._listening.close()
        self.cut()
        await asyncio.sleep(0)

    def cut(self) -> None:
        """Every connection ends where it is; whoever waits for an answer does not know what became of it."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_unix_connection(str(self._server))
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        try:
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        finally:
            for each in (writer, back):
                self._open.discard(each)
                each.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                target.write(piece)
                await target.drain()
        target.transport.abort()
