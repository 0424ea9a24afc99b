"""The arithmetic behind the benchmark's table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import (
    Latency,
    Sample,
    Throughput,
    growth_per_minute,
    latency,
    median_latency,
    median_throughput,
    percentile,
    throughput,
)


def _run(
    rate: float, cpu: float, *, peak_mib: float = 50.0, startup_seconds: float = 1.0, name: str = "row"
) -> Throughput:
    return Throughput(name, rate, cpu, peak_mib, startup_seconds)


def test_rate_and_cpu_count_only_what_lies_between_the_two_samples() -> None:
    warm = Sample(at_seconds=10.0, output_records=1_000, cpu_seconds=2.0)
    end = Sample(at_seconds=14.0, output_records=201_000, cpu_seconds=5.0)

    found = throughput("row", warm, end, peak_mib=70.0, startup_seconds=0.5)

    assert found == Throughput("row", 50_000.0, 15.0, 70.0, 0.5)


def test_a_run_that_wrote_nothing_has_no_figures() -> None:
    warm = Sample(10.0, 1_000, 2.0)

    with pytest.raises(ValueError, match="row: no record"):
        throughput("row", warm, Sample(20.0, 1_000, 3.0), peak_mib=1.0, startup_seconds=1.0)


def test_each_figure_is_the_median_of_its_own_over_the_runs() -> None:
    found = median_throughput([_run(100.0, 9.0), _run(300.0, 7.0), _run(200.0, 8.0)])

    assert (found.records_per_second, found.cpu_seconds_per_million) == (200.0, 8.0)


def test_the_peak_is_the_highest_of_all_runs() -> None:
    assert median_throughput([_run(1.0, 1.0, peak_mib=80.0), _run(1.0, 1.0, peak_mib=160.0)]).peak_mib == 160.0


def test_runs_of_different_rows_have_no_median() -> None:
    with pytest.raises(ValueError, match="too many values"):
        median_throughput([_run(1.0, 1.0, name="one"), _run(1.0, 1.0, name="other")])


def test_latency_is_told_in_milliseconds() -> None:
    waits_seconds = [n / 1000 for n in range(1, 101)]

    found = latency("row", reversed(waits_seconds))

    assert found.p50_ms == pytest.approx(50.0)
    assert found.p99_ms == pytest.approx(99.0)


def test_median_of_latencies() -> None:
    assert median_latency([Latency("row", 3.0, 30.0), Latency("row", 1.0, 40.0)]) == Latency("row", 2.0, 35.0)


def test_no_waits_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 100))
def test_a_percentile_is_one_of_the_values_and_enough_values_do_not_exceed_it(
    values: list[float], percent: float
) -> None:
    ordered = sorted(values)

    found = percentile(ordered, percent)

    assert found in ordered
    assert sum(value <= found for value in ordered) >= len(ordered) * percent / 100


@given(st.floats(-10, 10), st.floats(0, 500), st.integers(3, 50))
def test_growth_of_a_straight_line_is_its_slope(mib_per_minute: float, start_mib: float, count: int) -> None:
    seconds = [120.0 + second for second in range(count)]
    sizes = [start_mib + mib_per_minute * second / 60 for second in seconds]

    assert growth_per_minute(seconds, sizes) == pytest.approx(mib_per_minute, abs=1e-6)


def test_one_late_step_is_not_a_leak_over_eight_minutes() -> None:
    """4 MiB once at the end weigh far less than 1 MiB per minute, that is 8 MiB in the same time."""
    seconds = [float(second) for second in range(120, 600)]
    sizes = [100.0] * 470 + [104.0] * 10

    assert 0 < growth_per_minute(seconds, sizes) < 0.2
