"""What the worker's group has committed, asked from outside: no membership, no commit of our own."""

from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaException, TopicPartition

from penstock_worker.client_config import Config

ASK_SECONDS = 2


class CommittedOffsets:
    """A consumer with the group's name that never subscribes, and so never joins."""

    def __init__(self, config: Config, topic: str) -> None:
        self._consumer = Consumer(config)
        self._topic = topic

    def fetch(self, partitions: Iterable[int]) -> dict[int, int]:
        """Next offset by partition; nothing while the broker does not answer."""
        wanted = [TopicPartition(self._topic, partition) for partition in partitions]
        try:
            answers = self._consumer.committed(wanted, timeout=ASK_SECONDS) if wanted else []
        except KafkaException:
            return {}
        return {answer.partition: answer.offset for answer in answers if answer.error is None and answer.offset >= 0}

    def close(self) -> None:
        self._consumer.close()
