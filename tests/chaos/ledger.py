"""Pure: what went in and what came out, compared record by record.

Every acknowledged input record has a number, an expected topic and expected values. The verdict counts what the worker
promises never to do. Identity is taken from the number that the record carries, then everything else must agree with
it: key, headers, value, and the place in the input that `penstock-source` names.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from support.kafka.records import Headers, Stored

ID_HEADER = "ledger-id"
OURS = "penstock-"
SOURCE_HEADER = "penstock-source"
TRUNCATED_HEADER = ("penstock-error-truncated", b"body,headers")  # such an error record lacks its input's headers
EXAMPLES = 5

_ID_IN_VALUE = re.compile(rb'"id":(\d+)')
Side = Literal["output", "error"]


@dataclass(frozen=True, slots=True)
class Sent:
    """One acknowledged input record. `incarnation` counts the topics that had the same name."""

    number: int
    topic: str
    incarnation: int
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    retained: bool = True  # False: the topic was deleted before the worker had to be done with it

    @property
    def source(self) -> bytes:
        return f"{self.topic}/{self.partition}/{self.offset}".encode()


@dataclass(frozen=True, slots=True)
class Expected:
    """Where a record must arrive, and with which values."""

    side: Side
    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of records; `examples` names the numbers of the first few of each kind."""

    acknowledged: int = 0
    delivered: int = 0
    lost: int = 0  # committed, and on no topic
    pending: int = 0  # not committed yet, and on no topic: nothing is wrong with that but the time it takes
    duplicated: int = 0  # arrivals beyond the first, output and error topic together
    out_of_order: int = 0  # first arrivals behind a later record of the same input partition and key
    changed: int = 0  # key, headers, value or source differ from what was expected
    errors_during_outage: int = 0  # on the error topic although the model accepts the record
    wrongly_accepted: int = 0  # on the output topic although the model refuses the record
    unknown: int = 0  # arrivals of what was never acknowledged: aborted transactions, inventions
    examples: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def judge(
    sent: Iterable[Sent],
    output: Sequence[Stored],
    error: Sequence[Stored],
    expected: Callable[[Sent], Expected],
    committed: Mapping[int, int] | None = None,
) -> Verdict:
    """Each of `output` and `error` in the order of its partitions' offsets.

    `committed`: the group's offset by input partition; without it everything is taken for committed.
    """
    by_number = {record.number: record for record in sent}
    sides: dict[Side, list[Arrival]] = {
        "output": _arrivals(output, by_number),
        "error": _arrivals(error, by_number),
    }
    arrived = Counter(a.sent.number for arrivals in sides.values() for a in arrivals if a.sent)
    missing = [record for record in by_number.values() if record.retained and not arrived[record.number]]
    found = {
        "lost": [record.number for record in missing if _is_committed(record, committed)],
        "pending": [record.number for record in missing if not _is_committed(record, committed)],
        "duplicated": [number for number, times in arrived.items() for _ in range(times - 1)],
        "out_of_order": [n for arrivals in sides.values() for n in _out_of_order(arrivals)],
        "changed": [n for side, arrivals in sides.items() for n in _changed(side, arrivals, expected)],
        "errors_during_outage": _misrouted(sides["error"], "output", expected),
        "wrongly_accepted": _misrouted(sides["output"], "error", expected),
        "unknown": [-1 for arrivals in sides.values() for a in arrivals if a.sent is None],
    }
    counts = {name: len(numbers) for name, numbers in found.items()}
    examples = {name: tuple(sorted(numbers)[:EXAMPLES]) for name, numbers in found.items() if numbers}
    return Verdict(acknowledged=len(by_number), delivered=len(arrived), examples=examples, **counts)


def _is_committed(record: Sent, committed: Mapping[int, int] | None) -> bool:
    return committed is None or record.offset < committed.get(record.partition, 0)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record of the output or error topic and the input record that it says it is."""

    stored: Stored
    sent: Sent | None


def _arrivals(stored: Sequence[Stored], by_number: Mapping[int, Sent]) -> list[Arrival]:
    by_source = {record.source: record for record in by_number.values()}
    return [Arrival(one, _identify(one, by_number, by_source)) for one in stored]


def _identify(stored: Stored, by_number: Mapping[int, Sent], by_source: Mapping[bytes, Sent]) -> Sent | None:
    """By the numbered header, else the number in the value, else the source: the first that it carries."""
    header = next((value for name, value in stored.headers if name == ID_HEADER), None)
    if header is not None and header.isdigit():
        return by_number.get(int(header))
    in_value = _ID_IN_VALUE.search(stored.value or b"")
    if in_value:
        return by_number.get(int(in_value[1]))
    return by_source.get(_source_of(stored))


def _source_of(stored: Stored) -> bytes:
    return next((value for name, value in stored.headers if name == SOURCE_HEADER and value), b"")


def _out_of_order(arrivals: Sequence[Arrival]) -> list[int]:
    """Per input partition and key, first arrivals must have ascending input offsets. Null keys have no order."""
    seen: set[int] = set()
    latest: dict[tuple[int, int, bytes], int] = {}
    late = []
    for sent in (arrival.sent for arrival in arrivals):
        if sent is None or sent.key is None or sent.number in seen:
            continue
        seen.add(sent.number)
        lane = (sent.incarnation, sent.partition, sent.key)
        if sent.offset < latest.get(lane, -1):
            late.append(sent.number)
        latest[lane] = max(sent.offset, latest.get(lane, -1))
    return late


def _changed(side: Side, arrivals: Sequence[Arrival], expected: Callable[[Sent], Expected]) -> list[int]:
    return [a.sent.number for a in arrivals if a.sent and not _is_faithful(side, a.stored, a.sent, expected(a.sent))]


def _is_faithful(side: Side, stored: Stored, sent: Sent, expected: Expected) -> bool:
    """A misrouted record's value is not judged: that it is misrouted is counted already."""
    return (
        stored.key == sent.key
        and _source_of(stored) == sent.source
        and _has_headers_of(stored, sent)
        and (side != expected.side or stored.value in expected.values)
    )


def _has_headers_of(stored: Stored, sent: Sent) -> bool:
    """The input's own headers, byte for byte in their order, and each of ours once."""
    ours = [name for name, _ in stored.headers if name.startswith(OURS)]
    if len(ours) != len(set(ours)):
        return False
    if TRUNCATED_HEADER in stored.headers:
        return True
    return _theirs(stored.headers) == _theirs(sent.headers)


def _theirs(headers: Headers) -> Headers:
    """What the input brought; names that start with ours are replaced by the worker's."""
    return tuple((name, value) for name, value in headers if not name.startswith(OURS))


def _misrouted(arrivals: Sequence[Arrival], side: Side, expected: Callable[[Sent], Expected]) -> list[int]:
    """Records among these that belong on the given side instead, each once."""
    return sorted({a.sent.number for a in arrivals if a.sent and expected(a.sent).side == side})
