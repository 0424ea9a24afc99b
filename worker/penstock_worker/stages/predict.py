"""Records go to the model and come back as answers, in lane order, within the concurrency limit.

Runs on the event loop, synchronously: `submit` and the transport's callbacks decide and act at once; there is no
task, future or await per record. What a setback leads to is decided in `core/verdicts.py`.

A call is a record, or a batch of them. It is in exactly one place: on the wire, or in `Waiting`.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from typing import TYPE_CHECKING

from penstock_worker.core.breaker import Breaker, BreakerState, Trouble
from penstock_worker.core.outcomes import DEFINITIVE, Outcome
from penstock_worker.core.verdicts import Action, Circumstances, Judge, Setback, Verdict
from penstock_worker.core.waiting import Waiting
from penstock_worker.messages import Batch, Call, Fault, Record
from penstock_worker.stages.decode import failure_of
from penstock_worker.stages.encode import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from penstock_worker.core.batching import Batching
    from penstock_worker.core.concurrency import ConcurrencyLimit
    from penstock_worker.core.lanes import Lanes
    from penstock_worker.core.offsets import Window
    from penstock_worker.counters import Counters
    from penstock_worker.protocols import ModelProtocol
    from penstock_worker.transports import Transport


log = logging.getLogger(__name__)


class Predict:
    """From records that arrive in offset order to outputs and errors that leave in lane order."""

    def __init__(
        self,
        *,
        transport: Transport,
        protocol: ModelProtocol,
        lanes: Lanes,
        batching: Batching,
        limit: ConcurrencyLimit,
        judge: Judge,
        counters: Counters,
        on_output: Callable[[Record, bytes], None],
        on_error: Callable[[Record, Failure], None],
    ) -> None:
        self.transport = transport
        self.protocol = protocol
        self.lanes = lanes
        self.batching = batching
        self.limit = limit
        self.breaker: Breaker = judge.breaker
        self.counters = counters
        self.on_wire = 0
        self.waiting = Waiting(batching, protocol.splice)
        self._judge = judge
        self._probe: Call | None = None
        self._batched = batching.max_records > 1
        self._on_output = on_output
        self._on_error = on_error
        self._wake: asyncio.TimerHandle | None = None
        self._wake_at = 0.0

    # --- in ------------------------------------------------------------------------------------------------

    def submit(self, records: Sequence[Record]) -> None:
        """Records of any partitions, each partition's in offset order."""
        enter, ready = self.lanes.enter, self.waiting.ready
        for record in records:
            if record.window.open and enter(record):
                ready.append(record)
        self.dispatch(time.monotonic())

    def dispatch(self, now: float) -> None:
        """Send what may be sent now."""
        if self.breaker.state is not BreakerState.CLOSED:
            self._send_probe(now)
            return
        ready, limit = self.waiting.ready, self.limit
        while ready and self.on_wire < limit.limit:
            call = self._next_batch(now) if self._batched else ready.popleft()
            if call is None or not self._send(call, now):
                return

    def _next_batch(self, now: float) -> Call | None:
        due_at = self.batching.due_at(self.waiting.ready, now)
        if due_at > now:
            self._wake_by(due_at)
            return None
        return self._take_batch(self.batching.max_records)

    def _take_batch(self, most_records: int) -> Call | None:
        return self.waiting.take_batch(most_records, admit=self._admit, is_fit=self._is_fit)

    def _admit(self, record: Record) -> bool:
        """False: the record is no business of the model's and was sent to the error topic."""
        failure = failure_of(record, self.protocol, batched=self._batched)
        if failure is None:
            return True
        self.fail(record, failure)
        return False

    def _is_fit(self, record: Record) -> bool:
        return record.attempts is None and failure_of(record, self.protocol, batched=self._batched) is None

    def _send(self, call: Call, now: float, *, probe: bool = False) -> bool:
        """False: nothing more can be sent now."""
        headers = None
        if isinstance(call, Record):
            if call.value is None or call.problem is not None:
                self._admit(call)
                return True
            if call.headers is not None:
                headers = self.protocol.headers(call)
        if self.transport.send(call, call.value, headers, now, probe=probe):  # type: ignore[arg-type]
            self.on_wire += 1
            return True
        self.waiting.return_first((call,))
        if not probe:
            self.breaker.open(now, Trouble.MODEL_DOWN)
            self._opened("no address of the model can be reached")
        return False

    # --- out -----------------------------------------------------------------------------------------------

    def answered(self, call: Call, body: bytes, latency_seconds: float, now: float) -> None:
        """The transport's callback for 2xx: the hot path's way out, so what is calm is not asked."""
        limit = self.limit
        if limit.limit < limit.ceiling or latency_seconds > limit.slow_seconds:
            limit.succeeded(now, latency_seconds=latency_seconds, on_wire=self.on_wire)
        self.on_wire -= 1
        self.counters.prediction.observe(int(latency_seconds * 1000))
        self.breaker.last_definitive_at = now
        if not self.breaker.is_calm and self.breaker.definitive(now, done=True):
            self._closed_again()
        if isinstance(call, Record):
            self._output(call, body)
        else:
            self._split(call, body, now)
        self.dispatch(now)

    def _output(self, record: Record, body: bytes) -> None:
        window = record.window
        if window.open:
            self._on_output(record, body)
            following = self.lanes.leave(record)
            if following is not None:
                self.waiting.ready.append(following)
        elif window.live:
            self._on_output(record, body)

    def _split(self, batch: Batch, body: bytes, now: float) -> None:
        bodies = self.protocol.split(body, len(batch.records))
        if bodies is None:
            wrong = Setback(Outcome.UNUSABLE, 200, "the answer does not hold one value per record", body)
            self._settle_setback(batch, wrong, now)
            return
        for record, part in zip(batch.records, bodies, strict=True):
            if record.window.live:
                self._on_output(record, part)
            if record.window.open:
                self._leave_lane(record)
        self._next_part(batch)

    def fail(self, record: Record, failure: Failure) -> None:
        """Send a record to the error topic; it releases its key like any other."""
        window = record.window
        if window.live:
            self.counters.failed_by_code[failure.fault.value] += 1
            self._on_error(record, failure)
        if window.open:
            self._leave_lane(record)

    def _leave_lane(self, record: Record) -> None:
        head = self.batching.settled(record) if self._batched else record
        following = None if head is None else self.lanes.leave(head)
        if following is not None:
            self.waiting.ready.append(following)

    def _next_part(self, settled: Batch) -> None:
        """A batch is settled: the part that waited for it may go.

        Records may have been dropped from the part before it whose lanes go on in this one.
        """
        part = self.waiting.next_part(settled)
        if part is not None:
            self.waiting.return_first(self._as_now(part))

    def _as_now(self, call: Call) -> Sequence[Call]:
        """Whole, or, as in every outage, apart: the model is probed with one record."""
        return (call,) if self.breaker.state is BreakerState.CLOSED else self.waiting.apart(call)

    # --- setbacks --------------------------------------------------------------------------------------------

    def setback(self, call: Call, setback: Setback, latency_seconds: float, now: float) -> None:
        """The transport's callback for everything that is not 2xx."""
        self.on_wire -= 1
        if setback.overload:
            self.limit.overloaded(now, latency_seconds=latency_seconds)
        if setback.outcome in DEFINITIVE:
            self.limit.succeeded(now, latency_seconds=latency_seconds, on_wire=self.on_wire + 1)
            if self.breaker.definitive(now, done=False):
                self._closed_again()
        self._settle_setback(call, setback, now)
        self.dispatch(now)

    def _settle_setback(self, call: Call, setback: Setback, now: float) -> None:
        was_closed = self.breaker.state is BreakerState.CLOSED
        around = Circumstances(
            has_endpoint=self.transport.has_endpoint(now),
            concurrency=self.limit.limit,
            random_fraction=random.random(),  # noqa: S311 - jitter, not a secret
        )
        verdict = self._judge.judge(call, setback, now, around)
        if call is self._probe:
            self._probe = None
            if verdict.action is Action.AT_ONCE:  # it reached no model: another address may have it
                self.breaker.probe_vanished(now)
            else:
                self.breaker.probe_failed(now)
        self._carry_out(verdict, call, setback, now)
        if was_closed and self.breaker.state is not BreakerState.CLOSED:
            self._opened(setback.text)

    def _carry_out(self, verdict: Verdict, call: Call, setback: Setback, now: float) -> None:
        match verdict.action:
            case Action.AT_ONCE:
                self.waiting.return_first(self._as_now(call))
            case Action.LATER:
                self.counters.retries += 1
                self._put_off(call, now + verdict.delay_seconds)
            case Action.BISECT:
                assert isinstance(call, Batch)  # noqa: S101 - only batches of two or more are bisected
                self.waiting.bisect(call, given_up=verdict.fault is Fault.RETRIES_EXHAUSTED)
            case Action.ERROR:
                self._fail_all(call, verdict.fault, setback)

    def _put_off(self, call: Call, due_at: float) -> None:
        """While the breaker is not closed it does the waiting, and the call is behind all others as a probe."""
        if self.breaker.state is BreakerState.CLOSED:
            self.waiting.delays.add(due_at, call)
            self._wake_by(due_at)
        else:
            self.waiting.tried.extend(self.waiting.apart(call))

    def _fail_all(self, call: Call, fault: Fault, setback: Setback) -> None:
        failures = 0 if call.attempts is None else call.attempts.failures
        asked = failures + (setback.outcome is not Outcome.FAILED)
        failure = Failure(fault, setback.text, setback.status, setback.body, asked)
        for record in call.records:
            self.fail(record, failure)
        if isinstance(call, Batch):
            self._next_part(call)

    # --- outage ----------------------------------------------------------------------------------------------

    def _opened(self, cause: str) -> None:
        log.warning("breaker opened", extra={"reason": self.status_reason, "cause": cause})
        self.limit.restart()
        self.waiting.open_outage()
        self._wake_by(self.breaker.probe_at)

    def _closed_again(self) -> None:
        """The model is back: whatever waited because of it may go, as fast as the limit grows."""
        log.info("breaker closed: the model answers")
        self._probe = None
        self.transport.reinstate()
        self.waiting.close_outage()

    def _send_probe(self, now: float) -> None:
        """One record while the breaker is not closed, from another lane than the last where there is one."""
        while self._probe is None and self.breaker.may_probe(now):
            call = self._next_probe()
            if call is None:
                return
            if isinstance(call, Record) and not self._admit(call):
                continue
            self.breaker.probing()
            if self._send(call, now, probe=True):
                self._probe = call
            else:  # the model's name has no address
                self.breaker.probe_failed(now)
        if self.breaker.state is BreakerState.OPEN:
            self._wake_by(self.breaker.probe_at)

    def _next_probe(self) -> Call | None:
        if not self.waiting.offer_probe():
            return None
        return self._take_batch(1) if self._batched else self.waiting.ready.popleft()

    def model_ready(self, now: float) -> None:
        """The model's readiness path answered 2xx."""
        if self.breaker.ready(now):
            self._closed_again()
            self.dispatch(now)

    @property
    def status_reason(self) -> str | None:
        """Why the breaker is not closed, as a stable name; None while it is closed."""
        return None if self.breaker.trouble is None else self.breaker.trouble.value

    # --- time ------------------------------------------------------------------------------------------------

    def _wake_by(self, when: float) -> None:
        """Look again at `when` (monotonic seconds), or sooner."""
        if self._wake is not None:
            if self._wake_at <= when:
                return
            self._wake.cancel()
        self._wake_at = when
        delay_seconds = max(0.001, when - time.monotonic())
        self._wake = asyncio.get_running_loop().call_later(delay_seconds, self._woken)

    def _woken(self) -> None:
        self._wake = None
        now = time.monotonic()
        self.waiting.take_due(now)
        if self.waiting.delays.next_at is not None:
            self._wake_by(self.waiting.delays.next_at)
        self.dispatch(now)

    # --- partitions that go ------------------------------------------------------------------------------------

    @property
    def has_probe(self) -> bool:
        """A probe is on its way, or a record is at hand that was not tried in this outage. Read by another thread."""
        return bool(self.waiting.ready or self.on_wire)

    def drop_closed(self) -> None:
        """Forget queued and retrying records of windows that are not open any more."""
        self.waiting.drop_closed()

    def abandon_dead(self) -> None:
        """Close requests whose every record belongs to a window that is dead."""
        for call in self.transport.abandon(lambda call: not any(record.window.live for record in call.records)):
            self.on_wire -= 1
            if call is self._probe:
                self._probe = None
                self.breaker.probe_vanished(time.monotonic())
            if isinstance(call, Batch):
                self._next_part(call)

    def has_on_wire(self, windows: Container[Window]) -> bool:
        return any(record.window in windows for call in self.transport.calls() for record in call.records)
