"""The predict stage: which record goes when, what is tried again, what is given up. One request per record."""

import asyncio

import pytest

from penstock_worker.core.breaker import BreakerState
from penstock_worker.core.outcomes import WireFault
from penstock_worker.messages import Fault
from support.builders import Source
from support.predict_stage import Stage, stage_clock  # noqa: F401 - a fixture

pytestmark = [pytest.mark.looptime, pytest.mark.usefixtures("stage_clock")]


async def test_records_of_different_keys_are_asked_at_the_same_time() -> None:
    stage, source = Stage(), Source()
    a, b = source.records(b"a", b"b")
    stage.submit(a, b)
    assert stage.on_wire == [a, b]


async def test_a_record_waits_for_the_answer_to_the_earlier_one_of_its_key() -> None:
    stage, source = Stage(), Source()
    first, second = source.records(b"a", b"a")
    stage.submit(first, second)
    assert stage.on_wire == [first]
    stage.model.answer(first)
    assert stage.on_wire == [second]
    stage.model.answer(second)
    assert stage.output_records == [first, second]
    assert stage.is_empty


async def test_the_same_key_in_two_partitions_is_two_lanes() -> None:
    stage = Stage()
    (left,), (right,) = Source(0).records(b"a"), Source(1).records(b"a")
    stage.submit(left, right)
    assert stage.on_wire == [left, right]


async def test_null_keys_have_no_order_and_the_empty_key_is_a_key() -> None:
    stage, source = Stage(), Source()
    nulls, empties = source.records(None, None), source.records(b"", b"")
    stage.submit(*nulls, *empties)
    assert stage.on_wire == [*nulls, empties[0]]


async def test_with_ordering_partition_one_request_of_each_partition_is_in_flight() -> None:
    stage, left, right = Stage(ordering="Partition"), Source(0), Source(1)
    a, b, c = *left.records(None, b"b"), right.record(b"c")
    stage.submit(a, b, c)
    assert stage.on_wire == [a, c]
    stage.model.answer(a)
    assert stage.on_wire == [c, b]


async def test_with_ordering_none_nothing_waits() -> None:
    stage, source = Stage(ordering="None"), Source()
    records = source.records(b"a", b"a", None)
    stage.submit(*records)
    assert stage.on_wire == records


async def test_no_more_requests_than_the_limit_are_on_the_wire() -> None:
    stage, source = Stage(concurrency=3), Source()
    stage.submit(*source.records(*[None] * 10))
    assert len(stage.on_wire) == 3
    for _ in range(10):
        stage.model.answer(stage.model.calls()[0])
    assert stage.model.most_on_wire == 3
    assert stage.is_empty


async def test_while_a_record_is_retried_its_key_waits_and_other_keys_overtake() -> None:
    stage, source = Stage(), Source()
    failing, behind, other = source.records(b"a", b"a", b"b")
    stage.submit(failing, behind)
    stage.model.reply(failing, 500)
    stage.submit(other)
    stage.model.answer(other)
    assert stage.output_records == [other]
    assert stage.on_wire == []
    await asyncio.sleep(0.2)
    assert stage.on_wire == [failing]
    stage.model.answer(failing)
    stage.model.answer(behind)
    assert stage.output_records == [other, failing, behind]


async def test_a_record_sent_to_the_error_topic_releases_its_key() -> None:
    stage, source = Stage(), Source()
    refused, behind = source.records(b"a", b"a")
    stage.submit(refused, behind)
    stage.model.reply(refused, 400, b"bad amount")
    assert stage.on_wire == [behind]
    ((record, failure),) = stage.errors
    assert record is refused
    assert (failure.fault, failure.status, failure.body, failure.attempts) == (
        Fault.MODEL_REFUSED,
        400,
        b"bad amount",
        1,
    )


async def test_the_answer_is_the_output_as_it_is_and_an_empty_one_is_a_value() -> None:
    stage, source = Stage(), Source()
    a, b = source.records(None, None)
    stage.submit(a, b)
    stage.model.answer(b, b"")
    stage.model.answer(a, b"\x00\xff")
    assert stage.outputs == [(b, b""), (a, b"\x00\xff")]


@pytest.mark.parametrize(
    ("value", "problem", "code"), [(None, None, "Tombstone"), (b"{}", "a header name is not UTF-8", "BadRecord")]
)
async def test_what_is_no_business_of_the_models_goes_to_the_error_topic_in_its_turn(
    value: bytes | None, problem: str | None, code: str
) -> None:
    stage, source = Stage(), Source()
    first, unasked, last = source.record(b"a"), source.record(b"a", value, problem=problem), source.record(b"a")
    stage.submit(first, unasked, last)
    assert stage.errors == []
    stage.model.answer(first)
    assert stage.error_codes == [code]
    assert stage.on_wire == [last]
    assert stage.counters.failed_by_code == {code: 1}
    assert stage.errors[0][1].attempts == 0


async def test_an_empty_value_is_asked() -> None:
    stage, source = Stage(), Source()
    empty = source.record(b"a", b"")
    stage.submit(empty)
    assert stage.on_wire == [empty]


async def test_a_records_own_content_type_and_trace_go_along() -> None:
    stage, source = Stage(), Source()
    plain = source.record(None)
    typed = source.record(None, headers=[("content-type", b"text/csv")])
    stage.submit(plain, typed)
    assert stage.model.headers == {plain: None, typed: b"Content-Type: text/csv\r\n"}


async def test_waits_double_from_100_ms_and_the_eighth_failure_is_the_last() -> None:
    """Another key answers meanwhile, so the model is known to be alive."""
    stage, source = Stage(), Source()
    poison = source.record(b"poison")
    stage.submit(poison)
    waits = []
    for _ in range(8):
        stage.model.reply(poison, 500, b"stack")
        alive = source.record(None)
        stage.submit(alive)
        failed_at = asyncio.get_running_loop().time()
        await asyncio.sleep(0.01)
        stage.model.answer(alive)
        if not stage.errors:
            await stage.model.until_asked()
            waits.append(asyncio.get_running_loop().time() - failed_at)
    assert waits == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4], abs=0.002)
    ((record, failure),) = stage.errors
    assert record is poison
    assert (failure.fault, failure.status, failure.body, failure.attempts) == (
        Fault.RETRIES_EXHAUSTED,
        500,
        b"stack",
        8,
    )
    assert stage.counters.retries == 7
    assert stage.breaker_state() is BreakerState.CLOSED
    assert stage.is_empty


async def test_a_record_is_given_up_when_its_time_is_spent() -> None:
    stage, source = Stage(max_attempts=1000, max_elapsed_seconds=3), Source()
    poison = source.record(b"poison")
    stage.submit(poison)
    began = asyncio.get_running_loop().time()
    while not stage.errors:
        if poison in stage.on_wire:
            stage.model.reply(poison, 500)
        alive = source.record(None)
        stage.submit(alive)
        await asyncio.sleep(0.01)
        stage.model.answer(alive)
    assert 3 <= asyncio.get_running_loop().time() - began < 4.5
    assert stage.error_codes == ["RetriesExhausted"]


@pytest.mark.parametrize("status", [429, 503])
async def test_being_turned_away_costs_no_attempt(status: int) -> None:
    stage, source = Stage(max_attempts=2), Source()
    record = source.record(b"a")
    stage.submit(record)
    for _ in range(8):
        stage.model.reply(record, status)
        await stage.model.until_asked()
    stage.model.reply(record, 500)
    await asyncio.sleep(30)
    stage.model.answer(record)
    assert stage.output_records == [record]


@pytest.mark.parametrize(("asked_seconds", "waited_seconds"), [(0, 0), (7, 7), (30, 30), (3600, 30)])
async def test_retry_after_is_honoured_up_to_30_seconds(asked_seconds: int, waited_seconds: int) -> None:
    stage, source = Stage(), Source()
    record = source.record(b"a")
    stage.submit(record)
    stage.model.reply(record, 429, retry_after_seconds=asked_seconds)
    if waited_seconds:
        await asyncio.sleep(waited_seconds - 0.01)
        assert stage.on_wire == []
    await asyncio.sleep(0.02)
    assert stage.on_wire == [record]


async def test_a_request_that_reached_no_model_goes_to_another_address_at_once() -> None:
    stage, source = Stage(max_attempts=1), Source()
    lost, waiting = source.records(b"a", b"a")
    stage.submit(lost, waiting)
    stage.model.fault(lost, WireFault.NO_CONNECTION)
    assert stage.on_wire == [lost]
    stage.model.answer(lost)
    assert stage.output_records == [lost]
    assert stage.counters.retries == 0


async def test_a_timeout_costs_an_attempt_and_halves_the_limit() -> None:
    stage, source = Stage(concurrency=8), Source()
    record = source.record(b"a")
    stage.submit(record)
    await asyncio.sleep(30)
    stage.model.fault(record, WireFault.TIMEOUT)
    assert stage.limit.limit == 4
    assert record.attempts is not None
    assert record.attempts.failures == 1


async def test_an_answer_too_large_goes_to_the_error_topic_without_body() -> None:
    stage, source = Stage(), Source()
    record = source.record(b"a")
    stage.submit(record)
    stage.model.fault(record, WireFault.TOO_LARGE)
    ((_, failure),) = stage.errors
    assert (failure.fault, failure.body, failure.status) == (Fault.BAD_MODEL_RESPONSE, None, None)


async def test_a_redirect_is_no_answer() -> None:
    stage, source = Stage(), Source()
    record = source.record(b"a")
    stage.submit(record)
    stage.model.reply(record, 302)
    assert stage.error_codes == ["BadModelResponse"]


async def test_every_answer_is_timed_once() -> None:
    stage, source = Stage(), Source()
    record = source.record(b"a")
    stage.submit(record)
    await asyncio.sleep(0.25)
    stage.model.answer(record)
    assert stage.counters.prediction.total_seconds == pytest.approx(0.25)
    assert sum(stage.counters.prediction.counts) == 1
