"""One look at a running worker, for its health, its status and its metrics. Runs on the event loop, reads only."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from penstock_worker import metrics
from penstock_worker.health import Observation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock_worker.core.histogram import Histogram
    from penstock_worker.counters import Counters
    from penstock_worker.metrics import MetricRow
    from penstock_worker.model_watch import ModelWatch
    from penstock_worker.pipeline import Pipeline


class Observer:
    """Reads the stages' numbers. `loop_lag_seconds` is kept up to date by whoever runs the event loop."""

    def __init__(
        self, pipeline: Pipeline, counters: Counters, model_watch: ModelWatch, *, timeout_seconds: float
    ) -> None:
        self._pipeline = pipeline
        self._counters = counters
        self._model_watch = model_watch
        self._timeout_seconds = timeout_seconds
        self.loop_lag_seconds = 0.0

    def observation(self) -> Observation:
        now = time.monotonic()
        consume = self._pipeline.consume
        return Observation(
            since_poll_seconds=now - consume.polled_at,
            loop_lag_seconds=self.loop_lag_seconds,
            oldest_on_wire_seconds=self._pipeline.transport.oldest_on_wire_seconds(now),
            timeout_seconds=self._timeout_seconds,
            joined_group=consume.joined,
            model_accepted=self._model_watch.accepted,
        )

    def status(self) -> dict[str, str | int | None]:
        """Bounded and free of anything a model or a record said: the operator reads this."""
        breaker, windows = self._pipeline.breaker, list(self._pipeline.consume.windows.values())
        return {
            "breaker": {"CLOSED": "Closed", "HALF_OPEN": "HalfOpen", "OPEN": "Open"}[breaker.state.name],
            "reason": self._pipeline.predict.status_reason,
            "output": "Writable" if self._pipeline.output_trouble is None else "OutputUnwritable",
            "partitions": len(windows),
            "held": self._pipeline.consume.paused_partitions,
            "inFlight": sum(window.in_flight_records for window in windows),
        }

    def read(self) -> Mapping[MetricRow, float | Mapping[str, float] | Histogram]:
        pipeline, counters = self._pipeline, self._counters
        windows = list(pipeline.consume.windows.values())
        return {
            metrics.CONSUMED: counters.consumed_records,
            metrics.PRODUCED: {
                "output": counters.deliveries.output_records,
                "error": counters.deliveries.error_records,
            },
            metrics.FAILED: dict(counters.failed_by_code),
            metrics.IN_FLIGHT: sum(window.in_flight_records for window in windows),
            metrics.ASSIGNED: len(windows),
            metrics.HELD: pipeline.consume.paused_partitions,
            metrics.RETRIES: counters.retries,
            metrics.BREAKER: pipeline.breaker.state.value,
            metrics.LIMIT: pipeline.limit.limit,
            metrics.ON_WIRE: pipeline.predict.on_wire,
            metrics.PREDICTION: counters.prediction,
            metrics.END_TO_END: counters.deliveries.end_to_end,
            metrics.LAG: {str(partition): lag for partition, lag in sorted(pipeline.consume.lag_records.items())},
            metrics.OLDEST: self._oldest_age_seconds(),
            metrics.EXPIRED: counters.expired_records,
            metrics.REBALANCES: counters.rebalances,
            metrics.COMMIT_AGE: self._commit_age_seconds(),
            metrics.COMMITS: {"acknowledged": counters.commits, "failed": counters.commit_failures},
            metrics.QUEUE: sum(window.in_flight_bytes for window in windows),
            metrics.OUTPUT_WRITABLE: pipeline.output_trouble is None,
        }

    def _oldest_age_seconds(self) -> float:
        windows = list(self._pipeline.consume.windows.values())
        heads = [window.unfinished[0].timestamp_ms for window in windows if window.unfinished]
        return max(0.0, time.time() - min(heads) / 1000) if heads else 0.0

    def _commit_age_seconds(self) -> float:
        acknowledged_at = self._counters.committed_at
        return 0.0 if acknowledged_at is None else time.monotonic() - acknowledged_at
