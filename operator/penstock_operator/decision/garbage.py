"""What of ours is wanted no more and may go. Pure.

Invariant: nothing goes that a pod mounts, that a ReplicaSet may still make pods from, or that KEDA still reads.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from penstock_operator import names
from penstock_operator.decision.prepare_jobs import PrepareJob
from penstock_operator.observed import ChildKey, Delete, Manifest

KEPT_JOBS: Final = 2
SURPLUS_CONFIG_MAPS: Final = 10
"""How many unused ones may wait for a rollout that never ends."""

_AT_ONCE: Final = frozenset({"NetworkPolicy", "PodDisruptionBudget", "PodMonitor", "Service", "Deployment"})
_NEVER: Final = frozenset({"Job", "ScaledObject"})
"""Not by being unwanted alone: see `jobs_to_delete` and the scaler."""


@dataclass(frozen=True, slots=True)
class Leftovers:
    """`ours` are live and not being deleted.

    `mounting`: pods and templates of pods that live or may come. `rolled_out`: no pod of an earlier template is left,
    and none can come back.
    """

    ours: Mapping[ChildKey, Manifest]
    wanted: frozenset[ChildKey]
    mounting: Iterable[Manifest]
    owner_name: str
    rolled_out: bool


def to_delete(left: Leftovers) -> list[Delete]:
    unwanted = {key: child for key, child in left.ours.items() if key not in left.wanted}
    unwanted.pop(ChildKey("Deployment", names.worker(left.owner_name)), None)  # its records are the users'
    chosen = [*_at_once(unwanted, left), *_config_maps(unwanted, left), *_authentications(unwanted, left)]
    return [Delete(key, unwanted[key]["metadata"]["uid"]) for key in sorted(chosen)]


def jobs_to_delete(jobs: Sequence[PrepareJob], stale: Sequence[PrepareJob]) -> list[Delete]:
    """All but the newest two, and those that run for nothing."""
    ended = sorted((job for job in jobs if not job.running), key=lambda job: (job.ended_at, job.attempt), reverse=True)
    kept = KEPT_JOBS - (len(ended) < len(jobs))
    return [Delete(ChildKey("Job", job.name), job.uid) for job in (*ended[kept:], *stale)]


def _at_once(unwanted: Mapping[ChildKey, Manifest], left: Leftovers) -> Iterator[ChildKey]:
    """A model that workers of an earlier template call goes after them."""
    model = names.model(left.owner_name)
    for key in unwanted:
        if key.kind in _AT_ONCE and (key.name != model or left.rolled_out):
            yield key


def _config_maps(unwanted: Mapping[ChildKey, Manifest], left: Leftovers) -> list[ChildKey]:
    """Between two pods of a ReplicaSet there may be none that names its ConfigMaps, so a rollout that goes on keeps
    them; of one that never ends, the newest few.
    """
    candidates = [key for key in unwanted if key.kind == "ConfigMap"]
    if not candidates:
        return []
    named = {name for part in left.mounting for name in _named(part.get("spec"))}
    named |= {name for key, child in left.ours.items() if key.kind == "TriggerAuthentication" for name in _read(child)}
    unused = [key for key in candidates if key.name not in named]
    if left.rolled_out:
        return unused
    unused.sort(key=lambda key: (str(unwanted[key]["metadata"].get("creationTimestamp")), key), reverse=True)
    return unused[SURPLUS_CONFIG_MAPS:]


def _authentications(unwanted: Mapping[ChildKey, Manifest], left: Leftovers) -> list[ChildKey]:
    scaled = [child for key, child in left.ours.items() if key.kind == "ScaledObject"]
    used = {
        (trigger.get("authenticationRef") or {}).get("name")
        for child in scaled
        for trigger in child["spec"].get("triggers") or ()
    }
    return [key for key in unwanted if key.kind == "TriggerAuthentication" and key.name not in used]


def _named(part: Any) -> Iterator[str]:
    """Every ConfigMap that a pod or template mounts, however deep its volumes are."""
    if isinstance(part, Mapping):
        config_map = part.get("configMap")
        if isinstance(config_map, Mapping) and isinstance(config_map.get("name"), str):
            yield config_map["name"]
        for value in part.values():
            yield from _named(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _named(value)


def _read(authentication: Manifest) -> Iterator[str]:
    for target in authentication["spec"].get("configMapTargetRef") or ():
        yield str(target.get("name"))
