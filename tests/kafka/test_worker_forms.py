"""`outputValue` and `errorValue`: what stands in the records out, for answers of every kind."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from support.bridge import Bridge, NewBridge, header, place, source
from support.http_model import HttpModel, Request, Response
from support.kafka.records import Record, Stored

pytestmark = pytest.mark.kafka

JSON, TEXT, BINARY = b'{"age": 41, "n": 0.10000000000000000555}', b"not json", b"\x00\xff"
REFUSED, NULL = b'{"refused": 1}', None
INPUTS = (JSON, TEXT, BINARY, REFUSED, NULL)


def answer(request: Request) -> Response:
    if request.body == REFUSED:
        return Response(b"age is missing", 422)
    return Response(b'{"score":0.5}' if request.body == JSON else request.body)


def results(bridge: Bridge, model: HttpModel) -> tuple[list[Stored], dict[str, Stored]]:
    """What was sent, and what came of each by its place in the input."""
    model.answer = answer
    bridge.add()
    sent = bridge.produce(Record(value, b"k") for value in INPUTS)
    outputs, errors = bridge.outputs(3), bridge.errors(2)
    assert (len(outputs), len(errors)) == (3, 2)
    bridge.drain()
    return sent, {source(stored): stored for stored in (*outputs, *errors)}


def is_a_moment_ago(text: str) -> bool:
    assert text.endswith("Z")
    return abs((datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds()) < 60


def test_envelopes_hold_what_went_in_what_came_out_and_who_answered(new_bridge: NewBridge, model: HttpModel) -> None:
    sent, found = results(new_bridge(outputValue="Envelope", errorValue="Envelope"), model)
    inputs: list[Any] = [None, "not json", {"base64": "AP8="}, {"refused": 1}, None]
    outputs: list[Any] = [{"score": 0.5}, "not json", {"base64": "AP8="}, "age is missing", None]
    errors: dict[int, Any] = {
        3: {"code": "ModelRefused", "status": 422, "message": "the model answered 422"},
        4: {"code": "Tombstone", "status": None, "message": "the value is null"},
    }
    for number, stored in enumerate(sent):
        result = found[place(stored)]
        assert result.key == b"k"
        assert result.value is not None
        if number == 0:  # spliced as it came: a number that no float holds is not touched
            assert b'"inputs":' + JSON in result.value
            continue
        envelope = json.loads(result.value)
        assert is_a_moment_ago(envelope.pop("timestamp"))
        assert envelope == {
            "id": place(stored),
            "model_name": "stub",
            "model_version": "1",
            "inputs": inputs[number],
            "outputs": outputs[number],
            **({"error": errors[number]} if number in errors else {}),
        }
        assert header(result, "penstock-error-value") == ("envelope" if number in errors else None)


def test_an_error_value_may_be_the_request_to_be_sent_again(new_bridge: NewBridge, model: HttpModel) -> None:
    sent, found = results(new_bridge(errorValue="Request"), model)
    refused, tombstone = found[place(sent[3])], found[place(sent[4])]
    assert (refused.value, header(refused, "penstock-error-value")) == (REFUSED, "request")
    assert header(refused, "penstock-error-status") == "422"
    assert (tombstone.value, header(tombstone, "penstock-error-value")) == (b"", "request")
    assert [found[place(stored)].value for stored in sent[:3]] == [b'{"score":0.5}', TEXT, BINARY]


def test_output_and_errors_may_share_a_topic(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = new_bridge(topics={"only": ("input", "output")})
    bridge.topics["error"] = bridge.output
    bridge.kafka_settings = bridge.kafka_settings.model_copy(
        update={"topics": bridge.kafka_settings.topics.model_copy(update={"error": bridge.output})}
    )
    model.answer = answer
    bridge.add()
    bridge.produce(Record(value, b"k") for value in INPUTS)
    assert [header(stored, "penstock-error") for stored in bridge.outputs(5)] == [
        None,
        None,
        None,
        "ModelRefused",
        "Tombstone",
    ]
