"""Offsets go to the broker, last of all, and only those that `core/offsets` says are safe.

Belongs to the consumer thread. Commits are asynchronous, one in flight at a time; librdkafka puts the broker's answer
ahead of prefetched records, so the next `poll` brings it. Only a rebalance waits for its commit.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException, TopicPartition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confluent_kafka import Consumer, KafkaError

    from penstock_worker.core.offsets import Progress
    from penstock_worker.counters import Counters

log = logging.getLogger(__name__)

ANSWER_SECONDS = 60.0  # librdkafka answers every commit; this only guards against waiting for ever


class Commit:
    """`on_commit` must be the consumer's callback of that name."""

    def __init__(self, counters: Counters) -> None:
        self.consumer: Consumer
        self.metadata = ""
        self._counters = counters
        self._in_flight: Sequence[Progress] = ()
        self._sent_at = 0.0

    def is_idle(self, now: float) -> bool:
        return not self._in_flight or now - self._sent_at > ANSWER_SECONDS

    def send(self, progress: Sequence[Progress], now: float) -> None:
        """Only while idle."""
        try:
            self.consumer.commit(offsets=self._offsets(progress), asynchronous=True)
        except KafkaException as error:
            self._failed(error.args[0])
            return
        self._in_flight, self._sent_at = progress, now

    def on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        """The broker's answer to `send`, served by `poll`."""
        progress, self._in_flight = self._in_flight, ()
        refused = error or next((each.error for each in partitions if each.error), None)
        if refused is not None:
            self._failed(refused)
        else:
            self._acknowledged(progress)

    def send_and_wait(self, progress: Sequence[Progress]) -> None:
        """Blocks for one round trip, or until librdkafka gives the coordinator up."""
        if not progress:
            return
        try:
            answers = self.consumer.commit(offsets=self._offsets(progress), asynchronous=False)
        except KafkaException as error:
            self._failed(error.args[0])
            return
        refused = next((each.error for each in answers or () if each.error), None)
        if refused is not None:
            self._failed(refused)
        else:
            self._acknowledged(progress)

    def _offsets(self, progress: Sequence[Progress]) -> list[TopicPartition]:
        return [
            TopicPartition(each.window.topic, each.window.partition, each.next_offset, self.metadata)
            for each in progress
        ]

    def _acknowledged(self, progress: Sequence[Progress]) -> None:
        for each in progress:
            each.window.acknowledged(each)
        self._counters.commits += 1
        self._counters.committed_at = time.monotonic()

    def _failed(self, error: KafkaError) -> None:
        """Nothing is lost by it: the windows keep what they have, and the next commit says it again."""
        self._counters.commit_failures += 1
        log.warning("offsets not committed, will try again", extra={"cause": error.str()})
