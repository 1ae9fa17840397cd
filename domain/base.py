"""The ground under every model of the domain: frozen, closed to unknown fields, aware of time zones."""

from datetime import UTC
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints


class Frozen(BaseModel):
    """A value: equal by content, never changed, and refusing fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _in_utc(value: AwareDatetime) -> AwareDatetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies before the first or after the last day of the calendar") from None


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A point in time, always aware and kept in UTC, to the microsecond."""

_WORD = r"^[0-9A-Za-z._-]+$"

BodyId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_WORD)]
PersonId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_WORD)]
MatterId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_WORD)]
PlaceCode = Annotated[str, StringConstraints(min_length=4, max_length=32, pattern=r"^[0-9A-Za-z-]+$")]
CommandId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[0-9A-Za-z._:-]+$")]
"""Chosen by the client. Narrow, so that it has no room for personal data."""


class Interval(Frozen):
    """A half-open stretch of time: ``start`` belongs to it, ``end`` does not."""

    start: Instant
    end: Instant

    @property
    def empty(self) -> bool:
        """Whether no instant lies in it."""
        return self.end <= self.start
