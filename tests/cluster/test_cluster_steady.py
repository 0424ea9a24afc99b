"""A load that one worker bears is left to one worker."""

import os
import time

import pytest

from cluster.scene import Scene

STEADY_SECONDS = int(os.environ.get("CLUSTER_STEADY_SECONDS", "60"))
"""`CLUSTER_STEADY_SECONDS=600` is the whole proof: two cooldowns of the defaults."""

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240 + STEADY_SECONDS)]

MODEL_DELAY_MILLISECONDS = 200
RECORDS_PER_SECOND = 160  # half of what 64 requests at once, the default, get from such a model


def test_half_of_a_worker_s_capacity_keeps_one_worker(scene: Scene) -> None:
    scene.apply({"model": {"env": [{"name": "MODEL_DELAY_MILLISECONDS", "value": str(MODEL_DELAY_MILLISECONDS)}]}})
    scene.wait_ready()
    seen = set()
    with scene.feed(records_per_second=RECORDS_PER_SECOND) as feed:
        ends_at = time.monotonic() + STEADY_SECONDS
        while time.monotonic() < ends_at:
            seen.add(scene.replicas())
            time.sleep(1)
    scene.wait_answered(feed.sent)
    assert seen == {1}
    assert len(feed.sent) > 0.8 * RECORDS_PER_SECOND * STEADY_SECONDS
