"""The predict stage while the model answers nobody: one probe at a time, nothing given up, and back by itself."""

import asyncio

import pytest

from penstock_worker.core.breaker import BreakerState, Trouble
from penstock_worker.core.outcomes import WireFault
from penstock_worker.messages import Record
from support.builders import Source
from support.predict_stage import Stage, loop_time, stage_clock  # noqa: F401 - a fixture

pytestmark = [pytest.mark.looptime, pytest.mark.usefixtures("stage_clock")]


async def stage_with_open_breaker(*keys: bytes | None, **options: int) -> tuple[Stage, list[Record]]:
    """Every request fails until the breaker opens, and those that are on the wire then."""
    stage = Stage(concurrency=10, **options)  # type: ignore[arg-type]
    records = Source().records(*keys)
    stage.submit(*records)
    while stage.on_wire:
        stage.model.reply(stage.on_wire[0], 500)
    assert stage.breaker_state() is BreakerState.OPEN
    return stage, records


async def next_probe(stage: Stage) -> Record:
    """The one record on the wire, within what a breaker waits at most."""
    await stage.model.until_asked()
    (probe,) = stage.on_wire
    return probe


async def test_ten_failures_in_a_row_open_the_breaker_and_nine_do_not() -> None:
    stage = Stage(concurrency=10)
    records = Source().records(*[None] * 20)
    stage.submit(*records)
    for record in records[:9]:
        stage.model.reply(record, 500)
    stage.model.answer(records[9])
    for record in records[10:19]:
        stage.model.reply(record, 500)
    assert stage.breaker_state() is BreakerState.CLOSED
    stage.model.reply(records[19], 500)
    assert stage.breaker_state() is BreakerState.OPEN
    assert stage.predict.status_reason == "ModelDown"


async def test_nothing_but_one_probe_is_on_the_wire_and_its_waits_double_to_30_seconds() -> None:
    stage, _ = await stage_with_open_breaker(*[None] * 30)
    opened_at, probed_at = loop_time(), []
    for _ in range(8):
        stage.model.reply(await next_probe(stage), 500)
        probed_at.append(loop_time() - opened_at)
    waits = [after - before for before, after in zip([0.0, *probed_at], probed_at, strict=False)]
    assert waits == pytest.approx([1, 2, 4, 8, 16, 30, 30, 30], abs=0.001)
    assert len(stage.model.probes) == 8
    assert stage.errors == []


async def test_every_record_at_hand_is_probed_with_before_any_is_a_second_time() -> None:
    """A record that the model cannot bear must not be the one that the model is judged by."""
    stage, records = await stage_with_open_breaker(*[None] * 15)
    for _ in range(15):
        stage.model.reply(await next_probe(stage), 500)
    assert set(stage.model.probes) == set(records)


async def test_a_lane_has_one_record_to_probe_with() -> None:
    stage, records = await stage_with_open_breaker(*[b"%d" % n for n in range(10)], *[b"0"] * 5, b"other")
    for _ in range(11):
        stage.model.reply(await next_probe(stage), 500)
    assert set(stage.model.probes) == {*records[:10], records[-1]}


async def test_an_answered_probe_closes_the_breaker_and_everything_at_hand_follows() -> None:
    stage, _ = await stage_with_open_breaker(*[None] * 12)
    stage.model.reply(await next_probe(stage), 500)
    stage.model.answer(await next_probe(stage))
    assert stage.breaker_state() is BreakerState.CLOSED
    assert stage.predict.status_reason is None
    while stage.on_wire:
        stage.model.answer(stage.on_wire[0])
    assert sorted(record.offset for record in stage.output_records) == list(range(12))
    assert stage.is_empty


async def test_a_refused_probe_closes_the_breaker_too() -> None:
    stage, _ = await stage_with_open_breaker(*[None] * 12)
    stage.model.reply(await next_probe(stage), 400)
    assert stage.breaker_state() is BreakerState.CLOSED
    assert stage.error_codes == ["ModelRefused"]


async def test_the_answer_to_a_request_sent_before_closes_the_breaker() -> None:
    stage = Stage(concurrency=11)
    slow, *records = Source().records(*[None] * 12)
    stage.submit(slow, *records)
    stage.model.reachable = False
    stage.model.fault(records[0], WireFault.NO_CONNECTION)
    assert stage.breaker_state() is BreakerState.OPEN
    stage.model.answer(slow)
    assert stage.breaker_state() is BreakerState.CLOSED


async def test_a_late_failure_of_a_request_sent_before_is_not_the_probes() -> None:
    stage = Stage(concurrency=2)
    early, lost, other = Source().records(None, None, None)
    stage.submit(early, lost)
    stage.model.reachable = False
    stage.model.fault(lost, WireFault.NO_CONNECTION)
    stage.submit(other)
    await asyncio.sleep(1)
    (probe,) = stage.model.probes
    assert stage.on_wire == [early, probe]
    stage.model.reply(early, 500)
    assert stage.breaker_state() is BreakerState.HALF_OPEN
    stage.model.answer(probe)
    assert stage.breaker_state() is BreakerState.CLOSED


async def test_the_model_comes_back_to_one_request_first() -> None:
    """The slow start again: a herd of everything that waited would take the model down once more."""
    stage, _ = await stage_with_open_breaker(*[None] * 30)
    stage.model.answer(await next_probe(stage))
    assert len(stage.on_wire) <= 2
    stage.model.answer(stage.on_wire[0])
    assert len(stage.on_wire) <= 4


async def test_a_readiness_answer_closes_the_breaker_of_a_model_that_was_down() -> None:
    stage, _ = await stage_with_open_breaker(*[None] * 12)
    stage.predict.model_ready(loop_time())
    assert stage.breaker_state() is BreakerState.CLOSED
    assert stage.on_wire


async def test_a_readiness_answer_while_the_breaker_is_closed_changes_nothing() -> None:
    stage = Stage()
    stage.predict.model_ready(loop_time())
    assert stage.breaker_state() is BreakerState.CLOSED


async def test_one_refused_connection_of_the_only_address_opens_the_breaker() -> None:
    stage, source = Stage(), Source()
    record = source.record(b"a")
    stage.submit(record)
    stage.model.reachable = False
    stage.model.fault(record, WireFault.NO_CONNECTION)
    assert stage.breaker.trouble is Trouble.MODEL_DOWN
    assert stage.on_wire == []
    assert await next_probe(stage) is record


async def test_a_failure_that_ejects_the_last_address_opens_the_breaker() -> None:
    stage, source = Stage(), Source()
    record = source.record(b"a")
    stage.submit(record)
    stage.model.reachable = False
    stage.model.reply(record, 500)
    assert stage.breaker.trouble is Trouble.MODEL_DOWN


async def test_a_model_whose_name_has_no_address_is_asked_again_until_it_has_one() -> None:
    stage, source = Stage(), Source()
    stage.model.has_addresses = False
    record = source.record(b"a")
    stage.submit(record)
    assert stage.breaker_state() is BreakerState.OPEN
    await asyncio.sleep(60)
    assert stage.model.sent == stage.model.probes == []
    stage.model.has_addresses = True
    await asyncio.sleep(31)
    assert stage.on_wire == [record]


async def test_an_overloaded_model_that_turns_away_even_single_requests_is_down() -> None:
    stage, source = Stage(concurrency=1), Source()
    stage.submit(source.record(b"a"))
    for _ in range(10):
        stage.model.reply(await next_probe(stage), 429)
    assert stage.breaker.trouble is Trouble.MODEL_DOWN


async def test_more_records_are_needed_when_all_at_hand_were_tried() -> None:
    """Those that were may all be of the kind that crashes the model, and would be probed with for ever."""
    stage, _ = await stage_with_open_breaker(*[None] * 12)
    while stage.predict.has_probe:
        stage.model.reply(await next_probe(stage), 500)
    assert len(stage.predict.waiting) == 12
    fresh = Source(1).record()
    stage.submit(fresh)
    assert stage.predict.has_probe
    assert await next_probe(stage) is fresh
    assert stage.predict.has_probe


async def test_what_failed_before_is_behind_what_did_not_also_when_the_breaker_opens_again() -> None:
    stage, _ = await stage_with_open_breaker(*[None] * 30)
    source = Source(1)
    for _ in range(3):
        while stage.predict.has_probe:
            stage.model.reply(await next_probe(stage), 500)
        fresh = source.record()
        stage.submit(fresh)
        assert await next_probe(stage) is fresh
        stage.model.answer(fresh)
        assert stage.breaker_state() is BreakerState.CLOSED
        stage.model.reachable = False
        while stage.on_wire:
            stage.model.reply(stage.on_wire[0], 500)
        assert stage.breaker_state() is BreakerState.OPEN
        assert not stage.predict.has_probe
    assert len(stage.predict.waiting) == 30


# --- an outage is not an error -------------------------------------------------------------------------------


async def test_a_record_alone_is_never_given_up_on_a_model_that_answers_nobody() -> None:
    stage, source = Stage(), Source()
    record = source.record(b"a")
    stage.submit(record)
    for _ in range(30):
        stage.model.reply(await next_probe(stage), 500)
    assert stage.errors == []
    assert stage.breaker.trouble is Trouble.MODEL_DOWN
    stage.model.answer(await next_probe(stage))
    assert stage.output_records == [record]


async def test_an_outage_costs_no_attempt_though_the_model_was_alive_after_the_first_failure() -> None:
    """One failure, an answer to another record, then an outage of many probes: the record was never at fault."""
    stage, source = Stage(), Source()
    record, other = source.records(b"a", b"b")
    stage.submit(record, other)
    stage.model.reply(record, 500)
    await asyncio.sleep(0.01)
    stage.model.answer(other)
    assert await next_probe(stage) is record
    stage.model.reachable = False
    stage.model.reply(record, 500)
    for _ in range(20):
        stage.model.reply(await next_probe(stage), 500)
    assert stage.errors == []
    stage.model.answer(await next_probe(stage))
    assert stage.output_records == [other, record]


async def test_the_retry_clock_stands_still_while_the_breaker_is_open() -> None:
    stage = Stage(concurrency=2, max_attempts=1000, max_elapsed_seconds=60)
    record, other = Source().records(b"a", b"b")
    stage.submit(record, other)
    stage.model.reply(record, 500)
    stage.model.reachable = False
    stage.model.fault(other, WireFault.NO_CONNECTION)
    await asyncio.sleep(3600)
    while await next_probe(stage) is not other:
        stage.model.reply(stage.on_wire[0], 500)
    stage.model.answer(other)
    assert await next_probe(stage) is record
    stage.model.reply(record, 500)
    assert stage.errors == []


async def test_what_breaks_alone_is_given_up_once_the_model_answered_another() -> None:
    stage, source = Stage(), Source()
    poison = source.record(b"a")
    stage.submit(poison)
    while stage.breaker_state() is BreakerState.CLOSED:
        stage.model.reply(await next_probe(stage), 500)
    good = source.record(b"b")
    stage.submit(good)
    while not stage.outputs:
        probe = await next_probe(stage)
        stage.model.answer(probe) if probe is good else stage.model.reply(probe, 500)
    assert stage.breaker_state() is BreakerState.CLOSED
    while not stage.errors:
        stage.model.reply(await next_probe(stage), 500)
    assert stage.error_codes == ["RetriesExhausted"]
    assert stage.breaker_state() is BreakerState.CLOSED


# --- misconfigured -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 404, 405])
async def test_before_the_first_success_the_first_misconfigured_answer_opens_the_breaker(status: int) -> None:
    stage = Stage(slow_start=True)
    records = Source().records(*[None] * 5)
    stage.submit(*records)
    stage.model.reply(records[0], status)
    assert stage.predict.status_reason == "ModelMisconfigured"
    assert stage.on_wire == []
    assert stage.error_codes == ["ModelMisconfigured"]
    assert stage.errors[0][1].status == status


async def test_each_probe_of_a_misconfigured_model_publishes_its_answer_so_the_topic_advances() -> None:
    stage = Stage(slow_start=True)
    records = Source().records(*[None] * 4)
    stage.submit(*records)
    stage.model.reply(records[0], 404)
    for count in (2, 3, 4):
        stage.model.reply(await next_probe(stage), 404)
        assert len(stage.errors) == count
    assert {record for record, _ in stage.errors} == set(records)
    assert stage.is_empty


async def test_a_readiness_answer_does_not_excuse_a_misconfigured_model() -> None:
    stage = Stage(slow_start=True)
    stage.submit(*Source().records(None, None))
    stage.model.reply(stage.on_wire[0], 404)
    stage.predict.model_ready(loop_time())
    assert stage.predict.status_reason == "ModelMisconfigured"


async def test_a_success_ends_the_misconfiguration() -> None:
    stage = Stage(slow_start=True)
    stage.submit(*Source().records(None, None))
    stage.model.reply(stage.on_wire[0], 401)
    stage.model.answer(await next_probe(stage))
    assert stage.predict.status_reason is None


async def test_a_model_that_was_down_and_comes_back_misconfigured_says_so() -> None:
    stage, source = Stage(), Source()
    stage.submit(*source.records(None, None))
    stage.model.reachable = False
    for call in stage.model.calls():
        stage.model.fault(call, WireFault.NO_CONNECTION)
    assert stage.predict.status_reason == "ModelDown"
    stage.model.reply(await next_probe(stage), 404)
    assert stage.predict.status_reason == "ModelMisconfigured"


async def test_after_a_success_it_takes_a_hundred_misconfigured_answers_in_a_row() -> None:
    stage, source = Stage(), Source()
    await answer_one(stage, source)
    for _ in range(99):
        await answer_one(stage, source, 404)
    await answer_one(stage, source)
    for _ in range(99):
        await answer_one(stage, source, 404)
    assert stage.breaker_state() is BreakerState.CLOSED
    await answer_one(stage, source, 404)
    assert stage.breaker.trouble is Trouble.MODEL_MISCONFIGURED
    assert stage.error_codes == ["ModelMisconfigured"] * 199


async def answer_one(stage: Stage, source: Source, status: int = 200) -> None:
    record = source.record(None)
    stage.submit(record)
    if status == 200:
        stage.model.answer(record)
    else:
        stage.model.reply(record, status)


async def test_a_tombstone_does_not_wait_for_the_model_forever() -> None:
    """It is no business of the model's: when its turn to be a probe comes, it goes, and another probe in its place."""
    stage, source = Stage(slow_start=True), Source()
    first, tombstone, last = source.record(), source.record(None, None), source.record()
    stage.submit(first, tombstone, last)
    stage.model.reply(first, 404)
    assert await next_probe(stage) is last
    assert stage.error_codes == ["ModelMisconfigured", "Tombstone"]


async def test_the_failure_that_shows_an_outage_is_no_records_fault() -> None:
    """Its last attempt, with an answer to another in between; but it also opens the breaker."""
    stage, source = Stage(max_attempts=2), Source()
    record, other = source.records(b"a", b"b")
    stage.submit(record, other)
    stage.model.reply(record, 500)
    await asyncio.sleep(0.01)
    stage.model.answer(other)
    await stage.model.until_asked()
    stage.model.reachable = False
    stage.model.reply(record, 500)
    assert stage.breaker_state() is BreakerState.OPEN
    assert stage.errors == []
