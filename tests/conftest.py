"""What every test may ask for. A Kafka that cannot start fails the tests that need it.

`api_server` and `cluster` come from `cluster.plugin`, which says loudly where they are not to be had.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from support.kafka.cluster import KafkaCluster

pytest_plugins = ["cluster.plugin"]

# How fast this machine is just now is no property of the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# Otherwise looptime, asking for the main thread's loop before a test without one, makes a loop that nobody closes,
# and its ResourceWarning fails whichever test runs when it is collected.
asyncio.set_event_loop(None)


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaCluster]:
    """One broker, PLAINTEXT, shared by the whole run: give every topic and group a name of its own."""
    with KafkaCluster() as cluster:
        yield cluster


@pytest.fixture
def unique() -> Callable[[str], str]:
    """A name that no other test uses."""
    return lambda prefix: f"{prefix}-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def new_topic(kafka: KafkaCluster, unique: Callable[[str], str]) -> Iterator[Callable[..., str]]:
    """`new_topic(partitions=3, config={...})`: the name of a new topic, deleted after the test."""
    made: list[str] = []

    def create(prefix: str = "topic", **options: object) -> str:
        made.append(kafka.create_topic(unique(prefix), **options))  # type: ignore[arg-type]
        return made[-1]

    yield create
    kafka.delete_topic(*made)
