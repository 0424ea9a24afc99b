"""The values that travel through the worker.

`offset` is always the offset of a record itself; an offset to commit, the next one to read, is `next_offset`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from confluent_kafka import KafkaError

    from penstock_worker.core.offsets import Window

Headers: TypeAlias = list[tuple[str, str | bytes | None]]
"""In order, duplicates kept. Values that came from Kafka are bytes or null; ours are text."""


class Fault(Enum):
    """The fixed codes of the `penstock-error` header: stable API."""

    TOMBSTONE = "Tombstone"
    BAD_RECORD = "BadRecord"
    MODEL_REFUSED = "ModelRefused"
    MODEL_MISCONFIGURED = "ModelMisconfigured"
    BAD_MODEL_RESPONSE = "BadModelResponse"
    RETRIES_EXHAUSTED = "RetriesExhausted"
    OUTPUT_TOO_LARGE = "OutputTooLarge"


class Attempts:
    """What is remembered of a call once something went wrong with it."""

    __slots__ = ("backoffs", "failed_at", "failed_since_seconds", "failures", "fresh_connection")

    def __init__(self) -> None:
        self.failures = 0  # those that cost an attempt
        self.backoffs = 0  # waits so far, of any kind
        self.failed_at: float | None = None  # the first failure, monotonic seconds
        self.failed_since_seconds: float | None = None  # the first failure, on the breaker's closed clock
        self.fresh_connection = False  # must not go out on a connection that was idle


class Record:
    """One consumed record and what has happened to it so far.

    The consumer thread makes it and never touches it again; from then on the event loop owns it. One is made per
    record, so it holds only what every record needs.
    """

    __slots__ = (
        "attempts",
        "finished",
        "headers",
        "is_error",
        "key",
        "offset",
        "problem",
        "result_bytes",
        "size_bytes",
        "timestamp_ms",
        "value",
        "window",
    )

    def __init__(  # noqa: PLR0917 - one per record: keyword arguments would cost a tenth of a microsecond each
        self,
        window: Window,
        offset: int,
        key: bytes | None,
        value: bytes | None,
        headers: Headers | None,
        timestamp_ms: int,
        size_bytes: int,
        problem: str | None = None,
    ) -> None:
        self.window = window
        self.offset = offset
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp_ms = timestamp_ms
        self.size_bytes = size_bytes
        self.problem = problem
        self.result_bytes = 0
        self.is_error: bool | None = None  # None until it is handed to the producer
        self.finished = False
        self.attempts: Attempts | None = None

    @property
    def records(self) -> tuple[Record]:
        """A record is a call of one, so that retries and answers read alike for records and batches."""
        return (self,)

    @property
    def source(self) -> str:
        return f"{self.window.source_prefix.decode()}{self.offset}"

    def delivered(self, error: KafkaError | None, _message: object) -> None:
        """The producer's callback: a bound method, since a closure per record costs a third more."""
        window = self.window
        if error is not None:
            window.on_refused(error, bool(self.is_error))
            return
        deliveries = window.deliveries
        if self.is_error:
            deliveries.error_records += 1
        else:
            deliveries.output_records += 1
        latency_ms = deliveries.wall_clock_ms - self.timestamp_ms
        end_to_end = deliveries.end_to_end
        if latency_ms > 0:
            end_to_end.counts[latency_ms.bit_length()] += 1
            end_to_end.total_milliseconds += latency_ms
        else:
            end_to_end.counts[0] += 1
        self.finished = True
        if window.unfinished[0] is self:
            window.advance()


class Batch:
    """Several records in one request; `value` is the spliced body.

    `then` are the parts that wait for this one after a bisection: they may hold later records of the same lanes.
    """

    __slots__ = ("attempts", "last_chance", "records", "then", "value")

    def __init__(
        self, records: tuple[Record, ...], value: bytes, *, last_chance: bool = False, then: tuple[Batch, ...] = ()
    ) -> None:
        self.records = records
        self.value = value
        self.attempts: Attempts | None = None
        self.last_chance = last_chance
        self.then = then


Call: TypeAlias = Record | Batch


def attempts_of(call: Call) -> Attempts:
    """The call's attempts, made on the first trouble."""
    if call.attempts is None:
        call.attempts = Attempts()
    return call.attempts
