"""Order within one partition: who may go, who waits."""

import pytest

from penstock_worker.core.lanes import Lanes, Ordering
from support.builders import Source


def test_a_record_waits_behind_the_earlier_ones_of_its_key_and_leaves_in_order() -> None:
    lanes, source = Lanes("Key"), Source()
    first, second, third = source.records(b"a", b"a", b"a")
    assert [lanes.enter(record) for record in (first, second, third)] == [True, False, False]
    assert lanes.leave(first) is second
    assert lanes.leave(second) is third
    assert lanes.leave(third) is None


def test_a_lane_that_nobody_is_in_does_not_exist() -> None:
    lanes, source = Lanes("Key"), Source()
    for record in source.records(*[b"%d" % n for n in range(100)]):
        lanes.enter(record)
        lanes.leave(record)
    assert source.window.lanes == {}


def test_a_key_can_be_entered_anew_after_it_was_left() -> None:
    lanes, source = Lanes("Key"), Source()
    first, second = source.records(b"a", b"a")
    lanes.enter(first)
    lanes.leave(first)
    assert lanes.enter(second)


@pytest.mark.parametrize(
    ("ordering", "free"),
    [("Key", [True, True, True, False, True]), ("Partition", [True] + [False] * 4), ("None", [True] * 5)],
)
def test_what_may_overtake(ordering: Ordering, free: list[bool]) -> None:
    lanes, source = Lanes(ordering), Source()
    assert [lanes.enter(record) for record in source.records(None, None, b"", b"", b"a")] == free


def test_leaving_without_a_lane_brings_nobody() -> None:
    lanes, source = Lanes("Key"), Source()
    record = source.record(None)
    lanes.enter(record)
    assert lanes.leave(record) is None


def test_partitions_do_not_share_lanes() -> None:
    for ordering in ("Key", "Partition"):
        lanes = Lanes(ordering)
        (left,), (right,) = Source(0).records(b"a"), Source(1).records(b"a")
        assert lanes.enter(left)
        assert lanes.enter(right)


def test_followers_are_taken_in_order_up_to_a_number_and_up_to_the_first_unfit() -> None:
    lanes, source = Lanes("Key"), Source()
    head, *others = source.records(*[b"a"] * 6)
    for record in (head, *others):
        lanes.enter(record)
    assert lanes.followers(head, 2, lambda _: True) == others[:2]
    assert lanes.followers(head, 9, lambda record: record is not others[4]) == others[2:4]
    assert lanes.leave(head) is others[4]


def test_nobody_follows_without_a_lane_or_alone_in_it() -> None:
    lanes, source = Lanes("Key"), Source()
    null, alone = source.records(None, b"a")
    lanes.enter(null)
    lanes.enter(alone)
    assert lanes.followers(null, 5, lambda _: True) == []
    assert lanes.followers(alone, 5, lambda _: True) == []


def test_what_is_put_back_is_ahead_of_what_came_later() -> None:
    lanes, source = Lanes("Key"), Source()
    a = source.records(b"a", b"a", b"a", b"a")
    b = source.records(b"b", b"b")
    for record in (*a, *b):
        lanes.enter(record)
    taken = [*lanes.followers(a[0], 2, lambda _: True), *lanes.followers(b[0], 2, lambda _: True)]
    lanes.put_back(taken)
    assert lanes.leave(a[0]) is a[1]
    assert lanes.leave(a[1]) is a[2]
    assert lanes.leave(a[2]) is a[3]
    assert lanes.leave(b[0]) is b[1]


def test_what_is_put_back_into_a_lane_without_waiters_waits_there() -> None:
    lanes, source = Lanes("Partition"), Source()
    head, follower = source.records(None, None)
    lanes.enter(head)
    lanes.put_back([follower])
    assert lanes.leave(head) is follower
