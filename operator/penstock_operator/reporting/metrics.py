"""Every metric of the operator in one table, and the counters behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics


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


RECONCILES = MetricRow(
    "penstock_operator_reconciles",
    Kind.COUNTER,
    ("result",),
    "Passes over a ModelDeployment, by result: success, conflict (what was read had changed meanwhile) or error.",
)
RECONCILE_SECONDS = MetricRow("penstock_operator_reconcile_seconds", Kind.HISTOGRAM, (), "Time that one pass took.")
QUEUE = MetricRow(
    "penstock_operator_queue_depth", Kind.GAUGE, (), "ModelDeployments that are due and wait for a thread."
)
RUNNING = MetricRow(
    "penstock_operator_longest_reconcile_seconds", Kind.GAUGE, (), "How long the oldest running pass runs; 0 with none."
)
WRITES = MetricRow(
    "penstock_operator_writes",
    Kind.COUNTER,
    ("verb", "kind", "code"),
    "Writes to the API server, by verb (apply, delete, scale, status, event) and HTTP code; code 0 is no answer.",
)
WATCH_EVENTS = MetricRow(
    "penstock_operator_watch_events", Kind.COUNTER, ("kind",), "Objects that the watches told of, lists included."
)
WATCH_STARTS = MetricRow(
    "penstock_operator_watch_starts",
    Kind.COUNTER,
    (),
    "Starts of all watches; more than one after an error or for KEDA.",
)
WATCH_BEHIND = MetricRow(
    "penstock_operator_watch_behind_seconds",
    Kind.GAUGE,
    (),
    "For how long a watch has not told of something that is known to exist; 0 where none is behind.",
)
OBJECTS = MetricRow("penstock_operator_objects", Kind.GAUGE, ("kind",), "Objects that are held, by kind.")
RELISTS = MetricRow(
    "penstock_operator_relists", Kind.COUNTER, ("result",), "Complete lists beside the watches: success or error."
)
KEDA = MetricRow(
    "penstock_operator_keda_present", Kind.GAUGE, (), "1 while the API server has KEDA's API, 0 while it has not."
)

METRICS: Final = (
    RECONCILES, RECONCILE_SECONDS, QUEUE, RUNNING, WRITES, WATCH_EVENTS, WATCH_STARTS, WATCH_BEHIND, OBJECTS, RELISTS,
    KEDA,
)  # fmt: skip

RECONCILE_BOUNDS_SECONDS: Final = (0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 30.0)


class Metrics:
    """Counters are safe to use from several threads; gauges are read when they are scraped."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which says when the process started
        self.registry = CollectorRegistry()
        self._reconciles = self._counter(RECONCILES)
        self._reconcile_seconds = Histogram(
            RECONCILE_SECONDS.name, RECONCILE_SECONDS.help, buckets=RECONCILE_BOUNDS_SECONDS, registry=self.registry
        )
        self._writes = self._counter(WRITES)
        self._watch_events = self._counter(WATCH_EVENTS)
        self._watch_starts = self._counter(WATCH_STARTS)
        self._relists = self._counter(RELISTS)
        self._objects = self._gauge(OBJECTS)

    def reconciled(self, result: str, seconds: float) -> None:
        self._reconciles.labels(result).inc()
        self._reconcile_seconds.observe(seconds)

    def wrote(self, verb: str, kind: str, status: int | None) -> None:
        self._writes.labels(verb, kind, str(status or 0)).inc()

    def watch_told(self, kind: str) -> None:
        self._watch_events.labels(kind).inc()

    def watch_started(self) -> None:
        self._watch_starts.inc()

    def relisted(self, result: str) -> None:
        self._relists.labels(result).inc()

    def read_gauge(self, row: MetricRow, read: Callable[[], float]) -> None:
        self._gauge(row).set_function(read)

    def read_objects(self, kind: str, read: Callable[[], float]) -> None:
        self._objects.labels(kind).set_function(read)

    def _counter(self, row: MetricRow) -> Counter:
        return Counter(row.name, row.help, row.labels, registry=self.registry)

    def _gauge(self, row: MetricRow) -> Gauge:
        return Gauge(row.name, row.help, row.labels, registry=self.registry)
