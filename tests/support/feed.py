"""Records that keep coming while a test does something to whoever reads them."""

import threading
from types import TracebackType
from typing import Self

from support.bridge import Bridge
from support.kafka.records import Record, Stored


class Feed:
    """A context manager: `burst_records` every 50 ms over `keys` keys, until it ends or `stop` is called."""

    def __init__(self, bridge: Bridge, *, burst_records: int = 25, keys: int = 50) -> None:
        self.sent: list[Stored] = []
        self._bridge = bridge
        self._burst_records = burst_records
        self._keys = keys
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

    def stop(self) -> list[Stored]:
        """Everything that the broker acknowledged."""
        self._stop.set()
        self._thread.join(60)
        if self._error is not None:
            raise self._error
        return self.sent

    def _run(self) -> None:
        number = 0
        try:
            while not self._stop.wait(0.05):
                numbers = range(number, number + self._burst_records)
                self.sent += self._bridge.produce(Record(b"%d" % n, b"key-%d" % (n % self._keys)) for n in numbers)
                number += self._burst_records
        except BaseException as error:
            self._error = error
