"""How much may be in flight, and whether to hold, to pause one partition, or to pause all."""

import pytest

from penstock_worker.core.offsets import Window
from penstock_worker.core.pressure import Intake, Limits, Pressure
from support.builders import make_window

MEBIBYTE = 1 << 20


def window(in_flight_records: int = 0, *, size_bytes: int = 0, partition: int = 0) -> Window:
    made = make_window(partition)
    made.consumed_records, made.consumed_bytes = in_flight_records, size_bytes
    return made


def pressure(*windows: Window, records: int = 2000, size_bytes: int = 64 * MEBIBYTE) -> Pressure:
    made = Pressure(records, size_bytes)
    made.assigned(windows)
    return made


def decide(made: Pressure, now: float = 0.0, *, stopped: bool = False, awaits_answer: bool = False) -> Intake:
    return made.decide(now, stopped=stopped, awaits_answer=awaits_answer)


def finish(done: Window, records: int) -> None:
    done.finished_records += records


def commit(done: Window, records: int) -> None:
    finish(done, records)
    done.committed_records += records


@pytest.mark.parametrize(
    ("partitions", "records", "share_records", "all_records"),
    [(0, 2000, 2000, 2000), (1, 2000, 2000, 2000), (4, 2000, 500, 2000), (50, 2000, 100, 5000), (1, 1, 100, 100)],
)
def test_each_partition_has_its_share_and_never_less_than_100(
    partitions: int, records: int, share_records: int, all_records: int
) -> None:
    limits = Limits.for_partitions(partitions, records=records, size_bytes=1000)
    assert (limits.share_records, limits.records) == (share_records, all_records)


def test_bytes_are_shared_alike() -> None:
    assert Limits.for_partitions(4, records=1, size_bytes=1000).share_bytes == 250


def test_with_room_a_burst_is_taken_and_never_more_than_the_room() -> None:
    assert decide(pressure(window(0))) == Intake(500)
    assert decide(pressure(window(1900), records=2000)) == Intake(2000 - 64 - 1900)


def test_without_room_it_simply_does_not_consume() -> None:
    """Pausing would throw the prefetched records away and delay the next by up to a second."""
    assert decide(pressure(window(1936))) == Intake(0)


def test_once_full_it_waits_until_a_quarter_is_free() -> None:
    full = window(1936)
    made = pressure(full)
    assert decide(made).records == 0
    commit(full, 499)
    assert decide(made).records == 0
    commit(full, 1)
    assert decide(made).records == 500


def test_bytes_hold_as_records_do() -> None:
    assert decide(pressure(window(1, size_bytes=64 * MEBIBYTE))) == Intake(0)


def test_a_record_larger_than_everything_is_admitted_alone() -> None:
    huge = window(0)
    made = pressure(huge, size_bytes=1000)
    assert decide(made).records > 0
    huge.consumed_records, huge.consumed_bytes = 1, 5000
    assert decide(made) == Intake(0)
    commit(huge, 1)
    huge.committed_bytes = 5000
    assert decide(made).records > 0


def test_after_two_seconds_of_holding_all_are_paused_and_polled_to_stay_in_the_group() -> None:
    left, right = window(1000, partition=0), window(936, partition=1)
    made = pressure(left, right)
    assert decide(made, 10.0) == Intake(0)
    assert decide(made, 11.9) == Intake(0)
    assert decide(made, 12.0) == Intake(0, poll=True, pause=(left, right))
    assert decide(made, 12.1) == Intake(0, poll=True)
    assert made.paused_partitions == 2


def test_a_hold_that_ended_in_between_begins_anew() -> None:
    full = window(1936)
    made = pressure(full)
    decide(made, 10.0)
    commit(full, 1000)
    assert decide(made, 11.0).records > 0
    full.consumed_records += 1000
    assert decide(made, 12.5) == Intake(0)


def test_an_open_breaker_pauses_all_at_once() -> None:
    left, right = window(partition=0), window(partition=1)
    made = pressure(left, right)
    assert decide(made, stopped=True) == Intake(0, poll=True, pause=(left, right))


def test_afterwards_all_are_resumed_that_are_below_half_of_their_share() -> None:
    low, high = window(500, partition=0), window(501, partition=1)
    made = pressure(low, high)
    decide(made, 0.0, stopped=True)
    assert decide(made, 1.0) == Intake(500, resume=(low,))
    assert made.paused_partitions == 1
    commit(high, 1)
    assert decide(made, 2.0) == Intake(500, resume=(high,))
    assert made.paused_partitions == 0


def test_a_partition_is_resumed_only_when_its_bytes_are_below_half_too() -> None:
    heavy = window(1, size_bytes=600)
    made = pressure(heavy, size_bytes=1000)
    decide(made, stopped=True)
    assert decide(made, 1.0).resume == ()
    heavy.committed_bytes = 100
    assert decide(made, 2.0).resume == (heavy,)


def test_a_partition_that_stands_still_at_its_share_is_paused_alone() -> None:
    """A record of it waits for a retry; the others go on."""
    still, moving = window(partition=0), window(partition=1)
    made = pressure(still, moving, records=1000)
    assert decide(made, 10.0).pause == ()
    still.consumed_records = 500
    assert decide(made, 10.04).pause == ()
    assert decide(made, 10.06).pause == (still,)
    assert decide(made, 20.0).pause == ()


def test_a_partition_at_its_share_that_moves_is_not_paused() -> None:
    busy, other = window(500, partition=0), window(0, partition=1)
    made = pressure(busy, other, records=1000)
    for turn in range(100):
        busy.consumed_records += 1
        commit(busy, 1)
        assert decide(made, turn * 0.1).pause == ()


def test_a_partition_that_stands_still_below_its_share_is_not_paused() -> None:
    calm, other = window(499, partition=0), window(0, partition=1)
    made = pressure(calm, other, records=1000)
    decide(made, 0.0)
    assert decide(made, 60.0).pause == ()


def test_a_partition_over_its_bytes_is_paused_alone_too() -> None:
    heavy, other = window(partition=0), window(partition=1)
    made = pressure(heavy, other, size_bytes=1000)
    decide(made, 10.0)
    heavy.consumed_records, heavy.consumed_bytes = 1, 500
    assert decide(made, 11.0).pause == (heavy,)


def test_while_a_commits_answer_is_awaited_it_is_polled_for_and_one_record_may_come_along() -> None:
    """Only the answer makes room, and only polling brings it; room for the record is kept in reserve."""
    assert decide(pressure(window(1936)), awaits_answer=True) == Intake(0, serve=True)


def test_without_reserve_it_is_polled_for_with_every_partition_paused() -> None:
    full = window(2000)
    assert decide(pressure(full), awaits_answer=True) == Intake(0, poll=True, pause=(full,))


def test_without_reserve_and_nothing_awaited_it_just_holds() -> None:
    assert decide(pressure(window(2000))) == Intake(0)


def test_a_new_assignment_keeps_what_is_known_of_the_partitions_that_stay() -> None:
    stays, goes, comes = (window(partition=n) for n in range(3))
    made = pressure(stays, goes)
    decide(made, stopped=True)
    made.assigned([stays, comes])
    assert made.paused_partitions == 1
    assert decide(made, stopped=True).pause == (comes,)


def test_without_partitions_there_is_nothing_to_pause() -> None:
    made = pressure()
    assert decide(made, stopped=True) == Intake(0, poll=True)
    assert decide(made).records > 0
