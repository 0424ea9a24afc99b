"""What a setback leads to: another try now or later, the error topic, or a bisected batch.

The rules in short: what is nobody's fault costs nothing (*not now*); what may be the record's fault is counted
(*failed*) and given up only while the model answers others; what the model said about the record is final.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from penstock_worker.core.breaker import BreakerState, Trouble
from penstock_worker.core.outcomes import Outcome
from penstock_worker.core.retries import RetryBudget, backoff_seconds
from penstock_worker.messages import Batch, Fault, attempts_of

if TYPE_CHECKING:
    from penstock_worker.core.breaker import Breaker
    from penstock_worker.messages import Attempts, Call


FAILURES_OF_A_BATCH = 2


class Action(Enum):
    AT_ONCE = "at once"
    LATER = "later"
    ERROR = "error"
    BISECT = "bisect"


@dataclass(frozen=True, slots=True)
class Setback:
    """An answer that is not a success, or no answer at all.

    `status` is the HTTP status, None where there was no response; `text` says what happened, without payload.
    """

    outcome: Outcome
    status: int | None
    text: str
    body: bytes | None = None
    retry_after_seconds: float | None = None
    lost_endpoint: bool = False  # the request never reached a model: another endpoint may have it at once
    overload: bool = False  # a timeout, 429 or 503


@dataclass(frozen=True, slots=True)
class Circumstances:
    """`has_endpoint`: some address of the model is not ejected. `concurrency`: the present limit of requests.

    `random_fraction`: in [0, 1), the jitter.
    """

    has_endpoint: bool
    concurrency: int
    random_fraction: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """`delay_seconds` belongs to LATER, `fault` to ERROR."""

    action: Action
    delay_seconds: float = 0.0
    fault: Fault = Fault.MODEL_REFUSED


@dataclass(frozen=True, slots=True)
class Judge:
    """Applies the outcome table; keeps the breaker and the call's attempts up to date."""

    budget: RetryBudget
    breaker: Breaker

    def judge(self, call: Call, setback: Setback, now: float, around: Circumstances) -> Verdict:
        match setback.outcome:
            case Outcome.NOT_NOW | Outcome.FAILED if self.breaker.state is not BreakerState.CLOSED:
                return _in_outage(call, setback, now, around)
            case Outcome.NOT_NOW:
                return self._not_now(call, setback, now, around)
            case Outcome.FAILED:
                return self._failed(call, now, around)
            case Outcome.MISCONFIGURED:
                self.breaker.misconfigured(now)
                return Verdict(Action.ERROR, fault=Fault.MODEL_MISCONFIGURED)
            case Outcome.REFUSED:
                return _final(call, Fault.MODEL_REFUSED)
            case _:
                return _final(call, Fault.BAD_MODEL_RESPONSE)

    def _not_now(self, call: Call, setback: Setback, now: float, around: Circumstances) -> Verdict:
        if not around.has_endpoint:
            self.breaker.open(now, Trouble.MODEL_DOWN)
        if setback.lost_endpoint:
            return Verdict(Action.AT_ONCE)
        if around.concurrency == 1:  # turned away although nothing else was asked of it: not overload any more
            self.breaker.failed(now, in_flight=1)
        return _later(attempts_of(call), around, setback.retry_after_seconds)

    def _failed(self, call: Call, now: float, around: Circumstances) -> Verdict:
        attempts = attempts_of(call)
        spent = self.budget.failed(attempts, now, closed_clock_seconds=self.breaker.closed_clock_seconds(now))
        if not self._alive_since_first_failure(attempts):  # else it is this record that fails, not the model
            self.breaker.failed(now, in_flight=around.concurrency)
        if not around.has_endpoint:
            self.breaker.open(now, Trouble.MODEL_DOWN)
        if self.breaker.state is BreakerState.CLOSED:  # else this failure told that the model is down
            if (spent or _is_cut_early(call, attempts)) and self._alive_since_first_failure(attempts):
                return _final(call, Fault.RETRIES_EXHAUSTED)
            if spent:
                self.breaker.open(now, Trouble.MODEL_DOWN)
        return _later(attempts, around)

    def _alive_since_first_failure(self, attempts: Attempts) -> bool:
        alive_at = self.breaker.last_definitive_at
        return alive_at is not None and attempts.failed_at is not None and alive_at > attempts.failed_at


def _is_cut_early(call: Call, attempts: Attempts) -> bool:
    """Cutting a batch loses nothing, and one bad record fails its neighbours at every try: two failures are enough."""
    if not isinstance(call, Batch) or len(call.records) == 1:
        return False
    return call.last_chance or attempts.failures >= FAILURES_OF_A_BATCH


def _in_outage(call: Call, setback: Setback, now: float, around: Circumstances) -> Verdict:
    """Costs no attempt, as no time is counted either: the outage paces the probes, and no record is at fault."""
    if setback.outcome is Outcome.FAILED and attempts_of(call).failed_at is None:
        attempts_of(call).failed_at = now
    return Verdict(Action.AT_ONCE if setback.lost_endpoint and around.has_endpoint else Action.LATER)


def _final(call: Call, fault: Fault) -> Verdict:
    if isinstance(call, Batch) and len(call.records) > 1:
        return Verdict(Action.BISECT, fault=fault)
    return Verdict(Action.ERROR, fault=fault)


def _later(attempts: Attempts, around: Circumstances, retry_after_seconds: float | None = None) -> Verdict:
    delay_seconds = backoff_seconds(
        attempts.backoffs, random_fraction=around.random_fraction, retry_after_seconds=retry_after_seconds
    )
    attempts.backoffs += 1
    return Verdict(Action.LATER, delay_seconds)
