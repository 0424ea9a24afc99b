"""The order of the six stages, and the only file where it is written.

    consume -> decode -> predict -> encode -> produce -> commit

`consume` and `commit` run in a thread of their own; everything between runs on the event loop. This file is also the
loop's side of the consumer thread: what a rebalance, a drain or a refused output means for the stages between.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from confluent_kafka import KafkaError

from penstock_worker.core.batching import Batching
from penstock_worker.core.breaker import Breaker, BreakerState
from penstock_worker.core.concurrency import ConcurrencyLimit
from penstock_worker.core.lanes import Lanes
from penstock_worker.core.offsets import Window
from penstock_worker.core.retries import RetryBudget
from penstock_worker.core.verdicts import Judge
from penstock_worker.stages.predict import Predict
from penstock_worker.stages.produce import Produce

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from confluent_kafka import Producer

    from penstock_worker.counters import Counters
    from penstock_worker.messages import Record
    from penstock_worker.protocols import ModelProtocol
    from penstock_worker.settings import Delivery, KafkaSettings
    from penstock_worker.stages.consume import Consume
    from penstock_worker.stages.encode import Encoder
    from penstock_worker.transports import Transport

log = logging.getLogger(__name__)

FIRST_OUTPUT_BACKOFF_SECONDS = 1.0
LONGEST_OUTPUT_BACKOFF_SECONDS = 30.0
FLUSH_SECONDS = 5.0
ANSWER_SECONDS = 20.0  # the consumer thread never waits for the event loop longer than this
STEP_SECONDS = 0.01


class Pipeline:
    """Made on the event loop, before the consumer thread starts."""

    def __init__(
        self,
        *,
        kafka: KafkaSettings,
        delivery: Delivery,
        transport: Transport,
        protocol: ModelProtocol,
        encoder: Encoder,
        make_producer: Callable[[], Producer],
        counters: Counters,
        on_fatal: Callable[[str], None],
    ) -> None:
        self.breaker = Breaker()
        self.limit = ConcurrencyLimit(ceiling=delivery.concurrency, timeout_seconds=delivery.timeout_seconds)
        self.output_trouble: str | None = None
        self.consume: Consume
        self._deliveries = counters.deliveries
        self._on_fatal = on_fatal
        self._output_backoff_seconds = FIRST_OUTPUT_BACKOFF_SECONDS
        self._windows: set[Window] = set()
        self._loop = asyncio.get_running_loop()
        self.transport = transport
        self.produce = Produce(
            make_producer,
            output_topic=kafka.topics.output,
            error_topic=kafka.topics.error,
            encoder=encoder,
            deliveries=counters.deliveries,
            failed_by_code=counters.failed_by_code,
            on_unwritable=self._unwritable,
            on_written=self._written,
        )
        lanes = Lanes(delivery.ordering)
        batch = delivery.batch
        self.predict = Predict(
            transport=transport,
            protocol=protocol,
            lanes=lanes,
            batching=Batching(
                lanes, max_records=batch.max_records, max_delay_seconds=batch.max_delay_milliseconds / 1000
            ),
            limit=self.limit,
            judge=Judge(
                RetryBudget(delivery.retry.max_attempts, delivery.retry.max_elapsed_seconds),
                self.breaker,
            ),
            counters=counters,
            on_output=self.produce.output,
            on_error=self.produce.error,
        )
        transport.on_answer = self.predict.answered
        transport.on_setback = self.predict.setback

    async def start(self) -> None:
        self.breaker.start(time.monotonic())
        await self.transport.start()

    async def stop(self) -> None:
        await self.transport.stop()
        self.produce.abandon()

    # --- the loop's side of the consumer thread --------------------------------------------------------------

    @property
    def wants_records(self) -> bool:
        """While the breaker is not closed, only when every record at hand was tried: those may all be of the kind that
        crashes the model, and would keep the others from proving it alive.
        """
        return self.breaker.state is BreakerState.CLOSED or not self.predict.has_probe

    def submit(self, records: list[Record]) -> None:
        self._loop.call_soon_threadsafe(self.predict.submit, records)

    def make_window(self, topic: str, partition: int, committed_offset: int | None) -> Window:
        window = Window(topic, partition, committed_offset, self._deliveries, self.produce.refused)
        self._windows.add(window)
        return window

    def release(self, windows: Sequence[Window], timeout_seconds: float) -> None:
        asyncio.run_coroutine_threadsafe(self._release(windows, timeout_seconds), self._loop).result(ANSWER_SECONDS)

    def discard(self, windows: Sequence[Window]) -> None:
        asyncio.run_coroutine_threadsafe(self._discard(windows), self._loop).result(ANSWER_SECONDS)

    async def _release(self, windows: Sequence[Window], timeout_seconds: float) -> None:
        """Let what is on the wire be answered and delivered; drop the rest."""
        for window in windows:
            window.open = False
        self.predict.drop_closed()
        going = set(windows)
        deadline = time.monotonic() + timeout_seconds
        while self.predict.has_on_wire(going) and time.monotonic() < deadline:  # noqa: ASYNC110 - seldom, and bounded
            await asyncio.sleep(STEP_SECONDS)
        deadline = time.monotonic() + FLUSH_SECONDS
        while any(window.is_producing for window in windows) and time.monotonic() < deadline:
            self.produce.collect()
            await asyncio.sleep(STEP_SECONDS)
        await self._discard(windows)

    async def _discard(self, windows: Sequence[Window]) -> None:
        self._declare_dead(windows)
        self.predict.drop_closed()
        self.predict.abandon_dead()
        self.predict.dispatch(time.monotonic())

    def _declare_dead(self, windows: Sequence[Window]) -> None:
        for window in windows:
            window.open = window.live = False
        self._windows.difference_update(windows)

    # --- the output cannot be written ------------------------------------------------------------------------

    def _unwritable(self, error: KafkaError) -> None:
        """Nothing more may be written behind the record that failed: every window dies at once."""
        if error.fatal():
            self._on_fatal(f"the producer cannot go on: {error.str()}")
        elif error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
            # Every record was measured, so a topic's max.message.bytes has shrunk; it is read at the start alone.
            self._on_fatal(f"a topic takes smaller records than when this worker started: {error.str()}")
        if self.output_trouble is None:
            log.error("output cannot be written, holding all partitions", extra={"cause": error.str()})
            self._output_backoff_seconds = FIRST_OUTPUT_BACKOFF_SECONDS
        if not self._windows:
            return
        self.output_trouble = error.str()
        self._declare_dead(list(self._windows))
        self._loop.call_soon(self._rebuild_output)

    def _rebuild_output(self) -> None:
        self.predict.drop_closed()
        self.predict.abandon_dead()
        self.produce.abandon()
        self.limit.restart()
        self.consume.rebuild_output(self._output_backoff_seconds)
        self._output_backoff_seconds = min(LONGEST_OUTPUT_BACKOFF_SECONDS, self._output_backoff_seconds * 2)

    def _written(self) -> None:
        """The broker acknowledged something."""
        if self.output_trouble is not None:
            log.info("output can be written again")
            self.output_trouble = None
