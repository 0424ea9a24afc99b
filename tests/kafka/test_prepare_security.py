"""TLS, logins and authorization: what passes, and that each failure has a reason of its own and says where and why."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin._acl import AclOperation
from confluent_kafka.admin._resource import ResourceType

from support.kafka import acls
from support.kafka.certificates import CLIENT_PRINCIPAL, KEY_PASSWORD
from support.kafka.cluster import KafkaCluster
from support.kafka.listeners import PASSWORD, PLAINTEXT, SASL_PLAINTEXT, SASL_SSL, SSL
from support.preflight import Outcome, preflight, settings_files

pytestmark = pytest.mark.kafka

TOPIC, GROUP = ResourceType.TOPIC, ResourceType.GROUP
TOPICS = ("in", "out", "out.errors")
CONSUMER_GROUP = "model.payments.fraud"


def key(secret: str, name: str) -> dict[str, str]:
    return {"secretName": secret, "key": name}


CA = {"trust": "Secret", "ca": key("kafka-ca", "ca.crt")}


def mutual(secret: str = "user", *, password: bool = False, ca: str = "kafka-ca") -> dict[str, Any]:
    pair = {"certificate": key(secret, "user.crt"), "key": key(secret, "user.key")}
    if password:
        pair["keyPassword"] = key(secret, "key.password")
    return {"trust": "Secret", "ca": key(ca, "ca.crt"), **pair}


def login(mechanism: str = "ScramSha512", secret: str = "login") -> dict[str, Any]:
    return {"mechanism": mechanism, "username": key(secret, "username"), "password": key(secret, "password")}


@pytest.fixture(scope="module")
def secured() -> Iterator[KafkaCluster]:
    """Whoever can log in may do anything; a topic or group of this deployment is there."""
    with KafkaCluster(listeners=(SSL, SASL_SSL, SASL_PLAINTEXT)) as cluster:
        for topic in TOPICS:
            cluster.create_topic(topic)
        yield cluster


def run(cluster: KafkaCluster, listener: str, secrets_dir: Path | None = None, **kafka: Any) -> Outcome:
    files = settings_files(cluster.bootstrap_servers(listener), **kafka)
    return preflight(files, "check", secrets_dir=secrets_dir or cluster.secrets_dir)


def test_a_client_certificate_is_enough_for_mutual_tls(secured: KafkaCluster) -> None:
    assert run(secured, SSL, tls=mutual()).reason == "Prepared"


def test_an_encrypted_pkcs8_key_opens_with_its_password(secured: KafkaCluster) -> None:
    assert run(secured, SSL, tls=mutual("user-encrypted", password=True)).reason == "Prepared"


def test_a_key_that_keda_cannot_read_is_refused_though_librdkafka_could(secured: KafkaCluster) -> None:
    outcome = run(secured, SSL, tls=mutual("user-traditional", password=True))
    assert (outcome.exit_code, outcome.reason) == (9, "KeyFormatUnsupported")
    assert "Secret user-traditional, key user.key" in outcome.message
    assert "openssl pkcs8 -topk8" in outcome.message
    assert KEY_PASSWORD.decode() not in outcome.message


def test_a_broker_signed_by_another_ca_is_refused(secured: KafkaCluster) -> None:
    outcome = run(secured, SSL, tls=mutual(ca="wrong-ca"))
    assert (outcome.exit_code, outcome.reason) == (4, "TlsFailed")
    assert outcome.message.startswith(f"{secured.bootstrap_servers(SSL)[0]}: the broker's certificate is not signed")


@pytest.mark.parametrize("tls", [CA, mutual("stranger")], ids=["none", "of-another-ca"])
def test_a_missing_or_foreign_client_certificate_is_refused(secured: KafkaCluster, tls: dict[str, Any]) -> None:
    outcome = run(secured, SSL, tls=tls)
    assert (outcome.exit_code, outcome.reason) == (4, "TlsFailed")
    assert "requires a client certificate that it trusts" in outcome.message


def test_a_certificate_that_belongs_to_another_key_is_refused(secured: KafkaCluster) -> None:
    tls = mutual() | {"key": key("stranger", "user.key")}
    outcome = run(secured, SSL, tls=tls)
    assert (outcome.exit_code, outcome.reason) == (4, "TlsFailed")
    assert "tls.key does not belong to tls.certificate" in outcome.message


@pytest.mark.parametrize("mechanism", ["Plain", "ScramSha256", "ScramSha512"])
@pytest.mark.parametrize(("listener", "tls"), [(SASL_SSL, CA), (SASL_PLAINTEXT, None)])
def test_every_login_passes_with_and_without_tls(
    secured: KafkaCluster, listener: str, tls: dict[str, Any] | None, mechanism: str
) -> None:
    assert run(secured, listener, tls=tls, sasl=login(mechanism)).reason == "Prepared"


@pytest.mark.parametrize("mechanism", ["Plain", "ScramSha256", "ScramSha512"])
def test_a_wrong_password_is_refused(secured: KafkaCluster, mechanism: str) -> None:
    outcome = run(secured, SASL_SSL, tls=CA, sasl=login(mechanism, "wrong-login"))
    assert (outcome.exit_code, outcome.reason) == (5, "AuthenticationFailed")
    assert outcome.message.startswith(f"{secured.bootstrap_servers(SASL_SSL)[0]}: login refused")


def test_a_password_that_ends_with_a_newline_logs_in_as_it_does_with_keda(
    secured: KafkaCluster, tmp_path: Path
) -> None:
    (tmp_path / "login").mkdir()
    (tmp_path / "login" / "username").write_text("fraud\n")
    (tmp_path / "login" / "password").write_text(f"{PASSWORD}\r\n")
    assert run(secured, SASL_PLAINTEXT, tmp_path, sasl=login()).reason == "Prepared"


def test_a_sasl_listener_without_sasl_settings_says_so(secured: KafkaCluster) -> None:
    outcome = run(secured, SASL_PLAINTEXT)
    assert outcome.reason == "AuthenticationFailed"
    assert "as a SASL listener does where sasl is not set" in outcome.message


def test_a_tls_listener_without_tls_settings_says_so(secured: KafkaCluster) -> None:
    outcome = run(secured, SSL)
    assert outcome.reason == "BrokersUnreachable"
    assert "as a TLS listener does where tls is not set" in outcome.message


def test_sasl_settings_for_a_listener_without_sasl_say_so(secured: KafkaCluster) -> None:
    outcome = run(secured, PLAINTEXT, sasl=login())
    assert outcome.reason == "AuthenticationFailed"
    assert "takes no SASL login" in outcome.message


def test_tls_settings_for_a_listener_without_tls_say_so(secured: KafkaCluster) -> None:
    outcome = run(secured, PLAINTEXT, tls=CA)
    assert outcome.reason == "TlsFailed"
    assert "does not speak TLS" in outcome.message


def test_a_missing_secret_is_named_before_anything_is_reached(secured: KafkaCluster) -> None:
    outcome = run(secured, SSL, tls=mutual("nobody"))
    assert (outcome.exit_code, outcome.reason) == (8, "SecretMissing")
    assert "Secret nobody, key user.crt; Secret nobody, key user.key" in outcome.message


@pytest.fixture(scope="module")
def guarded() -> Iterator[KafkaCluster]:
    """Nobody may do anything that no rule allows."""
    with KafkaCluster(listeners=(SSL, SASL_PLAINTEXT), authorizer=True) as cluster:
        for topic in TOPICS:
            cluster.create_topic(topic)
        yield cluster


ENOUGH = (
    acls.allowed(TOPIC, "in", AclOperation.READ),
    acls.allowed(TOPIC, "out", AclOperation.WRITE),
    acls.allowed(TOPIC, "out.errors", AclOperation.WRITE),
    acls.allowed(GROUP, CONSUMER_GROUP, AclOperation.READ),
)
DESCRIBE = tuple(acls.allowed(TOPIC, topic, AclOperation.DESCRIBE) for topic in TOPICS)


@pytest.fixture
def rules(guarded: KafkaCluster) -> Iterator[Any]:
    """`rules(...)` holds for one test."""
    made: list[Any] = []

    def add(*wanted: Any) -> None:
        made.extend(wanted)
        acls.add(guarded.admin(), *wanted)

    yield add
    acls.remove(guarded.admin(), *made)


def test_read_and_write_are_enough_and_the_rest_is_said_to_be_unchecked(guarded: KafkaCluster, rules: Any) -> None:
    rules(*ENOUGH)
    outcome = run(guarded, SASL_PLAINTEXT, sasl=login())
    assert outcome.reason == "Prepared"
    assert outcome.result["outputMaxMessageBytes"] is None
    assert any("size limit and durability of topic out" in skipped for skipped in outcome.result["skipped"])


def test_the_subject_of_a_certificate_is_what_is_authorised(guarded: KafkaCluster, rules: Any) -> None:
    rules(
        acls.allowed(TOPIC, principal=CLIENT_PRINCIPAL),
        acls.allowed(GROUP, principal=CLIENT_PRINCIPAL),
    )
    outcome = run(guarded, SSL, tls=mutual())
    assert outcome.reason == "Prepared"
    assert outcome.result["outputMaxMessageBytes"] == 1_048_588


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        (0, "READ on topic in"),
        (1, "WRITE on topic out"),
        (2, "WRITE on topic out.errors"),
    ],
)
def test_a_missing_operation_on_a_topic_is_named(guarded: KafkaCluster, rules: Any, missing: int, says: str) -> None:
    rules(*DESCRIBE, *(rule for number, rule in enumerate(ENOUGH) if number != missing))
    outcome = run(guarded, SASL_PLAINTEXT, sasl=login())
    assert (outcome.exit_code, outcome.reason) == (6, "AuthorizationFailed")
    assert f"lacks {says};" in outcome.message


def test_a_group_that_may_not_be_read_is_named(guarded: KafkaCluster, rules: Any) -> None:
    rules(*ENOUGH[:3])
    outcome = run(guarded, SASL_PLAINTEXT, sasl=login())
    assert outcome.reason == "AuthorizationFailed"
    assert f"describe group {CONSUMER_GROUP}" in outcome.message


def test_a_group_that_may_only_be_described_is_named(guarded: KafkaCluster, rules: Any) -> None:
    rules(*ENOUGH[:3], acls.allowed(GROUP, CONSUMER_GROUP, AclOperation.DESCRIBE))
    outcome = run(guarded, SASL_PLAINTEXT, sasl=login())
    assert outcome.reason == "AuthorizationFailed"
    assert f"lacks READ on group {CONSUMER_GROUP};" in outcome.message


def test_a_topic_that_may_not_even_be_described_is_named(guarded: KafkaCluster, rules: Any) -> None:
    """Kafka answers so for a topic that does not exist as well."""
    rules(*ENOUGH)
    topics = {"input": "secret-topic", "output": "out", "error": "out.errors"}
    outcome = run(guarded, SASL_PLAINTEXT, sasl=login(), topics=topics)
    assert outcome.reason == "AuthorizationFailed"
    assert "describe topic secret-topic" in outcome.message


def test_topics_that_may_not_be_created_are_named(guarded: KafkaCluster, rules: Any) -> None:
    rules(*ENOUGH, acls.allowed(TOPIC, "new", AclOperation.DESCRIBE))
    topics = {"input": "in", "output": "new", "error": "out.errors"}
    files = settings_files(guarded.bootstrap_servers(SASL_PLAINTEXT), topics=topics, sasl=login(), createTopics={})
    outcome = preflight(files, "apply", secrets_dir=guarded.secrets_dir)
    assert (outcome.exit_code, outcome.reason) == (6, "AuthorizationFailed")
    assert "create topic new" in outcome.message
