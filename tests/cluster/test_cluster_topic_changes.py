"""Topics of a live deployment change."""

import pytest

from cluster.scene import PARTITIONS, Scene

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def test_all_three_topics_change_under_load(scene: Scene) -> None:
    """What was sent to the old topic before the change is answered; the new one is read from the change on."""
    old, new = dict(scene.topics), {role: f"{topic}.v2" for role, topic in scene.topics.items()}
    scene.broker.create_topic(new["input"], PARTITIONS)
    scene.apply()
    scene.wait_ready()
    revision = scene.status()["kafka"]["activeRevision"]
    with scene.feed() as before:
        scene.wait_answered(range(50))
    scene.wait_answered(before.sent)

    scene.patch({"kafka": {"topics": new}})
    scene.topics = new
    scene.wait_condition("KafkaReady", "True")
    assert scene.status()["kafka"]["activeRevision"] != revision
    with scene.feed(first=1_000_000) as after:
        scene.wait_ready()
    scene.wait_answered(after.sent, new["output"])
    assert set(scene.answered(old["output"])) == set(before.sent)
    assert "RevisionActivated" in scene.events()


def test_a_topic_that_is_missing_leaves_the_old_ones_in_use(scene: Scene) -> None:
    scene.apply()
    scene.wait_ready()
    scene.patch({"kafka": {"topics": {"input": "there-is-no-such-topic"}}})
    scene.wait_condition("KafkaReady", "False", "TopicMissing")
    scene.send(range(100))
    scene.wait_answered(range(100))
    scene.patch({"kafka": {"topics": {"input": scene.topics["input"]}}})
    scene.wait_ready()
