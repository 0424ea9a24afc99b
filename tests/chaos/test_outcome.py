"""A scenario passes only if its figures do, and only if its fault met records in flight."""

from dataclasses import replace

import pytest

from chaos.ledger import Verdict
from chaos.outcome import MUST_BE_ZERO, Fault, Outcome, problems_of

CLEAN = Verdict(acknowledged=100, delivered=100)
HIT = [Fault("SIGKILL", 7)]


def problems(
    verdict: Verdict = CLEAN, faults: list[Fault] = HIT, recovery_seconds: tuple[float, ...] = ()
) -> list[str]:
    return problems_of(
        verdict,
        faults,
        wanted_records=100,
        duplicates_at_most=10,
        recovery_seconds=recovery_seconds,
        recovery_at_most_seconds=20,
    )


def test_a_clean_verdict_passes() -> None:
    assert problems(replace(CLEAN, duplicated=10), recovery_seconds=(20.0,)) == []


@pytest.mark.parametrize("count", MUST_BE_ZERO)
def test_one_record_is_enough_to_fail(count: str) -> None:
    assert len(problems(replace(CLEAN, **{count: 1}))) == 1  # type: ignore[arg-type]


def test_more_duplicates_than_may_be_in_flight_fail() -> None:
    assert problems(replace(CLEAN, duplicated=11)) == ["duplicated 11, at most 10"]


@pytest.mark.parametrize("faults", [[], [Fault("SIGKILL", 0)], [Fault("SIGKILL after a start", None)]])
def test_a_fault_that_hit_nothing_proves_nothing(faults: list[Fault]) -> None:
    assert problems(faults=faults) == ["no fault met a record in flight"]


def test_input_that_was_never_acknowledged_fails() -> None:
    assert problems(replace(CLEAN, acknowledged=99)) == ["only 99 of 100 input records were acknowledged"]


def test_a_slow_return_fails() -> None:
    assert problems(recovery_seconds=(3.0, 20.1)) == ["the first record took 20.1 s after a restart"]


def test_in_flight_at_fault_is_the_fewest_that_an_aimed_fault_hit() -> None:
    faults = [Fault("SIGKILL", 9), Fault("after a start", None), Fault("SIGKILL", 4)]
    outcome = Outcome("name", 1.0, CLEAN, faults, 3, 0, ())
    assert outcome.in_flight_at_fault == 4
    assert outcome.as_json()["in_flight_at_fault"] == 4
