"""What is in flight of a partition, and what may be committed of it."""

from confluent_kafka import KafkaError

from penstock_worker.core.offsets import Progress, Window
from penstock_worker.stages.intake import records_of
from support.builders import Source, acknowledge, make_message, make_window


def next_offset(window: Window) -> int | None:
    progress = window.progress()
    return None if progress is None else progress.next_offset


def commit(window: Window) -> Progress:
    progress = window.progress()
    assert progress is not None
    window.acknowledged(progress)
    return progress


def test_nothing_may_be_committed_before_the_first_record_is_finished() -> None:
    source = Source(first_offset=100)
    source.records(None, None)
    assert source.window.progress() is None
    assert source.window.in_flight_records == 2


def test_the_offset_to_commit_is_the_smallest_unfinished_one() -> None:
    source = Source(first_offset=100)
    records = source.records(*[None] * 4)
    acknowledge(records[2])
    acknowledge(records[1])
    assert source.window.progress() is None
    acknowledge(records[0])
    assert next_offset(source.window) == 103


def test_gaps_belong_to_nobody() -> None:
    """Transaction markers and compaction leave offsets without records: the next one to read is the next consumed."""
    source = Source(first_offset=4)
    first = source.record()
    source.skip(5)
    source.record()
    acknowledge(first)
    assert next_offset(source.window) == 10


def test_with_nothing_in_flight_it_is_the_consumers_position() -> None:
    source = Source(first_offset=100)
    acknowledge(source.record())
    assert source.window.progress() is None
    source.window.idle_offset = 120
    assert next_offset(source.window) == 120


def test_a_position_from_before_a_record_came_is_not_used_after_it_was_finished() -> None:
    source = Source(first_offset=100)
    source.window.idle_offset = 100
    acknowledge(source.record())
    assert source.window.progress() is None


def test_an_idle_partition_commits_its_position_once() -> None:
    window = make_window(committed_offset=7)
    window.idle_offset = 9
    commit(window)
    assert window.progress() is None
    window.idle_offset = 9
    assert window.progress() is None


def test_what_is_committed_already_is_not_committed_again() -> None:
    window = make_window(committed_offset=7)
    window.idle_offset = 7
    assert window.progress() is None


def test_a_partition_never_committed_commits_its_start() -> None:
    """So that lag is known from the first second."""
    window = make_window(committed_offset=None)
    window.idle_offset = 0
    assert next_offset(window) == 0


def test_in_flight_falls_with_the_acknowledged_commit_and_not_before() -> None:
    source = Source()
    records = source.records(*[None] * 4)
    for record in records[:3]:
        acknowledge(record)
    assert source.window.in_flight_records == 4
    progress = commit(source.window)
    assert progress.finished_records == 3
    assert source.window.in_flight_records == 1


def test_a_finished_record_above_a_gap_stays_in_flight() -> None:
    source = Source()
    records = source.records(*[None] * 3)
    acknowledge(records[0])
    acknowledge(records[2])
    commit(source.window)
    assert source.window.in_flight_records == 2


def test_what_finishes_while_a_commit_is_under_way_is_released_by_the_next() -> None:
    source = Source()
    records = source.records(*[None] * 3)
    acknowledge(records[0])
    progress = source.window.progress()
    assert progress is not None
    acknowledge(records[1])
    source.window.acknowledged(progress)
    assert source.window.in_flight_records == 2
    commit(source.window)
    assert source.window.in_flight_records == 1


def test_bytes_are_those_of_input_and_result_until_they_are_committed() -> None:
    source = Source()
    first, second = source.record(b"key", b"value"), source.record(b"key", b"longer value")
    assert source.window.in_flight_bytes == 8 + 15
    first.result_bytes = 100
    source.window.result_bytes += 100
    acknowledge(first)
    assert source.window.in_flight_bytes == 8 + 15 + 100
    commit(source.window)
    assert source.window.in_flight_bytes == 15
    acknowledge(second)
    source.window.idle_offset = 2
    commit(source.window)
    assert source.window.in_flight_bytes == 0


def test_deliveries_are_counted_by_topic_and_timed_by_the_records_timestamp() -> None:
    source = Source()
    deliveries = source.window.deliveries
    deliveries.wall_clock_ms = 1_000_250
    acknowledge(source.record(timestamp_ms=1_000_000))
    acknowledge(source.record(timestamp_ms=1_000_000), is_error=True)
    acknowledge(source.record(timestamp_ms=9_000_000))  # of a producer whose clock is ahead
    assert (deliveries.output_records, deliveries.error_records) == (2, 1)
    assert deliveries.end_to_end.total_seconds == 0.5


def test_a_refused_delivery_finishes_nothing_and_is_told_with_its_topic() -> None:
    told: list[tuple[KafkaError, bool]] = []
    window = make_window(on_refused=lambda error, is_error: told.append((error, is_error)))
    (record,), _ = records_of([make_message()], {0: window})
    record.is_error = True
    error = KafkaError(KafkaError.NOT_ENOUGH_REPLICAS)
    record.delivered(error, None)
    assert told == [(error, True)]
    assert not record.finished
    assert window.deliveries.error_records == 0


def test_it_is_producing_from_the_hand_over_to_the_acknowledgement() -> None:
    source = Source()
    record, _other = source.records(None, None)
    assert not source.window.is_producing
    record.is_error = False
    assert source.window.is_producing
    acknowledge(record)
    assert not source.window.is_producing
