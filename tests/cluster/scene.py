"""One ModelDeployment in a namespace of its own: what is applied, what its status says, what comes out."""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from cluster.kubectl import Kubectl
from cluster.session import Cluster
from support.feed import Feed
from support.kafka.cluster import KafkaCluster
from support.kafka.records import Record, Stored, produce
from support.waiting import wait_until

READY_SECONDS = 90
RECORD_SECONDS = 60
KIND = "modeldeployment"
PARTITIONS = 4
KEYS = 1009
BURSTS_PER_SECOND = 10
MOST_PER_BURST = 10
_CHILD_KINDS = (
    "configmaps,jobs,services,deployments,replicasets,pods,poddisruptionbudgets,"
    "triggerauthentications.keda.sh,scaledobjects.keda.sh"
)


class Scene:
    """`spec` parts given to `apply` are merged into the least spec that works here."""

    def __init__(self, cluster: Cluster, broker: KafkaCluster, namespace: Kubectl, name: str = "fraud") -> None:
        self.images = cluster.images
        self.broker = broker
        self.kubectl = namespace
        self.name = name
        self.topics = {role: f"{namespace.namespace}.{name}.{role}" for role in ("input", "output", "error")}
        broker.create_topic(self.topics["input"], PARTITIONS)

    # What is wanted

    def manifest(self, spec: Mapping[str, Any] | None = None) -> dict[str, Any]:
        least = {
            "model": {"image": self.images.model},
            "kafka": {
                "bootstrapServers": list(self.broker.bootstrap_servers()),
                "createTopics": {},
                "topics": dict(self.topics),
            },
        }
        return {
            "apiVersion": "serving.penstock.dev/v1alpha1",
            "kind": "ModelDeployment",
            "metadata": {"name": self.name},
            "spec": merged(least, spec or {}),
        }

    def apply(self, spec: Mapping[str, Any] | None = None) -> None:
        self.kubectl.apply(self.manifest(spec))

    def patch(self, spec: Mapping[str, Any]) -> None:
        self.kubectl.patch(KIND, self.name, {"spec": spec})

    def delete(self) -> None:
        self.kubectl("delete", KIND, self.name, "--wait=true")

    # What its status says

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.kubectl.get(KIND, self.name).get("status", {})
        return found

    def condition(self, kind: str) -> dict[str, Any]:
        conditions = self.status().get("conditions", [])
        return next((condition for condition in conditions if condition["type"] == kind), {})

    def events(self) -> list[str]:
        """Their reasons."""
        found = self.kubectl.list("events.events.k8s.io")
        return [event["reason"] for event in found if event["regarding"]["name"] == self.name]

    def wait_ready(self, timeout_seconds: float = READY_SECONDS) -> None:
        """As users wait, and for the present generation."""
        self.wait_condition("Ready", "True", timeout_seconds=timeout_seconds)
        self.kubectl.wait("condition=Ready", f"{KIND}/{self.name}", timeout_seconds=timeout_seconds)

    def wait_condition(
        self,
        kind: str,
        status: str,
        reason: str | None = None,
        *,
        saying: str = "",
        timeout_seconds: float = READY_SECONDS,
    ) -> float:
        """How long it took; the condition must be of the present generation, and its message must have `saying`."""
        started = time.monotonic()
        found: dict[str, Any] = {}

        def holds() -> bool:
            resource = self.kubectl.get(KIND, self.name)
            conditions = resource.get("status", {}).get("conditions", [])
            found.clear()
            found.update({condition["type"]: condition for condition in conditions})
            condition = found.get(kind, {})
            current = condition.get("observedGeneration") == resource["metadata"]["generation"]
            right = current and condition["status"] == status and reason in (None, condition["reason"])
            return right and saying in condition["message"]

        try:
            wait_until(
                f"{kind} is {status}, {reason or 'for whatever reason'}", holds, timeout_seconds, step_seconds=0.2
            )
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it is {json.dumps(found, indent=1)}") from None
        return time.monotonic() - started

    # Records

    def send(self, numbers: Iterable[int]) -> list[Stored]:
        """Values `{"n": number}`, acknowledged; keys enough not to bound what is answered at once."""
        records = (Record(b'{"n": %d}' % number, b"key-%d" % (number % KEYS)) for number in numbers)
        client = {**self.broker.client_config(), "enable.idempotence": False}
        return produce(client, self.topics["input"], records)

    def feed(self, *, records_per_second: int = 100, first: int = 0) -> Feed[int]:
        """Records that keep coming; `sent` has their numbers."""

        def send(numbers: range) -> range:
            self.send(numbers)
            return numbers

        return Feed(send, burst_records=max(1, records_per_second // BURSTS_PER_SECOND), pause_seconds=0.1, first=first)

    def first_owed(self) -> int:
        """After `startFrom: Latest`: from this number of the feed on, every record must be answered.

        Some of the burst in which the group subscribed came before it, in one partition more than in another.
        """
        wait_until("a record is answered", lambda: self.answered() != [], RECORD_SECONDS)
        return min(self.answered()) + MOST_PER_BURST

    def answered(self, topic: str | None = None) -> list[int]:
        """The numbers in the output topic, in the order of its partitions; none while there is no such topic."""
        return [answer["value"]["n"] for answer in self.answers(topic)]

    def answers(self, topic: str | None = None) -> list[dict[str, Any]]:
        name = topic or self.topics["output"]
        if name not in self.broker.admin().list_topics(timeout=10).topics:
            return []
        return [json.loads(output.value or b"null") for output in self.broker.read_all(name)]

    def wait_answered(
        self, numbers: Iterable[int], topic: str | None = None, *, timeout_seconds: float = RECORD_SECONDS
    ) -> None:
        """Until each of them was answered at least once."""
        wanted = set(numbers)
        wait_until(
            f"{len(wanted)} records are answered",
            lambda: wanted <= set(self.answered(topic)),
            timeout_seconds,
            step_seconds=0.3,
        )

    # Children

    def children(self) -> list[str]:
        """`kind/name` of everything that carries our labels."""
        selector = f"app.kubernetes.io/managed-by=penstock,app.kubernetes.io/instance={self.name}"
        found = self.kubectl("get", _CHILD_KINDS, f"--selector={selector}", "--output=name", "--ignore-not-found")
        return sorted(found.split())

    def wait_no_children(self, timeout_seconds: float = 60) -> None:
        wait_until("every child is gone", lambda: self.children() == [], timeout_seconds, step_seconds=0.3)

    def replicas(self) -> int:
        deployment = self.kubectl.find("deployment", f"{self.name}-worker")
        return int(deployment["spec"]["replicas"]) if deployment else 0

    def pods(self, component: str = "worker") -> list[dict[str, Any]]:
        return self.kubectl.list(
            "pods", f"app.kubernetes.io/instance={self.name},app.kubernetes.io/component={component}"
        )


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """As a merge patch: None removes."""
    result = dict(base)
    for key, change in changes.items():
        old = result.get(key)
        if change is None:
            result.pop(key, None)
        elif isinstance(change, Mapping) and isinstance(old, Mapping):
            result[key] = merged(old, change)
        else:
            result[key] = change
    return result
