"""Who says how many workers there are, and what happens in between."""

from dataclasses import replace
from typing import Any

import pytest

from penstock_operator.api.scaling import Scaling
from penstock_operator.decision.replicas import wanted_replicas
from penstock_operator.observed import ChildKey, Scale, Upgrade, WorkerReport
from penstock_operator.render.scaled_object import PAUSED_REPLICAS
from support.custom_resources.documents import first_document, with_spec
from support.simulated.world import World


def settled(spec: dict[str, Any] | None = None) -> World:
    world = World(with_spec(spec or {}))
    world.settle(quiet_seconds=10)
    return world


def wanted(scaling: Scaling, current: int, *, keda_present: bool | None) -> int:
    return wanted_replicas(
        scaling, current, paused=False, coming_up=False, scaler_there=False, keda_present=keda_present
    )


def scaling(**given: Any) -> Scaling:
    return Scaling.model_validate(given)


def test_workers_are_made_as_many_as_are_the_fewest() -> None:
    world = World(with_spec({"scaling": {"minReplicas": 3}}))
    world.knobs.keda_runs = False  # which would come to it as well, at its next poll
    world.run(10)
    assert world.replicas() == 3


def test_fixed_replicas_are_put_back_when_somebody_changes_them() -> None:
    world = settled({"scaling": {"mode": "Fixed", "replicas": 2}})
    assert world.replicas() == 2
    world.api.scale(world.worker_key, 7)
    world.settle(quiet_seconds=10)
    assert world.replicas() == 2
    assert world.reason("ScalerReady") == ("True", "FixedReplicas")


def test_what_keda_wrote_is_never_changed() -> None:
    world = settled()
    world.knobs.backlog = 9000
    world.settle(quiet_seconds=10)
    assert world.replicas() == 5
    assert not any(isinstance(action, Scale) for action in world.one_pass().actions)


def test_from_lag_to_fixed_replicas_wait_until_the_scaled_object_is_gone() -> None:
    world = settled()
    world.knobs.keda_runs = False
    world.edit_spec({"scaling": {"mode": "Fixed", "replicas": 4}})
    world.run(20)
    assert world.replicas() == 1
    assert world.reason("ScalerReady") == ("Unknown", "ChildTerminating")
    world.knobs.keda_runs = True
    world.run(10)
    assert world.replicas() == 4
    assert world.scaler_key not in world.api.objects


def test_a_scaled_object_that_does_not_go_within_thirty_seconds_is_told() -> None:
    world = settled()
    world.knobs.keda_runs = False
    world.edit_spec({"scaling": {"mode": "Fixed", "replicas": 4}})
    world.run(35)
    assert world.reason("ScalerReady") == ("False", "ScalerStuck")


def test_from_fixed_to_lag_replicas_are_keda_s() -> None:
    world = settled({"scaling": {"mode": "Fixed", "replicas": 4}})
    world.edit_spec({"scaling": {"mode": None, "replicas": None}})
    decision = world.one_pass()
    assert not any(isinstance(action, Scale) for action in decision.actions)
    assert world.scaler_key in world.api.objects


def test_paused_means_no_worker_whoever_scales() -> None:
    world = settled()
    world.edit_spec({"paused": True})
    world.settle(quiet_seconds=10)
    assert world.replicas() == 0
    assert world.reason("Ready") == ("True", "Paused")
    assert world.api.objects[world.scaler_key]["metadata"]["annotations"][PAUSED_REPLICAS] == "0"
    world.knobs.keda_runs = False
    world.api.scale(world.worker_key, 2)
    world.run(2)
    assert world.replicas() == 0


def test_a_resource_that_is_made_paused_starts_no_worker() -> None:
    world = settled({"paused": True})
    assert world.worker_key not in world.api.objects
    assert world.reason("Ready") == ("True", "Paused")
    world.edit_spec({"paused": None})
    world.settle(quiet_seconds=10)
    assert world.reason("Ready") == ("True", "Ready")


def test_paused_again_goes_on_where_it_was() -> None:
    world = settled({"paused": True})
    world.edit_spec({"paused": None})
    world.settle(quiet_seconds=10)
    assert world.replicas() == 1
    assert PAUSED_REPLICAS not in world.api.objects[world.scaler_key]["metadata"]["annotations"]


def test_a_model_of_its_own_goes_on_while_workers_are_paused() -> None:
    world = settled({"model": {"placement": "Service", "replicas": 2}, "paused": True})
    assert world.api.objects[ChildKey("Deployment", "fraud-model")]["spec"]["replicas"] == 2


@pytest.mark.parametrize(("current", "left"), [(0, 3), (2, 3), (5, 5), (50, 10)])
def test_without_keda_what_runs_goes_on_within_the_bounds(current: int, left: int) -> None:
    given = scaling(minReplicas=3, maxReplicas=10)
    assert wanted(given, current, keda_present=False) == left


@pytest.mark.parametrize("mode", ["Lag", "Fixed"])
def test_while_it_is_not_known_whether_keda_is_there_nobody_scales(mode: str) -> None:
    given = scaling(mode=mode)
    assert wanted(given, 4, keda_present=None) == 4


def test_without_keda_everything_else_works_and_keda_is_picked_up_later() -> None:
    world = World(first_document(), keda_present=False)
    world.knobs.keda_runs = False
    world.settle(quiet_seconds=10)
    assert world.reason("Ready") == ("True", "Ready")
    assert world.reason("ScalerReady") == ("False", "KedaNotInstalled")
    world.keda_present, world.knobs.keda_runs = True, True
    world.touch()
    world.settle(quiet_seconds=10)
    assert world.reason("ScalerReady") == ("True", "ScalingByLag")


TO_ZERO = {"scaling": {"minReplicas": 0, "cooldownPeriodSeconds": 20}}


def test_a_new_resource_comes_up_once_before_it_scales_to_zero() -> None:
    world = World(with_spec(TO_ZERO))
    highest = 0
    for _ in range(60):
        world.run(1)
        if world.worker_key in world.api.objects:
            highest = max(highest, world.api.objects[world.worker_key].get("status", {}).get("readyReplicas", 0))
    assert highest == 1
    assert world.replicas() == 0
    assert world.reason("Ready") == ("True", "ScaledToZero")


def test_a_new_model_brings_one_worker_to_ready_first() -> None:
    world = World(with_spec(TO_ZERO))
    world.settle(quiet_seconds=60)
    assert world.replicas() == 0
    world.edit_spec({"model": {"image": "registry.example/fraud:2"}})
    world.run(3)
    assert world.replicas() == 1
    assert world.reason("Ready")[0] == "False"
    world.settle(quiet_seconds=60)
    assert world.replicas() == 0
    assert world.reason("Ready") == ("True", "ScaledToZero")


def test_a_broken_model_shows_before_any_record_does() -> None:
    world = World(with_spec(TO_ZERO))
    world.settle(quiet_seconds=60)
    world.knobs.broken_images.add("registry.example/fraud:2")
    world.edit_spec({"model": {"image": "registry.example/fraud:2"}})
    world.run(60)
    assert world.replicas() == 1
    assert world.reason("WorkersReady") == ("False", "ImagePullBackOff")
    assert world.reason("Ready") == ("False", "ImagePullBackOff")


def test_a_broken_new_image_leaves_the_old_workers_alone() -> None:
    world = settled()
    world.knobs.broken_images.add("registry.example/fraud:2")
    world.edit_spec({"model": {"image": "registry.example/fraud:2"}})
    world.run(60)
    assert world.api.objects[world.worker_key]["status"]["readyReplicas"] == 1
    assert world.reason("WorkersReady") == ("False", "ImagePullBackOff")


def test_scaling_alone_never_makes_a_resource_less_than_ready() -> None:
    """The controller counts the pods of a Deployment a moment after its replicas were changed."""
    world = settled()
    world.api.scale(world.worker_key, 3)
    assert world.one_pass().status["conditions"][0]["status"] == "True"


def test_a_model_that_is_away_shows_in_its_condition_and_leaves_the_workers_ready() -> None:
    world = settled()
    world.report = WorkerReport("Open", "ModelDown", "Writable")
    world.touch()
    world.run(1)
    assert world.reason("ModelReady") == ("False", "ModelDown")
    assert world.reason("Ready") == ("True", "Ready")
    world.report = WorkerReport("Closed", None, "Writable")
    world.touch()
    world.run(1)
    assert world.reason("ModelReady") == ("True", "ModelAvailable")


def test_an_upgrade_waits_for_its_turn_and_a_change_of_the_spec_does_not() -> None:
    world = settled()
    world.upgrade_allowed = False
    world.options = replace(world.options, worker_image="registry.example/worker:2")
    world.touch()
    world.run(5)
    assert "worker:2" not in str(world.api.objects[world.worker_key])
    assert world.reason("Ready") == ("True", "Ready")
    world.edit_spec({"worker": {"logLevel": "Debug"}})
    world.run(5)
    assert "worker:2" in str(world.api.objects[world.worker_key])


def test_workers_that_no_node_takes_are_no_rollout_that_others_wait_for() -> None:
    world = settled()
    world.knobs.backlog = 9000
    world.run(1)
    assert world.one_pass().upgrade is Upgrade.NONE
    world.edit_spec({"worker": {"logLevel": "Debug"}})
    assert world.one_pass().upgrade is Upgrade.ROLLING


def test_a_deployment_that_is_made_is_not_scaled_before_it_is_known_to_be_ours() -> None:
    """What bears its name may be somebody else's, whom the creation alone finds out about."""
    world = World(with_spec({"scaling": {"mode": "Fixed", "replicas": 5}}))
    while world.worker_key not in world.api.objects:
        world.run(1)
    assert world.last
    made = [action for action in world.last.actions if not isinstance(action, Scale)]
    assert made == world.last.actions
    world.run(2)
    assert world.replicas() == 5
