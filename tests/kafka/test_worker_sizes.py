"""What is too large for a topic becomes an error record that fits, and never holds its partition."""

import pytest
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType

from penstock_worker.reasons import Reason
from support.bridge import Bridge, NewBridge, header
from support.http_model import HttpModel, Request, Response
from support.kafka.cluster import KafkaCluster
from support.kafka.records import Record

pytestmark = pytest.mark.kafka

LIMIT = 4000
SMALL = {"output": {"max.message.bytes": str(LIMIT)}, "error": {"max.message.bytes": str(LIMIT)}}


def as_long_as_told(request: Request) -> Response:
    """The value says how long the answer is to be."""
    return Response(b"x" * int(request.body))


def narrow(new_bridge: NewBridge, model: HttpModel) -> Bridge:
    model.answer = as_long_as_told
    return new_bridge(topics={"config": SMALL})


def test_an_output_too_large_for_its_topic_is_an_error_without_body(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = narrow(new_bridge, model)
    bridge.produce(Record(value, b"k") for value in (b"10", b"%d" % (LIMIT - 100), b"20"))
    worker = bridge.add()
    (error,) = bridge.errors(1)
    assert error.key == b"k"
    assert error.value == b""
    assert header(error, "penstock-error") == "OutputTooLarge"
    assert header(error, "penstock-error-truncated") == "body"
    assert [len(stored.value or b"") for stored in bridge.outputs(2)] == [10, 20]
    bridge.wait_committed()
    assert worker.metrics()['penstock_records_failed_total{code="OutputTooLarge"}'] == 1


def test_an_answer_larger_than_any_output_is_a_bad_response(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = narrow(new_bridge, model)
    bridge.produce(Record(value, b"k") for value in (b"10", b"%d" % (LIMIT + 1), b"20"))
    bridge.add()
    (error,) = bridge.errors(1)
    assert header(error, "penstock-error") == "BadModelResponse"
    assert error.value == b"%d" % (LIMIT + 1), "no body was kept, so the request stands in"
    assert len(bridge.outputs(2)) == 2
    bridge.wait_committed()


def test_headers_too_large_for_the_error_topic_are_left_out(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = narrow(new_bridge, model)
    large = (("large", b"h" * LIMIT),)
    bridge.produce([Record(b"10", b"k", large), Record(None, b"k", large), Record(b"20", b"k")])
    bridge.add()
    errors = bridge.errors(2)
    assert [header(error, "penstock-error") for error in errors] == ["OutputTooLarge", "Tombstone"]
    for error in errors:
        assert (error.key, error.value) == (b"k", b"")
        assert header(error, "penstock-error-truncated") == "body,headers"
        assert header(error, "penstock-source")
        assert header(error, "large") is None
    bridge.outputs(1)
    bridge.wait_committed()


def test_a_limit_that_shrinks_ends_the_worker_and_the_next_one_keeps_to_it(
    new_bridge: NewBridge, model: HttpModel, kafka: KafkaCluster
) -> None:
    """The broker refuses what was allowed when the worker started: it must not hold its partition for ever."""
    bridge = new_bridge()
    model.answer = as_long_as_told
    worker = bridge.add()
    bridge.produce([Record(b"10", b"k")])
    bridge.outputs(1)
    shrink(kafka, bridge.output)
    bridge.produce(Record(value, b"k") for value in (b"20", b"%d" % LIMIT, b"30"))
    assert worker.wait() == Reason.CLIENT_FATAL.exit_code
    worker.start()  # as the kubelet does
    (error,) = bridge.errors(1)
    assert header(error, "penstock-error") == "OutputTooLarge"
    assert [len(stored.value or b"") for stored in bridge.outputs(3)] == [10, 20, 30]
    bridge.wait_committed()


def shrink(kafka: KafkaCluster, topic: str) -> None:
    change = ConfigEntry("max.message.bytes", str(LIMIT), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[change])
    kafka.admin().incremental_alter_configs([resource])[resource].result(10)
