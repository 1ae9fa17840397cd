"""One `zeren up` in a process of its own, and what the tests ask of it: its children, its cases, its timers.

Up       any command that stands for `zeren up`, with everything it said
House    the real one: the Wuchang pack, the real worker and console, reached by the command line or over HTTP
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from deploy.onemachine.processes import birth
from domain.numbers import workflow_id
from tests.console.calling import ROOT, Called, zeren

CHILDREN = ("postgres", "temporal", "worker", "console")


def a_free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Look again and again until it is so."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def none_lives(known: Mapping[int, str | None]) -> bool:
    """Whether all of these very processes are gone."""
    return all(birth(pid) != born for pid, born in known.items())


class Up:
    """A command that starts four children and watches them."""

    def __init__(self, command: Sequence[str], data: Path, port: int, **how: Any) -> None:
        """``how`` goes to the process: its user, its environment."""
        self.data = data
        self.port = port
        self.said: list[str] = []
        how.setdefault("cwd", ROOT)
        how.setdefault("env", {**os.environ, "PYTHONPATH": str(ROOT)})
        self.process = subprocess.Popen(
            list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", **how
        )
        self._reader = threading.Thread(target=self._listen)
        self._reader.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip())
        self.process.stdout.close()

    def heard(self, words: str) -> bool:
        """Whether it has said the words."""
        return any(words in line for line in list(self.said))

    def wait_for(self, words: str, seconds: float = 60) -> None:
        """Until it has said the words; fails when it ends without."""
        wait_until(lambda: self.heard(words) or self.process.poll() is not None, seconds)
        assert self.heard(words), self.said

    @property
    def instance(self) -> dict[str, Any]:
        """What it wrote down about itself."""
        return json.loads((self.data / "instance.json").read_text(encoding="utf-8"))

    def births(self) -> dict[int, str | None]:
        """Every process of it, so that it can be known again."""
        return {pid: birth(pid) for pid in self.instance["pids"].values()}

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop, and wait until it has; answers its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self._reader.join()
        return code


class House(Up):
    """The whole product on one machine, as `make run` starts it."""

    def __init__(self, data: Path, *words: str, python: str = sys.executable, **how: Any) -> None:
        """``words`` are further ones of `zeren up`."""
        port = a_free_port()
        command = [python, "-m", "console.cli.main", "up", "--data", str(data), "--port", str(port), *words]
        super().__init__(command, data, port, **how)
        self.env = {**os.environ, "ZEREN_DATA": str(data)}

    def ready(self) -> "House":
        """Wait until a case can be opened here."""
        self.wait_for("ready http", 120)
        return self

    async def zeren(self, *words: str) -> Called:
        """A command, whatever becomes of it."""
        return await zeren(self.env, *words)

    async def told(self, *words: str) -> Any:
        """A command that must succeed; answers its document."""
        called = await self.zeren(*words, "--json")
        assert called.code == 0, called
        return called.json

    async def asked(self, path: str) -> Any:
        """What the HTTP API answers under a path."""
        async with self._web() as web:
            answer = await web.get(f"/api/v1{path}")
        assert answer.status_code == HTTPStatus.OK, answer.text
        return answer.json()

    async def open(self, user: str, **fields: str) -> Any:
        """Take a case in over HTTP; ``key`` is the id of its command."""
        return await self._sent("/api/v1/cases", user, fields)

    async def act(self, number: str, user: str, command: str, **fields: str) -> Any:
        """Give a command over HTTP; ``key`` is its id."""
        return await self._sent(f"/api/v1/cases/{number}/commands", user, {"type": command, **fields})

    async def _sent(self, path: str, user: str, fields: dict[str, str]) -> Any:
        headers = {
            "X-Zeren-User": user,
            **({"Idempotency-Key": fields.pop("key")} if "key" in fields else {}),
        }
        async with self._web() as web:
            answer = await web.post(path, json=fields, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def _web(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.instance["url"], trust_env=False, timeout=30)

    async def timers(self, cases: Sequence[str]) -> dict[str, list[datetime]]:
        """The pending timers of each case's running workflow: the instants at which they ring."""
        client = await Client.connect(self.instance["temporal_address"])
        return dict(zip(cases, await asyncio.gather(*(_timers(client, case) for case in cases)), strict=True))


def in_words(fields: Mapping[str, str]) -> list[str]:
    """Fields as the command line takes them."""
    return [word for name, value in fields.items() for word in (f"--{name.replace('_', '-')}", value)]


async def _timers(client: Client, case: str) -> list[datetime]:
    history = await client.get_workflow_handle(workflow_id(UUID(case))).fetch_history()
    pending: dict[int, datetime] = {}
    for event in history.events:
        match event.event_type:
            case EventType.EVENT_TYPE_TIMER_STARTED:
                lasts = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
                pending[event.event_id] = event.event_time.ToDatetime(tzinfo=UTC) + lasts
            case EventType.EVENT_TYPE_TIMER_FIRED:
                del pending[event.timer_fired_event_attributes.started_event_id]
            case EventType.EVENT_TYPE_TIMER_CANCELED:
                del pending[event.timer_canceled_event_attributes.started_event_id]
            case _:
                pass
    return list(pending.values())
