"""Which records never reach the model."""

import pytest

from penstock_worker.messages import Fault
from penstock_worker.protocols.plain_json import PlainJson
from penstock_worker.stages.decode import failure_of
from support.builders import Source


@pytest.mark.parametrize("batched", [False, True])
def test_a_null_value_is_a_tombstone_and_an_empty_one_is_not(batched: bool) -> None:
    source = Source()
    tombstone = failure_of(source.record(value=None), PlainJson(), batched=batched)
    empty = failure_of(source.record(value=b""), PlainJson(), batched=batched)
    assert tombstone is not None
    assert tombstone.fault is Fault.TOMBSTONE
    assert empty is None or empty.fault is Fault.BAD_RECORD


@pytest.mark.parametrize("batched", [False, True])
def test_a_record_that_could_not_be_read_whole_is_bad(batched: bool) -> None:
    failure = failure_of(Source().record(problem="a header name is not UTF-8"), PlainJson(), batched=batched)
    assert failure is not None
    assert (failure.fault, failure.message) == (Fault.BAD_RECORD, "a header name is not UTF-8")
    assert (failure.status, failure.body, failure.attempts) == (None, None, 0)


def test_a_tombstone_is_a_tombstone_whatever_else_is_wrong_with_it() -> None:
    failure = failure_of(Source().record(value=None, problem="a header name is not UTF-8"), PlainJson(), batched=False)
    assert failure is not None
    assert failure.fault is Fault.TOMBSTONE


def test_alone_any_bytes_are_the_models_business() -> None:
    assert failure_of(Source().record(value=b"\xff not json"), PlainJson(), batched=False) is None


def test_in_a_batch_a_value_must_be_json() -> None:
    failure = failure_of(Source().record(value=b"\xff not json"), PlainJson(), batched=True)
    assert failure is not None
    assert failure.fault is Fault.BAD_RECORD
    assert "not json" not in failure.message
