"""The worker's core against a naive model: whatever is consumed, answered, acknowledged, committed and taken away, in
any order, the invariants of the delivery contract hold.

Two drivers of the same world: hypothesis chooses the steps and shrinks what it finds; long walks reach what takes
many steps, such as an outage in the middle of a bisection in the middle of a revocation.
"""

import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from penstock_worker.core.lanes import Ordering
from penstock_worker.core.outcomes import WireFault
from penstock_worker.messages import Fault
from support.worker_world import LONGEST_WAIT_SECONDS, PARTITIONS, Answer, WorkerWorld, Written

KEYS = (None, b"", b"a", b"b")
KINDS = (*["json"] * 12, "poison", "tombstone", "not json", "bad header")
GAPS = (0, 0, 0, 1, 3)
BAD_ANSWERS: tuple[Answer, ...] = (
    *(400, 400, 404, 429, 500, 500, 503, "wrong count"),
    *(WireFault.RESET, WireFault.TIMEOUT, WireFault.TOO_LARGE, WireFault.NO_CONNECTION),
)
WAITS_SECONDS = (0.01, 0.2, 1.0, LONGEST_WAIT_SECONDS)

partitions = st.sampled_from(PARTITIONS)
writes = st.builds(Written, st.sampled_from(KEYS), st.sampled_from(KINDS), st.sampled_from(GAPS))
answers = st.one_of(st.just("ok"), st.sampled_from(BAD_ANSWERS))
which = st.integers(0, 20)


class WorkerCore(RuleBasedStateMachine):
    world: WorkerWorld | None = None

    @initialize(ordering=st.sampled_from(["Key", "Partition", "None"]), max_records=st.sampled_from([1, 2, 5]))
    def start(self, ordering: Ordering, max_records: int) -> None:
        self.world = WorkerWorld(ordering=ordering, max_records=max_records)

    def teardown(self) -> None:
        if self.world is not None:
            try:
                self.world.end()
            finally:
                self.world.close()

    @property
    def at(self) -> WorkerWorld:
        assert self.world is not None
        return self.world

    @rule(partition=partitions, written=st.lists(writes, max_size=8), most_records=st.integers(0, 10))
    def records_arrive(self, partition: int, written: list[Written], most_records: int) -> None:
        for each in written:
            self.at.write(partition, each)
        self.at.consume(partition, most_records)

    @rule(given=st.lists(st.tuples(which, answers), min_size=1, max_size=8))
    def the_model_answers(self, given: list[tuple[int, Answer]]) -> None:
        for call, answer in given:
            self.at.answer(call, answer)

    @rule(is_reachable=st.booleans())
    def addresses_change(self, is_reachable: bool) -> None:
        self.at.reach(is_reachable=is_reachable)

    @rule(seconds=st.sampled_from(WAITS_SECONDS))
    def time_passes(self, seconds: float) -> None:
        self.at.pass_time(seconds)

    @rule()
    def the_readiness_path_answers(self) -> None:
        self.at.be_ready()

    @rule(chosen=st.lists(which, min_size=1, max_size=8))
    def the_broker_acknowledges(self, chosen: list[int]) -> None:
        for each in chosen:
            self.at.acknowledge(each)

    @rule(emptied_meanwhile=st.booleans())
    def a_commit_is_sent(self, emptied_meanwhile: bool) -> None:
        self.at.send_commit(emptied_meanwhile=emptied_meanwhile)

    @rule(succeeds=st.booleans())
    def a_commit_is_answered(self, succeeds: bool) -> None:
        self.at.answer_commit(succeeds=succeeds)

    @rule(partition=partitions)
    def a_revocation_begins(self, partition: int) -> None:
        self.at.begin_revocation(partition)

    @rule()
    def a_revocation_ends(self) -> None:
        self.at.end_revocation()

    @rule(partition=partitions)
    def a_partition_is_lost(self, partition: int) -> None:
        self.at.lose(partition)

    @rule(partition=partitions)
    def a_partition_is_assigned(self, partition: int) -> None:
        self.at.assign(partition)

    @rule()
    def the_output_is_refused(self) -> None:
        self.at.refuse_output()

    @invariant()
    def the_contract_holds(self) -> None:
        if self.world is not None:
            self.world.check()


TestWorkerCore = WorkerCore.TestCase
TestWorkerCore.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


class Walk:
    """A long random walk: seldom a rebalance, and a model with moods, since an outage is many bad answers in a row."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.wellness = 0.9
        self.world = WorkerWorld(
            ordering=self.random.choice(["Key", "Key", "Partition", "None"]),
            max_records=self.random.choice([1, 2, 5, 9]),
        )

    def step(self) -> None:
        choose, world = self.random.choice, self.world
        steps: dict[Callable[[], None], float] = {
            self.records_arrive: 6,
            lambda: world.answer(self.random.randrange(20), self.an_answer()): 20,
            lambda: world.acknowledge(self.random.randrange(20)): 12,
            lambda: world.pass_time(choose(WAITS_SECONDS)): 4,
            lambda: world.send_commit(emptied_meanwhile=self.random.random() < 0.3): 4,
            lambda: world.answer_commit(succeeds=self.random.random() < 0.8): 4,
            self.mood_swings: 1,
            lambda: world.reach(is_reachable=self.random.random() < 0.7): 1,
            world.be_ready: 0.3,
            lambda: world.begin_revocation(choose(PARTITIONS)): 0.3,
            world.end_revocation: 0.5,
            lambda: world.lose(choose(PARTITIONS)): 0.2,
            lambda: world.assign(choose(PARTITIONS)): 2,
            world.refuse_output: 0.1,
        }
        (step,) = self.random.choices(list(steps), list(steps.values()))
        step()
        world.check()

    def records_arrive(self) -> None:
        choose, partition = self.random.choice, self.random.choice(PARTITIONS)
        for _ in range(self.random.randrange(8)):
            self.world.write(partition, Written(choose(KEYS), choose(KINDS), choose(GAPS)))
        self.world.consume(partition, self.random.randrange(12))

    def an_answer(self) -> Answer:
        return "ok" if self.random.random() < self.wellness else self.random.choice(BAD_ANSWERS)

    def mood_swings(self) -> None:
        self.wellness = self.random.choice([0.95, 0.9, 0.5, 0.1, 0.0])


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_contract_holds_on_long_walks(seed: int) -> None:
    walk = Walk(seed)
    try:
        for _ in range(300):
            walk.step()
        walk.world.end()
    finally:
        walk.world.close()


def test_the_walks_reach_every_way_in_which_a_record_can_fail() -> None:
    """Or else the walks would prove little. Only the encode stage knows the last one."""
    reached = set()
    for seed in range(30):
        walk = Walk(seed)
        for _ in range(200):
            walk.step()
        reached |= walk.world.error_codes
        walk.world.close()
    assert reached == {fault.value for fault in Fault} - {Fault.OUTPUT_TOO_LARGE.value}
