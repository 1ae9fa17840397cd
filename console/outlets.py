"""Reads the file in which an office says where its notices go, and says in one sentence what is wrong with it."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from domain.errors import BadInput
from ledger.outlets import Outlets

_LARGEST = 1024 * 1024
_KINDS = {
    "missing": ("缺失，请补上", "is missing; add it"),
    "extra_forbidden": ("不认识，请删去或改正", "is not known here; take it out or correct it"),
}


def read_outlets(path: Path) -> Outlets:
    """The outlets of a TOML file: ``[mail]`` and any number of ``[[outlet]]``. Raises BadInput."""
    try:
        if path.stat().st_size > _LARGEST:
            raise BadInput("文件过大；请核对。", "The file is too large; check it.")
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        raise BadInput(
            "文件无法读取；请核对路径与权限。", "The file cannot be read; check its path."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        raise BadInput("文件不是有效的 TOML；请改正。", "The file is not valid TOML; correct it.") from None
    fields = {"outlets" if key == "outlet" else key: value for key, value in found.items()}
    try:
        return Outlets.model_validate(fields)
    except ValidationError as error:
        raise _refused(error) from None


def _refused(error: ValidationError) -> BadInput:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
    place = place.replace("outlets", "outlet", 1) or "outlet"
    said = first["msg"].removeprefix("Value error, ")
    zh, between, en = said.partition(" / ")
    if not between:
        zh, en = _KINDS.get(first["type"], ("的值无效，请改正", "has a value that does not fit; correct it"))
    return BadInput(f"{place}：{zh}。", f"{place}: {en}.")
