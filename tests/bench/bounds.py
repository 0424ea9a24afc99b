"""The bounds that the project promises, and whether a run keeps them. Pure.

Every bound is a ratio to the plain bridge in the same run, so it holds on a fast and on a slow machine; memory alone is
absolute.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bench.figures import Latency, Throughput

PER_RECORD = "penstock-per-record"
BATCHED = "penstock-batch-64"
PLAIN = "aiokafka-aiohttp"
LARGE = "-1KiB"
BURSTS = "-bursts-of-100"

MAX_CPU_RATIO_PER_RECORD = 1 / 8
MAX_CPU_RATIO_BATCHED = 1 / 25
MIN_RATE_RATIO = 6
MAX_P50_RATIO = 1 / 4
MAX_P99_RATIO = 1 / 2
MAX_PEAK_MIB = 150
MAX_GROWTH_MIB_PER_MINUTE = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """One bound, and what was found."""

    bound: str
    found: float
    limit: float
    side: Literal["at most", "at least", "below"]
    is_ratio: bool = True

    @property
    def met(self) -> bool:
        if self.side == "at most":
            return self.found <= self.limit
        return self.found >= self.limit if self.side == "at least" else self.found < self.limit


def judge(throughputs: Iterable[Throughput], latencies: Iterable[Latency]) -> tuple[Verdict, ...]:
    """Every bound whose rows were measured."""
    rows = {row.name: row for row in throughputs}
    waits = {row.name: row for row in latencies}
    return (*_throughput_bounds(rows), *_latency_bounds(waits), *_memory_bounds(rows))


def plain_counterpart(name: str) -> str:
    """The plain bridge's row under the same load as this row."""
    return PLAIN + next((suffix for suffix in (LARGE, BURSTS) if name.endswith(suffix)), "")


def judge_growth(mib_per_minute: float) -> Verdict:
    return Verdict("memory growth, MiB per minute", mib_per_minute, MAX_GROWTH_MIB_PER_MINUTE, "below", is_ratio=False)


def _throughput_bounds(rows: Mapping[str, Throughput]) -> Iterator[Verdict]:
    plain = rows.get(PLAIN)
    if plain is None:
        return
    for name, limit in ((PER_RECORD, MAX_CPU_RATIO_PER_RECORD), (BATCHED, MAX_CPU_RATIO_BATCHED)):
        if row := rows.get(name):
            found = row.cpu_seconds_per_million / plain.cpu_seconds_per_million
            yield Verdict(f"{name}: CPU per record against {PLAIN}", found, limit, "at most")
    if row := rows.get(PER_RECORD):
        found = row.records_per_second / plain.records_per_second
        yield Verdict(f"{PER_RECORD}: rate against {PLAIN}", found, MIN_RATE_RATIO, "at least")


def _latency_bounds(waits: Mapping[str, Latency]) -> Iterator[Verdict]:
    plain, row = waits.get(PLAIN), waits.get(PER_RECORD)
    if plain and row:
        yield Verdict(f"{PER_RECORD}: latency p50 against {PLAIN}", row.p50_ms / plain.p50_ms, MAX_P50_RATIO, "at most")
        yield Verdict(f"{PER_RECORD}: latency p99 against {PLAIN}", row.p99_ms / plain.p99_ms, MAX_P99_RATIO, "at most")


def _memory_bounds(rows: Mapping[str, Throughput]) -> Iterator[Verdict]:
    for name in (PER_RECORD, BATCHED):
        if row := rows.get(name + LARGE):
            yield Verdict(f"{row.name}: peak memory, MiB", row.peak_mib, MAX_PEAK_MIB, "at most", is_ratio=False)
