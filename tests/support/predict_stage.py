"""The predict stage between a model in memory and two lists: no socket, no broker, no clock of its own.

Runs on looptime's virtual time: use the fixture `stage_clock`, which also takes the chance out of the jitter.
"""

import asyncio
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from penstock_worker.core.batching import Batching
from penstock_worker.core.breaker import LONGEST_OPEN_SECONDS, Breaker, BreakerState
from penstock_worker.core.concurrency import ConcurrencyLimit
from penstock_worker.core.lanes import Lanes, Ordering
from penstock_worker.core.outcomes import OUTCOME_OF_STATUS, Outcome, WireFault
from penstock_worker.core.retries import RetryBudget
from penstock_worker.core.verdicts import Judge, Setback
from penstock_worker.counters import Counters
from penstock_worker.messages import Call, Record
from penstock_worker.protocols.plain_json import PlainJson
from penstock_worker.stages import predict as predict_module
from penstock_worker.stages.encode import Failure
from penstock_worker.stages.predict import Predict
from support.builders import acknowledge


def loop_time() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture
def stage_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The stage reads the event loop's time, and its jitter is always the longest wait."""
    monkeypatch.setattr(predict_module, "time", SimpleNamespace(monotonic=loop_time))
    monkeypatch.setattr(predict_module, "random", SimpleNamespace(random=lambda: 1.0))
    return iter(())


class ScriptedModel:
    """A `Transport` whose answers the test gives, one by one and in any order.

    `reachable`: some address is not ejected. `has_addresses`: there is one that a probe may try.
    """

    on_answer: Callable[[Call, bytes, float, float], None]
    on_setback: Callable[[Call, Setback, float, float], None]
    ever_connected = True

    def __init__(self) -> None:
        self.reachable = True
        self.has_addresses = True
        self.sent: list[Call] = []
        self.probes: list[Call] = []
        self.headers: dict[Call, bytes | None] = {}
        self.most_on_wire = 0
        self.on_send: Callable[[Call], None] = lambda _call: None
        self._sent_at: dict[Call, float] = {}
        self._was_asked = asyncio.Event()

    # --- what the stage asks ---------------------------------------------------------------------------------

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def send(self, call: Call, body: bytes, headers: bytes | None, now: float, *, probe: bool = False) -> bool:
        assert call not in self._sent_at, "a call is on the wire once at a time"
        assert body == call.value
        if not (self.has_addresses if probe else self.reachable and self.has_addresses):
            return False
        (self.probes if probe else self.sent).append(call)
        self.headers[call] = headers
        self._sent_at[call] = now
        self.most_on_wire = max(self.most_on_wire, len(self._sent_at))
        self._was_asked.set()
        self.on_send(call)
        return True

    def abandon(self, is_stale: Callable[[Call], bool]) -> list[Call]:
        stale = [call for call in self._sent_at if is_stale(call)]
        for call in stale:
            del self._sent_at[call]
        return stale

    def calls(self) -> list[Call]:
        return list(self._sent_at)

    def has_endpoint(self, now: float) -> bool:
        return self.reachable and self.has_addresses

    def reinstate(self) -> None:
        self.reachable = True

    def oldest_on_wire_seconds(self, now: float) -> float:
        return max((now - sent_at for sent_at in self._sent_at.values()), default=0.0)

    # --- what the test says ----------------------------------------------------------------------------------

    async def until_asked(self, *, most_seconds: float = LONGEST_OPEN_SECONDS + 1) -> None:
        """Until something is on the wire."""
        async with asyncio.timeout(most_seconds):
            while not self._sent_at:
                self._was_asked.clear()
                await self._was_asked.wait()

    def answer(self, call: Call, body: bytes = b"ok") -> None:
        """2xx."""
        now = loop_time()
        self.on_answer(call, body, now - self._sent_at.pop(call), now)

    def reply(self, call: Call, status: int, body: bytes = b"no", *, retry_after_seconds: float | None = None) -> None:
        """Any other status, reported as the HTTP transport does."""
        outcome = OUTCOME_OF_STATUS[status]
        assert outcome is not Outcome.DONE
        text = f"the model answered {status}"
        overload = status in (429, 503)
        self.report(call, Setback(outcome, status, text, body, retry_after_seconds, overload=overload))

    def fault(self, call: Call, fault: WireFault) -> None:
        """No answer at all. Without a connection the request never reached the model."""
        self.report(
            call,
            Setback(
                fault.outcome,
                None,
                fault.text,
                lost_endpoint=fault is WireFault.NO_CONNECTION,
                overload=fault is WireFault.TIMEOUT,
            ),
        )

    def report(self, call: Call, setback: Setback) -> None:
        now = loop_time()
        self.on_setback(call, setback, now - self._sent_at.pop(call), now)


class Stage:
    """The predict stage and everything around it. What it is given is acknowledged at once, unless told otherwise.

    `concurrency` is where the limit stands already, so that a test need not warm it up.
    """

    def __init__(
        self,
        *,
        ordering: Ordering = "Key",
        concurrency: int = 64,
        timeout_seconds: float = 30,
        max_records: int = 1,
        max_delay_seconds: float = 0.005,
        max_attempts: int = 8,
        max_elapsed_seconds: float = 300,
        slow_start: bool = False,
        acknowledges: bool = True,
        model: ScriptedModel | None = None,
    ) -> None:
        self.model = model or ScriptedModel()
        self.breaker = Breaker()
        self.breaker.start(loop_time())
        self.limit = ConcurrencyLimit(concurrency, timeout_seconds)
        if not slow_start:
            self.limit = ConcurrencyLimit(concurrency, timeout_seconds, concurrency, float(concurrency))
        self.counters = Counters()
        self.outputs: list[tuple[Record, bytes]] = []
        self.errors: list[tuple[Record, Failure]] = []
        self._acknowledges = acknowledges
        lanes = Lanes(ordering)
        self.predict = Predict(
            transport=self.model,
            protocol=PlainJson(),
            lanes=lanes,
            batching=Batching(lanes, max_records=max_records, max_delay_seconds=max_delay_seconds),
            limit=self.limit,
            judge=Judge(RetryBudget(max_attempts, max_elapsed_seconds), self.breaker),
            counters=self.counters,
            on_output=self._output,
            on_error=self._error,
        )
        self.model.on_answer = self.predict.answered
        self.model.on_setback = self.predict.setback

    def _output(self, record: Record, body: bytes) -> None:
        self.outputs.append((record, body))
        if self._acknowledges:
            acknowledge(record)

    def _error(self, record: Record, failure: Failure) -> None:
        self.errors.append((record, failure))
        if self._acknowledges:
            acknowledge(record, is_error=True)

    def submit(self, *records: Record) -> None:
        self.predict.submit(records)

    def breaker_state(self) -> BreakerState:
        """A call, since a type checker takes an attribute that was compared once to stay as it was."""
        return self.breaker.state

    @property
    def on_wire(self) -> list[Record]:
        """The records on the wire, in the order in which they were sent."""
        return [record for call in self.model.calls() for record in call.records]

    @property
    def output_records(self) -> list[Record]:
        return [record for record, _ in self.outputs]

    @property
    def error_codes(self) -> list[str]:
        return [failure.fault.value for _, failure in self.errors]

    @property
    def is_empty(self) -> bool:
        """Nothing at hand, nothing on the wire, no lane left in any window."""
        windows = {record.window for record, _ in [*self.outputs, *self.errors]}
        return not (self.predict.waiting or self.predict.on_wire or any(window.lanes for window in windows))
