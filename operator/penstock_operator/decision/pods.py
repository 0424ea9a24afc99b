"""Pods as decisions look at them: which there are, which runs, which to ask. Pure."""

from collections.abc import Iterable
from typing import Any, Final

from penstock_operator.observed import Manifest, PodAddress
from penstock_operator.render.pod.bridge import BRIDGE

_COMPONENT: Final = "app.kubernetes.io/component"


def of_component(pods: Iterable[Manifest], component: str) -> list[Manifest]:
    """Those that are not on their way out, by name."""
    found = [
        pod
        for pod in pods
        if (pod["metadata"].get("labels") or {}).get(_COMPONENT) == component
        and not pod["metadata"].get("deletionTimestamp")
    ]
    return sorted(found, key=name_of)


def is_live(pod: Manifest) -> bool:
    """It has not ended: its volumes may still be mounted."""
    return phase_of(pod) not in ("Succeeded", "Failed")


def pod_to_ask(pods: Iterable[Manifest]) -> PodAddress | None:
    """A worker that runs; a ready one where there is one. Always the same as long as it is there."""
    addresses = [
        (not _is_ready(pod), name_of(pod), str(pod["status"]["podIP"]))
        for pod in of_component(pods, "worker")
        if (pod.get("status") or {}).get("podIP") and _runs(pod, BRIDGE)
    ]
    _, name, ip = min(addresses, default=(None, "", ""))
    return PodAddress(name, ip) if ip else None


def is_container_ready(pod: Manifest, container: str) -> bool:
    return any(status.get("name") == container and status.get("ready") for status in container_statuses(pod))


def _runs(pod: Manifest, container: str) -> bool:
    return any(status.get("name") == container and state_of(status, "running") for status in container_statuses(pod))


def _is_ready(pod: Manifest) -> bool:
    return pod_condition(pod, "Ready").get("status") == "True"


def container_statuses(pod: Manifest) -> list[Any]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def state_of(status: Manifest, kind: str) -> Manifest:
    found: Manifest = (status.get("state") or {}).get(kind) or {}
    return found


def last_end(status: Manifest) -> Manifest:
    found: Manifest = (status.get("lastState") or {}).get("terminated") or {}
    return found


def pod_condition(pod: Manifest, kind: str) -> Manifest:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each.get("type") == kind), {})


def phase_of(pod: Manifest) -> object:
    return (pod.get("status") or {}).get("phase")


def name_of(pod: Manifest) -> str:
    return str(pod["metadata"]["name"])
