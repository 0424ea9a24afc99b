"""What a row of the benchmark says, and the arithmetic on it. Pure: the numbers come from elsewhere."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen at one moment: how many records were on the output topic, and what the process had used by then."""

    at_seconds: float
    output_records: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Throughput:
    """One row, one run or the median of several."""

    name: str
    records_per_second: float
    cpu_seconds_per_million: float
    peak_mib: float
    startup_seconds: float


@dataclass(frozen=True, slots=True)
class Latency:
    """From the producer's send to the consumer's receipt of the answer."""

    name: str
    p50_ms: float
    p99_ms: float


def throughput(name: str, first: Sample, last: Sample, *, peak_mib: float, startup_seconds: float) -> Throughput:
    """Rate and CPU between two samples of a steady run."""
    records = last.output_records - first.output_records
    if records <= 0:
        raise ValueError(f"{name}: no record was written between the two samples")
    return Throughput(
        name=name,
        records_per_second=records / (last.at_seconds - first.at_seconds),
        cpu_seconds_per_million=(last.cpu_seconds - first.cpu_seconds) / records * 1e6,
        peak_mib=peak_mib,
        startup_seconds=startup_seconds,
    )


def median_throughput(runs: Sequence[Throughput]) -> Throughput:
    """Each figure's median over the runs of one row; the peak is the highest, since a peak that happened, happened."""
    return Throughput(
        name=_only_name(run.name for run in runs),
        records_per_second=statistics.median(run.records_per_second for run in runs),
        cpu_seconds_per_million=statistics.median(run.cpu_seconds_per_million for run in runs),
        peak_mib=max(run.peak_mib for run in runs),
        startup_seconds=statistics.median(run.startup_seconds for run in runs),
    )


def latency(name: str, waits_seconds: Iterable[float]) -> Latency:
    ordered = sorted(waits_seconds)
    return Latency(name, percentile(ordered, 50) * 1000, percentile(ordered, 99) * 1000)


def median_latency(runs: Sequence[Latency]) -> Latency:
    return Latency(
        _only_name(run.name for run in runs),
        statistics.median(run.p50_ms for run in runs),
        statistics.median(run.p99_ms for run in runs),
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Nearest rank: the smallest value that `percent` of all values do not exceed."""
    if not ordered:
        raise ValueError("no values")
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def growth_per_minute(seconds: Sequence[float], sizes: Sequence[float]) -> float:
    """Slope of the straight line through the samples, per minute: one late allocation weighs little, a leak all."""
    return statistics.linear_regression(seconds, sizes).slope * 60


def _only_name(names: Iterable[str]) -> str:
    (name,) = set(names)
    return name
