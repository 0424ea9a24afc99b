"""The predict stage when partitions are taken away: released with time to finish, or dead at once."""

import pytest

from penstock_worker.core.breaker import BreakerState
from penstock_worker.messages import Batch
from support.builders import Source
from support.predict_stage import Stage, stage_clock  # noqa: F401 - a fixture

pytestmark = [pytest.mark.looptime, pytest.mark.usefixtures("stage_clock")]


def close(*sources: Source) -> None:
    """What the pipeline does first: nothing more of these goes to the model."""
    for source in sources:
        source.window.open = False


def kill(stage: Stage, *sources: Source) -> None:
    """What the pipeline does last, or at once when the partitions are lost."""
    for source in sources:
        source.window.open = source.window.live = False
    stage.predict.drop_closed()
    stage.predict.abandon_dead()


async def test_queued_and_retrying_records_of_a_revoked_partition_are_dropped_and_others_stay() -> None:
    stage, going, staying = Stage(concurrency=2), Source(0), Source(1)
    retried_going, retried_staying = going.record(), staying.record()
    stage.submit(retried_going, retried_staying)
    for record in (retried_going, retried_staying):
        stage.model.reply(record, 500)
    queued = [going.record(), staying.record(), going.record(), staying.record()]
    busy = [staying.record(), staying.record()]
    stage.submit(*busy, *queued)
    close(going)
    stage.predict.drop_closed()
    while stage.predict.waiting or stage.predict.on_wire:
        await stage.model.until_asked()
        stage.model.answer(stage.on_wire[0])
    assert set(stage.output_records) == {retried_staying, *busy, queued[1], queued[3]}


async def test_records_that_wait_in_the_lanes_of_a_revoked_partition_never_go() -> None:
    stage, going = Stage(), Source()
    on_wire, _waiting = going.records(b"a", b"a")
    stage.submit(on_wire, _waiting)
    close(going)
    stage.predict.drop_closed()
    stage.model.answer(on_wire)
    assert stage.output_records == [on_wire]
    assert stage.on_wire == []
    assert len(stage.predict.waiting) == 0


async def test_records_that_arrive_after_the_revocation_are_not_taken() -> None:
    stage, going = Stage(), Source()
    close(going)
    stage.submit(*going.records(None, b"a"))
    assert stage.on_wire == []
    assert len(stage.predict.waiting) == 0


async def test_while_a_partition_is_released_its_answers_are_still_produced() -> None:
    stage, going = Stage(), Source()
    good, bad = going.records(b"a", b"b")
    stage.submit(good, bad)
    close(going)
    stage.predict.drop_closed()
    stage.model.answer(good)
    stage.model.reply(bad, 400)
    assert stage.output_records == [good]
    assert stage.error_codes == ["ModelRefused"]
    assert going.window.in_flight_records == 2
    assert not going.window.unfinished


async def test_what_is_on_the_wire_is_known_by_its_partition() -> None:
    stage, going, staying = Stage(), Source(0), Source(1)
    stage.submit(*going.records(None), *staying.records(None))
    assert stage.predict.has_on_wire({going.window})
    stage.model.answer(stage.on_wire[0])
    assert not stage.predict.has_on_wire({going.window})
    assert stage.predict.has_on_wire({staying.window})


async def test_the_requests_of_a_dead_partition_are_closed_and_their_places_free() -> None:
    stage, dead, staying = Stage(concurrency=2), Source(0), Source(1)
    stage.submit(*dead.records(None, None))
    waiting = staying.record()
    stage.submit(waiting)
    kill(stage, dead)
    stage.predict.dispatch(0.0)
    assert stage.on_wire == [waiting]
    assert stage.predict.on_wire == 1
    stage.model.answer(waiting)
    assert stage.output_records == [waiting]


@pytest.mark.parametrize("status", [200, 400, 404, 500, 503])
async def test_an_answer_for_a_dead_partition_is_never_produced(status: int) -> None:
    """It may have arrived in the very moment in which the partition was lost."""
    stage, dead = Stage(), Source()
    record, behind = dead.records(b"a", b"a")
    stage.submit(record, behind)
    dead.window.open = dead.window.live = False
    if status == 200:
        stage.model.answer(record)
    else:
        stage.model.reply(record, status)
    assert stage.outputs == []
    assert stage.errors == []
    assert stage.counters.failed_by_code == {}
    assert stage.on_wire == []
    stage.predict.drop_closed()
    assert len(stage.predict.waiting) == 0


async def test_the_same_partition_assigned_again_is_not_held_up_by_its_former_self() -> None:
    stage, former = Stage(), Source()
    stage.submit(former.record(b"a"))
    kill(stage, former)
    again = Source()
    record = again.record(b"a")
    stage.submit(record)
    assert stage.on_wire == [record]


async def test_a_probe_of_a_dead_partition_makes_room_for_another_at_once() -> None:
    stage, dead, staying = Stage(concurrency=10), Source(0), Source(1)
    stage.submit(*dead.records(*[None] * 10))
    while stage.on_wire:
        stage.model.reply(stage.on_wire[0], 500)
    other = staying.record()
    stage.submit(other)
    await stage.model.until_asked()
    assert stage.breaker_state() is BreakerState.HALF_OPEN
    kill(stage, dead)
    stage.predict.dispatch(stage.breaker.probe_at)
    assert stage.on_wire == [other]
    stage.model.answer(other)
    assert stage.breaker_state() is BreakerState.CLOSED


async def test_when_every_partition_dies_in_an_outage_the_next_record_is_the_probe() -> None:
    stage, dead = Stage(concurrency=10), Source(0)
    stage.submit(*dead.records(*[None] * 10))
    while stage.on_wire:
        stage.model.reply(stage.on_wire[0], 500)
    await stage.model.until_asked()
    kill(stage, dead)
    assert len(stage.predict.waiting) == stage.predict.on_wire == 0
    record = Source(1).record()
    stage.submit(record)
    assert stage.on_wire == [record]


# --- batches -------------------------------------------------------------------------------------------------


def batched(concurrency: int = 64) -> Stage:
    return Stage(max_records=8, max_delay_seconds=0, concurrency=concurrency)


async def test_a_waiting_batch_shrinks_to_the_partitions_that_stay() -> None:
    stage, going, staying = batched(), Source(0), Source(1)
    stage.submit(going.record(None, b"1"), staying.record(None, b"2"), going.record(None, b"3"))
    stage.model.reply(stage.model.calls()[0], 500)
    close(going)
    stage.predict.drop_closed()
    await stage.model.until_asked()
    (call,) = stage.model.calls()
    assert call.value == b"[2]"
    stage.model.answer(call, b"[102]")
    assert [body for _, body in stage.outputs] == [b"102"]
    assert len(stage.predict.waiting) == 0


async def test_a_waiting_batch_whose_records_are_all_gone_gives_way_to_the_part_behind_it() -> None:
    stage, going, staying = batched(), Source(0), Source(1)
    records = [
        going.record(None, b"1"),
        going.record(None, b"2"),
        staying.record(None, b"3"),
        staying.record(None, b"4"),
    ]
    stage.submit(*records)
    stage.model.reply(stage.model.calls()[0], 400)
    stage.model.reply(stage.model.calls()[0], 500)
    assert stage.model.calls() == []
    close(going)
    stage.predict.drop_closed()
    await stage.model.until_asked()
    (call,) = stage.model.calls()
    assert call.value == b"[3,4]"
    stage.model.answer(call, b"[103,104]")
    assert stage.output_records == records[2:]


async def test_the_parts_of_a_bisected_batch_of_a_dead_partition_are_all_forgotten() -> None:
    stage, dead = batched(), Source()
    stage.submit(*[dead.record(None, b"%d" % n) for n in range(8)])
    stage.model.reply(stage.model.calls()[0], 400)
    stage.model.reply(stage.model.calls()[0], 500)
    kill(stage, dead)
    assert len(stage.predict.waiting) == stage.predict.on_wire == 0


async def test_a_dead_request_gives_way_to_the_part_behind_it() -> None:
    stage, dead, staying = batched(), Source(0), Source(1)
    stage.submit(dead.record(None, b"1"), dead.record(None, b"2"), staying.record(None, b"3"), dead.record(None, b"4"))
    stage.model.reply(stage.model.calls()[0], 400)
    kill(stage, dead)
    stage.predict.dispatch(0.0)
    (call,) = stage.model.calls()
    assert isinstance(call, Batch)
    stage.model.answer(call, b"[103,104]" if len(call.records) == 2 else b"[103]")
    assert [body for _, body in stage.outputs] == [b"103"]
    assert len(stage.predict.waiting) == stage.predict.on_wire == 0


async def test_a_request_that_holds_a_record_of_a_living_partition_stays() -> None:
    stage, dead, staying = batched(), Source(0), Source(1)
    mine, theirs = staying.record(None, b"1"), dead.record(None, b"2")
    stage.submit(mine, theirs)
    kill(stage, dead)
    stage.model.answer(stage.model.calls()[0], b"[101,102]")
    assert stage.outputs == [(mine, b"101")]


async def test_a_lane_goes_on_after_a_batch_that_held_records_of_a_dead_partition() -> None:
    stage, dead, staying = batched(concurrency=1), Source(0), Source(1)
    stage.submit(*[dead.record(b"a", b"1") for _ in range(3)], *[staying.record(b"a", b"2") for _ in range(3)])
    later = staying.record(b"a", b"3")
    stage.submit(later)
    kill(stage, dead)
    stage.model.answer(stage.model.calls()[0], b"[1,1,1,2,2,2]")
    (call,) = stage.model.calls()
    assert call.records == (later,)


async def test_a_later_record_of_a_key_never_goes_when_the_earlier_one_was_dropped_with_its_partition() -> None:
    """The earlier one waits in the left part of a bisected batch, the later one is in the right part behind it."""
    stage, going, staying = batched(), Source(0), Source(1)
    stays = staying.record(None, b"1")
    earlier, later = going.record(b"a", b"2"), going.record(b"a", b"3")
    stage.submit(stays, earlier, later)
    stage.model.reply(stage.model.calls()[0], 400)
    stage.model.reply(stage.model.calls()[0], 500)
    close(going)
    stage.predict.drop_closed()
    await stage.model.until_asked()
    (call,) = stage.model.calls()
    assert call.records == (stays,)
    stage.model.answer(call, b"[101]")
    assert stage.on_wire == []
    assert stage.output_records == [stays]
