"""The two ends of a latency measurement: a sender that keeps its pace, a receiver that knows every answer's record."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from bench.broker import PARTITIONS, Broker
from bench.payloads import value

RECORDS_PER_SECOND = 1000
VALUE_BYTES = 35
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a steady rate arrives: record by record, or in bursts as from producers that batch."""

    suffix: str
    burst_records: int

    @property
    def gap_seconds(self) -> float:
        return self.burst_records / RECORDS_PER_SECOND


class SteadySender:
    """A thread that sends each burst at its due time; late, it catches up, so the rate holds."""

    def __init__(self, broker: Broker, topic: str, arrival: Arrival) -> None:
        self.sent_at: list[float] = []
        self._topic = topic
        self._arrival = arrival
        self._producer = broker.producer(**{"linger.ms": 0})
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send, name="steady-sender", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._producer.flush(10)

    def _send(self) -> None:
        due = time.perf_counter()
        while not self._stop.is_set():
            now = time.perf_counter()
            if now < due:
                time.sleep(due - now)
            for _ in range(self._arrival.burst_records):
                number = len(self.sent_at)
                self.sent_at.append(time.perf_counter())
                self._producer.produce(self._topic, value(number, VALUE_BYTES), b"%d" % number)
            self._producer.poll(0)
            due += self._arrival.gap_seconds


class Answers:
    """Every output record's first arrival, by the number that its key holds."""

    def __init__(self, broker: Broker, topic: str) -> None:
        self.seen_at: dict[int, float] = {}
        self._consumer = Consumer(
            {"bootstrap.servers": broker.bootstrap, "group.id": "unused", "enable.auto.commit": False}
        )
        self._consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(PARTITIONS)])

    def receive_until(self, done: Callable[[], bool], timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        while not done():
            self._receive_one()
            if time.monotonic() > deadline:
                raise TimeoutError(f"answers to {len(self.seen_at)} records after {timeout_seconds:g} s, more expected")

    def has_all(self, numbers: range) -> bool:
        return all(number in self.seen_at for number in numbers)

    def close(self) -> None:
        self._consumer.close()

    def _receive_one(self) -> None:
        message = self._consumer.poll(POLL_SECONDS)
        if message is None:
            return
        seen_at = time.perf_counter()
        if message.error() is not None:
            raise KafkaException(message.error())
        self.seen_at.setdefault(int(message.key() or b""), seen_at)
