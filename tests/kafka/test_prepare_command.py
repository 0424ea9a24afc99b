"""`python -m penstock_worker prepare`, as the Job and the local run start it: every reason has its own exit code."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from penstock_worker.reasons import Reason
from support.kafka.cluster import KafkaCluster
from support.kafka.listeners import SASL_PLAINTEXT, SSL
from support.member import Member
from support.ports import free_port
from support.preflight import settings_files
from support.worker import Prepared, WorkerProcess

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def cluster() -> Iterator[KafkaCluster]:
    with KafkaCluster(listeners=(SSL, SASL_PLAINTEXT), authorizer=True) as cluster:
        for topic in ("in", "out", "out.errors"):
            cluster.create_topic(topic)
        yield cluster


def secret(name: str, key: str) -> dict[str, str]:
    return {"secretName": name, "key": key}


def login(name: str) -> dict[str, Any]:
    return {"mechanism": "ScramSha512", "username": secret(name, "username"), "password": secret(name, "password")}


def mutual(name: str, ca: str = "kafka-ca", **more: Any) -> dict[str, Any]:
    pair = {"certificate": secret(name, "user.crt"), "key": secret(name, "user.key")}
    return {"trust": "Secret", "ca": secret(ca, "ca.crt"), **pair, **more}


@dataclass(frozen=True, slots=True)
class Case:
    """What to change about settings that pass over PLAINTEXT, and the reason that must come of it."""

    reason: Reason
    kafka: Callable[[KafkaCluster], dict[str, Any]]
    worker: dict[str, Any]


def case(reason: Reason, kafka: Callable[[KafkaCluster], dict[str, Any]] = lambda _: {}, **worker: Any) -> Any:
    return pytest.param(Case(reason, kafka, worker), id=reason.text)


CASES = [
    case(Reason.SETTINGS_REFUSED, lambda _: {"consumerConfig": {"no.such.key": "1"}}),
    case(Reason.BROKERS_UNREACHABLE, lambda _: {"bootstrapServers": [f"127.0.0.1:{free_port()}"]}),
    case(
        Reason.TLS_FAILED,
        lambda cluster: {"bootstrapServers": cluster.bootstrap_servers(SSL), "tls": mutual("user", "wrong-ca")},
    ),
    case(
        Reason.AUTHENTICATION_FAILED,
        lambda cluster: {"bootstrapServers": cluster.bootstrap_servers(SASL_PLAINTEXT), "sasl": login("wrong-login")},
    ),
    case(
        Reason.AUTHORIZATION_FAILED,
        lambda cluster: {"bootstrapServers": cluster.bootstrap_servers(SASL_PLAINTEXT), "sasl": login("login")},
    ),
    case(Reason.TOPIC_MISSING, lambda _: {"topics": {"input": "absent", "output": "out", "error": "out.errors"}}),
    case(Reason.SECRET_MISSING, lambda _: {"sasl": login("absent")}),
    case(
        Reason.KEY_FORMAT_UNSUPPORTED,
        lambda cluster: {
            "bootstrapServers": cluster.bootstrap_servers(SSL),
            "tls": mutual("user-traditional", keyPassword=secret("user-traditional", "key.password")),
        },
    ),
    case(Reason.GROUP_IN_USE, lambda _: {"consumerGroup": "taken"}),
    case(Reason.WORKER_TOO_OLD, lambda _: {"keyOfALaterVersion": True}),
    case(Reason.MODEL_UNREACHABLE, external=True, url=f"http://127.0.0.1:{free_port()}"),
    case(
        Reason.TOPIC_CREATION_FAILED,
        lambda _: {
            "topics": {"input": "in", "output": "new", "error": "out.errors"},
            "createTopics": {"replicationFactor": 9},
        },
    ),
]


@pytest.mark.parametrize("case", CASES)
def test_each_reason_has_its_exit_code_and_a_result_to_read(cluster: KafkaCluster, tmp_path: Path, case: Case) -> None:
    prepared = run(cluster, tmp_path, case)
    assert prepared.exit_code == case.reason.exit_code, prepared
    assert prepared.result["reason"] == case.reason.text
    assert prepared.result["message"]
    assert "Traceback" not in prepared.log


def run(cluster: KafkaCluster, folder: Path, case: Case) -> Prepared:
    files = settings_files(cluster.bootstrap_servers(), model=case.worker)
    kafka = files.kafka.model_dump(mode="json", by_alias=True, exclude_defaults=True) | case.kafka(cluster)
    worker = WorkerProcess(kafka, files.worker, folder=folder, secrets_dir=cluster.secrets_dir)
    if case.reason is not Reason.GROUP_IN_USE:
        return worker.prepare()
    with Member({**cluster.client_config(), "group.id": "taken", "client.id": "somebody"}, "in"):
        return worker.prepare()


def test_a_pre_flight_that_passes_exits_with_zero(cluster: KafkaCluster, tmp_path: Path) -> None:
    prepared = run(cluster, tmp_path, Case(Reason.CLIENT_FATAL, lambda _: {}, {}))
    assert (prepared.exit_code, prepared.result["reason"]) == (0, "Prepared"), prepared


def test_every_reason_of_the_pre_flight_is_provoked() -> None:
    """`ClientFatal` is what nobody foresaw."""
    assert {each.values[0].reason for each in CASES} == set(Reason) - {Reason.CLIENT_FATAL}
