"""The one way to connect to a Temporal server: with the converter that all histories were written with."""

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from domain.errors import DoorError

CONVERTER = pydantic_data_converter
"""How values become payloads. A history can be replayed only with the converter that it was written with."""


class TemporalAway(DoorError):
    """The Temporal server does not answer at that address."""


async def connect(address: str, namespace: str = "default") -> Client:
    """A client for the server at ``address`` (host:port). Raises TemporalAway."""
    try:
        return await Client.connect(address, namespace=namespace, data_converter=CONVERTER)
    except (RPCError, RuntimeError, OSError) as error:
        raise TemporalAway(f"no Temporal server answers at {address}") from error
