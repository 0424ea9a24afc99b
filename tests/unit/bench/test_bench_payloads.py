"""The records of the benchmark are what its rows say they are."""

import json

import pytest

from bench.batch_model import ANSWERS, PREDICTION
from bench.payloads import MARK, keyed_values, value


@pytest.mark.parametrize("size_bytes", [35, 1024])
def test_a_value_is_json_of_the_exact_size_with_one_mark(size_bytes: int) -> None:
    found = value(4711, size_bytes)

    assert len(found) == size_bytes
    assert json.loads(found)["id"] == "0000004711"
    assert found.count(MARK) == 1


def test_every_run_gets_the_same_records() -> None:
    assert list(keyed_values(100, 35)) == list(keyed_values(100, 35))


def test_the_batch_model_answers_as_many_predictions_as_values() -> None:
    body = ANSWERS[64].partition(b"\r\n\r\n")[2]

    assert json.loads(body) == [json.loads(PREDICTION)] * 64
    assert b"Content-Length: %d\r\n" % len(body) in ANSWERS[64]
