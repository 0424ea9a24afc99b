"""What a user adds to pods: labels and annotations, where they run and as whom. Pure.

Where the model shares the workers' pods, both templates hold, and where they contradict each other, the model's: it has
the needs that only some nodes and accounts fill.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final, TypeVar

from penstock_operator import names
from penstock_operator.api.pod import PodTemplate
from penstock_operator.api.scheduling import Affinity, TopologySpreadConstraint
from penstock_operator.names import Component
from penstock_operator.render.owner import Manifest, Owner

_METADATA: Final = {"labels", "annotations"}
_MAPS: Final = ("labels", "annotations", "node_selector")
_SINGLE: Final = ("priority_class_name", "runtime_class_name", "service_account_name", "dns_config")

Entry = TypeVar("Entry")


def pod_template(
    owner: Owner, component: Component, template: PodTemplate, spec: Manifest, *, annotations: Mapping[str, str]
) -> Manifest:
    """`spec` with what the template adds; `annotations` are ours and go over the user's."""
    metadata: Manifest = {"labels": {**template.labels, **names.labels(owner.name, component)}}
    if template.annotations or annotations:
        metadata["annotations"] = {**template.annotations, **annotations}
    return {"metadata": metadata, "spec": {**_hardened(template), **_added(owner, component, template), **spec}}


def _hardened(template: PodTemplate) -> Manifest:
    return {
        # Pods that ask the API server for nothing have no token to lose.
        "automountServiceAccountToken": template.service_account_name is not None,
        # A variable for every Service of the namespace slows starts and may meet a name that the model reads.
        "enableServiceLinks": False,
    }


def _added(owner: Owner, component: Component, template: PodTemplate) -> Manifest:
    once = merged(PodTemplate(), template)  # a server-side apply takes no entry twice, and answers as if it had failed
    fields: Manifest = once.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=_METADATA)
    for toleration in fields.get("tolerations", []):
        if toleration.get("value") == "":
            del toleration["value"]  # the API server keeps no empty value, and means the same
    for constraint in fields.get("topologySpreadConstraints", []):
        # Without a selector no pod at all would be counted.
        constraint.setdefault("labelSelector", {"matchLabels": dict(names.selector(owner.name, component))})
    return fields


def merged(worker: PodTemplate, model: PodTemplate) -> PodTemplate:
    """For pods that are the worker's and the model's."""
    update: dict[str, Any] = {name: {**getattr(worker, name), **getattr(model, name)} for name in _MAPS}
    update |= {
        name: getattr(worker if getattr(model, name) is None else model, name)
        for name in _SINGLE
        if getattr(model, name) is not None or getattr(worker, name) is not None
    }
    update |= {
        "tolerations": _united(worker.tolerations, model.tolerations, lambda toleration: toleration),
        "image_pull_secrets": _united(worker.image_pull_secrets, model.image_pull_secrets, lambda secret: secret.name),
        "host_aliases": _united(worker.host_aliases, model.host_aliases, lambda alias: alias.ip),
        "topology_spread_constraints": _united(
            worker.topology_spread_constraints,
            model.topology_spread_constraints,
            spread_key,
        ),
        "affinity": _merged_affinity(worker.affinity, model.affinity),
    }
    return PodTemplate().model_copy(update=update)


def spread_key(constraint: TopologySpreadConstraint) -> tuple[str, str]:
    """What tells two of them apart."""
    return constraint.topology_key, constraint.when_unsatisfiable


def _united(worker: Iterable[Entry], model: Iterable[Entry], key: Callable[[Entry], Hashable]) -> tuple[Entry, ...]:
    return tuple({key(entry): entry for entry in (*worker, *model)}.values())


def _merged_affinity(worker: Affinity | None, model: Affinity | None) -> Affinity | None:
    if worker is None or model is None:
        return worker or model
    given = {name: getattr(model, name) for name in type(model).model_fields if getattr(model, name) is not None}
    return worker.model_copy(update=given)
