"""Measurements over the life of a run, across restarts of the worker. Pure."""

from collections import deque

from penstock.measurements import Measurement

WINDOW_SECONDS = 5.0


class History:
    """The newest measurement, what the last few seconds brought, and the whole run."""

    def __init__(self, now_seconds: float) -> None:
        self._earlier_workers = Measurement()
        self._recent = deque([(now_seconds, Measurement())])

    def note(self, now_seconds: float, measurement: Measurement) -> None:
        if measurement is self.newest:
            return
        self._recent.append((now_seconds, measurement))
        while len(self._recent) > 2 and self._recent[1][0] <= now_seconds - WINDOW_SECONDS:
            self._recent.popleft()

    def worker_restarted(self, now_seconds: float) -> None:
        """Its counters begin at zero; what the last one counted is kept."""
        self._earlier_workers = self.whole_run
        self._recent = deque([(now_seconds, Measurement())])

    @property
    def newest(self) -> Measurement:
        return self._recent[-1][1]

    @property
    def recent(self) -> Measurement:
        return self.newest.since(self._recent[0][1])

    @property
    def recent_seconds(self) -> float:
        return self._recent[-1][0] - self._recent[0][0]

    @property
    def whole_run(self) -> Measurement:
        return self.newest.plus(self._earlier_workers)
