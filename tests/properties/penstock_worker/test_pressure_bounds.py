"""Whatever the topic, the model and the broker do, what is in flight stays within its limits, and nothing stands still
for good.
"""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock_worker.core.offsets import Window
from penstock_worker.core.pressure import LONGEST_HOLD_SECONDS, Intake, Pressure
from support.builders import make_window

TURN_SECONDS = 0.05


@dataclass
class Consumer:
    """The consumer thread's turns, on windows whose records finish and are committed as told."""

    records: int
    size_bytes: int
    partitions: int
    record_bytes: int
    now: float = 0.0
    paused: set[Window] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.windows = [make_window(partition) for partition in range(self.partitions)]
        self.pressure = Pressure(self.records, self.size_bytes)
        self.pressure.assigned(self.windows)
        self.backlog = dict.fromkeys(self.windows, 100_000)

    def turn(self, *, stopped: bool = False, awaits_answer: bool = False) -> Intake:
        self.now += TURN_SECONDS
        intake = self.pressure.decide(self.now, stopped=stopped, awaits_answer=awaits_answer)
        assert self.paused.isdisjoint(intake.pause), "what is paused is not paused again"
        self.paused |= set(intake.pause)
        assert self.paused.issuperset(intake.resume), "only what is paused is resumed"
        self.paused -= set(intake.resume)
        assert self.pressure.paused_partitions == len(self.paused)
        assert not (intake.poll and self.paused != set(self.windows)), "a poll for its own sake brings no record"
        self.take(intake.records or int(intake.serve))
        return intake

    def take(self, most_records: int) -> None:
        """The first partitions that are not paused give all they have: the least fair broker."""
        for window in self.windows:
            if window in self.paused:
                continue
            taken = min(most_records, self.backlog[window])
            most_records -= taken
            self.backlog[window] -= taken
            window.consumed_records += taken
            window.consumed_bytes += taken * self.record_bytes

    def commit(self, window: Window, share: float) -> None:
        """Some of what is in flight is finished and committed."""
        done = round(window.in_flight_records * share)
        window.finished_records += done
        window.committed_records += done
        window.committed_bytes += done * self.record_bytes

    @property
    def in_flight_records(self) -> int:
        return sum(window.in_flight_records for window in self.windows)


turns = st.tuples(
    st.booleans(), st.booleans(), st.integers(0, 3), st.sampled_from([0.0, 0.0, 0.0, 0.1, 0.5, 1.0]), st.integers(1, 60)
)
consumers = st.builds(
    Consumer,
    records=st.integers(1, 3000),
    size_bytes=st.integers(1000, 10**6),
    partitions=st.integers(1, 4),
    record_bytes=st.integers(0, 2000),
)


@settings(max_examples=60, deadline=None)
@given(consumers, st.lists(turns, max_size=40))
def test_what_is_in_flight_stays_within_its_limits(
    consumer: Consumer, given_turns: list[tuple[bool, bool, int, float, int]]
) -> None:
    limits = consumer.pressure.limits
    most_bytes = limits.size_bytes + 500 * consumer.record_bytes  # the burst that goes over is the last
    for stopped, awaits_answer, partition, share, times in given_turns:
        for _ in range(times):
            consumer.turn(stopped=stopped, awaits_answer=awaits_answer)
            assert consumer.in_flight_records <= limits.records
            assert sum(window.in_flight_bytes for window in consumer.windows) <= most_bytes
        consumer.commit(consumer.windows[partition % consumer.partitions], share)


@settings(max_examples=60, deadline=None)
@given(consumers, st.lists(turns, max_size=20))
def test_when_all_is_committed_every_partition_is_consumed_again(
    consumer: Consumer, given_turns: list[tuple[bool, bool, int, float, int]]
) -> None:
    for stopped, awaits_answer, partition, share, times in given_turns:
        for _ in range(times):
            consumer.turn(stopped=stopped, awaits_answer=awaits_answer)
        consumer.commit(consumer.windows[partition % consumer.partitions], share)
    for window in consumer.windows:
        consumer.commit(window, 1.0)
        consumer.backlog[window] = 0
    for _ in range(3):
        intake = consumer.turn()
    assert intake.records > 0
    assert consumer.paused == set()


@settings(max_examples=30, deadline=None)
@given(consumers)
def test_a_consumer_that_holds_polls_before_the_group_misses_it(consumer: Consumer) -> None:
    """Nothing is ever finished: the longest hold there is."""
    last_poll = consumer.now
    for _ in range(200):
        intake = consumer.turn()
        if intake.records or intake.poll or intake.serve:
            last_poll = consumer.now
        assert consumer.now - last_poll <= LONGEST_HOLD_SECONDS + TURN_SECONDS
