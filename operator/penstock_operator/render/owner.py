"""The head that every child has: what it is, whose it is, and how it is found again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from penstock_operator import names
from penstock_operator.api.v1alpha1 import API_VERSION, KIND
from penstock_operator.names import Component

Manifest = dict[str, Any]

API_VERSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ConfigMap": "v1",
        "Service": "v1",
        "Deployment": "apps/v1",
        "Job": "batch/v1",
        "PodDisruptionBudget": "policy/v1",
        "NetworkPolicy": "networking.k8s.io/v1",
        "TriggerAuthentication": "keda.sh/v1alpha1",
        "ScaledObject": "keda.sh/v1alpha1",
        "PodMonitor": "monitoring.coreos.com/v1",
    }
)
"""Every kind of child."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The ModelDeployment as Kubernetes knows it."""

    namespace: str
    name: str
    uid: str

    def child(self, kind: str, name: str, component: Component, **body: Any) -> Manifest:
        return {
            "apiVersion": API_VERSIONS[kind],
            "kind": kind,
            "metadata": {
                "name": name,
                "namespace": self.namespace,
                "labels": dict(names.labels(self.name, component)),
                "ownerReferences": [self._reference()],
            },
            **body,
        }

    def _reference(self) -> Manifest:
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "name": self.name,
            "uid": self.uid,
            "controller": True,
            # A child with somebody else's finalizer (KEDA's) must not keep the resource from going.
            "blockOwnerDeletion": False,
        }
