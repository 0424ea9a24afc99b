"""What the controllers of Jobs, Deployments and ScaledObjects would write next. Pure; `now` is RFC 3339."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scale.double import pods
from scale.double.pods import Manifest

INPUT_PARTITIONS: Final = 12
_TOPIC_ID: Final = "AAAAAAAAAAAAAAAAAAAAAQ"


@dataclass(frozen=True, slots=True)
class Create:
    """A pod, and the status that it has as soon as it is there."""

    pod: Manifest
    status: Manifest


@dataclass(frozen=True, slots=True)
class Delete:
    pod: str


@dataclass(frozen=True, slots=True)
class Say:
    """The status of the object itself."""

    status: Manifest


Write = Create | Delete | Say


def finish_job(job: Mapping[str, Any], *, now: str) -> Sequence[Write]:
    """Its pod, ended well with the pre-flight's result, and then the Job complete."""
    if job.get("status", {}).get("succeeded"):
        return ()
    name = job["metadata"]["name"]
    labels = {"batch.kubernetes.io/job-name": name, "job-name": name}
    pod = pods.pod(f"{name}-double", job["spec"]["template"], job, kind="Job", labels=labels)
    return (
        Create(pod, pods.succeeded(pod, message=prepared(now), now=now)),
        Say(
            {
                "startTime": now,
                "completionTime": now,
                "succeeded": 1,
                "ready": 0,
                "terminating": 0,
                "uncountedTerminatedPods": {},
                # The API server takes the second only after the first.
                "conditions": [_condition("SuccessCriteriaMet", now), _condition("Complete", now)],
            }
        ),
    )


def prepared(now: str) -> str:
    """The line that a pre-flight ends with when all is well."""
    return json.dumps(
        {
            "reason": "Prepared",
            "message": "",
            "inputPartitions": INPUT_PARTITIONS,
            "outputMaxMessageBytes": 1_048_588,
            "errorMaxMessageBytes": 1_048_588,
            "subscribedAt": now,
            "topicId": _TOPIC_ID,
            "groupResumed": False,
            "warnings": [],
            "skipped": [],
        }
    )


def roll_out(deployment: Mapping[str, Any], running: Sequence[str], *, now: str) -> Sequence[Write]:
    """Pods of the present template, as many as wanted, the others away; then the status of a finished rollout.

    `running` are the names of the pods there are.
    """
    wanted = _wanted_pods(deployment)
    made = [pod for name, pod in wanted.items() if name not in running]
    gone = [name for name in running if name not in wanted]
    status = _rolled_out(deployment, len(wanted), now=now)
    if not made and not gone and _says(deployment, status):
        return ()
    return (*(Create(pod, pods.running(pod, now=now)) for pod in made), *map(Delete, gone), Say(status))


def _wanted_pods(deployment: Mapping[str, Any]) -> Mapping[str, Manifest]:
    template, name = deployment["spec"]["template"], deployment["metadata"]["name"]
    template_hash = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]
    # A ReplicaSet would stand between the two; nothing asks for more than its name.
    replica_set = {"apiVersion": "apps/v1", "metadata": deployment["metadata"] | {"name": f"{name}-{template_hash}"}}
    labels = {"pod-template-hash": template_hash}
    names = [f"{name}-{template_hash}-{index}" for index in range(deployment["spec"]["replicas"])]
    return {each: pods.pod(each, template, replica_set, kind="ReplicaSet", labels=labels) for each in names}


def _rolled_out(deployment: Mapping[str, Any], replicas: int, *, now: str) -> Manifest:
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), replicas)
    return {
        "observedGeneration": deployment["metadata"]["generation"],
        **counts,
        "conditions": [
            _condition("Available", now) | {"reason": "MinimumReplicasAvailable", "lastUpdateTime": now},
            _condition("Progressing", now) | {"reason": "NewReplicaSetAvailable", "lastUpdateTime": now},
        ],
    }


def _says(deployment: Mapping[str, Any], status: Manifest) -> bool:
    """A count of 0 is left out by the API server."""
    said = deployment.get("status", {})
    return all(said.get(key, 0) == value for key, value in status.items() if key != "conditions")


def accept_scaled_object(scaled_object: Mapping[str, Any]) -> Sequence[Write]:
    """Ready, as KEDA says once it reads the lag."""
    if scaled_object.get("status", {}).get("conditions"):
        return ()
    ready = {"type": "Ready", "status": "True", "reason": "ScaledObjectReady", "message": "is ready for scaling"}
    return (Say({"conditions": [ready, {"type": "Active", "status": "False", "reason": "ScalerNotActive"}]}),)


def _condition(kind: str, now: str) -> Manifest:
    return {"type": kind, "status": "True", "lastTransitionTime": now}
