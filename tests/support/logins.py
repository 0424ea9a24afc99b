"""Blocks of kafka.json that log in to a cluster's listeners with the secrets that its harness wrote."""

from typing import Any

from support.kafka.cluster import KafkaCluster
from support.kafka.listeners import SASL_SSL, SSL

_CA = {"trust": "Secret", "ca": {"secretName": "kafka-ca", "key": "ca.crt"}}


def mutual_tls(cluster: KafkaCluster, secret: str = "user") -> dict[str, Any]:
    """`secret`: one of the harness' secrets with a client certificate; its key's password is used where it has one."""
    tls: dict[str, Any] = {
        **_CA,
        "certificate": {"secretName": "user", "key": "user.crt"},
        "key": {"secretName": secret, "key": "user.key"},
    }
    if (cluster.secrets_dir / secret / "key.password").exists():
        tls["keyPassword"] = {"secretName": secret, "key": "key.password"}
    return {"bootstrapServers": list(cluster.bootstrap_servers(SSL)), "tls": tls}


def sasl_over_tls(cluster: KafkaCluster, mechanism: str = "ScramSha512", secret: str = "login") -> dict[str, Any]:
    sasl = {
        "mechanism": mechanism,
        "username": {"secretName": secret, "key": "username"},
        "password": {"secretName": secret, "key": "password"},
    }
    return {"bootstrapServers": list(cluster.bootstrap_servers(SASL_SSL)), "tls": _CA, "sasl": sasl}
