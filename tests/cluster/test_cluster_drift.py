"""What the operator made stays as it made it; what it did not make it leaves alone; and it may be gone meanwhile."""

import time
from typing import Any

import pytest

from cluster.connections import mutual, over_tls, secret_from
from cluster.figures import Figures
from cluster.kubectl import Kubectl
from cluster.operator_process import OperatorProcess
from cluster.scene import KIND, Scene
from support.waiting import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

REPAIR_SECONDS = 5

# Not Jobs: one that has ended and is deleted is in the status, and does not run again.
KINDS = {"configmap", "deployment", "service", "triggerauthentication", "scaledobject", "poddisruptionbudget"}

# Kind, name, an owned field that may be edited: its path and a value that is wrong.
EDITED: list[tuple[str, str, tuple[str, ...], Any]] = [
    ("deployment", "fraud-worker", ("spec", "progressDeadlineSeconds"), 7),
    ("deployment", "fraud-model", ("spec", "progressDeadlineSeconds"), 7),
    ("service", "fraud-model", ("metadata", "labels", "app.kubernetes.io/component"), "other"),
    ("scaledobject", "fraud-worker", ("spec", "maxReplicaCount"), 99),
    ("poddisruptionbudget", "fraud-worker", ("spec", "maxUnavailable"), 3),
]


@pytest.fixture
def settled(scene: Scene, namespace: Kubectl) -> Scene:
    """Ready, with a child of every kind that is made by default."""
    secrets = scene.broker.secrets_dir
    namespace.apply(*(secret_from(secrets / name) for name in ("kafka-ca", "user")))
    scene.apply({"model": {"placement": "Service"}, **over_tls(scene.broker, mutual("user"))})
    scene.wait_ready()
    return scene


def test_an_edited_child_is_repaired(settled: Scene, figures: Figures) -> None:
    slowest = 0.0
    authentication = next(child for child in settled.children() if child.startswith("triggerauthentication"))
    labelled = ("metadata", "labels", "app.kubernetes.io/component")
    for kind, name, path, wrong in [*EDITED, (*kind_and_name(authentication), labelled, "other")]:
        right = at(settled.kubectl.get(kind, name), path)
        settled.kubectl.patch(kind, name, nested(path, wrong))
        slowest = max(slowest, seconds_until_equal(settled, kind, name, path, right))
    figures.at_most("edited_child_repaired_seconds", slowest, REPAIR_SECONDS)


def test_a_deleted_child_comes_back(settled: Scene, figures: Figures) -> None:
    deletable = [child for child in settled.children() if kind_and_name(child)[0] in KINDS]
    assert {kind_and_name(child)[0] for child in deletable} == KINDS
    slowest = 0.0
    for child in deletable:
        settled.kubectl("delete", child)
        slowest = max(slowest, seconds_until_back(settled, child))
    figures.at_most("deleted_child_repaired_seconds", slowest, REPAIR_SECONDS)
    settled.wait_ready()


def test_what_others_add_under_their_own_manager_is_theirs(settled: Scene) -> None:
    settled.kubectl.patch("deployment", "fraud-worker", {"metadata": {"annotations": {"team": "payments"}}})
    settled.patch({"scaling": {"maxReplicas": 7}})
    wait_until(
        "the spec's change arrived",
        lambda: settled.kubectl.get("scaledobject", "fraud-worker")["spec"]["maxReplicaCount"] == 7,
        30,
    )
    assert settled.kubectl.get("deployment", "fraud-worker")["metadata"]["annotations"]["team"] == "payments"


def test_a_foreign_object_of_the_same_name_is_named_and_never_touched(scene: Scene) -> None:
    foreign = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "fraud-worker"},
        "spec": {"maxUnavailable": 5, "selector": {"matchLabels": {"app": "other"}}},
    }
    scene.kubectl.apply(foreign)
    before = scene.kubectl.get("poddisruptionbudget", "fraud-worker")
    scene.apply()
    scene.wait_condition("Ready", "False", "Conflict", saying="PodDisruptionBudget fraud-worker")
    assert scene.kubectl.get("poddisruptionbudget", "fraud-worker") == before
    scene.kubectl("delete", "poddisruptionbudget", "fraud-worker")
    scene.wait_ready()


def test_workers_go_on_while_the_operator_is_down_and_a_deletion_takes_everything(
    settled: Scene, operator: OperatorProcess
) -> None:
    operator.kill()
    settled.send(range(50))
    settled.wait_answered(range(50))
    settled.kubectl("delete", KIND, settled.name)
    settled.wait_no_children()


def test_an_operator_killed_at_any_moment_leaves_nothing_twice_and_nothing_out(
    scene: Scene, operator: OperatorProcess
) -> None:
    with scene.feed() as feed:
        scene.apply()
        for _ in range(4):
            time.sleep(0.7)
            operator.kill()
            operator.start()
        scene.wait_ready()
        first = scene.first_owed()
    scene.wait_answered(range(first, len(feed.sent)))
    jobs = [child for child in scene.children() if child.startswith("job")]
    assert len(jobs) == 1, jobs


def kind_and_name(child: str) -> tuple[str, str]:
    """Of `kind.group/name`."""
    kind, _, name = child.partition("/")
    return kind.partition(".")[0], name


def seconds_until_back(scene: Scene, child: str) -> float:
    started = time.monotonic()
    wait_until(f"{child} is back", lambda: child in scene.children(), 30)
    return time.monotonic() - started


def seconds_until_equal(scene: Scene, kind: str, name: str, path: tuple[str, ...], right: Any) -> float:
    started = time.monotonic()
    wait_until(f"{kind} {name} is repaired", lambda: at(scene.kubectl.get(kind, name), path) == right, 30)
    return time.monotonic() - started


def at(manifest: dict[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = manifest
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    change: Any = value
    for key in reversed(path):
        change = {key: change}
    return dict(change)
