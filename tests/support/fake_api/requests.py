"""What a request asks of the objects: the answer to everything but a watch. No I/O."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock_operator.state.kinds import ApiResource
from support.fake_api.objects import Failure, Object, Objects
from support.fake_api.patches import apply, merge_patch

CREATED = 201


@dataclass(frozen=True, slots=True)
class Target:
    """`name` empty: the collection."""

    resource: ApiResource
    namespace: str | None
    name: str
    subresource: str

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace or "", self.name


@dataclass(slots=True)
class Requests:
    objects: Objects = field(default_factory=Objects)
    _applied: dict[tuple[str, str, ApiResource, tuple[str, str]], Object] = field(default_factory=dict)

    def list(self, target: Target, query: Mapping[str, str]) -> Object:
        """Pages carry on by position, which is stable enough for a list nobody changes meanwhile."""
        found = self.objects.list(target.resource, target.namespace, query.get("labelSelector", ""))
        start = int(query.get("continue") or 0)
        end = start + int(query.get("limit") or len(found) or 1)
        metadata = {"resourceVersion": str(self.objects.version)} | ({"continue": str(end)} if end < len(found) else {})
        return {
            "kind": f"{target.resource.kind}List",
            "apiVersion": target.resource.api_version,
            "metadata": metadata,
            "items": [{k: v for k, v in each.items() if k not in ("kind", "apiVersion")} for each in found[start:end]],
        }

    def write(self, method: str, target: Target, query: Mapping[str, str], body: Any, content_type: str) -> Object:
        if method == "POST":
            return self.objects.create(target.resource, _without_status(_placed(body, target)))
        if method == "DELETE":
            uid = ((body or {}).get("preconditions") or {}).get("uid")
            return self.objects.delete(target.resource, target.key, uid)
        if method == "PUT":
            return self._update(target, body)
        if content_type == "application/apply-patch+yaml":
            return self._apply(target, query["fieldManager"], body)
        return self._merge(target, body)

    def _update(self, target: Target, body: Object) -> Object:
        live = self.objects.find(target.resource, target.key)
        _require(body, live)
        if target.subresource == "status":
            return self.objects.replace(target.resource, {**copy.deepcopy(live), "status": body["status"]})
        kept = {"status": live["status"]} if "status" in live else {}
        return self.objects.replace(target.resource, {**_without_status(copy.deepcopy(body)), **kept})

    def _merge(self, target: Target, body: Object) -> Object:
        live = self.objects.find(target.resource, target.key)
        _require(body, live)
        if target.subresource == "scale":
            body = {"spec": {"replicas": body["spec"]["replicas"]}}
        elif target.subresource == "status":
            body = {"status": body["status"]}
        changed = self.objects.replace(target.resource, copy.deepcopy(merge_patch(live, body)))
        return _scale_of(changed) if target.subresource == "scale" else changed

    def _apply(self, target: Target, manager: str, body: Object) -> Object:
        address = (manager, target.subresource, target.resource, target.key)
        wanted = _without_preconditions(_without_status(_placed(body, target)))
        try:
            live = self.objects.find(target.resource, target.key)
        except Failure:
            if "uid" in body["metadata"]:
                raise Failure(409, "Conflict", "uid mismatch: no existing object was found") from None
            made = self.objects.create(target.resource, wanted)
            self._applied[address] = wanted
            return made
        if body["metadata"].get("uid") not in (None, live["metadata"]["uid"]):
            raise Failure(422, "Invalid", "metadata.uid: field is immutable", invalid_field="metadata.uid")
        _require(body, live)
        before = self._applied.get(address, {})
        changed = self.objects.replace(target.resource, apply(live, before, wanted))
        self._applied[address] = wanted
        return changed


def _require(body: Object, live: Object) -> None:
    """The preconditions that metadata may hold."""
    given = body.get("metadata") or {}
    for field_name in ("uid", "resourceVersion"):
        if given.get(field_name) not in (None, "", live["metadata"][field_name]):
            raise Failure(409, "Conflict", f"the object has been modified: {field_name}")


def _placed(body: Object, target: Target) -> Object:
    placed = copy.deepcopy(body)
    placed["metadata"]["namespace"] = target.namespace
    return placed


def _without_status(body: Object) -> Object:
    return {key: value for key, value in body.items() if key != "status"}


def _without_preconditions(body: Object) -> Object:
    metadata = {key: value for key, value in body["metadata"].items() if key not in ("uid", "resourceVersion")}
    return {**body, "metadata": metadata}


def _scale_of(deployment: Object) -> Object:
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {key: deployment["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion")},
        "spec": {"replicas": deployment["spec"]["replicas"]},
    }
