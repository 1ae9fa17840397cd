"""The embedded PostgreSQL starts anywhere, forgets nothing, and loosens no folder of the user's."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.onemachine.places import SHARED_ROOTS, SOCKET_PATH_BYTES
from deploy.onemachine.postgres import EmbeddedPostgres
from deploy.onemachine.processes import StartRefused, birth, command_line


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the database's user may pass through, as an ordinary folder is."""
    made = Path(tempfile.mkdtemp(prefix="zeren 武昌 "))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(folder / "数据 夹")
    made.start()
    made.create_database()
    yield made
    made.stop()
    if not made.home.is_relative_to(folder):
        shutil.rmtree(made.home)


async def ask(server: EmbeddedPostgres, *statements: str) -> object:
    connection = await asyncpg.connect(server.dsn())
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


async def test_keeps_what_was_written_over_a_restart_in_a_path_with_spaces_and_chinese(
    server: EmbeddedPostgres,
) -> None:
    await ask(server, "CREATE TABLE t (words text)", "INSERT INTO t VALUES ('武昌区') RETURNING words")
    server.stop()
    assert server.pid is None
    server.start()
    assert await ask(server, "SELECT words FROM t") == "武昌区"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("server_encoding", "UTF8"),
        ("unix_socket_permissions", "0700"),
        ("log_min_error_statement", "panic"),
        ("log_error_verbosity", "terse"),
    ],
)
async def test_settings_that_safety_rests_on(server: EmbeddedPostgres, setting: str, value: str) -> None:
    assert await ask(server, f"SHOW {setting}") == value


async def test_the_password_is_needed_and_the_role_is_no_superuser(server: EmbeddedPostgres) -> None:
    assert await ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    wrong = server.dsn().replace("postgresql://zeren:", "postgresql://zeren:0")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)


async def test_a_failed_statement_leaves_nothing_of_its_values_in_the_log(server: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await ask(
            server,
            "CREATE TABLE p (k text UNIQUE)",
            "INSERT INTO p VALUES ('张三丰'), ('张三丰') RETURNING k",
        )
    log = server.log.read_text(encoding="utf-8")
    assert "duplicate key" in log
    assert "张三丰" not in log


def test_secrets_and_sockets_are_private(server: EmbeddedPostgres) -> None:
    assert stat.S_IMODE((server.data / "postgres.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((server.home / "socket").stat().st_mode) == 0o700
    assert stat.S_IMODE((server.home / "cluster").stat().st_mode) == 0o700
    assert not (server.home / "initial-password").exists()


async def test_starts_again_after_kill_9(server: EmbeddedPostgres) -> None:
    await ask(server, "CREATE TABLE t (n int)", "INSERT INTO t VALUES (7) RETURNING n")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    assert (server.cluster / "postmaster.pid").exists()
    server.start()
    assert await ask(server, "SELECT n FROM t") == 7


def test_a_pid_that_was_reused_by_somebody_else_is_left_alone(server: EmbeddedPostgres) -> None:
    server.stop()
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (server.cluster / "postmaster.pid").write_text(
            f"{stranger.pid}\n{server.cluster}\n", encoding="utf-8"
        )
        server.start()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_lost_password_file_is_made_anew_and_the_data_is_kept(server: EmbeddedPostgres) -> None:
    await ask(server, "CREATE TABLE t (n int)", "INSERT INTO t VALUES (7) RETURNING n")
    server.stop()
    (server.data / "postgres.json").unlink()
    again = EmbeddedPostgres(server.data)
    again.start()
    try:
        assert await ask(again, "SELECT n FROM t") == 7
    finally:
        again.stop()


def test_a_database_that_is_gone_is_said_and_not_begun_anew(server: EmbeddedPostgres) -> None:
    server.stop()
    moved = server.home.with_name("moved")
    server.home.rename(moved)
    with pytest.raises(StartRefused, match="is not there"):
        EmbeddedPostgres(server.data).start()
    assert not server.home.exists()


async def test_the_data_folder_can_be_moved(server: EmbeddedPostgres) -> None:
    await ask(server, "CREATE TABLE t (n int)", "INSERT INTO t VALUES (7) RETURNING n")
    server.stop()
    moved = server.data.rename(server.data.with_name("moved"))
    again = EmbeddedPostgres(moved)
    again.start()
    try:
        assert await ask(again, "SELECT n FROM t") == 7
    finally:
        again.stop()


def test_a_second_start_on_the_same_database_is_refused(server: EmbeddedPostgres) -> None:
    with pytest.raises(StartRefused, match="Another Zeren"):
        EmbeddedPostgres(server.data).start()
    assert server.is_ready()


async def test_a_path_too_long_for_a_socket_gets_a_short_one(folder: Path) -> None:
    server = EmbeddedPostgres(folder / ("很长的路径" * 8) / "数据, 夹")
    server.start()
    server.create_database()
    try:
        socket = Path(server._socket)
        assert not socket.is_relative_to(folder)
        assert len(os.fsencode(socket / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES
        assert await ask(server, "SELECT 1") == 1
    finally:
        server.stop()
        shutil.rmtree(server._socket)


async def test_below_a_closed_folder_nothing_is_opened_and_the_data_lies_where_it_can_be_reached(
    folder: Path,
) -> None:
    closed = folder / "home"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(closed / ".zeren")
    server.start()
    server.create_database()
    try:
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert await ask(server, "SELECT 1") == 1
        if os.geteuid() == 0:
            assert server.home.parent in SHARED_ROOTS
            server.stop()
            again = EmbeddedPostgres(closed / ".zeren")
            again.start()
            again.stop()
            assert again.home == server.home
        else:
            assert server.home.is_relative_to(closed)
    finally:
        server.stop()
        if not server.home.is_relative_to(folder):
            shutil.rmtree(server.home)


def test_programs_that_the_database_user_cannot_reach_are_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deploy.onemachine import places

    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    ours = places.programs()
    package = ours.parent.parent
    shutil.copytree(package.parent / f"{package.name}.libs", closed / f"{package.name}.libs")
    shutil.copytree(
        ours.parent, closed / package.name / "pginstall", ignore=shutil.ignore_patterns("include")
    )
    hidden = closed / package.name / "pginstall" / "bin"
    monkeypatch.setattr(places, "programs", lambda: hidden)
    server = EmbeddedPostgres(folder / "data")
    try:
        server.start()
        server.create_database()
        assert (server._programs == hidden) == (os.geteuid() != 0)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        server.stop()
        if server._programs != hidden:
            shutil.rmtree(server._programs.parent.parent.parent)


def test_the_server_does_not_outlive_the_process_that_started_it(folder: Path) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\n"
        "from deploy.onemachine.postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(Path(sys.argv[1]))\nserver.start()\nprint(server.pid, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(folder / "data")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path.cwd(),
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    born = birth(pid)
    assert "postgres" in command_line(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 20
    while birth(pid) == born and time.monotonic() < until:
        time.sleep(0.05)
    assert birth(pid) != born
