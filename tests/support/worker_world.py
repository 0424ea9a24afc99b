"""The worker's core between a topic, a model and a broker in memory, beside a naive model of what must hold.

Real: intake, windows, lanes, batching, breaker, verdicts, the predict stage. The steps may come in any order; each
checks what it can see of the delivery contract, `check` the rest, and `end` that nothing is left.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TypeAlias
from unittest import mock

import looptime

from penstock_worker.core.breaker import BreakerState
from penstock_worker.core.lanes import Ordering
from penstock_worker.core.offsets import Progress, Window
from penstock_worker.core.outcomes import DEFINITIVE, OUTCOME_OF_STATUS, Outcome, WireFault
from penstock_worker.messages import Batch, Call, Fault, Record
from penstock_worker.stages import predict as predict_module
from penstock_worker.stages.encode import Failure
from penstock_worker.stages.intake import records_of
from support.builders import acknowledge, make_message, make_window
from support.predict_stage import Stage, loop_time

PARTITIONS = (0, 1)
MAX_ATTEMPTS = 3
CONCURRENCY = 4
LONGEST_WAIT_SECONDS = 31.0  # nothing in the stage waits longer
NOT_ONE_JSON_VALUE = (b"1,2", b"[1", b"2]", b"", b"\xff")

Answer: TypeAlias = str | int | WireFault
"""`ok`, `wrong count`, a status other than 2xx, or no answer at all."""


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody writes to the input topic: `kind` is json, poison, not json, tombstone or bad header.

    Poison is what a model that is well fails on, always and alone: a negative number.
    """

    key: bytes | None
    kind: str = "json"
    gap: int = 0  # offsets before it that hold no record


@dataclass(frozen=True, slots=True)
class Logged:
    offset: int
    key: bytes | None
    value: bytes | None
    problem: str | None


@dataclass(slots=True)
class InputPartition:
    """What outlives every assignment: the log, what of it ever reached a topic, and the group's commit."""

    log: list[Logged] = field(default_factory=list)
    end: int = 0
    committed: int = 0
    acknowledged: set[int] = field(default_factory=set)
    first_ends: dict[bytes, list[int]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class Epoch:
    """One assignment of a partition."""

    window: Window
    position: int
    committed: int
    consumed: dict[int, Record] = field(default_factory=dict)
    ended: list[Record] = field(default_factory=list)
    is_closing: bool = False


class HandingOn(Stage):
    """Hands every end of a record to the world instead of acknowledging it."""

    def __init__(
        self, on_end: Callable[[Record, bytes, Failure | None], None], *, ordering: Ordering, max_records: int
    ) -> None:
        self.on_end = on_end
        super().__init__(ordering=ordering, max_records=max_records, concurrency=CONCURRENCY, max_attempts=MAX_ATTEMPTS)

    def _output(self, record: Record, body: bytes) -> None:
        self.on_end(record, body, None)

    def _error(self, record: Record, failure: Failure) -> None:
        self.on_end(record, failure.body or b"", failure)


class WorkerWorld:
    """Both partitions are assigned from the start."""

    def __init__(self, *, ordering: Ordering, max_records: int) -> None:
        self.ordering = ordering
        self.is_batched = max_records > 1
        self.loop = looptime.new_event_loop(start=0.0)
        jitter = random.Random(0)
        self._patch = mock.patch.multiple(
            predict_module, time=SimpleNamespace(monotonic=self.loop.time), random=SimpleNamespace(random=jitter.random)
        )
        self._patch.start()
        self.topic = {partition: InputPartition() for partition in PARTITIONS}
        self.epochs: dict[int, Epoch] = {}
        self.unacknowledged: list[tuple[Record, Failure | None]] = []
        self.commit_in_flight: list[Progress] = []
        self.failed_at: dict[Record, float] = {}
        self.alive_at = -1.0
        self.dropped: set[Record] = set()
        self.error_codes: set[str] = set()
        self.on_loop(lambda: setattr(self, "stage", HandingOn(self._ended, ordering=ordering, max_records=max_records)))
        self.stage: HandingOn
        self.stage.model.on_send = self._sent
        for partition in PARTITIONS:
            self.assign(partition)

    def close(self) -> None:
        self._patch.stop()
        self.loop.close()

    def on_loop(self, act: Callable[[], object], *, then_seconds: float = 0.0) -> None:
        async def run() -> None:
            act()
            await asyncio.sleep(then_seconds)

        self.loop.run_until_complete(run())

    # --- records in ----------------------------------------------------------------------------------------
    def write(self, partition: int, written: Written) -> None:
        source = self.topic[partition]
        offset = source.end + written.gap
        value: bytes | None = b"%d" % (offset * 10 + partition)
        if written.kind == "poison":
            value = b"-%d" % (1 + offset * 10 + partition)
        elif written.kind == "tombstone":
            value = None
        elif written.kind == "not json":
            value = NOT_ONE_JSON_VALUE[offset % len(NOT_ONE_JSON_VALUE)]
        problem = "a bad header" if written.kind == "bad header" else None
        source.log.append(Logged(offset, written.key, value, problem))
        source.end = offset + 1

    def consume(self, partition: int, most_records: int) -> None:
        epoch = self.epochs.get(partition)
        if epoch is None or epoch.is_closing:
            return
        burst = [each for each in self.topic[partition].log if each.offset >= epoch.position][:most_records]
        messages = [make_message(each.offset, partition=partition, key=each.key, value=each.value) for each in burst]
        records, _ = records_of(messages, {partition: epoch.window})
        for record, each in zip(records, burst, strict=True):
            record.problem = each.problem
            epoch.consumed[record.offset] = record
            epoch.position = record.offset + 1
        self.on_loop(lambda: self.stage.predict.submit(records))

    # --- the model -----------------------------------------------------------------------------------------
    def answer(self, which: int, answer: Answer) -> None:
        calls = self.stage.model.calls()
        if calls:
            self.on_loop(lambda: self._answer(calls[which % len(calls)], answer))

    def reach(self, *, is_reachable: bool) -> None:
        """Whether an address of the model is left that is not ejected."""
        self.stage.model.reachable = is_reachable

    def pass_time(self, seconds: float) -> None:
        self.on_loop(lambda: None, then_seconds=seconds)

    def be_ready(self) -> None:
        """The model's readiness path answers."""
        self.alive_at = self.loop.time()
        self.on_loop(lambda: self.stage.predict.model_ready(loop_time()))

    def _answer(self, call: Call, answer: Answer) -> None:
        if answer == "ok" and any(record.value and record.value.startswith(b"-") for record in call.records):
            answer = 500
        self._note(call, answer, loop_time())
        model = self.stage.model
        if isinstance(answer, WireFault):
            model.fault(call, answer)
        elif isinstance(answer, int):
            model.reply(call, answer)
        elif answer == "wrong count" and isinstance(call, Batch):
            model.answer(call, b"[]")
        else:
            assert call.value is not None
            model.answer(call, call.value)  # an echo: a batch's answer is the array of its values

    def _sent(self, call: Call) -> None:
        assert self.dropped.isdisjoint(call.records), "what waited when its partition was revoked is never sent"

    def _note(self, call: Call, answer: Answer, now: float) -> None:
        outcome = Outcome.DONE
        if isinstance(answer, WireFault):
            outcome = answer.outcome
        elif isinstance(answer, int):
            outcome = OUTCOME_OF_STATUS[answer]
        if outcome in DEFINITIVE:
            self.alive_at = now
        if outcome is Outcome.FAILED:
            for record in call.records:
                self.failed_at.setdefault(record, now)

    # --- records out ---------------------------------------------------------------------------------------
    def _ended(self, record: Record, body: bytes, failure: Failure | None) -> None:
        """The produce stage's place: the record leaves for a topic."""
        epoch = self.epochs[record.window.partition]
        assert record.window is epoch.window, "nothing of an earlier assignment is produced"
        assert record.window.live, "nothing of a dead window is produced"
        assert record not in epoch.ended, "a record ends once"
        if failure is None:
            assert body == record.value, "each record gets its own answer"
            assert record.value not in NOT_ONE_JSON_VALUE or not self.is_batched, "a batch holds JSON values alone"
        else:
            self._check_failure(record, failure)
        self._check_order(epoch, record)
        epoch.ended.append(record)
        record.result_bytes = len(body)
        record.window.result_bytes += len(body)
        self.unacknowledged.append((record, failure))

    def _check_failure(self, record: Record, failure: Failure) -> None:
        self.error_codes.add(failure.fault.value)
        if failure.fault is Fault.RETRIES_EXHAUSTED:
            assert self.alive_at > self.failed_at[record], "given up only on a model that answered somebody since"
            assert self.stage.breaker_state() is BreakerState.CLOSED, "nothing is given up in an outage"
        is_bad = record.problem is not None or (self.is_batched and record.value in NOT_ONE_JSON_VALUE)
        assert is_bad is (failure.fault is Fault.BAD_RECORD), "alone, the model is the judge of bytes"

    def _check_order(self, epoch: Epoch, record: Record) -> None:
        lane = self._lane(record)
        if lane is None:
            return
        before = (other.offset for other in epoch.ended if self._lane(other) == lane)
        assert all(offset < record.offset for offset in before), "a lane's records end in input order"
        if isinstance(lane, bytes):
            firsts = self.topic[record.window.partition].first_ends[lane]
            if record.offset not in firsts:
                assert all(offset < record.offset for offset in firsts), "first ends of a key are in input order"
                firsts.append(record.offset)

    def _lane(self, record: Record) -> object:
        return {"Key": record.key, "Partition": (), "None": None}[self.ordering]

    def acknowledge(self, which: int) -> None:
        """The broker took one of what was produced."""
        if self.unacknowledged:
            record, failure = self.unacknowledged.pop(which % len(self.unacknowledged))
            self.topic[record.window.partition].acknowledged.add(record.offset)
            acknowledge(record, is_error=failure is not None)

    # --- commits -------------------------------------------------------------------------------------------
    def send_commit(self, *, emptied_meanwhile: bool = False) -> None:
        """One at a time. `emptied_meanwhile`: the last record finishes between the consumer thread's two looks."""
        if not self.commit_in_flight:
            self.commit_in_flight = self._progress(self.epochs.values(), emptied_meanwhile=emptied_meanwhile)

    def answer_commit(self, *, succeeds: bool) -> None:
        progress, self.commit_in_flight = self.commit_in_flight, []
        if succeeds:
            self._commit(progress)

    def _progress(self, epochs: Iterable[Epoch], *, emptied_meanwhile: bool = False) -> list[Progress]:
        """As the consumer thread: a window with nothing in flight is at the consumer's position."""
        found = []
        for epoch in epochs:
            if not epoch.window.unfinished and not emptied_meanwhile:
                epoch.window.idle_offset = epoch.position
            progress = epoch.window.progress()
            if progress is not None:
                found.append(progress)
        return found

    def _commit(self, progress: Sequence[Progress]) -> None:
        for each in progress:
            source, epoch = self.topic[each.window.partition], self.epochs[each.window.partition]
            passed = {logged.offset for logged in source.log if logged.offset < each.next_offset}
            assert passed <= source.acknowledged, "a commit never passes what was not acknowledged"
            assert each.next_offset > epoch.committed, "commits only grow"
            each.window.acknowledged(each)
            source.committed = epoch.committed = each.next_offset

    # --- partitions come and go ----------------------------------------------------------------------------
    def assign(self, partition: int) -> None:
        if partition not in self.epochs:
            committed = self.topic[partition].committed
            window = make_window(partition, committed_offset=committed)
            window.idle_offset = committed
            self.epochs[partition] = Epoch(window, committed, committed)

    def begin_revocation(self, partition: int) -> None:
        epoch = self.epochs.get(partition)
        if epoch is not None:
            epoch.is_closing, epoch.window.open = True, False
            on_wire = set(self.stage.on_wire)
            self.dropped |= {record for record in epoch.consumed.values() if record not in on_wire}
            self.on_loop(self.stage.predict.drop_closed)

    def end_revocation(self) -> None:
        """What can be committed is, and waited for."""
        closing = [epoch for epoch in self.epochs.values() if epoch.is_closing]
        self._kill(closing)
        self._commit(self._progress(closing))
        self._forget(closing)

    def lose(self, partition: int) -> None:
        if partition in self.epochs:
            epoch = self.epochs[partition]
            self._kill([epoch])
            self._forget([epoch])

    def refuse_output(self) -> None:
        """Every window dies, what the producer held is gone, and all begins anew from what can be committed."""
        epochs = list(self.epochs.values())
        self._kill(epochs)
        self.unacknowledged.clear()
        self._commit(self._progress(epochs))
        self._forget(epochs)
        for epoch in epochs:
            self.assign(epoch.window.partition)

    def _kill(self, epochs: Iterable[Epoch]) -> None:
        def die() -> None:
            for epoch in epochs:
                epoch.window.open = epoch.window.live = False
            self.stage.predict.drop_closed()
            self.stage.predict.abandon_dead()
            self.stage.predict.dispatch(loop_time())

        self.on_loop(die)

    def _forget(self, epochs: Iterable[Epoch]) -> None:
        for epoch in epochs:
            del self.epochs[epoch.window.partition]
            self.commit_in_flight = [each for each in self.commit_in_flight if each.window is not epoch.window]

    # --- what always holds ---------------------------------------------------------------------------------
    def check(self) -> None:
        for epoch in self.epochs.values():
            in_flight = [record for offset, record in epoch.consumed.items() if offset >= epoch.committed]
            assert epoch.window.in_flight_records == len(in_flight)
            assert epoch.window.in_flight_bytes == sum(record.size_bytes + record.result_bytes for record in in_flight)
        calls = self.stage.model.calls()
        assert self.stage.predict.on_wire == len(calls) <= CONCURRENCY
        lanes: dict[object, Call] = {}
        for call in calls:
            for record in call.records:
                lane = self._lane(record)
                if lane is not None and record.window.live:
                    assert lanes.setdefault((record.window, lane), call) is call, "a lane has one call in flight"

    # --- and how it ends -----------------------------------------------------------------------------------
    def end(self) -> None:
        """The model is well and says so, the broker takes everything: every record ends, nothing is left anywhere."""
        self.reach(is_reachable=True)
        self.end_revocation()
        self.commit_in_flight = []
        for partition in PARTITIONS:
            self.assign(partition)
            self.consume(partition, len(self.topic[partition].log))
        for _ in range(1000):
            self.be_ready()
            self._be_well()
            if not (self.stage.predict.waiting or self.stage.predict.on_wire):
                break
        self._commit(self._progress(self.epochs.values()))
        self.check()
        assert self.stage.predict.on_wire == len(self.stage.predict.waiting) == 0
        for partition, epoch in self.epochs.items():
            assert {record.offset for record in epoch.ended} == set(epoch.consumed)
            assert epoch.window.in_flight_records == epoch.window.in_flight_bytes == 0
            assert epoch.window.lanes == {}
            assert self.topic[partition].committed == self.topic[partition].end

    def _be_well(self) -> None:
        def answer_all() -> None:
            while calls := self.stage.model.calls():
                self._answer(calls[0], "ok")

        self.on_loop(answer_all, then_seconds=LONGEST_WAIT_SECONDS)
        while self.unacknowledged:
            self.acknowledge(0)
