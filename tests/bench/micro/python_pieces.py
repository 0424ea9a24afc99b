"""Plain Python between the stages: lanes, offsets, header values, the record object, crossing from thread to loop."""

import asyncio
import collections
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import uvloop

from bench.micro.stopwatch import Finding, cost

WINDOW = 2000


class PlainSlots:
    __slots__ = ("headers", "key", "offset", "partition", "value")

    def __init__(self, key: Any, value: bytes, headers: Any, partition: int, offset: int) -> None:
        self.key = key
        self.value = value
        self.headers = headers
        self.partition = partition
        self.offset = offset


@dataclass(slots=True)
class Slotted:
    key: Any
    value: bytes
    headers: Any
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Frozen:
    key: Any
    value: bytes
    headers: Any
    partition: int
    offset: int


class Named(NamedTuple):
    key: Any
    value: bytes
    headers: Any
    partition: int
    offset: int


LANES = {
    "dict by (partition, key)": "lane = (3, key); lanes.get(lane); lanes[lane] = None; del lanes[lane]",
    "dict of partition, dict of key": "of = by_partition[3]; of.get(key); of[key] = None; del of[key]",
    "setdefault on the partition's dict": "of = by_partition[3]; of.setdefault(key, None); del of[key]",
}

# Each marks a window of offsets finished, every pair swapped: neighbours overtake, as answers do.
FINISH = {
    "set of those ahead": """
ahead, next_offset = set(), 0
for offset in order:
    if offset != next_offset:
        ahead.add(offset)
        continue
    next_offset += 1
    while next_offset in ahead:
        ahead.discard(next_offset)
        next_offset += 1
""",
    "insertion-ordered dict, next(iter())": """
pending = dict.fromkeys(range(len(order)))
for offset in order:
    del pending[offset]
    smallest = next(iter(pending), None)
""",
    "insertion-ordered dict, smallest read once": """
pending = dict.fromkeys(range(len(order)))
for offset in order:
    del pending[offset]
smallest = next(iter(pending), None)
""",
    "deque of records with a flag": """
window = deque([offset, False] for offset in range(len(order)))
records = list(window)
for offset in order:
    records[offset][1] = True
while window and window[0][1]:
    window.popleft()
""",
}


def findings() -> Iterator[Finding]:
    order = [offset ^ 1 for offset in range(WINDOW)]
    key = b"customer-4711"
    for variant, statement in LANES.items():
        names: dict[str, Any] = {"key": key, "lanes": {}, "by_partition": {3: {}}}
        yield Finding("lane: look up, take, release", variant, cost(statement, **names))
    for variant, statement in FINISH.items():
        yield Finding("offset finished", variant, cost(statement, order=order, deque=collections.deque) / WINDOW)
    for variant, kind in (
        ("tuple display", None),
        ("NamedTuple", Named),
        ("class with __slots__", PlainSlots),
        ("dataclass(slots)", Slotted),
        ("dataclass(frozen, slots)", Frozen),
    ):
        statement = "(k, v, None, 3, 4711)" if kind is None else "kind(k, v, None, 3, 4711)"
        yield Finding("make a record object", variant, cost(statement, kind=kind, k=key, v=b"value"))
    for variant, statement in (
        ('f"{prefix}{offset}"', 'f"{prefix}{offset}"'),
        ('b"%b%d" % (prefix, offset)', 'b"%b%d" % (raw, offset)'),
        ("str(milliseconds)", "str(milliseconds)"),
        ('b"%d" % milliseconds', 'b"%d" % milliseconds'),
    ):
        names = {"prefix": "transactions/3/", "raw": b"transactions/3/", "offset": 4711, "milliseconds": 1795252920123}
        yield Finding("render a header value", variant, cost(statement, **names))
    yield from _crossing()


def _crossing() -> Iterator[Finding]:
    """The price of the call alone: the loop is not running, so nothing is called."""
    for variant, loop in (("uvloop", uvloop.new_event_loop()), ("asyncio", asyncio.new_event_loop())):
        yield Finding(
            "call_soon_threadsafe, per call", variant, cost("schedule(print)", schedule=loop.call_soon_threadsafe)
        )
        loop.close()
