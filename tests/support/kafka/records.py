"""Produce and read whole topics: the plain client that the worker is compared with."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from support.kafka.admin import SILENT

_ANY_PARTITION = -1  # librdkafka's RD_KAFKA_PARTITION_UA: the partitioner decides

_PRODUCER = {
    "enable.idempotence": True,
    "partitioner": "murmur2_random",  # as Java's clients
    "topic.metadata.propagation.max.ms": 2000,  # a topic that is not there is an error soon
}

Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A record to produce; `partition` None lets the key decide, as Java's clients do."""

    value: bytes | None
    key: bytes | None = None
    headers: Headers = ()
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A record that the broker has."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_milliseconds: int


def produce(
    client: Mapping[str, Any], topic: str, records: Iterable[Record], *, timeout_seconds: float = 60
) -> list[Stored]:
    """Send all and wait; what the brokers acknowledged with `acks=all`, in input order. Raises if one was refused."""
    acknowledged: dict[int, Stored] = {}
    refused: list[KafkaError] = []
    producer = Producer({**_PRODUCER, **SILENT, **client})
    for number, record in enumerate(records):

        def delivered(
            error: KafkaError | None, message: Message, number: int = number, record: Record = record
        ) -> None:
            if error is not None:
                refused.append(error)
            else:
                acknowledged[number] = _acknowledged(record, message)

        _send(producer, topic, record, delivered)
    if _flush(producer, timeout_seconds) or refused:
        raise KafkaException(refused[0] if refused else KafkaError(KafkaError._TIMED_OUT))
    return [acknowledged[number] for number in sorted(acknowledged)]


def _flush(producer: Producer, timeout_seconds: float) -> int:
    """How many were not acknowledged in time."""
    try:
        return producer.flush(timeout_seconds)
    except SystemError as error:  # confluent-kafka calls delivery callbacks with its own fatal exception pending
        raise KafkaException(KafkaError(KafkaError._FATAL)) from error


def _send(producer: Producer, topic: str, record: Record, delivered: Any) -> None:
    while True:
        try:
            producer.produce(
                topic,
                value=record.value,
                key=record.key,
                headers=list(record.headers),
                on_delivery=delivered,
                partition=_ANY_PARTITION if record.partition is None else record.partition,
            )
        except BufferError:
            producer.poll(0.05)
        else:
            producer.poll(0)
            return


def _acknowledged(record: Record, message: Message) -> Stored:
    """The record as sent, at the place the broker gave it."""
    place = (str(message.topic()), int(message.partition() or 0), int(message.offset() or 0))
    return Stored(*place, record.key, record.value, record.headers, message.timestamp()[1])


def read_all(
    client: Mapping[str, Any], topic: str, *, read_committed: bool = True, timeout_seconds: float = 60
) -> list[Stored]:
    """Every record from the start of each partition to its end now, partition by partition in offset order."""
    consumer = Consumer(
        {
            "group.id": "reads-whole-topics-and-never-commits",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,  # the broker holds the answer at the end of a partition for so long
            "isolation.level": "read_committed" if read_committed else "read_uncommitted",
            **SILENT,
            **client,
        }
    )
    try:
        return _read_to_end(consumer, topic, timeout_seconds)
    finally:
        consumer.close()


def _read_to_end(consumer: Consumer, topic: str, timeout_seconds: float) -> list[Stored]:
    partitions = consumer.list_topics(topic, timeout=timeout_seconds).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    open_partitions, found = set(partitions), list[Stored]()
    deadline = time.monotonic() + timeout_seconds
    while open_partitions:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{topic}: partitions {sorted(open_partitions)} not read after {timeout_seconds} s")
        messages = consumer.consume(5000, timeout=0.2)
        for message in messages:
            error = message.error()
            if error is None:
                found.append(_stored(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                open_partitions.discard(message.partition())
            else:
                raise KafkaException(error)
    return sorted(found, key=lambda stored: (stored.partition, stored.offset))


def _stored(message: Message) -> Stored:
    headers = cast(Headers, tuple(message.headers() or ()))
    place = (str(message.topic()), int(message.partition() or 0), int(message.offset() or 0))
    return Stored(*place, message.key(), message.value(), headers, message.timestamp()[1])
