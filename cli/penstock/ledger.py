"""Which records were fed, and which of them were answered: the arithmetic behind `input = output + error`. Pure.

An answer names its input record in `penstock-source`, so a duplicate (at-least-once allows them) is counted as one, and
answers to what somebody else wrote to the topic are kept apart. An answer may be read before the delivery report of its
record; it then waits here.
"""

from collections import Counter
from dataclasses import dataclass
from typing import NewType

from penstock.offset_ranges import OffsetRanges

Kind = NewType("Kind", str)
OUTPUT, ERROR = Kind("output"), Kind("error")

MAX_EARLY_RECORDS = 100_000  # beyond it the oldest are taken for somebody else's


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer's input record lies."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Counts:
    """`input` is what was fed; `output` and `error` are its answers, each record once."""

    input: int = 0
    output: int = 0
    error: int = 0

    @property
    def unanswered(self) -> int:
        return self.input - self.output - self.error


class Ledger:
    """Everything fed and everything answered in this run."""

    def __init__(self) -> None:
        self.duplicates = 0
        self._fed: dict[int, OffsetRanges] = {}
        self._answered: dict[int, OffsetRanges] = {}
        self._own: Counter[Kind] = Counter()
        self._all: Counter[Kind] = Counter()
        self._early: dict[Source, Kind] = {}
        self._input = 0

    def fed(self, source: Source) -> None:
        """The broker acknowledged one of our records."""
        self._input += 1
        self._fed.setdefault(source.partition, OffsetRanges()).add(source.offset)
        kind = self._early.pop(source, None)
        if kind is not None:
            self._own[kind] += 1

    def answered(self, kind: Kind, source: Source) -> bool:
        """An answer was read. False for a duplicate."""
        if not self._answered.setdefault(source.partition, OffsetRanges()).add(source.offset):
            self.duplicates += 1
            return False
        self._all[kind] += 1
        if source.offset in self._fed.get(source.partition, ()):
            self._own[kind] += 1
        else:
            self._wait_for_report(kind, source)
        return True

    def _wait_for_report(self, kind: Kind, source: Source) -> None:
        self._early[source] = kind
        if len(self._early) > MAX_EARLY_RECORDS:
            del self._early[next(iter(self._early))]

    def answered_until(self, source: Source) -> int:
        """The first offset from this one on whose answer was not read yet."""
        answered = self._answered.get(source.partition)
        return answered.end_of(source.offset) if answered else source.offset

    @property
    def counts(self) -> Counts:
        """Our own records."""
        return Counts(self._input, self._own[OUTPUT], self._own[ERROR])

    @property
    def answers_to_others(self) -> int:
        """Answers to records that this run did not feed, such as an older backlog."""
        return self._all.total() - self._own.total()

    def read(self, kind: Kind) -> int:
        """Answers read, whoever fed their records."""
        return self._all[kind]
