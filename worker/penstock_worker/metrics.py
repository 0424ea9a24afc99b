"""Every metric in one table; a collector turns the stages' plain integers into samples when it is scraped."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from prometheus_client.metrics_core import Metric

    from penstock_worker.core.histogram import Histogram


class Kind(Enum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric: `docs/metrics.md` and the exposition are made from these rows."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str


CONSUMED = MetricRow(
    "penstock_records_consumed",
    Kind.COUNTER,
    (),
    "Records taken from the input topic, duplicates after a restart included.",
)
PRODUCED = MetricRow(
    "penstock_records_produced",
    Kind.COUNTER,
    ("topic",),
    "Records that the broker acknowledged; topic is output or error.",
)
FAILED = MetricRow(
    "penstock_records_failed",
    Kind.COUNTER,
    ("code",),
    "Records sent to the error topic, by the code in their penstock-error header.",
)
IN_FLIGHT = MetricRow(
    "penstock_records_in_flight",
    Kind.GAUGE,
    (),
    "Records consumed and not yet covered by an acknowledged commit: what a crash now would replay.",
)
ASSIGNED = MetricRow(
    "penstock_partitions_assigned", Kind.GAUGE, (), "Partitions of the input topic that this worker owns."
)
HELD = MetricRow(
    "penstock_partitions_held",
    Kind.GAUGE,
    (),
    "Owned partitions that are paused because their share is full or nothing may be taken.",
)
RETRIES = MetricRow("penstock_retries", Kind.COUNTER, (), "Calls of the model that were put off to be tried again.")
BREAKER = MetricRow("penstock_breaker_state", Kind.GAUGE, (), "The circuit breaker: 0 closed, 1 half-open, 2 open.")
LIMIT = MetricRow(
    "penstock_concurrency_limit",
    Kind.GAUGE,
    (),
    "Requests that may be on the wire at once, at this moment; adapts below delivery.concurrency.",
)
ON_WIRE = MetricRow("penstock_requests_on_wire", Kind.GAUGE, (), "Requests on the wire.")
PREDICTION = MetricRow(
    "penstock_prediction_seconds",
    Kind.HISTOGRAM,
    (),
    "From sending a request to its complete 2xx answer; a batch counts once.",
)
END_TO_END = MetricRow(
    "penstock_end_to_end_seconds",
    Kind.HISTOGRAM,
    (),
    "From the input record's timestamp to the acknowledgement of its output or error record.",
)
LAG = MetricRow(
    "penstock_lag_records",
    Kind.GAUGE,
    ("partition",),
    "End of the partition minus the committed offset, as KEDA sees it; once a second.",
)
OLDEST = MetricRow(
    "penstock_oldest_record_age_seconds",
    Kind.GAUGE,
    (),
    "Age, by its timestamp, of the oldest record in flight; 0 with none.",
)
EXPIRED = MetricRow(
    "penstock_records_expired", Kind.COUNTER, (), "Records that retention removed before this group read them."
)
REBALANCES = MetricRow(
    "penstock_rebalances",
    Kind.COUNTER,
    (),
    "Partitions given, taken or lost: one for each callback of the group protocol.",
)
COMMIT_AGE = MetricRow(
    "penstock_commit_age_seconds", Kind.GAUGE, (), "Time since the last acknowledged commit; 0 before the first."
)
COMMITS = MetricRow("penstock_commits", Kind.COUNTER, ("result",), "Offset commits, by result: acknowledged or failed.")
QUEUE = MetricRow(
    "penstock_queue_bytes", Kind.GAUGE, (), "Key, value and header bytes of records and results in flight."
)
OUTPUT_WRITABLE = MetricRow(
    "penstock_output_writable",
    Kind.GAUGE,
    (),
    "1 while the output and error topics take records, 0 after a refused delivery.",
)

METRICS = (
    CONSUMED, PRODUCED, FAILED, IN_FLIGHT, ASSIGNED, HELD, RETRIES, BREAKER, LIMIT, ON_WIRE, PREDICTION, END_TO_END,
    LAG, OLDEST, EXPIRED, REBALANCES, COMMIT_AGE, COMMITS, QUEUE, OUTPUT_WRITABLE,
)  # fmt: skip


class Readings(Protocol):
    """What the collector reads, at scrape time."""

    def read(self) -> Mapping[MetricRow, float | Mapping[str, float] | Histogram]: ...


class WorkerCollector(Collector):
    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        for row, reading in self._readings.read().items():
            yield _family(row, reading)

    def describe(self) -> Iterable[Metric]:
        return ()


def _family(row: MetricRow, reading: float | Mapping[str, float] | Histogram) -> Metric:
    if row.kind is Kind.HISTOGRAM:
        assert not isinstance(reading, (int, float, dict))  # noqa: S101 - the table says so
        histogram = HistogramMetricFamily(row.name, row.help)
        histogram.add_metric([], buckets=reading.cumulative(), sum_value=reading.total_seconds)  # type: ignore[union-attr]
        return histogram
    family = (CounterMetricFamily if row.kind is Kind.COUNTER else GaugeMetricFamily)(
        row.name, row.help, labels=row.labels
    )
    for labels, value in reading.items() if row.labels else [((), reading)]:  # type: ignore[union-attr]
        family.add_metric([labels] if row.labels else [], value)  # type: ignore[list-item, arg-type]
    return family
