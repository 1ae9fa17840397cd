"""The embedded Temporal listens on loopback alone, writes ahead, and remembers over a kill."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from deploy.onemachine.temporal import SEARCH_ATTRIBUTE, EmbeddedTemporal, free_port


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedTemporal]:
    with tempfile.TemporaryDirectory(prefix="zeren 武昌 # ? %41 ") as folder:
        made = EmbeddedTemporal(Path(folder))
        made.start()
        yield made
        made.stop()


def test_every_port_is_on_loopback(server: EmbeddedTemporal) -> None:
    assert server.pid is not None
    listening = [
        c.laddr.ip for c in psutil.Process(server.pid).net_connections("inet") if c.status == "LISTEN"
    ]
    assert listening
    assert set(listening) == {"127.0.0.1"}


def test_its_file_is_in_write_ahead_mode(server: EmbeddedTemporal) -> None:
    # Source: SQLite file format, offsets 18 and 19: 2 is WAL.
    header = (server.data / "temporal" / "temporal.sqlite").read_bytes()[:20]
    assert header[18:20] == b"\x02\x02"


async def test_the_namespace_keeps_ended_runs_for_seven_days(server: EmbeddedTemporal) -> None:
    client = await Client.connect(server.address)
    told = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
    assert told.config.workflow_execution_retention_ttl.ToTimedelta().days == 7
    assert SEARCH_ATTRIBUTE in told.config.custom_search_attribute_aliases.values()


async def test_a_started_workflow_is_there_after_kill_9(server: EmbeddedTemporal) -> None:
    client = await Client.connect(server.address)
    for number in range(10):
        await client.start_workflow("Any", id=f"kept-{number}", task_queue="nobody")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    address = server.address
    while server.pid is not None:
        await asyncio.sleep(0.05)
    server.start()
    assert server.address == address
    again = await Client.connect(server.address)
    for number in range(10):
        assert (await again.get_workflow_handle(f"kept-{number}").describe()).id == f"kept-{number}"


def test_a_port_that_is_taken_is_not_insisted_on_at_first(server: EmbeddedTemporal) -> None:
    assert free_port(server.port) != server.port
