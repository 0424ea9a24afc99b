"""Pure: what one combined broker and controller is told in `server.properties`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from support.kafka.listeners import CONTROLLER, PASSWORD, PLAINTEXT, SASL_MECHANISMS, USERNAME, uses_sasl, uses_tls

HOST = "127.0.0.1"
_JAAS = "org.apache.kafka.common.security"


@dataclass(frozen=True, slots=True)
class NodePlan:
    """One node: its id, its port per listener (CONTROLLER too), its folder."""

    node_id: int
    ports: Mapping[str, int]
    folder: Path

    @property
    def log_dir(self) -> Path:
        return self.folder / "log"


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """What all nodes share. `extra` wins over everything here."""

    nodes: tuple[NodePlan, ...]
    listeners: tuple[str, ...]
    broker_secrets: Path | None
    authorizer: bool = False
    host: str = HOST
    extra: Mapping[str, str] = field(default_factory=dict)


def node_properties(cluster: ClusterPlan, node: NodePlan) -> dict[str, str]:
    factor = str(min(3, len(cluster.nodes)))
    quorum_of_replicas = "2" if factor == "3" else "1"
    names = (*cluster.listeners, CONTROLLER)
    voters = ",".join(f"{voter.node_id}@{cluster.host}:{voter.ports[CONTROLLER]}" for voter in cluster.nodes)
    settings = {
        "process.roles": "broker,controller",
        "node.id": str(node.node_id),
        "log.dirs": str(node.log_dir),
        "controller.quorum.voters": voters,
        "controller.listener.names": CONTROLLER,
        "inter.broker.listener.name": PLAINTEXT,
        "listeners": ",".join(f"{name}://{cluster.host}:{node.ports[name]}" for name in names),
        "advertised.listeners": ",".join(f"{name}://{cluster.host}:{node.ports[name]}" for name in cluster.listeners),
        "listener.security.protocol.map": ",".join(f"{n}:{PLAINTEXT if n == CONTROLLER else n}" for n in names),
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        "offsets.topic.replication.factor": factor,
        "offsets.topic.num.partitions": "8",  # of 50: fewer folders to make when the first group appears
        "transaction.state.log.replication.factor": factor,
        "transaction.state.log.min.isr": quorum_of_replicas,
        "transaction.state.log.num.partitions": "8",
        "share.coordinator.state.topic.replication.factor": factor,
        "share.coordinator.state.topic.min.isr": quorum_of_replicas,
    }
    for listener in cluster.listeners:
        settings |= _security(listener, cluster.broker_secrets)
    if cluster.authorizer:
        settings |= _AUTHORIZER
    return settings | dict(cluster.extra)


# Brokers and the harness come over PLAINTEXT, where everybody is ANONYMOUS.
_AUTHORIZER = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
    "allow.everyone.if.no.acl.found": "false",
}


def _security(listener: str, broker_secrets: Path | None) -> dict[str, str]:
    prefix = f"listener.name.{listener.lower()}."
    settings: dict[str, str] = {}
    if uses_tls(listener):
        settings |= {
            f"{prefix}ssl.keystore.type": "PEM",
            f"{prefix}ssl.keystore.location": str(_required(broker_secrets) / "keystore.pem"),
            f"{prefix}ssl.truststore.type": "PEM",
            f"{prefix}ssl.truststore.location": str(_required(broker_secrets) / "ca.crt"),
            f"{prefix}ssl.client.auth": "none" if uses_sasl(listener) else "required",
        }
    if uses_sasl(listener):
        settings |= {
            f"{prefix}sasl.enabled.mechanisms": ",".join(SASL_MECHANISMS),
            f"{prefix}plain.sasl.jaas.config": (
                f"{_JAAS}.plain.PlainLoginModule required user_{USERNAME}={_quoted(PASSWORD)};"
            ),
        }
        scram = f"{_JAAS}.scram.ScramLoginModule required;"
        settings |= {f"{prefix}{name.lower()}.sasl.jaas.config": scram for name in SASL_MECHANISMS if name != "PLAIN"}
    return settings


def _required(broker_secrets: Path | None) -> Path:
    if broker_secrets is None:
        raise ValueError("a TLS listener needs the brokers' certificate folder")
    return broker_secrets


def _quoted(text: str) -> str:
    """A value inside a JAAS line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def properties_file(settings: Mapping[str, str]) -> str:
    """Java's format: backslashes doubled, anything beyond ASCII as an escape."""
    return "".join(f"{key}={_java_escaped(value)}\n" for key, value in settings.items())


def _java_escaped(value: str) -> str:
    doubled = value.replace("\\", "\\\\")
    return "".join(char if ord(char) < 128 else f"\\u{ord(char):04x}" for char in doubled)
