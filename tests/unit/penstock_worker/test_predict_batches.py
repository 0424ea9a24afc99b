"""The predict stage where records share a request: what they share it with, and what becomes of each."""

import asyncio
import json

import pytest

from penstock_worker.core.breaker import BreakerState
from penstock_worker.core.outcomes import WireFault
from penstock_worker.messages import Batch, Call, Record
from support.builders import Source
from support.predict_stage import Stage, loop_time, stage_clock  # noqa: F401 - a fixture

pytestmark = [pytest.mark.looptime, pytest.mark.usefixtures("stage_clock")]


def batched(max_records: int = 8, *, max_delay_seconds: float = 0.0, max_attempts: int = 8) -> Stage:
    return Stage(max_records=max_records, max_delay_seconds=max_delay_seconds, max_attempts=max_attempts)


def values(source: Source, *numbers: int, key: bytes | None = None) -> list[Record]:
    return [source.record(key, b"%d" % number) for number in numbers]


def model_answers(stage: Stage, call: Call) -> None:
    """As a model that adds 100 to each number and fails with 400 on 13, with 500 on 66."""
    assert isinstance(call, Batch)
    asked = json.loads(call.value)
    assert len(asked) == len(call.records)
    if 13 in asked:
        stage.model.reply(call, 400, b"13 is not a number")
    elif 66 in asked:
        stage.model.reply(call, 500)
    else:
        stage.model.answer(call, json.dumps([100 + number for number in asked]).encode())


async def answer_all(stage: Stage, *, within_seconds: float = 300) -> None:
    deadline = loop_time() + within_seconds
    while stage.predict.waiting or stage.predict.on_wire:
        assert loop_time() < deadline, "the stage does not come to an end"
        await stage.model.until_asked()
        model_answers(stage, stage.model.calls()[0])


async def test_records_at_hand_share_a_request_and_each_gets_its_own_answer() -> None:
    stage, source = batched(), Source()
    records = values(source, 1, 2, 3)
    stage.submit(*records)
    (call,) = stage.model.calls()
    assert call.value == b"[1,2,3]"
    stage.model.answer(call, b'[101, {"a": 1} ,"x"]')
    assert stage.outputs == [(records[0], b"101"), (records[1], b'{"a": 1}'), (records[2], b'"x"')]
    assert stage.is_empty


async def test_a_full_batch_goes_at_once_and_the_rest_when_its_wait_is_over() -> None:
    stage, source = batched(3, max_delay_seconds=0.005), Source()
    stage.submit(*values(source, 1, 2, 3, 4))
    assert [call.value for call in stage.model.calls()] == [b"[1,2,3]"]
    await asyncio.sleep(0.004)
    stage.submit(*values(source, 5))
    assert len(stage.model.calls()) == 1
    await asyncio.sleep(0.002)
    assert [call.value for call in stage.model.calls()] == [b"[1,2,3]", b"[4,5]"]


async def test_without_a_delay_a_batch_is_what_is_queued() -> None:
    stage, source = batched(100), Source()
    stage.submit(*values(source, 1))
    stage.submit(*values(source, 2, 3))
    assert [call.value for call in stage.model.calls()] == [b"[1]", b"[2,3]"]


async def test_a_key_may_have_several_records_in_a_batch_in_order_and_one_batch_in_flight() -> None:
    stage, source = batched(4), Source()
    stage.submit(*values(source, 1, 2, 3, 4, 5, 6, key=b"a"), *values(source, 7, key=b"b"))
    first, other = stage.model.calls()
    assert first.value == b"[1,2,3,4]"
    assert other.value == b"[7]"
    model_answers(stage, first)
    assert [call.value for call in stage.model.calls()] == [b"[7]", b"[5,6]"]
    await answer_all(stage)
    assert [body for _, body in stage.outputs] == [b"101", b"102", b"103", b"104", b"107", b"105", b"106"]
    assert stage.is_empty


async def test_one_refused_record_does_not_fail_its_neighbours() -> None:
    """Bisected, the left half first, down to the one."""
    stage, source = batched(), Source()
    records = values(source, 1, 2, 13, 4, 5, 6, 7, 8)
    stage.submit(*records)
    await answer_all(stage)
    assert [call.value for call in stage.model.sent] == [
        b"[1,2,13,4,5,6,7,8]", b"[1,2,13,4]", b"[1,2]", b"[13,4]", b"[13]", b"[4]", b"[5,6,7,8]",
    ]  # fmt: skip
    assert stage.error_codes == ["ModelRefused"]
    assert [record for record, _ in stage.errors] == [records[2]]
    assert stage.output_records == [record for record in records if record is not records[2]]
    assert stage.is_empty


async def test_a_key_keeps_its_order_through_a_bisection() -> None:
    stage, source = batched(), Source()
    records = values(source, 1, 13, 3, 4, 13, 6, 7, key=b"a")
    stage.submit(*records)
    await answer_all(stage)
    assert stage.output_records == [records[n] for n in (0, 2, 3, 5, 6)]
    assert [record for record, _ in stage.errors] == [records[1], records[4]]


@pytest.mark.parametrize("body", [b"[101]", b"[101,102,103]", b"{}", b"[101,", b"", b"\xff", b"[" * 100_000])
async def test_an_answer_without_one_value_per_record_is_bisected_down_to_records(body: bytes) -> None:
    stage, source = batched(), Source()
    stage.submit(*values(source, 1, 2))
    stage.model.answer(stage.model.calls()[0], body)
    left = stage.model.calls()[0]
    stage.model.answer(left, b"[101]")
    stage.model.answer(stage.model.calls()[0], b"[]")
    assert stage.outputs == [(left.records[0], b"101")]
    ((_, failure),) = stage.errors
    assert (failure.fault.value, failure.status, failure.body) == ("BadModelResponse", 200, b"[]")
    assert stage.is_empty


async def test_an_answer_too_large_for_a_batch_may_be_small_enough_for_its_parts() -> None:
    stage, source = batched(), Source()
    stage.submit(*values(source, 1, 2))
    stage.model.fault(stage.model.calls()[0], WireFault.TOO_LARGE)
    await answer_all(stage)
    assert [body for _, body in stage.outputs] == [b"101", b"102"]


async def test_a_batch_that_is_turned_away_comes_back_whole() -> None:
    stage, source = batched(), Source()
    stage.submit(*values(source, 1, 2, 3))
    (call,) = stage.model.calls()
    stage.model.reply(call, 503)
    await stage.model.until_asked()
    assert stage.model.calls() == [call]


async def test_a_misconfigured_answer_is_never_bisected() -> None:
    stage, source = batched(), Source()
    stage.submit(*values(source, 1, 2, 3))
    stage.model.reply(stage.model.calls()[0], 404)
    assert stage.error_codes == ["ModelMisconfigured"] * 3
    assert stage.breaker_state() is BreakerState.OPEN
    assert stage.is_empty


async def test_a_misconfigured_model_costs_one_record_a_probe_though_records_share_requests() -> None:
    stage, source = batched(2), Source()
    stage.submit(*values(source, *range(10)))
    for call in stage.model.calls():
        stage.model.reply(call, 404)
    done = len(stage.errors)
    stage.submit(*values(source, *range(10)))
    for count in range(1, 4):
        await stage.model.until_asked()
        stage.model.reply(stage.model.calls()[0], 404)
        assert len(stage.errors) == done + count


async def test_of_a_batch_that_is_given_up_only_the_record_at_fault_is_lost() -> None:
    """The model answers others all the time, so it is alive and its breaker stays closed throughout."""
    stage, source = batched(max_attempts=3), Source()
    records = values(source, 1, 2, 3, 66, 5, 6, 7, 8)
    stage.submit(*records)
    while not stage.errors:
        for call in stage.model.calls():
            model_answers(stage, call)
        stage.submit(*values(source, 0))
        await asyncio.sleep(0.01)
    assert stage.breaker_state() is BreakerState.CLOSED
    assert stage.model.probes == []
    assert [record for record, _ in stage.errors] == [records[3]]
    assert stage.error_codes == ["RetriesExhausted"]
    await answer_all(stage)
    assert set(records) - {records[3]} <= set(stage.output_records)


async def test_the_record_at_fault_is_found_even_with_nothing_else_to_ask() -> None:
    """What the model answered since the batch first failed proves it alive for each of its parts."""
    stage, source = batched(max_attempts=3), Source()
    records = values(source, 1, 66)
    stage.submit(*records)
    stage.model.reply(stage.model.calls()[0], 500)
    stage.submit(*values(source, 0))
    await asyncio.sleep(0.01)
    model_answers(stage, stage.model.calls()[0])
    await answer_all(stage)
    assert [record for record, _ in stage.errors] == [records[1]]
    assert stage.model.probes == []


async def test_a_refused_batch_is_not_judged_by_one_failure_of_its_parts() -> None:
    stage, source = batched(), Source()
    stage.submit(*values(source, 1, 2, 13, 4))
    model_answers(stage, stage.model.calls()[0])
    stage.model.reply(stage.model.calls()[0], 500)
    assert stage.breaker_state() is BreakerState.CLOSED
    await answer_all(stage)
    assert [body for _, body in stage.outputs] == [b"101", b"102", b"104"]


async def test_an_outage_in_the_middle_of_a_bisection_gives_nothing_up() -> None:
    stage, source = batched(max_attempts=3), Source()
    stage.submit(*values(source, 1, 66, 3, 4))
    stage.model.reply(stage.model.calls()[0], 500)
    stage.submit(*values(source, 0))
    await asyncio.sleep(0.01)
    model_answers(stage, stage.model.calls()[0])
    while stage.breaker_state() is BreakerState.CLOSED:
        await stage.model.until_asked()
        call = stage.model.calls()[0]
        stage.model.reachable = len(call.records) == 4
        stage.model.reply(call, 500)
    for _ in range(20):
        await stage.model.until_asked()
        stage.model.reply(stage.model.calls()[0], 500)
    assert stage.errors == []
    stage.model.reachable = True
    await answer_all(stage)
    assert stage.error_codes == ["RetriesExhausted"]
    assert len(stage.outputs) == 4


async def test_what_is_not_json_never_enters_a_batch() -> None:
    stage, source = batched(), Source()
    good, bad, last = source.record(None, b"1"), source.record(None, b"1,2"), source.record(None, b"3")
    stage.submit(good, bad, last)
    assert [call.value for call in stage.model.calls()] == [b"[1,3]"]
    assert [record for record, _ in stage.errors] == [bad]
    assert stage.error_codes == ["BadRecord"]


async def test_what_is_not_json_does_not_enter_a_batch_behind_an_earlier_record_of_its_key() -> None:
    """Two halves of an array would pass for one value, and every later answer for its neighbour's."""
    stage, source = batched(), Source()
    records = [source.record(b"a", value) for value in (b"0", b"[1", b"2]", b"3,4", b"5")]
    stage.submit(*records)
    assert [call.value for call in stage.model.calls()] == [b"[0]"]
    assert stage.errors == []
    await answer_all(stage)
    assert stage.error_codes == ["BadRecord"] * 3
    assert stage.outputs == [(records[0], b"100"), (records[4], b"105")]


async def test_a_tombstone_waits_for_the_batch_before_it_in_its_lane() -> None:
    stage, source = batched(), Source()
    first, tombstone, last = values(source, 1, key=b"a")[0], source.record(b"a", None), source.record(b"a", b"3")
    stage.submit(first, tombstone, last)
    assert stage.errors == []
    await answer_all(stage)
    assert stage.output_records == [first, last]
    assert [record for record, _ in stage.errors] == [tombstone]


async def test_only_tombstones_make_no_request() -> None:
    stage, source = batched(), Source()
    stage.submit(*[source.record(None, None) for _ in range(20)])
    assert stage.model.sent == []
    assert stage.error_codes == ["Tombstone"] * 20
    assert stage.is_empty


async def test_a_record_behind_tombstones_is_not_forgotten_in_an_outage() -> None:
    stage, source = batched(), Source()
    failed = values(source, 1, 2)
    stage.submit(*failed)
    stage.model.reachable = False
    stage.model.reply(stage.model.calls()[0], 500)
    stage.submit(*[source.record(None, None) for _ in range(3)], *values(source, 3))
    await answer_all(stage)
    assert stage.error_codes == ["Tombstone"] * 3
    assert len(stage.outputs) == 3


async def test_in_an_outage_a_batch_comes_apart_and_its_lanes_stay_in_order() -> None:
    stage, source = batched(), Source()
    a, b = values(source, 1, 2, 3, key=b"a"), values(source, 4, 5, key=b"b")
    stage.submit(*a, *b)
    stage.submit(*values(source, 6, key=b"a"))
    stage.model.reachable = False
    stage.model.reply(stage.model.calls()[0], 500)
    await stage.model.until_asked()
    assert [call.value for call in stage.model.calls()] == [b"[1]"]
    await answer_all(stage)
    assert [body for record, body in stage.outputs if record.key == b"a"] == [b"101", b"102", b"103", b"106"]
    assert [body for record, body in stage.outputs if record.key == b"b"] == [b"104", b"105"]
    assert stage.is_empty


async def test_the_records_of_a_batch_that_failed_in_an_outage_go_alone_until_they_are_answered() -> None:
    stage, source = batched(), Source()
    stage.submit(*values(source, 1, 66, 3))
    stage.model.reply(stage.model.calls()[0], 500)
    stage.submit(*values(source, 4, 5, 6))
    stage.model.reachable = False
    stage.model.fault(stage.model.calls()[0], WireFault.NO_CONNECTION)
    before = len(stage.model.sent)
    while len(stage.outputs) < 5:
        await stage.model.until_asked()
        model_answers(stage, stage.model.calls()[0])
    after = [call.value for call in stage.model.sent[before:]]
    assert {b"[1]", b"[3]"} <= set(after) | {call.value for call in stage.model.probes}
    assert b"[5,6]" in after


async def test_a_probe_is_one_record_and_then_batches_go_again() -> None:
    stage, source = batched(4), Source()
    stage.model.has_addresses = False
    stage.submit(*values(source, *range(9)))
    stage.model.has_addresses = True
    while not stage.outputs:
        await stage.model.until_asked()
        (call,) = stage.model.calls()
        model_answers(stage, call)
    await answer_all(stage)
    assert len(stage.outputs) == 9
    assert stage.is_empty
