"""Outgoing records go to the broker; what it acknowledged is finished, what it refused stops everything.

Runs on the event loop. `Producer.produce` is called per record because of its headers; librdkafka does the batching.
Deliveries are collected by a tick while any are outstanding: they only release offsets, so they need not be quick.
The linger is our own: `linger.ms` is short, for latency when little flows; when much does, records are handed over
in bursts at the tick, which fill librdkafka's batches and save a quarter of the whole worker's CPU.
A delivery error is never skipped over: the pipeline is rebuilt from the committed offsets (`on_unwritable`).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from confluent_kafka import KafkaError, KafkaException, Producer

from penstock_worker.messages import Fault

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from penstock_worker.core.deliveries import Deliveries
    from penstock_worker.messages import Record
    from penstock_worker.stages.encode import Encoder, Failure, Outgoing

TICK_SECONDS = 0.005
SHORT_TICK_SECONDS = 0.001
FEW_RECORDS = 10  # in one tick: after that many or fewer, records are handed over at once; after more, in bursts


class Produce:
    """The producer and what it has not acknowledged yet."""

    def __init__(
        self,
        make_producer: Callable[[], Producer],
        *,
        output_topic: str,
        error_topic: str,
        encoder: Encoder,
        deliveries: Deliveries,
        failed_by_code: Counter[str],
        on_unwritable: Callable[[KafkaError], None],
        on_written: Callable[[], None],
    ) -> None:
        self._make_producer = make_producer
        self._producer = make_producer()
        self._topics = (output_topic, error_topic)
        self._encoder = encoder
        self._deliveries = deliveries
        self._failed_by_code = failed_by_code
        self._on_unwritable = on_unwritable
        self._on_written = on_written
        self._delivered_before_refusal: dict[bool, int] = {}  # by topic, as in `Outgoing`
        self._waiting: deque[tuple[Record, Outgoing]] = deque()
        self._tick_handle: asyncio.Handle | None = None
        self._written_since_tick = 0
        self._in_bursts = False

    def output(self, record: Record, body: bytes) -> None:
        """Write the model's answer. Records of one lane must come in their order."""
        outgoing = self._encoder.output(record, body)
        if outgoing[2]:
            self._failed_by_code[Fault.OUTPUT_TOO_LARGE.value] += 1
        self._write(record, outgoing)

    def error(self, record: Record, failure: Failure) -> None:
        """Write an error record, in its place among the outputs of its lane."""
        self._write(record, self._encoder.error(record, failure))

    def _write(self, record: Record, outgoing: Outgoing) -> None:
        record.is_error = outgoing[2]
        self._written_since_tick += 1
        if self._tick_handle is None:
            self._tick_handle = asyncio.get_running_loop().call_later(SHORT_TICK_SECONDS, self._tick)
        if self._in_bursts or self._waiting or not self._try(record, outgoing):
            self._waiting.append((record, outgoing))  # bounded by what may be in flight

    def _try(self, record: Record, outgoing: Outgoing) -> bool:
        """False: the producer's queue is full for now."""
        value, headers, is_error = outgoing
        try:
            self._producer.produce(
                self._topics[is_error], value, record.key, headers=headers, on_delivery=record.delivered
            )
        except BufferError:
            return False
        except KafkaException as error:  # too large after all, or fatal: the broker's limits changed under us
            self.refused(error.args[0], is_error)
            return True
        record.result_bytes = len(value)
        record.window.result_bytes += len(value)
        return True

    def refused(self, error: KafkaError, is_error: bool) -> None:
        """The broker's no to one record. Windows are made with this as their `on_refused`."""
        self._delivered_before_refusal[is_error] = self._delivered_to(is_error)
        self._on_unwritable(error)

    def _delivered_to(self, is_error: bool) -> int:
        """Records acknowledged so far by the error topic, or by the output topic."""
        return self._deliveries.error_records if is_error else self._deliveries.output_records

    def _tick(self) -> None:
        """Come back while anything is outstanding: soon when little flows, seldom when much does."""
        self._in_bursts = self._written_since_tick > FEW_RECORDS
        self._written_since_tick = 0
        self.collect()
        self._tick_handle = None
        if len(self._producer) or self._waiting:
            pause_seconds = TICK_SECONDS if self._in_bursts else SHORT_TICK_SECONDS
            self._tick_handle = asyncio.get_running_loop().call_later(pause_seconds, self._tick)

    def collect(self) -> None:
        """Hand over what waits, as far as the producer's queue has room; take the deliveries that are there."""
        waiting = self._waiting
        while waiting:
            record, outgoing = waiting[0]
            if record.window.live and not self._try(record, outgoing):  # a dead window's answers are never written
                break
            waiting.popleft()
        self._deliveries.wall_clock_ms = int(time.time() * 1000)
        self._producer.poll(0)
        if self._delivered_before_refusal:
            self._see_if_writable()

    def _see_if_writable(self) -> None:
        """A topic that refused a record must take one; what the other topic takes says nothing of it."""
        before = self._delivered_before_refusal
        for is_error in [topic for topic in before if self._delivered_to(topic) > before[topic]]:
            del before[is_error]
        if not before:
            self._on_written()

    def abandon(self) -> None:
        """Forget everything not acknowledged, and go on with a new producer: the old one's sequence is spoilt.

        The old one is never polled again, so none of its callbacks can come late.
        """
        self._waiting.clear()
        old, self._producer = self._producer, self._make_producer()
        old.purge(in_queue=True, in_flight=True, blocking=False)
        asyncio.get_running_loop().run_in_executor(None, _destroy, [old])
        del old

    @property
    def queue_records(self) -> int:
        return len(self._producer) + len(self._waiting)


def _destroy(last_reference: list[Producer]) -> None:
    """Destroying a client joins its threads, which may take a while: not on the event loop."""
    last_reference.clear()
