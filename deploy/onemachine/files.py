"""Small files that must be whole and private: written beside their place, synced, then renamed into it."""

import fcntl
import os
import tempfile
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Writes a 0600 file so that a reader sees the old text or the new one, never a part."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


class FolderLock:
    """A lock on a folder that the kernel lets go of when its holder ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """`path` is the lock's file; it is made when absent and stays behind, empty of meaning."""
        self.path = path
        self._handle: int | None = None

    def take(self) -> bool:
        """Takes the lock without waiting; False when somebody else holds it.

        Raises:
            OSError: the file cannot be opened.
        """
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Lets go; safe to call twice."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
