"""When a worker is alive and when it is ready. Pure: an observation in, a verdict with its reason out.

Alive fails only on what a restart mends: a consumer thread or event loop that stands still, a request that its own
timeout did not end. Waiting, retrying, held records and an open breaker are the normal life of a worker.
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_SINCE_POLL_SECONDS = 60.0
LONGEST_LOOP_LAG_SECONDS = 30.0
ON_WIRE_GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at the worker."""

    since_poll_seconds: float
    loop_lag_seconds: float
    oldest_on_wire_seconds: float
    timeout_seconds: float
    joined_group: bool
    model_accepted: bool


def why_not_alive(seen: Observation) -> str | None:
    if seen.since_poll_seconds > LONGEST_SINCE_POLL_SECONDS:
        return f"last consumer poll {seen.since_poll_seconds:.0f} s ago"
    if seen.loop_lag_seconds > LONGEST_LOOP_LAG_SECONDS:
        return f"event loop {seen.loop_lag_seconds:.0f} s late"
    if seen.oldest_on_wire_seconds > seen.timeout_seconds + ON_WIRE_GRACE_SECONDS:
        return f"a request is on the wire for {seen.oldest_on_wire_seconds:.0f} s"
    return None


def why_not_ready(seen: Observation) -> str | None:
    if not seen.joined_group:
        return "not in the consumer group yet"
    if not seen.model_accepted:
        return "the model has not accepted a connection yet"
    return None
