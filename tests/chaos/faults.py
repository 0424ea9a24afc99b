"""Pure: what the chaos model does with each record, decided by the record's number alone.

The model server acts on it and the ledger expects it, so both sides know the right outcome of every record without
talking to each other.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from chaos.ledger import Expected, Sent

NUMBER = re.compile(rb'\{"id":(\d+),')
FOR_EVER = 1_000_000


class Kind(Enum):
    """What an attempt at a record meets."""

    REFUSED = "400"
    OVERLOADED = "429"  # with Retry-After: 1
    FAILED = "500"
    UNAVAILABLE = "503"
    GARBAGE = "garbage"  # bytes that are not HTTP
    TRUNCATED = "truncated"  # half a body, then the connection closes
    RESET = "reset"  # the connection closes instead of an answer
    HANG = "hang"  # no answer, ever
    SLOW = "slow"  # an answer, late
    TOO_LARGE = "too large"  # a body above the output topic's limit
    BARELY_TOO_LARGE = "barely too large"  # a body just within it, so that the record with its headers is not
    GIVEN_UP = "500 for ever"


_TIMES = {
    Kind.REFUSED: FOR_EVER,
    Kind.OVERLOADED: 2,
    Kind.FAILED: 2,
    Kind.UNAVAILABLE: 2,
    Kind.TOO_LARGE: FOR_EVER,
    Kind.BARELY_TOO_LARGE: FOR_EVER,
    Kind.GIVEN_UP: FOR_EVER,
}
ENDS_AS_ERROR = frozenset({Kind.REFUSED, Kind.TOO_LARGE, Kind.BARELY_TOO_LARGE, Kind.GIVEN_UP})


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Which share of the records meets which fault, per million; the seed decides which records."""

    seed: int = 0
    per_million: Mapping[Kind, int] = field(default_factory=dict)
    large_bytes: int = 0  # the output topic's max.message.bytes, where bodies shall be too large for it

    def kind_of(self, number: int) -> Kind | None:
        """The record's fault, if it has one."""
        drawn = zlib.crc32(b"%d/%d" % (self.seed, number)) % 1_000_000
        for kind, share in self.per_million.items():
            if drawn < share:
                return kind
            drawn -= share
        return None

    def attempt(self, number: int, attempts_before: int) -> Kind | None:
        """What this attempt meets: the fault, until the record had it often enough."""
        kind = self.kind_of(number)
        return kind if kind and attempts_before < _TIMES.get(kind, 1) else None

    def expected(self, sent: Sent) -> Expected:
        """The outcome that the worker owes for this record."""
        if sent.value is None:
            return Expected("error", (b"",))
        kind = self.kind_of(sent.number) if sent.value else None
        if kind not in ENDS_AS_ERROR:
            return Expected("output", (answer(sent.value),))
        if kind in (Kind.TOO_LARGE, Kind.BARELY_TOO_LARGE):
            return Expected("error", (b"", sent.value))
        return Expected("error", (error_answer(sent.value),))


def number_of(value: bytes) -> int | None:
    found = NUMBER.match(value)
    return int(found[1]) if found else None


def answer(value: bytes) -> bytes:
    """What the model makes of a record: its number, and a checksum that no other record has."""
    number = number_of(value)
    return b'{"id":%d,"score":%d}' % (-1 if number is None else number, zlib.crc32(value))


def error_answer(value: bytes) -> bytes:
    """The body beside a 4xx or 5xx."""
    return b'{"id":%d,"error":"as planned"}' % (number_of(value) or 0)
