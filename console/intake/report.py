"""The file beside the import: every refused row with its number and reason, and the remarks.

It holds what the office itself gave, residents' data too, so it is for its owner's eyes alone (0600), and its cells are
guarded against being taken for formulas. The row's own cells are kept as they were: mend them, import the file again.
"""

import csv
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from console.intake.rows import Row, guarded
from domain.errors import BadInput

SUFFIX = ".refused.csv"
_OWN = ["zeren_row", "zeren_outcome", "zeren_reason_zh", "zeren_reason_en"]


class Report:
    """Gathers rows and writes them at the end; where there is none, no file is left."""

    def __init__(self, path: Path, head: Sequence[str]) -> None:
        """Opens a draft beside ``path``. Raises BadInput if the folder cannot be written to."""
        self.path = path
        self.rows = 0
        self._width = len(head)
        try:
            # Made 0600 by mkstemp.
            handle, name = tempfile.mkstemp(prefix=".zeren-", suffix=SUFFIX, dir=path.parent)
        except OSError as error:
            raise BadInput(
                f"退回清单写不进所在文件夹（{error.strerror}）；请用 --refused 指定别处。",
                f"The file of refused rows cannot be written there ({error.strerror}); say where with --refused.",
            ) from None
        self._draft = Path(name)
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
        self._file.close()
        if self.rows == 0:
            self._draft.unlink()
            self.path.unlink(missing_ok=True)
            return None
        self._draft.replace(self.path)
        return self.path
