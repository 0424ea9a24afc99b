"""The status line: what a run is doing now, in one line. Pure."""

from dataclasses import dataclass

from penstock.ledger import Counts
from penstock.measurements import BREAKER_CLOSED, Measurement
from penstock.summary import duration_text


@dataclass(frozen=True, slots=True)
class Status:
    """One moment of a run. `recent` covers the last `recent_seconds`."""

    phase: str
    counts: Counts
    output: int
    error: int
    now: Measurement
    recent: Measurement
    recent_seconds: float


def status_line(status: Status) -> str:
    if not status.now.partitions_assigned and not status.output + status.error:
        return status.phase
    parts = [status.phase]
    if status.now.breaker_state != BREAKER_CLOSED:
        parts.append("MODEL DOWN, holding")
    parts += [_rate_text(status), _latency_text(status.recent), f"lag {status.now.lag_records:,.0f}"]
    if status.counts.input:
        parts.append(f"{status.counts.input:,} in")
    parts.append(f"{status.output:,} output, {status.error:,} error")
    return " · ".join(parts)


def _rate_text(status: Status) -> str:
    rate = status.recent.produced_records / status.recent_seconds if status.recent_seconds > 0 else 0
    return f"{rate:,.0f}/s"


def _latency_text(recent: Measurement) -> str:
    p50, p99 = recent.end_to_end.quantile(0.5), recent.end_to_end.quantile(0.99)
    return "idle" if p50 is None else f"p50 {duration_text(p50)} p99 {duration_text(p99)}"
