"""Ctrl-C and SIGTERM become a question that a run asks between two steps: the first drains, the second ends at once."""

import signal
import time
from types import FrameType, TracebackType
from typing import Self

from penstock.failures import Interrupted

STEP_SECONDS = 0.05

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # SIGHUP: the terminal was closed


class StopRequests:
    """Counts requests to stop. The handler only counts: an Event could deadlock when set inside its own wait."""

    def __init__(self) -> None:
        self.count = 0
        self._previous: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]  # as `nohup` asks
        self._previous = {number: signal.signal(number, self._note) for number in heeded}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of a signal handler
        self.count += 1

    def step(self) -> None:
        """Wait a moment. Raises `Interrupted` once a stop was asked for: for phases in which nothing can be drained."""
        if self.count:
            raise Interrupted
        time.sleep(STEP_SECONDS)
