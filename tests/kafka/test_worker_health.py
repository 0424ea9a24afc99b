"""What a worker says of itself: health, readiness, status, and a log without a word of what it carries."""

import json
import time

import pytest

from penstock_worker.metrics import METRICS
from support.bridge import NewBridge
from support.http_model import HANGS, HttpModel, Response, always
from support.kafka.admin import wait_until
from support.kafka.records import Record

pytestmark = pytest.mark.kafka


def test_a_worker_with_nothing_to_do_is_alive_and_ready(new_bridge: NewBridge) -> None:
    """Also the one that got no partition: it is the spare."""
    bridge = new_bridge(partitions=1)
    bridge.add(2)
    assert sorted(worker.status()["partitions"] for worker in bridge.workers) == [0, 1]
    for worker in bridge.workers:
        assert worker.get("/livez") == (200, b"ok\n")
        assert worker.get("/readyz") == (200, b"ok\n")
        assert worker.status() == {
            "breaker": "Closed",
            "reason": None,
            "output": "Writable",
            "partitions": worker.status()["partitions"],
            "held": 0,
            "inFlight": 0,
        }


def test_a_worker_is_not_ready_before_it_has_joined_its_group(new_bridge: NewBridge) -> None:
    bridge = new_bridge()
    worker = bridge.make()
    worker.start()
    wait_until("it serves", lambda: worker.get("/livez")[0] == 200, 20)
    seen = {worker.get("/readyz")}
    worker.wait_ready()
    assert all((status == 503 and b"group" in text) or status == 200 for status, text in seen)


def test_waiting_for_the_model_never_fails_liveness(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = new_bridge(timeoutSeconds=1, maxInFlightRecords=100)
    model.answer = lambda request: Response(after_seconds=HANGS)
    worker = bridge.add()
    bridge.produce(Record(b"%d" % number) for number in range(500))
    until = time.monotonic() + 6
    while time.monotonic() < until:
        assert worker.get("/livez")[0] == 200
        assert worker.get("/readyz")[0] == 200
        time.sleep(0.2)


def test_a_consumer_that_does_not_poll_fails_liveness(new_bridge: NewBridge) -> None:
    """The limit is lowered below what any poll takes."""
    bridge = new_bridge(patches={"penstock_worker.health.LONGEST_SINCE_POLL_SECONDS": -1.0})
    worker = bridge.make()
    worker.start()
    wait_until("it serves", lambda: worker.get("/livez")[0] != 0, 20)
    status, text = worker.get("/livez")
    assert (status, b"last consumer poll" in text) == (503, True)


def test_every_metric_is_there_from_the_start(new_bridge: NewBridge) -> None:
    bridge = new_bridge()
    bridge.add()
    status, body = bridge.workers[0].get("/metrics")
    assert status == 200
    for row in METRICS:
        assert f"# TYPE {row.name}" in body.decode(), row.name


@pytest.mark.parametrize("log_level", ["Info", "Debug"])
def test_the_log_is_json_without_payloads_or_keys(new_bridge: NewBridge, model: HttpModel, log_level: str) -> None:
    """Also where something goes wrong: a refusal, a tombstone, an answer that is too large, an outage."""
    marker = "m4rk3r"
    bridge = new_bridge(
        log_level=log_level,
        retry={"maxAttempts": 2},
        topics={"config": {"output": {"max.message.bytes": "5000"}, "error": {"max.message.bytes": "5000"}}},
    )
    records = [
        Record(f"{marker} {kind}".encode(), marker.encode(), ((marker, marker.encode()),))
        for kind in ("fine", "refused", "large", "huge", "broken", "fine")
    ]
    model.answer = lambda request: {
        b"refused": Response(marker.encode(), 422, (f"X-Header: {marker}",)),
        b"large": Response(marker.encode() * 800),
        b"huge": Response(marker.encode() * 8000),
        b"broken": Response(marker.encode(), 500),
    }.get(request.body.split()[-1], Response(marker.encode()))
    worker = bridge.add()
    bridge.produce([*records, Record(None, marker.encode())])
    # What fails is given up once the model answered something else since, so that must come later than the failure.
    wait_until("a failure was answered", lambda: any(b"broken" in request.body for request in model.requests), 20)
    bridge.produce(Record(marker.encode(), f"{marker}{number}".encode()) for number in range(20))
    wait_until("every record has a result", lambda: bridge.committed() == bridge.ends(), 60)
    model.down()
    bridge.produce(records)
    wait_until("the breaker opened", lambda: worker.status()["reason"] is not None, 20)
    model.answer = always(200, marker.encode())
    model.up()
    bridge.wait_committed()
    bridge.drain()
    assert len(worker.log_lines()) > 5
    for line in worker.log.read_text().splitlines():
        assert {"time", "level", "logger", "message"} <= json.loads(line).keys()
        assert marker not in line
