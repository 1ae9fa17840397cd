"""Case numbers and receipts as people type them: read generously, and where one is wrong, said why."""

import unicodedata

from console.errors import UnknownCase
from domain.errors import BadInput
from domain.numbers import ALPHABET, parse_number, parse_receipt

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－_."), "-")
_LENGTH = 8


def case_number(text: str) -> str:
    """The canonical number; full-width characters, blanks and any dash are taken. Raises BadInput saying why not."""
    typed = _typed(text)
    number = parse_number(typed)
    if number is not None:
        return number
    whole = "".join(typed.split()).replace("-", "").upper()
    if len(whole) != _LENGTH:
        raise BadInput(
            f"案件号应为 {_LENGTH} 位，例如 K7M2-9QXW，现为 {len(whole)} 位；请核对。",
            f"A case number has {_LENGTH} characters, like K7M2-9QXW, and this has {len(whole)}; check it.",
        )
    if any(char not in ALPHABET for char in whole):
        raise BadInput(
            "案件号只用数字 2 至 9 和字母，不含 0、1、I、L、O、U；请核对。",
            "A case number uses the digits 2 to 9 and letters other than I, L, O and U; check it.",
        )
    raise BadInput(
        "案件号的校验位不符，可能有一位写错或两位颠倒；请核对。",
        "The check character of the case number does not fit: one is wrong or two are swapped; check it.",
    )


def receipt_code(text: str) -> str:
    """The canonical receipt, read as generously. Raises BadInput, which does not quote it."""
    receipt = parse_receipt(_typed(text))
    if receipt is None:
        raise BadInput(
            "回执码应为 20 位，例如 23A4-…，每组四位；可能有一位写错或漏写，请核对。",
            "A receipt has 20 characters in groups of four; one is wrong or missing, check it.",
        )
    return receipt


def _typed(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:80]).translate(_DASHES)


def unknown(number: str) -> UnknownCase:
    """Nobody has that number."""
    return UnknownCase(
        f"没有案件号为 {number} 的案件；请核对。", f"There is no case with the number {number}; check it."
    )
