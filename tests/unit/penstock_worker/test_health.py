"""When a worker is alive and ready: fails only on what a restart mends."""

from dataclasses import replace

import pytest

from penstock_worker.health import Observation, why_not_alive, why_not_ready

WELL = Observation(
    since_poll_seconds=0.05,
    loop_lag_seconds=0.0,
    oldest_on_wire_seconds=0.0,
    timeout_seconds=30,
    joined_group=True,
    model_accepted=True,
)


def test_a_worker_at_work_is_alive_and_ready() -> None:
    assert why_not_alive(WELL) is None
    assert why_not_ready(WELL) is None


@pytest.mark.parametrize(
    ("at_the_limit", "beyond", "says"),
    [
        (
            replace(WELL, since_poll_seconds=60),
            replace(WELL, since_poll_seconds=61),
            "last consumer poll 61 s ago",
        ),
        (replace(WELL, loop_lag_seconds=30), replace(WELL, loop_lag_seconds=31), "event loop 31 s late"),
        (
            replace(WELL, oldest_on_wire_seconds=90),
            replace(WELL, oldest_on_wire_seconds=91),
            "a request is on the wire for 91 s",
        ),
    ],
)
def test_alive_up_to_the_limit_and_not_beyond(at_the_limit: Observation, beyond: Observation, says: str) -> None:
    assert why_not_alive(at_the_limit) is None
    assert why_not_alive(beyond) == says


def test_a_long_model_timeout_prolongs_what_a_request_may_take() -> None:
    assert why_not_alive(replace(WELL, timeout_seconds=600, oldest_on_wire_seconds=659)) is None


def test_not_ready_before_the_group_is_joined_and_before_the_model_accepted_a_connection() -> None:
    assert why_not_ready(replace(WELL, joined_group=False)) == "not in the consumer group yet"
    assert why_not_ready(replace(WELL, model_accepted=False)) == "the model has not accepted a connection yet"


def test_waiting_for_a_model_is_no_reason_to_be_restarted() -> None:
    assert why_not_alive(replace(WELL, joined_group=False, model_accepted=False)) is None
