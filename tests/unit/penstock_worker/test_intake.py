"""Messages become records in their windows."""

from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, Message

from penstock_worker.stages import intake
from penstock_worker.stages.intake import NO_PARTITION, records_of
from support.builders import make_message, make_window


def test_a_message_becomes_a_record_in_flight() -> None:
    window = make_window(3)
    message = make_message(
        42, partition=3, key=b"key", value=b"value", headers=[("name", b"abc"), ("null", None)], timestamp_ms=1234
    )
    (record,), errors = records_of([message], {3: window})
    assert errors == []
    assert (record.window, record.offset, record.key, record.value) == (window, 42, b"key", b"value")
    assert (record.headers, record.timestamp_ms, record.problem) == ([("name", b"abc"), ("null", None)], 1234, None)
    assert record.source == "input/3/42"
    assert list(window.unfinished) == [record]


@pytest.mark.parametrize(
    ("key", "value", "size_bytes"), [(None, None, 0), (b"", b"", 0), (b"key", None, 3), (None, b"value", 5)]
)
def test_null_and_empty_are_two_things_and_weigh_the_same(
    key: bytes | None, value: bytes | None, size_bytes: int
) -> None:
    (record,), _ = records_of([make_message(key=key, value=value)], {0: make_window()})
    assert (record.key, record.value, record.size_bytes) == (key, value, size_bytes)


def test_headers_weigh_too() -> None:
    (record,), _ = records_of([make_message(value=b"", headers=[("ab", b"xyz"), ("", None)])], {0: make_window()})
    assert record.size_bytes == (1 + 2 + 3) + 1


def test_the_window_counts_what_is_in_flight() -> None:
    window = make_window()
    window.idle_offset = 7
    records, _ = records_of([make_message(offset, value=b"12345") for offset in (7, 9)], {0: window})
    assert (window.in_flight_records, window.in_flight_bytes) == (2, 10)
    assert list(window.unfinished) == records
    assert window.idle_offset is None


def test_records_of_several_partitions_keep_their_order() -> None:
    windows = {0: make_window(0), 1: make_window(1)}
    messages = [make_message(offset, partition=partition) for offset, partition in ((5, 0), (8, 1), (6, 0))]
    records, _ = records_of([None, *messages, None], windows)
    assert [record.source for record in records] == ["input/0/5", "input/1/8", "input/0/6"]


def test_messages_of_a_partition_that_is_not_ours_are_somebody_elses() -> None:
    """They can be in a burst that was fetched before a rebalance."""
    window = make_window(0)
    records, errors = records_of([make_message(1, partition=9), make_message(2)], {0: window})
    assert [record.offset for record in records] == [2]
    assert errors == []
    assert window.in_flight_records == 1


def test_errors_are_apart_with_their_partition() -> None:
    error = KafkaError(KafkaError._AUTO_OFFSET_RESET)
    records, errors = records_of([make_message(1), make_message(partition=4, error=error)], {0: make_window()})
    assert len(records) == 1
    assert errors == [(error, 4)]


def test_an_error_about_no_partition_in_particular() -> None:
    error = KafkaError(KafkaError._ALL_BROKERS_DOWN)
    _, errors = records_of([Message(error=error)], {0: make_window()})
    assert errors == [(error, NO_PARTITION)]


class Unreadable:
    """What the client library does with a header name that is not UTF-8; it cannot be made to from here."""

    def __init__(self, offset: int, error: Exception | None) -> None:
        self._message = make_message(offset, headers=[("name", b"1")])
        self._error = error

    def headers(self) -> object:
        if self._error is not None:
            raise self._error
        return self._message.headers()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._message, name)


@pytest.mark.parametrize(
    "error", [SystemError("returned a result with an exception set"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no")]
)
def test_a_record_whose_headers_cannot_be_read_is_not_passed_as_whole(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "Message", Unreadable)
    messages = [Unreadable(offset, error if offset in (1, 3) else None) for offset in range(5)]
    records, _ = records_of(cast("list[Message]", messages), {0: make_window()})
    assert [record.offset for record in records] == [0, 1, 2, 3, 4]
    assert [record.problem for record in records if record.problem] == ["a header name is not UTF-8"] * 2
    assert [record.headers for record in records] == [[("name", b"1")] if n not in (1, 3) else None for n in range(5)]
