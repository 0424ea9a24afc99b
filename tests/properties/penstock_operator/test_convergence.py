"""From any sequence of edits, accidents and outages the operator comes to rest, and it rests where the spec asks.

`World` checks every pass: nothing foreign written, replicas through `/scale` alone, no worker on settings whose
pre-flight has not passed, nothing deleted that is mounted or active, conditions as the API has them.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock_operator.observed import ChildKey
from penstock_operator.reasons import WorkerReason
from support.custom_resources.documents import Document, first_document
from support.custom_resources.strategies import valid_documents
from support.simulated.world import World

BROKEN = "registry.example/broken:1"

Step = Callable[[World], object]

NAMES = [
    ChildKey("Deployment", "fraud-worker"),
    ChildKey("Deployment", "fraud-model"),
    ChildKey("ScaledObject", "fraud-worker"),
    ChildKey("PodDisruptionBudget", "fraud-worker"),
]

HERE = {"placement": None, "url": None, "version": None, "replicas": None}

SPECS: list[dict[str, Any]] = [
    {"kafka": {"topics": {"output": "elsewhere"}}},
    {"kafka": {"topics": {"output": "transactions.scored"}}},
    {"kafka": {"topics": {"input": "payments"}, "consumerGroup": "another"}},
    {"kafka": {"tls": {"trust": "Secret", "ca": {"secretName": "ca", "key": "ca.crt"}}}},
    {"kafka": {"tls": None}},
    {"model": {**HERE, "image": "registry.example/fraud:2"}},
    {"model": {**HERE, "image": BROKEN}},
    {"model": {**HERE, "image": "registry.example/fraud:1", "placement": "Service", "replicas": 2}},
    {"model": {**HERE, "image": None, "url": "http://model:8080", "version": "1", "template": None}},
    {"worker": {"template": {"nodeSelector": {"disk": "fast"}}}},
    {"worker": {"template": None}},
    {"worker": {"logLevel": "Debug"}},
    {"scaling": {"mode": "Fixed", "replicas": 2, "minReplicas": None}},
    {"scaling": {"mode": "Fixed", "replicas": 0, "minReplicas": None}},
    {"scaling": {"mode": None, "replicas": None, "minReplicas": 0}},
    {"scaling": {"mode": None, "replicas": None, "minReplicas": 3}},
    {"paused": True},
    {"paused": None},
]


def edit(patch: dict[str, Any]) -> Step:
    return lambda world: world.edit_spec(patch)


def plant(key: ChildKey, owner_uid: str | None) -> Step:
    def step(world: World) -> None:
        if key not in world.api.objects:
            world.plant(key, owner_uid)

    return step


def upgrade(image: str, allowed: bool) -> Step:
    def step(world: World) -> None:
        world.options = replace(world.options, worker_image=image)
        world.upgrade_allowed = allowed
        world.touch()

    return step


def refuse(*kinds: str) -> Step:
    def step(world: World) -> None:
        world.refused_kinds = set(kinds)

    return step


def delete_child(place: int) -> Step:
    def step(world: World) -> None:
        keys = sorted(world.api.objects)
        if keys:
            world.api.delete(keys[place % len(keys)])
            world.touch()

    return step


def edit_child(place: int) -> Step:
    """A label taken off, and a field of its spec overwritten where that may change."""

    def change(live: dict[str, Any]) -> None:
        live["metadata"]["labels"].pop("app.kubernetes.io/component", None)
        if live["kind"] == "Deployment":
            live["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/by-hand:1"
        if live["kind"] == "ScaledObject":
            live["spec"]["maxReplicaCount"] = 77

    def step(world: World) -> None:
        keys = sorted(world.api.applied)
        if keys:
            world.api.edit(keys[place % len(keys)], change)
            world.touch()

    return step


def set_knob(**knobs: Any) -> Step:
    def step(world: World) -> None:
        for name, value in knobs.items():
            setattr(world.knobs, name, value)
        world.touch()

    return step


def set_keda(present: bool | None) -> Step:
    def step(world: World) -> None:
        world.keda_present = present
        world.knobs.keda_runs = bool(present)
        if present is False:
            world.controllers.uninstall_keda()
        world.touch()

    return step


def kill(after_actions: int) -> Step:
    return lambda world: setattr(world, "dies_after", after_actions)


def lose_status(world: World) -> None:
    world.resource.pop("status", None)
    world.touch()


def pass_time(seconds: int) -> Step:
    return lambda world: world.run(seconds)


def steps() -> st.SearchStrategy[Step]:
    """Named by what they are made of, so that a failing example can be read."""
    return st.one_of(
        st.builds(edit, st.sampled_from(SPECS)),
        st.builds(delete_child, st.integers(0, 20)),
        st.builds(edit_child, st.integers(0, 20)),
        st.builds(pass_time, st.sampled_from([1, 2, 3, 5, 8, 30, 100])),
        st.builds(plant, st.sampled_from(NAMES), st.sampled_from([None, "uid-of-an-earlier-one"])),
        st.builds(upgrade, st.sampled_from(["registry.example/worker:1", "registry.example/worker:2"]), st.booleans()),
        st.sampled_from([refuse(), refuse("Deployment"), refuse("ScaledObject", "Job"), refuse("ConfigMap")]),
        st.builds(kill, st.integers(0, 6)),
        st.builds(set_keda, st.sampled_from([True, False, None])),
        st.sampled_from(
            [
                set_knob(preflight=WorkerReason.BROKERS_UNREACHABLE),
                set_knob(preflight=WorkerReason.GROUP_IN_USE),
                set_knob(preflight=None),
                set_knob(needs_secret=True, secret_exists=False),
                set_knob(secret_exists=True),
                set_knob(jobs_run=False),
                set_knob(jobs_run=True),
                set_knob(keda_runs=False),
                set_knob(backlog=9000),
                set_knob(backlog=0),
                lose_status,
            ]
        ),
    )


def heal(world: World) -> None:
    """Whatever stood in the way is gone; a broken image is replaced."""
    set_knob(preflight=None, secret_exists=True, keda_runs=True, jobs_run=True)(world)
    set_keda(True)(world)
    world.clear()
    world.refused_kinds = set()
    world.upgrade_allowed = True
    if world.resource["spec"]["model"].get("image") == BROKEN:
        world.edit_spec({"model": {"image": "registry.example/fraud:3"}})
    world.touch()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(taken=st.lists(steps(), max_size=12))
def test_it_comes_to_rest_where_the_spec_asks_from_any_history(taken: list[Step]) -> None:
    world = World(first_document())
    world.knobs.broken_images = {BROKEN}
    for step in taken:
        step(world)
    heal(world)
    world.settle()
    assert_as_wanted(world)
    assert_at_rest(world)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(first=valid_documents(), second=valid_documents(), seconds=st.integers(0, 30))
def test_from_any_spec_to_any_other(first: Document, second: Document, seconds: int) -> None:
    world = World(first)
    world.run(seconds)
    world.resource["spec"] = second["spec"]
    world.resource["metadata"]["generation"] += 1
    world.touch()
    world.settle()
    assert world.reason("Ready") == ("True", "Ready")
    assert world.condition("Ready")["observedGeneration"] == 2
    assert_at_rest(world)


def assert_as_wanted(world: World) -> None:
    ready = world.condition("Ready")
    assert ready["status"] == "True", ready
    assert ready["observedGeneration"] == world.resource["metadata"]["generation"]
    assert world.condition("Reconciling")["status"] == "False"
    assert world.condition("Stalled")["status"] == "False"
    spec = world.resource["spec"]
    has_service = spec["model"].get("placement") == "Service"
    assert (ChildKey("Deployment", "fraud-model") in world.api.objects) == has_service
    assert (ChildKey("Service", "fraud-model") in world.api.objects) == has_service
    is_fixed = spec.get("scaling", {}).get("mode") == "Fixed"
    assert (world.scaler_key in world.api.objects) == (not is_fixed and world.worker_key in world.api.objects)
    if spec.get("paused"):
        assert world.worker_key not in world.api.objects or world.replicas() == 0
    elif not is_fixed:
        scaled = world.api.objects[world.scaler_key]["spec"]
        assert scaled["minReplicaCount"] == spec.get("scaling", {}).get("minReplicas", 1)
        assert scaled["minReplicaCount"] <= world.replicas() <= scaled["maxReplicaCount"]
    else:
        assert world.replicas() == spec["scaling"]["replicas"]
    kinds = [key.kind for key in world.api.objects]
    assert kinds.count("ConfigMap") == 2, sorted(world.api.objects)
    assert kinds.count("TriggerAuthentication") <= 1
    assert kinds.count("Job") <= 2


def assert_at_rest(world: World) -> None:
    """Another look changes nothing, be it by an operator that was just started and knows nothing of KEDA yet."""
    world.keda_present = None
    decision = world.one_pass()
    assert not decision.actions
    assert decision.status == world.status
