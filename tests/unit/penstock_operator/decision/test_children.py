"""Children are kept as they should be; what is somebody else's is kept from us."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from penstock_operator.decision.ownership import Ownership, ownership_of
from penstock_operator.decision.plan import MANIFEST_HASH
from penstock_operator.observed import Apply, ChildKey, Delete
from support.custom_resources.documents import with_spec
from support.simulated.api_server import Object
from support.simulated.world import OPTIONS, World

EVERYTHING: dict[str, Any] = {
    "model": {"placement": "Service"},
    "kafka": {"tls": {"trust": "Secret", "ca": {"secretName": "ca", "key": "ca.crt"}}},
}
KINDS = [
    "ConfigMap",
    "Deployment",
    "Job",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "PodMonitor",
    "ScaledObject",
    "Service",
    "TriggerAuthentication",
]


def settled(spec: dict[str, Any] | None = None) -> World:
    world = World(with_spec(EVERYTHING if spec is None else spec), options=replace(OPTIONS, pod_monitor=True))
    world.settle(quiet_seconds=10)
    return world


def test_every_kind_of_child_is_there() -> None:
    assert sorted({key.kind for key in settled().api.objects}) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_label_that_was_taken_off_is_put_back(kind: str) -> None:
    world = settled()
    for key, _ in world.api.of_kind(kind):
        world.api.edit(key, lambda live: live["metadata"]["labels"].clear())
    world.touch()
    world.run(1)
    assert all(live["metadata"]["labels"] for _, live in world.api.of_kind(kind))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "Job"])
def test_a_child_that_was_deleted_is_made_again(kind: str) -> None:
    world = settled()
    keys = [key for key, _ in world.api.of_kind(kind)]
    for key in keys:
        world.api.delete(key)
    world.touch()
    world.settle(quiet_seconds=10)
    assert [key for key, _ in world.api.of_kind(kind)] == keys
    assert world.reason("Ready") == ("True", "Ready")


DRIFTS: dict[str, Callable[[Object], object]] = {
    "Deployment": lambda live: live["spec"]["template"]["spec"]["containers"][0].update(image="evil"),
    "Service": lambda live: live["spec"].update(ports=[]),
    "ScaledObject": lambda live: live["spec"].update(maxReplicaCount=1000),
    "TriggerAuthentication": lambda live: live["spec"]["secretTargetRef"][0].update(name="another"),
    "NetworkPolicy": lambda live: live["spec"].update(ingress=[{}]),
    "PodDisruptionBudget": lambda live: live["spec"].update(maxUnavailable=5),
    "PodMonitor": lambda live: live["spec"].update(podMetricsEndpoints=[]),
}


@pytest.mark.parametrize("kind", sorted(DRIFTS))
def test_a_field_that_was_edited_is_put_back(kind: str) -> None:
    world = settled()
    (key, live), *_ = world.api.of_kind(kind)
    before = str(live["spec"])
    world.api.edit(key, DRIFTS[kind])
    assert str(live["spec"]) != before
    world.touch()
    world.run(1)
    assert str(world.api.objects[key]["spec"]) == before


def test_what_others_add_is_theirs() -> None:
    world = settled()

    def add(live: Object) -> None:
        live["metadata"].setdefault("annotations", {})["tool"] = "was here"
        live["spec"]["template"]["spec"]["containers"].append({"name": "injected", "image": "proxy"})

    world.api.edit(world.worker_key, add)
    assert not world.one_pass().actions


def test_a_field_that_the_spec_asks_for_no_more_goes() -> None:
    world = settled({"worker": {"template": {"nodeSelector": {"disk": "fast"}}}})
    pod = world.api.objects[world.worker_key]["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"disk": "fast"}
    world.edit_spec({"worker": {"template": None}})
    world.settle(quiet_seconds=10)
    assert "nodeSelector" not in world.api.objects[world.worker_key]["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    ("key", "blocked"),
    [
        (ChildKey("Deployment", "fraud-worker"), {"ScaledObject"}),
        (ChildKey("PodDisruptionBudget", "fraud-worker"), set()),
        (ChildKey("ScaledObject", "fraud-worker"), set()),
    ],
)
def test_an_object_of_somebody_else_s_is_a_conflict_and_blocks_no_more_than_it_must(
    key: ChildKey, blocked: set[str]
) -> None:
    world = World(with_spec({}))
    world.plant(key)
    planted = str(world.api.objects[key]["spec"])
    world.run(30)
    assert world.reason("Ready") == ("False", "Conflict")
    assert str(key) in world.condition("Ready")["message"]
    assert world.reason("Reconciling") == ("True", "Conflict")
    assert planted in str(world.api.objects[key]["spec"]) or key.kind == "Deployment"
    kinds = {found.kind for found in world.api.objects}
    assert {"ConfigMap", "Job", "NetworkPolicy"} <= kinds
    assert not blocked & kinds
    world.clear()
    world.settle(quiet_seconds=10)
    assert world.reason("Ready") == ("True", "Ready")


def test_an_earlier_resource_s_child_is_awaited() -> None:
    world = World(with_spec({}))
    world.plant(ChildKey("PodDisruptionBudget", "fraud-worker"), "uid-of-an-earlier-one")
    world.run(30)
    assert world.reason("Ready") == ("False", "ChildTerminating")


def test_a_refusal_of_the_api_server_is_told_and_tried_again() -> None:
    world = World(with_spec({}))
    world.refused_kinds = {"Deployment"}
    world.run(30)
    assert world.reason("Ready") == ("False", "ChildRefused")
    assert "Deployment fraud-worker: exceeded quota" in world.condition("Ready")["message"]
    world.refused_kinds = set()
    world.run(90)
    assert world.reason("Ready") == ("True", "Ready")


def test_a_refusal_of_what_is_asked_for_no_more_is_forgotten() -> None:
    world = settled({})
    world.refused_kinds = {"Deployment"}
    world.edit_spec({"worker": {"logLevel": "Debug"}})
    world.run(5)
    assert world.reason("Ready") == ("False", "ChildRefused")
    world.edit_spec({"worker": {"logLevel": None}})
    world.settle(quiet_seconds=10)
    assert world.reason("Ready") == ("True", "Ready")


def test_a_model_s_own_pods_outlive_the_workers_that_call_them() -> None:
    world = settled()
    world.edit_spec({"model": {"placement": None}})
    gone_at = None
    for second in range(60):
        world.run(1)
        templates = {pod["template"] for pod in world.controllers.pods.values() if pod["owner"][1] == "fraud-worker"}
        if ChildKey("Deployment", "fraud-model") not in world.api.objects:
            gone_at = second
            assert len(templates) == 1
            break
        assert ChildKey("Service", "fraud-model") in world.api.objects
    assert gone_at is not None
    assert gone_at > 2


def test_settings_that_a_stuck_rollout_may_still_need_are_kept_but_not_without_end() -> None:
    world = settled({})
    world.knobs.broken_images.add("registry.example/broken:1")
    world.edit_spec({"model": {"image": "registry.example/broken:1"}})
    for timeout in range(10, 40):
        world.edit_spec({"delivery": {"timeoutSeconds": timeout}})
        world.run(3)
    assert len(world.api.of_kind("ConfigMap")) <= 2 + 10 + 2


def test_a_resource_that_is_being_deleted_is_left_to_the_garbage_collector() -> None:
    world = settled({})
    world.resource["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    world.api.delete(ChildKey("PodDisruptionBudget", "fraud-worker"))
    decision = world.one_pass()
    assert not decision.actions
    assert decision.status == world.status


def test_nothing_is_written_twice() -> None:
    world = settled()
    assert not world.one_pass().actions
    writes = world.writes
    world.run(600)
    assert world.writes == writes


def test_an_action_names_the_object_that_was_seen() -> None:
    world = settled({})
    live = world.api.objects[world.worker_key]
    live["metadata"]["annotations"][MANIFEST_HASH] = "another"
    world.edit_spec({"scaling": {"mode": "Fixed"}})
    decision = world.decide(world.observed(), world.options)
    (applied,) = [action for action in decision.actions if isinstance(action, Apply)]
    (deleted,) = [action for action in decision.actions if isinstance(action, Delete)]
    assert applied.uid == live["metadata"]["uid"]
    assert deleted.uid == world.api.objects[world.scaler_key]["metadata"]["uid"]


def controlled(**reference: Any) -> Object:
    whole = {
        "apiVersion": "serving.penstock.dev/v1alpha1",
        "kind": "ModelDeployment",
        "name": "fraud",
        "uid": "now",
        "controller": True,
    }
    return {"metadata": {"ownerReferences": [whole | reference]}}


@pytest.mark.parametrize(
    ("child", "whose"),
    [
        (controlled(), Ownership.OURS),
        (controlled(apiVersion="serving.penstock.dev/v1"), Ownership.OURS),
        (controlled(uid="before"), Ownership.PREDECESSORS),
        (controlled(controller=False), Ownership.FOREIGN),
        (controlled(name="another"), Ownership.FOREIGN),
        (controlled(kind="Deployment"), Ownership.FOREIGN),
        (controlled(apiVersion="apps/v1"), Ownership.FOREIGN),
        ({"metadata": {}}, Ownership.FOREIGN),
        ({"metadata": {"labels": {"app.kubernetes.io/managed-by": "penstock"}}}, Ownership.FOREIGN),
    ],
)
def test_a_controller_of_this_uid_alone_makes_an_object_ours(child: Object, whose: Ownership) -> None:
    assert ownership_of(child, name="fraud", uid="now") is whose
