"""Seeded input: uniquely numbered records, and a producer that counts only what the brokers acknowledged."""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from chaos.ledger import ID_HEADER, Sent
from support.kafka.admin import SILENT
from support.kafka.records import Headers, Record

KEYS = 300
SLICE_SECONDS = 0.02
TRANSACTION_SECONDS = 0.1
LONGEST = 4
EVERY_ABORTED = 5  # one transaction of so many is aborted
FLUSH_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Mix:
    """What the records of a load are like. Shares are of one million."""

    seed: int
    hot_share: int = 0  # one key gets this share
    null_keys: int = 20_000
    empty_keys: int = 10_000
    null_values: int = 2_000
    empty_values: int = 2_000

    def record(self, number: int) -> Record:
        """The record with this number: the same one for the same seed, whatever was made before it."""
        random = Random(f"{self.seed}/{number}")
        return Record(self._value(number, random), self._key(random), _headers(number, random))

    def _key(self, random: Random) -> bytes | None:
        draw = random.randrange(1_000_000)
        if draw < self.null_keys:
            return None
        if draw < self.null_keys + self.empty_keys:
            return b""
        if draw < self.null_keys + self.empty_keys + self.hot_share:
            return b"hot"
        return b"key-\xff-%d" % random.randrange(KEYS)

    def _value(self, number: int, random: Random) -> bytes | None:
        draw = random.randrange(1_000_000)
        if draw < self.null_values:
            return None
        if draw < self.null_values + self.empty_values:
            return b""
        features = [random.randrange(1000) for _ in range(random.randrange(1, 30))]
        return b'{"id":%d,"x":%b}' % (number, json.dumps(features).encode())


def _headers(number: int, random: Random) -> Headers:
    """Everything that a header may be: duplicate, null, empty, bytes that are no text, a name of ours."""
    extra: Headers = (
        ("tag", b"first"),
        ("tag", None),
        ("tag", b"first"),
        ("empty", b""),
        ("bytes", random.randbytes(4)),
        ("penstock-source", b"somewhere/else/1"),
        ("penstock-model", b"the one before"),
    )
    return ((ID_HEADER, str(number).encode()), *extra[: random.randrange(len(extra) + 1)])


class Load:
    """Sends numbers `first` .. `first + count - 1` at a steady rate from a thread of its own.

    `until_stopped`: and more behind them until `stop`, at most four times as many.
    `transactional`: in transactions of a few hundred records, every fifth of them aborted; what was aborted was never
    acknowledged.
    """

    def __init__(
        self,
        client: Mapping[str, Any],
        topic: str,
        mix: Mix,
        *,
        first: int,
        count: int,
        records_per_second: int,
        incarnation: int = 0,
        transactional: bool = False,
        until_stopped: bool = False,
    ) -> None:
        self.count = count
        self._most = LONGEST * count if until_stopped else count
        self._topic, self._mix, self._first, self._incarnation = topic, mix, first, incarnation
        self._records_per_second = records_per_second
        self._transactional = transactional
        self._acknowledged: list[Sent] = []
        self._failure: Exception | None = None
        self._stopping = threading.Event()
        self._producer = Producer(_config(client, topic, transactional))
        self._thread = threading.Thread(target=self._run, name=f"load of {topic}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_seconds: float = FLUSH_SECONDS) -> None:
        """Send no more than `count`, and wait for what was sent."""
        self._stopping.set()
        self._thread.join(timeout_seconds)
        if self._thread.is_alive():
            raise TimeoutError(f"the load of {self._topic} was not acknowledged within {timeout_seconds} s")
        if self._failure:
            raise self._failure

    @property
    def acknowledged(self) -> Sequence[Sent]:
        """So far."""
        return self._acknowledged

    @property
    def is_sending(self) -> bool:
        return self._thread.is_alive()

    @property
    def wanted_records(self) -> int:
        """How many must be acknowledged: all, but for those whose transaction is aborted."""
        portions = [
            range(start, min(start + self._portion, self.count)) for start in range(0, self.count, self._portion)
        ]
        return sum(len(portion) for index, portion in enumerate(portions) if self._is_committed(index))

    def _is_committed(self, portion: int) -> bool:
        return not self._transactional or portion % EVERY_ABORTED != EVERY_ABORTED - 1

    def _run(self) -> None:
        try:
            if self._transactional:
                self._producer.init_transactions(30)
            for index, numbers in enumerate(self._slices()):
                self._send(numbers, commit=self._is_committed(index))
            self._flush()
        except Exception as error:
            self._failure = error  # told to the scenario by `stop`

    def _flush(self) -> None:
        if self._producer.flush(FLUSH_SECONDS):
            raise TimeoutError(f"{len(self._producer)} records were never acknowledged")

    def _slices(self) -> Iterator[range]:
        """Numbers in portions, each at its time."""
        started = time.monotonic()
        for start in range(0, self._most, self._portion):
            if self._stopping.is_set() and start >= self.count:
                return
            end = min(start + self._portion, self._most)
            yield range(self._first + start, self._first + end)
            early_seconds = started + end / self._records_per_second - time.monotonic()
            if early_seconds > 0:
                time.sleep(early_seconds)

    @property
    def _portion(self) -> int:
        """Records that are sent at once, or in one transaction."""
        seconds = TRANSACTION_SECONDS if self._transactional else SLICE_SECONDS
        return max(1, round(self._records_per_second * seconds))

    def _send(self, numbers: range, *, commit: bool) -> None:
        if not self._transactional:
            self._produce(numbers, self._acknowledged)
            return
        pending: list[Sent] = []
        self._producer.begin_transaction()
        self._produce(numbers, pending)
        if commit:
            self._producer.commit_transaction(30)
            self._acknowledged += pending
        else:
            self._producer.flush(30)  # on the log before it is aborted, so that readers have to leave it out
            self._producer.abort_transaction(30)

    def _produce(self, numbers: range, acknowledged: list[Sent]) -> None:
        for number in numbers:
            record = self._mix.record(number)
            self._producer.produce(
                self._topic,
                value=record.value,
                key=record.key,
                headers=list(record.headers),
                on_delivery=self._delivery(number, record, acknowledged),
            )
        self._producer.poll(0)

    def _delivery(self, number: int, record: Record, acknowledged: list[Sent]) -> Any:
        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self._failure = self._failure or RuntimeError(f"record {number} was refused: {error}")
                return
            place = (int(message.partition() or 0), int(message.offset() or 0))
            acknowledged.append(
                Sent(number, self._topic, self._incarnation, *place, record.key, record.value, record.headers)
            )

        return delivered


def _config(client: Mapping[str, Any], topic: str, transactional: bool) -> dict[str, Any]:
    config = {
        **SILENT,
        "enable.idempotence": True,
        "partitioner": "murmur2_random",
        "linger.ms": 5,
        "message.timeout.ms": 0,
        "topic.metadata.refresh.interval.ms": 2000,  # partitions may be added while we send
        **client,
    }
    return {**config, "transactional.id": f"load-of-{topic}", "message.timeout.ms": 60_000} if transactional else config
