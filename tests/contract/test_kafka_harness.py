"""The test cluster is what the tests take it for: a real Kafka with real logins, real faults, and nothing left over."""

from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin._acl import AclOperation
from confluent_kafka.admin._resource import ResourceType

from support.kafka import acls
from support.kafka.certificates import CLIENT_PRINCIPAL
from support.kafka.cluster import KafkaCluster
from support.kafka.listeners import SASL_MECHANISMS, SASL_PLAINTEXT, SASL_SSL, SSL
from support.kafka.records import Record, produce, read_all

TOPIC = ResourceType.TOPIC
pytestmark = pytest.mark.kafka


def test_records_come_back_as_they_were_sent(kafka: KafkaCluster, new_topic: Callable[..., str]) -> None:
    topic = new_topic(partitions=2)
    headers = (("trace", b"1"), ("trace", None), ("empty", b""))
    sent = [
        Record(b"value", b"key", headers),
        Record(None, b""),
        Record(b"", None, partition=1),
    ]
    acknowledged = kafka.produce(topic, sent)
    read = kafka.read_all(topic)
    assert sorted(read, key=repr) == sorted(acknowledged, key=repr)
    assert [(stored.key, stored.value, stored.headers) for stored in acknowledged] == [
        (record.key, record.value, record.headers) for record in sent
    ]


def test_one_broker_starts_within_seconds() -> None:
    with KafkaCluster() as cluster:
        print(f"one broker serves after {cluster.start_seconds:.1f} s")
        assert cluster.start_seconds < 15


def test_nothing_is_left_of_a_closed_cluster() -> None:
    with KafkaCluster() as cluster:
        pid = cluster.pid(1)
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)
    assert not cluster.folder.exists()


def test_topics_never_appear_by_themselves(kafka: KafkaCluster) -> None:
    with pytest.raises(KafkaException, match="Unknown topic"):
        kafka.produce("never-created", [Record(b"value")])


def test_a_deleted_topic_can_be_made_again(kafka: KafkaCluster, new_topic: Callable[..., str]) -> None:
    topic = new_topic()
    kafka.produce(topic, [Record(b"old")])
    kafka.delete_topic(topic)
    kafka.create_topic(topic)
    assert kafka.read_all(topic) == []


@pytest.fixture(scope="module")
def secured() -> Iterator[KafkaCluster]:
    with KafkaCluster(listeners=(SSL, SASL_SSL, SASL_PLAINTEXT), authorizer=True) as cluster:
        cluster.create_topic("guarded")
        for principal in (CLIENT_PRINCIPAL, acls.PRINCIPAL):
            acls.add(cluster.admin(), acls.allowed(TOPIC, "guarded", AclOperation.WRITE, principal=principal))
        yield cluster


def _writes(cluster: KafkaCluster, listener: str, within_seconds: float = 20, /, **changes: Any) -> None:
    produce(cluster.client_config(listener, **changes), "guarded", [Record(b"value")], timeout_seconds=within_seconds)


def _is_refused(cluster: KafkaCluster, listener: str, **changes: Any) -> None:
    """The client goes on trying, so a refusal shows as nothing written in a time in which others write."""
    with pytest.raises(KafkaException):
        _writes(cluster, listener, 2, **changes)


def test_a_client_certificate_opens_the_mutual_tls_listener(secured: KafkaCluster) -> None:
    _writes(secured, SSL)


@pytest.mark.parametrize("secret", ["user-encrypted", "user-traditional"])
def test_encrypted_keys_open_with_their_password(secured: KafkaCluster, secret: str) -> None:
    folder = secured.secrets_dir / secret
    password = (folder / "key.password").read_text()
    _writes(secured, SSL, **{"ssl.key.location": str(folder / "user.key"), "ssl.key.password": password})


def test_a_stranger_is_refused(secured: KafkaCluster) -> None:
    stranger = secured.secrets_dir / "stranger"
    _is_refused(
        secured,
        SSL,
        **{
            "ssl.certificate.location": str(stranger / "user.crt"),
            "ssl.key.location": str(stranger / "user.key"),
        },
    )


def test_a_broker_of_another_authority_is_refused(secured: KafkaCluster) -> None:
    _is_refused(secured, SSL, **{"ssl.ca.location": str(secured.secrets_dir / "wrong-ca" / "ca.crt")})


@pytest.mark.parametrize("mechanism", SASL_MECHANISMS)
@pytest.mark.parametrize("listener", [SASL_SSL, SASL_PLAINTEXT])
def test_every_sasl_mechanism_logs_in(secured: KafkaCluster, listener: str, mechanism: str) -> None:
    _writes(secured, listener, **{"sasl.mechanism": mechanism})


@pytest.mark.parametrize("mechanism", SASL_MECHANISMS)
def test_a_wrong_password_is_refused(secured: KafkaCluster, mechanism: str) -> None:
    _is_refused(secured, SASL_SSL, **{"sasl.mechanism": mechanism, "sasl.password": "wrong"})


def test_what_no_rule_allows_is_refused(secured: KafkaCluster) -> None:
    with pytest.raises(KafkaException):
        read_all(secured.client_config(SSL), "guarded", timeout_seconds=5)


def test_a_denial_wins_until_it_is_removed(secured: KafkaCluster) -> None:
    denial = acls.denied(TOPIC, "guarded", AclOperation.WRITE)
    acls.add(secured.admin(), denial)
    try:
        with pytest.raises(KafkaException):
            _writes(secured, SASL_PLAINTEXT)
    finally:
        acls.remove(secured.admin(), denial)
    _writes(secured, SASL_PLAINTEXT)


@pytest.mark.timeout(180)
def test_three_brokers_lose_one_and_keep_every_acknowledged_record() -> None:
    with KafkaCluster(brokers=3) as cluster:
        cluster.create_topic("replicated", partitions=3, config={"min.insync.replicas": "2"})
        before = cluster.produce("replicated", [Record(b"%d" % number, b"%d" % number) for number in range(100)])
        cluster.kill_broker(2)
        after = cluster.produce("replicated", [Record(b"%d" % number, b"%d" % number) for number in range(100)])
        cluster.start_broker(2)
        cluster.wait_ready()
        cluster.wait_in_sync()
        assert sorted(cluster.read_all("replicated"), key=repr) == sorted(before + after, key=repr)
