"""Records that keep coming while a test does something to whoever reads them."""

import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Generic, Self, TypeVar

Sent = TypeVar("Sent")


class Feed(Generic[Sent]):
    """A context manager: numbers from `first` on go to `send`, a burst at a time, until it ends or `stop` is called.

    `send` returns what the broker acknowledged, of which `sent` has all.
    """

    def __init__(
        self, send: Callable[[range], Iterable[Sent]], *, burst_records: int, pause_seconds: float, first: int = 0
    ) -> None:
        self.sent: list[Sent] = []
        self._send = send
        self._burst_records = burst_records
        self._pause_seconds = pause_seconds
        self._next = first
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> list[Sent]:
        self._stop.set()
        self._thread.join(60)
        if self._error is not None:
            raise self._error
        return self.sent

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._pause_seconds):
                self.sent += self._send(range(self._next, self._next + self._burst_records))
                self._next += self._burst_records
        except BaseException as error:
            self._error = error
