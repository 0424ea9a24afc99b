"""How far a scenario has come, asked of the brokers: what arrived, and what the group has yet to commit."""

from collections.abc import Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from support.kafka.admin import SILENT

CALL_SECONDS = 2.0


class Progress:
    """Counts offsets, so transactional markers count as records; brokers that are away count as nothing new."""

    def __init__(self, client: Mapping[str, Any], group: str, input_topic: str, result_topics: tuple[str, ...]) -> None:
        self._input, self._results = input_topic, result_topics
        self._consumer = Consumer({**SILENT, "group.id": group, "enable.auto.commit": False, **client})

    def close(self) -> None:
        self._consumer.close()

    def arrivals(self) -> tuple[int] | None:
        """Records on the output and error topics; None while the brokers do not say."""
        try:
            return (sum(self._end(place) for topic in self._results for place in self._partitions(topic)),)
        except KafkaException:
            return None

    def committed(self) -> dict[int, int] | None:
        """The group's offset by input partition; None while the brokers do not say."""
        try:
            committed = self._consumer.committed(self._partitions(self._input), timeout=CALL_SECONDS)
        except KafkaException:
            return None
        return {place.partition: max(0, place.offset) for place in committed}

    def lag(self) -> dict[int, int] | None:
        """Per input partition what the group has not committed, where that is not nothing; None: not known now."""
        try:
            committed = self._consumer.committed(self._partitions(self._input), timeout=CALL_SECONDS)
            behind = {place.partition: self._end(place) - max(0, place.offset) for place in committed}
        except KafkaException:
            return None
        return {partition: records for partition, records in behind.items() if records}

    def _partitions(self, topic: str) -> list[TopicPartition]:
        found = self._consumer.list_topics(topic, timeout=CALL_SECONDS).topics[topic]
        if found.error:
            raise KafkaException(found.error)
        return [TopicPartition(topic, number) for number in sorted(found.partitions)]

    def _end(self, place: TopicPartition) -> int:
        ends = self._consumer.get_watermark_offsets(place, timeout=CALL_SECONDS)
        return int(ends[1])
