"""The objects of a fake API server: versions, generations, selectors, history and garbage collection. No I/O.

It does what Kubernetes documents, as far as the operator depends on it; the contract suite runs on it and on the real
thing alike.
"""

import copy
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from penstock_operator.state.kinds import ApiResource

Object = dict[str, Any]
Name = tuple[str, str]


class Failure(Exception):  # noqa: N818 - an answer
    """An answer of 400 or more."""

    def __init__(self, status: int, reason: str, message: str, *, invalid_field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.causes = [] if invalid_field is None else [{"reason": "FieldValueInvalid", "field": invalid_field}]


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the history. Without `before` it was created, without `after` it went."""

    version: int
    resource: ApiResource
    before: Object | None
    after: Object | None


@dataclass(slots=True)
class Objects:
    """Every write gets the next version."""

    version: int = 100
    oldest: int = 100
    kept: dict[ApiResource, dict[Name, Object]] = field(default_factory=dict)
    history: list[Change] = field(default_factory=list)

    def find(self, resource: ApiResource, name: Name) -> Object:
        found = self.kept.get(resource, {}).get(name)
        if found is None:
            raise Failure(404, "NotFound", f'{resource.plural} "{name[1]}" not found')
        return found

    def list(self, resource: ApiResource, namespace: str | None, selector: str) -> list[Object]:
        found = sorted(self.kept.get(resource, {}).items())
        return [each for (ns, _), each in found if namespace in (None, ns) and matches(selector, each)]

    def create(self, resource: ApiResource, given: Mapping[str, Any]) -> Object:
        made: Object = copy.deepcopy(dict(given))
        metadata = made["metadata"]
        name = (metadata["namespace"], metadata["name"])
        if name in self.kept.get(resource, {}):
            raise Failure(409, "AlreadyExists", f'{resource.plural} "{name[1]}" already exists')
        made |= {"apiVersion": resource.api_version, "kind": resource.kind}
        metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": _now(), "generation": 1}
        if resource.kind == "Deployment":
            made["spec"].setdefault("replicas", 1)
        self._keep(resource, name, None, made)
        return made

    def replace(self, resource: ApiResource, new: Object) -> Object:
        """`new` has the name of one that is there. Nothing new, no new version."""
        name = (new["metadata"]["namespace"], new["metadata"]["name"])
        old = self.find(resource, name)
        new["metadata"] |= {key: old["metadata"][key] for key in ("uid", "creationTimestamp", "generation")}
        new["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
        if new == old:
            return old
        if new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] += 1
        self._keep(resource, name, old, new)
        if "deletionTimestamp" in new["metadata"] and not new["metadata"].get("finalizers"):
            self._remove(resource, name)
        return new

    def delete(self, resource: ApiResource, name: Name, uid: str | None) -> Object:
        old = self.find(resource, name)
        if uid not in (None, old["metadata"]["uid"]):
            raise Failure(409, "Conflict", "Precondition failed: UID in precondition")
        if not old["metadata"].get("finalizers"):
            self._remove(resource, name)
        elif "deletionTimestamp" not in old["metadata"]:
            new = copy.deepcopy(old)
            new["metadata"]["deletionTimestamp"] = _now()
            self._keep(resource, name, old, new)
        return old

    def changes(self, resource: ApiResource, namespace: str | None, selector: str, since: int) -> Iterator[Object]:
        """Watch events: an object that begins or ceases to match comes as added or deleted."""
        for change in self.history:
            about = change.after or change.before or {}
            is_there = change.resource == resource and namespace in (None, about["metadata"]["namespace"])
            if is_there and change.version > since:
                yield from _events(change, selector)

    def compact(self) -> None:
        """Forgets the history, as the API server does after some minutes."""
        self.history.clear()
        self.oldest = self.version

    def _keep(self, resource: ApiResource, name: Name, old: Object | None, new: Object) -> None:
        self.version += 1
        new["metadata"]["resourceVersion"] = str(self.version)
        self.kept.setdefault(resource, {})[name] = new
        self.history.append(Change(self.version, resource, old, copy.deepcopy(new)))

    def _remove(self, resource: ApiResource, name: Name) -> None:
        self.version += 1
        gone = copy.deepcopy(self.kept[resource].pop(name))
        gone["metadata"]["resourceVersion"] = str(self.version)
        self.history.append(Change(self.version, resource, gone, None))
        self._collect_garbage(gone["metadata"]["uid"])

    def _collect_garbage(self, owner_uid: str) -> None:
        for resource, objects in list(self.kept.items()):
            for name, each in list(objects.items()):
                references = each["metadata"].get("ownerReferences", [])
                if name in objects and any(reference["uid"] == owner_uid for reference in references):
                    self.delete(resource, name, None)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def matches(selector: str, candidate: Object | None) -> bool:
    """Equality selectors alone."""
    if candidate is None:
        return False
    labels = candidate["metadata"].get("labels") or {}
    return all(
        labels.get(key) == value for key, _, value in (part.partition("=") for part in selector.split(",") if part)
    )


def _events(change: Change, selector: str) -> Iterator[Object]:
    before, after = matches(selector, change.before), matches(selector, change.after)
    if not (before or after):
        return
    gone = {**(change.before or {}), "metadata": {**(change.before or {}).get("metadata", {})}}
    if not after:
        gone["metadata"]["resourceVersion"] = str(change.version)
    yield {
        "type": "DELETED" if not after else "MODIFIED" if before else "ADDED",
        "object": change.after if after else gone,
    }
