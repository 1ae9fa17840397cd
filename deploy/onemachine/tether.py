"""Become another program that cannot outlive its parent.

```
supervisor ── starts ── tether ── exec ──> postgres | temporal | worker | console
                          │
                          ├─ a session of its own   (Ctrl-C reaches the supervisor alone; a group can be signalled)
                          ├─ gives up root          (PostgreSQL refuses to run as root)
                          └─ PR_SET_PDEATHSIG       (after giving up root: the kernel clears it on that change)
```

Run as a file by `python -I -S`, so it imports nothing of ours. A `preexec_fn` would do the same work inside a
fork of a process that has threads, where Python code may deadlock; a program of its own may not.

Usage: tether.py PARENT_PID SIGNAL UID GID COMMAND [ARGUMENT ...]    (UID and GID may be "-": stay who you are)
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
"""Source: Linux prctl(2), PR_SET_PDEATHSIG: the signal this process gets when its parent thread ends."""


def drop_to(uid: int, gid: int) -> None:
    """Gives up root for good: groups first, then the group, then the user."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with(parent: int, signal_number: int) -> None:
    """Asks the kernel for `signal_number` when the parent ends; ends at once when it already has."""
    if sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        sys.exit(f"the parent {parent} ended before this child began")


def main(arguments: list[str]) -> None:
    """Turns this process into the command; returns only by raising OSError when that is impossible."""
    parent, signal_number, uid, gid, *command = arguments
    os.setsid()
    os.umask(0o077)
    if uid != "-":
        drop_to(int(uid), int(gid))
    die_with(int(parent), int(signal_number))
    os.execvp(command[0], command)  # noqa: S606  # this file exists to become that command


if __name__ == "__main__":
    main(sys.argv[1:])
