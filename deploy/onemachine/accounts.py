"""As whom PostgreSQL runs, and which folders that user can reach.

PostgreSQL refuses to run as root. When we are root it runs as an unprivileged user that exists already, in a
folder that user owns. Whether the user can reach a folder is not computed from permission bits (mount options
and access lists would be missed): it is tried, by a process of that user.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

USERS = ("postgres", "nobody")
"""Whom we run PostgreSQL as when we are root, in this order, unless its data belongs to somebody already."""


@dataclass(frozen=True)
class Account:
    """An unprivileged user to run as."""

    name: str
    uid: int
    gid: int

    @property
    def ids(self) -> tuple[str, str]:
        """The user's and group's number as text."""
        return str(self.uid), str(self.gid)

    def can_use(self, folder: Path) -> bool:
        """Whether this user can enter the folder and write in it."""
        return self._try('cd "$1" && : > .probe && rm .probe', folder)

    def can_run(self, program: Path) -> bool:
        """Whether this user can run the program and load its libraries."""
        return self._try('"$1" --version', program)

    def _try(self, script: str, argument: Path) -> bool:
        tried = subprocess.run(
            ["/bin/sh", "-c", script, "sh", str(argument)],
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
            timeout=30,
        )
        return tried.returncode == 0


def is_root() -> bool:
    """Whether this process may do everything."""
    return os.geteuid() == 0


def account_for(cluster: Path) -> Account | None:
    """Says as whom PostgreSQL has to run: None is "as we are" (we are not root).

    The owner of an existing cluster comes first, so that data made by an ordinary user stays his.

    Raises:
        LookupError: we are root and there is no unprivileged user to run as; it names those that would do.
    """
    if not is_root():
        return None
    if cluster.exists() and (owner := cluster.stat().st_uid) != 0:
        return Account(_name(owner), owner, cluster.stat().st_gid)
    for name in USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise LookupError(", ".join(USERS))


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
