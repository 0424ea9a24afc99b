"""How many requests may be on the wire; what that does to models of a known capacity is in test_serial_model."""

import pytest

from penstock_worker.core.concurrency import ConcurrencyLimit


def at(limit: int, *, ceiling: int = 64, timeout_seconds: float = 10) -> ConcurrencyLimit:
    """A limit that has left its slow start."""
    return ConcurrencyLimit(ceiling, timeout_seconds, limit, float(limit), False)


def succeed(
    limit: ConcurrencyLimit, times: int = 1, *, latency_seconds: float = 0.1, on_wire: int | None = None
) -> int:
    for _ in range(times):
        limit.succeeded(0.0, latency_seconds=latency_seconds, on_wire=limit.limit if on_wire is None else on_wire)
    return limit.limit


def test_it_starts_with_one_request_and_doubles_with_each_round() -> None:
    limit = ConcurrencyLimit(64, 10)
    sizes = [limit.limit]
    for _ in range(6):
        sizes.append(succeed(limit, limit.limit))
    assert sizes == [1, 2, 4, 8, 16, 32, 64]


def test_after_an_overload_it_grows_by_one_with_each_round() -> None:
    limit = at(8)
    assert succeed(limit, 8) == 8
    assert succeed(limit, 1) == 9


def test_it_never_exceeds_its_ceiling() -> None:
    limit = ConcurrencyLimit(5, 10)
    assert succeed(limit, 1000) == 5


def test_it_grows_only_when_it_is_in_use() -> None:
    limit = at(8)
    assert succeed(limit, 100, on_wire=7) == 8


@pytest.mark.parametrize(("latency_seconds", "sizes"), [(2.4, 9), (2.6, 8), (5.0, 8), (5.1, 7)])
def test_slow_answers_stop_it_from_growing_and_then_shrink_it(latency_seconds: float, sizes: int) -> None:
    """Above a quarter and above half of the timeout, before anything times out."""
    limit = at(8)
    assert succeed(limit, 9, latency_seconds=latency_seconds) == sizes


def test_an_overload_halves_it() -> None:
    limit = at(8)
    limit.overloaded(0.0, latency_seconds=10)
    assert limit.limit == 4


def test_it_never_falls_below_one() -> None:
    limit = at(2)
    for now in range(0, 1000, 20):
        limit.overloaded(float(now), latency_seconds=10)
    assert limit.limit == 1


def test_one_overload_shrinks_it_once_however_many_requests_tell_of_it() -> None:
    limit = at(64)
    for _ in range(64):
        limit.overloaded(100.0, latency_seconds=10)
    limit.overloaded(109.9, latency_seconds=10)
    assert limit.limit == 32
    limit.overloaded(110.0, latency_seconds=10)
    assert limit.limit == 16


def test_an_overload_ends_the_slow_start_and_a_restart_begins_it_anew() -> None:
    limit = ConcurrencyLimit(64, 10, 8, 8.0)
    limit.overloaded(0.0, latency_seconds=10)
    assert succeed(limit, 4) == 4
    limit.restart()
    assert limit.limit == 1
    assert succeed(limit, 3) == 4
