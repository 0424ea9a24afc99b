"""What else works in a cluster: the controllers of Jobs and Deployments with their kubelets, and KEDA.

`Knobs` are what a test turns: what the pre-flight finds, which images work, how much backlog there is.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from penstock_operator.decision.times import format_time, parse_time
from penstock_operator.observed import ChildKey
from penstock_operator.reasons import WorkerReason
from penstock_operator.render.scaled_object import PAUSED_REPLICAS
from support.simulated.api_server import ApiServer, Object

PREPARE_SECONDS = 3
START_SECONDS = 4
ROLLOUT_PODS_MORE = 1

Preflight = Callable[[Object], WorkerReason | None]


@dataclass
class Knobs:
    preflight: WorkerReason | None = None
    needs_secret: bool = False
    secret_exists: bool = True
    broken_images: set[str] = field(default_factory=set)
    keda_runs: bool = True
    backlog: int = 0
    jobs_run: bool = True


@dataclass
class Controllers:
    api: ApiServer
    knobs: Knobs
    pods: dict[str, Object] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    """Names of Kafka ConfigMaps whose pre-flight passed in mode apply."""
    _made: int = 0
    _seen: str = ""

    def act(self) -> bool:
        """One look of each; whether anything changed."""
        before, pods_before = self.api.version, json.dumps(self.pods, sort_keys=True)
        if self.knobs.jobs_run:
            for key, job in self.api.of_kind("Job"):
                self._run_job(key, job)
        for key, deployment in self.api.of_kind("Deployment"):
            self._roll_out(key, deployment)
        if self.knobs.keda_runs:
            for key, scaled in self.api.of_kind("ScaledObject"):
                self._scale(key, scaled)
        self._collect_orphans()
        return before != self.api.version or pods_before != json.dumps(self.pods, sort_keys=True)

    # --- Jobs ------------------------------------------------------------------------------------------------

    def _run_job(self, key: ChildKey, job: Object) -> None:
        if job.get("status", {}).get("conditions"):
            return
        pod = self.pods.get(f"{key.name}-pod") or self._start(f"{key.name}-pod", job, key)
        if _age_seconds(pod, self.api.now) < PREPARE_SECONDS:
            return
        reason = self._found()
        ended = {"message": _result(reason, self.api.now), "exitCode": reason.exit_code if reason else 0}
        pod["status"] = {"phase": "Failed" if reason else "Succeeded"}
        pod["status"]["containerStatuses"] = [{"name": "prepare", "state": {"terminated": ended}}]
        condition = {"type": "Failed" if reason else "Complete", "status": "True"}
        condition["lastTransitionTime"] = format_time(self.api.now)
        self.api.edit(key, lambda live: live.update(status={"conditions": [condition]}))
        if reason is None and "apply" in job["spec"]["template"]["spec"]["containers"][0]["args"]:
            self.passed |= {name for name in _config_maps(pod) if "-kafka-" in name}

    def _found(self) -> WorkerReason | None:
        if self.knobs.needs_secret and not self.knobs.secret_exists:
            return WorkerReason.SECRET_MISSING
        return self.knobs.preflight

    # --- Deployments -----------------------------------------------------------------------------------------

    def _roll_out(self, key: ChildKey, deployment: Object) -> None:
        """One pod more than wanted while it rolls; an old one goes for each new one that is ready."""
        template = json.dumps(deployment["spec"]["template"], sort_keys=True)
        pods = [pod for pod in self.pods.values() if pod["owner"] == [key.kind, key.name]]
        new = [pod for pod in pods if pod["template"] == template]
        old = [pod for pod in pods if pod["template"] != template]
        wanted = deployment["spec"]["replicas"]
        for pod in pods:
            self._come_up(pod)
        ready_new = [pod for pod in new if _is_ready(pod)]
        while len(new) < wanted and len(new) + len(old) < wanted + ROLLOUT_PODS_MORE:
            new.append(self._start(f"{key.name}-{self._next()}", deployment, key))
        for pod in old[: max(0, len(old) + len(ready_new) - wanted)] + new[wanted:]:
            del self.pods[pod["metadata"]["name"]]
        remaining = [pod for pod in self.pods.values() if pod["owner"] == [key.kind, key.name]]
        status = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": len(remaining),
            "updatedReplicas": sum(pod["template"] == template for pod in remaining),
            "readyReplicas": sum(_is_ready(pod) for pod in remaining),
        }
        available = "True" if status["readyReplicas"] >= wanted else "False"
        status["conditions"] = [{"type": "Available", "status": available}]
        if deployment.get("status") != status:
            self.api.edit(key, lambda live: live.update(status=status))

    def _start(self, name: str, owner: Object, key: ChildKey) -> Object:
        template = owner["spec"]["template"]
        pod = {
            "metadata": {
                "name": name,
                "labels": dict(template["metadata"]["labels"]) | {"job-name": key.name},
                "creationTimestamp": format_time(self.api.now),
            },
            "spec": deepcopy(template["spec"]),
            "status": {"phase": "Pending"},
            "owner": [key.kind, key.name],
            "template": json.dumps(template, sort_keys=True),
        }
        self.pods[name] = pod
        return pod

    def _come_up(self, pod: Object) -> None:
        containers = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
        broken = [each["image"] for each in containers if each["image"] in self.knobs.broken_images]
        ready = not broken and _age_seconds(pod, self.api.now) >= START_SECONDS
        running = {"running": {"startedAt": pod["metadata"]["creationTimestamp"]}}
        waiting = {"waiting": {"reason": "ImagePullBackOff"}}
        pod["status"] = {
            "phase": "Running" if ready else "Pending",
            "podIP": "192.0.2.1",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [
                {
                    "name": each["name"],
                    "image": each["image"],
                    "ready": ready,
                    "state": waiting if each["image"] in broken else running,
                }
                for each in containers
            ],
        }

    # --- KEDA ------------------------------------------------------------------------------------------------

    def _scale(self, key: ChildKey, scaled: Object) -> None:
        if scaled["metadata"].get("deletionTimestamp"):
            self.api.remove(key)
            return
        status = {"conditions": [{"type": "Ready", "status": "True"}]}
        if scaled.get("status") != status:
            self.api.edit(key, lambda live: live.update(status=status))
        target = ChildKey("Deployment", scaled["spec"]["scaleTargetRef"]["name"])
        deployment = self.api.objects.get(target)
        if deployment is None:
            return
        current, wanted = deployment["spec"]["replicas"], self._wanted(scaled, deployment)
        if wanted != current:
            self.api.scale(target, wanted)

    def _wanted(self, scaled: Object, deployment: Object) -> int:
        current, spec = deployment["spec"]["replicas"], scaled["spec"]
        if PAUSED_REPLICAS in (scaled["metadata"].get("annotations") or {}):
            return 0
        by_lag = -(-self.knobs.backlog // int(spec["triggers"][0]["metadata"]["lagThreshold"]))
        if self.knobs.backlog == 0 and _age_seconds(scaled, self.api.now) < spec.get("initialCooldownPeriod", 0):
            by_lag = max(by_lag, current)
        return int(min(max(by_lag, spec["minReplicaCount"]), spec["maxReplicaCount"]))

    # --- the rest ----------------------------------------------------------------------------------------------

    def uninstall_keda(self) -> None:
        """With its CRDs, so that its objects go as well."""
        for kind in ("ScaledObject", "TriggerAuthentication"):
            for key, _ in self.api.of_kind(kind):
                self.api.remove(key)

    def _collect_orphans(self) -> None:
        owners = {(key.kind, key.name) for key in self.api.objects}
        self.pods = {name: pod for name, pod in self.pods.items() if tuple(pod["owner"]) in owners}

    def _next(self) -> int:
        self._made += 1
        return self._made


def config_maps_mounted(pod: Object) -> set[str]:
    return _config_maps(pod)


def _config_maps(pod: Object) -> set[str]:
    return {
        source["configMap"]["name"]
        for volume in pod["spec"].get("volumes", [])
        for source in volume.get("projected", {}).get("sources", [])
        if "configMap" in source
    }


def _result(reason: WorkerReason | None, now: datetime) -> str:
    facts = {"inputPartitions": 6, "subscribedAt": format_time(now), "warnings": [], "skipped": []}
    return json.dumps({"reason": reason.text if reason else "Prepared", "message": "as a test wants it", **facts})


def _is_ready(pod: Object) -> bool:
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", []))


def _age_seconds(made: Any, now: datetime) -> float:
    created = parse_time(made["metadata"]["creationTimestamp"])
    return (now - created) / timedelta(seconds=1) if created else 0.0
