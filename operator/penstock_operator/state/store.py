"""What the watches said last, for reconciles to read: ModelDeployments, their children and their pods.

Objects are kept as compressed JSON without `managedFields`, a twentieth of what the same dictionaries take, and parsed
anew for each reader, who therefore owns what it gets. Safe to use from several threads.
"""

import json
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from penstock_operator.observed import ChildKey, Manifest
from penstock_operator.state.kinds import BY_KIND, MODEL_DEPLOYMENT, POD, ApiResource, ResourceKey

MAX_REMEMBERED_DELETIONS: Final = 10_000

INSTANCE_LABEL: Final = "app.kubernetes.io/instance"

_Name = tuple[str, str]
_Address = tuple[ApiResource, _Name]


@dataclass(frozen=True, slots=True)
class _Entry:
    uid: str
    version: int
    packed: bytes
    owners: tuple[ResourceKey, ...]


class Store:
    """Methods that change it return the ModelDeployments that the change is about; none where nothing is new."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: dict[ApiResource, dict[_Name, _Entry]] = {resource: {} for resource in BY_KIND.values()}
        self._owned: dict[ResourceKey, set[_Address]] = {}
        self._deletions: OrderedDict[_Address, int] = OrderedDict()

    def put(self, resource: ApiResource, manifest: Manifest) -> Sequence[ResourceKey]:
        """Whichever of watch, list and answer to a write is newest stays."""
        name = _name(manifest)
        with self._lock:
            known = self._version(resource, name)
        if version_of(manifest) <= known:
            return ()
        entry = _entry(resource, manifest)  # takes longest, so apart from the lock
        with self._lock:
            return self._put(resource, name, entry)

    def remove(self, resource: ApiResource, manifest: Manifest) -> Sequence[ResourceKey]:
        """The watch saw it deleted; `manifest` is its last state."""
        name, uid, version = _name(manifest), manifest["metadata"].get("uid", ""), version_of(manifest)
        with self._lock:
            current = self._entries[resource].get(name)
            if current is not None and current.uid != uid and current.version > version:
                return ()
            self._remember_deletion((resource, name), max(version, current.version if current else 0))
            return self._drop(resource, name)

    def replace(
        self, resource: ApiResource, pages: Iterable[tuple[Iterable[Manifest], int]], *, namespace: str | None
    ) -> Sequence[ResourceKey]:
        """A complete list, of a namespace or of all, in pages with its version. What it lacks is gone, unless newer."""
        changed: dict[ResourceKey, None] = {}
        listed: set[_Name] = set()
        version = 0
        for manifests, version in pages:  # noqa: B007 - the last one counts, though all are the same
            for manifest in manifests:
                listed.add(_name(manifest))
                changed |= dict.fromkeys(self.put(resource, manifest))
        with self._lock:
            for name, entry in list(self._entries[resource].items()):
                if name not in listed and entry.version <= version and namespace in (None, name[0]):
                    changed |= dict.fromkeys(self._drop(resource, name))
        return tuple(changed)

    def clear(self, resource: ApiResource) -> None:
        """The API server does not know the kind any more."""
        with self._lock:
            for name in list(self._entries[resource]):
                self._drop(resource, name)

    def resource(self, key: ResourceKey) -> dict[str, Any] | None:
        return self._read(MODEL_DEPLOYMENT, (key.namespace, key.name))

    def resources(self) -> Sequence[ResourceKey]:
        """Every ModelDeployment, in an order of no meaning."""
        with self._lock:
            return [ResourceKey(*name) for name in self._entries[MODEL_DEPLOYMENT]]

    def children(self, key: ResourceKey) -> Mapping[ChildKey, Manifest]:
        """All but pods: what bears its instance label or names it as its owner."""
        return {
            ChildKey(resource.kind, name): _unpacked(packed)
            for (resource, (_, name)), packed in self._packed_of(key).items()
            if resource not in (MODEL_DEPLOYMENT, POD)
        }

    def pods(self, key: ResourceKey) -> Sequence[Manifest]:
        return [_unpacked(packed) for (kind, _), packed in sorted(self._packed_of(key).items()) if kind == POD]

    def count(self, resource: ApiResource) -> int:
        with self._lock:
            return len(self._entries[resource])

    def _packed_of(self, key: ResourceKey) -> Mapping[_Address, bytes]:
        with self._lock:
            owned = self._owned.get(key, set())
            return {(resource, name): self._entries[resource][name].packed for resource, name in owned}

    def _read(self, resource: ApiResource, name: _Name) -> dict[str, Any] | None:
        with self._lock:
            entry = self._entries[resource].get(name)
        return None if entry is None else _unpacked(entry.packed)

    def _put(self, resource: ApiResource, name: _Name, entry: _Entry) -> Sequence[ResourceKey]:
        if entry.version <= self._version(resource, name):
            return ()
        before = self._drop(resource, name)
        self._entries[resource][name] = entry
        for owner in entry.owners:
            self._owned.setdefault(owner, set()).add((resource, name))
        return tuple(dict.fromkeys((*entry.owners, *before)))

    def _version(self, resource: ApiResource, name: _Name) -> int:
        """The newest that is known of it, be it that it was deleted."""
        current = self._entries[resource].get(name)
        return self._deletions.get((resource, name), 0) if current is None else current.version

    def _drop(self, resource: ApiResource, name: _Name) -> Sequence[ResourceKey]:
        entry = self._entries[resource].pop(name, None)
        if entry is None:
            return ()
        for owner in entry.owners:
            owned = self._owned.get(owner, set())
            owned.discard((resource, name))
            if not owned:
                self._owned.pop(owner, None)
        return entry.owners

    def _remember_deletion(self, address: _Address, version: int) -> None:
        """Else the answer to an earlier write, arriving late, would bring the object back."""
        self._deletions[address] = version
        self._deletions.move_to_end(address)
        if len(self._deletions) > MAX_REMEMBERED_DELETIONS:
            self._deletions.popitem(last=False)


def version_of(manifest: Manifest) -> int:
    """The resource version, as a number; 0 where there is none."""
    text = str(manifest.get("metadata", {}).get("resourceVersion", ""))
    return int(text) if text.isdecimal() else 0


def _name(manifest: Manifest) -> _Name:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]


def _entry(resource: ApiResource, manifest: Manifest) -> _Entry:
    metadata = manifest["metadata"]
    kept = {
        "apiVersion": resource.api_version,  # the items of a list do not say it
        "kind": resource.kind,
        **manifest,
        "metadata": {key: value for key, value in metadata.items() if key != "managedFields"},
    }
    text = json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")
    return _Entry(metadata.get("uid", ""), version_of(manifest), zlib.compress(text, 1), _owners(resource, metadata))


def _unpacked(packed: bytes) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(zlib.decompress(packed))
    return manifest


def _owners(resource: ApiResource, metadata: Mapping[str, Any]) -> tuple[ResourceKey, ...]:
    """By label and by owner reference, since either may have been edited away."""
    namespace = metadata["namespace"]
    if resource == MODEL_DEPLOYMENT:
        return (ResourceKey(namespace, metadata["name"]),)
    labelled = (metadata.get("labels") or {}).get(INSTANCE_LABEL)
    referred = [each["name"] for each in metadata.get("ownerReferences") or () if each["kind"] == MODEL_DEPLOYMENT.kind]
    return tuple(ResourceKey(namespace, name) for name in dict.fromkeys([*([labelled] if labelled else []), *referred]))
