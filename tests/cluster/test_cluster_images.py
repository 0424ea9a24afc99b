"""The worker's image as it is: the pre-flight and the bridge in pods under the restricted profile, by hand."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions

from cluster.kubectl import Kubectl
from cluster.session import Cluster
from support.kafka.cluster import KafkaCluster
from support.kafka.records import Record
from support.waiting import wait_until

pytestmark = pytest.mark.cluster

RECORDS = 200
POD_SECONDS = 60
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.fixture
def topics(broker: KafkaCluster, unique: Callable[[str], str]) -> dict[str, str]:
    prefix = unique("by-hand")
    return {role: broker.create_topic(f"{prefix}.{role}", 3) for role in ("input", "output", "error")}


@pytest.fixture
def settings(namespace: Kubectl, broker: KafkaCluster, topics: dict[str, str]) -> Kubectl:
    """The namespace, with both settings files in a ConfigMap."""
    deployment = {"namespace": "test", "name": "by-hand"}
    kafka = {
        "settingsVersion": 1,
        "deployment": deployment,
        "bootstrapServers": broker.bootstrap_servers(),
        "consumerGroup": topics["input"],
        "topics": topics,
    }
    model = {"name": "fraud", "version": "1", "url": "http://127.0.0.1:8080/predict"}
    worker = {"settingsVersion": 1, "deployment": deployment, "model": model}
    data = {"kafka.json": json.dumps(kafka), "worker.json": json.dumps(worker)}
    namespace.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data})
    return namespace


def container(name: str, image: str, **more: Any) -> dict[str, Any]:
    mounts = [{"name": "settings", "mountPath": "/etc/penstock"}, {"name": "tmp", "mountPath": "/tmp"}]
    return {"name": name, "image": image, "securityContext": RESTRICTED, "volumeMounts": mounts, **more}


def pod(name: str, **more: Any) -> dict[str, Any]:
    volumes = [{"name": "settings", "configMap": {"name": "settings"}}, {"name": "tmp", "emptyDir": {}}]
    spec = {"restartPolicy": "Never", "automountServiceAccountToken": False, "volumes": volumes, **more}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def run_pre_flight(namespace: Kubectl, image: str) -> dict[str, Any]:
    """What it found, from its termination message."""
    namespace.apply(pod("prepare", containers=[container("prepare", image, args=["prepare"])]))
    namespace.wait("jsonpath={.status.phase}=Succeeded", "pod/prepare", timeout_seconds=POD_SECONDS)
    state = namespace.get("pod", "prepare")["status"]["containerStatuses"][0]["state"]
    result: dict[str, Any] = json.loads(state["terminated"]["message"])
    return result


def test_records_go_through_a_pod_made_of_the_images(
    cluster: Cluster, broker: KafkaCluster, settings: Kubectl, topics: dict[str, str]
) -> None:
    result = run_pre_flight(settings, cluster.images.worker)
    assert result["reason"] == "Prepared", result

    probe = {"httpGet": {"path": "/readyz", "port": 8089}, "periodSeconds": 1}
    bridge = container("bridge", cluster.images.worker, args=["run"], readinessProbe=probe)
    starts = {"tcpSocket": {"port": 8080}, "periodSeconds": 1, "failureThreshold": 30}
    model = container("model", cluster.images.model, restartPolicy="Always", startupProbe=starts)
    settings.apply(pod("worker", initContainers=[model], containers=[bridge]))
    settings.wait("condition=Ready", "pod/worker", timeout_seconds=POD_SECONDS)

    sent = broker.produce(topics["input"], [Record(b'{"n": %d}' % n, b"key-%d" % (n % 7)) for n in range(RECORDS)])
    wait_until("every record is answered", lambda: len(broker.read_all(topics["output"])) >= RECORDS, 30)

    outputs = broker.read_all(topics["output"])
    values = [json.loads(output.value or b"") for output in outputs]
    assert sorted(value["value"]["n"] for value in values) == list(range(RECORDS))
    assert {(output.key, json.loads(output.value or b"")["value"]["n"]) for output in outputs} == {
        (record.key, json.loads(record.value or b"")["n"]) for record in sent
    }
    assert broker.read_all(topics["error"]) == []

    settings("delete", "pod", "worker", "--grace-period=20")
    assert sum(part.offset for part in committed(broker, topics["input"])) == RECORDS


def committed(broker: KafkaCluster, group: str) -> list[Any]:
    found = broker.admin().list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
    return list(found[group].result(10).topic_partitions)
