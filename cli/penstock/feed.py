"""`--input` goes to the input topic: the producer's edge. Each acknowledged record is written to the ledger.

Bounded: one step hands over at most `STEP_RECORDS`, the client's queue holds at most `QUEUE_RECORDS`, and the embedded
broker is fed only as fast as `Pacing` and the worker allow.
"""

import time

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from penstock.committed_offsets import CommittedOffsets
from penstock.failures import WRONG_USE, Failed
from penstock.input_lines import InputRecord
from penstock.input_source import InputSource
from penstock.ledger import Ledger, Source
from penstock.pacing import Pacing
from penstock_worker.client_config import Config
from penstock_worker.reasons import Reason

STEP_RECORDS = 1000
QUEUE_RECORDS = 20_000
ASK_COMMITS_SECONDS = 0.1


class Throttle:
    """The embedded broker's limits, applied: asks what is settled when the pacing says it is full."""

    def __init__(self, pacing: Pacing, committed: CommittedOffsets, ledger: Ledger) -> None:
        self.pacing = pacing
        self._committed = committed
        self._ledger = ledger
        self._asked_at_seconds = 0.0

    def allows(self, record: InputRecord) -> bool:
        return self.pacing.may_send(record.size_bytes) or (self._ask() and self.pacing.may_send(record.size_bytes))

    def _ask(self) -> bool:
        now = time.monotonic()
        if now - self._asked_at_seconds < ASK_COMMITS_SECONDS:
            return False
        self._asked_at_seconds = now
        oldest = self.pacing.oldest_unsettled
        for partition, next_offset in self._committed.fetch(oldest).items():
            answered = self._ledger.answered_until(Source(partition, oldest[partition]))
            self.pacing.settled(partition, min(next_offset, answered))
        return True


class Feed:
    """Lines to records, as fast as the broker takes them."""

    def __init__(
        self, source: InputSource, config: Config, topic: str, ledger: Ledger, throttle: Throttle | None = None
    ) -> None:
        self._source = source
        self._producer = Producer(config | {"queue.buffering.max.messages": QUEUE_RECORDS})
        self._topic = topic
        self._ledger = ledger
        self._throttle = throttle
        self._in_flight_records = 0
        self._refusal: Failed | None = None

    @property
    def finished(self) -> bool:
        """Every line was read, and every record acknowledged."""
        return self._source.ended and not self._in_flight_records

    def step(self) -> None:
        """Hand over what is there and allowed. Never blocks. Raises `Failed` for a record that the broker refuses."""
        for _ in range(STEP_RECORDS):
            record = self._source.peek()
            if record is None or not self._may_send(record) or not self._send(record):
                break
            self._source.drop()
        self._producer.poll(0)
        if self._refusal is not None:
            raise self._refusal

    def close(self, seconds: float) -> None:
        """What was handed over is delivered, or dropped at the deadline."""
        self._producer.flush(seconds)
        self._producer.purge()
        self._producer.flush(1)

    def _may_send(self, record: InputRecord) -> bool:
        return self._throttle is None or self._throttle.allows(record)

    def _send(self, record: InputRecord) -> bool:
        """False when the client's queue is full."""
        cost_bytes = 0

        def delivered(error: KafkaError | None, message: Message) -> None:
            self._delivered(record, cost_bytes, error, message)

        try:
            self._producer.produce(self._topic, key=record.key, value=record.value, on_delivery=delivered)
        except BufferError:
            return False
        except KafkaException as error:
            raise _refused(record, error.args[0]) from error
        self._in_flight_records += 1
        if self._throttle:
            cost_bytes = self._throttle.pacing.sent(record.size_bytes)
        return True

    def answered(self, size_bytes: int) -> None:
        """An answer of this size was read, to anybody's record."""
        if self._throttle:
            self._throttle.pacing.answered(size_bytes)

    def _delivered(self, record: InputRecord, cost_bytes: int, error: KafkaError | None, message: Message) -> None:
        self._in_flight_records -= 1
        partition, offset = message.partition(), message.offset()
        if error is not None or partition is None or offset is None:
            self._refusal = self._refusal or _refused(record, error)
            return
        self._ledger.fed(Source(partition, offset))
        if self._throttle:
            self._throttle.pacing.delivered(partition, offset, cost_bytes)


def _refused(record: InputRecord, error: KafkaError | None) -> Failed:
    reason = error.str() if error is not None else "no offset was reported"
    unauthorized = error is not None and error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    exit_code = Reason.AUTHORIZATION_FAILED.exit_code if unauthorized else WRONG_USE
    return Failed(exit_code, f"--input line {record.line_number} ({record.size_bytes} bytes): {reason}")
