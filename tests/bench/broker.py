"""The one broker of a benchmark: backlogs that are loaded once, output topics that are watched from outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import LatestSpec, OffsetSpec

from bench.payloads import keyed_values
from support.kafka.cluster import KafkaCluster

PARTITIONS = 6
CALL_SECONDS = 30

_BIG_BATCHES = {
    "linger.ms": 20,
    "batch.size": 1_000_000,
    "queue.buffering.max.messages": 200_000,
    "partitioner": "murmur2_random",
}


class Broker:
    """Fresh names for topics and groups, so that no run sees what an earlier one left."""

    def __init__(self, cluster: KafkaCluster) -> None:
        self._cluster = cluster
        self._admin: AdminClient = cluster.admin()
        self._numbers = count()
        self._backlogs: dict[int, str] = {}

    @property
    def bootstrap(self) -> str:
        return self._cluster.bootstrap()

    def fresh_name(self, purpose: str) -> str:
        return f"{purpose}-{next(self._numbers)}"

    def fresh_topic(self, purpose: str, config: dict[str, str] | None = None) -> str:
        return self._cluster.create_topic(self.fresh_name(purpose), partitions=PARTITIONS, config=config)

    def load_backlog(self, count: int, size_bytes: int) -> None:
        """Fill the topic that every run with values of this size reads from the start."""
        self._backlogs[size_bytes] = topic = self.fresh_topic(f"backlog-{size_bytes}")
        producer = self.producer()
        for key, value in keyed_values(count, size_bytes):
            send(producer, topic, key, value)
        if producer.flush(60):
            raise RuntimeError(f"the broker did not take the backlog of {count} records in time")

    def backlog(self, size_bytes: int) -> str:
        return self._backlogs[size_bytes]

    def producer(self, **changes: str | int) -> Producer:
        return Producer({"bootstrap.servers": self.bootstrap, **_BIG_BATCHES, **changes})

    def end_offsets(self, topic: str) -> int:
        """How many records were ever written: the topics here have neither transactions nor compaction."""
        latest: OffsetSpec = LatestSpec()  # type: ignore[no-untyped-call]
        asked = {TopicPartition(topic, partition): latest for partition in range(PARTITIONS)}
        answers = self._admin.list_offsets(asked, request_timeout=CALL_SECONDS)
        return sum(answer.result(CALL_SECONDS).offset for answer in answers.values())


def send(producer: Producer, topic: str, key: bytes, value: bytes) -> None:
    """Produce; wait while the client's own queue is full."""
    while True:
        try:
            producer.produce(topic, value, key)
        except BufferError:
            producer.poll(0.1)
        else:
            return


@contextmanager
def running_broker(properties: dict[str, str] | None = None) -> Iterator[Broker]:
    """A broker with the JVM flags of a real one: a slowed one would hide differences between bridges."""
    with KafkaCluster(jvm="full", properties=properties or {}) as cluster:
        yield Broker(cluster)
