"""What the Kafka client costs the thread that calls it, against librdkafka's own mock broker in this process.

The broker's and librdkafka's threads are not counted: the figures are the caller's side, which our code can change.
"""

import functools
import time
from collections.abc import Callable, Iterator
from typing import Any

from confluent_kafka import Consumer, Message, Producer

from bench.micro.stopwatch import Finding, cost, cost_per_record

RECORDS = 20_000
ROUNDS = 5
SETTLE_SECONDS = 0.3
QUEUE: dict[str, str | int | float | bool] = {"linger.ms": 50, "queue.buffering.max.messages": 200_000}
VALUE = b'{"amount": 12.50, "country": "DE"}\n'
KEY = b"customer-4711"

FIVE_BYTES: list[tuple[str, str | bytes | None]] = [
    ("penstock-model", b"fraud"),
    ("penstock-model-version", b"1.4.2"),
    ("penstock-deployment", b"payments/fraud"),
    ("penstock-source", b"transactions/3/4711"),
    ("penstock-source-timestamp", b"1795252920123"),
]
FIVE_STRINGS = [(name, str(value, "ascii")) for name, value in FIVE_BYTES if isinstance(value, bytes)]


class Marks:
    def __init__(self) -> None:
        self.offset = 0

    def delivered(self, error: Any, message: Any) -> None:
        self.offset = 1


class Delivery:
    __slots__ = ("marks", "offset")

    def __init__(self, marks: Marks, offset: int) -> None:
        self.marks = marks
        self.offset = offset

    def __call__(self, error: Any, message: Any) -> None:
        self.marks.offset = self.offset


def _closure(marks: Marks, offset: int) -> Callable[[Any, Any], None]:
    def delivered(error: Any, message: Any) -> None:
        marks.offset = offset

    return delivered


def _mark(marks: Marks, offset: int, error: Any, message: Any) -> None:
    marks.offset = offset


MakeCallback = Callable[[Marks, int], Callable[[Any, Any], None] | None]

CALLBACKS: dict[str, MakeCallback] = {
    "None": lambda marks, offset: None,
    "bound method": lambda marks, offset: marks.delivered,
    "closure": _closure,
    "functools.partial": lambda marks, offset: functools.partial(_mark, marks, offset),
    "slots object with __call__": Delivery,
}

HEADERS: dict[str, dict[str, Any]] = {
    "no headers": {},
    "5 headers, list, bytes": {"headers": FIVE_BYTES},
    "5 headers, list, str": {"headers": FIVE_STRINGS},
    "5 headers, dict, bytes": {"headers": dict(FIVE_BYTES)},
    "2 headers, list, bytes": {"headers": FIVE_BYTES[:2]},
}


def findings() -> Iterator[Finding]:
    producer = Producer(QUEUE | {"test.mock.num.brokers": 1, "enable.idempotence": True, "log_level": 0})
    broker = next(iter(producer.list_topics(timeout=10).brokers.values()))
    yield from _producing(producer)
    yield from _consuming(producer, f"{broker.host}:{broker.port}")


class Produced:
    """One way to call produce(): its cheapest call and its cheapest delivery, in nanoseconds per record."""

    def __init__(self, make: MakeCallback, options: dict[str, Any]) -> None:
        self.make, self.options = make, options
        self.call = self.delivery = float("inf")

    def round(self, connected: Producer, unconnected: Producer) -> None:
        """The calls are timed where no broker answers, since librdkafka's threads would slow them by chance."""
        self.call = min(self.call, cost_per_record(lambda: self._produce_all(unconnected), RECORDS))
        unconnected.purge()
        unconnected.flush(30)
        self._produce_all(connected)
        time.sleep(SETTLE_SECONDS)  # the broker has answered by then: what remains is running the callbacks
        self.delivery = min(self.delivery, cost_per_record(lambda: connected.flush(30), RECORDS))

    def _produce_all(self, producer: Producer) -> None:
        marks, produce, make, options = Marks(), producer.produce, self.make, self.options
        for offset in range(RECORDS):
            produce("out", VALUE, KEY, on_delivery=make(marks, offset), **options)


def _producing(connected: Producer) -> Iterator[Finding]:
    unconnected = Producer(QUEUE | {"bootstrap.servers": "127.0.0.1:1", "log_level": 0})
    headed = {name: Produced(CALLBACKS["None"], options) for name, options in HEADERS.items()}
    called = {name: Produced(make, {"headers": FIVE_BYTES}) for name, make in CALLBACKS.items()}
    for _ in range(ROUNDS):  # interleaved, so that a noisy second does not fall on one variant
        for produced in (*headed.values(), *called.values()):
            produced.round(connected, unconnected)
    for name, produced in headed.items():
        yield Finding("produce(): the call, no callback", name, produced.call)
    for name, produced in called.items():
        yield Finding("produce(): 5 headers and a callback", name, produced.call)
    for name, produced in called.items():
        yield Finding("poll(): serve the delivery", name, produced.delivery)


ACCESSORS = (
    "value()",
    "key()",
    "offset()",
    "partition()",
    "topic()",
    "timestamp()",
    "headers()",
    "error()",
    "leader_epoch()",
)


def _consuming(producer: Producer, bootstrap: str) -> Iterator[Finding]:
    for _ in range(RECORDS):
        producer.produce("plain", VALUE, KEY)
        producer.produce("headed", VALUE, KEY, headers=FIVE_BYTES)
    producer.flush(30)
    for topic in ("plain", "headed"):
        for variant, take in (("poll(0) each", _polled), ("consume(500, 0)", _consumed)):
            yield Finding(f"take a record from the client ({topic})", variant, _take_all(bootstrap, topic, take))
    for topic, variant in (
        ("plain", "headers(), first call, record without"),
        ("headed", "headers(), first call, five"),
    ):
        messages = _records(bootstrap, topic)
        first = cost_per_record(lambda m=messages: [message.headers() for message in m], len(messages))  # type: ignore[misc]
        yield Finding("Message accessor", variant, first)
    for accessor in ACCESSORS:
        yield Finding("Message accessor", f"{accessor}", cost(f"message.{accessor}", message=messages[0]))


def _records(bootstrap: str, topic: str) -> list[Message]:
    consumer = _subscribed(bootstrap, topic)
    consumer.poll(10)
    time.sleep(1)
    records = _consumed(consumer)
    consumer.close()
    return records


def _take_all(bootstrap: str, topic: str, take: Callable[[Consumer], list[Message]]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        consumer = _subscribed(bootstrap, topic)
        consumer.poll(10)
        time.sleep(1)  # the prefetch is full by then: what remains is the price of taking
        taken: list[Message] = []
        spent = cost_per_record(lambda c=consumer, t=taken: t.extend(take(c)), 1)  # type: ignore[misc]
        best = min(best, spent / max(1, len(taken)))
        consumer.close()
    return best


def _polled(consumer: Consumer) -> list[Message]:
    return list(iter(lambda: consumer.poll(0), None))


def _consumed(consumer: Consumer) -> list[Message]:
    taken: list[Message] = []
    while burst := consumer.consume(500, 0):
        taken += burst
    return taken


def _subscribed(bootstrap: str, topic: str) -> Consumer:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"micro-{time.monotonic_ns()}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([topic])
    return consumer
