"""The pre-flight as a member of the group for a moment, for what the broker grants members alone.

*Renew*: brokers expire the commits of an empty group after `offsets.retention.minutes`, counted from the moment it
became empty; a commit from outside does not help, a member that came and went does.
*Subscribe*: while workers run on another input topic, the broker refuses commits from outside; a member that asks for
the new topic alone is given all of it, takes nothing from the workers, and may commit.

Invariant: no record is fetched, and no offset that was committed moves.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition

from penstock_worker.admin import Admin
from penstock_worker.broker_errors import client_refused
from penstock_worker.client_config import consumer_config
from penstock_worker.core.starts import Commit
from penstock_worker.errors import Refused
from penstock_worker.reasons import Reason

JOIN_SECONDS = 30.0  # a broker waits 3 s for more members before it answers the first; workers rejoin within seconds
POLL_SECONDS = 0.2


def renew_commits(admin: Admin) -> int:
    """The number of partitions whose commit was renewed."""
    with _joined(admin, "renew the commits") as (consumer, owned):
        committed = consumer.committed(owned, timeout=admin.timeout_seconds()) if owned else []
        renewed = [each for each in committed if each.offset >= 0]
        if renewed:
            consumer.commit(offsets=renewed, asynchronous=False)
        return len(renewed)


def commit_as_member(admin: Admin, commits: Mapping[int, Commit]) -> None:
    """First commits of a topic that no other member reads."""
    with _joined(admin, "commit the first offsets") as (consumer, owned):
        first = [
            TopicPartition(each.topic, each.partition, commit.offset, commit.metadata.encode())
            for each in owned
            if (commit := commits.get(each.partition))
        ]
        if first:
            consumer.commit(offsets=first, asynchronous=False)


@contextmanager
def _joined(admin: Admin, doing: str) -> Iterator[tuple[Consumer, list[TopicPartition]]]:
    """A member and the partitions it was given; it has left when the block ends."""
    group = admin.settings.consumer_group
    config = consumer_config(admin.settings, admin.secrets, admin.pod)
    try:
        consumer = Consumer(config, error_cb=admin.fault_log.on_error, logger=admin.fault_log.logger)
    except KafkaException as error:
        raise client_refused(error.args[0].str()) from error
    try:
        yield consumer, _join(admin, consumer)
    except KafkaException as error:
        raise admin.refused(error, f"{doing} of group {group}") from error
    finally:
        consumer.close()


def _join(admin: Admin, consumer: Consumer) -> list[TopicPartition]:
    assignments: list[list[TopicPartition]] = []

    def on_assign(consumer: Consumer, partitions: list[TopicPartition]) -> None:
        at_end = [TopicPartition(each.topic, each.partition, OFFSET_END) for each in partitions]
        consumer.incremental_assign(at_end)
        consumer.pause(at_end)
        assignments.append(partitions)

    consumer.subscribe([admin.settings.topics.input], on_assign=on_assign)
    deadline = time.monotonic() + admin.timeout_seconds(JOIN_SECONDS)
    while not assignments:
        if time.monotonic() > deadline:
            group = admin.settings.consumer_group
            raise Refused(Reason.BROKERS_UNREACHABLE, f"group {group} did not settle within {JOIN_SECONDS:.0f} s")
        event = consumer.poll(POLL_SECONDS)
        error = event.error() if event else None
        if error:
            raise KafkaException(error)
    return assignments[0]
