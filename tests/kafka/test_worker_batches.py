"""Batches: one record in, one record out, and one bad record never fails its neighbours."""

import json
from collections.abc import Callable

import pytest

from support.bridge import Bridge, NewBridge, assert_in_order, duplicates, header, source
from support.http_model import Answer, HttpModel, Request, Response
from support.kafka.records import Record

pytestmark = pytest.mark.kafka


def none_is(_number: int) -> bool:
    return False


def each(answer: Callable[[int], int], *, bad: Callable[[int], bool] = none_is) -> Answer:
    """A model that answers a list with a list, and refuses every list that holds something bad."""

    def predict(request: Request) -> Response:
        numbers = json.loads(request.body)
        if any(map(bad, numbers)):
            return Response(b"bad one among them", 422)
        return Response(json.dumps([answer(number) for number in numbers]).encode())

    return predict


def batched(new_bridge: NewBridge, **delivery: object) -> Bridge:
    return new_bridge(partitions=2, batch={"maxRecords": 16, "maxDelayMilliseconds": 20}, concurrency=4, **delivery)


def test_every_record_of_a_batch_gets_its_own_answer(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = batched(new_bridge)
    model.answer = each(lambda number: number * 10)
    sent = bridge.produce(Record(b"%d" % number, b"k%d" % (number % 5)) for number in range(2000))
    bridge.add()
    outputs = bridge.outputs(len(sent))
    values = {f"{stored.topic}/{stored.partition}/{stored.offset}": int(stored.value or b"") for stored in sent}
    assert {source(stored): int(stored.value or b"") for stored in outputs} == {
        place: value * 10 for place, value in values.items()
    }
    assert_in_order(outputs)
    assert duplicates(outputs) == 0
    assert len(model.requests) < len(sent) / 4
    assert max(len(json.loads(request.body)) for request in model.requests) == 16
    bridge.wait_committed()


def test_a_refused_batch_is_bisected_down_to_the_bad_record(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = batched(new_bridge)
    model.answer = each(lambda number: number, bad=lambda number: number % 50 == 7)
    bridge.produce(Record(b"%d" % number, b"k%d" % (number % 5)) for number in range(300))
    bridge.add()
    outputs, errors = bridge.outputs(294), bridge.errors(6)
    assert len(outputs) == 294
    assert sorted(int(stored.value or b"") for stored in outputs) == [n for n in range(300) if n % 50 != 7]
    assert [header(stored, "penstock-error") for stored in errors] == ["ModelRefused"] * 6
    assert {stored.value for stored in errors} == {b"bad one among them"}
    assert_in_order(outputs)
    assert_in_order(errors)
    bridge.wait_committed()


@pytest.mark.parametrize("body", [b"[1]", b"[1, 2", b"{}", b""])
def test_an_answer_that_cannot_be_split_is_bisected_until_each_stands_alone(
    new_bridge: NewBridge, model: HttpModel, body: bytes
) -> None:
    """A model that answers every batch alike, whatever is asked: one value fits one record."""
    bridge = batched(new_bridge)
    model.answer = lambda _request: Response(body)
    bridge.produce(Record(b"%d" % number) for number in range(8))
    bridge.add()
    if body == b"[1]":
        assert [stored.value for stored in bridge.outputs(8)] == [b"1"] * 8
    else:
        errors = bridge.errors(8)
        assert [header(stored, "penstock-error") for stored in errors] == ["BadModelResponse"] * 8
        assert [stored.value for stored in errors] == [body] * 8
    bridge.wait_committed()


def test_records_that_no_batch_can_hold_are_bad_records(new_bridge: NewBridge, model: HttpModel) -> None:
    bridge = batched(new_bridge)
    model.answer = each(lambda number: number)
    bad = (b"not json", b"1, 2", b"", b"[1", b"\xff", None)
    values = [value for number in range(6) for value in (b"%d" % number, bad[number])]
    bridge.produce(Record(value, b"same") for value in values)
    bridge.add()
    outputs, errors = bridge.outputs(6), bridge.errors(6)
    assert [stored.value for stored in outputs] == [b"%d" % number for number in range(6)]
    assert [stored.value for stored in errors] == [*bad[:5], b""]
    assert [header(stored, "penstock-error") for stored in errors] == ["BadRecord"] * 5 + ["Tombstone"]
    bridge.wait_committed()
