"""How fast the embedded broker may be fed. Pure: byte counts in, one decision out.

librdkafka's mock cluster silently evicts a partition's oldest records above about 5 MiB. Invariant: no partition, of
input or output, holds more than `LIMIT_BYTES` of records that are not settled, wherever the partitioner puts what is on
its way; a single larger record travels alone. Settled is what the worker's group has committed and our own reader has
seen answered. An answer may be larger than its record, so each record is taken to cost as much as the largest answer so
far; before the first answer that is not known, and few records go.
"""

from collections import deque

LIMIT_BYTES = 4 * 1024 * 1024
RECORD_OVERHEAD_BYTES = 400  # what headers and batches add to key and value, rounded up
FIRST_RECORDS = 50


class Pacing:
    """What was handed over, delivered and settled, per partition of the input topic."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._largest_answer_bytes: int | None = None
        self._on_the_way_bytes = 0
        self._records = 0
        self._unsettled: dict[int, deque[tuple[int, int]]] = {}  # partition -> (offset, cost in bytes), oldest first
        self._unsettled_bytes: dict[int, int] = {}

    def may_send(self, size_bytes: int) -> bool:
        """Whether a record of this size fits, were everything on its way to land in the fullest partition."""
        if self._largest_answer_bytes is None and self._records >= FIRST_RECORDS:
            return False
        held_bytes = self._on_the_way_bytes + max(self._unsettled_bytes.values(), default=0)
        return held_bytes == 0 or held_bytes + self._cost_bytes(size_bytes) <= self._limit_bytes

    def sent(self, size_bytes: int) -> int:
        """What the record costs, to be given back with its delivery report."""
        cost_bytes = self._cost_bytes(size_bytes)
        self._on_the_way_bytes += cost_bytes
        self._records += 1
        return cost_bytes

    def delivered(self, partition: int, offset: int, cost_bytes: int) -> None:
        self._on_the_way_bytes -= cost_bytes
        self._unsettled.setdefault(partition, deque()).append((offset, cost_bytes))
        self._unsettled_bytes[partition] = self._unsettled_bytes.get(partition, 0) + cost_bytes

    def answered(self, size_bytes: int) -> None:
        """An answer of this size was read."""
        self._largest_answer_bytes = max(self._largest_answer_bytes or 0, size_bytes)

    def settled(self, partition: int, next_offset: int) -> None:
        """Everything below `next_offset` is."""
        unsettled = self._unsettled.get(partition, deque())
        while unsettled and unsettled[0][0] < next_offset:
            self._unsettled_bytes[partition] -= unsettled.popleft()[1]

    @property
    def oldest_unsettled(self) -> dict[int, int]:
        """The first offset of each partition that is worth asking about."""
        return {partition: unsettled[0][0] for partition, unsettled in self._unsettled.items() if unsettled}

    def _cost_bytes(self, size_bytes: int) -> int:
        return max(size_bytes, self._largest_answer_bytes or 0) + RECORD_OVERHEAD_BYTES
