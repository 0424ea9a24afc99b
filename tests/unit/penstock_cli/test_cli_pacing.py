"""The embedded broker is never given more than it keeps."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from penstock.pacing import FIRST_RECORDS, RECORD_OVERHEAD_BYTES, Pacing

COST = RECORD_OVERHEAD_BYTES + 100  # of a record of 100 bytes
LIMIT = 5 * COST


def pacing_that_knows_answers(size_bytes: int = 0) -> Pacing:
    pacing = Pacing(LIMIT)
    pacing.answered(size_bytes)
    return pacing


def filled(records: int, partition: int = 0) -> Pacing:
    pacing = pacing_that_knows_answers()
    for offset in range(records):
        pacing.delivered(partition, offset, pacing.sent(100))
    return pacing


def test_records_are_let_through_up_to_the_limit() -> None:
    assert filled(4).may_send(100)
    assert not filled(5).may_send(100)


def test_what_is_settled_makes_room() -> None:
    pacing = filled(5)
    pacing.settled(0, next_offset=1)
    assert pacing.may_send(100)
    assert not pacing.may_send(101)


def test_what_is_settled_on_one_partition_makes_no_room_on_another() -> None:
    pacing = filled(5, partition=3)
    pacing.settled(0, next_offset=100)
    assert not pacing.may_send(100)


def test_what_is_on_its_way_counts_for_every_partition() -> None:
    pacing = filled(3)
    pacing.sent(100)
    pacing.sent(100)
    assert not pacing.may_send(100)


def test_a_record_above_the_limit_travels_alone() -> None:
    assert pacing_that_knows_answers().may_send(10 * LIMIT)
    assert not filled(1).may_send(10 * LIMIT)


def test_before_the_first_answer_few_records_go_however_small() -> None:
    pacing = Pacing()
    for _ in range(FIRST_RECORDS):
        assert pacing.may_send(1)
        pacing.sent(1)
    assert not pacing.may_send(1)
    pacing.answered(1)
    assert pacing.may_send(1)


def test_a_record_costs_as_much_as_the_largest_answer() -> None:
    pacing = pacing_that_knows_answers(size_bytes=2 * COST - RECORD_OVERHEAD_BYTES)
    pacing.sent(1)
    pacing.sent(1)
    assert not pacing.may_send(1)


def test_a_larger_answer_changes_nothing_about_what_is_on_its_way() -> None:
    pacing = pacing_that_knows_answers()
    cost_bytes = pacing.sent(100)
    pacing.answered(300)
    pacing.delivered(0, 0, cost_bytes)
    pacing.settled(0, next_offset=1)
    assert pacing.may_send(LIMIT - RECORD_OVERHEAD_BYTES)


def test_only_partitions_with_something_unsettled_are_asked_for() -> None:
    pacing = filled(2, partition=1)
    assert pacing.oldest_unsettled == {1: 0}
    pacing.settled(1, next_offset=1)
    assert pacing.oldest_unsettled == {1: 1}
    pacing.settled(1, next_offset=2)
    assert pacing.oldest_unsettled == {}


@dataclass
class Broker:
    """Partitions as they fill: what is not settled may not exceed the limit."""

    held: dict[int, list[int]] = field(default_factory=lambda: {0: [], 1: []})
    ends: dict[int, int] = field(default_factory=lambda: {0: 0, 1: 0})


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("send"), st.integers(0, 2 * COST), st.integers(0, 1)),
            st.tuples(st.just("settle"), st.integers(0, 3), st.integers(0, 1)),
        )
    )
)
def test_no_partition_ever_holds_more_than_the_limit_unless_one_record_alone_does(
    steps: list[tuple[str, int, int]],
) -> None:
    pacing, broker = pacing_that_knows_answers(), Broker()
    for step, amount, partition in steps:
        if step == "send" and pacing.may_send(amount):
            pacing.delivered(partition, broker.ends[partition], pacing.sent(amount))
            broker.held[partition].append(amount + RECORD_OVERHEAD_BYTES)
            broker.ends[partition] += 1
        elif step == "settle":
            del broker.held[partition][:amount]
            pacing.settled(partition, broker.ends[partition] - len(broker.held[partition]))
        held = broker.held[partition]
        assert sum(held) <= LIMIT or len(held) == 1
