"""Which records share a request; what becomes of the batch is in test_predict_batches."""

from collections import deque
from collections.abc import Iterable

import pytest

from penstock_worker.core.batching import Batching, halves
from penstock_worker.core.lanes import Lanes
from penstock_worker.messages import Batch, Call, Record, attempts_of
from support.builders import Source


class Queue:
    """Records at hand, entered into their lanes, and the batches taken of them."""

    def __init__(self, *records: Record, max_records: int = 4, max_delay_seconds: float = 0.005) -> None:
        self.lanes = Lanes("Key")
        self.batching = Batching(self.lanes, max_records=max_records, max_delay_seconds=max_delay_seconds)
        self.ready: deque[Call] = deque(record for record in records if self.lanes.enter(record))
        self.refused: list[Record] = []

    def take(self, most_records: int | None = None, *, refuse: Iterable[Record] = ()) -> list[Record]:
        refused = set(refuse)

        def admit(record: Record) -> bool:
            if record in refused:
                self.refused.append(record)
                return False
            return True

        return self.batching.take(
            self.ready,
            self.batching.max_records if most_records is None else most_records,
            admit=admit,
            is_fit=lambda record: record not in refused and record.attempts is None,
        )

    def settle(self, record: Record) -> Record | None:
        """As the predict stage: the lane is left when its head is told; returns who may go then."""
        head = self.batching.settled(record)
        return None if head is None else self.lanes.leave(head)


def test_a_full_batch_is_due_at_once_and_another_after_its_delay() -> None:
    queue = Queue(*Source().records(None, None, None))
    assert queue.batching.due_at(queue.ready, 10.0) == pytest.approx(10.005)
    queue.ready.append(Source().record())
    assert queue.batching.due_at(queue.ready, 10.001) == 10.001


def test_the_delay_counts_from_the_first_record_and_not_from_the_last() -> None:
    queue = Queue(*Source().records(None))
    assert queue.batching.due_at(queue.ready, 10.0) == pytest.approx(10.005)
    queue.ready.append(Source().record())
    assert queue.batching.due_at(queue.ready, 10.004) == pytest.approx(10.005)
    queue.take()
    queue.ready.append(Source().record())
    assert queue.batching.due_at(queue.ready, 10.1) == pytest.approx(10.105)


def test_without_a_delay_what_is_queued_is_due() -> None:
    queue = Queue(*Source().records(None), max_delay_seconds=0)
    assert queue.batching.due_at(queue.ready, 10.0) == 10.0


def test_a_part_of_a_bisected_batch_never_waits_and_is_never_mixed_with_others() -> None:
    records = Source().records(None, None)
    queue = Queue(records[0])
    part = Batch((records[1],), b"[]")
    queue.ready.appendleft(part)
    assert queue.batching.due_at(queue.ready, 10.0) == 10.0
    assert queue.take() == []
    queue.ready.rotate(-1)
    assert queue.take() == [records[0]]
    assert list(queue.ready) == [part]


def test_it_takes_what_is_ready_up_to_its_most() -> None:
    records = Source().records(*[None] * 6)
    queue = Queue(*records)
    assert queue.take() == records[:4]
    assert queue.take() == records[4:]
    assert queue.take(1) == []


def test_those_behind_in_the_same_lane_come_along_in_order() -> None:
    source = Source()
    a, b = source.records(b"a", b"a", b"a"), source.records(b"b", b"b")
    queue = Queue(*a, *b)
    assert queue.take() == [*a, b[0]]


def test_a_lane_is_left_when_the_last_of_its_records_is_settled() -> None:
    source = Source()
    a = source.records(*[b"a"] * 5)
    queue = Queue(*a)
    assert queue.take() == a[:4]
    assert [queue.settle(record) for record in (a[2], a[0], a[3])] == [None, None, None]
    assert queue.settle(a[1]) is a[4]


def test_a_record_that_came_alone_leaves_its_lane_itself() -> None:
    source = Source()
    alone, a = source.record(b"b"), source.records(b"a", b"a", b"a")
    queue = Queue(alone, *a, max_records=3)
    assert queue.take() == [alone, a[0], a[1]]
    assert queue.batching.settled(alone) is alone


def test_with_no_lane_shared_every_record_is_its_own_head() -> None:
    (record,) = Source().records(b"a")
    queue = Queue(record)
    queue.take()
    assert queue.batching.settled(record) is record


def test_who_is_not_admitted_is_left_out_and_those_behind_keep_waiting() -> None:
    source = Source()
    bad, behind, other = *source.records(b"a", b"a"), source.record(b"b")
    queue = Queue(bad, behind, other)
    assert queue.take(refuse=[bad]) == [other]
    assert queue.refused == [bad]
    assert queue.lanes.leave(bad) is behind


def test_a_follower_that_is_not_fit_ends_the_lane_for_this_batch_unasked() -> None:
    source = Source()
    a = source.records(*[b"a"] * 4)
    queue = Queue(*a)
    assert queue.take(refuse=[a[2]]) == a[:2]
    assert queue.refused == []


def test_a_record_of_a_batch_that_failed_goes_alone() -> None:
    source = Source()
    records = source.records(*[None] * 5)
    attempts_of(records[2])
    queue = Queue(*records, max_records=5)
    assert queue.take() == records[:2]
    assert queue.take() == [records[2]]
    assert queue.take() == records[3:]


def test_nobody_follows_a_record_that_goes_alone() -> None:
    suspect, behind = Source().records(b"a", b"a")
    attempts_of(suspect)
    queue = Queue(suspect, behind)
    assert queue.take() == [suspect]
    assert queue.settle(suspect) is behind


def test_a_batch_that_comes_apart_leaves_its_lanes_as_they_were() -> None:
    source = Source()
    a, b, null = source.records(*[b"a"] * 4), source.records(b"b"), source.record(None)
    queue = Queue(*a, *b, null, max_records=5)
    taken = queue.take()
    assert taken == [*a, *b]
    assert queue.batching.dissolve(taken) == [a[0], *b]
    assert [queue.settle(record) for record in a] == [*a[1:], None]


def test_what_was_settled_before_a_batch_came_apart_stays_so() -> None:
    """Bisected, the left part answered: the first of the right part is the head now."""
    a = Source().records(*[b"a"] * 5)
    queue = Queue(*a)
    left, right = halves(queue.take())
    for record in left:
        queue.settle(record)
    assert queue.batching.dissolve(right) == [a[2]]
    assert [queue.settle(record) for record in a[2:]] == [a[3], a[4], None]


def test_partitions_that_were_taken_away_are_forgotten_and_the_others_are_not() -> None:
    going, staying = Source(0), Source(1)
    gone, stays = going.records(b"a", b"a"), staying.records(b"a", b"a", b"a")
    queue = Queue(*gone, *stays)
    assert queue.take() == [*gone, *stays[:2]]
    queue.batching.forget(lambda record: record.window is going.window)
    assert [queue.settle(record) for record in stays[:2]] == [None, stays[2]]
    assert queue.batching.settled(gone[1]) is gone[1]


@pytest.mark.parametrize(("count", "left"), [(2, 1), (3, 2), (4, 2), (9, 5)])
def test_halves_keep_the_order_and_the_left_is_the_larger(count: int, left: int) -> None:
    records = Source().records(*[None] * count)
    assert halves(records) == (tuple(records[:left]), tuple(records[left:]))
