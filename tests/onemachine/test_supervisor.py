"""`zeren up`: one at a time, a crash is reported and mended, and nobody is left behind, whoever is killed."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.onemachine.processes import birth
from tests.onemachine.up import CHILDREN, Up, a_free_port, none_lives, wait_until

HERE = Path(__file__).parent


class Run(Up):
    """`zeren up` with stand-ins for the worker and the console."""

    def __init__(self, data: Path, *, port: int = 0, role: str = "worker", step: str = "fine") -> None:
        port = port or a_free_port()
        super().__init__(
            [sys.executable, str(HERE / "run_up.py"), str(data), str(port), role, step], data, port
        )


@pytest.fixture
def data() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="zeren 武昌 "))
    made.chmod(0o711)
    yield made / "数据 夹"
    shutil.rmtree(made)


@pytest.fixture
def run(data: Path) -> Iterator[Run]:
    made = Run(data)
    made.wait_for("ready http")
    yield made
    made.end()


def test_says_when_it_is_ready_and_writes_a_private_instance_file(run: Run) -> None:
    told = run.instance
    assert told["state"] == "ready"
    assert set(told["pids"]) == {"supervisor", *CHILDREN}
    assert stat.S_IMODE((run.data / "instance.json").stat().st_mode) == 0o600
    assert run.heard("prepared True True")
    assert run.heard(f"ready http://127.0.0.1:{run.port}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stops_everything_in_order_when_told(data: Path, number: signal.Signals) -> None:
    run = Run(data)
    run.wait_for("ready http")
    known = run.births()
    assert run.end(number) == 0
    stopped = [
        line.rpartition(" ")[2] for line in run.said if "/ stopping " in line and "once more" not in line
    ]
    assert stopped == ["console", "worker", "temporal", "postgres"]
    assert none_lives(known)
    assert run.instance["state"] == "stopped"
    assert run.instance["pids"] == {}


def test_a_second_start_on_the_same_data_is_refused_in_a_sentence(run: Run) -> None:
    second = Run(run.data)
    assert second.process.wait(30) == 1
    second.end()
    assert len(second.said) == 1
    assert f"already runs on {run.data} (http://127.0.0.1:{run.port})" in second.said[0]
    assert run.instance["state"] == "ready"


def test_a_taken_port_is_refused_before_anything_starts(data: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = int(other.getsockname()[1])
        run = Run(data, port=taken)
        assert run.process.wait(30) == 1
    run.end()
    assert len(run.said) == 1
    assert f"make run PORT={taken + 1}" in run.said[0]
    assert not (data / "postgres").exists()


@pytest.mark.parametrize("name", CHILDREN)
def test_a_killed_child_is_reported_and_runs_again(run: Run, name: str) -> None:
    before = run.instance["pids"][name]
    os.kill(before, signal.SIGKILL)
    run.wait_for(f"{name} was killed by SIGKILL; it is started again in 0.5 s")
    run.wait_for(f"The {name} runs again.")
    assert run.instance["pids"][name] != before
    assert run.process.poll() is None


def test_temporal_keeps_its_address_over_a_crash_and_over_a_restart(data: Path) -> None:
    run = Run(data)
    run.wait_for("ready http")
    address = run.instance["temporal_address"]
    os.kill(run.instance["pids"]["temporal"], signal.SIGKILL)
    run.wait_for("The temporal runs again.")
    assert run.instance["temporal_address"] == address
    run.end()
    again = Run(data)
    again.wait_for("ready http")
    assert again.instance["temporal_address"] == address
    again.end()


def test_a_child_that_keeps_failing_stops_everything(data: Path) -> None:
    run = Run(data, role="failing")
    assert run.process.wait(60) == 1
    run.end()
    assert sum("it is started again" in line for line in run.said) == 5
    assert run.heard("for the 6th time in 60 s: everything is stopped")
    assert run.heard("no such table: parts")
    assert not run.heard("ready http")
    assert run.instance["pids"] == {}


def test_a_prepare_step_that_refuses_stops_everything(data: Path) -> None:
    run = Run(data, step="refuse")
    assert run.process.wait(60) == 1
    run.end()
    assert run.heard("a matter without a time limit")
    assert run.instance["pids"] == {}


def test_killing_the_supervisor_leaves_no_orphans_and_the_next_start_works(data: Path) -> None:
    run = Run(data)
    run.wait_for("ready http")
    known = run.births()
    run.end(signal.SIGKILL)
    wait_until(lambda: none_lives(known))
    again = Run(data, port=run.port)
    again.wait_for("ready http")
    assert again.end() == 0


def test_a_leftover_is_stopped_and_a_stranger_with_a_reused_pid_is_not(data: Path) -> None:
    run = Run(data)
    run.wait_for("ready http")
    run.end()
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    leftover = subprocess.Popen(sleeper, start_new_session=True)
    stranger = subprocess.Popen(sleeper, start_new_session=True)
    try:
        told = run.instance
        told["pids"] = {"worker": leftover.pid, "console": stranger.pid}
        told["births"] = {"worker": birth(leftover.pid), "console": "another boot:1"}  # type: ignore[dict-item]
        (data / "instance.json").write_text(json.dumps(told), encoding="utf-8")
        again = Run(data)
        again.wait_for("ready http")
        assert leftover.wait(10) == -signal.SIGTERM
        assert stranger.poll() is None
        assert again.heard(f"stopped the worker that an earlier run left behind ({leftover.pid})")
        again.end()
    finally:
        for process in (leftover, stranger):
            process.kill()
            process.wait()


def test_a_lost_key_file_is_said_and_nothing_is_started(data: Path) -> None:
    run = Run(data)
    run.wait_for("ready http")
    run.end()
    (data / "keys" / "kek.json").unlink()
    again = Run(data)
    assert again.process.wait(30) == 1
    again.end()
    assert again.heard("Restore it from your backup; nothing was started.")
    assert not (data / "keys" / "kek.json").exists()


def test_a_second_signal_makes_haste(data: Path) -> None:
    run = Run(data, role="stubborn")
    run.wait_for("ready http")
    known = run.births()
    run.process.send_signal(signal.SIGINT)
    run.wait_for("stopping worker")
    began = time.monotonic()
    assert run.end(signal.SIGINT) == 0
    assert time.monotonic() - began < 15
    assert none_lives(known)
