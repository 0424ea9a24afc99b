"""From what is wanted and what is there to what has to be written. Pure.

Invariant: nothing that is not ours is written, and nothing is written that is as it should be.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from penstock_operator import names
from penstock_operator.decision.compare import holds
from penstock_operator.decision.ownership import Ownership
from penstock_operator.observed import Apply, ChildKey, Manifest

MANIFEST_HASH: Final = "serving.penstock.dev/manifest-hash"
"""Annotation of every child: what was applied last. A field that is wanted no more shows here alone."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A child as it should be, and the children that must be there and ours before it is written.

    One that is only being made in this pass does not count: its creation may find somebody else's object.
    """

    manifest: Manifest
    needs: tuple[ChildKey, ...] = ()

    @property
    def key(self) -> ChildKey:
        return key_of(self.manifest)

    @property
    def hash(self) -> str:
        found = hash_of(self.manifest)
        if found is None:
            raise ValueError(f"{self.key} was not stamped")
        return found


@dataclass(frozen=True, slots=True)
class Live:
    """A child as it is."""

    manifest: Manifest
    ownership: Ownership


@dataclass(slots=True)
class Plan:
    """`obstacles`: whose objects stand in the way."""

    applies: list[Apply] = field(default_factory=list)
    obstacles: dict[ChildKey, Ownership] = field(default_factory=dict)


def wish(manifest: Mapping[str, Any], *needs: ChildKey, annotations: Mapping[str, str] | None = None) -> Wish:
    """Stamps the manifest with its hash."""
    metadata = manifest["metadata"]
    all_annotations = {**metadata.get("annotations", {}), **(annotations or {})}
    whole = {**manifest, "metadata": {**metadata, "annotations": all_annotations}}
    all_annotations[MANIFEST_HASH] = names.content_hash(whole)
    return Wish(whole, needs)


def plan(wishes: Iterable[Wish], live: Mapping[ChildKey, Live]) -> Plan:
    """In the order of the wishes."""
    made = Plan()
    for each in wishes:
        found = live.get(each.key)
        if not all(_is_ours(live.get(need)) for need in each.needs):
            continue
        if found is None:
            made.applies.append(Apply(each.manifest, uid=None))
        elif found.ownership is not Ownership.OURS:
            made.obstacles[each.key] = found.ownership
        elif not is_current(each, found.manifest) and _may_change(each, found.manifest):
            made.applies.append(Apply(each.manifest, uid=found.manifest["metadata"]["uid"]))
    return made


def _is_ours(live: Live | None) -> bool:
    return live is not None and live.ownership is Ownership.OURS


def is_current(wanted: Wish, live: Manifest) -> bool:
    """Items of a list lack their apiVersion and kind; the key has them."""
    return all(holds(part, live.get(name), name) for name, part in wanted.manifest.items() if name not in _HEAD)


def _may_change(wanted: Wish, live: Manifest) -> bool:
    """A Job's template is fixed: one that was made from another manifest is left as it is."""
    return wanted.key.kind != "Job" or hash_of(live) == wanted.hash


def key_of(manifest: Manifest) -> ChildKey:
    return ChildKey(manifest["kind"], manifest["metadata"]["name"])


def hash_of(manifest: Manifest) -> str | None:
    found = (manifest["metadata"].get("annotations") or {}).get(MANIFEST_HASH)
    return found if isinstance(found, str) else None


_HEAD: Final = frozenset({"apiVersion", "kind"})
