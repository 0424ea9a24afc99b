"""What is committed, and where a partition starts: nothing retained is skipped, whatever happened to the topic."""

import time
from collections.abc import Iterable

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from penstock_worker.core.starts import CommitMetadata
from support.bridge import Bridge, NewBridge, duplicates, source
from support.http_model import HttpModel, Response
from support.kafka.admin import SILENT, wait_until
from support.kafka.cluster import KafkaCluster
from support.kafka.records import Record, Stored

pytestmark = pytest.mark.kafka

QUICK_CHECK = {"penstock_worker.stages.consume.TOPIC_ID_SECONDS": 1.0}  # of 30
QUICK_METADATA = {"consumerConfig": {"topic.metadata.refresh.interval.ms": 500}}


def values(stored: Iterable[Stored]) -> list[bytes]:
    return sorted(each.value or b"" for each in stored)


def numbered(prefix: str, count: int) -> list[Record]:
    return [Record(f"{prefix}-{number:04}".encode(), b"k%d" % number) for number in range(count)]


# --- commits -----------------------------------------------------------------------------------------------------


def test_transaction_markers_leave_no_lag(new_bridge: NewBridge, kafka: KafkaCluster) -> None:
    """Markers and aborted records take offsets that no consumer is ever given."""
    bridge = new_bridge()
    producer = Producer({**kafka.client_config(), **SILENT, "transactional.id": bridge.group})
    producer.init_transactions(10)
    for number in range(6):
        producer.begin_transaction()
        for part in range(3):
            producer.produce(bridge.input, b"%d.%d" % (number, part))
        producer.flush(10)  # what is aborted takes offsets as well
        producer.abort_transaction(10) if number in (2, 5) else producer.commit_transaction(10)
    bridge.add()
    outputs = bridge.outputs(12)
    assert values(outputs) == [b"%d.%d" % (number, part) for number in (0, 1, 3, 4) for part in range(3)]
    bridge.wait_committed(timeout_seconds=5)
    assert bridge.committed() == {0: 6 * (3 + 1)}


def test_an_open_transaction_is_waited_for(new_bridge: NewBridge, kafka: KafkaCluster) -> None:
    bridge = new_bridge()
    bridge.add()
    producer = Producer({**kafka.client_config(), **SILENT, "transactional.id": bridge.group})
    producer.init_transactions(10)
    producer.begin_transaction()
    producer.produce(bridge.input, b"first")
    producer.flush(10)
    bridge.produce([Record(b"behind")])
    time.sleep(1)
    assert bridge.outputs() == []
    assert bridge.committed() == {0: 0}
    producer.commit_transaction(10)
    assert values(bridge.outputs(2)) == [b"behind", b"first"]
    bridge.wait_committed(timeout_seconds=5)


def test_an_idle_worker_commits_its_position_within_a_second(new_bridge: NewBridge) -> None:
    """KEDA takes a partition without a commit for one it knows nothing of, and cannot scale to zero."""
    bridge = new_bridge(partitions=3)
    bridge.add()
    bridge.wait_committed(timeout_seconds=2)  # with a second for the asking, on a busy machine
    bridge.produce(numbered("a", 10))
    bridge.outputs(10)
    bridge.wait_committed(timeout_seconds=2)


def test_every_commit_says_which_topic_it_means(new_bridge: NewBridge) -> None:
    bridge = new_bridge()
    bridge.add().prepare()
    bridge.produce(numbered("a", 1))
    bridge.outputs(1)
    bridge.wait_committed()
    metadata = CommitMetadata.parse(bridge.commits()[0].metadata)
    assert metadata.topic_id


def test_nothing_is_committed_that_has_no_result(new_bridge: NewBridge, model: HttpModel) -> None:
    """The second record never ends: what was finished behind it counts as in flight."""
    bridge = new_bridge()
    model.answer = lambda request: Response(request.body, after_seconds=60 if request.body == b"a-0001" else 0)
    bridge.add()
    bridge.produce(numbered("a", 50))
    bridge.outputs(49)
    time.sleep(1)
    assert bridge.committed() == {0: 1}
    metrics = bridge.workers[0].metrics()
    assert metrics["penstock_records_in_flight"] == 49
    assert metrics['penstock_lag_records{partition="0"}'] == 49


# --- starts ------------------------------------------------------------------------------------------------------


def test_a_group_without_commits_starts_at_the_subscription(new_bridge: NewBridge) -> None:
    """`Latest` means from the pre-flight on, also for the records before the first worker runs."""
    bridge = new_bridge(partitions=2, settings={"startFrom": "Latest"})
    bridge.produce(numbered("before", 20))
    assert bridge.make().prepare().exit_code == 0
    bridge.produce(numbered("after", 20))
    bridge.add()
    assert values(bridge.outputs(20)) == values_of(numbered("after", 20))


def values_of(records: Iterable[Record]) -> list[bytes]:
    return sorted(record.value or b"" for record in records)


def test_a_restart_goes_on_where_it_was(new_bridge: NewBridge) -> None:
    bridge = new_bridge(partitions=3)
    worker = bridge.add()
    bridge.produce(numbered("a", 100))
    bridge.outputs(100)
    bridge.drain()
    bridge.produce(numbered("b", 100))
    worker.start()
    outputs = bridge.outputs(200)
    assert duplicates(outputs) == 0
    assert values(outputs) == values_of(numbered("a", 100) + numbered("b", 100))


def test_expired_records_are_counted_and_the_rest_is_read(new_bridge: NewBridge, kafka: KafkaCluster) -> None:
    bridge = new_bridge()
    worker = bridge.add()
    bridge.produce(numbered("a", 100))
    bridge.outputs(100)
    bridge.drain()
    bridge.produce(numbered("b", 100))
    delete_before(kafka, bridge.input, 150)
    worker.start()
    worker.wait_ready()
    assert values(bridge.outputs(150)) == values_of(numbered("a", 100) + numbered("b", 100)[50:])
    assert worker.metrics()["penstock_records_expired_total"] == 50
    assert any("retention" in str(line.get("cause")) for line in worker.log_lines() if line["level"] == "warning")
    bridge.wait_committed()


def test_records_that_expire_under_a_running_worker_are_counted(
    new_bridge: NewBridge, kafka: KafkaCluster, model: HttpModel
) -> None:
    """Retention overtakes a worker that is held up."""
    bridge = new_bridge(maxInFlightRecords=100)
    model.answer = lambda request: Response(request.body, after_seconds=0.02)
    worker = bridge.add()
    bridge.produce([Record(b"%d" % number + b"x" * 50_000) for number in range(2000)])
    bridge.outputs(50)
    delete_before(kafka, bridge.input, 1990)
    model.answer = lambda request: Response(request.body)
    bridge.produce(numbered("last", 1))
    wait_until("the last record came out", lambda: b"last-0000" in values(bridge.outputs()), 30)
    bridge.wait_committed()
    found = {int(source(stored).rsplit("/", 1)[1]) for stored in bridge.outputs()}
    assert set(range(1990, 2001)) <= found, "what is retained is never skipped"
    lost = 2001 - len(found)
    assert worker.metrics()["penstock_records_expired_total"] == lost > 0


def delete_before(kafka: KafkaCluster, topic: str, offset: int) -> None:
    """What retention does."""
    asked = [TopicPartition(topic, 0, offset)]
    for done in kafka.admin().delete_records(asked).values():
        done.result(10)


def test_a_commit_beyond_the_end_starts_at_the_first_record(new_bridge: NewBridge, kafka: KafkaCluster) -> None:
    bridge = new_bridge()
    bridge.produce(numbered("a", 10))
    commit(bridge, 1000)
    bridge.add()
    assert values(bridge.outputs(10)) == values_of(numbered("a", 10))
    bridge.wait_committed()


def commit(bridge: Bridge, offset: int) -> None:
    """What another program left behind."""
    consumer = Consumer({**bridge.kafka.client_config(), **SILENT, "group.id": bridge.group})
    consumer.commit(offsets=[TopicPartition(bridge.input, 0, offset)], asynchronous=False)
    consumer.close()


# --- the topic is deleted and made again -----------------------------------------------------------------------------


def recreate(bridge: Bridge, partitions: int) -> None:
    bridge.kafka.delete_topic(bridge.input)
    bridge.create_topics(partitions, only=["input"])


@pytest.mark.parametrize("partitions", [2, 4])
def test_a_topic_recreated_while_no_worker_runs_is_read_from_its_start(new_bridge: NewBridge, partitions: int) -> None:
    bridge = new_bridge(partitions=2)
    worker = bridge.add()
    bridge.produce(numbered("a", 100))
    bridge.outputs(100)
    bridge.wait_committed()
    bridge.drain()
    recreate(bridge, partitions)
    bridge.produce(numbered("b", 300))
    worker.start()
    outputs = bridge.outputs(400)
    assert values(outputs) == values_of(numbered("a", 100) + numbered("b", 300))
    bridge.wait_committed()


@pytest.mark.parametrize("partitions", [2, 4])
def test_a_topic_recreated_under_a_running_worker_is_read_from_its_start(
    new_bridge: NewBridge, partitions: int
) -> None:
    """Records of the new topic at offsets that the worker has passed must not be skipped; read twice they may be."""
    bridge = new_bridge(partitions=2, patches=QUICK_CHECK, settings=QUICK_METADATA)
    bridge.add()
    bridge.produce(numbered("a", 100))
    bridge.outputs(100)
    bridge.wait_committed()
    recreate(bridge, partitions)
    bridge.produce(numbered("b", 300))
    wanted = set(values_of(numbered("a", 100) + numbered("b", 300)))
    wait_until("every record of both topics came out", lambda: set(values(bridge.outputs())) == wanted, 40)
    bridge.wait_committed()


# --- partitions are added --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start_from", ["Earliest", "Latest"])
def test_added_partitions_are_read_from_their_first_record(new_bridge: NewBridge, start_from: str) -> None:
    bridge = new_bridge(partitions=1, settings={**QUICK_METADATA, "startFrom": start_from})
    assert bridge.make().prepare().exit_code == 0
    worker = bridge.add()
    bridge.produce(numbered("a", 20))
    bridge.outputs(20)
    bridge.kafka.add_partitions(bridge.input, 4)
    bridge.produce(Record(b"b-%04d" % number, partition=number % 4) for number in range(100))
    assert values(bridge.outputs(120)) == values_of(numbered("a", 20)) + [b"b-%04d" % number for number in range(100)]
    bridge.wait_committed()
    assert worker.status()["partitions"] == 4
