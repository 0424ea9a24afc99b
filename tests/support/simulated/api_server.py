"""Objects of one namespace under server-side apply, as the operator's one field manager sees it.

What the real one refuses, and what the operator must never ask for, fails here.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from penstock_operator.decision.times import format_time
from penstock_operator.observed import ChildKey, Manifest

Object = dict[str, Any]

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class ApiServer:
    """`version` moves with every change, as watches would tell."""

    now: datetime = START
    objects: dict[ChildKey, Object] = field(default_factory=dict)
    applied: dict[ChildKey, Manifest] = field(default_factory=dict)
    version: int = 0
    finalized: frozenset[str] = frozenset({"ScaledObject"})
    uids: Iterator[int] = field(default_factory=count)

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def apply(self, manifest: Manifest, uid: str | None) -> None:
        key = ChildKey(manifest["kind"], manifest["metadata"]["name"])
        live = self.objects.get(key)
        assert (live["metadata"]["uid"] if live else None) == uid, f"{key}: applied to another object than was seen"
        assert not (key.kind == "Deployment" and "replicas" in manifest["spec"]), f"{key}: replicas were applied"
        if live is None:
            self.create(manifest)
        else:
            before = deepcopy(live)
            _drop(live, self.applied.get(key, {}), manifest)
            _merge(live, manifest)
            _defaulted(live)
            _refuse_changes_of_what_is_fixed(key, before, live)
            self._changed(live, before)
        self.applied[key] = deepcopy(dict(manifest))

    def create(self, manifest: Manifest) -> Object:
        made = deepcopy(dict(manifest))
        key = ChildKey(made["kind"], made["metadata"]["name"])
        assert key not in self.objects, f"{key} is there already"
        made["metadata"] |= {
            "uid": f"uid-{next(self.uids)}",
            "creationTimestamp": format_time(self.now),
            "generation": 1,
        }
        _defaulted(made)
        self.objects[key] = made
        self.applied.pop(key, None)
        self.version += 1
        return made

    def edit(self, key: ChildKey, change: Callable[[Object], object]) -> None:
        """By anybody else."""
        before = deepcopy(self.objects[key])
        change(self.objects[key])
        self._changed(self.objects[key], before)

    def scale(self, key: ChildKey, replicas: int) -> None:
        self.edit(key, lambda live: live["spec"].update(replicas=replicas))

    def delete(self, key: ChildKey, uid: str | None = None) -> None:
        live = self.objects[key]
        assert uid in (None, live["metadata"]["uid"]), f"{key}: deletes another object than was seen"
        if key.kind in self.finalized:
            self.edit(key, lambda each: each["metadata"].setdefault("deletionTimestamp", format_time(self.now)))
        else:
            self.remove(key)

    def remove(self, key: ChildKey) -> None:
        del self.objects[key]
        self.applied.pop(key, None)
        self.version += 1

    def of_kind(self, kind: str) -> list[tuple[ChildKey, Object]]:
        return [(key, self.objects[key]) for key in sorted(self.objects) if key.kind == kind]

    def _changed(self, live: Object, before: Object) -> None:
        if live == before:
            return
        self.version += 1
        if live.get("spec") != before.get("spec"):
            live["metadata"]["generation"] += 1


def _defaulted(live: Object) -> None:
    """Some of what the API server fills in."""
    if live["kind"] == "Deployment":
        live["spec"].setdefault("replicas", 1)
        live["spec"].setdefault("revisionHistoryLimit", 10)
        live["spec"]["template"]["spec"].setdefault("restartPolicy", "Always")
        for container in live["spec"]["template"]["spec"]["containers"]:
            container.setdefault("imagePullPolicy", "IfNotPresent")


def _refuse_changes_of_what_is_fixed(key: ChildKey, before: Object, live: Object) -> None:
    fixed = {"ConfigMap": ("data",), "Job": ("spec", "template"), "Deployment": ("spec", "selector")}.get(key.kind, ())
    for name in fixed:
        before, live = before.get(name, {}), live.get(name, {})
    assert not fixed or before == live, f"{key}: {'.'.join(fixed)} cannot change"


def _drop(live: Any, owned: Any, wanted: Any) -> None:
    """What was applied before and is wanted no more goes."""
    for name, value in list(owned.items()):
        if name not in wanted:
            live.pop(name, None)
        elif isinstance(value, dict) and isinstance(wanted[name], dict) and isinstance(live.get(name), dict):
            _drop(live[name], value, wanted[name])


def _merge(live: Any, wanted: Any) -> None:
    for name, value in wanted.items():
        if isinstance(value, dict) and isinstance(live.get(name), dict):
            _merge(live[name], value)
        else:
            live[name] = deepcopy(value)
