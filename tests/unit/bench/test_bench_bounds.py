"""A bound that is missed must be seen to be missed: each side of each limit."""

from dataclasses import replace
from typing import Any

import pytest

from bench.bounds import Verdict, judge, judge_growth, plain_counterpart
from bench.figures import Latency, Throughput

PLAIN = Throughput("aiokafka-aiohttp", 5_000.0, 200.0, 60.0, 1.0)
GOOD = (
    PLAIN,
    Throughput("penstock-per-record", 30_000.0, 25.0, 90.0, 1.0),
    Throughput("penstock-batch-64", 100_000.0, 8.0, 90.0, 1.0),
    Throughput("penstock-per-record-1KiB", 25_000.0, 27.0, 150.0, 1.0),
    Throughput("penstock-batch-64-1KiB", 60_000.0, 12.0, 150.0, 1.0),
)
WAITS = (Latency("aiokafka-aiohttp", 8.0, 20.0), Latency("penstock-per-record", 2.0, 10.0))


def _missed(rows: tuple[Throughput, ...] = GOOD, waits: tuple[Latency, ...] = WAITS) -> list[str]:
    return [verdict.bound for verdict in judge(rows, waits) if not verdict.met]


def _with(name: str, **figures: Any) -> tuple[Throughput, ...]:
    return tuple(replace(row, **figures) if row.name == name else row for row in GOOD)


def test_figures_exactly_at_their_limits_meet_every_bound() -> None:
    assert len(judge(GOOD, WAITS)) == 7
    assert _missed() == []


@pytest.mark.parametrize(
    ("rows", "bound"),
    [
        (_with("penstock-per-record", cpu_seconds_per_million=25.1), "penstock-per-record: CPU"),
        (_with("penstock-batch-64", cpu_seconds_per_million=8.1), "penstock-batch-64: CPU"),
        (_with("penstock-per-record", records_per_second=29_999.0), "penstock-per-record: rate"),
        (_with("penstock-per-record-1KiB", peak_mib=150.1), "penstock-per-record-1KiB: peak memory"),
        (_with("penstock-batch-64-1KiB", peak_mib=150.1), "penstock-batch-64-1KiB: peak memory"),
    ],
)
def test_a_figure_beyond_its_limit_misses_that_bound_alone(rows: tuple[Throughput, ...], bound: str) -> None:
    (missed,) = _missed(rows)

    assert missed.startswith(bound)


@pytest.mark.parametrize(
    ("row", "bound"),
    [
        (Latency("penstock-per-record", 2.1, 10.0), "penstock-per-record: latency p50"),
        (Latency("penstock-per-record", 2.0, 10.1), "penstock-per-record: latency p99"),
    ],
)
def test_a_latency_beyond_its_limit_misses_that_bound_alone(row: Latency, bound: str) -> None:
    (missed,) = _missed(waits=(WAITS[0], row))

    assert missed.startswith(bound)


def test_without_the_plain_bridge_no_ratio_is_judged() -> None:
    judged = judge([row for row in GOOD if row is not PLAIN], [])

    assert [verdict.bound for verdict in judged] == [
        "penstock-per-record-1KiB: peak memory, MiB",
        "penstock-batch-64-1KiB: peak memory, MiB",
    ]


def test_memory_must_grow_by_less_than_the_limit() -> None:
    assert judge_growth(0.99).met
    assert not judge_growth(1.0).met
    assert judge_growth(-3.0).met


def test_not_a_number_never_meets_a_bound() -> None:
    nan = float("nan")

    assert not any(Verdict("bound", nan, 1.0, side).met for side in ("at most", "at least", "below"))


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("floor-contract", "aiokafka-aiohttp"),
        ("penstock-per-record-1KiB", "aiokafka-aiohttp-1KiB"),
        ("penstock-per-record-bursts-of-100", "aiokafka-aiohttp-bursts-of-100"),
        ("aiokafka-aiohttp-1KiB", "aiokafka-aiohttp-1KiB"),
    ],
)
def test_a_row_is_compared_with_the_plain_bridge_under_the_same_load(name: str, plain: str) -> None:
    assert plain_counterpart(name) == plain
