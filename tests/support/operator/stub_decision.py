"""A decision that is small enough to see through: one ConfigMap that says what the spec says, and a status."""

from typing import Any, Final

from penstock_operator.observed import Apply, ChildKey, Decision, Event, Observed
from penstock_operator.options import Options
from penstock_operator.state.kinds import ResourceKey

TIME: Final = "2026-01-01T00:00:00Z"


def child_name(name: str) -> str:
    return f"{name}-config"


def labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/managed-by": "penstock", "app.kubernetes.io/instance": name}


def child(key: ResourceKey, uid: str, content: str) -> dict[str, Any]:
    owner = {"apiVersion": "serving.penstock.dev/v1alpha1", "kind": "ModelDeployment", "name": key.name, "uid": uid}
    metadata = {
        "name": child_name(key.name),
        "namespace": key.namespace,
        "labels": labels(key.name),
        "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": False}],
    }
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"paused": content}}


def decide(observed: Observed, _options: Options) -> Decision:
    metadata = observed.resource["metadata"]
    key = ResourceKey(metadata["namespace"], metadata["name"])
    wanted = child(key, metadata["uid"], str(observed.resource["spec"].get("paused", False)))
    address = ChildKey("ConfigMap", child_name(key.name))
    live = observed.children.get(address)
    reason, actions = "AsWanted", []
    if live is None:
        actions = [Apply(wanted, None)]
    elif not any(owner["uid"] == metadata["uid"] for owner in live["metadata"].get("ownerReferences", ())):
        reason = "Conflict"
    elif live.get("data") != wanted["data"] or live["metadata"].get("labels") != wanted["metadata"]["labels"]:
        actions = [Apply(wanted, live["metadata"]["uid"])]
    if address in observed.refusals:
        reason = "Refused"
    elif actions:
        reason = "Writing"
    return Decision(
        actions,
        _status(observed, reason),
        [Event("Normal", reason, f"it is {reason}")],
        requeue_after_seconds=2.0 if reason in ("Conflict", "Refused") else None,
        ask_worker=None,
    )


def _status(observed: Observed, reason: str) -> dict[str, Any]:
    generation = observed.resource["metadata"]["generation"]
    ready = {
        "type": "Ready",
        "status": "True" if reason == "AsWanted" else "False",
        "reason": reason,
        "message": f"KEDA: {observed.keda_present}",
        "lastTransitionTime": TIME,
        "observedGeneration": generation,
    }
    return {"conditions": [ready], "observedGeneration": generation}
