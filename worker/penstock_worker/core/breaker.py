"""The circuit breaker: while the model answers nobody, one probe at a time instead of every record.

Closed: everything goes. Open: nothing goes until `probe_at`. Half-open: one probe is on its way. The time closed is
kept as a clock, which is what retry budgets are measured on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

FIRST_OPEN_SECONDS = 1.0
LONGEST_OPEN_SECONDS = 30.0
MISCONFIGURED_IN_A_ROW = 100
FAILURES_IN_A_ROW = 10


class BreakerState(Enum):
    """Values are those of the metric `penstock_breaker_state`."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Trouble(Enum):
    """Why the breaker is open: the `reason` of `/status`."""

    MODEL_DOWN = "ModelDown"
    MODEL_MISCONFIGURED = "ModelMisconfigured"


@dataclass(slots=True)
class Breaker:
    """All times are monotonic seconds given by the caller."""

    state: BreakerState = BreakerState.CLOSED
    trouble: Trouble | None = None
    probe_at: float = 0.0
    last_definitive_at: float | None = None
    is_calm: bool = False  # a 2xx would change `last_definitive_at` alone, which the hot path then sets by itself
    _open_seconds: float = FIRST_OPEN_SECONDS
    _closed_before: float = 0.0
    _closed_since: float = 0.0
    _failures_in_a_row: int = 0
    _misconfigured_in_a_row: int = 0
    _ever_done: bool = False

    def start(self, now: float) -> None:
        self._closed_since = now

    def closed_clock_seconds(self, now: float) -> float:
        """Seconds that the breaker has been closed in all."""
        return self._closed_before + (now - self._closed_since if self.state is BreakerState.CLOSED else 0.0)

    def definitive(self, now: float, *, done: bool) -> bool:
        """The model answered a record for good; `done` for a 2xx. True when that closes the breaker."""
        self.last_definitive_at = now
        self._failures_in_a_row = self._misconfigured_in_a_row = 0
        if done:
            self._ever_done = True
        self.is_calm = self._ever_done
        if self.state is BreakerState.CLOSED:
            return False
        self._close(now)
        return True

    def ready(self, now: float) -> bool:
        """The model's readiness path answered 2xx. True when that closes the breaker."""
        self.last_definitive_at = now
        self._failures_in_a_row = 0
        if self.state is BreakerState.CLOSED or self.trouble is not Trouble.MODEL_DOWN:
            return False
        self._close(now)
        return True

    def failed(self, now: float, *, in_flight: int) -> None:
        """A call failed or was turned away without a definitive answer in between.

        The row that opens the breaker grows with what is in flight: with 64 on the wire, ten failures of ten bad
        records arrive before anybody else could answer.
        """
        if self.state is not BreakerState.CLOSED:
            return
        self.is_calm = False
        self._misconfigured_in_a_row = 0
        self._failures_in_a_row += 1
        if self._failures_in_a_row >= max(FAILURES_IN_A_ROW, in_flight):
            self.open(now, Trouble.MODEL_DOWN)

    def misconfigured(self, now: float) -> None:
        """A 401, 403, 404, 405: fatal before the first success ever, suspicious in long rows."""
        self.is_calm = False
        self._misconfigured_in_a_row += 1
        if not self._ever_done or self._misconfigured_in_a_row >= MISCONFIGURED_IN_A_ROW:
            self.open(now, Trouble.MODEL_MISCONFIGURED)
            self.trouble = Trouble.MODEL_MISCONFIGURED  # also of a model that was down and is back like this

    def open(self, now: float, trouble: Trouble) -> None:
        """Close the door on everything but probes."""
        if self.state is not BreakerState.CLOSED:
            return
        self._closed_before += now - self._closed_since
        self._open_seconds = FIRST_OPEN_SECONDS
        self.state, self.trouble, self.is_calm = BreakerState.OPEN, trouble, False
        self.probe_at = now + self._open_seconds

    def may_probe(self, now: float) -> bool:
        return self.state is BreakerState.OPEN and now >= self.probe_at

    def probing(self) -> None:
        """A probe goes out."""
        self.state = BreakerState.HALF_OPEN

    def probe_failed(self, now: float) -> None:
        """The probe got no definitive answer: wait twice as long for the next."""
        if self.state is BreakerState.HALF_OPEN:
            self._open_seconds = min(LONGEST_OPEN_SECONDS, self._open_seconds * 2)
            self.state, self.probe_at = BreakerState.OPEN, now + self._open_seconds

    def probe_vanished(self, now: float) -> None:
        """The probe's partition was taken away before it was answered: another one may go at once."""
        if self.state is BreakerState.HALF_OPEN:
            self.state, self.probe_at = BreakerState.OPEN, now

    def _close(self, now: float) -> None:
        self.state, self.trouble = BreakerState.CLOSED, None
        self._closed_since = now
        self._failures_in_a_row = self._misconfigured_in_a_row = 0
