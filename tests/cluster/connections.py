"""The ways into Kafka, as parts of a spec, and the Secrets that they name."""

from pathlib import Path
from typing import Any

from cluster.kubectl import Manifest
from support.kafka.cluster import KafkaCluster
from support.kafka.listeners import SASL_SSL, SSL

CA = {"trust": "Secret", "ca": {"secretName": "kafka-ca", "key": "ca.crt"}}


def mutual(secret: str, *, password: bool = False) -> dict[str, Any]:
    """A `tls` block with a client certificate."""
    keys = {"certificate": "user.crt", "key": "user.key", **({"keyPassword": "key.password"} if password else {})}
    return {**CA, **{field: {"secretName": secret, "key": key} for field, key in keys.items()}}


def over_tls(broker: KafkaCluster, tls: dict[str, Any]) -> dict[str, Any]:
    """The listener that wants a client certificate."""
    return {"kafka": {"bootstrapServers": list(broker.bootstrap_servers(SSL)), "tls": tls}}


def by_password(broker: KafkaCluster) -> dict[str, Any]:
    """The listener that wants a user and a password, and shows its own certificate alone."""
    sasl = {
        "mechanism": "ScramSha512",
        "username": {"secretName": "login", "key": "username"},
        "password": {"secretName": "login", "key": "password"},
    }
    return {"kafka": {"bootstrapServers": list(broker.bootstrap_servers(SASL_SSL)), "tls": CA, "sasl": sasl}}


def secret_from(folder: Path) -> Manifest:
    data = {file.name: file.read_text() for file in folder.iterdir()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": folder.name}, "stringData": data}
