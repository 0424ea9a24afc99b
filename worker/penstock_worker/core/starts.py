"""Where a partition starts: asked by the worker on every assignment and by the pre-flight for the first commit.

`auto.offset.reset=error` leaves no start to the client. Invariant: no retained record after the subscription is
skipped, and none is read again because of a guess; what retention already took is counted, never hidden.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Literal, Self


@dataclass(frozen=True, slots=True)
class CommitMetadata:
    """What our commits say beside the offset. None where nobody, or somebody else, wrote it."""

    topic_id: str | None = None
    subscribed_at: datetime | None = None

    def encode(self) -> str:
        fields = {
            "topicId": self.topic_id,
            "subscribedAt": self.subscribed_at and format_time(self.subscribed_at),
        }
        return json.dumps({name: value for name, value in fields.items() if value}, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """Any text is accepted: the group may have been another program's before."""
        try:
            fields = json.loads(text or "{}")
        except (ValueError, RecursionError):
            return cls()
        if not isinstance(fields, dict):
            return cls()
        topic_id = fields.get("topicId")
        return cls(
            topic_id=topic_id if isinstance(topic_id, str) and topic_id else None,
            subscribed_at=parse_time(fields.get("subscribedAt")),
        )


@dataclass(frozen=True, slots=True)
class Commit:
    """What a group holds of a partition: the next offset to read."""

    offset: int
    metadata: CommitMetadata


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRange:
    """A partition's offsets: the first retained, the first that an open transaction hides, the next to be written.

    `stable_offset` is where a `read_committed` reader ends; a group that once read uncommitted may have committed up
    to `end_offset`, which is in range.
    """

    start_offset: int
    stable_offset: int
    end_offset: int


class StartCause(Enum):
    RESUMED = "the committed offset"
    SUBSCRIBED = "no commit yet"
    EXPIRED = "retention removed records before they were read"
    TOPIC_RECREATED = "the topic was deleted and created again"
    BEYOND_END = "the commit lies beyond the end of the topic"


@dataclass(frozen=True, slots=True)
class Start:
    """`offset`, or None while the first offset at or after `not_before` has to be looked up."""

    cause: StartCause
    offset: int | None
    not_before: datetime | None = None
    expired_records: int = 0

    def found(self, offset: int | None, log: LogRange) -> Self:
        """The look-up's answer; None (or Kafka's negative offsets): no such record yet, so the next one written."""
        if self.offset is not None:
            return self
        return replace(self, offset=log.stable_offset if offset is None or offset < 0 else offset)


def decide_start(
    *,
    committed_offset: int | None,
    metadata: CommitMetadata,
    log: LogRange,
    topic_id: str | None,
    subscribed_at: datetime | None,
    start_from: Literal["Latest", "Earliest"],
) -> Start:
    """`topic_id` is the topic's now, None where the broker does not tell; then, as where the commit does not say which
    topic it meant, an offset in range is trusted.
    """
    if committed_offset is None:
        return _first_start(log, subscribed_at, start_from)
    if topic_id and metadata.topic_id and topic_id != metadata.topic_id:
        # Offsets of the old topic would silently skip records of the new one.
        return Start(StartCause.TOPIC_RECREATED, log.start_offset)
    if committed_offset > log.end_offset:
        return Start(StartCause.BEYOND_END, log.start_offset)
    if committed_offset < log.start_offset:
        return Start(StartCause.EXPIRED, log.start_offset, expired_records=log.start_offset - committed_offset)
    return Start(StartCause.RESUMED, committed_offset)


def subscription_time(metadata: Iterable[CommitMetadata]) -> datetime | None:
    """When the group subscribed, by the commits of a topic's partitions: the earliest, so that a partition added later
    is read from its first record.
    """
    return min((each.subscribed_at for each in metadata if each.subscribed_at), default=None)


def format_time(time: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond: as fine as Kafka's timestamps."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: object) -> datetime | None:
    """An RFC 3339 time with its zone, or None."""
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _first_start(log: LogRange, subscribed_at: datetime | None, start_from: Literal["Latest", "Earliest"]) -> Start:
    if start_from == "Earliest":
        return Start(StartCause.SUBSCRIBED, log.start_offset)
    if subscribed_at is None:
        return Start(StartCause.SUBSCRIBED, log.stable_offset)
    return Start(StartCause.SUBSCRIBED, None, not_before=subscribed_at)
