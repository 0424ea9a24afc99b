"""Asks the worker's `/metrics` again and again, beside the run, so that a busy worker never delays the records."""

import http.client
import threading
from types import TracebackType
from typing import Self

from penstock.measurements import Measurement, parse_measurement

PERIOD_SECONDS = 0.5
ANSWER_SECONDS = 2
MAX_BYTES = 4 * 1024 * 1024


class Scraper:
    """`latest` is the newest answer; None until the worker's server listens."""

    def __init__(self, port: int) -> None:
        self.latest: Measurement | None = None
        self._port = port
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(ANSWER_SECONDS + 1)

    def refresh(self) -> None:
        """Ask now. A worker that does not answer leaves the figures as they are."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)
        try:
            connection.request("GET", "/metrics")
            response = connection.getresponse()
            text = response.read(MAX_BYTES).decode()
            if response.status == 200:
                self.latest = parse_measurement(text)
        except (OSError, http.client.HTTPException, ValueError):
            return
        finally:
            connection.close()

    def _run(self) -> None:
        while not self._ended.wait(PERIOD_SECONDS):
            self.refresh()
