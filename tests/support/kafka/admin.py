"""Waiting for what a cluster says of itself."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import ClusterMetadata

from support.waiting import wait_until as wait_until  # noqa: PLC0414 - whoever asks a cluster also waits for it

# librdkafka writes every refused connection to stderr; while a broker starts or is down on purpose that is no news.
SILENT = {"log_level": 0}


def admin_client(settings: dict[str, Any]) -> AdminClient:
    return AdminClient({"reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 200, **SILENT, **settings})


def wait_for_brokers(bootstrap: str, brokers: set[int], *, check: Callable[[], None], timeout_seconds: float) -> None:
    """Until exactly these brokers serve; `check` raises when waiting has become pointless."""
    client = admin_client({"bootstrap.servers": bootstrap})

    def serve() -> bool:
        check()
        found = metadata(client)
        return found is not None and set(found.brokers) == brokers

    wait_until(f"brokers {sorted(brokers)} of {bootstrap} serve", serve, timeout_seconds)


def all_in_sync(client: AdminClient) -> bool:
    """Every replica of every partition is in sync, and every partition has a leader."""
    found = metadata(client)
    return found is not None and all(
        partition.leader >= 0 and set(partition.isrs) == set(partition.replicas)
        for topic in found.topics.values()
        for partition in topic.partitions.values()
    )


def metadata(client: AdminClient) -> ClusterMetadata | None:
    """What the cluster answers within a second, or nothing."""
    try:
        return client.list_topics(timeout=1)
    except KafkaException:
        return None
