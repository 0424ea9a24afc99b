"""Workers come and go while records flow: nothing is lost, order holds, and a planned end repeats nothing."""

import signal
import time
from collections.abc import Iterable

import pytest

from support.bridge import Bridge, NewBridge, assert_in_order, duplicates, place, source
from support.http_model import HANGS, HttpModel, Request, Response
from support.kafka.admin import wait_until
from support.kafka.records import Record, Stored

pytestmark = pytest.mark.kafka


def slowly(request: Request) -> Response:
    return Response(request.body, after_seconds=0.02)


def numbered(count: int, keys: int = 20) -> list[Record]:
    return [Record(b"%d" % number, b"k%d" % (number % keys)) for number in range(count)]


def all_arrived(bridge: Bridge, sent: Iterable[Stored], *, timeout_seconds: float = 30) -> list[Stored]:
    """Everything in the output topic, once every record sent is among it."""
    wanted = set(map(place, sent))
    found: list[Stored] = []

    def complete() -> bool:
        found[:] = bridge.outputs()
        return {source(stored) for stored in found} == wanted

    try:
        wait_until("every record came out", complete, timeout_seconds)
    except TimeoutError as error:
        missing = sorted(wanted - {source(stored) for stored in found})
        logs = "\n".join(worker.log_tail() for worker in bridge.workers)
        raise TimeoutError(f"{len(missing)} of {len(wanted)} never came: {missing[:5]}\n{logs}") from error
    return found


def wait_for_spread(bridge: Bridge, *partitions: int) -> None:
    """Until every worker owns so many."""
    wanted = list(partitions)
    wait_until(f"{wanted}", lambda: [worker.status()["partitions"] for worker in bridge.workers] == wanted, 30)


@pytest.mark.timeout(180)
def test_workers_join_and_leave_under_load(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = new_bridge(partitions=6)
    model.answer = lambda request: Response(request.body, after_seconds=0.01)
    first = bridge.add()
    with bridge.feed() as feed:
        others = [bridge.add(), bridge.add()]
        wait_for_spread(bridge, 2, 2, 2)
        for worker in others:
            worker.sigterm()
        assert [worker.wait(30) for worker in others] == [0, 0]
        wait_until("the first has them all again", lambda: first.status()["partitions"] == 6, 30)
        sent = feed.stop()
    outputs = all_arrived(bridge, sent)
    assert_in_order(outputs)
    assert duplicates(outputs) == 0, "every revocation waited for what was on the wire"
    bridge.wait_committed()
    assert bridge.errors() == []


def test_a_drain_under_load_repeats_nothing(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = new_bridge(partitions=4)
    model.answer = slowly
    bridge.add(2)
    leaving = bridge.workers[0]
    wait_for_spread(bridge, 2, 2)
    sent = bridge.produce(numbered(3000))
    bridge.outputs(300)
    leaving.sigterm()
    assert leaving.wait(30) == 0
    outputs = all_arrived(bridge, sent)
    assert_in_order(outputs)
    assert duplicates(outputs) == 0
    assert leaving.log_lines()[-1]["message"] == "drained"
    bridge.wait_committed()


def test_a_worker_that_leaves_before_it_got_partitions_holds_nobody_up(new_bridge: NewBridge) -> None:
    """Ready means joined; partitions come up to a heartbeat later, and were taken from the other worker already."""
    bridge = new_bridge(partitions=4)
    staying = bridge.add()
    leaving = bridge.add()
    leaving.sigterm()
    assert leaving.wait(10) == 0
    began = time.monotonic()
    wait_until("the other has them all", lambda: staying.status()["partitions"] == 4, 20)
    assert time.monotonic() - began < 5, "its session's timeout was waited for"


def test_a_drain_finishes_what_is_in_flight_and_takes_nothing_more(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = new_bridge(concurrency=4)
    model.answer = lambda request: Response(request.body, after_seconds=0.5)
    worker = bridge.add()
    bridge.produce(numbered(1))
    wait_until("the record is with the model", lambda: model.on_wire == 1, 10)
    worker.sigterm()
    wait_until("the drain began", lambda: worker.log_lines()[-1]["message"] == "draining", 10)
    time.sleep(0.1)  # the poll that was under way when the signal came may still bring records
    bridge.produce(numbered(10))
    assert worker.wait(10) == 0
    assert len(bridge.outputs()) == 1
    assert bridge.committed() == {0: 1}


def test_a_drain_ends_at_its_deadline_and_commits_nothing_unfinished(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = new_bridge(drainTimeoutSeconds=2)
    model.answer = lambda request: Response(request.body, after_seconds=HANGS if request.body == b"1" else 0)
    worker = bridge.add()
    bridge.produce(numbered(3))
    bridge.outputs(2)
    began = time.monotonic()
    worker.sigterm()
    assert worker.wait(20) == 0
    assert 2 <= time.monotonic() - began < 12, "the deadline, then what a revocation waits for requests on the wire"
    assert bridge.committed() == {0: 1}
    model.answer = lambda request: Response(request.body)
    worker.start()
    assert sorted(stored.value or b"" for stored in bridge.outputs(4)) == [b"0", b"1", b"2", b"2"]


def test_a_second_sigterm_ends_the_worker_at_once(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = new_bridge()
    model.answer = lambda request: Response(after_seconds=HANGS)
    worker = bridge.add()
    bridge.produce(numbered(1))
    wait_until("the record is with the model", lambda: model.on_wire == 1, 10)
    worker.sigterm()
    wait_until("the drain began", lambda: worker.log_lines()[-1]["message"] == "draining", 10)
    began = time.monotonic()
    worker.sigterm()
    assert worker.wait(5) == 128 + signal.SIGTERM
    assert time.monotonic() - began < 1
    assert bridge.committed() == {0: 0}


def test_a_killed_worker_repeats_at_most_what_was_in_flight(new_bridge: NewBridge, model: HttpModel) -> None:
    in_flight = 200
    bridge = new_bridge(partitions=2, maxInFlightRecords=in_flight)
    model.answer = slowly
    worker = bridge.add()
    sent = bridge.produce(numbered(3000))
    bridge.outputs(500)
    worker.sigkill()
    before = len(bridge.outputs())
    assert before < len(sent)
    killed = time.monotonic()
    worker.start()
    bridge.outputs(before + 1)
    assert time.monotonic() - killed < 20
    outputs = all_arrived(bridge, sent, timeout_seconds=60)
    assert duplicates(outputs) <= in_flight
    assert_in_order(outputs)
    bridge.wait_committed()
