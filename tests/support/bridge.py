"""One deployment under test: three topics, a consumer group, a model, and the workers between them."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin._listoffsets import LatestSpec, OffsetSpec
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from penstock_worker.settings import KafkaSettings
from support.feed import Feed
from support.http_model import HttpModel
from support.kafka.admin import wait_until
from support.kafka.cluster import KafkaCluster
from support.kafka.records import Record, Stored, produce
from support.worker import WorkerProcess, kafka_settings, worker_settings

WAIT_SECONDS = 30.0
CALL_SECONDS = 10.0


class Bridge:
    """Topics are made by `create_topics`; workers share every setting. `close` ends them without ceremony."""

    def __init__(
        self,
        kafka: KafkaCluster,
        model: HttpModel,
        *,
        name: str,
        folder: Path,
        secrets_dir: Path | None = None,
        settings: Mapping[str, Any] | None = None,
        model_settings: Mapping[str, Any] | None = None,
        log_level: str = "Info",
        patches: Mapping[str, object] | None = None,
        **delivery: Any,
    ) -> None:
        """`settings`: keys of kafka.json; `patches`: constants of the worker's modules, by dotted name."""
        self.kafka = kafka
        self.model = model
        self.topics = {"input": f"{name}.in", "output": f"{name}.out", "error": f"{name}.errors"}
        self.group = name
        self.folder = folder
        self.workers: list[WorkerProcess] = []
        self._secrets_dir = secrets_dir
        self._command = patched_command(patches or {})
        self.kafka_settings: KafkaSettings = kafka_settings(
            kafka.bootstrap_servers(), self.topics, self.group, **(settings or {})
        )
        worker = worker_settings(model.url, self.group, **delivery).model_dump(by_alias=True, exclude_defaults=True)
        worker["model"] |= model_settings or {}
        self.worker_settings = {**worker, "logLevel": log_level}

    # Topics

    @property
    def input(self) -> str:
        return self.topics["input"]

    @property
    def output(self) -> str:
        return self.topics["output"]

    @property
    def error(self) -> str:
        return self.topics["error"]

    def create_topics(
        self,
        partitions: int = 1,
        *,
        only: Sequence[str] = ("input", "output", "error"),
        config: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """`config`: by role, what the topic gets."""
        for role in only:
            self.kafka.create_topic(self.topics[role], partitions, config=(config or {}).get(role))

    def produce(self, records: Iterable[Record]) -> list[Stored]:
        """All of them, acknowledged. Without idempotence, whose start alone takes half a second."""
        return produce({**self.kafka.client_config(), "enable.idempotence": False}, self.input, records)

    def feed(self, *, burst_records: int = 25, keys: int = 50) -> Feed[Stored]:
        """Records that keep coming, about 500 a second."""

        def send(numbers: range) -> list[Stored]:
            return self.produce(Record(b"%d" % number, b"key-%d" % (number % keys)) for number in numbers)

        return Feed(send, burst_records=burst_records, pause_seconds=0.05)

    # Workers

    def add(self, count: int = 1) -> WorkerProcess:
        """So many more workers, all ready; the last of them."""
        new = [self.make() for _ in range(count)]
        for worker in new:
            worker.start()
        for worker in new:
            worker.wait_ready()
        return new[-1]

    def make(self) -> WorkerProcess:
        """One more worker, not started."""
        worker = WorkerProcess(
            self.kafka_settings,
            self.worker_settings,
            folder=self.folder / f"worker-{len(self.workers)}",
            secrets_dir=self._secrets_dir,
            command=self._command,
        )
        self.workers.append(worker)
        return worker

    def drain(self) -> None:
        """SIGTERM all that run; each must end with 0."""
        running = [worker for worker in self.workers if worker.running]
        for worker in running:
            worker.sigterm()
        codes = [worker.wait() for worker in running]
        assert codes == [0] * len(running), [worker.log_tail() for worker in running]

    def close(self) -> None:
        for worker in self.workers:
            worker.close()

    # What came out

    def wait_for(self, outputs: int = 0, errors: int = 0, *, timeout_seconds: float = WAIT_SECONDS) -> None:
        """Until at least so many records are in each topic."""
        wanted = {self.output: outputs, self.error: errors}
        found: dict[str, int] = {}

        def arrived() -> bool:
            found.update({topic: self._records(topic) for topic, count in wanted.items() if count})
            return all(found[topic] >= count for topic, count in wanted.items() if count)

        try:
            wait_until("everything arrived", arrived, timeout_seconds)
        except TimeoutError as error:
            logs = "\n".join(worker.log_tail() for worker in self.workers)
            raise TimeoutError(f"after {timeout_seconds:g} s: wanted {wanted}, found {found}\n{logs}") from error

    def outputs(self, count: int = 0, *, timeout_seconds: float = WAIT_SECONDS) -> list[Stored]:
        """Everything in the output topic, once there are so many."""
        self.wait_for(outputs=count, timeout_seconds=timeout_seconds)
        return self.kafka.read_all(self.output)

    def errors(self, count: int = 0, *, timeout_seconds: float = WAIT_SECONDS) -> list[Stored]:
        """Everything in the error topic, once there are so many."""
        self.wait_for(errors=count, timeout_seconds=timeout_seconds)
        return self.kafka.read_all(self.error)

    def _records(self, topic: str) -> int:
        """How many records a topic has that no transaction wrote."""
        return sum(self.ends(topic).values())

    # Offsets

    @retry(retry=retry_if_exception_type(KafkaException), stop=stop_after_delay(CALL_SECONDS), wait=wait_fixed(0.1))
    def ends(self, topic: str | None = None) -> dict[int, int]:
        """End offset by partition, of the input topic if none is given. A new topic has no leader for a moment."""
        name = topic or self.input
        found = self.kafka.admin().list_topics(name, timeout=CALL_SECONDS).topics[name]
        latest: OffsetSpec = LatestSpec()  # type: ignore[no-untyped-call]
        asked = {TopicPartition(name, number): latest for number in found.partitions}
        answers = self.kafka.admin().list_offsets(asked, isolation_level=IsolationLevel.READ_UNCOMMITTED)
        return {place.partition: future.result(CALL_SECONDS).offset for place, future in answers.items()}

    def commits(self) -> dict[int, TopicPartition]:
        """The group's commits by partition of the input topic."""
        (future,) = self.kafka.admin().list_consumer_group_offsets([ConsumerGroupTopicPartitions(self.group)]).values()
        found = future.result(CALL_SECONDS).topic_partitions
        return {each.partition: each for each in found if each.topic == self.input and each.offset >= 0}

    def committed(self) -> dict[int, int]:
        return {partition: each.offset for partition, each in self.commits().items()}

    def wait_committed(self, *, timeout_seconds: float = WAIT_SECONDS) -> None:
        """Until the group has committed the end of every partition: what KEDA calls no lag."""
        wait_until(f"{self.group} has no lag", lambda: self.committed() == self.ends(), timeout_seconds=timeout_seconds)


NewBridge = Callable[..., Bridge]
"""The fixture `new_bridge`: `new_bridge(partitions=3, concurrency=8)` makes the topics and starts no worker yet."""


def patched_command(patches: Mapping[str, object]) -> tuple[str, ...]:
    """The worker with some constants of its modules replaced, so that a test need not wait half a minute."""
    lines = ["import importlib, sys"]
    for dotted, value in patches.items():
        module, name = dotted.rsplit(".", 1)
        lines.append(f"module = importlib.import_module({module!r})")
        lines.append(f"assert hasattr(module, {name!r}); module.{name} = {value!r}")
    lines.append("from penstock_worker.__main__ import main; sys.exit(main())")
    return (sys.executable, "-c", "\n".join(lines))


def header(stored: Stored, name: str) -> str | None:
    """The last header of that name, as text."""
    values = [value for each, value in stored.headers if each == name]
    return values[-1].decode() if values and values[-1] is not None else None


def source(stored: Stored) -> str:
    """Which input record this came from."""
    return header(stored, "penstock-source") or ""


def place(stored: Stored) -> str:
    """How `penstock-source` names this input record."""
    return f"{stored.topic}/{stored.partition}/{stored.offset}"


def duplicates(results: Iterable[Stored]) -> int:
    """How many results are not the first of their input record."""
    return sum(count - 1 for count in Counter(map(source, results)).values())


def first_sources_by_key(results: Iterable[Stored]) -> dict[tuple[int, bytes | None], list[int]]:
    """Input offsets of first occurrences, in the order of the topic, by input partition and key."""
    found: dict[tuple[int, bytes | None], list[int]] = {}
    seen: set[str] = set()
    for stored in results:
        if source(stored) not in seen:
            seen.add(source(stored))
            _topic, partition, offset = source(stored).rsplit("/", 2)
            found.setdefault((int(partition), stored.key), []).append(int(offset))
    return found


def assert_in_order(results: Iterable[Stored]) -> None:
    """Per (input partition, key), first occurrences are in input order."""
    for (partition, key), offsets in first_sources_by_key(results).items():
        assert offsets == sorted(offsets), f"partition {partition}, key {key!r}: {offsets}"
