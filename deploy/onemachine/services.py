"""The worker and the console as children: a command, and for the console an address that says when it is ready."""

import http.client
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.onemachine.processes import StartRefused, Tethered, exit_words


class Service:
    """The worker or the console: a command, and for the console an address that says when it is ready."""

    def __init__(self, name: str, command: Sequence[str], log: Path, stop_seconds: float) -> None:
        """The environment is set by the supervisor before the first launch."""
        self.name = name
        self.log = log
        self.process: Tethered | None = None
        self.env: Mapping[str, str] = {}
        self.probe: tuple[str, int] | None = None
        self._command = command
        self._stop_seconds = stop_seconds
        self._launched = 0.0

    def launch(self) -> None:
        """Starts the command."""
        self.process = Tethered(
            name=self.name, command=self._command, log=self.log, env=self.env, stop_seconds=self._stop_seconds
        )
        self._launched = time.monotonic()
        self.process.launch()

    def is_ready(self) -> bool:
        """Asks /readyz; a command without an address is ready when it has lived for a second."""
        if self.process is None:
            return False
        if (code := self.process.exit_code) is not None:
            ended = exit_words(code)
            raise StartRefused(f"{self.name} {ended.zh}", f"{self.name} {ended.en}")
        if self.probe is None:
            return time.monotonic() - self._launched > 1
        return _answers(*self.probe)


def _answers(host: str, port: int) -> bool:
    """Whether GET /readyz says 200."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
