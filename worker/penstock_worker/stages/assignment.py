"""Which partitions are ours, where each of them starts, and what becomes of their records when they go.

Belongs to the consumer thread: the callbacks of a rebalance run inside its calls. Everything about the model and the
producer happens on the event loop; what is asked of it here is the `WindowSide`.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from confluent_kafka import TopicPartition

from penstock_worker.core.starts import StartCause
from penstock_worker.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from confluent_kafka import Consumer

    from penstock_worker.core.offsets import Progress, Window
    from penstock_worker.core.pressure import Pressure
    from penstock_worker.counters import Counters
    from penstock_worker.stages.commit import Commit
    from penstock_worker.start_lookup import Resolved, StartLookup

log = logging.getLogger(__name__)

RELEASE_SECONDS = 5.0  # what a rebalance waits for requests on the wire
START_LOOKUP_SECONDS = 45.0  # below the 60 s after which liveness gives up
START_LOOKUP_PAUSE_SECONDS = 1.0


class WindowSide(Protocol):
    """The event loop's side of a window. Every method may be called from the consumer thread."""

    def make_window(self, topic: str, partition: int, committed_offset: int | None) -> Window: ...

    def release(self, windows: Sequence[Window], timeout_seconds: float) -> None:
        """Blocks: stop sending records of these windows, wait for answers and deliveries, then declare them dead."""

    def discard(self, windows: Sequence[Window]) -> None:
        """Blocks: declare these windows dead at once."""


class Assignment:
    """The windows of the partitions that the group has given to this worker, by partition."""

    def __init__(
        self,
        consumer: Consumer,
        *,
        topic: str,
        lookup: StartLookup,
        pressure: Pressure,
        commit: Commit,
        counters: Counters,
        window_side: WindowSide,
    ) -> None:
        self.joined = False
        self.has_uncommitted_starts = False
        self.windows: dict[int, Window] = {}
        self._consumer = consumer
        self._topic = topic
        self._lookup = lookup
        self._pressure = pressure
        self._commit = commit
        self._counters = counters
        self._window_side = window_side
        self._outdated: list[Window] = []  # of a topic that was deleted and created again

    def progress(self, windows: Iterable[Window]) -> list[Progress]:
        """What may be committed. Windows with nothing in flight are at the consumer's position."""
        idle = [window for window in windows if not window.unfinished]
        if idle:
            for position in self._consumer.position(partitions_of(idle)):
                if position.offset >= 0:
                    self.windows[position.partition].idle_offset = position.offset
        return [progress for progress in (window.progress() for window in windows) if progress is not None]

    # --- the group's callbacks -------------------------------------------------------------------------------

    def on_assign(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._counters.rebalances += 1
        self.joined = True
        self._start([partition.partition for partition in partitions])

    def on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._counters.rebalances += 1
        windows = self._windows_of(partitions)
        self._window_side.release(windows, RELEASE_SECONDS)
        self._commit.send_and_wait(self.progress(windows))
        self._forget(windows)
        consumer.incremental_unassign(partitions)

    def on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """The group has given these to somebody else already: commit nothing."""
        self._counters.rebalances += 1
        windows = self._windows_of(partitions)
        self._window_side.discard(windows)
        self._forget(windows)
        consumer.incremental_unassign(partitions)

    # --- starts ----------------------------------------------------------------------------------------------

    def _start(self, partitions: Sequence[int]) -> None:
        resolved = self._resolve(partitions)
        self._commit.metadata = self._lookup.metadata.encode()
        for each in resolved:
            committed = each.committed_offset if each.start.cause is StartCause.RESUMED else None
            window = self._window_side.make_window(self._topic, each.partition, committed)
            window.idle_offset = each.start_offset
            self.windows[each.partition] = window
            self._report(each)
        at = [TopicPartition(self._topic, each.partition, each.start_offset) for each in resolved]
        self._consumer.incremental_assign(at)
        self._consumer.resume(at)  # librdkafka remembers a pause beyond the assignment it was made in
        self._pressure.assigned(self.windows.values())
        self.has_uncommitted_starts = True

    def _resolve(self, partitions: Sequence[int]) -> list[Resolved]:
        deadline = time.monotonic() + START_LOOKUP_SECONDS
        topic_id_before = self._lookup.topic_id
        while True:
            try:
                resolved = self._lookup.resolve(partitions)
                break
            except Refused as refused:
                if time.monotonic() >= deadline:
                    raise
                log.warning("start of partitions not known yet", extra={"cause": str(refused)})
                time.sleep(START_LOOKUP_PAUSE_SECONDS)
        if topic_id_before not in (None, self._lookup.topic_id):
            self._outdated = [window for window in self.windows.values() if window.partition not in partitions]
        return resolved

    def _report(self, resolved: Resolved) -> None:
        start = resolved.start
        self._counters.expired_records += start.expired_records
        level = logging.INFO if start.cause in (StartCause.RESUMED, StartCause.SUBSCRIBED) else logging.WARNING
        extra = {"partition": resolved.partition, "offset": start.offset, "cause": start.cause.value}
        log.log(level, "partition starts", extra=extra)

    def _restart(self, windows: Sequence[Window], *, commit: bool = False) -> None:
        """Drop what is in flight of these windows and start them anew from what is committed."""
        self._window_side.discard(windows)
        if commit:
            self._commit.send_and_wait(self.progress(windows))
        self._forget(windows)
        self._consumer.incremental_unassign(partitions_of(windows))
        self._start([window.partition for window in windows])

    def reset(self, window: Window) -> None:
        """The position is outside the topic. Where retention overtook it, what was read before is still finished."""
        (resolved,) = self._resolve([window.partition])
        if resolved.start.cause is not StartCause.EXPIRED:
            self._restart([window])
            return
        at = TopicPartition(self._topic, window.partition, resolved.start_offset)
        (position,) = self._consumer.position([at])
        skipped = resolved.start_offset - position.offset if position.offset >= 0 else resolved.start.expired_records
        self._report(replace(resolved, start=replace(resolved.start, expired_records=max(0, skipped))))
        self._consumer.incremental_unassign([at])
        window.idle_offset = resolved.start_offset
        self._consumer.incremental_assign([at])

    def restart_outdated(self) -> None:
        """The topic was found to be another one while some of its partitions were started."""
        if not self._outdated:
            return
        outdated, self._outdated = self._outdated, []
        self._restart([window for window in outdated if self.windows.get(window.partition) is window])

    def restart_all(self) -> None:
        """The output is made anew: everything in flight starts again from what is committed."""
        self._restart(list(self.windows.values()), commit=True)

    def check_topic_id(self) -> None:
        """Offsets of a deleted topic would silently skip records of its successor, without any error."""
        before = self._lookup.topic_id
        if before is None or not self.windows:
            return
        try:
            now = self._lookup.fetch_topic_id()
        except Refused:
            return
        if now is not None and now != before:
            self._restart(list(self.windows.values()))

    def _windows_of(self, partitions: Iterable[TopicPartition]) -> list[Window]:
        return [self.windows[each.partition] for each in partitions if each.partition in self.windows]

    def _forget(self, windows: Iterable[Window]) -> None:
        for window in windows:
            del self.windows[window.partition]
        self._pressure.assigned(self.windows.values())


def partitions_of(windows: Iterable[Window]) -> list[TopicPartition]:
    return [TopicPartition(window.topic, window.partition) for window in windows]
