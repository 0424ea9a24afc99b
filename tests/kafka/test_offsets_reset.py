"""`penstock offsets reset` on a real broker: where a group reads on, chosen anew."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from penstock_worker.core.starts import CommitMetadata, format_time
from penstock_worker.errors import Refused
from penstock_worker.offsets_reset import EVERY_RECORD, Move, reset_offsets
from penstock_worker.reasons import Reason
from penstock_worker.secrets import Secrets
from support.kafka.cluster import KafkaCluster
from support.kafka.records import Record
from support.member import Member
from support.preflight import CLIENT_ID_OF_OURS, settings_files

pytestmark = pytest.mark.kafka

NO_SECRETS = Secrets(Path("/none"), {})


@dataclass(frozen=True, slots=True)
class Group:
    """A topic with two partitions and a group without commits."""

    kafka: KafkaCluster
    topic: str
    name: str

    def reset(self, to: str, *, dry_run: bool = False) -> tuple[Move, ...]:
        topics = {"input": self.topic, "output": "unused", "error": "unused"}
        files = settings_files(self.kafka.bootstrap_servers(), topics=topics, consumerGroup=self.name)
        return reset_offsets(files.kafka, NO_SECRETS, to, dry_run=dry_run)

    def produce(self, count: int) -> None:
        self.kafka.produce(self.topic, [Record(b"value", partition=0) for _ in range(count)])

    def committed(self) -> list[TopicPartition]:
        consumer = Consumer(self.config)
        try:
            return list(consumer.committed([TopicPartition(self.topic, number) for number in range(2)], timeout=10))
        finally:
            consumer.close()

    def offsets(self) -> list[int]:
        return [each.offset for each in self.committed()]

    @property
    def config(self) -> dict[str, Any]:
        return {**self.kafka.client_config(), "group.id": self.name}


@pytest.fixture
def group(kafka: KafkaCluster, new_topic: Callable[..., str], unique: Callable[[str], str]) -> Group:
    return Group(kafka, new_topic("in", partitions=2), unique("group"))


def test_every_partition_is_told_with_where_it_was_and_goes(group: Group) -> None:
    group.produce(5)
    assert group.reset("Latest") == (Move(0, None, 5), Move(1, None, 0))
    assert group.reset("Earliest") == (Move(0, 5, 0), Move(1, 0, 0))
    assert group.offsets() == [0, 0]


def test_a_time_is_the_first_record_at_or_after_it(group: Group) -> None:
    group.produce(3)
    time.sleep(0.05)
    between = datetime.now(UTC)
    time.sleep(0.05)
    group.produce(2)
    assert group.reset(format_time(between)) == (Move(0, None, 3), Move(1, None, 0))
    assert group.reset("2199-01-01T00:00:00+02:00")[0].to_offset == 5


def test_a_dry_run_tells_and_moves_nothing(group: Group) -> None:
    group.produce(5)
    group.reset("Earliest")
    assert group.reset("Latest", dry_run=True) == (Move(0, 0, 5), Move(1, 0, 0))
    assert group.offsets() == [0, 0]


def test_the_new_subscription_is_in_the_commits(group: Group) -> None:
    """Partitions that are added later are read from then on."""
    group.reset("Earliest")
    earliest = CommitMetadata.parse(group.committed()[0].metadata)
    assert earliest.subscribed_at == EVERY_RECORD
    assert earliest.topic_id
    before = datetime.now(UTC).replace(microsecond=0)
    group.reset("Latest")
    latest = CommitMetadata.parse(group.committed()[0].metadata)
    assert latest.subscribed_at is not None
    assert latest.subscribed_at >= before


@pytest.mark.parametrize("client_id", [CLIENT_ID_OF_OURS, "billing-7"])
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_group_with_members_is_refused_whoever_they_are(group: Group, client_id: str, dry_run: bool) -> None:
    with Member({**group.config, "client.id": client_id}, group.topic), pytest.raises(Refused) as refused:
        group.reset("Earliest", dry_run=dry_run)
    assert refused.value.reason is Reason.GROUP_IN_USE
    assert f"{client_id} at 127.0.0.1" in str(refused.value)


@pytest.mark.parametrize("to", ["latest", "yesterday", "2026-03-01T12:00:00", "", "5"])
def test_a_target_that_is_none_is_refused_before_anything_is_reached(group: Group, to: str) -> None:
    with pytest.raises(Refused, match="give Latest, Earliest or a time") as refused:
        group.reset(to)
    assert refused.value.reason is Reason.SETTINGS_REFUSED


def test_a_missing_topic_is_named(group: Group, unique: Callable[[str], str]) -> None:
    absent = Group(group.kafka, unique("absent"), group.name)
    with pytest.raises(Refused, match=absent.topic) as refused:
        absent.reset("Latest")
    assert refused.value.reason is Reason.TOPIC_MISSING
