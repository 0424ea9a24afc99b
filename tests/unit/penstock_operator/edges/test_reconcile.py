"""One pass: what it writes, in which order, what stops it, and when it comes again."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest

from penstock_operator.cluster.api_errors import ApiError
from penstock_operator.cluster.client import Cluster
from penstock_operator.observed import (
    Action,
    Apply,
    ChildKey,
    Decision,
    Delete,
    Event,
    Manifest,
    NoReport,
    Observed,
    PodAddress,
    Scale,
    Upgrade,
)
from penstock_operator.options import Options
from penstock_operator.reconcile.reconciler import AFTER_A_WRITE_SECONDS, Reconciler
from penstock_operator.reconcile.upgrades import MAX_ROLLING
from penstock_operator.state.kinds import BY_KIND, DEPLOYMENT, MODEL_DEPLOYMENT, ResourceKey
from penstock_operator.state.store import Store
from penstock_operator.state.surroundings import Surroundings

FRAUD = ResourceKey("payments", "fraud")
CONFIG_MAP = BY_KIND["ConfigMap"]
STATUS = {"observedGeneration": 1}


class RecordingCluster:
    """Takes every write but those that the test has an error for, by verb and name."""

    def __init__(self) -> None:
        self.version = 100
        self.wrote: list[str] = []
        self.errors: dict[str, ApiError] = {}
        self.there: dict[str, Manifest] = {}
        self.on_read: Callable[[], object] = lambda: None
        self.unchanged: Manifest | None = None

    def apply(self, manifest: Manifest, uid: str | None) -> Manifest:
        self._write("apply", manifest["metadata"]["name"])
        return self._answer(manifest, uid or "new")

    def delete(self, namespace: str, child: ChildKey, uid: str) -> None:
        self._write("delete", child.name)

    def scale(self, key: ResourceKey, replicas: int) -> Manifest | None:
        self._write("scale", key.name)
        return self._answer(manifest("Deployment", key.name), "1")

    def read(self, resource: object, key: ResourceKey) -> Manifest | None:
        self.on_read()
        return self.there.get(key.name)

    def write_status(self, resource: Manifest, status: Manifest) -> Manifest:
        self._write("status", resource["metadata"]["name"])
        return self._answer({**resource, "status": status}, resource["metadata"]["uid"])

    def post_event(self, resource: Manifest, event: Event, now: datetime) -> None:
        self._write("event", event.reason)

    def _write(self, verb: str, name: str) -> None:
        self.wrote.append(f"{verb} {name}")
        if f"{verb} {name}" in self.errors:
            raise self.errors[f"{verb} {name}"]

    def _answer(self, manifest: Manifest, uid: str) -> Manifest:
        if self.unchanged is not None:
            return self.unchanged
        self.version += 1
        return {**manifest, "metadata": {**manifest["metadata"], "uid": uid, "resourceVersion": str(self.version)}}


class NobodyAsked:
    def __init__(self) -> None:
        self.asked: dict[ResourceKey, PodAddress | None] = {}

    def report(self, key: ResourceKey) -> NoReport:
        return NoReport.NOT_ASKED

    def ask(self, key: ResourceKey, pod: PodAddress | None) -> None:
        self.asked[key] = pod


def manifest(kind: str, name: str, **more: Any) -> dict[str, Any]:
    labels = {"app.kubernetes.io/instance": "fraud"}
    metadata = {"namespace": "payments", "name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **more}


def resource(name: str = "fraud", **metadata: Any) -> dict[str, Any]:
    found = {"namespace": "payments", "name": name, "uid": name, "resourceVersion": "1", "generation": 1, **metadata}
    return {"metadata": found, "spec": {}, "status": STATUS}


def decision(*actions: Action, status: Mapping[str, Any] = STATUS, **more: Any) -> Decision:
    return replace(Decision(actions, status, (), None, None), **more)


class World:
    """A store with the one resource, a cluster that records, and a decision that the test gives."""

    def __init__(self, decide: Callable[[Observed], Decision]) -> None:
        self.cluster = RecordingCluster()
        self.store = Store()
        self.store.put(MODEL_DEPLOYMENT, resource())
        self.reports = NobodyAsked()
        self.seen: list[Observed] = []
        self.written: list[str] = []
        self.woken: list[ResourceKey] = []

        def decide_and_record(observed: Observed, _options: Options) -> Decision:
            self.seen.append(observed)
            return decide(observed)

        self.reconciler = Reconciler(
            cast("Cluster", self.cluster),
            self.store,
            Surroundings(Options(worker_image="worker:1", operator_version="1")),
            self.reports,
            decide=decide_and_record,
            written=lambda kind, _: self.written.append(kind.kind),
            wake=self.woken.append,
        )

    def reconcile(self, key: ResourceKey = FRAUD) -> float | None:
        return self.reconciler.reconcile(key)


CONFIG = Apply(manifest("ConfigMap", "config"), None)
WORKER = Apply(manifest("Deployment", "worker"), None)
FEW = Scale("worker", 2)
OLD = Delete(ChildKey("ConfigMap", "old"), "7")


def test_actions_go_in_order_then_the_status_then_events() -> None:
    told = (Event("Normal", "Started", "it did"),)
    world = World(lambda _: decision(CONFIG, WORKER, FEW, OLD, status={"replicas": 1}, events=told))
    assert world.reconcile() == AFTER_A_WRITE_SECONDS
    assert world.cluster.wrote == [
        *("apply config", "apply worker", "scale worker", "delete old", "status fraud", "event Started")
    ]
    assert world.written == ["ConfigMap", "Deployment", "Deployment", "ModelDeployment"]
    assert {child.name for child in world.store.children(FRAUD)} == {"config", "worker"}


def test_nothing_to_do_writes_nothing_and_comes_again_when_time_could_change_it() -> None:
    world = World(lambda _: decision(requeue_after_seconds=42.0, events=(Event("Normal", "No", "no"),)))
    assert world.reconcile() == 42.0
    assert world.cluster.wrote == []


def test_a_resource_that_is_gone_or_going_is_left_to_the_garbage_collector() -> None:
    world = World(lambda _: decision(CONFIG))
    assert world.reconcile(ResourceKey("payments", "gone")) is None
    world.store.put(MODEL_DEPLOYMENT, resource(resourceVersion="2", deletionTimestamp="2026-01-01T00:00:00Z"))
    assert world.reconcile() is None
    assert world.seen == []
    assert world.reports.asked[FRAUD] is None


def test_a_refusal_stops_no_other_write_and_the_next_decision_is_told_of_it() -> None:
    world = World(lambda _: decision(CONFIG, WORKER))
    world.cluster.errors["apply config"] = ApiError(403, "exceeded quota")
    world.reconcile()
    assert world.cluster.wrote == ["apply config", "apply worker"]
    assert world.seen[-1].refusals == {ChildKey("ConfigMap", "config"): "exceeded quota"}
    world.cluster.errors.clear()
    world.reconcile()
    assert world.seen[-1].refusals == {}


@pytest.mark.parametrize("status", [None, 409, 429, 500, 503])
def test_anything_else_ends_the_pass_before_its_status(status: int | None) -> None:
    world = World(lambda _: decision(WORKER, FEW, status={"replicas": 1}))
    world.cluster.errors["scale worker"] = ApiError(status, "not now")
    with pytest.raises(ApiError):
        world.reconcile()
    assert world.cluster.wrote == ["apply worker", "scale worker"]
    assert world.seen[-1].refusals == {}


def test_a_strangers_object_is_shown_to_the_decision_and_not_written_again() -> None:
    theirs = manifest("ConfigMap", "config", data={"theirs": "1"})

    def decide(observed: Observed) -> Decision:
        taken = observed.children.get(ChildKey("ConfigMap", "config"))
        return decision(WORKER, status={"replicas": 9}) if taken == theirs else decision(CONFIG, WORKER)

    world = World(decide)
    world.cluster.errors["apply config"] = ApiError(409, "exists")
    world.cluster.there["config"] = theirs
    world.reconcile()
    assert world.cluster.wrote == ["apply config", "apply worker", "status fraud"]


def test_our_own_object_that_the_watch_lost_is_taken_back_in_the_same_pass() -> None:
    ours = manifest("ConfigMap", "config") | {"data": {"edited": "1"}}
    ours["metadata"] = {**ours["metadata"], "labels": {}, "uid": "5"}

    def decide(observed: Observed) -> Decision:
        found = observed.children.get(ChildKey("ConfigMap", "config"))
        return decision(CONFIG) if found is None else decision(replace(CONFIG, uid="5"))

    world = World(decide)
    world.cluster.errors["apply config"] = ApiError(409, "exists")
    world.cluster.there["config"] = ours
    world.cluster.on_read = world.cluster.errors.clear
    assert world.reconcile() == AFTER_A_WRITE_SECONDS
    assert world.cluster.wrote == ["apply config", "apply config"]


def test_a_write_that_changed_nothing_does_not_bring_the_pass_again() -> None:
    world = World(lambda _: decision(replace(CONFIG, uid="new")))
    unchanged = {**CONFIG.manifest, "metadata": {**CONFIG.manifest["metadata"], "uid": "new", "resourceVersion": "9"}}
    world.store.put(CONFIG_MAP, unchanged)
    world.cluster.unchanged = unchanged
    assert world.reconcile() is None
    assert world.written == []


def test_an_event_that_is_not_taken_fails_nothing() -> None:
    world = World(lambda _: decision(status={"replicas": 1}, events=(Event("Normal", "Started", "it did"),)))
    world.cluster.errors["event Started"] = ApiError(500, "no")
    assert world.reconcile() is None
    assert (world.store.resource(FRAUD) or {})["status"] == {"replicas": 1}


def test_the_pod_to_ask_is_passed_on() -> None:
    pod = PodAddress("worker-1", "10.0.0.1")
    world = World(lambda _: decision(ask_worker=pod))
    world.reconcile()
    assert world.reports.asked == {FRAUD: pod}


def test_only_so_many_upgrades_roll_at_once_and_the_next_is_woken() -> None:
    done: set[str] = set()

    def decide(observed: Observed) -> Decision:
        if observed.resource["metadata"]["name"] in done:
            return decision(upgrade=Upgrade.NONE)
        return decision(upgrade=Upgrade.ROLLING if observed.upgrade_allowed else Upgrade.WAITING)

    world = World(decide)
    keys = [ResourceKey("payments", f"fraud-{number}") for number in range(MAX_ROLLING + 2)]
    for key in keys:
        world.store.put(MODEL_DEPLOYMENT, resource(key.name))
        world.reconcile(key)
    assert [observed.upgrade_allowed for observed in world.seen] == [True] * MAX_ROLLING + [False] * 2
    done.add(keys[0].name)
    world.reconcile(keys[0])
    assert world.woken == [keys[MAX_ROLLING]]
    world.store.remove(MODEL_DEPLOYMENT, resource(keys[1].name, resourceVersion="2"))
    world.reconcile(keys[1])
    assert len(world.woken) == 2


def test_what_is_known_reaches_the_decision() -> None:
    world = World(lambda _: decision())
    world.store.put(DEPLOYMENT, manifest("Deployment", "worker") | _version("2"))
    world.store.put(BY_KIND["Pod"], manifest("Pod", "worker-1") | _version("3", "worker-1"))
    world.reconcile()
    (seen,) = world.seen
    assert seen.resource["metadata"]["name"] == "fraud"
    assert list(seen.children) == [ChildKey("Deployment", "worker")]
    assert [pod["metadata"]["name"] for pod in seen.pods] == ["worker-1"]
    assert seen.keda_present is None
    assert seen.now.tzinfo is not None


def _version(version: str, name: str = "worker") -> dict[str, Any]:
    metadata = manifest("x", name)["metadata"]
    return {"metadata": {**metadata, "uid": version, "resourceVersion": version}}
