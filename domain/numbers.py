"""Case numbers, receipts and ids.

A case number can be read over the telephone: eight characters in two groups, no look-alikes, the last one a check
character by ISO/IEC 7064 MOD 31,30, which catches every wrong character and nearly every swap of neighbours.
It is random, so that a number says nothing of the case or of how many there are.

A receipt is written the same way in five groups. Its nineteen random characters are 93 bits: nobody guesses one.
"""

from collections.abc import Callable
from uuid import UUID, uuid5

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_M = len(ALPHABET)
_LENGTH = 8
_RECEIPT_LENGTH = 20
_GROUP = 4
_CASES = UUID("6f1c1b36-6d0e-5d2b-9a59-0d4b7b6c6a01")


def _check_character(payload: str) -> str:
    product = _M
    for char in payload:
        total = (product + ALPHABET.index(char)) % _M or _M
        product = total * 2 % (_M + 1)
    return ALPHABET[(_M + 1 - product) % _M]


def draw_number(below: Callable[[int], int]) -> str:
    """A new case number. ``below(n)`` gives a random integer in [0, n)."""
    return _draw(below, _LENGTH)


def draw_receipt(below: Callable[[int], int]) -> str:
    """A new receipt. ``below(n)`` gives a random integer in [0, n) that nobody can foresee."""
    return _draw(below, _RECEIPT_LENGTH)


def parse_number(text: str) -> str | None:
    """The canonical form of a number as a person typed it, or None if it cannot be one."""
    return _parse(text, _LENGTH)


def parse_receipt(text: str) -> str | None:
    """The canonical form of a receipt as a person typed it, or None if it cannot be one."""
    return _parse(text, _RECEIPT_LENGTH)


def _draw(below: Callable[[int], int], length: int) -> str:
    payload = "".join(ALPHABET[below(_M)] for _ in range(length - 1))
    return _grouped(payload + _check_character(payload))


def _parse(text: str, length: int) -> str | None:
    whole = "".join(text.split()).replace("-", "").upper()
    if len(whole) != length or any(char not in ALPHABET for char in whole):
        return None
    if _check_character(whole[:-1]) != whole[-1]:
        return None
    return _grouped(whole)


def _grouped(whole: str) -> str:
    return "-".join(whole[start : start + _GROUP] for start in range(0, len(whole), _GROUP))


def case_id(intake_command: str) -> UUID:
    """The id of the case that an intake command opens: the same command always opens the same case."""
    return uuid5(_CASES, intake_command)


def workflow_id(case: UUID) -> str:
    """The id of the durable workflow of a case."""
    return f"case-{case}"


def event_id(case: UUID, version: int, command: str) -> UUID:
    """The id of an event: the same decision retried names the same events, a forked one names others."""
    return uuid5(case, f"{version}:{command}")
