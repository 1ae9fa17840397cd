"""Where to look: everything that the house keeps, as bytes with a name.

database    every row of every table as text, and every byte string in it as it is
temporal    every workflow: its description, its whole history, every payload in it; and the schedules
folder      every file, and every file's name
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

LARGEST = 400 * 1024 * 1024
_OURS = """
SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY 1
"""


class Place(NamedTuple):
    """A name and what stands there."""

    name: str
    data: bytes


async def database(pool: asyncpg.Pool) -> AsyncIterator[Place]:
    """Every table that is not PostgreSQL's own, and what its sessions ran last."""
    for table in [str(row["name"]) for row in await pool.fetch(_OURS)]:
        rows = await pool.fetch(f"SELECT t::text AS whole, t.* FROM {table} t")  # noqa: S608 - a name from the catalogue
        parts: list[bytes] = []
        for row in rows:
            parts.append(str(row["whole"]).encode())
            parts += [value for value in row.values() if isinstance(value, bytes)]
        yield Place(f"table {table}", b"\n".join(parts))
    ran = await pool.fetch("SELECT query FROM pg_stat_activity WHERE datname = current_database()")
    yield Place("statements", "\n".join(str(row["query"]) for row in ran).encode())


async def temporal(client: Client) -> AsyncIterator[Place]:
    """Every workflow of the namespace, and every schedule."""
    async for found in client.list_workflows():
        handle = client.get_workflow_handle(found.id, run_id=found.run_id)
        described = await handle.describe()
        history = await handle.fetch_history()
        messages: list[Message] = [found.raw_info, described.raw_description, *history.events]
        parts = [part for message in messages for part in _parts(message)]
        codec = client.data_converter.payload_codec
        if codec is not None:
            payloads = [payload for message in messages for payload in _payloads(message)]
            parts += [payload.data for payload in await codec.decode(payloads)]
        yield Place(f"workflow {found.id}", b"\n".join(parts))
    async for schedule in await client.list_schedules():
        told = await client.get_schedule_handle(schedule.id).describe()
        yield Place(f"schedule {schedule.id}", told.raw_description.SerializeToString())


def _parts(message: Message) -> Iterator[bytes]:
    """The message as it is sent, as text, and each of its payloads."""
    yield message.SerializeToString()
    yield str(message).encode()
    for payload in _payloads(message):
        yield payload.data


def _payloads(message: Message) -> Iterator[Payload]:
    if isinstance(message, Payload):
        yield message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for inner in _messages(value):
            yield from _payloads(inner)


def _messages(value: Any) -> Iterator[Message]:
    if isinstance(value, Message):
        yield value
    elif hasattr(value, "values"):
        yield from (one for one in value.values() if isinstance(one, Message))
    else:
        yield from (one for one in value if isinstance(one, Message))


def folder(path: Path) -> Iterator[Place]:
    """Every file below, and its name: a file that goes away meanwhile is left out."""
    for file in sorted(path.rglob("*")):
        name = str(file.relative_to(path))
        try:
            data = file.read_bytes() if file.is_file() and file.stat().st_size <= LARGEST else b""
        except OSError:
            continue
        yield Place(f"file {path.name}/{name}", name.encode() + b"\n" + data)
