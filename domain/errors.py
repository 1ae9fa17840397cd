"""The family of errors.

    ZerenError
    ├── DomainFault            a bug of ours: never caused by what somebody typed
    │   ├── FactMissing        a decision read a fact that it had not asked for
    │   └── UnknownEvent       the ledger holds a type or schema that this code cannot read
    ├── BadInput               what came in has not the shape of a command; names the field
    ├── LedgerError            the ledger could not take or give something
    │   ├── VersionConflict    the case is at another version than the writer believed
    │   ├── StaleFacts         the pack has moved on since the facts were fetched
    │   ├── CommandReused      the same command id came with other content
    │   ├── NumberTaken        the drawn case number already belongs to a case
    │   ├── LedgerAway         its database does not answer
    │   └── CompartmentMissing the command points at personal data that do not stand
    └── DoorError              a client could not get an answer; says whether anything was sent

A refusal by rule is no error: it is a value (domain/rules.py).
"""


class ZerenError(Exception):
    """The root: everything that Zeren raises on purpose."""


class DomainFault(ZerenError):
    """A bug in the rules or in what feeds them. It stops the decision and writes nothing."""


class FactMissing(DomainFault):
    """A decision read a fact that it had not asked for."""

    def __init__(self, kind: str, key: str) -> None:
        """Names the kind of fact and its id."""
        super().__init__(f"the {kind} {key} was not among the facts")


class UnknownEvent(DomainFault):
    """The ledger holds an event that this code cannot read."""

    def __init__(self, type_: str, schema: int) -> None:
        """Names the type and schema version."""
        super().__init__(f"event type {type_!r} with schema {schema} is unknown to this version")


class BadInput(ZerenError):
    """What came in has not the shape of a command. ``zh`` and ``en`` each say it in one sentence."""

    def __init__(self, zh: str, en: str) -> None:
        """Takes the sentence in both languages."""
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


class LedgerError(ZerenError):
    """The ledger could not take or give something."""


class VersionConflict(LedgerError):
    """Somebody else wrote to the case: a bug, a reset or a fork."""


class StaleFacts(LedgerError):
    """A newer version of the pack has been loaded since the facts were fetched."""


class CommandReused(LedgerError):
    """The same command id came with other content."""


class NumberTaken(LedgerError):
    """The drawn case number already belongs to another case."""


class LedgerAway(LedgerError):
    """The ledger's database does not answer now."""


class CompartmentMissing(LedgerError):
    """The command points at a row of the compartment that does not stand, or whose ciphertext is another one."""


class DoorError(ZerenError):
    """A client could not get an answer."""
