"""Plain integers that the stages add to; the metrics collector reads them when it is scraped."""

from __future__ import annotations

from collections import Counter

from penstock_worker.core.deliveries import Deliveries
from penstock_worker.core.histogram import Histogram


class Counters:
    """Everything that only grows. Written by one thread each, read by the event loop."""

    def __init__(self) -> None:
        self.consumed_records = 0
        self.deliveries = Deliveries()
        self.failed_by_code: Counter[str] = Counter()
        self.retries = 0
        self.expired_records = 0
        self.rebalances = 0
        self.commits = 0
        self.commit_failures = 0
        self.committed_at: float | None = None  # monotonic seconds
        self.prediction = Histogram()
