"""A model whose misbehaviour is chosen by its environment; the standard library alone, since its image has no more.

It answers POST with `{"version": ..., "value": <the request>}` and GET with 200; while /tmp/down exists, all with 503.

| variable | what happens |
|---|---|
| MODEL_PORT | where it listens, 8080 if unset |
| MODEL_VERSION | what it says of itself |
| MODEL_LISTEN_AFTER_SECONDS | it listens so late, or never: -1 |
| MODEL_CRASH_AFTER_SECONDS | it exits with 1 so long after its start |
| MODEL_DELAY_MILLISECONDS | every answer takes so long |
| MODEL_STATUS | every POST is answered with this status |
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType

VERSION = os.environ.get("MODEL_VERSION", "1")
STATUS = int(os.environ.get("MODEL_STATUS", "200"))
DELAY_SECONDS = int(os.environ.get("MODEL_DELAY_MILLISECONDS", "0")) / 1000
DOWN = Path("/tmp/down")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        value = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(DELAY_SECONDS)
        self.answer(STATUS, json.dumps({"version": VERSION, "value": value}).encode())

    def do_GET(self) -> None:
        self.answer(200, b"{}")

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(503 if DOWN.exists() else status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its given name
        """Not a line per request."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def main() -> None:
    signal.signal(signal.SIGTERM, end)  # the kernel does not end process 1 by a signal that it does not handle
    crash_after = float(os.environ.get("MODEL_CRASH_AFTER_SECONDS", "-1"))
    if crash_after >= 0:
        threading.Timer(crash_after, os._exit, (1,)).start()
    listen_after = float(os.environ.get("MODEL_LISTEN_AFTER_SECONDS", "0"))
    if listen_after < 0:
        signal.pause()
    time.sleep(listen_after)
    print(f"listening, version {VERSION}", flush=True)
    Server(("0.0.0.0", int(os.environ.get("MODEL_PORT", "8080"))), Handler).serve_forever()


def end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
