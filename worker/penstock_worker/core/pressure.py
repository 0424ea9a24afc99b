"""How much may be in flight, and what to do when it is: hold, pause one partition, or pause all.

Not calling consume costs nothing and is the first answer. `pause()` throws away what was prefetched and can delay
the first record after `resume()` by a second, so it is kept for partitions that stand still, and for holds so long
that the consumer must poll to stay in its group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock_worker.core.offsets import Window

LEAST_SHARE_RECORDS = 100
BURST_RECORDS = 500
MOST_RESERVE_RECORDS = 64
LONGEST_HOLD_SECONDS = 2.0
STANDSTILL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker may have in flight, and each partition's share of it."""

    records: int
    size_bytes: int
    share_records: int
    share_bytes: int

    @property
    def reserve_records(self) -> int:
        """Kept free for records that come along while a commit's answer is polled for."""
        return min(MOST_RESERVE_RECORDS, self.records // 10)

    @classmethod
    def for_partitions(cls, partitions: int, *, records: int, size_bytes: int) -> Limits:
        share = max(LEAST_SHARE_RECORDS, records // max(1, partitions))
        return cls(
            records=max(records, LEAST_SHARE_RECORDS * partitions),
            size_bytes=size_bytes,
            share_records=share,
            share_bytes=size_bytes // max(1, partitions),
        )


@dataclass(frozen=True, slots=True)
class Intake:
    """The decision for one turn of the consumer thread.

    `records`: how many may be consumed now; 0 means hold. `poll`: poll with every partition paused. `serve`: poll for
    the answer to a commit, which brings at most one record along. `pause` and `resume` name partitions.
    """

    records: int
    poll: bool = False
    serve: bool = False
    pause: tuple[Window, ...] = ()
    resume: tuple[Window, ...] = ()


@dataclass(slots=True)
class Pressure:
    """Decides each turn's intake from what is in flight. `now` is monotonic seconds."""

    records: int
    size_bytes: int
    limits: Limits = field(init=False)
    _windows: dict[Window, _Watch] = field(default_factory=dict)
    _held_since: float | None = None
    _holding: bool = False

    def __post_init__(self) -> None:
        self.limits = Limits.for_partitions(0, records=self.records, size_bytes=self.size_bytes)

    def assigned(self, windows: Iterable[Window]) -> None:
        """The worker now owns exactly these windows."""
        self._windows = {window: self._windows.get(window, _Watch()) for window in windows}
        self.limits = Limits.for_partitions(len(self._windows), records=self.records, size_bytes=self.size_bytes)
        self._held_since = None

    @property
    def paused_partitions(self) -> int:
        return sum(watch.paused for watch in self._windows.values())

    def decide(self, now: float, *, stopped: bool, awaits_answer: bool) -> Intake:
        """`stopped`: nothing may be taken for an unknown time (open breaker), so partitions are paused at once.
        `awaits_answer`: a commit is in flight, whose answer makes room and only comes by polling.
        """
        in_flight_records = sum(window.in_flight_records for window in self._windows)
        in_flight_bytes = sum(window.in_flight_bytes for window in self._windows)
        room = self._room(in_flight_records, in_flight_bytes)
        if room and not stopped:
            self._held_since = None
            return self._take(now, room)
        if self._held_since is None:
            self._held_since = now
        no_reserve = in_flight_records >= self.limits.records or in_flight_bytes >= self.limits.size_bytes
        if stopped or now - self._held_since >= LONGEST_HOLD_SECONDS or (awaits_answer and no_reserve):
            return Intake(0, poll=True, pause=self._pause(self._windows))
        return Intake(0, serve=awaits_answer)

    def _room(self, in_flight_records: int, in_flight_bytes: int) -> int:
        """Records that may still be taken. Once full, three quarters must be in use before more is taken: bursts."""
        limits = self.limits
        if in_flight_bytes >= limits.size_bytes:
            self._holding = True
            return 0
        room = limits.records - limits.reserve_records - in_flight_records
        if self._holding and room * 4 < limits.records:
            return 0
        self._holding = room <= 0
        return max(0, min(room, BURST_RECORDS))

    def _take(self, now: float, room: int) -> Intake:
        stuck = [
            window for window, watch in self._windows.items() if not watch.paused and self._is_stuck(window, watch, now)
        ]
        resume = [window for window, watch in self._windows.items() if watch.paused and self._is_below_half(window)]
        for window in resume:
            self._windows[window].paused = False
        return Intake(room, pause=self._pause(stuck), resume=tuple(resume))

    def _pause(self, windows: Iterable[Window]) -> tuple[Window, ...]:
        chosen = tuple(window for window in windows if not self._windows[window].paused)
        for window in chosen:
            self._windows[window].paused = True
        return chosen

    def _is_stuck(self, window: Window, watch: _Watch, now: float) -> bool:
        """At its share and not moving: a record of it waits for a retry, or the model is slow."""
        limits = self.limits
        over = window.in_flight_records >= limits.share_records or window.in_flight_bytes >= limits.share_bytes
        if not over or watch.finished_records != window.finished_records:
            watch.finished_records, watch.moved_at = window.finished_records, now
            return False
        return now - watch.moved_at >= STANDSTILL_SECONDS

    def _is_below_half(self, window: Window) -> bool:
        limits = self.limits
        return window.in_flight_records * 2 <= limits.share_records and window.in_flight_bytes * 2 <= limits.share_bytes


@dataclass(slots=True)
class _Watch:
    finished_records: int = 0
    moved_at: float = 0.0
    paused: bool = False
