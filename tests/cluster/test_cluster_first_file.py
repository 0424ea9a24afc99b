"""The first file that a user writes, on defaults alone."""

import time

import pytest

from cluster.figures import Figures
from cluster.scene import KIND, Scene

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]


def test_the_first_file_answers_records_within_half_a_minute(scene: Scene, figures: Figures) -> None:
    with scene.feed(records_per_second=50) as feed:
        applied = time.monotonic()
        scene.apply()
        while not scene.answered():
            assert time.monotonic() - applied < 120, scene.status()
            time.sleep(0.2)
        figures.at_most("apply_to_first_output_seconds", time.monotonic() - applied, 30)
    scene.wait_ready()

    scene.wait_answered(range(scene.first_owed(), len(feed.sent)))


def test_what_kubectl_shows_is_readable(scene: Scene) -> None:
    scene.apply()
    scene.wait_ready()
    head, row = scene.kubectl("get", "mdep", scene.name).splitlines()
    assert head.split() == ["NAME", "READY", "REASON", "REPLICAS", "MODEL", "VERSION", "INPUT", "AGE"]
    columns = dict(zip(head.split(), row.split(), strict=True))
    assert (columns["READY"], columns["REPLICAS"], columns["INPUT"]) == ("True", "1", scene.topics["input"])
    wide = scene.kubectl("get", KIND, scene.name, "-o", "wide").splitlines()
    assert {"OUTPUT", "ERROR", "GROUP"} <= set(wide[0].split())


def test_deleting_it_deletes_what_it_made(scene: Scene) -> None:
    scene.apply()
    scene.wait_ready()
    assert len(scene.children()) >= 6
    scene.delete()
    scene.wait_no_children()
