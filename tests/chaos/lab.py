"""The machine of the crash lab: real processes that can be killed, stopped and cut off, in a folder of their own.

    clients ─┬──────────────▶ Temporal ◀── worker ──▶ proxy ──▶ PostgreSQL
             └─▶ console ─────▶ Temporal          (a Unix socket that can be cut or slowed)

Everything keeps its files and its address over a crash, as it does under ``zeren up``.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

from deploy.onemachine.postgres import EmbeddedPostgres
from deploy.onemachine.temporal import EmbeddedTemporal, free_port
from ledger.keys import create_kek_file
from ledger.pool import migrate
from tests.chaos.proxy import Proxy

ROOT = Path(__file__).resolve().parents[2]
WATCHED_EVERY = 0.3
CLOCK = "clock"
TMPFS_MB = 256
"""Small enough to be filled in a moment, large enough for a cluster."""


@dataclass
class Lab:
    """Handles on everything that can befall."""

    folder: Path
    postgres: EmbeddedPostgres
    temporal: EmbeddedTemporal
    worker_program: tuple[str, ...]
    proxy: Proxy | None = None
    env: dict[str, str] = field(default_factory=dict)
    port: int = 0
    small_disk: bool = False
    restarts: int = 0
    children: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    @property
    def clock(self) -> Path:
        """The file that says how far PostgreSQL's clock is off; there where it can be stepped."""
        return self.folder / CLOCK

    @property
    def url(self) -> str:
        """Where the console is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def dsn(self) -> str:
        """The database without the proxy: for checking, and for the clients' own look-ups."""
        return self.postgres.dsn("zeren")

    async def start_child(self, name: str) -> None:
        """The worker or the console, as a process of its own."""
        program = {"worker": self.worker_program, "console": ("-m", "console")}[name]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.children[name] = await asyncio.create_subprocess_exec(
                sys.executable, *program, cwd=ROOT, env=self.env, stdout=log, stderr=log
            )

    async def kill_child(self, name: str) -> None:
        """Kill -9, and a new one."""
        child = self.children[name]
        if child.returncode is None:
            child.kill()
        await child.wait()
        await self.start_child(name)

    async def kill_temporal(self) -> None:
        """Kill -9, and the same one again on its file and port."""
        _kill(self.temporal.pid)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(self.temporal.start)

    async def kill_postgres(self) -> None:
        """Kill -9 of the postmaster and its processes, and the same cluster again."""
        _kill(self.postgres.pid)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(self.postgres.start)

    async def crash_postgres(self) -> None:
        """Kill -9 of every process of the server at once."""
        pid = self.postgres.pid
        assert pid is not None, "it runs"
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        for each in [pid, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(self.postgres.start)

    async def watch(self) -> None:
        """Start a child again that has ended by itself, as ``zeren up`` does: it may have met a server that was down."""
        while True:
            await asyncio.sleep(WATCHED_EVERY)
            for name, child in list(self.children.items()):
                if child.returncode is not None:
                    self.restarts += 1
                    await self.start_child(name)

    def pid(self, name: str) -> int | None:
        """Of one of the four."""
        if name in {"worker", "console"}:
            return self.children[name].pid if name in self.children else None
        return self.postgres.pid if name == "postgres" else self.temporal.pid

    def step_clock(self, seconds: float) -> None:
        """PostgreSQL's clock is that far off from now on; nobody else's is."""
        self.clock.write_text(f"{seconds:+.3f}s\n", encoding="ascii")


def _kill(pid: int | None) -> None:
    assert pid is not None, "it runs"
    os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def running_lab(
    folder: Path,
    *,
    worker_program: tuple[str, ...] = ("-m", "worker"),
    settings: Mapping[str, str] | None = None,
    small_disk: bool = False,
    fake_clock: bool = False,
) -> AsyncGenerator[Lab]:
    """Start all four over an empty, migrated ledger; stop and remove them at the end.

    ``small_disk`` lays the cluster on a tmpfs of TMPFS_MB; ``fake_clock`` starts PostgreSQL under libfaketime. Raises
    OSError where the machine does not allow that.
    """
    folder.chmod(0o711)
    data = folder / "data"
    data.mkdir()
    if small_disk:
        _mount(data)
    postgres = EmbeddedPostgres(
        data,
        settings={**(settings or {}), **(_SMALL_DISK if small_disk else {})},
        through=_under_a_fake_clock(folder / CLOCK) if fake_clock else (),
    )
    temporal = EmbeddedTemporal(folder / "temporal")
    lab = Lab(folder, postgres, temporal, worker_program, small_disk=small_disk)
    watching: asyncio.Task[None] | None = None
    try:
        if fake_clock:
            lab.step_clock(0)
        postgres.start()
        temporal.start()
        postgres.create_database("zeren")
        await migrate(lab.dsn)
        lab.proxy = Proxy(_socket(lab.dsn), folder / "proxy")
        await lab.proxy.open()
        create_kek_file(folder / "kek.json")
        lab.port = free_port(None)
        lab.env = _environment(lab)
        watching = asyncio.create_task(lab.watch())
        yield lab
    finally:
        if watching is not None:
            watching.cancel()
        for child in lab.children.values():
            if child.returncode is None:
                child.kill()
                await child.wait()
        if lab.proxy is not None:
            await lab.proxy.close()
        temporal.stop()
        postgres.stop()
        if not postgres.home.is_relative_to(data):
            shutil.rmtree(postgres.home, ignore_errors=True)
        if small_disk:
            await asyncio.to_thread(subprocess.run, ["umount", str(data)], check=False)


def faketime_library() -> Path | None:
    """libfaketime, where it is installed (Debian's package of that name)."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


def _under_a_fake_clock(file: Path) -> tuple[str, ...]:
    """What comes before the server's own command. By ``env``, since what starts the server is another user than it."""
    library = faketime_library()
    if library is None:
        raise OSError("libfaketime is not here")
    return (
        "/usr/bin/env",
        f"LD_PRELOAD={library}",
        f"FAKETIME_TIMESTAMP_FILE={file}",
        "FAKETIME_CACHE_DURATION=1",
        # What measures how long something takes is left alone: only the time of day steps.
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
    )


_SMALL_DISK = {"max_wal_size": "64MB", "min_wal_size": "32MB"}


def _mount(folder: Path) -> None:
    """A small disk of its own. Raises OSError where this machine does not give one."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_MB}m,mode=0711", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise OSError(f"no small disk here: {done.stderr.strip()}")


def _environment(lab: Lab) -> dict[str, str]:
    assert lab.proxy is not None
    return {
        **os.environ,
        "ZEREN_DATABASE_URL": _through(lab.dsn, lab.proxy.folder),
        "ZEREN_TEMPORAL_ADDRESS": lab.temporal.address,
        "ZEREN_KEK_FILE": str(lab.folder / "kek.json"),
        "ZEREN_MODE": "embedded",
        "ZEREN_PORT": str(lab.port),
        "ZEREN_URL": lab.url,
    }


def _socket(dsn: str) -> Path:
    return Path(parse_qs(urlsplit(dsn).query)["host"][0]) / ".s.PGSQL.5432"


def _through(dsn: str, folder: Path) -> str:
    """The same database by the proxy's socket."""
    return urlunsplit(urlsplit(dsn)._replace(query=f"host={quote(str(folder), safe='/')}"))
