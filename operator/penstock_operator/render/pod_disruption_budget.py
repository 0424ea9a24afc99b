"""How many pods a drained node may take at once. Pure."""

from penstock_operator import names
from penstock_operator.names import Component
from penstock_operator.render.owner import Manifest, Owner


def worker_disruption_budget(owner: Owner) -> Manifest:
    return _disruption_budget(owner, names.worker(owner.name), "worker")


def model_disruption_budget(owner: Owner) -> Manifest:
    """For placement Service."""
    return _disruption_budget(owner, names.model(owner.name), "model")


def _disruption_budget(owner: Owner, name: str, component: Component) -> Manifest:
    spec = {
        "maxUnavailable": 1,
        # Pods that do not work must not keep a node from being drained.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": dict(names.selector(owner.name, component))},
    }
    return owner.child("PodDisruptionBudget", name, component, spec=spec)
