"""Secrets of the outlets, by name: a file of that name, else a variable of the environment. None is in the database.

ZEREN_SECRETS/housing-group   the content of the file, without the line feed at its end
ZEREN_SECRET_HOUSING_GROUP    the value of the variable
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

_LARGEST = 4096


def secrets_in(folder: Path | None, environ: Mapping[str, str]) -> Callable[[str], str | None]:
    """A look-up over a folder and an environment. It reads at every call, so that a secret can be changed while it runs."""

    def find(name: str) -> str | None:
        if folder is not None:
            try:
                text = (folder / name).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                text = ""
            if text.strip() and len(text) <= _LARGEST:
                return text.strip()
        return environ.get("ZEREN_SECRET_" + re.sub(r"[^0-9A-Z]", "_", name.upper())) or None

    return find
