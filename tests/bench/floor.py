"""What consuming and producing cost with no model at all: the bound that no bridge on this client can pass.

`floor-contract` adds what the contract asks of every record out: the headers, a delivery callback, and commits of
delivered offsets alone. Run as a process: `floor|floor-contract BOOTSTRAP GROUP INPUT OUTPUT`.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

BURST_RECORDS = 500
BURST_SECONDS = 0.05
COMMIT_SECONDS = 0.2

Header = tuple[str, str | bytes | None]


def floor(consumer: Consumer, producer: Producer, target: str) -> None:
    while True:
        for message in consumer.consume(BURST_RECORDS, BURST_SECONDS):
            _produce(producer, target, message)
        producer.poll(0)


def floor_contract(consumer: Consumer, producer: Producer, target: str) -> None:
    constant: list[Header] = [
        ("penstock-model", b"fraud"),
        ("penstock-model-version", b"1.4.2"),
        ("penstock-deployment", b"payments/fraud"),
    ]
    partitions: dict[int, DeliveredOffsets] = {}
    committed = time.monotonic()
    while True:
        for message in consumer.consume(BURST_RECORDS, BURST_SECONDS):
            topic, partition, offset = str(message.topic()), int(message.partition() or 0), int(message.offset() or 0)
            if partition not in partitions:
                partitions[partition] = DeliveredOffsets(offset)
            headers = [
                *constant,
                ("penstock-source", b"%b/%d/%d" % (topic.encode(), partition, offset)),
                ("penstock-source-timestamp", b"%d" % message.timestamp()[1]),
            ]
            _produce(producer, target, message, headers=headers, on_delivery=Delivery(partitions[partition], offset))
        producer.poll(0)
        if partitions and time.monotonic() - committed > COMMIT_SECONDS:
            committed = time.monotonic()
            _commit(consumer, topic, partitions)


class DeliveredOffsets:
    """The delivered offsets of one partition. The input has no gaps, so the next offset is the smallest missing one."""

    __slots__ = ("ahead", "next_offset")

    def __init__(self, next_offset: int) -> None:
        self.next_offset = next_offset
        self.ahead: set[int] = set()

    def delivered(self, offset: int) -> None:
        self.ahead.add(offset)
        while self.next_offset in self.ahead:
            self.ahead.remove(self.next_offset)
            self.next_offset += 1


class Delivery:
    """The delivery callback of one record."""

    __slots__ = ("offset", "offsets")

    def __init__(self, offsets: DeliveredOffsets, offset: int) -> None:
        self.offsets = offsets
        self.offset = offset

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            raise SystemExit(f"not delivered: {error}")
        self.offsets.delivered(self.offset)


def _produce(producer: Producer, target: str, message: Message, **options: Any) -> None:
    while True:
        try:
            producer.produce(target, message.value(), message.key(), **options)
        except BufferError:
            producer.poll(0.01)
        else:
            return


def _commit(consumer: Consumer, topic: str, partitions: dict[int, DeliveredOffsets]) -> None:
    next_offsets = [TopicPartition(topic, number, of.next_offset) for number, of in partitions.items()]
    consumer.commit(offsets=next_offsets, asynchronous=True)


def main(kind: str, bootstrap: str, group: str, source: str, target: str) -> None:
    run: Callable[[Consumer, Producer, str], None] = {"floor": floor, "floor-contract": floor_contract}[kind]
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": kind == "floor",
        }
    )
    consumer.subscribe([source])
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "linger.ms": 5,
            "partitioner": "murmur2_random",
        }
    )
    run(consumer, producer, target)


if __name__ == "__main__":
    main(*sys.argv[1:6])
