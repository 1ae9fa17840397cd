"""What the console says instead of a case's answer.

    BadInput (domain/errors.py)
    ├── WrongUsage     no such command or field: the caller has to write something else
    ├── UnknownCase    no case has that number
    ├── UnknownName    an id or name that the pack does not know
    ├── WrongReceipt   no case has that number with that receipt
    └── TooManyTries   too many receipts were wrong of late
    NotRunning         a server that is needed does not answer, or nothing runs here

Each carries one sentence in both languages with what to do next.
"""

from domain.errors import BadInput, ZerenError


class WrongUsage(BadInput):
    """A command, field or option that does not exist, or one that is missing."""


class UnknownCase(BadInput):
    """A well-formed number that belongs to no case."""


class UnknownName(BadInput):
    """An id or name that nothing in the pack has."""


class WrongReceipt(BadInput):
    """A number and a receipt that do not belong together: said in one way, whichever of the two is wrong."""


class TooManyTries(BadInput):
    """More receipts were wrong of late than may be."""


class NotRunning(ZerenError):
    """Something that is needed does not run or does not answer."""

    def __init__(self, zh: str, en: str) -> None:
        """Takes the sentence in both languages."""
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en
