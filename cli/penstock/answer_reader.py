"""Reads the output and error topics beside the worker: what came out is counted where it lies, not where it was sent.

No group, no commits: partitions are assigned at their ends as they were before the worker started.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from penstock.answer_lines import Answer
from penstock.failures import Failed
from penstock.ledger import ERROR, OUTPUT, Source
from penstock_worker.client_config import Config
from penstock_worker.reasons import Reason

ASK_SECONDS = 10
BURST_RECORDS = 1000

_GAPS = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)


@dataclass(frozen=True, slots=True)
class Written:
    """By which worker on which topic an answer of ours was written: others may share the output topic."""

    deployment: str  # namespace/name
    input_topic: str


class AnswerReader:
    """The answers of one deployment, in the order of arrival."""

    def __init__(self, config: Config, topics: Sequence[str], written: Written) -> None:
        self._consumer = Consumer(config)
        self._topics = tuple(dict.fromkeys(topics))
        self._written = written
        self._starts: list[TopicPartition] = []
        self._ends: list[int] = []

    def start(self) -> None:
        """Stand at the ends of the topics. Raises `Failed` when the broker does not say where they are."""
        try:
            self._starts = [self._at_end(topic, partition) for topic in self._topics for partition in self._of(topic)]
            self._consumer.assign(self._starts)
        except KafkaException as error:
            raise _unreadable(error) from error

    def take(self, seconds: float) -> list[Answer]:
        """Waits at most `seconds`. Raises `Failed` when records were gone before they could be counted."""
        messages = self._consumer.consume(BURST_RECORDS, seconds)
        return list(self._answers(messages))

    def mark_end(self) -> None:
        """Where the topics end now, for `has_reached_end`. A broker that does not answer has no end to reach."""
        with suppress(KafkaException):
            self._ends = [self._end(partition) for partition in self._starts]

    def has_reached_end(self) -> bool:
        """Whether everything that was written before `mark_end` was taken."""
        reached = self._consumer.position(self._starts)  # a position also passes the markers of transactions
        return all(
            max(now.offset, start.offset) >= end
            for now, start, end in zip(reached, self._starts, self._ends, strict=False)
        )

    def close(self) -> None:
        self._consumer.close()

    def _of(self, topic: str) -> Iterator[int]:
        metadata = self._consumer.list_topics(topic, timeout=ASK_SECONDS).topics[topic]
        if metadata.error is not None:
            raise KafkaException(metadata.error)
        return iter(metadata.partitions)

    def _at_end(self, topic: str, partition: int) -> TopicPartition:
        return TopicPartition(topic, partition, self._end(TopicPartition(topic, partition)))

    def _end(self, partition: TopicPartition) -> int:
        _, end = self._consumer.get_watermark_offsets(partition, timeout=ASK_SECONDS)
        return end

    def _answers(self, messages: Sequence[Message]) -> Iterator[Answer]:
        for message in messages:
            error = message.error()
            if error is None:
                answer = self._answer(message)
                if answer is not None:
                    yield answer
            elif error.code() in _GAPS:
                raise Failed(
                    Reason.CLIENT_FATAL.exit_code,
                    f"{message.topic()}/{message.partition()}: records were removed before they could be counted",
                )

    def _answer(self, message: Message) -> Answer | None:
        headers = _headers(message)
        source = self._source(headers)
        if source is None:
            return None
        code = headers.get("penstock-error", b"").decode(errors="replace")
        position = f"{message.topic()}/{message.partition()}/{message.offset()}"
        return Answer(ERROR if code else OUTPUT, position, source, message.key(), code, message.value())

    def _source(self, headers: dict[str, bytes]) -> Source | None:
        if headers.get("penstock-deployment", b"").decode(errors="replace") != self._written.deployment:
            return None
        place = headers.get("penstock-source", b"").decode(errors="replace").split("/")
        if len(place) != 3 or place[0] != self._written.input_topic or not all(map(str.isdecimal, place[1:])):
            return None
        return Source(int(place[1]), int(place[2]))


def _headers(message: Message) -> dict[str, bytes]:
    try:
        headers = (
            cast(list[tuple[str, bytes | None]] | None, message.headers()) or []
        )  # a list is what a consumer gives
    except SystemError:  # a header name that is not UTF-8, so not written by a worker
        headers = []
    return {name: value for name, value in headers if value is not None}


def _unreadable(error: KafkaException) -> Failed:
    reason = error.args[0]
    refused = reason.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    return Failed(
        (Reason.AUTHORIZATION_FAILED if refused else Reason.BROKERS_UNREACHABLE).exit_code,
        f"cannot read the output and error topics: {reason.str()}",
    )
