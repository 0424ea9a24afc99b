"""The whole comparison in its order: every row in turn, again and again, and the median of each.

Interleaved (A B C A B C), so that a slow minute of the machine falls on all rows alike.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from bench import latency, throughput
from bench.figures import Latency, Throughput, median_latency, median_throughput
from bench.plan import ARRIVALS, SIZES, Plan, Size
from bench.probe import Arrival
from bench.rig import Rig
from bench.rows import LATENCY_ROWS, ROWS, Row

WARM_UP_RECORDS = 200_000

Figures = TypeVar("Figures", Throughput, Latency)
Tell = Callable[[Throughput | Latency], None]


def warm_up(rig: Rig) -> None:
    """The broker's JVM compiles its hot code under the first load; no row should pay for it."""
    row = next(row for row in ROWS if row.name == "floor")
    rig.broker.load_backlog(WARM_UP_RECORDS, SIZES[0].size_bytes)
    throughput.measure(rig, row, records=WARM_UP_RECORDS, size_bytes=SIZES[0].size_bytes)


def measure_throughput(rig: Rig, plan: Plan, tell: Tell) -> list[Throughput]:
    results: list[Throughput] = []
    for size, repetitions in zip(SIZES, plan.repetitions, strict=True):
        rows = [row for row in ROWS if plan.wants(row, size.suffix)]
        if rows:
            rig.broker.load_backlog(max(plan.records(row, size) for row in rows), size.size_bytes)
            runs = _interleaved(rows, _throughput_run(rig, plan, size), repetitions, tell)
            results += map(median_throughput, runs)
    return results


def measure_latency(rig: Rig, plan: Plan, tell: Tell) -> list[Latency]:
    results: list[Latency] = []
    for arrival, repetitions in zip(ARRIVALS, plan.latency_repetitions, strict=True):
        rows = [row for row in LATENCY_ROWS if plan.wants(row, arrival.suffix)]
        runs = _interleaved(rows, _latency_run(rig, plan, arrival), repetitions, tell)
        results += map(median_latency, runs)
    return results


def _throughput_run(rig: Rig, plan: Plan, size: Size) -> Callable[[Row], Throughput]:
    return lambda row: throughput.measure(
        rig, row, records=plan.records(row, size), size_bytes=size.size_bytes, suffix=size.suffix
    )


def _latency_run(rig: Rig, plan: Plan, arrival: Arrival) -> Callable[[Row], Latency]:
    return lambda row: latency.measure(
        rig, row, arrival, warm_seconds=plan.latency_warm_seconds, seconds=plan.latency_seconds
    )


def _interleaved(
    rows: Sequence[Row], run: Callable[[Row], Figures], repetitions: int, tell: Tell
) -> list[list[Figures]]:
    """The runs of each row."""
    runs: list[list[Figures]] = [[] for _ in rows]
    for _ in range(repetitions):
        for row, of_row in zip(rows, runs, strict=True):
            of_row.append(run(row))
            tell(of_row[-1])
    return runs
