"""How many requests may be on the wire: grows while the model keeps up, shrinks when it does not.

Additive increase, multiplicative decrease (Chiu and Jain, 1989), with a slow start from one request, so that a model
that serves one at a time is never sent more than it can answer within the timeout. Latency is the early sign: the
limit stops growing above a quarter of the timeout and shrinks above half of it, before anything times out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

GROW_BELOW_SHARE_OF_TIMEOUT = 0.25
SHRINK_ABOVE_SHARE_OF_TIMEOUT = 0.5
DECREASE = 0.5
GENTLE_DECREASE = 0.9


@dataclass(slots=True)
class ConcurrencyLimit:
    """`limit`: how many requests may be on the wire, from 1 to `ceiling`."""

    ceiling: int
    timeout_seconds: float
    limit: int = 1
    slow_seconds: float = field(init=False)  # the latency above which the limit shrinks
    _exact: float = 1.0
    _slow_start: bool = True
    _last_decrease_at: float = -1e9

    def __post_init__(self) -> None:
        self.slow_seconds = SHRINK_ABOVE_SHARE_OF_TIMEOUT * self.timeout_seconds

    def succeeded(self, now: float, *, latency_seconds: float, on_wire: int) -> None:
        """A definitive answer. The limit grows only when it was in use: `on_wire` counts this request too."""
        if latency_seconds > self.slow_seconds:
            self._decrease(now, GENTLE_DECREASE, latency_seconds)
        elif (
            self.limit < self.ceiling
            and on_wire >= self.limit
            and latency_seconds < GROW_BELOW_SHARE_OF_TIMEOUT * self.timeout_seconds
        ):
            self._set(self._exact + (1.0 if self._slow_start else 1.0 / self._exact))

    def overloaded(self, now: float, *, latency_seconds: float) -> None:
        """A timeout, 429 or 503."""
        self._decrease(now, DECREASE, latency_seconds)

    def restart(self) -> None:
        """The breaker opened: come back as carefully as at the start."""
        self._slow_start = True
        self._set(1.0)

    def _decrease(self, now: float, factor: float, latency_seconds: float) -> None:
        """Once per round trip: the requests sent under the old limit all tell of the same overload."""
        self._slow_start = False
        if now - self._last_decrease_at >= latency_seconds:
            self._last_decrease_at = now
            self._set(self._exact * factor)

    def _set(self, exact: float) -> None:
        self._exact = min(float(self.ceiling), max(1.0, exact))
        self.limit = int(self._exact)
