"""An outage of the model is not an error: records wait, the worker stays in its group, and resumes by itself."""

import time
from collections.abc import Callable

import pytest

from support.bridge import Bridge, NewBridge, assert_in_order, duplicates, header
from support.http_model import HANGS, HttpModel, Request, Response, always, echo
from support.kafka.admin import wait_until
from support.kafka.records import Record
from support.ports import free_port

pytestmark = pytest.mark.kafka


def numbered(count: int, prefix: str = "") -> list[Record]:
    return [Record(f"{prefix}{number}".encode(), b"k%d" % (number % 50)) for number in range(count)]


def wait_for_status(bridge: Bridge, timeout_seconds: float = 15, **wanted: object) -> None:
    worker = bridge.workers[0]
    wait_until(f"/status says {wanted}", lambda: {k: worker.status()[k] for k in wanted} == wanted, timeout_seconds)


def holds_everything(bridge: Bridge, outputs: int) -> None:
    """Nothing came out, nothing is committed past it, the worker is alive and in its group."""
    worker = bridge.workers[0]
    assert len(bridge.outputs()) == outputs
    assert bridge.errors() == []
    assert worker.status()["partitions"] == len(bridge.ends())
    assert worker.get("/livez")[0] == 200
    assert worker.get("/readyz")[0] == 200


def test_a_model_that_goes_down_is_waited_for(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = new_bridge(partitions=3)
    worker = bridge.add()
    bridge.produce(numbered(100))
    bridge.outputs(100)
    model.down()
    bridge.produce(numbered(500))
    wait_for_status(bridge, reason="ModelDown")
    time.sleep(2)
    holds_everything(bridge, 100)
    assert worker.metrics()["penstock_breaker_state"] in (1, 2)
    assert worker.metrics()["penstock_partitions_held"] == 3
    model.up()
    back = time.monotonic()
    outputs = bridge.outputs(600)
    assert time.monotonic() - back < 10
    assert_in_order(outputs)
    assert duplicates(outputs) == 0
    assert bridge.errors() == []
    wait_for_status(bridge, breaker="Closed", reason=None)
    bridge.wait_committed()
    opened = [line for line in worker.log_lines() if line["message"] == "breaker opened"]
    assert [line["reason"] for line in opened] == ["ModelDown"]


OUTAGES: dict[str, Callable[[Request], Response]] = {
    "503": always(503, b"overloaded"),
    "500": always(500, b"boom"),
    "hangs": lambda request: Response(after_seconds=HANGS),
}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
def test_a_model_that_answers_nobody_is_waited_for(
    new_bridge: NewBridge, model: HttpModel, outage: Callable[[Request], Response]
) -> None:
    """Few attempts and little time: a budget is spent on a record only while the model answers others."""
    bridge = new_bridge(timeoutSeconds=1, concurrency=8, retry={"maxAttempts": 2, "maxElapsedSeconds": 2})
    bridge.add()
    bridge.produce(numbered(20))
    bridge.outputs(20)
    model.answer = outage
    bridge.produce(numbered(50))
    wait_for_status(bridge, reason="ModelDown")
    time.sleep(2)
    holds_everything(bridge, 20)
    model.answer = echo
    outputs = bridge.outputs(70)
    assert_in_order(outputs)
    assert bridge.errors() == []


def test_a_model_that_was_never_there_is_waited_for(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = new_bridge()
    model.down()
    worker = bridge.make()
    bridge.produce(numbered(10))
    worker.start()
    wait_until("the worker says what it waits for", lambda: b"model" in worker.get("/readyz")[1], 15)
    assert worker.get("/readyz")[0] == 503
    assert worker.get("/livez")[0] == 200
    model.up()
    bridge.outputs(10)
    worker.wait_ready(5)


def test_a_model_whose_name_has_no_address_is_waited_for(new_bridge: NewBridge) -> None:
    url = f"http://no-such-model.invalid:{free_port()}/predict"
    bridge = new_bridge(model_settings={"url": url}, drainTimeoutSeconds=1)
    worker = bridge.make()
    bridge.produce(numbered(10))
    worker.start()
    wait_until("it serves", lambda: worker.get("/livez")[0] == 200, 15)
    wait_for_status(bridge, reason="ModelDown")
    time.sleep(2)
    assert worker.get("/livez")[0] == 200
    assert bridge.errors() == []
    bridge.drain()
    assert bridge.committed() == {0: 0}


def test_a_readiness_path_brings_the_model_back_before_any_probe(new_bridge: NewBridge, model: HttpModel) -> None:
    """Probes are up to half a minute apart; the readiness path is asked every second."""
    bridge = new_bridge(
        model_settings={"readinessPath": "/ready"}, patches={"penstock_worker.core.breaker.FIRST_OPEN_SECONDS": 60.0}
    )
    worker = bridge.add()
    bridge.produce(numbered(5))
    bridge.outputs(5)
    model.down()
    bridge.produce(numbered(5))
    wait_for_status(bridge, reason="ModelDown")
    model.ready_status = 503
    model.up()
    time.sleep(2)
    assert worker.status()["reason"] == "ModelDown", "it listens and says that it is not ready"
    model.ready_status = 200
    bridge.outputs(10, timeout_seconds=5)


def test_readiness_waits_for_the_models_own_word(new_bridge: NewBridge, model: HttpModel) -> None:
    model.ready_status = 500
    bridge = new_bridge(model_settings={"readinessPath": "/ready"})
    worker = bridge.make()
    worker.start()
    wait_until("the worker joined", lambda: b"model" in worker.get("/readyz")[1], 15)
    model.ready_status = 204
    worker.wait_ready(5)


def test_a_model_that_knows_no_such_path_is_misconfigured(new_bridge: NewBridge, model: HttpModel) -> None:
    """The topic advances one record per probe, so that a 404 meant for a record cannot hold it for ever."""
    bridge = new_bridge()
    model.answer = always(404, b"no such model")
    bridge.produce(numbered(50))
    bridge.add()
    wait_for_status(bridge, reason="ModelMisconfigured")
    bridge.wait_for(errors=2)
    errors = bridge.errors()
    assert len(errors) < 10
    assert {header(error, "penstock-error") for error in errors} == {"ModelMisconfigured"}
    assert {error.value for error in errors} == {b"no such model"}
    opened = [line for line in bridge.workers[0].log_lines() if line["message"] == "breaker opened"]
    assert "404" in str(opened[0]["cause"])
    model.answer = echo
    wait_until("every record has a result", lambda: len(bridge.outputs()) + len(bridge.errors()) == 50, 40)
    wait_for_status(bridge, breaker="Closed", reason=None)
    assert_in_order(bridge.outputs())


def test_one_poison_record_does_not_stop_a_quiet_topic(new_bridge: NewBridge, model: HttpModel) -> None:
    """With nothing else to ask, the breaker opens; the next good record closes it, and the poison is given up."""
    bridge = new_bridge(retry={"maxAttempts": 3})
    model.answer = lambda request: Response(b"boom", 500) if request.body == b"poison" else Response(request.body)
    bridge.add()
    bridge.produce([Record(b"good", b"g")])
    bridge.outputs(1)
    bridge.produce([Record(b"poison", b"p")])
    wait_for_status(bridge, reason="ModelDown")
    bridge.produce([Record(b"good", b"g")])
    bridge.outputs(2)
    (error,) = bridge.errors(1)
    assert header(error, "penstock-error") == "RetriesExhausted"
    assert error.value == b"boom"
    bridge.wait_committed()


def test_concurrency_follows_what_the_model_bears(new_bridge: NewBridge, model: HttpModel) -> None:
    """A model that turns away more than four at a time is not kept at its limit by retries."""

    def bears_four(request: Request) -> Response:
        if model.on_wire > 4:
            return Response(b"", 503)
        return Response(request.body, after_seconds=0.01)

    bridge = new_bridge(concurrency=64)
    model.answer = bears_four
    bridge.produce([Record(b"%d" % number) for number in range(1000)])
    worker = bridge.add()
    bridge.outputs(1000)
    assert bridge.errors() == []
    turned_away = worker.metrics()["penstock_retries_total"]
    assert turned_away < 1000
    assert len(model.requests) == 1000 + turned_away
