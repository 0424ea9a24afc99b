"""Bridges over the shared broker; whatever a test starts ends with it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin._resource import ResourceType

from support.bridge import Bridge, NewBridge
from support.http_model import HttpModel
from support.kafka import acls
from support.kafka.certificates import CLIENT_PRINCIPAL
from support.kafka.cluster import KafkaCluster
from support.kafka.listeners import SASL_SSL, SSL


@pytest.fixture
def model() -> Iterator[HttpModel]:
    """A model that echoes until told otherwise."""
    with HttpModel() as running:
        yield running


@pytest.fixture
def new_bridge(
    kafka: KafkaCluster, model: HttpModel, tmp_path: Path, unique: Callable[[str], str]
) -> Iterator[NewBridge]:
    """`new_bridge(partitions=3, concurrency=8)`: topics made, no worker yet. See `Bridge` for the keywords."""
    made: list[Bridge] = []

    def create(
        *, cluster: KafkaCluster = kafka, partitions: int = 1, topics: dict[str, Any] | None = None, **keywords: Any
    ) -> Bridge:
        bridge = Bridge(cluster, model, name=unique("bridge"), folder=tmp_path, **keywords)
        made.append(bridge)
        bridge.create_topics(partitions, **(topics or {}))
        return bridge

    yield create
    for bridge in made:
        bridge.close()


@pytest.fixture(scope="session")
def secured() -> Iterator[KafkaCluster]:
    """A broker with TLS, every login and an authorizer; its users may do everything until a test says otherwise."""
    with KafkaCluster(listeners=(SSL, SASL_SSL), authorizer=True) as cluster:
        for principal in (CLIENT_PRINCIPAL, acls.PRINCIPAL):
            for resource in (ResourceType.TOPIC, ResourceType.GROUP):
                acls.add(cluster.admin(), acls.allowed(resource, principal=principal))
        yield cluster
