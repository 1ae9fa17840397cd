"""The file beside the import: every refused row with its number and reason, and the remarks.

It holds what the office itself gave, residents' data too, so it is for its owner's eyes alone (0600), and its cells are
guarded against being taken for formulas. The row's own cells are kept as they were: mend them, import the file again.
"""

import csv
import errno
import fcntl
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from console.intake.rows import Row, guarded
from domain.errors import BadInput

SUFFIX = ".refused.csv"
_OWN = ["zeren_row", "zeren_outcome", "zeren_reason_zh", "zeren_reason_en"]


class InHand(BadInput):
    """Another run is writing this report."""


class Report:
    """Gathers rows and writes them at the end; where there is none, no file is left."""

    def __init__(self, path: Path, head: Sequence[str]) -> None:
        """Opens a draft beside ``path``. Raises BadInput if the folder cannot be written to, InHand if it is in use."""
        self.path = path
        self.rows = 0
        self._width = len(head)
        # Always under the same name: what a run that was killed has left is written over by the next one.
        mark = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
        self._draft = path.with_name(f".zeren-{mark}.draft")
        try:
            handle = _opened_alone(self._draft)
        except OSError as error:
            raise BadInput(
                f"退回清单写不进所在文件夹（{error.strerror}）；请用 --refused 指定别处。",
                f"The file of refused rows cannot be written there ({error.strerror}); say where with --refused.",
            ) from None
        # The mark tells a spreadsheet that it is UTF-8.
        self._file = os.fdopen(handle, "w", encoding="utf-8-sig", errors="backslashreplace", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow([*_OWN, *map(guarded, head)])

    def add(self, row: Row, outcome: str, why: tuple[str, str]) -> None:
        """Note one row."""
        cells = [guarded(cell) for cell in row.cells]
        self._writer.writerow([row.number, outcome, *why, *cells])
        self.rows += 1

    def finish(self) -> Path | None:
        """Put the file in its place, in that of an earlier run's; answers where it is, None if there was no row."""
        # Under its last name before it is let go, so that the next run begins a file of its own.
        with self._file:
            self._file.flush()
            if self.rows == 0:
                self._draft.unlink()
                self.path.unlink(missing_ok=True)
                return None
            self._draft.replace(self.path)
        return self.path


def _opened_alone(draft: Path) -> int:
    """The draft, empty, ours and locked. Raises OSError, InHand."""
    while True:
        # Never through a link, nor into a file that somebody else has put there to read along.
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if os.fstat(handle).st_uid != os.geteuid():
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if draft.exists() and os.path.samestat(os.fstat(handle), draft.stat()):
                os.fchmod(handle, 0o600)
                os.ftruncate(handle, 0)
                return handle
        except BlockingIOError:
            os.close(handle)
            raise InHand(
                "这个文件正在导入；请等它结束，或先中断它。",
                "This file is being imported already; wait for that to end, or interrupt it.",
            ) from None
        except BaseException:
            os.close(handle)
            raise
        # It was put in its place between the opening and the lock.
        os.close(handle)
