"""TLS from one spec to the pre-flight, the worker and KEDA; Secrets that are missing, broken or rotated."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cluster.connections import CA, by_password, mutual, over_tls, secret_from
from cluster.figures import Figures
from cluster.kubectl import Kubectl, Manifest
from cluster.scene import Scene
from support.kafka.cluster import KafkaCluster
from support.waiting import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

HEAL_SECONDS = 60


@pytest.fixture
def secrets(scene: Scene, namespace: Kubectl) -> Path:
    """Every Secret is there."""
    folder = scene.broker.secrets_dir
    namespace.apply(*(secret_from(secret) for secret in folder.iterdir()))
    return folder


@pytest.mark.parametrize(
    "connection",
    [
        by_password,
        lambda broker: over_tls(broker, mutual("user")),
        lambda broker: over_tls(broker, mutual("user-encrypted", password=True)),
    ],
    ids=["ca-and-password", "mutual", "mutual-with-encrypted-key"],
)
def test_one_spec_feeds_the_pre_flight_the_worker_and_keda(
    scene: Scene, secrets: Path, connection: Callable[[KafkaCluster], dict[str, Any]]
) -> None:
    scaling = {"minReplicas": 0, "pollingIntervalSeconds": 2, "cooldownPeriodSeconds": 4, "lagThreshold": 10}
    scene.apply({**connection(scene.broker), "scaling": scaling})
    scene.wait_ready()
    wait_until("KEDA saw no lag and scaled to nothing", lambda: scene.replicas() == 0, 90, step_seconds=0.5)
    scene.send(range(50))
    scene.wait_answered(range(50))
    scene.wait_condition("ScalerReady", "True")


def test_a_key_format_that_keda_cannot_read_is_refused_with_the_line_that_mends_it(scene: Scene, secrets: Path) -> None:
    scene.apply(over_tls(scene.broker, mutual("user-traditional", password=True)))
    scene.wait_condition("KafkaReady", "False", "KeyFormatUnsupported", saying="openssl")


@pytest.mark.parametrize(
    ("tls", "reason"),
    [(mutual("stranger"), "TlsFailed"), ({**CA, "ca": {"secretName": "wrong-ca", "key": "ca.crt"}}, "TlsFailed")],
    ids=["unknown-client", "wrong-ca"],
)
def test_certificates_that_nobody_trusts_are_named(
    scene: Scene, secrets: Path, tls: dict[str, Any], reason: str
) -> None:
    scene.apply(over_tls(scene.broker, tls))
    scene.wait_condition("KafkaReady", "False", reason)
    assert scene.pods() == []


def test_a_missing_secret_is_named_and_its_creation_heals(scene: Scene, namespace: Kubectl, figures: Figures) -> None:
    folder = scene.broker.secrets_dir
    namespace.apply(secret_from(folder / "kafka-ca"))
    scene.apply(over_tls(scene.broker, mutual("user")))
    scene.wait_condition("KafkaReady", "False", "SecretMissing", saying="user")
    namespace.apply(secret_from(folder / "user"))
    seconds = scene.wait_condition("KafkaReady", "True", timeout_seconds=2 * HEAL_SECONDS)
    figures.at_most("missing_secret_created_to_kafka_ready_seconds", seconds, HEAL_SECONDS)
    scene.wait_ready()


def test_a_rotated_secret_restarts_the_bridge_alone_and_loses_nothing(
    scene: Scene, namespace: Kubectl, secrets: Path
) -> None:
    scene.apply(over_tls(scene.broker, mutual("user")))
    scene.wait_ready()
    pod = scene.pods()[0]["metadata"]["name"]
    with scene.feed() as feed:
        namespace.apply(rotated(secret_from(secrets / "user")))
        wait_until("the bridge started again", lambda: restarts(scene, pod) == {"bridge": 1, "model": 0}, 150)
        scene.wait_ready()
    scene.wait_answered(feed.sent)


def rotated(secret: Manifest) -> Manifest:
    """The same certificate and key in other bytes: text outside of the PEM block is nobody's."""
    files = secret["stringData"]
    return {**secret, "stringData": {**files, "user.key": f"rotated\n{files['user.key']}"}}


def restarts(scene: Scene, pod: str) -> dict[str, int]:
    status = scene.kubectl.get("pod", pod)["status"]
    found = [*status.get("containerStatuses", []), *status.get("initContainerStatuses", [])]
    return {container["name"]: container["restartCount"] for container in found}
