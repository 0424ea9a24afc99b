"""From nothing to N and back, by lag alone."""

import time
from typing import Any

import pytest

from cluster.figures import Figures
from cluster.scene import PARTITIONS, Scene
from support.waiting import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

ROUNDS = 10
POLLING_SECONDS = 2
POD_START_SECONDS = 10
TO_ZERO: dict[str, Any] = {
    "minReplicas": 0,
    "maxReplicas": PARTITIONS,
    "lagThreshold": 10,
    "pollingIntervalSeconds": POLLING_SECONDS,
    "cooldownPeriodSeconds": 4,
    "behavior": {
        "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 50, "periodSeconds": 1}]},
        "scaleDown": {
            "stabilizationWindowSeconds": 0,
            "policies": [{"type": "Percent", "value": 100, "periodSeconds": 1}],
        },
    },
}


def test_it_scales_to_the_lag_and_back_to_zero_ten_times_in_a_row(scene: Scene, figures: Figures) -> None:
    slow = {"env": [{"name": "MODEL_DELAY_MILLISECONDS", "value": "2000"}]}
    scene.apply({"model": slow, "scaling": TO_ZERO, "delivery": {"concurrency": 4}})
    scene.wait_ready()
    first_answers = [answered_by_new_workers(scene, range(60 * number, 60 * number + 60)) for number in range(ROUNDS)]
    wait_until("no worker runs in the end", lambda: scene.replicas() == 0, 90, step_seconds=0.3)
    bound = 2 * POLLING_SECONDS + POD_START_SECONDS
    figures.at_most("scale_from_zero_to_first_output_seconds", max(first_answers), bound)


def answered_by_new_workers(scene: Scene, sent: range) -> float:
    """Seconds from the first record sent, with no worker running, to the first one answered."""
    wait_until("no worker runs", lambda: scene.replicas() == 0, 90, step_seconds=0.3)
    started = time.monotonic()
    scene.send(sent)
    wait_until("a first answer", lambda: not set(sent).isdisjoint(scene.answered()), 60, step_seconds=0.2)
    seconds = time.monotonic() - started
    wait_until("more than one worker is wanted", lambda: scene.replicas() > 1, 60, step_seconds=0.2)
    scene.wait_answered(sent, timeout_seconds=120)
    return seconds


def test_nothing_is_lost_while_it_scales_in_both_directions_under_load(scene: Scene) -> None:
    scaling = {**TO_ZERO, "minReplicas": 1}
    slow = {"env": [{"name": "MODEL_DELAY_MILLISECONDS", "value": "100"}]}
    scene.apply({"model": slow, "scaling": scaling, "delivery": {"concurrency": 4}})
    scene.wait_ready()
    with scene.feed(records_per_second=100) as feed:  # more than one worker's 40 a second
        wait_until("it scaled out", lambda: scene.replicas() > 1, 60, step_seconds=0.3)
        time.sleep(10)
    scene.wait_answered(feed.sent, timeout_seconds=180)
    wait_until("it scaled in", lambda: scene.replicas() == 1, 60, step_seconds=0.3)
    with scene.feed(records_per_second=20, first=1_000_000) as slower:
        time.sleep(3)
    scene.wait_answered(slower.sent)


def test_paused_means_that_no_worker_runs_until_it_no_longer_is(scene: Scene) -> None:
    scene.apply()
    scene.wait_ready()
    scene.patch({"paused": True})
    wait_until("no worker runs", lambda: scene.pods() == [], 90, step_seconds=0.3)
    scene.wait_condition("Ready", "True", "Paused")
    sent = scene.send(range(50))
    time.sleep(5)
    assert scene.pods() == []
    scene.patch({"paused": False})
    scene.wait_answered(range(len(sent)))


def test_a_fixed_number_and_lag_are_switched_both_ways_without_a_pause(scene: Scene) -> None:
    scene.apply()
    scene.wait_ready()
    with scene.feed() as feed:
        scene.patch({"scaling": {"mode": "Fixed", "replicas": 2}})
        wait_until("two workers run", lambda: scene.replicas() == 2, 60, step_seconds=0.3)
        assert scene.kubectl("get", "scaledobject", "--output=name") == ""
        scene.wait_ready()
        scene.patch({"scaling": {"mode": "Lag", "replicas": None}})
        scene.wait_condition("ScalerReady", "True")
        scene.wait_ready()
    scene.wait_answered(feed.sent)
