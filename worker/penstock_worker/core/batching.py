"""Which records share a request: as many as are ready, up to a number, or what is there after a short wait.

A lane may put several records in offset order into one batch and has one batch in flight, so the lane is left only
when the last of its members is settled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_worker.messages import Batch, Record

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Iterable, Sequence

    from penstock_worker.core.lanes import Lanes
    from penstock_worker.messages import Call


class Batching:
    """`now` is monotonic seconds. With `max_records` 1 the predict stage never asks."""

    def __init__(self, lanes: Lanes, *, max_records: int, max_delay_seconds: float) -> None:
        self.max_records = max_records
        self.max_delay_seconds = max_delay_seconds
        self._lanes = lanes
        self._first_ready_at: float | None = None
        self._head_of: dict[Record, Record] = {}
        self._members: dict[Record, int] = {}

    def due_at(self, ready: deque[Call], now: float) -> float:
        """When the records at hand should go, full or not; a time not after `now` means at once."""
        if len(ready) >= self.max_records or type(ready[0]) is Batch:
            return now
        if self._first_ready_at is None:
            self._first_ready_at = now
        return self._first_ready_at + self.max_delay_seconds

    def take(
        self,
        ready: deque[Call],
        most_records: int,
        *,
        admit: Callable[[Record], bool],
        is_fit: Callable[[Record], bool],
    ) -> list[Record]:
        """Remove the records of the next batch from `ready` and their lanes; empty when none of them is admitted.

        A head that is not admitted is dropped here: `admit` has sent it where it belongs. A follower that is not fit
        stays in its lane until it is the head, since an error must not overtake what the batch still has to answer.
        A record of a batch that failed goes alone: it may be the one at fault.
        """
        self._first_ready_at = None
        taken: list[Record] = []
        while ready and len(taken) < most_records and type(ready[0]) is Record:
            if ready[0].attempts is not None:
                most_records = 1
                if taken:
                    break
            head = ready.popleft()
            assert isinstance(head, Record)  # noqa: S101 - narrows the union for the type checker
            if admit(head):
                taken += self._with_followers(head, most_records - len(taken), is_fit)
        return taken

    def _with_followers(self, head: Record, room: int, is_fit: Callable[[Record], bool]) -> list[Record]:
        followers = self._lanes.followers(head, room - 1, is_fit)
        if followers:
            self._members[head] = len(followers) + 1
            for follower in followers:
                self._head_of[follower] = head
        return [head, *followers]

    def settled(self, record: Record) -> Record | None:
        """One member is done: the head of its lane when it was the last one, so that the lane can be left."""
        if not self._members:
            return record
        head = self._head_of.pop(record, record)
        left = self._members.get(head)
        if left is None:
            return head
        if left > 1:
            self._members[head] = left - 1
            return None
        del self._members[head]
        return head

    def dissolve(self, records: Iterable[Record]) -> list[Record]:
        """The records of a batch are calls of their own again; returns the heads of their lanes."""
        heads: dict[Record, Record] = {}
        followers = []
        for record in records:
            head = self._head_of.pop(record, record)
            self._members.pop(head, None)
            if head in heads:
                followers.append(record)
            else:
                heads[head] = record
        self._lanes.put_back(followers)
        return list(heads.values())

    def forget(self, is_stale: Callable[[Record], bool]) -> None:
        """Partitions were taken away: their lanes are gone with their windows."""
        self._head_of = {record: head for record, head in self._head_of.items() if not is_stale(record)}
        self._members = {head: left for head, left in self._members.items() if not is_stale(head)}


def halves(records: Sequence[Record]) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """Left half first, the larger one when they differ."""
    middle = (len(records) + 1) // 2
    return tuple(records[:middle]), tuple(records[middle:])
