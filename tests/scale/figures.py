"""What the scale bench measures, and the bounds that the project promises. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.bounds import Verdict

MAX_COLD_START_SECONDS: Final = 120
MAX_RESTART_SECONDS: Final = 30
MAX_PEAK_MIB: Final = 300
MAX_IDLE_CPU_PERCENT: Final = 2


@dataclass(frozen=True, slots=True)
class Figures:
    """`cold_start_seconds`: from the first create until every resource is Ready at its current generation.

    `restart_seconds`: from the start of the second process until it has looked at every resource.
    `peak_mib`: the most resident memory of either process. `idle_cpu_percent` is of one core.
    """

    resources: int
    cold_start_seconds: float
    restart_seconds: float
    restart_writes: int
    peak_mib: float
    idle_cpu_percent: float
    idle_writes_per_minute: float


def judge(figures: Figures) -> Sequence[Verdict]:
    bounds = (
        ("cold start, s", figures.cold_start_seconds, MAX_COLD_START_SECONDS),
        ("restart, s", figures.restart_seconds, MAX_RESTART_SECONDS),
        ("writes after the restart", figures.restart_writes, 0),
        ("peak memory, MiB", figures.peak_mib, MAX_PEAK_MIB),
        ("idle CPU, % of one core", figures.idle_cpu_percent, MAX_IDLE_CPU_PERCENT),
        ("idle writes per minute", figures.idle_writes_per_minute, 0),
    )
    return [Verdict(name, found, limit, "at most", is_ratio=False) for name, found, limit in bounds]
