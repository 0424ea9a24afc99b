"""A latency histogram whose bounds are powers of two milliseconds."""

import pytest

from penstock_worker.core.histogram import Histogram


@pytest.mark.parametrize(
    ("milliseconds", "bound_seconds"), [(0, 0.001), (1, 0.002), (2, 0.004), (3, 0.004), (4, 0.008), (1000, 1.024)]
)
def test_a_latency_is_counted_below_its_bound_and_every_larger_one(milliseconds: int, bound_seconds: float) -> None:
    histogram = Histogram()
    histogram.observe(milliseconds)
    for bound, count in histogram.cumulative():
        assert count == (bound == "+Inf" or float(bound) >= bound_seconds)


def test_every_latency_is_in_the_last_bucket() -> None:
    histogram = Histogram()
    for milliseconds in (0, 5, 10**6, 10**12, -50):
        histogram.observe(milliseconds)
    assert histogram.cumulative()[-1] == ("+Inf", 5.0)


def test_bounds_and_counts_only_grow() -> None:
    histogram = Histogram()
    for milliseconds in (1, 7, 7, 300, 10**7):
        histogram.observe(milliseconds)
    rows = histogram.cumulative()
    bounds = [float(bound) for bound, _ in rows[:-1]]
    assert bounds == sorted(bounds)
    assert [count for _, count in rows] == sorted(count for _, count in rows)


def test_the_total_is_in_seconds() -> None:
    histogram = Histogram()
    histogram.observe(250)
    histogram.observe(1250)
    assert histogram.total_seconds == 1.5


def test_a_clock_that_is_behind_never_takes_from_the_total() -> None:
    """Prometheus would read a smaller sum as a restart."""
    histogram = Histogram()
    histogram.observe(1000)
    histogram.observe(-400)
    assert histogram.total_seconds == 1.0
