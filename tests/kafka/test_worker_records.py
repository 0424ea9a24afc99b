"""One record in, one record out: keys, headers and values arrive as the contract says, whatever they are."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.bridge import Bridge, header, place, source
from support.http_model import HttpModel, Request, Response, always, echo
from support.kafka.admin import wait_until
from support.kafka.cluster import KafkaCluster
from support.kafka.records import Record, Stored

pytestmark = pytest.mark.kafka

RoundTrip = Callable[..., Stored]


@pytest.fixture(scope="module")
def bridge(kafka: KafkaCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """One worker on defaults for all these tests; each scripts the model and looks for its own record."""
    with HttpModel() as model:
        running = Bridge(
            kafka, model, name="records", folder=tmp_path_factory.mktemp("records"), retry={"maxAttempts": 2}
        )
        running.create_topics(partitions=3)
        running.add()
        yield running
        running.drain()


@pytest.fixture(autouse=True)
def _fresh(bridge: Bridge) -> None:
    bridge.model.answer = echo
    bridge.model.requests.clear()


@pytest.fixture
def pass_through(bridge: Bridge) -> RoundTrip:
    """Sends one record; what came of it, from the output topic or (`error=True`) the error topic."""

    def send(record: Record | None = None, *, error: bool = False, sent: Stored | None = None) -> Stored:
        stored = sent or bridge.produce([record or Record(b"{}")])[0]
        return result_of(bridge, stored, error=error)

    return send


def result_of(bridge: Bridge, sent: Stored, *, error: bool) -> Stored:
    topic = bridge.error if error else bridge.output
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = [stored for stored in bridge.kafka.read_all(topic) if source(stored) == place(sent)]
        if found:
            assert len(found) == 1
            return found[0]
        time.sleep(0.05)
    worker = bridge.workers[0]
    raise TimeoutError(f"nothing came of {place(sent)} in {topic}: {worker.status()}\n{worker.log_tail()}")


def ours(stored: Stored) -> dict[str, str]:
    """The penstock-* headers, each of which must be there once."""
    found = [(name, (value or b"").decode()) for name, value in stored.headers if name.startswith("penstock-")]
    assert len(dict(found)) == len(found)
    return dict(found)


# --- what passes untouched ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, b"", b"key", b"\x00\xff\xfe", b"k" * 2000])
def test_the_key_is_the_inputs_byte_for_byte(pass_through: RoundTrip, bridge: Bridge, key: bytes | None) -> None:
    assert pass_through(Record(b"{}", key)).key == key
    bridge.model.answer = always(422)
    assert pass_through(Record(b"{}", key), error=True).key == key


def test_a_key_goes_to_the_partition_that_javas_clients_choose(pass_through: RoundTrip, bridge: Bridge) -> None:
    sent = bridge.produce(Record(b"{}", b"key-%d" % number) for number in range(20))
    assert {stored.partition for stored in sent} == {0, 1, 2}
    bridge.wait_committed()
    found = {source(stored): stored.partition for stored in bridge.kafka.read_all(bridge.output)}
    assert [found[place(stored)] for stored in sent] == [stored.partition for stored in sent]


@pytest.mark.parametrize("value", [b"", b"not json", b"\x00\xff", b'{"a": 1}', b"[1, 2]", b"x" * 500_000])
def test_a_value_is_the_request_body_and_the_answer_the_output(
    pass_through: RoundTrip, bridge: Bridge, value: bytes
) -> None:
    bridge.model.answer = lambda request: Response(request.body[::-1])
    assert pass_through(Record(value)).value == value[::-1]
    assert [request.body for request in bridge.model.requests] == [value]


@pytest.mark.parametrize("status", [200, 201, 204])
def test_an_empty_answer_is_an_empty_value_never_null(pass_through: RoundTrip, bridge: Bridge, status: int) -> None:
    bridge.model.answer = always(status)
    assert pass_through().value == b""


def test_headers_keep_order_duplicates_nulls_and_bytes(pass_through: RoundTrip, bridge: Bridge) -> None:
    headers = (("b", b"1"), ("a", None), ("b", b""), ("ü", b"\xff\x00"), ("a", b"2"), ("", b"nameless"))
    forged = (("penstock-source", b"forged"), ("penstock-error", b"forged"), ("penstock-", b""))
    for error in (False, True):
        bridge.model.answer = always(422) if error else echo
        result = pass_through(Record(b"{}", headers=(*forged, *headers)), error=error)
        assert result.headers[: len(headers)] == headers
        assert all(name.startswith("penstock-") for name, _ in result.headers[len(headers) :])
        assert b"forged" not in dict(result.headers).values()


def test_a_headers_name_almost_ours_stays(pass_through: RoundTrip) -> None:
    headers = (("penstock", b"1"), ("Penstock-Source", b"2"), ("x-penstock-a", b"3"))
    assert pass_through(Record(b"{}", headers=headers)).headers[:3] == headers


def test_content_type_and_trace_reach_the_model(pass_through: RoundTrip, bridge: Bridge) -> None:
    trace = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    headers = (("content-type", b"text/csv"), ("traceparent", trace), ("secret", b"not for the model"))
    pass_through(Record(b"1,2", headers=headers))
    pass_through(Record(b"{}"))
    first, second = bridge.model.requests
    assert (first.headers["content-type"], first.headers["traceparent"]) == ("text/csv", trace.decode())
    assert second.headers["content-type"] == "application/json"
    assert not {"traceparent", "secret"} & (second.headers.keys() | (first.headers.keys() - {"traceparent"}))
    assert (first.method, first.path) == ("POST", "/predict")


def test_no_header_can_be_smuggled_into_the_request(pass_through: RoundTrip, bridge: Bridge) -> None:
    evil = (("content-type", b"a/b\r\nX-Evil: 1"), ("traceparent", b"00-x\r\nX-Evil: 1"))
    pass_through(Record(b"{}", headers=evil))
    (request,) = bridge.model.requests
    assert request.headers["content-type"] == "application/json"
    assert "x-evil" not in request.headers


# --- what every record out says of itself ----------------------------------------------------------------------


def test_an_output_says_where_it_comes_from(pass_through: RoundTrip, bridge: Bridge) -> None:
    (sent,) = bridge.produce([Record(b"{}")])
    result = pass_through(sent=sent)
    assert ours(result) == {
        "penstock-model": "stub",
        "penstock-model-version": "1",
        "penstock-deployment": "test/records",
        "penstock-source": place(sent),
        "penstock-source-timestamp": str(sent.timestamp_milliseconds),
    }


def test_the_timestamp_is_the_time_of_production(pass_through: RoundTrip, bridge: Bridge) -> None:
    bridge.model.answer = lambda request: Response(b"late", after_seconds=0.3)
    (sent,) = bridge.produce([Record(b"{}")])
    result = pass_through(sent=sent)
    assert 300 <= result.timestamp_milliseconds - sent.timestamp_milliseconds < 10_000


def test_a_refusal_is_the_models_words_with_all_headers(pass_through: RoundTrip, bridge: Bridge) -> None:
    bridge.model.answer = always(422, b'{"detail": "age is missing"}')
    (sent,) = bridge.produce([Record(b'{"name": "x"}', b"k")])
    result = pass_through(sent=sent, error=True)
    assert result.value == b'{"detail": "age is missing"}'
    assert ours(result) == {
        "penstock-model": "stub",
        "penstock-model-version": "1",
        "penstock-deployment": "test/records",
        "penstock-source": place(sent),
        "penstock-source-timestamp": str(sent.timestamp_milliseconds),
        "penstock-error": "ModelRefused",
        "penstock-error-status": "422",
        "penstock-error-attempts": "1",
        "penstock-error-message": "the model answered 422",
        "penstock-error-value": "response",
    }


@pytest.mark.parametrize(
    ("status", "code"), [(400, "ModelRefused"), (404, "ModelMisconfigured"), (302, "BadModelResponse")]
)
def test_every_final_answer_has_its_code(pass_through: RoundTrip, bridge: Bridge, status: int, code: str) -> None:
    pass_through()  # the model has answered with 2xx: a 404 is the record's from now on
    bridge.model.answer = always(status, b"why", "Location: http://127.0.0.1:1/")
    result = pass_through(error=True)
    assert (header(result, "penstock-error"), header(result, "penstock-error-status")) == (code, str(status))
    assert result.value == b"why"


def test_a_refusal_without_words_is_an_empty_value_never_null(pass_through: RoundTrip, bridge: Bridge) -> None:
    bridge.model.answer = always(400)
    result = pass_through(error=True)
    assert (result.value, header(result, "penstock-error-value")) == (b"", "response")


# --- records that the model never sees ---------------------------------------------------------------------------


def test_a_null_value_is_a_tombstone(pass_through: RoundTrip, bridge: Bridge) -> None:
    result = pass_through(Record(None, b"k", (("h", b"1"),)), error=True)
    assert (result.key, result.value, result.headers[0]) == (b"k", b"", ("h", b"1"))
    assert header(result, "penstock-error") == "Tombstone"
    assert header(result, "penstock-error-attempts") == "0"
    assert header(result, "penstock-error-status") is None
    assert bridge.model.requests == []


def test_header_names_that_are_not_utf_8_are_a_bad_record(pass_through: RoundTrip, bridge: Bridge) -> None:
    """On a worker that is warm: the client library's fault shows differently once Python has specialised the call."""
    bridge.produce(Record(b"warm", headers=(("a", b"1"),)) for _ in range(300))
    bridge.wait_committed()
    bridge.model.requests.clear()
    result = pass_through(sent=sent_with_an_odd_header(bridge, b"original"), error=True)
    assert result.value == b"original"
    assert header(result, "penstock-error") == "BadRecord"
    assert header(result, "penstock-error-value") == "request"
    assert bridge.model.requests == []


def sent_with_an_odd_header(bridge: Bridge, value: bytes) -> Stored:
    done = subprocess.run(
        [sys.executable, "-m", "support.kafka.odd_header", bridge.kafka.bootstrap(), bridge.input, value.decode()],
        env={**os.environ, "AIOKAFKA_NO_EXTENSIONS": "1", "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        check=True,
        timeout=30,
    )
    there = json.loads(done.stdout)
    return Stored(bridge.input, there["partition"], there["offset"], None, value, (), there["timestamp"])


# --- given up ------------------------------------------------------------------------------------------------------


def test_a_record_is_given_up_only_while_the_model_answers_others(pass_through: RoundTrip, bridge: Bridge) -> None:
    tries = []

    def answer(request: Request) -> Response:
        tries.append(request.body)
        if request.body != b"poison":
            return Response(b"fine")
        return Response(b"boom", 500, after_seconds=2 * (tries.count(b"poison") - 1))  # others come between the two

    bridge.model.answer = answer
    (poison,) = bridge.produce([Record(b"poison", b"p")])
    wait_until("it is tried again", lambda: tries.count(b"poison") == 2, 20)
    pass_through()
    result = pass_through(sent=poison, error=True)
    assert header(result, "penstock-error") == "RetriesExhausted"
    assert header(result, "penstock-error-attempts") == "2"
    assert header(result, "penstock-error-status") == "500"
    assert result.value == b"boom"


def test_a_record_behind_one_of_its_key_waits_for_it(pass_through: RoundTrip, bridge: Bridge) -> None:
    tries = []

    def answer(request: Request) -> Response:
        tries.append(request.body)
        return Response(b"", 503, ("Retry-After: 1",)) if tries.count(b"first") == 1 else Response(request.body)

    bridge.model.answer = answer
    sent = bridge.produce([Record(b"first", b"same"), Record(b"second", b"same"), Record(b"other", b"else")])
    results = [pass_through(sent=each) for each in sent]
    assert results[0].offset < results[1].offset
    assert tries.index(b"second") > tries.index(b"first") + 1


def test_every_record_is_counted(bridge: Bridge, pass_through: RoundTrip) -> None:
    before = bridge.workers[0].metrics()
    pass_through()
    pass_through(Record(None), error=True)
    bridge.wait_committed()
    after = bridge.workers[0].metrics()
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    assert grown["penstock_records_consumed_total"] == 2
    assert grown['penstock_records_produced_total{topic="output"}'] == 1
    assert grown['penstock_records_produced_total{topic="error"}'] == 1
    assert grown['penstock_records_failed_total{code="Tombstone"}'] == 1
    assert grown["penstock_prediction_seconds_count"] == 1
    assert grown["penstock_end_to_end_seconds_count"] == 2
    assert after["penstock_records_in_flight"] == 0
    assert after["penstock_queue_bytes"] == 0
    assert after["penstock_partitions_assigned"] == 3
