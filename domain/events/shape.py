"""What every event body has."""

from typing import ClassVar

from domain.base import Frozen


class EventBody(Frozen):
    """What every event body has: a schema version, and a ``type`` that never changes its name."""

    schema_version: ClassVar[int] = 1
