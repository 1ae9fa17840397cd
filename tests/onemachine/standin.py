"""A worker or a console of a few lines: the supervisor takes its children's commands as data.

Usage: standin.py worker | console | failing | stubborn
"""

import http.server
import os
import signal
import sys
import time


class Ready(http.server.BaseHTTPRequestHandler):
    """Says 200 to everything."""

    def do_GET(self) -> None:
        """Answers /readyz."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the library's
        """Stays silent."""


role = sys.argv[1]
if role == "console":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["ZEREN_PORT"])), Ready).serve_forever()
if role == "failing":
    sys.exit("no such table: parts")
if role == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(600)
