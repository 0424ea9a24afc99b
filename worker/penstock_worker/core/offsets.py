"""What is in flight of one assigned partition, and what may be committed.

In flight = delivered by consume and not yet covered by an acknowledged commit, so that the number of records in
flight is the number that a SIGKILL at this moment replays. Two threads share a window without a lock: the consumer
thread (`stages/intake.py`) appends to `unfinished` and keeps the consumed and committed totals, the event loop
(`Record.delivered`) removes from it and keeps the finished totals. Every reader may see a moment too little finished,
never too much.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from confluent_kafka import KafkaError

    from penstock_worker.core.deliveries import Deliveries
    from penstock_worker.messages import Record


@dataclass(frozen=True, slots=True)
class Progress:
    """What one commit says of a window: the offset, and the totals that its acknowledgement releases."""

    window: Window
    next_offset: int
    finished_records: int
    finished_bytes: int


class Window:
    """One partition during one assignment. A later assignment of the same partition is another window."""

    __slots__ = (
        "committed_bytes",
        "committed_offset",
        "committed_records",
        "consumed_bytes",
        "consumed_records",
        "deliveries",
        "finished_bytes",
        "finished_records",
        "idle_offset",
        "lanes",
        "live",
        "on_refused",
        "open",
        "partition",
        "result_bytes",
        "source_prefix",
        "topic",
        "unfinished",
    )

    def __init__(
        self,
        topic: str,
        partition: int,
        committed_offset: int | None,
        deliveries: Deliveries,
        on_refused: Callable[[KafkaError, bool], None],
    ) -> None:
        self.topic = topic
        self.partition = partition
        self.source_prefix = f"{topic}/{partition}/".encode()
        self.open = True  # records may be sent to the model
        self.live = True  # answers may be produced
        self.deliveries = deliveries
        self.on_refused = on_refused
        self.unfinished: deque[Record] = deque()
        self.lanes: dict[object, deque[Record] | None] = {}
        self.consumed_records = self.consumed_bytes = 0
        self.finished_records = self.finished_bytes = self.result_bytes = 0
        self.committed_records = self.committed_bytes = 0
        self.committed_offset = committed_offset
        self.idle_offset: int | None = None

    def advance(self) -> None:
        """Event loop: the first unfinished record is finished; pass over it and all that were finished ahead of it."""
        unfinished = self.unfinished
        while unfinished and unfinished[0].finished:
            done = unfinished.popleft()
            self.finished_bytes += done.size_bytes + done.result_bytes
            self.finished_records += 1

    @property
    def is_producing(self) -> bool:
        """Something was handed to the producer and is not acknowledged yet."""
        return any(record.is_error is not None and not record.finished for record in list(self.unfinished))

    @property
    def in_flight_records(self) -> int:
        return self.consumed_records - self.committed_records

    @property
    def in_flight_bytes(self) -> int:
        return self.consumed_bytes + self.result_bytes - self.committed_bytes

    def progress(self) -> Progress | None:
        """Consumer thread: what could be committed now, None where nothing moved since the last acknowledged commit.

        With nothing in flight the offset is the consumer's position, given to `idle_offset` beforehand: a
        transactional topic has gaps and markers, so an offset is never computed from its neighbour.
        """
        finished_records, finished_bytes = self.finished_records, self.finished_bytes
        next_offset = self._next_offset()
        if next_offset is None or next_offset == self.committed_offset:
            return None
        return Progress(self, next_offset, finished_records, finished_bytes)

    def _next_offset(self) -> int | None:
        try:
            return self.unfinished[0].offset
        except IndexError:  # the event loop may empty it between a test and a look
            return self.idle_offset

    def acknowledged(self, progress: Progress) -> None:
        """Consumer thread: the broker took the commit."""
        self.committed_offset = progress.next_offset
        self.committed_records = progress.finished_records
        self.committed_bytes = progress.finished_bytes
