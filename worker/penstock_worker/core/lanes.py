"""Order within one partition: which record may go to the model now, and which waits for an earlier one.

A lane is all records of a partition that must reach a topic in input order. The record at its head is with the
model (or waits to be retried); the others wait behind it. A lane that nobody is in does not exist, so memory is
bounded by what is in flight. Null keys have no order and no lane; the empty key is a key.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penstock_worker.messages import Record

Ordering = Literal["Key", "Partition", "None"]

NO_LANE = None
WHOLE_PARTITION = ()


class Lanes:
    """The lanes of all partitions; each partition's are kept in its window and go when the window goes."""

    def __init__(self, ordering: Ordering) -> None:
        self._by_key = ordering == "Key"
        self._same_lane = WHOLE_PARTITION if ordering == "Partition" else NO_LANE

    def enter(self, record: Record) -> bool:
        """True: nothing is ahead of this record, it may go to the model. False: it waits in its lane."""
        lane = record.key if self._by_key else self._same_lane
        if lane is NO_LANE:
            return True
        lanes = record.window.lanes
        if lane not in lanes:
            lanes[lane] = None
            return True
        waiting = lanes[lane]
        if waiting is None:
            lanes[lane] = deque((record,))
        else:
            waiting.append(record)
        return False

    def leave(self, record: Record) -> Record | None:
        """The head of a lane was handed to the producer: the record that may go next, if one waits."""
        lane = record.key if self._by_key else self._same_lane
        if lane is NO_LANE:
            return None
        lanes = record.window.lanes
        waiting = lanes[lane]
        if waiting:
            return waiting.popleft()
        del lanes[lane]
        return None

    def put_back(self, followers: Sequence[Record]) -> None:
        """Records that `followers` took wait in their lanes again, ahead of what came later."""
        for record in reversed(followers):
            lane = record.key if self._by_key else self._same_lane
            waiting = record.window.lanes[lane]
            if waiting is None:
                record.window.lanes[lane] = deque((record,))
            else:
                waiting.appendleft(record)

    def followers(self, head: Record, most_records: int, admit: Callable[[Record], bool]) -> list[Record]:
        """Take up to `most_records` that wait behind this head, in order, up to the first that is not admitted."""
        lane = head.key if self._by_key else self._same_lane
        waiting = head.window.lanes.get(lane) if lane is not NO_LANE else None
        taken: list[Record] = []
        while waiting and len(taken) < most_records and admit(waiting[0]):
            taken.append(waiting.popleft())
        return taken
