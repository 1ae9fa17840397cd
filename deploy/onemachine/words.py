"""What the supervisor says: progress and trouble on stderr, the one line `ready URL` on stdout."""

import contextlib
import sys


def say(line: str) -> None:
    """Tells the person at the terminal how far it is; a closed terminal is no reason to stop."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def announce(line: str) -> None:
    """Prints a line that scripts wait for."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
