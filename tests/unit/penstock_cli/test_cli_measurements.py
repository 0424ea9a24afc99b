"""Figures from `/metrics`: quantiles as Prometheus computes them, counters across restarts."""

from math import inf

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client import Histogram as Observed

from penstock.history import WINDOW_SECONDS, History
from penstock.measurements import Histogram, Measurement, parse_measurement


def exposition() -> str:
    registry = CollectorRegistry()
    produced = Counter("penstock_records_produced", "help", ["topic"], registry=registry)
    produced.labels("output").inc(7)
    produced.labels("error").inc(2)
    lag = Gauge("penstock_lag_records", "help", ["partition"], registry=registry)
    lag.labels("0").set(10)
    lag.labels("1").set(5)
    Gauge("penstock_partitions_assigned", "help", registry=registry).set(4)
    seconds = Observed("penstock_prediction_seconds", "help", buckets=(0.1, 0.2), registry=registry)
    for value in (0.05, 0.15, 0.15, 5.0):
        seconds.observe(value)
    return generate_latest(registry).decode()


def test_counters_and_gauges_are_summed_over_their_labels() -> None:
    measurement = parse_measurement(exposition())
    assert measurement.produced_records == 9
    assert measurement.lag_records == 15
    assert measurement.partitions_assigned == 4


def test_histograms_keep_their_buckets() -> None:
    assert parse_measurement(exposition()).prediction.buckets == {0.1: 1, 0.2: 3, inf: 4}


def test_what_is_not_exposed_is_zero() -> None:
    assert parse_measurement("") == Measurement()


def test_text_that_is_no_exposition_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_measurement("<html>no metrics { here</html>")


@pytest.mark.parametrize(
    ("fraction", "seconds"),
    [
        (0.25, 0.1),  # the end of the first bucket
        (0.5, 0.15),  # half way through the second
        (0.75, 0.2),
        (0.99, 0.2),  # in the open bucket: the last bound that is known
    ],
)
def test_quantiles_are_interpolated_inside_their_bucket(fraction: float, seconds: float) -> None:
    assert Histogram({0.1: 1, 0.2: 3, inf: 4}).quantile(fraction) == pytest.approx(seconds)


def test_a_histogram_without_observations_has_no_quantile() -> None:
    assert Histogram().quantile(0.5) is None
    assert Histogram({0.1: 0, inf: 0}).quantile(0.5) is None


def counted(records: int) -> Measurement:
    return Measurement(produced_records=records, prediction=Histogram({inf: records}))


def test_the_recent_figures_cover_the_window_and_not_the_whole_run() -> None:
    history = History(now_seconds=100)
    for second in range(1, 21):
        history.note(100 + second, counted(10 * second))
    assert history.recent_seconds == WINDOW_SECONDS
    assert history.recent.produced_records == 10 * WINDOW_SECONDS
    assert history.whole_run.produced_records == 200


def test_a_restarted_worker_counts_from_zero_and_the_run_goes_on_counting() -> None:
    history = History(now_seconds=0)
    history.note(1, counted(100))
    history.worker_restarted(now_seconds=2)
    history.note(3, counted(5))
    assert history.recent.produced_records == 5
    assert history.whole_run.produced_records == 105
    assert history.whole_run.prediction.count == 105
