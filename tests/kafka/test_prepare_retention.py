"""Why `renew` joins the group: brokers forget the commits of a group that stays empty."""

import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, TopicPartition

from support.kafka.cluster import KafkaCluster
from support.member import Member
from support.preflight import preflight, settings_files

pytestmark = pytest.mark.kafka

RETENTION_SECONDS = 60  # the shortest that a broker can be told: offsets.retention.minutes=1


@pytest.fixture
def forgetful() -> Iterator[KafkaCluster]:
    properties = {"offsets.retention.minutes": "1", "offsets.retention.check.interval.ms": "1000"}
    with KafkaCluster(properties=properties) as cluster:
        for topic in ("in", "out", "out.errors"):
            cluster.create_topic(topic)
        yield cluster


def committed(cluster: KafkaCluster, group: str) -> int:
    consumer = Consumer({**cluster.client_config(), "group.id": group})
    try:
        return int(consumer.committed([TopicPartition("in", 0)], timeout=10)[0].offset)
    finally:
        consumer.close()


def commit_from_outside(cluster: KafkaCluster, group: str) -> None:
    consumer = Consumer({**cluster.client_config(), "group.id": group})
    try:
        consumer.commit(offsets=[TopicPartition("in", 0, 0)], asynchronous=False)
    finally:
        consumer.close()


@pytest.mark.timeout(240)
def test_a_renewed_group_keeps_its_commits_where_its_twin_loses_them(forgetful: KafkaCluster) -> None:
    """Both had a worker that left; the twin is committed for again, but from outside. Real time: nothing but waiting
    makes a broker forget.
    """
    groups = ("renewed", "neglected")
    files = {group: settings_files(forgetful.bootstrap_servers(), consumerGroup=group) for group in groups}
    for group in groups:
        assert preflight(files[group]).exit_code == 0
        with Member({**forgetful.client_config(), "group.id": group}, "in"):
            pass
    time.sleep(RETENTION_SECONDS * 2 / 3)
    assert preflight(files["renewed"], "renew").exit_code == 0
    commit_from_outside(forgetful, "neglected")
    renewed_at = time.monotonic()
    while committed(forgetful, "neglected") >= 0:
        assert time.monotonic() - renewed_at < RETENTION_SECONDS - 5, "the broker forgot neither: nothing was shown"
        time.sleep(1)
    assert committed(forgetful, "renewed") == 0
