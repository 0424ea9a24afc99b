"""The metrics table, and what a scrape makes of it."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import cast

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from penstock_worker import metrics
from penstock_worker.core.breaker import Breaker
from penstock_worker.core.histogram import Histogram
from penstock_worker.counters import Counters
from penstock_worker.metrics import METRICS, Kind, MetricRow, WorkerCollector
from penstock_worker.observe import Observer
from support.builders import Source

Reading = float | Mapping[str, float] | Histogram


class Readings:
    def __init__(self, readings: Mapping[MetricRow, Reading]) -> None:
        self.readings = readings

    def read(self) -> Mapping[MetricRow, Reading]:
        return self.readings


def scrape(readings: metrics.Readings) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(WorkerCollector(readings))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_every_name_is_ours_is_there_once_and_says_its_unit() -> None:
    names = [row.name for row in METRICS]
    assert len(set(names)) == len(names)
    for row in METRICS:
        assert row.name.startswith("penstock_")
        assert not row.name.endswith("_total"), "the exposition adds it to counters"
        assert row.help.endswith(".")
        assert row.kind is not Kind.HISTOGRAM or row.name.endswith("_seconds")


def test_every_row_of_the_table_is_in_it() -> None:
    assert set(METRICS) == {row for row in vars(metrics).values() if isinstance(row, MetricRow)}


def test_a_counter_is_exposed_with_total_and_a_gauge_without() -> None:
    samples = scrape(Readings({metrics.CONSUMED: 7, metrics.ON_WIRE: 3}))
    assert samples["penstock_records_consumed_total", ()] == 7
    assert samples["penstock_requests_on_wire", ()] == 3


def test_labels_are_those_of_the_row() -> None:
    samples = scrape(Readings({metrics.PRODUCED: {"output": 5, "error": 1}, metrics.LAG: {"0": 9}}))
    assert samples["penstock_records_produced_total", (("topic", "output"),)] == 5
    assert samples["penstock_records_produced_total", (("topic", "error"),)] == 1
    assert samples["penstock_lag_records", (("partition", "0"),)] == 9


def test_a_metric_with_labels_and_nothing_to_say_has_no_samples() -> None:
    assert scrape(Readings({metrics.FAILED: {}})) == {}


def test_a_histogram_has_buckets_sum_and_count() -> None:
    histogram = Histogram()
    histogram.observe(250)
    histogram.observe(3)
    samples = scrape(Readings({metrics.PREDICTION: histogram}))
    assert samples["penstock_prediction_seconds_count", ()] == 2
    assert samples["penstock_prediction_seconds_sum", ()] == pytest.approx(0.253)
    assert samples["penstock_prediction_seconds_bucket", (("le", "0.004"),)] == 1
    assert samples["penstock_prediction_seconds_bucket", (("le", "+Inf"),)] == 2


def test_nothing_is_described_before_it_is_read() -> None:
    assert list(WorkerCollector(Readings({})).describe()) == []


def test_a_worker_reads_every_metric_of_the_table() -> None:
    source, counters = Source(), Counters()
    source.record()
    pipeline = SimpleNamespace(
        breaker=Breaker(),
        limit=SimpleNamespace(limit=4),
        output_trouble=None,
        predict=SimpleNamespace(on_wire=2),
        consume=SimpleNamespace(windows={0: source.window}, lag_records={0: 12}, paused_partitions=1),
    )
    observer = Observer(cast("object", pipeline), counters, cast("object", None), timeout_seconds=30)  # type: ignore[arg-type]
    assert set(observer.read()) == set(METRICS)
    samples = scrape(observer)
    assert samples["penstock_records_in_flight", ()] == 1
    assert samples["penstock_partitions_held", ()] == 1
    assert samples["penstock_output_writable", ()] == 1
