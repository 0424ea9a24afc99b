"""Records that keep coming while a test does something to whoever answers them."""

import threading
from types import TracebackType
from typing import Self

from cluster.scene import Scene


class Feed:
    """A context manager; `sent` has the number of every record that the broker acknowledged."""

    def __init__(
        self, scene: Scene, *, records_per_second: int = 100, first: int = 0, topic: str | None = None
    ) -> None:
        self.sent: list[int] = []
        self._scene = scene
        self._burst = max(1, records_per_second // 10)
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

    def stop(self) -> list[int]:
        self._stop.set()
        self._thread.join(60)
        if self._error is not None:
            raise self._error
        return self.sent

    def _run(self) -> None:
        try:
            while not self._stop.wait(0.1):
                numbers = range(self._next, self._next + self._burst)
                self._scene.send(numbers)
                self.sent.extend(numbers)
                self._next += self._burst
        except BaseException as error:
            self._error = error
