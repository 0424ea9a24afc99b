"""The output cannot be written: everything is held, nothing is skipped, and it goes on by itself in the old order."""

import time

import pytest
from confluent_kafka.admin._acl import AclOperation
from confluent_kafka.admin._resource import ResourceType

from penstock_worker.reasons import Reason
from support.bridge import Bridge, NewBridge, assert_in_order, duplicates, header, source
from support.http_model import HttpModel, Response, always
from support.kafka import acls
from support.kafka.admin import wait_until
from support.kafka.cluster import KafkaCluster
from support.kafka.records import Record
from support.logins import sasl_over_tls

pytestmark = pytest.mark.kafka

SHORT_SESSION = {"consumerConfig": {"session.timeout.ms": 6000, "heartbeat.interval.ms": 1000}}
SOON_MISSING = {"producerConfig": {"topic.metadata.propagation.max.ms": 1000}}


def numbered(first: int, count: int) -> list[Record]:
    return [Record(b"%d" % number, b"k%d" % (number % 10)) for number in range(first, first + count)]


def settled(bridge: Bridge, records: list[Record]) -> None:
    """These went through, and their commit is acknowledged."""
    bridge.produce(records)
    bridge.outputs(len(records))
    bridge.wait_committed()


def wait_unwritable(bridge: Bridge) -> None:
    worker = bridge.workers[0]
    wait_until("/status says so", lambda: worker.status()["output"] == "OutputUnwritable", 40)
    assert worker.metrics()["penstock_output_writable"] == 0
    assert worker.get("/livez")[0] == 200


def all_once_in_order(bridge: Bridge, count: int) -> None:
    outputs = bridge.outputs(count, timeout_seconds=45)
    assert sorted(int(stored.value or b"") for stored in outputs) == list(range(count))
    assert_in_order(outputs)
    assert duplicates(outputs) == 0
    wait_until("it is writable again", lambda: bridge.workers[0].status()["output"] == "Writable", 10)
    bridge.wait_committed()


def test_an_output_that_may_not_be_written_holds_everything_until_it_may(
    new_bridge: NewBridge, secured: KafkaCluster
) -> None:
    bridge = new_bridge(cluster=secured, partitions=2, settings=sasl_over_tls(secured), secrets_dir=secured.secrets_dir)
    bridge.add()
    settled(bridge, numbered(0, 50))
    denial = acls.denied(ResourceType.TOPIC, bridge.output, AclOperation.WRITE)
    acls.add(secured.admin(), denial)
    committed = bridge.committed()
    bridge.produce(numbered(50, 200))
    wait_unwritable(bridge)
    time.sleep(2)
    assert bridge.committed() == committed
    assert bridge.errors() == []
    acls.remove(secured.admin(), denial)
    all_once_in_order(bridge, 250)


def test_errors_that_may_not_be_written_hold_their_records_too(
    new_bridge: NewBridge, secured: KafkaCluster, model: HttpModel
) -> None:
    bridge = new_bridge(cluster=secured, settings=sasl_over_tls(secured), secrets_dir=secured.secrets_dir)
    denial = acls.denied(ResourceType.TOPIC, bridge.error, AclOperation.WRITE)
    acls.add(secured.admin(), denial)
    model.answer = always(422, b"no")
    bridge.add()
    bridge.produce(numbered(0, 20))
    wait_unwritable(bridge)
    assert bridge.committed() == {0: 0}
    acls.remove(secured.admin(), denial)
    errors = bridge.errors(20, timeout_seconds=45)
    assert [header(error, "penstock-error") for error in errors] == ["ModelRefused"] * 20
    bridge.wait_committed()


def test_what_the_output_topic_takes_does_not_hide_that_the_error_topic_takes_nothing(
    new_bridge: NewBridge, secured: KafkaCluster, model: HttpModel
) -> None:
    """Each retry repeats what was finished ahead of the refused record, so retries must come ever more seldom."""
    bridge = new_bridge(cluster=secured, settings=sasl_over_tls(secured), secrets_dir=secured.secrets_dir)
    denial = acls.denied(ResourceType.TOPIC, bridge.error, AclOperation.WRITE)
    acls.add(secured.admin(), denial)
    model.answer = lambda request: Response(request.body, 422 if request.body == b"5" else 200)
    worker = bridge.add()
    bridge.produce(numbered(0, 300))
    wait_unwritable(bridge)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        assert worker.status()["output"] == "OutputUnwritable"
        time.sleep(0.1)
    starts = [line for line in worker.log_lines() if line["message"] == "partition starts"]
    assert len(starts) <= 5, "the first, then after 1, 2 and 4 seconds"
    acls.remove(secured.admin(), denial)
    bridge.wait_for(errors=1)
    bridge.wait_committed()
    assert {int(stored.value or b"") for stored in bridge.outputs()} == set(range(300)) - {5}
    assert_in_order(bridge.outputs())


def test_an_output_topic_that_is_deleted_is_waited_for(new_bridge: NewBridge) -> None:
    bridge = new_bridge(partitions=2, settings=SOON_MISSING)
    bridge.add()
    settled(bridge, numbered(0, 50))
    bridge.kafka.delete_topic(bridge.output)
    bridge.produce(numbered(50, 200))
    wait_unwritable(bridge)
    bridge.create_topics(2, only=["output"])
    outputs = bridge.outputs(200, timeout_seconds=60)
    assert {int(stored.value or b"") for stored in outputs} == set(range(50, 250))
    assert_in_order(outputs)
    bridge.wait_committed()


def test_a_worker_whose_output_topic_never_was_says_so_and_ends(new_bridge: NewBridge) -> None:
    """The pre-flight has seen both topics, so this one was deleted since: a restart waits for it."""
    bridge = new_bridge(topics={"only": ("input", "error")})
    worker = bridge.make()
    worker.start()
    assert worker.wait(60) == Reason.TOPIC_MISSING.exit_code
    assert bridge.output in worker.log_lines()[-1]["message"]


@pytest.mark.timeout(180)
def test_a_broker_that_is_away_is_waited_for(new_bridge: NewBridge, model: HttpModel) -> None:
    """For longer than the session: the worker has to join again, and to look its starts up again."""
    model.answer = lambda request: Response(request.body, after_seconds=0.005)
    with KafkaCluster() as cluster:
        bridge = new_bridge(cluster=cluster, partitions=2, settings=SHORT_SESSION)
        worker = bridge.add()
        sent = bridge.produce(numbered(0, 3000))
        bridge.wait_for(500)
        cluster.stop_broker(1)
        time.sleep(8)
        assert worker.running
        assert worker.get("/livez")[0] == 200
        cluster.start_broker(1)
        cluster.wait_ready()
        wait_until("every record came out", lambda: len(set(map(source, bridge.outputs()))) == len(sent), 60)
        outputs = bridge.outputs()
        assert_in_order(outputs)
        assert bridge.errors() == []
        bridge.wait_committed()
        bridge.drain()
        assert len(worker.log_lines()) < 60, "an outage is said, not repeated at every attempt to connect"
