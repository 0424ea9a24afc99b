"""The consumer thread at moments that no broker gives on demand: callbacks within a burst, topics that change."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, Message, TopicPartition

from penstock_worker.core.offsets import Window
from penstock_worker.core.pressure import Pressure
from penstock_worker.core.starts import CommitMetadata, Start, StartCause
from penstock_worker.counters import Counters
from penstock_worker.messages import Record
from penstock_worker.stages.commit import Commit
from penstock_worker.stages.consume import Consume
from penstock_worker.start_lookup import Resolved, StartLookup
from support.builders import INPUT_TOPIC, acknowledge, make_message, make_window

Step = Callable[[], None]


class ScriptedConsumer:
    """Gives messages and runs what the script puts between them, as librdkafka runs callbacks inside its calls."""

    def __init__(self) -> None:
        self.polled: deque[Message | Step] = deque()
        self.consumed: deque[Message | Step] = deque()
        self.positions: dict[int, int] = {}
        self.commits: list[dict[int, tuple[int, str]]] = []
        self.assigned: dict[int, int] = {}

    def subscribe(self, _topics: list[str], **callbacks: Callable[[Any, list[TopicPartition]], None]) -> None:
        self.callbacks = callbacks

    def revoke(self, *partitions: int) -> None:
        self.callbacks["on_revoke"](self, [TopicPartition(INPUT_TOPIC, number) for number in partitions])

    def assign(self, *partitions: int) -> None:
        self.callbacks["on_assign"](self, [TopicPartition(INPUT_TOPIC, number) for number in partitions])

    def poll(self, _timeout_seconds: float) -> Message | None:
        """The position counts a message as soon as it is returned: librdkafka's `rd_kafka_consume0`."""
        while self.polled:
            step = self.polled.popleft()
            if isinstance(step, Message):
                self._deliver(step)
                return step
            step()
        return None

    def consume(self, _count: int, _timeout_seconds: float) -> list[Message]:
        """Positions count a batch's messages at its end, behind the callbacks: `rd_kafka_q_serve_rkmessages`."""
        found = []
        while self.consumed:
            step = self.consumed.popleft()
            if isinstance(step, Message):
                found.append(step)
            else:
                step()
        for message in found:
            self._deliver(message)
        return found

    def _deliver(self, message: Message) -> None:
        if message.error() is None:
            self.positions[cast("int", message.partition())] = cast("int", message.offset()) + 1

    def position(self, partitions: list[TopicPartition]) -> list[TopicPartition]:
        return [
            TopicPartition(INPUT_TOPIC, each.partition, self.positions.get(each.partition, OFFSET_INVALID))
            for each in partitions
        ]

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> list[TopicPartition]:
        self.commits.append({each.partition: (each.offset, each.metadata or "") for each in offsets})
        return offsets

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        for each in partitions:
            self.assigned[each.partition] = each.offset
            self.positions.pop(each.partition, None)

    def incremental_unassign(self, partitions: list[TopicPartition]) -> None:
        for each in partitions:
            del self.assigned[each.partition]

    def pause(self, _partitions: list[TopicPartition]) -> None:
        pass

    resume = pause


class ScriptedLookup:
    """Where partitions start, as the broker would have it: by partition, cause and offset."""

    def __init__(self) -> None:
        self.topic_id: str | None = None
        self.current_id = "first"
        self.starts: dict[int, Start] = {}
        self.committed = 0

    @property
    def metadata(self) -> CommitMetadata:
        return CommitMetadata(self.topic_id)

    def resolve(self, partitions: Sequence[int]) -> list[Resolved]:
        self.topic_id = self.current_id
        starts = {number: self.starts.get(number, Start(StartCause.RESUMED, 0)) for number in partitions}
        return [Resolved(number, start, cast("int", start.offset), self.committed) for number, start in starts.items()]

    def fetch_topic_id(self) -> str:
        return self.current_id


class EndsAtOnce:
    """The event loop's side: what was on the wire when partitions are released is lost, which is always allowed."""

    wants_records = True

    def __init__(self) -> None:
        self.submitted: list[Record] = []
        self.discarded: list[int] = []

    def submit(self, records: list[Record]) -> None:
        self.submitted += [record for record in records if record.window.open]

    def make_window(self, topic: str, partition: int, committed_offset: int | None) -> Window:
        return make_window(partition, committed_offset=committed_offset)

    def release(self, windows: Sequence[Window], timeout_seconds: float) -> None:
        self.discard(windows)

    def discard(self, windows: Sequence[Window]) -> None:
        for window in windows:
            self.discarded.append(window.partition)
            window.open = window.live = False


class Scene:
    def __init__(self) -> None:
        self.consumer, self.lookup, self.loop_side = ScriptedConsumer(), ScriptedLookup(), EndsAtOnce()
        self.counters = Counters()
        commit = Commit(self.counters)
        commit.consumer = cast("Consumer", self.consumer)
        self.consume = Consume(
            commit.consumer,
            topic=INPUT_TOPIC,
            lookup=cast("StartLookup", self.lookup),
            pressure=Pressure(records=1000, size_bytes=1_000_000),
            commit=commit,
            counters=self.counters,
            loop_side=self.loop_side,
        )
        self.consumer.subscribe(
            [INPUT_TOPIC], on_assign=self.consume._assignment.on_assign, on_revoke=self.consume._assignment.on_revoke
        )
        self.now = 1000.0

    def turn(self) -> None:
        """A turn a second later than the last."""
        self.now += 1.0
        self.consume._turn(self.now)

    @property
    def committed(self) -> dict[int, int]:
        return {partition: offset for commit in self.consumer.commits for partition, (offset, _) in commit.items()}


@pytest.fixture
def scene() -> Scene:
    made = Scene()
    made.consumer.assign(0, 1)
    return made


def test_a_record_polled_just_before_a_revocation_is_not_committed(scene: Scene) -> None:
    """`poll` returns a record, and the `consume` right behind it runs the revocation: nobody has seen that record."""
    scene.consumer.polled.append(make_message(0))
    scene.consumer.consumed.append(lambda: scene.consumer.revoke(0))
    scene.turn()
    assert scene.committed.get(0, 0) == 0
    assert scene.loop_side.submitted == []


def test_records_consumed_around_a_revocation_are_not_committed(scene: Scene) -> None:
    scene.consumer.polled.append(make_message(0))
    scene.consumer.consumed += [make_message(1), lambda: scene.consumer.revoke(0), make_message(2)]
    scene.turn()
    assert scene.committed.get(0, 0) == 0
    assert scene.loop_side.submitted == []


def test_a_revocation_commits_what_is_finished(scene: Scene) -> None:
    scene.consumer.polled.append(make_message(0))
    scene.consumer.consumed.append(make_message(1))
    scene.turn()
    acknowledge(scene.loop_side.submitted[0])
    scene.consumer.polled.append(lambda: scene.consumer.revoke(0))
    scene.turn()
    assert scene.committed[0] == 1


def test_a_new_topic_id_found_while_partitions_are_added_restarts_the_others(scene: Scene) -> None:
    """Their positions are those of the old topic, and would skip records of the new one."""
    scene.consumer.polled.append(make_message(0, partition=1))
    scene.turn()
    acknowledge(scene.loop_side.submitted[0])
    scene.lookup.current_id = "second"
    scene.lookup.starts = dict.fromkeys((0, 1), Start(StartCause.TOPIC_RECREATED, 0))
    before = len(scene.consumer.commits)
    scene.consumer.polled.append(lambda: scene.consumer.assign(2))
    scene.turn()
    assert scene.loop_side.discarded == [0, 1]
    assert scene.consumer.assigned == {0: 0, 1: 0, 2: 0}
    for commit in scene.consumer.commits[before:]:
        assert all(offset == 0 for offset, metadata in commit.values() if "second" in metadata)


def test_a_position_outside_a_recreated_topic_restarts_every_partition(scene: Scene) -> None:
    scene.lookup.current_id = "second"
    scene.lookup.starts = dict.fromkeys((0, 1), Start(StartCause.TOPIC_RECREATED, 0))
    scene.consumer.polled.append(make_message(0, error=KafkaError(KafkaError._AUTO_OFFSET_RESET)))
    scene.turn()
    assert sorted(scene.loop_side.discarded) == [0, 1]


def test_records_read_before_retention_overtook_the_worker_are_finished(scene: Scene) -> None:
    scene.consumer.polled.append(make_message(0))
    scene.consumer.consumed.append(make_message(1))
    scene.turn()
    scene.lookup.starts[0] = Start(StartCause.EXPIRED, 50, expired_records=50)
    scene.consumer.polled.append(make_message(0, error=KafkaError(KafkaError._AUTO_OFFSET_RESET)))
    scene.turn()
    assert scene.loop_side.discarded == []
    assert scene.consumer.assigned[0] == 50
    assert scene.counters.expired_records == 48, "two of the fifty were read"
    first, second = scene.loop_side.submitted
    acknowledge(first)
    scene.turn()
    assert scene.committed.get(0, 0) <= 1
    acknowledge(second)
    scene.consume._commit._in_flight = ()
    scene.turn()
    assert scene.committed[0] == 50
