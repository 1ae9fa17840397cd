"""One child process: started tethered to us, logged to a file, stopped within a time, recognised later.

A process is known by its pid *and* its birth (when it began). A pid alone is reused by the system sooner or
later; a pid and a birth are not, so that a leftover of an earlier run is stopped and nobody else ever is.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from deploy.onemachine.accounts import Account

TETHER = Path(__file__).with_name("tether.py")
LOG_BYTES = 10 * 1024 * 1024
"""A log larger than this is moved aside; one older part is kept."""
POLL_SECONDS = 0.05
HARD_SECONDS = 5
"""How long the hard signal may take before SIGKILL."""


class StartRefused(Exception):
    """Something could not be started. ``zh`` and ``en`` each say it to the user: what, why, what to do."""

    def __init__(self, zh: str, en: str) -> None:
        """Takes the sentences in both languages."""
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


def birth(pid: int) -> str | None:
    """Says when a process began, as an opaque text that only equality is asked of; None when there is none.

    On Linux: the boot's id and the start time in clock ticks (proc(5), /proc/PID/stat field 22). Elsewhere
    what `ps` says.
    """
    if sys.platform.startswith("linux"):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            return None
        after_name = stat.rpartition(")")[2].split()
        state, ticks = after_name[0], after_name[19]
        return None if state in {"Z", "X"} else f"{boot}:{ticks}"
    told = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False, timeout=10
    )
    return told.stdout.strip() or None


def command_line(pid: int) -> str:
    """Says with which command a process runs; empty when there is no such process."""
    if sys.platform.startswith("linux"):
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return ""
        return raw.replace(b"\0", b" ").decode("utf-8", errors="replace").strip()
    told = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False, timeout=10
    )
    return told.stdout.strip()


def wait_gone(pid: int, born: str, seconds: float) -> bool:
    """Waits until that very process is gone; False when it still is there after `seconds`."""
    until = time.monotonic() + seconds
    while birth(pid) == born:
        if time.monotonic() >= until:
            return False
        time.sleep(POLL_SECONDS)
    return True


def stop_leftover(pid: int, born: str, first: signal.Signals, seconds: float) -> bool:
    """Stops a process of an earlier run, if and only if it is still that process.

    It gets `first`, and SIGKILL for its whole group after `seconds`. Says whether there was anything to stop.
    """
    if birth(pid) != born:
        return False
    _send(pid, first)
    if not wait_gone(pid, born, seconds):
        _send(pid, signal.SIGKILL)
        wait_gone(pid, born, 10)
    return True


def _send(pid: int, number: signal.Signals) -> None:
    """Signals one process, and its group too when it leads one and the signal is the last."""
    try:
        if number == signal.SIGKILL and os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        return


def rotate(log: Path, limit: int = LOG_BYTES) -> None:
    """Moves a log's text aside when it is too large; the file stays the same, so its writers need no word.

    Lines written between the copy and the cut are lost: these logs explain, they prove nothing.
    """
    try:
        if log.stat().st_size <= limit:
            return
    except FileNotFoundError:
        return
    with log.open("r+b") as live, log.with_name(log.name + ".1").open("wb") as older:
        os.fchmod(older.fileno(), 0o600)
        while chunk := live.read(1 << 20):
            older.write(chunk)
        live.truncate(0)


def last_lines(log: Path, count: int = 5) -> str:
    """Reads the last lines of a log, for the sentence that explains a crash."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - 8192))
            text = stream.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join([line for line in text.splitlines() if line.strip()][-count:])


class Ending(NamedTuple):
    """How a process ended, as the second half of a sentence in either language."""

    zh: str
    en: str


def exit_words(code: int) -> Ending:
    """Says how a process ended: `was killed by SIGKILL` or `ended with exit code 1`."""
    if code >= 0:
        return Ending(f"已退出，退出码 {code}", f"ended with exit code {code}")
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return Ending(f"被 {name} 终止", f"was killed by {name}")


@dataclass
class Tethered:
    """A command run as a child that dies with us.

    It must be launched from a thread that lives as long as the child may (in practice the main thread): Linux
    sends the death signal when the launching *thread* ends.
    """

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    account: Account | None = None
    death_signal: signal.Signals = signal.SIGKILL
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    hard_signal: signal.Signals = signal.SIGKILL
    _popen: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _stop_asked: float | None = field(default=None, repr=False)
    _hard_asked: float | None = field(default=None, repr=False)

    def launch(self) -> None:
        """Starts the command; the log is opened for appending, 0600, and rotated first when it is large.

        Raises:
            StartRefused: the log or the command cannot be opened.
        """
        self._stop_asked = self._hard_asked = None
        who = self.account.ids if self.account else ("-", "-")
        tether = [
            sys.executable,
            "-I",
            "-S",
            str(TETHER),
            str(os.getpid()),
            str(int(self.death_signal)),
            *who,
        ]
        try:
            rotate(self.log)
            handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StartRefused(
                f"日志 {self.log} 无法写入；请检查磁盘空间和该文件的所有者，然后重新启动。",
                f"The log {self.log} cannot be written ({error.strerror}). Look at the space on the disk and at who "
                "owns the file, then start again.",
            ) from error
        try:
            self._popen = subprocess.Popen(
                [*tether, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=handle,
                env=None if self.env is None else dict(self.env),
                cwd=self.cwd,
            )
        finally:
            os.close(handle)

    @property
    def pid(self) -> int | None:
        """The pid while it runs, else None."""
        return self._popen.pid if self._popen is not None and self._popen.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """The exit code once it has ended (negative: the signal), else None."""
        return None if self._popen is None else self._popen.poll()

    def advance_stop(self, *, hurry: bool = False) -> bool:
        """Takes the next step of stopping that is due; True once it has ended.

        The stop signal at first; the hard signal after `stop_seconds` (or at once when in a hurry); SIGKILL for
        the whole group `HARD_SECONDS` later.
        """
        if self._popen is None or self._popen.poll() is not None:
            return True
        now = time.monotonic()
        if self._stop_asked is None:
            self._stop_asked = now
            self._popen.send_signal(self.stop_signal)
        if self._hard_asked is None and (hurry or now - self._stop_asked > self.stop_seconds):
            self._hard_asked = now
            _send(self._popen.pid, self.hard_signal)
        if self._hard_asked is not None and now - self._hard_asked > HARD_SECONDS:
            self.kill()
        return self._popen.poll() is not None

    def kill(self) -> None:
        """Ends it and its whole group at once."""
        if self._popen is not None and self._popen.poll() is None:
            _send(self._popen.pid, signal.SIGKILL)
            self._popen.wait()

    def stop(self) -> int | None:
        """Stops it and waits. Says its exit code."""
        while not self.advance_stop():
            time.sleep(POLL_SECONDS)
        return self.exit_code
