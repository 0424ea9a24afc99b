"""`penstock offsets reset`: where a group reads on, chosen anew by a person.

Refused while anybody is in the group: members would go on from where they are, and commit over the change.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from penstock_worker.admin import Admin
from penstock_worker.broker_errors import RequestRefused
from penstock_worker.core.starts import Commit, CommitMetadata, LogRange, parse_time
from penstock_worker.errors import Refused, SettingsRefused
from penstock_worker.group_offsets import (
    REQUIRES_EMPTY_GROUP,
    commit,
    fetch_commits,
    fetch_log_ranges,
    fetch_offsets_at,
)
from penstock_worker.prepare.brokers import reach_brokers
from penstock_worker.prepare.findings import Member, Topic
from penstock_worker.prepare.group import describe_group, told
from penstock_worker.prepare.topics import describe_topics
from penstock_worker.reasons import Reason
from penstock_worker.secrets import Secrets
from penstock_worker.settings import KafkaSettings

DEADLINE_SECONDS = 60.0
EVERY_RECORD = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Move:
    """One partition's next offset to read: before (None: no commit) and after."""

    partition: int
    from_offset: int | None
    to_offset: int


def reset_offsets(settings: KafkaSettings, secrets: Secrets, to: str, *, dry_run: bool) -> tuple[Move, ...]:
    """`to`: Latest, Earliest, or an RFC 3339 time. Every partition of the input topic, in order.

    Raises `Refused`: `GroupInUse` while the group has members, the pre-flight's reasons otherwise.
    """
    not_before = _subscription(to, datetime.now(UTC))
    admin = Admin(settings, secrets, socket.gethostname(), deadline_seconds=DEADLINE_SECONDS)
    reach_brokers(admin)
    if not settings.trying_only:  # the embedded broker does not describe groups; it refuses the commit itself
        refuse_members(settings, describe_group(admin).members)
    topic = _input_topic(admin)
    moves = _moves(admin, topic, to, not_before)
    if not dry_run:
        _commit(admin, topic, moves, CommitMetadata(topic.topic_id, not_before))
    return moves


def refuse_members(settings: KafkaSettings, members: tuple[Member, ...]) -> None:
    if members:
        raise Refused(
            Reason.GROUP_IN_USE,
            f"group {settings.consumer_group} has members: {told(members)}; stop them first (spec.paused: true)",
        )


def _subscription(to: str, now: datetime) -> datetime:
    """From which time on the group reads, also in partitions that are added later."""
    if to in {"Latest", "Earliest"}:
        return now if to == "Latest" else EVERY_RECORD
    time = parse_time(to)
    if time is None:
        raise SettingsRefused(f"--to is {to!r}: give Latest, Earliest or a time like 2026-03-01T12:00:00Z")
    return time


def _input_topic(admin: Admin) -> Topic:
    name = admin.settings.topics.input
    topics = describe_topics(admin, [name])
    if name not in topics:
        raise Refused(Reason.TOPIC_MISSING, f"topic {name} does not exist")
    return topics[name]


def _moves(admin: Admin, topic: Topic, to: str, not_before: datetime) -> tuple[Move, ...]:
    partitions = range(topic.partitions)
    commits = fetch_commits(admin, topic.name, partitions)
    logs = fetch_log_ranges(admin, topic.name, partitions)
    targets = _targets(admin, topic, to, not_before, logs)
    return tuple(
        Move(partition, commits[partition].offset if partition in commits else None, targets[partition])
        for partition in partitions
    )


def _targets(admin: Admin, topic: Topic, to: str, not_before: datetime, logs: Mapping[int, LogRange]) -> dict[int, int]:
    if to == "Earliest":
        return {partition: log.start_offset for partition, log in logs.items()}
    if to == "Latest":
        return {partition: log.stable_offset for partition, log in logs.items()}
    found = fetch_offsets_at(admin, topic.name, logs, not_before)
    return {
        partition: logs[partition].stable_offset if offset is None else offset for partition, offset in found.items()
    }


def _commit(admin: Admin, topic: Topic, moves: tuple[Move, ...], metadata: CommitMetadata) -> None:
    try:
        commit(admin, topic.name, {move.partition: Commit(move.to_offset, metadata) for move in moves})
    except RequestRefused as refused:
        if refused.error not in REQUIRES_EMPTY_GROUP:
            raise
        raise Refused(
            Reason.GROUP_IN_USE,
            f"group {admin.settings.consumer_group} has members; stop them first (spec.paused: true)",
        ) from refused
