"""Records and windows for tests of the worker's inside: say what matters, the rest has a default."""

from collections.abc import Callable
from itertools import count

from confluent_kafka import KafkaError, Message

from penstock_worker.core.deliveries import Deliveries
from penstock_worker.core.offsets import Window
from penstock_worker.messages import Headers, Record
from penstock_worker.stages.intake import records_of

INPUT_TOPIC = "input"


def nothing_is_refused(error: KafkaError, is_error: bool) -> None:
    raise AssertionError(f"the broker refused {'an error' if is_error else 'an output'}: {error}")


def make_window(
    partition: int = 0,
    *,
    committed_offset: int | None = None,
    deliveries: Deliveries | None = None,
    on_refused: Callable[[KafkaError, bool], None] = nothing_is_refused,
) -> Window:
    return Window(INPUT_TOPIC, partition, committed_offset, deliveries or Deliveries(), on_refused)


def make_message(
    offset: int = 0,
    *,
    partition: int = 0,
    key: bytes | None = None,
    value: bytes | None = b"{}",
    headers: Headers | None = None,
    timestamp_ms: int = 0,
    error: KafkaError | None = None,
) -> Message:
    return Message(
        topic=INPUT_TOPIC,
        partition=partition,
        offset=offset,
        key=key,
        value=value,
        headers=headers,
        timestamp=(1, timestamp_ms),
        error=error,
    )


class Source:
    """One assigned partition: its records come in offset order, through the intake, and are in flight from then on."""

    def __init__(self, partition: int = 0, *, first_offset: int = 0, deliveries: Deliveries | None = None) -> None:
        self.window = make_window(partition, committed_offset=first_offset, deliveries=deliveries)
        self._offsets = count(first_offset)

    def record(
        self,
        key: bytes | None = None,
        value: bytes | None = b"{}",
        *,
        headers: Headers | None = None,
        timestamp_ms: int = 0,
        problem: str | None = None,
    ) -> Record:
        partition, offset = self.window.partition, next(self._offsets)
        message = make_message(
            offset, partition=partition, key=key, value=value, headers=headers, timestamp_ms=timestamp_ms
        )
        (record,), _ = records_of([message], {partition: self.window})
        record.problem = problem
        return record

    def records(self, *keys: bytes | None) -> list[Record]:
        return [self.record(key) for key in keys]

    def skip(self, offsets: int) -> None:
        """A gap, as transaction markers and compaction leave them."""
        for _ in range(offsets):
            next(self._offsets)


def acknowledge(record: Record, *, is_error: bool = False) -> None:
    """The broker took the record's output or error."""
    record.is_error = is_error
    record.delivered(None, None)
