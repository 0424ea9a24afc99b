"""The circuit breaker as a state machine of its own; what the predict stage does with it is in test_predict_breaker."""

import pytest

from penstock_worker.core.breaker import Breaker, BreakerState, Trouble


def opened(now: float = 0.0, trouble: Trouble = Trouble.MODEL_DOWN) -> Breaker:
    breaker = Breaker()
    breaker.start(now)
    breaker.open(now, trouble)
    return breaker


def test_it_starts_closed_and_knows_of_no_answer() -> None:
    breaker = Breaker()
    breaker.start(5.0)
    assert breaker.state is BreakerState.CLOSED
    assert breaker.trouble is None
    assert breaker.last_definitive_at is None
    assert not breaker.may_probe(5.0)


@pytest.mark.parametrize(("in_flight", "row"), [(1, 10), (10, 10), (64, 64)])
def test_the_row_that_opens_it_grows_with_what_is_in_flight(in_flight: int, row: int) -> None:
    breaker, troubles = Breaker(), []
    for _ in range(row):
        breaker.failed(0.0, in_flight=in_flight)
        troubles.append(breaker.trouble)
    assert troubles == [None] * (row - 1) + [Trouble.MODEL_DOWN]


@pytest.mark.parametrize("done", [True, False])
def test_a_definitive_answer_breaks_the_row(done: bool) -> None:
    breaker = Breaker()
    for _ in range(3):
        for _ in range(9):
            breaker.failed(0.0, in_flight=1)
        assert not breaker.definitive(1.0, done=done)
    assert breaker.state is BreakerState.CLOSED
    assert breaker.last_definitive_at == 1.0


def test_a_ready_model_breaks_the_row_too() -> None:
    breaker = Breaker()
    for _ in range(9):
        breaker.failed(0.0, in_flight=1)
    assert not breaker.ready(1.0)
    breaker.failed(2.0, in_flight=1)
    assert breaker.state is BreakerState.CLOSED


def test_probes_come_after_1_2_4_seconds_and_never_later_than_30() -> None:
    breaker, now, waits = opened(), 0.0, []
    for _ in range(7):
        waits.append(breaker.probe_at - now)
        now = breaker.probe_at
        assert not breaker.may_probe(now - 0.001)
        assert breaker.may_probe(now)
        breaker.probing()
        assert breaker.state is BreakerState.HALF_OPEN
        assert not breaker.may_probe(now)
        breaker.probe_failed(now)
    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_the_waits_begin_anew_when_it_opens_again() -> None:
    breaker = opened()
    breaker.probing()
    breaker.probe_failed(1.0)
    breaker.definitive(2.0, done=True)
    breaker.open(3.0, Trouble.MODEL_DOWN)
    assert breaker.probe_at == 4.0


def test_opening_what_is_open_changes_nothing() -> None:
    breaker = opened(trouble=Trouble.MODEL_MISCONFIGURED)
    breaker.open(0.9, Trouble.MODEL_DOWN)
    assert (breaker.trouble, breaker.probe_at) == (Trouble.MODEL_MISCONFIGURED, 1.0)


def test_a_vanished_probe_may_be_followed_at_once_and_costs_nothing() -> None:
    breaker = opened()
    breaker.probing()
    breaker.probe_vanished(1.0)
    assert breaker.may_probe(1.0)
    breaker.probing()
    breaker.probe_failed(1.0)
    assert breaker.probe_at == 3.0


def test_a_probe_that_ends_after_the_breaker_closed_is_not_a_probe_any_more() -> None:
    breaker = opened()
    breaker.probing()
    assert breaker.definitive(1.0, done=True)
    breaker.probe_failed(2.0)
    breaker.probe_vanished(2.0)
    assert breaker.state is BreakerState.CLOSED


def test_failures_while_it_is_open_count_for_nothing() -> None:
    breaker = opened()
    for _ in range(50):
        breaker.failed(0.5, in_flight=1)
    breaker.definitive(1.0, done=True)
    breaker.failed(1.0, in_flight=1)
    assert breaker.state is BreakerState.CLOSED


def test_the_closed_clock_stands_still_while_it_is_open() -> None:
    breaker = Breaker()
    breaker.start(100.0)
    assert breaker.closed_clock_seconds(107.0) == 7.0
    breaker.open(110.0, Trouble.MODEL_DOWN)
    assert breaker.closed_clock_seconds(500.0) == 10.0
    breaker.probing()
    assert breaker.closed_clock_seconds(600.0) == 10.0
    breaker.definitive(600.0, done=True)
    assert breaker.closed_clock_seconds(603.0) == 13.0


def test_the_first_misconfigured_answer_opens_it_while_nothing_ever_succeeded() -> None:
    breaker = Breaker()
    breaker.definitive(0.0, done=False)
    breaker.misconfigured(1.0)
    assert breaker.trouble is Trouble.MODEL_MISCONFIGURED


def test_after_a_success_it_takes_a_hundred_in_a_row() -> None:
    breaker = Breaker()
    breaker.definitive(0.0, done=True)
    for _ in range(99):
        breaker.misconfigured(1.0)
    assert breaker.state is BreakerState.CLOSED
    breaker.misconfigured(1.0)
    assert breaker.trouble is Trouble.MODEL_MISCONFIGURED


def test_any_other_answer_breaks_the_misconfigured_row() -> None:
    breaker = Breaker()
    breaker.definitive(0.0, done=True)
    for break_the_row in (lambda: breaker.definitive(1.0, done=False), lambda: breaker.failed(1.0, in_flight=64)):
        for _ in range(99):
            breaker.misconfigured(1.0)
        break_the_row()
    assert breaker.state is BreakerState.CLOSED


def test_readiness_closes_an_outage_and_never_a_misconfiguration() -> None:
    down, misconfigured = opened(), opened(trouble=Trouble.MODEL_MISCONFIGURED)
    assert down.ready(1.0)
    assert not misconfigured.ready(1.0)
    assert (down.state, misconfigured.state) == (BreakerState.CLOSED, BreakerState.OPEN)
    assert down.trouble is None
