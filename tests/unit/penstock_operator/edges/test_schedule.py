"""The work queue's schedule: who is due, who waits, who backs off."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from penstock_operator.reconcile.schedule import LONGEST_BACKOFF_SECONDS, Schedule


def test_a_key_is_taken_when_it_is_due_and_not_before() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add("a", 5.0)
    assert schedule.take(4.9) is None
    assert schedule.next_due() == 5.0
    assert schedule.take(5.0) == "a"
    assert schedule.next_due() is None


def test_the_earlier_of_two_due_times_counts() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add("a", 60.0)
    schedule.add("a", 1.0)
    schedule.add("a", 30.0)
    assert schedule.take(1.0) == "a"
    schedule.succeed("a")
    assert schedule.take(100.0) is None


def test_what_is_added_while_a_key_is_in_progress_comes_after_it() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add("a", 0.0)
    assert schedule.take(0.0) == "a"
    schedule.add("a", 0.0)
    schedule.add("a", 0.0)
    assert schedule.take(1.0) is None
    assert schedule.next_due() is None
    schedule.succeed("a")
    assert schedule.take(1.0) == "a"
    schedule.succeed("a")
    assert schedule.take(1.0) is None


def test_keys_that_are_due_at_once_come_in_the_order_in_which_they_were_added() -> None:
    schedule: Schedule[str] = Schedule()
    for key in "cab":
        schedule.add(key, 0.0)
    assert [schedule.take(0.0) for _ in range(4)] == ["c", "a", "b", None]


def test_a_failed_key_waits_for_its_own_backoff_whatever_is_added() -> None:
    schedule: Schedule[str] = Schedule()
    for key in "ab":
        schedule.add(key, 0.0)
        schedule.take(0.0)
    schedule.succeed("b")
    wait = schedule.fail("a", now=0.0, chance=0.0)
    schedule.add("a", 0.0)
    schedule.add("b", 0.0)
    assert schedule.take(wait / 2) == "b"
    assert schedule.take(wait / 2) is None
    assert schedule.take(wait) == "a"


def test_a_backoff_ends_where_the_cause_may_be_gone() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add("a", 0.0)
    schedule.take(0.0)
    schedule.fail("a", now=0.0, chance=0.0)
    schedule.end_backoff("a")
    schedule.add("a", 0.0)
    assert schedule.take(0.0) == "a"


def test_a_backoff_grows_is_bounded_and_begins_anew_after_a_success() -> None:
    schedule: Schedule[str] = Schedule()
    waits = [schedule.fail("a", now=0.0, chance=0.0) for _ in range(50)]
    assert waits == sorted(waits)
    assert waits[0] < 1.0
    assert waits[-1] == LONGEST_BACKOFF_SECONDS
    schedule.succeed("a")
    assert schedule.fail("a", now=0.0, chance=0.0) == waits[0]


def test_a_server_that_asks_for_time_gets_it() -> None:
    schedule: Schedule[str] = Schedule()
    assert schedule.fail("a", now=0.0, chance=0.9, at_least_seconds=90.0) == 90.0
    assert schedule.take(89.0) is None


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 30))
def test_chance_takes_at_most_half_of_a_backoff(chance: float, failures: int) -> None:
    exact: Schedule[str] = Schedule()
    shortened: Schedule[str] = Schedule()
    for _ in range(failures):
        longest, wait = exact.fail("a", 0.0, 0.0), shortened.fail("a", 0.0, chance)
    assert longest / 2 <= wait <= longest


def test_it_says_how_many_wait_and_how_long_the_oldest_runs() -> None:
    schedule: Schedule[str] = Schedule()
    for key in "abc":
        schedule.add(key, 0.0)
    schedule.add("d", 9.0)
    schedule.take(1.0)
    schedule.take(2.0)
    assert (schedule.waiting(3.0), schedule.in_progress) == (1, 2)
    assert schedule.longest_in_progress_seconds(5.0) == 4.0


KEYS = st.sampled_from("abcd")


class ScheduleAgainstModel(RuleBasedStateMachine):
    """Against a dictionary of due times that is searched from end to end."""

    def __init__(self) -> None:
        super().__init__()
        self.schedule: Schedule[str] = Schedule()
        self.now = 0.0
        self.due: dict[str, float] = {}
        self.running: set[str] = set()
        self.not_before: dict[str, float] = {}

    @rule(key=KEYS, delay=st.integers(0, 20))
    def add(self, key: str, delay: int) -> None:
        self.schedule.add(key, self.now + delay)
        due = max(self.now + delay, self.not_before.get(key, 0.0))
        self.due[key] = min(due, self.due.get(key, due))

    @rule(seconds=st.integers(1, 30))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def take(self) -> None:
        ready = {key: due for key, due in self.due.items() if due <= self.now and key not in self.running}
        taken = self.schedule.take(self.now)
        assert (taken is None) == (not ready)
        if taken is not None:
            assert ready[taken] == min(ready.values())
            del self.due[taken]
            self.running.add(taken)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def succeed(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.running)))
        self.schedule.succeed(key)
        self.running.remove(key)
        self.not_before.pop(key, None)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.running)))
        self.not_before[key] = self.now + self.schedule.fail(key, self.now, chance=0.0)
        self.due[key] = self.not_before[key]
        self.running.remove(key)

    @invariant()
    def next_due_is_when_something_can_be_taken(self) -> None:
        free = [due for key, due in self.due.items() if key not in self.running]
        assert self.schedule.next_due() == min(free, default=None)


TestScheduleAgainstModel = ScheduleAgainstModel.TestCase
