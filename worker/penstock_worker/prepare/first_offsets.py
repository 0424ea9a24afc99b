"""Pure: which partitions of the input topic lack a commit that means something, and where they start.

A group without commits is the best-known way to break a lag scaler. Offsets that are in range are never touched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from penstock_worker.core.starts import (
    Commit,
    CommitMetadata,
    LogRange,
    Start,
    StartCause,
    decide_start,
    format_time,
    subscription_time,
)
from penstock_worker.settings import KafkaSettings

# A commit that means nothing in the topic as it is now; KEDA would compute nonsense from it until a worker mends it.
MEANINGLESS = (StartCause.TOPIC_RECREATED, StartCause.BEYOND_END)
MAX_PARTITIONS_TOLD = 10


@dataclass(frozen=True, slots=True)
class Subscription:
    """What the group holds of the input topic, and the starts that it lacks."""

    resumed: bool
    subscribed_at: datetime | None  # None: the commits are another program's and do not tell
    starts: Mapping[int, Start]


def plan_subscription(
    commits: Mapping[int, Commit],
    logs: Mapping[int, LogRange],
    *,
    topic_id: str | None,
    start_from: Literal["Latest", "Earliest"],
    now: datetime,
    subscribed_at: datetime | None = None,
) -> Subscription:
    """A group that subscribed before keeps its time, so partitions added since lose nothing. `subscribed_at` is that
    time as somebody else remembers it, for when the commits do not tell.
    """
    known = subscription_time(each.metadata for each in commits.values()) or subscribed_at
    starts = {}
    for partition, log in logs.items():
        committed = commits.get(partition)
        start = decide_start(
            committed_offset=committed.offset if committed else None,
            metadata=committed.metadata if committed else CommitMetadata(),
            log=log,
            topic_id=topic_id,
            subscribed_at=known,
            start_from=start_from,
        )
        if committed is None or start.cause in MEANINGLESS:
            starts[partition] = start
    return Subscription(bool(commits), known or (now if starts else None), starts)


def first_commits(topic_id: str | None, subscription: Subscription) -> dict[int, Commit]:
    metadata = CommitMetadata(topic_id, subscription.subscribed_at)
    return {
        partition: Commit(start.offset, metadata)
        for partition, start in subscription.starts.items()
        if start.offset is not None
    }


def start_warnings(topic: str, starts: Mapping[int, Start]) -> list[str]:
    """Which commits were void, per cause."""
    warnings = []
    for cause in MEANINGLESS:
        void = [str(partition) for partition, start in starts.items() if start.cause is cause]
        if void:
            told = ", ".join(void[:MAX_PARTITIONS_TOLD]) + (", …" if len(void) > MAX_PARTITIONS_TOLD else "")
            warnings.append(f"partition(s) {told} of topic {topic} start at their first record: {cause.value}")
    return warnings


def reading(settings: KafkaSettings, subscription: Subscription, *, has_members: bool) -> str:
    """What the workers will read, for people."""
    if not subscription.resumed and settings.start_from == "Earliest":
        text = "reading every retained record"
    elif subscription.subscribed_at:
        text = f"reading records sent after {format_time(subscription.subscribed_at)}"
    else:
        text = "reading on from the commits of an earlier program"
    resumed = f"; resumed group {settings.consumer_group} at its commits" if subscription.resumed else ""
    running = "; workers are running" if has_members else ""
    return f"{text}{resumed}{running}"
