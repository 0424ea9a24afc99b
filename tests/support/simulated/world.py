"""One ModelDeployment in a simulated cluster, with the operator's decision carried out as its edges would.

What must hold in every pass is checked in every pass. A pass runs only when something changed or the last one asked
for it, as in the real one: a decision that forgets to ask stands still here.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from penstock_operator import names
from penstock_operator.api.status import Status
from penstock_operator.api.v1alpha1 import API_VERSION, KIND
from penstock_operator.decision.decide import decide
from penstock_operator.decision.texts import MAX_MESSAGE_BYTES
from penstock_operator.decision.times import format_time
from penstock_operator.observed import (
    Apply,
    ChildKey,
    Decision,
    Delete,
    Event,
    Manifest,
    NoReport,
    Observed,
    Scale,
    WorkerReport,
)
from penstock_operator.options import Options
from penstock_operator.reasons import KNOWN
from penstock_operator.render.worker_deployment import kafka_revision_of
from support.custom_resources.documents import Document, merged
from support.simulated.api_server import ApiServer, Object
from support.simulated.controllers import Controllers, Knobs, config_maps_mounted

OPTIONS = Options(worker_image="registry.example/worker:1", operator_version="test", network_policy=True)
NAMESPACE = "payments"
CONTENT = WorkerReport("Closed", None, "Writable")

MAX_ROUNDS = 3

Decide = Callable[[Observed, Options], Decision]


@dataclass
class World:
    document: Document
    decide: Decide = decide
    options: Options = OPTIONS
    keda_present: bool | None = True
    report: WorkerReport = CONTENT
    upgrade_allowed: bool = True
    dies_after: int | None = None
    """In its next pass the operator is killed after so many actions, before it wrote the status."""
    refused_kinds: set[str] = field(default_factory=set)
    refusals: dict[ChildKey, str] = field(default_factory=dict)
    strangers: set[ChildKey] = field(default_factory=set)
    """What a creation of this pass ran into: objects of others carry no label of ours, so no watch tells of them."""
    api: ApiServer = field(default_factory=ApiServer)
    knobs: Knobs = field(default_factory=Knobs)
    writes: int = 0
    events: list[Event] = field(default_factory=list)
    last: Decision | None = None

    def __post_init__(self) -> None:
        self.controllers = Controllers(self.api, self.knobs)
        self.resource: Object = deepcopy(self.document)
        self.resource["metadata"] |= {"namespace": NAMESPACE, "uid": "uid-of-the-resource", "generation": 1}
        self._dirty = True
        self._due_in_seconds: float | None = None

    @property
    def name(self) -> str:
        return str(self.resource["metadata"]["name"])

    @property
    def worker_key(self) -> ChildKey:
        return ChildKey("Deployment", names.worker(self.name))

    @property
    def scaler_key(self) -> ChildKey:
        return ChildKey("ScaledObject", names.worker(self.name))

    @property
    def status(self) -> dict[str, Any]:
        return dict(self.resource.get("status", {}))

    def condition(self, kind: str) -> dict[str, Any]:
        return next((each for each in self.status["conditions"] if each["type"] == kind), {})

    def reason(self, kind: str) -> tuple[str, str]:
        condition = self.condition(kind)
        return condition["status"], condition["reason"]

    def replicas(self) -> int:
        return int(self.api.objects[self.worker_key]["spec"]["replicas"])

    def edit_spec(self, patch: Document) -> None:
        spec = merged(self.resource["spec"], patch)
        if spec != self.resource["spec"]:
            self.resource["spec"] = spec
            self.resource["metadata"]["generation"] += 1
        self.touch()

    def plant(self, key: ChildKey, owner_uid: str | None = None) -> None:
        """An object that is not ours: somebody else's, or an earlier resource's of this name."""
        reference = {"apiVersion": API_VERSION, "kind": KIND, "name": self.name, "uid": owner_uid, "controller": True}
        metadata = {"name": key.name, "ownerReferences": [reference] if owner_uid else []}
        template = {"metadata": {"labels": {}}, "spec": {"containers": []}}
        spec = {"template": template, "scaleTargetRef": {"name": "another"}}
        self.api.create({"kind": key.kind, "metadata": metadata, "spec": spec})
        self.touch()

    def clear(self) -> None:
        """Away with what is not ours."""
        for key, live in list(self.api.objects.items()):
            if not self._is_ours(live):
                self.api.remove(key)
        self.touch()

    def touch(self) -> None:
        self._dirty = True

    def run(self, seconds: int) -> None:
        """Virtual seconds, one by one."""
        for _ in range(seconds):
            self._dirty = self.controllers.act() or self._dirty
            if self._dirty or (self._due_in_seconds is not None and self._due_in_seconds <= 0):
                self.one_pass()
            self.api.pass_time(1)
            if self._due_in_seconds is not None:
                self._due_in_seconds -= 1

    def settle(self, quiet_seconds: int = 130, at_most_seconds: int = 3000) -> None:
        """Until nothing was written for a while; fails where that does not come."""
        quiet = 0
        for _ in range(at_most_seconds):
            before = self.writes
            self.run(1)
            quiet = quiet + 1 if self.writes == before else 0
            if quiet >= quiet_seconds:
                return
        raise AssertionError(f"still writing after {at_most_seconds} s: {self.last}")

    def observed(self) -> Observed:
        return Observed(
            resource=deepcopy(self.resource),
            children={key: deepcopy(live) for key, live in self.api.objects.items() if self._is_seen(key, live)},
            pods=deepcopy(list(self.controllers.pods.values())),
            keda_present=self.keda_present,
            worker_report=self.report if self.last and self.last.ask_worker else NoReport.NOT_ASKED,
            now=self.api.now,
            refusals=dict(self.refusals),
            upgrade_allowed=self.upgrade_allowed,
        )

    def one_pass(self) -> Decision:
        observed = self.observed()
        asked_before = self.last and self.last.ask_worker
        decision = self.decide(observed, self.options)
        assert decision == self.decide(observed, self.options), "two passes over the same differ"
        self._dirty = decision.ask_worker != asked_before
        self._due_in_seconds = decision.requeue_after_seconds
        tried: list[tuple[type, str, str | None]] = []
        for _ in range(MAX_ROUNDS):
            known = (len(self.strangers), dict(self.refusals))
            self._try_each(decision, tried)
            if self.dies_after is not None:
                return self._killed()
            if known == (len(self.strangers), self.refusals):
                break
            decision = self.decide(self.observed(), self.options)
            self._due_in_seconds = decision.requeue_after_seconds
        self.strangers.clear()
        self._write_status(decision)
        self.last = decision
        return decision

    def _try_each(self, decision: Decision, tried: list[tuple[type, str, str | None]]) -> None:
        """Each action once in a pass, however often it is decided anew."""
        for action in decision.actions[: self.dies_after]:
            target, uid = _target(action)
            if (type(action), target, uid) not in tried:
                tried.append((type(action), target, uid))
                self._carry_out(action)

    def _killed(self) -> Decision:
        """Its successor begins with a pass over everything, and has nothing in memory."""
        self.dies_after, self.last, self._dirty = None, None, True
        self.refusals.clear()
        return Decision((), self.status, (), None, None)

    def _carry_out(self, action: Apply | Delete | Scale) -> None:
        if isinstance(action, Apply):
            self._apply(action)
            return
        self.writes += 1
        self._dirty = True
        if isinstance(action, Delete):
            self._check_delete(action.key)
            self.api.delete(action.key, action.uid)
        else:
            key = ChildKey("Deployment", action.deployment)
            assert self._is_ours(self.api.objects[key]), f"scaled somebody else's {key}"
            self.api.scale(key, action.replicas)

    def _apply(self, action: Apply) -> None:
        key = ChildKey(action.manifest["kind"], action.manifest["metadata"]["name"])
        if action.uid is None and key in self.api.objects and not self._is_seen(key, self.api.objects[key]):
            self.strangers.add(key)
            return
        self._check_apply(action.manifest)
        if key.kind in self.refused_kinds:
            self.refusals[key] = "exceeded quota"
            return
        self.writes += 1
        self._dirty = True
        self.refusals.pop(key, None)
        self.api.apply(action.manifest, action.uid)

    def _check_apply(self, manifest: Manifest) -> None:
        key = ChildKey(manifest["kind"], manifest["metadata"]["name"])
        live = self.api.objects.get(key)
        assert live is None or self._is_ours(live), f"wrote somebody else's {key}"
        if key.kind == "ScaledObject":
            assert self._is_ours(self.api.objects[self.worker_key]), "has KEDA scale somebody else's Deployment"
        for name in config_maps_mounted(manifest["spec"]["template"]) if key.kind in ("Job", "Deployment") else ():
            assert self._is_ours(self.api.objects[ChildKey("ConfigMap", name)]), f"mounts somebody else's {name}"
        if key == self.worker_key:
            revision = kafka_revision_of(manifest) or ""
            assert names.kafka_config(self.name, revision) in self.controllers.passed, "workers on unproven settings"
        assert not ({key.kind} & {"ScaledObject", "TriggerAuthentication"} and not self.keda_present), "KEDA is absent"

    def _check_delete(self, key: ChildKey) -> None:
        assert self._is_ours(self.api.objects[key]), f"deleted somebody else's {key}"
        assert key != self.worker_key, "deleted the workers"
        active = self.status.get("kafka", {}).get("activeRevision", "")
        assert key != ChildKey("ConfigMap", names.kafka_config(self.name, active)), "deleted the active revision"
        live_pods = [pod for pod in self.controllers.pods.values() if pod["owner"][0] == "Deployment"]
        assert key.kind != "ConfigMap" or not any(key.name in config_maps_mounted(pod) for pod in live_pods), "in use"

    def _is_seen(self, key: ChildKey, live: Manifest) -> bool:
        return key in self.strangers or bool(live["metadata"].get("ownerReferences"))

    def _is_ours(self, live: Manifest) -> bool:
        owners = live["metadata"].get("ownerReferences", [])
        return any(owner["uid"] == self.resource["metadata"]["uid"] for owner in owners)

    def _write_status(self, decision: Decision) -> None:
        Status.model_validate(decision.status)
        before = {each["type"]: each for each in self.status.get("conditions", [])}
        for condition in decision.status.get("conditions", []):
            self._check_condition(condition, before.get(condition["type"]))
        if decision.status != self.status:
            self.writes += 1
            self.resource["status"] = deepcopy(dict(decision.status))
            self.events += decision.events

    def _check_condition(self, condition: Manifest, before: Manifest | None) -> None:
        assert condition["reason"] in KNOWN, condition
        assert len(condition["message"].encode()) <= MAX_MESSAGE_BYTES, condition
        stands = before is not None and before["status"] == condition["status"]
        since = before["lastTransitionTime"] if before and stands else format_time(self.api.now)
        assert condition["lastTransitionTime"] == since, condition
        if condition["type"] == "Ready" and condition["status"] == "True":
            self._check_ready()

    def _check_ready(self) -> None:
        """What Ready promises, seen by somebody who does not know how it is decided."""
        deployment = self.api.objects.get(self.worker_key)
        if deployment is None or not self._is_ours(deployment):
            assert self.resource["spec"].get("paused"), "Ready without workers"
            return
        seen = deployment.get("status", {})
        at_zero = deployment["spec"]["replicas"] == 0
        assert seen.get("readyReplicas") or at_zero, "Ready without a worker that is"
        image = self.resource["spec"]["model"].get("image")
        template = str(deployment["spec"]["template"])
        is_service = self.resource["spec"]["model"].get("placement") == "Service"
        assert image is None or is_service or image in template, "Ready on an earlier image"


def _target(action: Apply | Delete | Scale) -> tuple[str, str | None]:
    if isinstance(action, Scale):
        return action.deployment, None
    if isinstance(action, Delete):
        return str(action.key), action.uid
    return f"{action.manifest['kind']} {action.manifest['metadata']['name']}", action.uid
