"""A stand-in for one of our processes: a health port that answers, and crashes or stubbornness on demand.

Run as a program. FAKE_DIR is a folder in which the test leaves wishes: `NAME.crash` makes the process of that
name end with status 7 before it is ready, `NAME.stubborn` makes it ignore SIGTERM, `NAME.unready` makes
/readyz say 503.
"""

from __future__ import annotations

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


def main(name: str) -> None:
    """Serve /readyz until SIGTERM."""
    wishes = Path(os.environ["FAKE_DIR"])
    if (wishes / f"{name}.crash").exists():
        sys.stderr.write(f"{name}: the engine room is flooded\n")
        sys.exit(7)
    stubborn = (wishes / f"{name}.stubborn").exists()
    signal.signal(signal.SIGTERM, signal.SIG_IGN if stubborn else lambda *_: sys.exit(0))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            unready = (wishes / f"{name}.unready").exists()
            body = b"still filling\n" if unready else b"ok\n"
            self.send_response(503 if unready else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
            """Say nothing."""

    sys.stderr.write(f"{name}: up as pid {os.getpid()}\n")
    HTTPServer(("127.0.0.1", int(os.environ["HEADRACE_HEALTH_PORT"])), Handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
