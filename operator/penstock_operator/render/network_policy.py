"""Who may connect to the pods: to their one port anybody, to nothing else anybody. Pure.

Ingress only: where Kafka, the model and a token endpoint are is the user's to know, so egress is never restricted.
"""

from penstock_operator import defaults, names
from penstock_operator.api.derived import WORKER_PORT
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.names import Component
from penstock_operator.render.owner import Manifest, Owner


def worker_network_policy(owner: Owner) -> Manifest:
    """Health and metrics; a model beside the worker is reached by the worker alone."""
    return _network_policy(owner, names.worker(owner.name), "worker", WORKER_PORT)


def model_network_policy(deployment: ModelDeployment, owner: Owner) -> Manifest:
    """For placement Service."""
    return _network_policy(owner, names.model(owner.name), "model", defaults.model_port(deployment.spec.model))


def _network_policy(owner: Owner, name: str, component: Component, port: int) -> Manifest:
    spec = {
        "podSelector": {"matchLabels": dict(names.selector(owner.name, component))},
        "policyTypes": ["Ingress"],
        "ingress": [{"ports": [{"port": port, "protocol": "TCP"}]}],
    }
    return owner.child("NetworkPolicy", name, component, spec=spec)
