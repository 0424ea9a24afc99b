"""Messages of the client library become records in their windows: the one place that reads a `Message`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from confluent_kafka import Message

from penstock_worker.messages import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from confluent_kafka import KafkaError

    from penstock_worker.core.offsets import Window
    from penstock_worker.messages import Headers


NO_PARTITION = -1
NOT_UTF_8: Headers = []
"""In place of headers that the client library cannot represent: it gives none of them, so the record is not whole."""


def records_of(
    messages: Iterable[Message | None], windows: Mapping[int, Window]
) -> tuple[list[Record], list[tuple[KafkaError, int]]]:
    """Records, already counted as in flight in their windows, and errors with their partitions.

    Messages of partitions that are not ours (any more) are left out: somebody else reads them. One loop without calls
    of our own, since it runs for every record.
    """
    records: list[Record] = []
    errors: list[tuple[KafkaError, int]] = []
    found = [message for message in messages if message is not None]
    for message, headers in zip(found, _headers_of(found), strict=True):
        error, partition = message.error(), message.partition()
        if error is not None:
            errors.append((error, NO_PARTITION if partition is None else partition))
            continue
        window = windows.get(partition)  # type: ignore[arg-type]  # a record has a partition
        if window is None:
            continue
        key, value = message.key(), message.value()
        size_bytes = (len(key) if key else 0) + (len(value) if value else 0)
        if headers:
            size_bytes += sum(1 + len(name) + (len(content) if content else 0) for name, content in headers)
        record = Record(
            window,
            message.offset(),  # type: ignore[arg-type]  # a record has one
            key,
            value,
            headers or None,
            message.timestamp()[1],
            size_bytes,
            "a header name is not UTF-8" if headers is NOT_UTF_8 else None,
        )
        window.idle_offset = None
        window.consumed_records += 1
        window.consumed_bytes += size_bytes
        window.unfinished.append(record)
        records.append(record)
    return records, errors


def _headers_of(messages: Sequence[Message]) -> list[Headers | None]:
    """Each message's headers, asked for once and from C.

    For a name that is not UTF-8 `headers()` sets an exception and yet returns a list, with a null pointer in it. A
    caller in C checks for that and raises; Python's own call of a method, once it is hot, does not, and the process
    dies at the first touch. A second call returns that list without any exception.
    """
    found: list[Headers | None] = []
    asked = cast("map[Headers | None]", map(Message.headers, messages))
    while len(found) < len(messages):
        try:
            found.extend(asked)
        except (SystemError, UnicodeDecodeError):
            found.append(NOT_UTF_8)
    return found
