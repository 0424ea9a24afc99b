"""Asks the broker for what `core/starts` needs to decide where a partition starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from penstock_worker.core.starts import Commit, CommitMetadata, LogRange, Start, decide_start, subscription_time
from penstock_worker.group_offsets import fetch_commits, fetch_log_ranges, fetch_offsets_at
from penstock_worker.prepare.topics import describe_topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penstock_worker.admin import Admin

LOOKUP_SECONDS = 20.0
EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Resolved:
    """Where one partition starts, and what is committed for it now."""

    partition: int
    start: Start
    start_offset: int
    committed_offset: int | None


class StartLookup:
    """Remembers the topic's id and the subscription time, which every commit repeats.

    Its methods raise `Refused` when the brokers do not answer in time.
    """

    def __init__(self, admin: Admin) -> None:
        self.topic_id: str | None = None
        self._admin = admin
        self._topic = admin.settings.topics.input
        self._subscribed_at: datetime | None = None

    @property
    def metadata(self) -> CommitMetadata:
        return CommitMetadata(self.topic_id, self._subscribed_at)

    def resolve(self, partitions: Iterable[int]) -> list[Resolved]:
        wanted = list(partitions)
        if not wanted:
            return []
        self._admin.reconnect()  # rebalances are seldom, and often follow an outage
        self.topic_id = self.fetch_topic_id()
        commits = fetch_commits(self._admin, self._topic, wanted)
        known = [subscription_time(commit.metadata for commit in commits.values()), self._subscribed_at]
        self._subscribed_at = min((each for each in known if each), default=None)
        logs = fetch_log_ranges(self._admin, self._topic, wanted)
        starts = {partition: self._decide(commits.get(partition), logs[partition]) for partition in wanted}
        starts |= self._looked_up(starts, logs)
        return [_resolved(partition, start, commits.get(partition)) for partition, start in starts.items()]

    def fetch_topic_id(self) -> str | None:
        """None where the topic does not exist at the moment, and from the embedded broker."""
        self._admin.extend(LOOKUP_SECONDS)
        topic = describe_topics(self._admin, [self._topic]).get(self._topic)
        return topic.topic_id if topic else None

    def _decide(self, commit: Commit | None, log: LogRange) -> Start:
        return decide_start(
            committed_offset=commit.offset if commit else None,
            metadata=commit.metadata if commit else CommitMetadata(),
            log=log,
            topic_id=self.topic_id,
            # The pre-flight commits before any worker starts. A partition without a commit is younger than the
            # subscription, or its commit is gone: from its first record, then, since nothing may be lost.
            subscribed_at=self._subscribed_at or EPOCH,
            start_from=self._admin.settings.start_from,
        )

    def _looked_up(self, starts: Mapping[int, Start], logs: Mapping[int, LogRange]) -> dict[int, Start]:
        asked = {partition: start.not_before for partition, start in starts.items() if start.not_before}
        if not asked:
            return {}
        (not_before,) = set(asked.values())  # one group, one subscription
        found = fetch_offsets_at(self._admin, self._topic, asked, not_before)
        return {partition: starts[partition].found(found[partition], logs[partition]) for partition in asked}


def _resolved(partition: int, start: Start, commit: Commit | None) -> Resolved:
    assert start.offset is not None  # noqa: S101 - every look-up was answered
    return Resolved(partition, start, start.offset, commit.offset if commit else None)
