"""Numbers that the worker lives by stay within their bounds, whatever happens in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from penstock_worker.core.breaker import (
    FIRST_OPEN_SECONDS,
    LONGEST_OPEN_SECONDS,
    Breaker,
    BreakerState,
    Trouble,
)
from penstock_worker.core.concurrency import ConcurrencyLimit
from penstock_worker.core.delays import Delays
from penstock_worker.core.endpoints import LONGEST_EJECTION_SECONDS, Endpoints
from penstock_worker.core.histogram import Histogram
from penstock_worker.core.retries import LONGEST_BACKOFF_SECONDS, backoff_seconds
from penstock_worker.messages import Call
from support.builders import Source

fractions = st.floats(0, 1, exclude_max=True)
steps_seconds = st.floats(0, 100)


@given(st.integers(1, 200), st.floats(0.1, 600), st.lists(st.tuples(st.integers(0, 2), steps_seconds, fractions)))
def test_the_limit_stays_between_one_and_its_ceiling(
    ceiling: int, timeout_seconds: float, given_events: list[tuple[int, float, float]]
) -> None:
    limit, now = ConcurrencyLimit(ceiling, timeout_seconds), 0.0
    for event, step_seconds, fraction in given_events:
        now += step_seconds
        before, latency_seconds = limit.limit, fraction * timeout_seconds
        if event == 0:
            limit.succeeded(now, latency_seconds=latency_seconds, on_wire=limit.limit)
            assert limit.limit <= before + 1
        elif event == 1:
            limit.overloaded(now, latency_seconds=latency_seconds)
            assert limit.limit <= before
        else:
            limit.restart()
        assert 1 <= limit.limit <= ceiling


@given(st.integers(0, 10**9), fractions, st.none() | st.floats(allow_nan=False, allow_infinity=False))
def test_no_wait_is_negative_or_longer_than_30_seconds(
    earlier_waits: int, fraction: float, retry_after_seconds: float | None
) -> None:
    wait = backoff_seconds(earlier_waits, random_fraction=fraction, retry_after_seconds=retry_after_seconds)
    assert 0 <= wait <= LONGEST_BACKOFF_SECONDS


@given(
    st.lists(st.tuples(st.sampled_from(["fail", "done", "refused", "misconfigured", "ready", "probe"]), steps_seconds))
)
def test_the_breaker_always_comes_to_a_probe_and_its_clock_never_runs_back(events: list[tuple[str, float]]) -> None:
    breaker, now, clock = Breaker(), 0.0, 0.0
    breaker.start(now)
    for event, step_seconds in events:
        now += step_seconds
        match event:
            case "fail" if breaker.state is BreakerState.HALF_OPEN:
                breaker.probe_failed(now)
            case "fail":
                breaker.failed(now, in_flight=1)
            case "misconfigured":
                breaker.misconfigured(now)
            case "ready":
                breaker.ready(now)
            case "probe" if breaker.may_probe(now):
                breaker.probing()
            case _:
                breaker.definitive(now, done=event == "done")
                assert breaker.state is BreakerState.CLOSED
        assert clock <= breaker.closed_clock_seconds(now) <= now + 1e-6
        clock = breaker.closed_clock_seconds(now)
        assert (breaker.trouble is None) is (breaker.state is BreakerState.CLOSED)
        if breaker.state is BreakerState.OPEN:
            assert breaker.probe_at - now <= LONGEST_OPEN_SECONDS


@given(st.integers(1, 40))
def test_probes_are_never_closer_than_a_second_nor_further_than_half_a_minute(failures: int) -> None:
    breaker, now = Breaker(), 0.0
    breaker.open(now, Trouble.MODEL_DOWN)
    for _ in range(failures):
        assert FIRST_OPEN_SECONDS <= breaker.probe_at - now <= LONGEST_OPEN_SECONDS
        now = breaker.probe_at
        breaker.probing()
        breaker.probe_failed(now)


@given(st.lists(st.tuples(st.floats(0, 1000), st.booleans()), max_size=40))
def test_delays_give_back_every_call_once_and_in_time(given_calls: list[tuple[float, bool]]) -> None:
    delays, source, now = Delays(), Source(), 0.0
    waiting: dict[Call, float] = {}
    for due_at, looks in given_calls:
        call = source.record()
        delays.add(due_at, call)
        waiting[call] = due_at
        if looks:
            now = max(now, due_at)
            due = delays.take_due(now)
            assert [waiting[call] for call in due] == sorted(waiting[call] for call in due)
            assert all(waiting.pop(call) <= now for call in due)
        assert delays.next_at == min(waiting.values(), default=None)
        assert len(delays) == len(waiting)
    assert set(delays.take_all()) == set(waiting)


@given(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True),
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["fail", "answer", "refuse"]), st.floats(0, 20))),
)
def test_every_ejected_address_comes_back(addresses: list[str], events: list[tuple[int, str, float]]) -> None:
    endpoints, now = Endpoints(), 0.0
    endpoints.resolved(addresses)
    for which, event, step_seconds in events:
        now += step_seconds
        endpoint = endpoints.all[which % len(endpoints.all)]
        if event == "fail":
            endpoint.failed(now, object())
        elif event == "answer":
            endpoint.answered()
        else:
            endpoint.eject(now)
        chosen = endpoints.choose(now)
        assert (chosen is None) is endpoints.all_ejected(now)
        assert chosen is None or chosen.ejected_until <= now
        assert endpoints.choose(now + LONGEST_EJECTION_SECONDS) is not None
        assert endpoints.choose(now, even_ejected=True) is not None


@given(st.lists(st.integers(-(10**6), 10**9), max_size=50))
def test_a_histogram_counts_every_latency_below_its_bound(latencies_ms: list[int]) -> None:
    histogram = Histogram()
    for latency_ms in latencies_ms:
        histogram.observe(latency_ms)
    for bound, count in histogram.cumulative():
        assert count == sum(max(0, latency_ms) < float(bound) * 1000 for latency_ms in latencies_ms)
