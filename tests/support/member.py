"""A member of a consumer group that does nothing but stay in it."""

import logging
import threading
from types import TracebackType
from typing import Any, Self

from confluent_kafka import Consumer

JOIN_SECONDS = 30


class Member:
    """Joined when the block begins, gone when it ends; polls in a thread of its own, as a worker does."""

    def __init__(self, config: dict[str, Any], topic: str) -> None:
        """`config` names the servers and the group."""
        self._consumer = Consumer(
            {"partition.assignment.strategy": "cooperative-sticky", "enable.auto.commit": False, **config},
            logger=logging.Logger("librdkafka"),
        )
        self._topic = topic
        self._assigned = threading.Event()
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._poll)

    def _poll(self) -> None:
        self._consumer.subscribe([self._topic], on_assign=lambda *_: self._assigned.set())
        while not self._leaving.is_set():
            self._consumer.poll(0.1)
        self._consumer.close()

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._assigned.wait(JOIN_SECONDS):
            self.__exit__(None, None, None)
            raise TimeoutError(f"no partition of {self._topic} was assigned within {JOIN_SECONDS} s")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._thread.join()
