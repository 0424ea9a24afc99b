"""The embedded broker: librdkafka's mock cluster in a process of its own. For trying only.

It keeps everything in memory, has one broker and four partitions a topic, and evicts a partition's oldest records above
about 5 MiB, so whoever feeds it paces itself (`pacing.py`). `python -m penstock.embedded_kafka` prints its address and
serves until SIGTERM.
"""

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from confluent_kafka import KafkaException, Producer

from penstock.child_process import ChildProcess, ended_text
from penstock.failures import Failed
from penstock.stopping import StopRequests
from penstock_worker.reasons import Reason

START_SECONDS = 10
TOPIC_SECONDS = 5
STOP_SECONDS = 2
ADDRESS = "address "  # what the line begins with


class EmbeddedKafka:
    """A running broker and where it listens."""

    def __init__(self, child: ChildProcess, address: str) -> None:
        self.address = address
        self._child = child

    def check(self) -> None:
        """Raises `Failed` when it ended: its records are gone with it."""
        if self._child.exit_code is not None:
            raise _unreachable(f"the embedded broker {ended_text(self._child.exit_code)}: {self._child.last_words()}")


@contextmanager
def embedded_kafka(stop: StopRequests) -> Iterator[EmbeddedKafka]:
    """Runs the broker. Raises `Failed` if it does not come up."""
    child = ChildProcess("embedded broker", [sys.executable, "-m", __name__], on_line=_ignore)
    try:
        yield EmbeddedKafka(child, _address(child, stop))
    finally:
        child.stop(STOP_SECONDS)


def _ignore(line: str) -> None:
    """Lines are kept in the child's tail; the address is read there."""


def _address(child: ChildProcess, stop: StopRequests) -> str:
    deadline = time.monotonic() + START_SECONDS
    while child.exit_code is None and time.monotonic() < deadline:
        for line in tuple(child.tail):
            if line.startswith(ADDRESS):
                return line.removeprefix(ADDRESS)
        stop.step()
    how = f"no answer within {START_SECONDS} s" if child.exit_code is None else ended_text(child.exit_code)
    raise _unreachable(f"the embedded broker did not start: {child.last_words() or how}")


def create_topics(address: str, topics: Sequence[str]) -> None:
    """It has no CreateTopics; a topic appears when a producer asks for its metadata."""
    producer = Producer({"bootstrap.servers": address, "log_level": 0})
    try:
        for topic in dict.fromkeys(topics):
            producer.list_topics(topic, timeout=TOPIC_SECONDS)
    except KafkaException as error:
        raise _unreachable(f"the embedded broker does not answer: {error.args[0].str()}") from error


def _unreachable(text: str) -> Failed:
    return Failed(Reason.BROKERS_UNREACHABLE.exit_code, text)


def serve() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # librdkafka's threads inherit it: only we take it
    cluster = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (broker,) = cluster.list_topics(timeout=START_SECONDS).brokers.values()
    print(f"{ADDRESS}{broker.host}:{broker.port}", flush=True)
    signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    serve()
