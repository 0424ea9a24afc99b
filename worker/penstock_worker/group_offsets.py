"""Reads and writes of offsets by requests that need no membership: where logs begin and end, what a group committed.

A commit without membership is refused by the broker while the group has members, which is what makes it safe.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

from penstock_worker.admin import Admin
from penstock_worker.core.starts import Commit, CommitMetadata, LogRange

EARLIEST: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
REQUIRES_EMPTY_GROUP = {"UNKNOWN_MEMBER_ID", "NON_EMPTY_GROUP", "REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION"}


def fetch_log_ranges(admin: Admin, topic: str, partitions: Iterable[int]) -> dict[int, LogRange]:
    wanted = list(partitions)
    starts = _list_offsets(admin, topic, wanted, EARLIEST)
    stable = _list_offsets(admin, topic, wanted, LATEST, IsolationLevel.READ_COMMITTED)
    ends = _list_offsets(admin, topic, wanted, LATEST)
    return {
        partition: LogRange(
            start_offset=starts[partition], stable_offset=stable[partition], end_offset=max(stable[partition], end)
        )
        for partition, end in ends.items()
    }


def fetch_offsets_at(admin: Admin, topic: str, partitions: Iterable[int], time: datetime) -> dict[int, int | None]:
    """The first offset whose record is of that time or later; None where there is none yet."""
    spec = OffsetSpec.for_timestamp(int(time.timestamp() * 1000))
    found = _list_offsets(admin, topic, list(partitions), spec)
    return {partition: offset if offset >= 0 else None for partition, offset in found.items()}


def fetch_commits(admin: Admin, topic: str, partitions: Iterable[int]) -> dict[int, Commit]:
    """Of the deployment's group; a partition without a commit is not in the answer."""
    group = admin.settings.consumer_group
    request = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, partition) for partition in partitions])
    doing = f"read the commits of group {group} on topic {topic}"
    answer = admin.ask(
        lambda seconds: admin.client.list_consumer_group_offsets([request], request_timeout=seconds), doing
    )
    return {
        each.partition: Commit(each.offset, CommitMetadata.parse(each.metadata))
        for each in _checked(admin, answer.topic_partitions, doing)
        if each.offset >= 0
    }


def commit(admin: Admin, topic: str, commits: Mapping[int, Commit]) -> None:
    """All in one request. `RequestRefused` with an `error` of `REQUIRES_EMPTY_GROUP` while the group has members."""
    group = admin.settings.consumer_group
    offsets = [
        TopicPartition(topic, partition, each.offset, each.metadata.encode()) for partition, each in commits.items()
    ]
    request = ConsumerGroupTopicPartitions(group, offsets)
    doing = f"commit offsets of group {group} on topic {topic}"
    answer = admin.ask(
        lambda seconds: admin.client.alter_consumer_group_offsets([request], request_timeout=seconds), doing
    )
    _checked(admin, answer.topic_partitions, doing)


def _list_offsets(
    admin: Admin,
    topic: str,
    partitions: list[int],
    spec: OffsetSpec,
    isolation_level: IsolationLevel = IsolationLevel.READ_UNCOMMITTED,
) -> dict[int, int]:
    request = {TopicPartition(topic, partition): spec for partition in partitions}
    answers = admin.ask_all(
        lambda seconds: admin.client.list_offsets(request, isolation_level=isolation_level, request_timeout=seconds),
        f"read the offsets of topic {topic}",
    )
    return {each.partition: answer.offset for each, answer in answers.items()}


def _checked(admin: Admin, answers: Iterable[TopicPartition], doing: str) -> list[TopicPartition]:
    """A request may succeed and still have failed for a partition."""
    checked = list(answers)
    for each in checked:
        if isinstance(each.error, KafkaError):
            raise admin.refused(KafkaException(each.error), f"{doing}, partition {each.partition}")
    return checked
