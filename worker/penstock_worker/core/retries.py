"""How long to wait before a call is tried again, and when to give a record up.

Waiting doubles from 100 ms to 30 s with full jitter (Brooker, "Exponential Backoff And Jitter", 2015), so that
workers do not return in step. A record is given up only when its budget is spent AND the model answered something
else since the record first failed: a model that answers nobody is an outage, never this record's fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock_worker.messages import Attempts

FIRST_BACKOFF_SECONDS = 0.1
LONGEST_BACKOFF_SECONDS = 30.0
LONGEST_RETRY_AFTER_SECONDS = 30.0


def backoff_seconds(earlier_waits: int, *, random_fraction: float, retry_after_seconds: float | None = None) -> float:
    """Seconds until the next try. `random_fraction` in [0, 1) is the jitter; a Retry-After of the model comes first."""
    if retry_after_seconds is not None:
        return min(max(0.0, retry_after_seconds), LONGEST_RETRY_AFTER_SECONDS)
    ceiling: float = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** min(earlier_waits, 20))
    return random_fraction * ceiling


def parse_retry_after(value: bytes, at_seconds: float) -> float | None:
    """Seconds to wait from `at_seconds` (Unix time) on, by either form of RFC 9110 10.2.3; None where it is neither."""
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value.decode("ascii")).timestamp() - at_seconds)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class RetryBudget:
    """`max_attempts` failures, or `max_elapsed_seconds` since the first, whichever is first.

    Elapsed time is read from a clock that stands still while the breaker is open.
    """

    max_attempts: int
    max_elapsed_seconds: float

    def failed(self, attempts: Attempts, now: float, *, closed_clock_seconds: float) -> bool:
        """Count one failure; True when the budget is spent."""
        if attempts.failed_at is None:
            attempts.failed_at = now
        if attempts.failed_since_seconds is None:
            attempts.failed_since_seconds = closed_clock_seconds
        attempts.failures += 1
        elapsed = closed_clock_seconds - attempts.failed_since_seconds
        return attempts.failures >= self.max_attempts or elapsed >= self.max_elapsed_seconds
