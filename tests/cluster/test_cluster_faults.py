"""What goes wrong ends in a condition that names it, and heals by itself when its cause is gone."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from cluster.figures import Figures
from cluster.scene import Scene

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

SOON_SECONDS = 60


def variable(name: str, value: str) -> dict[str, Any]:
    return {"env": [{"name": name, "value": value}]}


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ({"image": "localhost/there-is-no-such-image:1"}, "ImagePullBackOff"),
        ({"image": "{model_as_root}"}, "ModelImageRunsAsRoot"),
        (variable("MODEL_LISTEN_AFTER_SECONDS", "-1"), "ModelNotListening"),
        (variable("MODEL_CRASH_AFTER_SECONDS", "0"), "CrashLooping"),
    ],
    ids=["missing", "root", "never-listens", "crashes"],
)
def test_a_broken_model_is_named(scene: Scene, figures: Figures, model: Mapping[str, Any], reason: str) -> None:
    broken = {**model, "startupTimeoutSeconds": 30}
    if "image" in broken:
        broken["image"] = broken["image"].format(model_as_root=scene.images.model_as_root)
    scene.apply({"model": broken})
    seconds = scene.wait_condition("WorkersReady", "False", reason, timeout_seconds=SOON_SECONDS)
    figures.at_most(f"broken_model_{reason}_seconds", seconds, SOON_SECONDS)
    assert scene.condition("Ready")["status"] == "False"
    assert len(scene.condition("WorkersReady")["message"]) > 20


def test_a_root_image_runs_with_the_user_that_its_message_asks_for(scene: Scene) -> None:
    scene.apply({"model": {"image": scene.images.model_as_root}})
    scene.wait_condition("WorkersReady", "False", "ModelImageRunsAsRoot")
    assert "runAsUser" in scene.condition("WorkersReady")["message"]
    scene.patch({"model": {"securityContext": {"runAsUser": 1000}}})
    scene.wait_ready()


def test_a_broken_new_image_does_not_stop_the_old_one(scene: Scene, figures: Figures) -> None:
    scene.apply()
    scene.wait_ready()
    with scene.feed() as feed:
        scene.patch({"model": {"image": "localhost/there-is-no-such-image:2"}})
        seconds = scene.wait_condition("WorkersReady", "False", "ImagePullBackOff", timeout_seconds=SOON_SECONDS)
        sent_so_far = len(feed.sent)
        scene.wait_answered(range(sent_so_far))
    figures.at_most("broken_new_image_to_condition_seconds", seconds, SOON_SECONDS)
    scene.wait_answered(feed.sent)
    scene.patch({"model": {"image": scene.images.model}})
    scene.wait_ready()


def test_a_model_that_is_down_is_told_and_so_is_its_return(scene: Scene, figures: Figures) -> None:
    scene.apply()
    scene.wait_ready()
    pod = scene.pods()[0]["metadata"]["name"]
    with scene.feed() as feed:
        scene.kubectl("exec", pod, "-c", "model", "--", "touch", "/tmp/down")
        down = scene.wait_condition("ModelReady", "False", "ModelDown", timeout_seconds=2 * SOON_SECONDS)
        scene.kubectl("exec", pod, "-c", "model", "--", "rm", "/tmp/down")
        back = scene.wait_condition("ModelReady", "True", timeout_seconds=2 * SOON_SECONDS)
    scene.wait_answered(feed.sent)
    assert scene.broker.read_all(scene.topics["error"]) == []
    figures.at_most("model_down_to_condition_seconds", down, SOON_SECONDS)
    figures.at_most("model_back_to_condition_seconds", back, SOON_SECONDS + 5)


def test_kafka_goes_down_and_comes_back(scene: Scene) -> None:
    scene.apply()
    scene.wait_ready()
    sent = scene.send(range(100))
    scene.broker.kill_broker(1)
    time.sleep(10)
    scene.broker.start_broker(1)
    scene.broker.wait_ready()
    scene.send(range(100, 200))
    scene.wait_answered(range(len(sent) + 100))
    scene.wait_ready()


def test_a_deployment_applied_while_kafka_is_down_starts_when_it_is_back(scene: Scene) -> None:
    scene.broker.kill_broker(1)
    try:
        scene.apply()
        scene.wait_condition("KafkaReady", "False", "BrokersUnreachable")
    finally:
        scene.broker.start_broker(1)
        scene.broker.wait_ready()
    scene.wait_ready(timeout_seconds=150)
    scene.send(range(10))
    scene.wait_answered(range(10))
