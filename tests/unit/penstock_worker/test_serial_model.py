"""Defaults against models of a known capacity, for minutes of virtual time: no error, and nearly all of what they can.

A model that serves one request at a time is the ordinary case of a web framework with one worker. Whoever sends it
64 at once gets timeouts, and retries make it worse.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

import pytest

from penstock_worker.core.breaker import BreakerState
from penstock_worker.core.outcomes import WireFault
from penstock_worker.messages import Call
from penstock_worker.settings import Delivery
from support.builders import Source
from support.predict_stage import Stage, loop_time, stage_clock  # noqa: F401 - a fixture

pytestmark = [pytest.mark.looptime, pytest.mark.usefixtures("stage_clock")]

BACKLOG_RECORDS = 1000


class QueueingModel:
    """Serves `servers` requests at a time, the others wait in its accept queue; with a full one it answers 503.

    As a real server it goes on with requests that nobody waits for any more.
    """

    def __init__(self, stage: Stage, *, seconds: float, servers: int = 1, queue: int = 1000) -> None:
        self.stage = stage
        self.seconds = seconds
        self.servers = servers
        self.queue = queue
        self.busy = 0
        self.waiting: deque[Call] = deque()
        stage.model.on_send = self.asked

    def asked(self, call: Call) -> None:
        asyncio.get_running_loop().call_later(self.stage.limit.timeout_seconds, self._time_out, call)
        if self.busy < self.servers:
            self._serve(call)
        elif len(self.waiting) < self.queue:
            self.waiting.append(call)
        else:
            asyncio.get_running_loop().call_soon(self.stage.model.reply, call, 503)

    def _serve(self, call: Call) -> None:
        self.busy += 1
        asyncio.get_running_loop().call_later(self.seconds, self._served, call)

    def _served(self, call: Call) -> None:
        self.busy -= 1
        if self.waiting:
            self._serve(self.waiting.popleft())
        if call in self.stage.model.calls():
            self.stage.model.answer(call)

    def _time_out(self, call: Call) -> None:
        if call in self.stage.model.calls():
            self.stage.model.fault(call, WireFault.TIMEOUT)


@dataclass(frozen=True, slots=True)
class Run:
    stage: Stage
    answered: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.answered / self.seconds


async def run(seconds: float, *, timeout_seconds: float, model_seconds: float, **model: int) -> Run:
    """With a backlog that never ends, as after an outage or at the start on an old topic."""
    stage = Stage(concurrency=Delivery().concurrency, timeout_seconds=timeout_seconds, slow_start=True)
    QueueingModel(stage, seconds=model_seconds, **model)
    source = Source()
    while loop_time() < seconds:
        at_hand = len(stage.predict.waiting) + stage.predict.on_wire
        stage.submit(*source.records(*[None] * (BACKLOG_RECORDS - at_hand)))
        await asyncio.sleep(1)
    return Run(stage, len(stage.outputs), loop_time())


async def test_a_model_that_serves_one_at_a_time_gets_no_error_and_nine_tenths_of_its_rate() -> None:
    done = await run(240, timeout_seconds=5, model_seconds=0.1)
    assert done.stage.errors == []
    assert done.stage.counters.retries == 0
    assert done.rate >= 9
    assert done.stage.breaker_state() is BreakerState.CLOSED


async def test_the_default_timeout_gets_no_error_either() -> None:
    done = await run(240, timeout_seconds=Delivery().timeout_seconds, model_seconds=0.1)
    assert done.stage.errors == []
    assert done.stage.counters.retries == 0
    assert done.rate >= 9


async def test_a_model_slower_than_half_the_timeout_gets_no_error() -> None:
    """Each request takes 3 of 5 seconds: two at once would be too many."""
    done = await run(600, timeout_seconds=5, model_seconds=3)
    assert done.stage.errors == []
    assert done.stage.counters.retries == 0
    assert done.rate >= 0.9 / 3


async def test_a_model_that_turns_away_what_it_cannot_queue_gets_no_error() -> None:
    done = await run(240, timeout_seconds=5, model_seconds=0.1, servers=2, queue=4)
    assert done.stage.errors == []
    assert done.rate >= 0.9 * 20


async def test_a_model_with_room_gets_the_whole_concurrency() -> None:
    done = await run(30, timeout_seconds=5, model_seconds=0.1, servers=64)
    assert done.stage.model.most_on_wire == Delivery().concurrency
    assert done.rate >= 0.9 * 640
    assert done.stage.counters.retries == 0
