"""A broker that pods reach, the operator, and a namespace for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cluster.figures import Figures
from cluster.kubectl import Kubectl
from cluster.operator_process import OperatorProcess
from cluster.scene import Scene
from cluster.session import Cluster
from support.kafka.cluster import KafkaCluster
from support.kafka.listeners import SASL_SSL, SSL

_CRDS = Path(__file__).resolve().parents[2] / "crds"
_ESTABLISHED_SECONDS = 30


@pytest.fixture(scope="session")
def broker(cluster: Cluster) -> Iterator[KafkaCluster]:
    """Kafka where pods reach it, every listener; give every topic and group a name of its own."""
    with KafkaCluster(
        listeners=(SSL, SASL_SSL),
        host=cluster.broker_host,
        enter=cluster.enter,
    ) as kafka:
        yield kafka


@pytest.fixture
def namespace(cluster: Cluster, unique: Callable[[str], str]) -> Iterator[Kubectl]:
    """kubectl in a new namespace, which goes with everything in it when the test ends."""
    name = unique("test")
    cluster.kubectl("create", "namespace", name)
    yield cluster.kubectl.of(name)
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def running_operator(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorProcess]:
    cluster.kubectl("apply", "-f", str(_CRDS))
    cluster.kubectl.wait("condition=Established", "-f", str(_CRDS), timeout_seconds=_ESTABLISHED_SECONDS)
    process = OperatorProcess(cluster, tmp_path_factory.mktemp("operator"))
    try:
        process.start()
        yield process
    finally:
        process.close()


@pytest.fixture
def operator(running_operator: OperatorProcess) -> OperatorProcess:
    """Shared by the whole run; one that a test ended is started for the next."""
    if not running_operator.running:
        running_operator.start()
    return running_operator


@pytest.fixture
def scene(cluster: Cluster, broker: KafkaCluster, operator: OperatorProcess, namespace: Kubectl) -> Scene:
    """Nothing is applied yet; its input topic is there."""
    return Scene(cluster, broker, namespace)


@pytest.fixture(scope="session")
def figures() -> Iterator[Figures]:
    found = Figures()
    yield found
    found.write()
