"""The Kafka clusters that scenarios ask for, one at a time."""

from confluent_kafka.admin._resource import ResourceType

from chaos.scenario import ClusterKind
from support.kafka import acls
from support.kafka.cluster import KafkaCluster
from support.kafka.listeners import SASL_PLAINTEXT


class Clusters:
    """Keeps the cluster of the last scenario while the next wants the same kind; two cores carry only one."""

    def __init__(self) -> None:
        self._kind: ClusterKind | None = None
        self._cluster: KafkaCluster | None = None

    def of(self, kind: ClusterKind) -> KafkaCluster:
        if self._cluster is None or kind != self._kind:
            self.close()
            self._kind, self._cluster = kind, _started(kind)
        return self._cluster

    def close(self) -> None:
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None


def _started(kind: ClusterKind) -> KafkaCluster:
    match kind:
        case "one broker":
            return KafkaCluster(jvm="full").__enter__()
        case "three brokers":
            # A dead broker is noticed after 6 s, not 9: three of them die.
            return KafkaCluster(brokers=3, properties={"broker.session.timeout.ms": "6000"}).__enter__()
        case "guarded":
            cluster = KafkaCluster(listeners=(SASL_PLAINTEXT,), authorizer=True).__enter__()
            acls.add(cluster.admin(), *(acls.allowed(kind) for kind in (ResourceType.TOPIC, ResourceType.GROUP)))
            return cluster
