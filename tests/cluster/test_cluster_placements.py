"""Where the model runs: beside each worker, as a service, or anywhere else."""

import pytest

from cluster.kubectl import Kubectl, Manifest
from cluster.scene import Scene
from support.waiting import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def http_model(image: str, name: str = "elsewhere") -> list[Manifest]:
    """A model that somebody else runs."""
    labels = {"app": name}
    probe = {"tcpSocket": {"port": 8080}, "periodSeconds": 1}
    container = {"name": "model", "image": image, "readinessProbe": probe}
    env = [{"name": "MODEL_VERSION", "value": name}]
    spec = {"containers": [{**container, "env": env}]}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": spec},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"selector": labels, "ports": [{"port": 8080}]},
        },
    ]


@pytest.fixture
def elsewhere(scene: Scene, namespace: Kubectl) -> str:
    """The URL of a model that is up."""
    namespace.apply(*http_model(scene.images.model))
    namespace.wait("condition=Available", "deployment/elsewhere", timeout_seconds=60)
    return f"http://elsewhere.{namespace.namespace}.svc:8080"


def test_a_model_as_a_service_answers_records_and_http(scene: Scene, namespace: Kubectl) -> None:
    scene.apply({"model": {"placement": "Service", "replicas": 2}})
    scene.wait_ready()
    assert len(scene.pods("model")) == 2
    scene.send(range(100))
    scene.wait_answered(range(100))
    service = namespace.get("service", "fraud-model")
    assert service["spec"]["clusterIP"] == "None"


def test_an_external_model_answers_records(scene: Scene, elsewhere: str) -> None:
    scene.apply({"model": {"image": None, "url": elsewhere, "version": "7"}})
    scene.wait_ready()
    scene.send(range(100))
    scene.wait_answered(range(100))
    assert {answer["version"] for answer in scene.answers()} == {"elsewhere"}


def test_the_placement_changes_under_load_and_nothing_is_lost(scene: Scene, elsewhere: str) -> None:
    scene.apply()
    scene.wait_ready()
    with scene.feed() as feed:
        scene.patch({"model": {"placement": "Service"}})
        scene.wait_ready()
        wait_until("the sidecar is gone", lambda: not any(has_sidecar(pod) for pod in scene.pods()), 90)
        scene.patch({"model": {"placement": None, "image": None, "url": elsewhere, "version": "7"}})
        scene.wait_ready()
        wait_until("the model's own pods are gone", lambda: scene.pods("model") == [], 90)
        wait_until("the model elsewhere answers", lambda: scene.answers()[-1:] != [], 30)
    scene.wait_answered(feed.sent)
    assert {answer["version"] for answer in scene.answers()} == {"1", "elsewhere"}


def has_sidecar(pod: Manifest) -> bool:
    return bool(pod["spec"].get("initContainers"))
