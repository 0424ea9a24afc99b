"""What is to be reconciled when. Pure: time, in seconds of any monotonic clock, and chance are arguments.

Each key has at most one due time and is handed to at most one taker at a time; what is added while a key is in progress
comes after it. A key that failed is not due again before its own backoff is over.
"""

import heapq
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

FIRST_BACKOFF_SECONDS: Final = 0.5
LONGEST_BACKOFF_SECONDS: Final = 60.0


@dataclass(slots=True)
class Schedule(Generic[Key]):
    """Due times, keys in progress, and the failures of each key since its last success."""

    _due: dict[Key, float] = field(default_factory=dict)
    _heap: list[tuple[float, int, Key]] = field(default_factory=list)  # may hold times that `_due` no longer has
    _pushed: int = 0  # the first of equal times comes first
    _in_progress: dict[Key, float] = field(default_factory=dict)
    _failures: dict[Key, int] = field(default_factory=dict)
    _not_before: dict[Key, float] = field(default_factory=dict)

    def add(self, key: Key, due: float) -> None:
        """The earlier of two due times counts; neither is before the end of a backoff."""
        due = max(due, self._not_before.get(key, due))
        if due < self._due.get(key, float("inf")):
            self._due[key] = due
            self._pushed += 1
            heapq.heappush(self._heap, (due, self._pushed, key))

    def end_backoff(self, key: Key) -> None:
        """What failed may be tried at once: its cause may be gone."""
        self._not_before.pop(key, None)

    def take(self, now: float) -> Key | None:
        """A key that is due, from now on in progress; None while there is none."""
        busy: list[tuple[float, int, Key]] = []
        taken = None
        while taken is None and self._heap and self._heap[0][0] <= now:
            entry = heapq.heappop(self._heap)
            if not self._is_valid(entry):
                continue
            if entry[2] in self._in_progress:
                busy.append(entry)
            else:
                taken = entry[2]
        for entry in busy:
            heapq.heappush(self._heap, entry)
        if taken is not None:
            del self._due[taken]
            self._in_progress[taken] = now
        return taken

    def succeed(self, key: Key) -> None:
        self._in_progress.pop(key, None)
        self._failures.pop(key, None)
        self._not_before.pop(key, None)

    def fail(self, key: Key, now: float, chance: float, at_least_seconds: float = 0.0) -> float:
        """Schedules the next try and returns the seconds until it.

        `chance` in [0, 1) takes up to half of the backoff away, so that keys that failed together part.
        """
        self._in_progress.pop(key, None)
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        backoff = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2.0 ** min(failures, 10))
        wait = max(backoff * (1 - chance / 2), at_least_seconds)
        self._not_before[key] = now + wait
        self._due.pop(key, None)  # what was added meanwhile waits for the backoff as well
        self.add(key, now + wait)
        return wait

    def next_due(self) -> float | None:
        """When `take` could next give a key; None: not before something is added or done."""
        while self._heap and not self._is_valid(self._heap[0]):
            heapq.heappop(self._heap)
        if not self._heap or self._heap[0][2] not in self._in_progress:
            return self._heap[0][0] if self._heap else None
        free = (entry[0] for entry in self._heap if self._is_valid(entry) and entry[2] not in self._in_progress)
        return min(free, default=None)

    def waiting(self, now: float) -> int:
        """Keys that are due and not yet taken."""
        return sum(1 for due in self._due.values() if due <= now)

    def longest_in_progress_seconds(self, now: float) -> float:
        return max((now - since for since in self._in_progress.values()), default=0.0)

    @property
    def in_progress(self) -> int:
        return len(self._in_progress)

    def _is_valid(self, entry: tuple[float, int, Key]) -> bool:
        due, _, key = entry
        return self._due.get(key) == due
