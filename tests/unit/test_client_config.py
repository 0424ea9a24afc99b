"""The dictionaries handed to librdkafka: what a user may tune, and what carries a guarantee."""

from pathlib import Path
from typing import Any

import pytest

from penstock_worker.client_config import admin_config, consumer_config, producer_config
from penstock_worker.errors import Refused
from penstock_worker.reasons import Reason
from penstock_worker.secrets import Secrets, read_secrets
from penstock_worker.settings import KafkaSettings

KAFKA: dict[str, Any] = {
    "deployment": {"namespace": "payments", "name": "fraud"},
    "bootstrapServers": ["k1:9092", "k2:9092"],
    "consumerGroup": "model.payments.fraud",
    "topics": {"input": "in", "output": "out", "error": "err"},
}
TLS = {
    "trust": "Secret",
    "ca": {"secretName": "ca", "key": "ca.crt"},
    "certificate": {"secretName": "user", "key": "user.crt"},
    "key": {"secretName": "user", "key": "user.key"},
    "keyPassword": {"secretName": "user", "key": "key.password"},
}
SCRAM = {
    "mechanism": "ScramSha512",
    "username": {"secretName": "user", "key": "username"},
    "password": {"secretName": "user", "key": "password"},
}
FILES = {
    "ca/ca.crt": b"CA",
    "user/user.crt": b"CERT",
    "user/user.key": b"KEY",
    "user/key.password": b" opensesame\n",
    "user/username": b"fraud\n",
    "user/password": b"\tpass word\r\n",
}


def settings(**changes: Any) -> KafkaSettings:
    return KafkaSettings.model_validate(KAFKA | changes)


@pytest.fixture
def secrets_dir(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


NO_SECRETS = Secrets(Path("/none"), {})


def test_every_client_says_which_pod_of_which_deployment_it_is() -> None:
    assert admin_config(settings(), NO_SECRETS, "fraud-7d9-x") == {
        "bootstrap.servers": "k1:9092,k2:9092",
        "client.id": "penstock/payments/fraud/fraud-7d9-x",
        "security.protocol": "PLAINTEXT",
        "allow.auto.create.topics": False,
    }


def test_asking_for_a_topic_creates_it_on_the_embedded_broker_alone() -> None:
    assert admin_config(settings(tryingOnly=True), NO_SECRETS, "pod")["allow.auto.create.topics"] is True


def test_consumer_never_commits_or_resets_by_itself() -> None:
    config = consumer_config(settings(), NO_SECRETS, "pod")
    assert config["group.id"] == "model.payments.fraud"
    assert config["enable.auto.commit"] is False
    assert config["enable.auto.offset.store"] is False
    assert config["auto.offset.reset"] == "error"
    assert config["partition.assignment.strategy"] == "cooperative-sticky"
    assert config["isolation.level"] == "read_committed"
    assert (config["session.timeout.ms"], config["heartbeat.interval.ms"]) == (15_000, 3_000)


def test_producer_never_gives_up_or_creates_topics_by_itself() -> None:
    config = producer_config(settings(), NO_SECRETS, "pod", message_max_bytes=2_000_000)
    assert config["acks"] == "all"
    assert config["enable.idempotence"] is True
    assert config["partitioner"] == "murmur2_random"
    assert config["message.timeout.ms"] == 0
    assert config["allow.auto.create.topics"] is False
    assert config["message.max.bytes"] == 2_000_000
    assert config["queue.buffering.max.kbytes"] == 65_536


def test_users_tune_but_do_not_weaken() -> None:
    """`fetch.min.bytes` and `compression.type` are theirs; commits, acks and the group are not."""
    tuned = settings(
        consumerConfig={
            "fetch.min.bytes": 10,
            "session.timeout.ms": 30_000,
            "enable.auto.commit": True,
            "group.id": "x",
        },
        producerConfig={"compression.type": "zstd", "linger.ms": 20, "acks": "1", "client.id": "x"},
    )
    consumer = consumer_config(tuned, NO_SECRETS, "pod")
    producer = producer_config(tuned, NO_SECRETS, "pod", message_max_bytes=1_000_000)
    assert (consumer["fetch.min.bytes"], consumer["session.timeout.ms"]) == (10, 30_000)
    assert (consumer["enable.auto.commit"], consumer["group.id"]) == (False, "model.payments.fraud")
    assert (producer["compression.type"], producer["linger.ms"]) == ("zstd", 20)
    assert (producer["acks"], producer["client.id"]) == ("all", "penstock/payments/fraud/pod")


@pytest.mark.parametrize(
    ("user", "limits", "expected"),
    [
        ({}, {"message_max_bytes": 1_048_588}, 1_000_000),
        ({}, {"message_max_bytes": 100_000}, 100_000),
        ({}, {"message_max_bytes": 1_048_588, "batch_max_bytes": 50_000}, 50_000),
        ({"batch.size": 20_000}, {"message_max_bytes": 100_000}, 20_000),
        ({"batch.size": 200_000}, {"message_max_bytes": 100_000}, 100_000),
    ],
)
def test_no_batch_is_larger_than_the_smaller_topic_takes(
    user: dict[str, int], limits: dict[str, int], expected: int
) -> None:
    assert producer_config(settings(producerConfig=user), NO_SECRETS, "pod", **limits)["batch.size"] == expected


def test_tls_is_given_as_files_and_the_key_password_trimmed(secrets_dir: Path) -> None:
    secured = settings(tls=TLS)
    config = admin_config(secured, read_secrets(secured, secrets_dir), "pod")
    assert config["security.protocol"] == "SSL"
    assert config["ssl.ca.location"] == f"{secrets_dir}/ca/ca.crt"
    assert config["ssl.certificate.location"] == f"{secrets_dir}/user/user.crt"
    assert config["ssl.key.location"] == f"{secrets_dir}/user/user.key"
    assert config["ssl.key.password"] == "opensesame"
    assert config["ssl.endpoint.identification.algorithm"] == "https"


def test_system_trust_searches_the_systems_bundle() -> None:
    config = admin_config(settings(tls={"trust": "System"}), NO_SECRETS, "pod")
    assert config["ssl.ca.location"] == "probe"


@pytest.mark.parametrize("tls", [{"trust": "Secret"}, {"trust": "System", "ca": TLS["ca"]}])
def test_trust_that_contradicts_the_ca_is_refused(tls: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"tls\.trust") as refused:
        admin_config(settings(tls=tls), NO_SECRETS, "pod")
    assert refused.value.reason is Reason.SETTINGS_REFUSED


@pytest.mark.parametrize(("tls", "protocol"), [(None, "SASL_PLAINTEXT"), (TLS, "SASL_SSL")])
@pytest.mark.parametrize(
    ("mechanism", "name"), [("Plain", "PLAIN"), ("ScramSha256", "SCRAM-SHA-256"), ("ScramSha512", "SCRAM-SHA-512")]
)
def test_credentials_lose_surrounding_white_space_only(
    secrets_dir: Path, mechanism: str, name: str, tls: dict[str, Any] | None, protocol: str
) -> None:
    secured = settings(sasl=SCRAM | {"mechanism": mechanism}, tls=tls)
    config = consumer_config(secured, read_secrets(secured, secrets_dir), "pod")
    assert (config["security.protocol"], config["sasl.mechanism"]) == (protocol, name)
    assert (config["sasl.username"], config["sasl.password"]) == ("fraud", "pass word")


def test_oauth_becomes_librdkafkas_oidc(secrets_dir: Path) -> None:
    oauth = {
        "tokenEndpointUrl": "https://idp/token",
        "clientId": {"secretName": "user", "key": "username"},
        "clientSecret": {"secretName": "user", "key": "password"},
        "scopes": ["kafka", "read"],
        "extensions": {"logicalCluster": "lkc-1", "identityPoolId": "p"},
    }
    secured = settings(sasl={"mechanism": "OAuthBearer", "oauth": oauth}, tls={"trust": "System"})
    config = admin_config(secured, read_secrets(secured, secrets_dir), "pod")
    assert config["sasl.mechanism"] == "OAUTHBEARER"
    assert config["sasl.oauthbearer.method"] == "oidc"
    assert config["sasl.oauthbearer.token.endpoint.url"] == "https://idp/token"
    assert config["sasl.oauthbearer.client.id"] == "fraud"
    assert config["sasl.oauthbearer.client.secret"] == "pass word"
    assert config["sasl.oauthbearer.scope"] == "kafka read"
    assert config["sasl.oauthbearer.extensions"] == "logicalCluster=lkc-1,identityPoolId=p"


def test_every_missing_secret_file_is_named(secrets_dir: Path) -> None:
    (secrets_dir / "ca/ca.crt").unlink()
    (secrets_dir / "user/password").unlink()
    with pytest.raises(Refused) as refused:
        read_secrets(settings(tls=TLS, sasl=SCRAM), secrets_dir)
    assert refused.value.reason is Reason.SECRET_MISSING
    assert "Secret ca, key ca.crt" in str(refused.value)
    assert "Secret user, key password" in str(refused.value)
    assert "username" not in str(refused.value)


@pytest.mark.parametrize(("content", "cause"), [(b" \n", "is empty"), (b"\xff\xfe", "is not UTF-8 text")])
def test_a_credential_nobody_could_type_is_refused(secrets_dir: Path, content: bytes, cause: str) -> None:
    (secrets_dir / "user/password").write_bytes(content)
    secured = settings(sasl=SCRAM)
    with pytest.raises(Refused, match=f"Secret user, key password {cause}"):
        admin_config(secured, read_secrets(secured, secrets_dir), "pod")


def test_fingerprint_changes_with_every_referenced_file_and_no_other(secrets_dir: Path) -> None:
    secured = settings(tls=TLS, sasl=SCRAM)
    (secrets_dir / "user/unrelated").write_bytes(b"1")
    before = read_secrets(secured, secrets_dir).fingerprint()
    (secrets_dir / "user/unrelated").write_bytes(b"2")
    assert read_secrets(secured, secrets_dir).fingerprint() == before
    for name in FILES:
        original = (secrets_dir / name).read_bytes()
        (secrets_dir / name).write_bytes(original + b"x")
        assert read_secrets(secured, secrets_dir).fingerprint() != before, name
        (secrets_dir / name).write_bytes(original)


def test_repr_shows_no_secret(secrets_dir: Path) -> None:
    assert "opensesame" not in repr(read_secrets(settings(tls=TLS), secrets_dir))
