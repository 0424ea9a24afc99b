"""How much of everything a benchmark measures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.bounds import BURSTS, LARGE
from bench.probe import Arrival
from bench.rows import Row


@dataclass(frozen=True, slots=True)
class Size:
    """Values of one size."""

    suffix: str
    size_bytes: int
    records: Callable[[Row], int]


SIZES = (Size("", 35, lambda row: row.records), Size(LARGE, 1024, lambda row: row.large_records))
ARRIVALS = (Arrival("", burst_records=1), Arrival(BURSTS, burst_records=100))


@dataclass(frozen=True, slots=True)
class Plan:
    """Repetitions are by the position in SIZES and ARRIVALS; `wanted` names rows, none means all."""

    repetitions: tuple[int, int] = (3, 2)
    latency_repetitions: tuple[int, int] = (2, 2)
    latency_warm_seconds: float = 4
    latency_seconds: float = 20
    record_share: float = 1.0
    wanted: Sequence[str] = ()

    def records(self, row: Row, size: Size) -> int:
        return int(size.records(row) * self.record_share)

    def wants(self, row: Row, suffix: str) -> bool:
        return not self.wanted or row.name + suffix in self.wanted


def full_plan(wanted: Sequence[str]) -> Plan:
    return Plan(wanted=wanted)


def quick_plan(wanted: Sequence[str]) -> Plan:
    return Plan(
        repetitions=(1, 1),
        latency_repetitions=(1, 1),
        latency_warm_seconds=2,
        latency_seconds=5,
        record_share=0.3,
        wanted=wanted,
    )
