"""Records come from the broker, as many as there is room for; partitions come and go.

One thread owns the consumer: it polls, pauses, and runs the rebalance callbacks. It waits in `poll` for the first
record of a burst and takes the rest with `consume(n, 0)`, since `consume(n, t)` alone waits for n records or t.
Bursts go to the event loop as lists. Everything about the model and the producer happens there; what this thread
asks of it is the `LoopSide`.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from confluent_kafka import KafkaError, TopicPartition

from penstock_worker.core.commits import CommitPolicy
from penstock_worker.core.starts import StartCause
from penstock_worker.errors import Refused
from penstock_worker.reasons import Reason
from penstock_worker.stages.intake import records_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from confluent_kafka import Consumer, Message

    from penstock_worker.core.offsets import Progress, Window
    from penstock_worker.core.pressure import Intake, Pressure
    from penstock_worker.counters import Counters
    from penstock_worker.messages import Record
    from penstock_worker.stages.commit import Commit
    from penstock_worker.start_lookup import Resolved, StartLookup

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05
HOLD_STEP_SECONDS = 0.005
LEAVE_SECONDS = 0.2  # for the request to go out
RELEASE_SECONDS = 5.0  # what a rebalance waits for requests on the wire
OBSERVE_SECONDS = 1.0
TOPIC_ID_SECONDS = 30.0
START_LOOKUP_SECONDS = 45.0  # below the 60 s after which liveness gives up
START_LOOKUP_PAUSE_SECONDS = 1.0


class LoopSide(Protocol):
    """What the consumer thread asks of the event loop. Every method may be called from the consumer thread."""

    @property
    def wants_records(self) -> bool:
        """False while the breaker is open and there is a record at hand to probe with that was not tried yet."""

    def submit(self, records: list[Record]) -> None: ...

    def make_window(self, topic: str, partition: int, committed_offset: int | None) -> Window: ...

    def release(self, windows: Sequence[Window], timeout_seconds: float) -> None:
        """Blocks: stop sending records of these windows, wait for answers and deliveries, then declare them dead."""

    def discard(self, windows: Sequence[Window]) -> None:
        """Blocks: declare these windows dead at once."""


class Consume:
    """The consumer thread."""

    def __init__(
        self,
        consumer: Consumer,
        *,
        topic: str,
        lookup: StartLookup,
        pressure: Pressure,
        commit: Commit,
        counters: Counters,
        loop_side: LoopSide,
    ) -> None:
        self.polled_at = time.monotonic()
        self.joined = False
        self.windows: dict[int, Window] = {}
        self.lag_records: dict[int, int] = {}
        self.stopped_until = 0.0
        self._consumer = consumer
        self._topic = topic
        self._lookup = lookup
        self._pressure = pressure
        self._commit = commit
        self._commit_policy = CommitPolicy()
        self._committed_at = 0.0
        self._counters = counters
        self._loop_side = loop_side
        self._drain_deadline: float | None = None
        self._rebuild_output_after: float | None = None
        self._observed_at = self._topic_checked_at = time.monotonic()
        self._outdated: list[Window] = []  # of a topic that was deleted and created again
        self._stop = threading.Event()

    # --- asked by the event loop ---------------------------------------------------------------------------

    def drain(self, deadline: float) -> None:
        """Take nothing more, wait for what is in flight until the deadline (monotonic seconds), then leave."""
        self._drain_deadline = deadline

    def rebuild_output(self, backoff_seconds: float) -> None:
        """Start again from the committed offsets, after a pause."""
        self._rebuild_output_after = backoff_seconds

    @property
    def paused_partitions(self) -> int:
        return self._pressure.paused_partitions

    # --- the thread ----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until drained. Raises `Refused` or `KafkaException` when the worker cannot go on."""
        self._consumer.subscribe(
            [self._topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )
        try:
            while not self._is_drained(time.monotonic()):
                self._turn(time.monotonic())
        finally:
            self._leave()

    def _turn(self, now: float) -> None:
        self.polled_at = now
        if self._rebuild_output_after is not None:
            self._rebuild_for_output(now)
        stopped = self._drain_deadline is not None or now < self.stopped_until or not self._loop_side.wants_records
        awaits_answer = not self._commit.is_idle(now)
        self._take(self._pressure.decide(now, stopped=stopped, awaits_answer=awaits_answer))
        if self._outdated:
            self._restart_outdated()
        self._commit_progress(now)
        if now - self._observed_at >= OBSERVE_SECONDS:
            self._observed_at = now
            self._observe_lag()
        if now - self._topic_checked_at >= TOPIC_ID_SECONDS:
            self._topic_checked_at = now
            self._check_topic_id()

    def _take(self, intake: Intake) -> None:
        if intake.pause:
            self._consumer.pause(_partitions(intake.pause))
        if intake.resume:
            self._consumer.resume(_partitions(intake.resume))
        if intake.records:
            self._take_burst(intake.records)
        elif intake.poll:
            self._accept(self._consumer.poll(POLL_SECONDS))
        else:
            time.sleep(HOLD_STEP_SECONDS)
            if intake.serve:
                self._accept(self._consumer.poll(0))

    def _take_burst(self, most_records: int) -> None:
        first = self._consumer.poll(POLL_SECONDS)
        if first is None:
            return
        # Into its window at once: `consume` may run a revocation, whose commit counts everything delivered before.
        records, errors = records_of([first], self.windows)
        if most_records > 1:
            more_records, more_errors = records_of(self._consumer.consume(most_records - 1, 0), self.windows)
            records += more_records
            errors += more_errors
        self._hand_over(records, errors)

    def _accept(self, message: Message | None) -> None:
        self._hand_over(*records_of([message], self.windows))

    def _hand_over(self, records: list[Record], errors: Iterable[tuple[KafkaError, int]]) -> None:
        """Errors are acted on after the records before them are in their windows."""
        if records:
            self._counters.consumed_records += len(records)
            self._loop_side.submit(records)
        for error, partition in errors:
            self._on_error(error, partition)

    def _on_error(self, error: KafkaError, partition: int) -> None:
        if error.fatal():
            raise Refused(Reason.CLIENT_FATAL, f"the consumer cannot go on: {error.str()}")
        if error.code() == KafkaError._AUTO_OFFSET_RESET and partition in self.windows:
            self._reset(self.windows[partition])
            return
        log.warning("consumer error", extra={"cause": error.str(), "partition": partition})

    # --- commits ---------------------------------------------------------------------------------------------

    def _commit_progress(self, now: float) -> None:
        if not self.windows or not self._commit.is_idle(now):
            return
        uncommitted = max(window.finished_records - window.committed_records for window in self.windows.values())
        if self._commit_policy.is_due(
            now=now,
            last_commit_at=self._committed_at,
            uncommitted_records=uncommitted,
            share_records=self._pressure.limits.share_records,
        ):
            self._committed_at = now
            progress = self._progress(self.windows.values())
            if progress:
                self._commit.send(progress, now)

    def _progress(self, windows: Iterable[Window]) -> list[Progress]:
        """What may be committed. Windows with nothing in flight are at the consumer's position."""
        idle = [window for window in windows if not window.unfinished]
        if idle:
            for position in self._consumer.position(_partitions(idle)):
                if position.offset >= 0:
                    self.windows[position.partition].idle_offset = position.offset
        return [progress for progress in (window.progress() for window in windows) if progress is not None]

    # --- partitions come and go ------------------------------------------------------------------------------

    def _on_assign(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._counters.rebalances += 1
        self.joined = True
        self._start([partition.partition for partition in partitions])

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._counters.rebalances += 1
        windows = self._windows_of(partitions)
        self._loop_side.release(windows, RELEASE_SECONDS)
        self._commit.send_and_wait(self._progress(windows))
        self._forget(windows)
        consumer.incremental_unassign(partitions)

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """The group has given these to somebody else already: commit nothing."""
        self._counters.rebalances += 1
        windows = self._windows_of(partitions)
        self._loop_side.discard(windows)
        self._forget(windows)
        consumer.incremental_unassign(partitions)

    def _start(self, partitions: Sequence[int]) -> None:
        resolved = self._resolve(partitions)
        self._commit.metadata = self._lookup.metadata.encode()
        for each in resolved:
            committed = each.committed_offset if each.start.cause is StartCause.RESUMED else None
            window = self._loop_side.make_window(self._topic, each.partition, committed)
            window.idle_offset = each.start_offset
            self.windows[each.partition] = window
            self._report(each)
        at = [TopicPartition(self._topic, each.partition, each.start_offset) for each in resolved]
        self._consumer.incremental_assign(at)
        self._consumer.resume(at)  # librdkafka remembers a pause beyond the assignment it was made in
        self._pressure.assigned(self.windows.values())
        self._committed_at = 0.0

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
        self._loop_side.discard(windows)
        if commit:
            self._commit.send_and_wait(self._progress(windows))
        self._forget(windows)
        self._consumer.incremental_unassign(_partitions(windows))
        self._start([window.partition for window in windows])

    def _reset(self, window: Window) -> None:
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

    def _restart_outdated(self) -> None:
        outdated, self._outdated = self._outdated, []
        self._restart([window for window in outdated if self.windows.get(window.partition) is window])

    def _rebuild_for_output(self, now: float) -> None:
        backoff_seconds, self._rebuild_output_after = self._rebuild_output_after or 0.0, None
        self.stopped_until = now + backoff_seconds
        self._restart(list(self.windows.values()), commit=True)

    def _check_topic_id(self) -> None:
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
            self.lag_records.pop(window.partition, None)
        self._pressure.assigned(self.windows.values())

    def _observe_lag(self) -> None:
        for window in list(self.windows.values()):
            _low, high = self._consumer.get_watermark_offsets(
                TopicPartition(self._topic, window.partition), cached=True
            )
            if high >= 0 and window.committed_offset is not None:
                self.lag_records[window.partition] = max(0, high - window.committed_offset)

    # --- the end -----------------------------------------------------------------------------------------------

    def _is_drained(self, now: float) -> bool:
        if self._drain_deadline is None:
            return False
        return now >= self._drain_deadline or not any(window.unfinished for window in self.windows.values())

    def _leave(self) -> None:
        """Give the partitions back: `close` revokes them, which finishes what can be finished and commits it."""
        if not self.windows:
            # Without an assignment `close` alone sends no LeaveGroup, and a rebalance would wait for this member until
            # its session times out.
            self._consumer.unsubscribe()
            self._consumer.poll(LEAVE_SECONDS)
        self._consumer.close()


def _partitions(windows: Iterable[Window]) -> list[TopicPartition]:
    return [TopicPartition(window.topic, window.partition) for window in windows]
