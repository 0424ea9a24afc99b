"""Pods and what a kubelet would say of them. Pure; `now` is RFC 3339."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

Manifest = dict[str, Any]

ADDRESS: Final = "127.77.0.1"
"""Every pod's: where the double answers `/status` as a healthy worker does."""

NODE: Final = "double"
_READY_CONDITIONS: Final = ("PodScheduled", "Initialized", "ContainersReady", "Ready")


def pod(
    name: str, template: Mapping[str, Any], owner: Mapping[str, Any], *, kind: str, labels: Mapping[str, str]
) -> Manifest:
    """A pod of that template, as the controller of `owner` makes it; `labels` are the controller's own."""
    metadata, owned_by = template["metadata"], owner["metadata"]
    reference = {"apiVersion": owner["apiVersion"], "kind": kind, "name": owned_by["name"], "uid": owned_by["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": owned_by["namespace"],
            "labels": {**metadata.get("labels", {}), **labels},
            "annotations": metadata.get("annotations", {}),
            "ownerReferences": [{**reference, "controller": True}],
        },
        "spec": {**template["spec"], "nodeName": NODE},
    }


def running(pod: Manifest, *, now: str) -> Manifest:
    """The status of a pod whose containers, native sidecars among them, are all ready."""
    spec, state = pod["spec"], {"running": {"startedAt": now}}
    return {
        "phase": "Running",
        "conditions": [{"type": kind, "status": "True", "lastTransitionTime": now} for kind in _READY_CONDITIONS],
        "podIP": ADDRESS,
        "podIPs": [{"ip": ADDRESS}],
        "startTime": now,
        "initContainerStatuses": _containers(spec.get("initContainers", ()), state, ready=True),
        "containerStatuses": _containers(spec["containers"], state, ready=True),
    }


def succeeded(pod: Manifest, *, message: str, now: str) -> Manifest:
    """The status of a pod whose containers ended well, with that termination message."""
    ended = {"exitCode": 0, "reason": "Completed", "message": message, "startedAt": now, "finishedAt": now}
    return {
        "phase": "Succeeded",
        "startTime": now,
        "containerStatuses": _containers(pod["spec"]["containers"], {"terminated": ended}, ready=False),
    }


def _containers(containers: Iterable[Mapping[str, Any]], state: Mapping[str, Any], *, ready: bool) -> list[Manifest]:
    return [
        {
            "name": container["name"],
            "image": container["image"],
            "imageID": container["image"],
            "ready": ready,
            "started": ready,
            "restartCount": 0,
            "state": state,
        }
        for container in containers
    ]
