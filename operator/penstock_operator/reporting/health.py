"""When the operator is alive and when it is ready. Pure: an observation in, a verdict with its reason out.

Alive fails only on what a restart mends. An API server that is away, a resource that cannot be reconciled and a queue
that is long are not of that kind.
"""

from dataclasses import dataclass
from typing import Final

LONGEST_BEHIND_SECONDS: Final = 180.0
LONGEST_RECONCILE_SECONDS: Final = 600.0
LONGEST_LOOP_LAG_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at the operator. `watch_behind` is the kind whose watch is behind for the longest time, if any is."""

    watch_alive: bool
    watch_behind: str | None
    behind_seconds: float
    longest_reconcile_seconds: float
    loop_lag_seconds: float
    listed_once: bool


def why_not_alive(seen: Observation) -> str | None:
    if not seen.watch_alive:
        return "the watches have ended"
    if seen.watch_behind is not None and seen.behind_seconds > LONGEST_BEHIND_SECONDS:
        return f"the watch of {seen.watch_behind} is behind for {seen.behind_seconds:.0f} s"
    if seen.longest_reconcile_seconds > LONGEST_RECONCILE_SECONDS:
        return f"a reconcile takes {seen.longest_reconcile_seconds:.0f} s already"
    if seen.loop_lag_seconds > LONGEST_LOOP_LAG_SECONDS:
        return f"event loop {seen.loop_lag_seconds:.0f} s late"
    return None


def why_not_ready(seen: Observation) -> str | None:
    return None if seen.listed_once else "not everything is listed yet"
