"""Records come from the broker, as many as there is room for, and are committed once they are settled.

One thread owns the consumer: it polls, pauses, and runs the rebalance callbacks (`assignment.py`). It waits in `poll`
for the first record of a burst and takes the rest with `consume(n, 0)`, since `consume(n, t)` alone waits for n records
or t. Bursts go to the event loop as lists. Everything about the model and the producer happens there; what this thread
asks of it is the `LoopSide`.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Protocol

from confluent_kafka import KafkaError, TopicPartition

from penstock_worker.core.commits import CommitPolicy
from penstock_worker.errors import Refused
from penstock_worker.reasons import Reason
from penstock_worker.stages.assignment import Assignment, WindowSide, partitions_of
from penstock_worker.stages.intake import records_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from confluent_kafka import Consumer, Message

    from penstock_worker.core.offsets import Window
    from penstock_worker.core.pressure import Intake, Pressure
    from penstock_worker.counters import Counters
    from penstock_worker.messages import Record
    from penstock_worker.stages.commit import Commit
    from penstock_worker.start_lookup import StartLookup

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05
HOLD_STEP_SECONDS = 0.005
LEAVE_SECONDS = 0.2  # for the request to go out
OBSERVE_SECONDS = 1.0
TOPIC_ID_SECONDS = 30.0


class LoopSide(WindowSide, Protocol):
    """What the consumer thread asks of the event loop. Every method may be called from the consumer thread."""

    @property
    def wants_records(self) -> bool:
        """False while the breaker is open and there is a record at hand to probe with that was not tried yet."""

    def submit(self, records: list[Record]) -> None: ...


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
        self.lag_records: dict[int, int] = {}
        self.stopped_until = 0.0
        self._consumer = consumer
        self._topic = topic
        self._pressure = pressure
        self._commit = commit
        self._commit_policy = CommitPolicy()
        self._committed_at = 0.0
        self._counters = counters
        self._loop_side = loop_side
        self._drain_deadline: float | None = None
        self._rebuild_output_after: float | None = None
        self._observed_at = self._topic_checked_at = time.monotonic()
        self._assignment = Assignment(
            consumer,
            topic=topic,
            lookup=lookup,
            pressure=pressure,
            commit=commit,
            counters=counters,
            window_side=loop_side,
        )

    # --- asked by the event loop ---------------------------------------------------------------------------

    def drain(self, deadline: float) -> None:
        """Take nothing more, wait for what is in flight until the deadline (monotonic seconds), then leave."""
        self._drain_deadline = deadline

    def rebuild_output(self, backoff_seconds: float) -> None:
        """Start again from the committed offsets, after a pause."""
        self._rebuild_output_after = backoff_seconds

    @property
    def windows(self) -> dict[int, Window]:
        """Of the partitions assigned to this worker."""
        return self._assignment.windows

    @property
    def joined(self) -> bool:
        """The group has answered once, if only to say that no partition is left for this worker."""
        return self._assignment.joined

    @property
    def paused_partitions(self) -> int:
        return self._pressure.paused_partitions

    # --- the thread ----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until drained. Raises `Refused` or `KafkaException` when the worker cannot go on."""
        self._consumer.subscribe(
            [self._topic],
            on_assign=self._assignment.on_assign,
            on_revoke=self._assignment.on_revoke,
            on_lost=self._assignment.on_lost,
        )
        try:
            while not self._is_drained(time.monotonic()):
                self._turn(time.monotonic())
        finally:
            self._leave()

    def _turn(self, now: float) -> None:
        self.polled_at = now
        if self._rebuild_output_after is not None:
            self.stopped_until, self._rebuild_output_after = now + self._rebuild_output_after, None
            self._assignment.restart_all()
        stopped = self._drain_deadline is not None or now < self.stopped_until or not self._loop_side.wants_records
        awaits_answer = not self._commit.is_idle(now)
        self._take(self._pressure.decide(now, stopped=stopped, awaits_answer=awaits_answer))
        self._assignment.restart_outdated()
        self._commit_progress(now)
        if now - self._observed_at >= OBSERVE_SECONDS:
            self._observed_at = now
            self._observe_lag()
        if now - self._topic_checked_at >= TOPIC_ID_SECONDS:
            self._topic_checked_at = now
            self._assignment.check_topic_id()

    def _take(self, intake: Intake) -> None:
        if intake.pause:
            self._consumer.pause(partitions_of(intake.pause))
        if intake.resume:
            self._consumer.resume(partitions_of(intake.resume))
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
            self._assignment.reset(self.windows[partition])
            return
        log.warning("consumer error", extra={"cause": error.str(), "partition": partition})

    # --- commits ---------------------------------------------------------------------------------------------

    def _commit_progress(self, now: float) -> None:
        if not self.windows or not self._commit.is_idle(now):
            return
        if self._assignment.has_uncommitted_starts:  # the scaler sees no lag of a partition without a commit
            self._committed_at, self._assignment.has_uncommitted_starts = 0.0, False
        uncommitted = max(window.finished_records - window.committed_records for window in self.windows.values())
        if self._commit_policy.is_due(
            now=now,
            last_commit_at=self._committed_at,
            uncommitted_records=uncommitted,
            share_records=self._pressure.limits.share_records,
        ):
            self._committed_at = now
            progress = self._assignment.progress(self.windows.values())
            if progress:
                self._commit.send(progress, now)

    def _observe_lag(self) -> None:
        lag_records = {number: lag for number, lag in self.lag_records.items() if number in self.windows}
        for window in self.windows.values():
            _low, high = self._consumer.get_watermark_offsets(
                TopicPartition(self._topic, window.partition), cached=True
            )
            if high >= 0 and window.committed_offset is not None:
                lag_records[window.partition] = max(0, high - window.committed_offset)
        self.lag_records = lag_records

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
