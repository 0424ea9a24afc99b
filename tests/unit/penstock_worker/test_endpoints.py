"""The model's addresses: which gets a request, which is left alone for a while."""

import pytest

from penstock_worker.core.endpoints import Endpoint, Endpoints


def endpoints(*addresses: str) -> Endpoints:
    found = Endpoints()
    found.resolved(addresses)
    return found


def test_the_least_busy_address_is_chosen() -> None:
    found = endpoints("a", "b", "c")
    for endpoint, in_flight in zip(found.all, (2, 1, 3), strict=True):
        endpoint.in_flight = in_flight
    assert chosen(found) == "b"


def test_equally_busy_addresses_take_turns() -> None:
    found = endpoints("a", "b", "c")
    assert {chosen(found) for _ in range(3)} == {"a", "b", "c"}


def chosen(found: Endpoints, now: float = 0.0, *, even_ejected: bool = False) -> str | None:
    endpoint = found.choose(now, even_ejected=even_ejected)
    return None if endpoint is None else endpoint.address


@pytest.mark.parametrize("addresses", [("a",), ("a", "b")])
def test_ejected_addresses_get_nothing_but_probes_until_their_time_is_over(addresses: tuple[str, ...]) -> None:
    found = endpoints(*addresses)
    for endpoint in found.all:
        endpoint.eject(10.0)
    assert chosen(found, 10.9) is None
    assert found.all_ejected(10.9)
    assert chosen(found, 10.9, even_ejected=True) is not None
    assert chosen(found, 11.0) is not None
    assert not found.all_ejected(11.0)


def test_one_ejected_address_leaves_the_others() -> None:
    found = endpoints("a", "b")
    found.all[0].eject(0.0)
    assert {chosen(found, 0.5) for _ in range(4)} == {"b"}
    assert not found.all_ejected(0.5)


def test_without_addresses_nothing_is_chosen_not_even_for_a_probe() -> None:
    found = Endpoints()
    assert found.choose(0.0, even_ejected=True) is None
    assert found.all_ejected(0.0)


def test_three_failures_of_distinct_records_in_a_row_eject_an_address() -> None:
    endpoint = Endpoint("a", in_flight=1)
    assert [endpoint.failed(0.0, call) for call in ("r1", "r2", "r3")] == [False, False, True]
    assert endpoint.ejected_until == 1.0


def test_as_many_failures_as_are_in_flight_are_needed() -> None:
    """With 8 on the wire, 3 bad records arrive before a good one could prove the address alive."""
    endpoint = Endpoint("a", in_flight=8)
    assert [endpoint.failed(0.0, n) for n in range(8)] == [False] * 7 + [True]


def test_the_same_record_failing_again_proves_nothing_new() -> None:
    endpoint = Endpoint("a")
    assert not any(endpoint.failed(0.0, "r1") for _ in range(10))


def test_an_answer_breaks_the_row_and_resets_the_time() -> None:
    endpoint = Endpoint("a")
    endpoint.eject(0.0)
    endpoint.eject(1.0)
    endpoint.failed(3.0, "r1")
    endpoint.failed(3.0, "r2")
    endpoint.answered()
    assert not endpoint.failed(3.0, "r1")
    assert not endpoint.failed(3.0, "r2")
    assert endpoint.failed(3.0, "r3")
    assert endpoint.ejected_until == 4.0


def test_ejections_double_from_1_to_30_seconds() -> None:
    endpoint, now, times = Endpoint("a"), 0.0, []
    for _ in range(7):
        endpoint.eject(now)
        times.append(endpoint.ejected_until - now)
        now = endpoint.ejected_until
    assert times == [1, 2, 4, 8, 16, 30, 30]


def test_several_refusals_at_the_same_moment_are_one_ejection() -> None:
    endpoint = Endpoint("a")
    for _ in range(5):
        endpoint.eject(0.5)
    assert endpoint.ejected_until == 1.5


def test_a_look_up_keeps_what_is_known_of_an_address_and_returns_those_that_are_gone() -> None:
    found = endpoints("a", "b")
    a, b = found.all
    a.eject(0.0)
    assert found.resolved(["c", "a", "c"]) == [b]
    assert [endpoint.address for endpoint in found.all] == ["c", "a"]
    assert found.all[1] is a
    assert (a.gone, b.gone) == (False, True)
