"""Calls that wait for their next try, soonest first."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock_worker.messages import Call


class Delays:
    """A heap of calls by due time (monotonic seconds). Bounded by what may be in flight."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Call]] = []
        self._sequence = 0

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def next_at(self) -> float | None:
        return self._heap[0][0] if self._heap else None

    def add(self, due_at: float, call: Call) -> None:
        self._sequence += 1
        heapq.heappush(self._heap, (due_at, self._sequence, call))

    def take_due(self, now: float) -> list[Call]:
        """Remove and return the calls whose time has come."""
        due = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[2])
        return due

    def take_all(self) -> list[Call]:
        calls = [call for _, _, call in sorted(self._heap)]
        self._heap.clear()
        return calls

    def keep(self, refit: Callable[[Call], Call | None]) -> None:
        """Replace each call by what `refit` makes of it; None removes it."""
        kept = ((due_at, sequence, refit(call)) for due_at, sequence, call in self._heap)
        self._heap = [(due_at, sequence, call) for due_at, sequence, call in kept if call is not None]
        heapq.heapify(self._heap)
