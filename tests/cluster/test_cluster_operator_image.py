"""The operator's image in a pod, with the rights of its role and no others."""

from collections.abc import Iterator

import pytest

from cluster import operator_manifests
from cluster.kubectl import Kubectl
from cluster.operator_process import OperatorProcess
from cluster.scene import Scene
from cluster.session import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

START_SECONDS = 60


@pytest.fixture
def in_cluster(cluster: Cluster, operator: OperatorProcess) -> Iterator[Kubectl]:
    """The namespace of the one operator that runs."""
    operator.stop()
    cluster.kubectl.apply(*operator_manifests.manifests(cluster.images.operator, cluster.images.worker))
    kubectl = cluster.kubectl.of(operator_manifests.NAMESPACE)
    kubectl.wait("condition=Available", f"deployment/{operator_manifests.NAME}", timeout_seconds=START_SECONDS)
    yield kubectl
    cluster.kubectl("delete", "namespace", operator_manifests.NAMESPACE, timeout_seconds=START_SECONDS)


def test_the_image_serves_with_the_rights_of_its_role_alone(scene: Scene, in_cluster: Kubectl) -> None:
    scene.apply()
    scene.wait_ready()
    scene.wait_condition("ModelReady", "True")  # it reached a worker's status over the pod network
    scene.send(range(100))
    scene.wait_answered(range(100))
    scene.patch({"paused": True})
    scene.wait_condition("Ready", "True", "Paused")
    scene.delete()
    scene.wait_no_children()

    pods = in_cluster.list("pods")
    assert [status["restartCount"] for pod in pods for status in pod["status"]["containerStatuses"]] == [0]
    log = in_cluster("logs", f"deployment/{operator_manifests.NAME}")
    assert "forbidden" not in log.lower()
    assert '"level":"error"' not in log.replace(" ", "")
