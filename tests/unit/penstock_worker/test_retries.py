"""Waits and budgets of retries."""

import pytest

from penstock_worker.core.retries import RetryBudget, backoff_seconds, parse_retry_after
from penstock_worker.messages import Attempts


@pytest.mark.parametrize(
    ("earlier_waits", "ceiling_seconds"), [(0, 0.1), (1, 0.2), (2, 0.4), (8, 25.6), (9, 30), (10, 30), (10_000, 30)]
)
def test_waits_double_from_100_ms_to_30_seconds(earlier_waits: int, ceiling_seconds: float) -> None:
    assert backoff_seconds(earlier_waits, random_fraction=1.0) == pytest.approx(ceiling_seconds)


def test_the_jitter_is_full() -> None:
    """From nothing to the whole wait, so that workers that failed together do not come back together."""
    assert backoff_seconds(3, random_fraction=0.0) == 0
    assert backoff_seconds(3, random_fraction=0.5) == pytest.approx(0.4)


@pytest.mark.parametrize(("asked", "waited"), [(0.0, 0.0), (12.0, 12.0), (30.0, 30.0), (31.0, 30.0), (-5.0, 0.0)])
def test_the_models_own_wish_comes_first_up_to_30_seconds(asked: float, waited: float) -> None:
    assert backoff_seconds(5, random_fraction=0.9, retry_after_seconds=asked) == waited


AT_SECONDS = 1_772_366_400.0  # Sun, 01 Mar 2026 12:00:00 GMT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"0", 0),
        (b"120", 120),
        (b"Sun, 01 Mar 2026 12:00:07 GMT", 7),
        (b"Sun, 01 Mar 2026 11:00:00 GMT", 0),
        (b"Sunday, 01-Mar-26 12:00:07 GMT", 7),
        (b"", None),
        (b"soon", None),
        (b"-5", None),
        (b"1.5", None),
        (b"\xff", None),
        (b"Sun, 99 Mar 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_may_be_seconds_or_a_date(value: bytes, seconds: float | None) -> None:
    assert parse_retry_after(value, AT_SECONDS) == seconds


def test_a_budget_is_spent_by_its_last_attempt() -> None:
    budget, attempts = RetryBudget(3, 300), Attempts()
    spent = [budget.failed(attempts, now, closed_clock_seconds=now) for now in (1.0, 2.0, 3.0)]
    assert spent == [False, False, True]
    assert attempts.failures == 3


def test_a_budget_is_spent_by_its_time_counted_from_the_first_failure() -> None:
    budget, attempts = RetryBudget(1000, 300), Attempts()
    assert not budget.failed(attempts, 1000, closed_clock_seconds=50)
    assert not budget.failed(attempts, 1299, closed_clock_seconds=349)
    assert budget.failed(attempts, 1300, closed_clock_seconds=350)
    assert attempts.failed_at == 1000


def test_time_counts_only_on_the_clock_that_stands_still_in_an_outage() -> None:
    budget, attempts = RetryBudget(1000, 300), Attempts()
    budget.failed(attempts, 0, closed_clock_seconds=0)
    assert not budget.failed(attempts, 86_400, closed_clock_seconds=10)
