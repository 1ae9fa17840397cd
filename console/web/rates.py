"""How often somebody may ask: so that nobody guesses, and one does not take the place of all.

    by address   sign-ins, failed sign-ins, one-time links and receipts     who it is, is not known yet
    by person    reads, writes

Counted in this process (moving windows): with several consoles each counts for itself.
"""

import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

SIGN_INS = parse("30/minute")
FAILURES = parse("10/15 minutes")
"""After so many sign-ins that failed an address is locked out until the oldest is a quarter of an hour past."""
BY_LINK = parse("120/minute")
READS = parse("1200/minute")
WRITES = parse("240/minute")


class Rates:
    """The counts of one process."""

    def __init__(self) -> None:
        """Begins at nothing."""
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def take(self, rate: RateLimitItem, name: str, who: str) -> int:
        """Count one more; 0 if it may be, else the seconds until one may be again."""
        return 0 if self._windows.hit(rate, name, who) else self._wait(rate, name, who)

    def left(self, rate: RateLimitItem, name: str, who: str) -> int:
        """0 if one more may be, without counting it; else the seconds until then."""
        return 0 if self._windows.test(rate, name, who) else self._wait(rate, name, who)

    def _wait(self, rate: RateLimitItem, name: str, who: str) -> int:
        return max(1, round(self._windows.get_window_stats(rate, name, who).reset_time - time.time()) + 1)
