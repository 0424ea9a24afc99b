"""The kinds of object that the operator watches, and where the API server has them. Pure."""

from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import quote

from penstock_operator.api.v1alpha1 import GROUP, KIND, VERSION

MANAGED_BY_PENSTOCK: Final = "app.kubernetes.io/managed-by=penstock"


class ResourceKey(NamedTuple):
    """A ModelDeployment, and so the unit of work."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class ApiResource:
    """One namespaced resource of the API server. `group` is empty for the core group."""

    kind: str
    group: str
    version: str
    plural: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def label_selector(self) -> str:
        """What the API server is asked for: of children ours alone, of ModelDeployments all."""
        return "" if self == MODEL_DEPLOYMENT else MANAGED_BY_PENSTOCK

    @property
    def group_path(self) -> str:
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def path(self, namespace: str | None, name: str = "", subresource: str = "") -> str:
        """`namespace` None: the collection of every namespace."""
        parts = ["namespaces", namespace, self.plural, name, subresource] if namespace is not None else [self.plural]
        return "/".join([self.group_path, *(quote(part, safe="") for part in parts if part)])


MODEL_DEPLOYMENT: Final = ApiResource(KIND, GROUP, VERSION, "modeldeployments")
DEPLOYMENT: Final = ApiResource("Deployment", "apps", "v1", "deployments")
POD: Final = ApiResource("Pod", "", "v1", "pods")
SCALED_OBJECT: Final = ApiResource("ScaledObject", "keda.sh", "v1alpha1", "scaledobjects")
TRIGGER_AUTHENTICATION: Final = ApiResource("TriggerAuthentication", "keda.sh", "v1alpha1", "triggerauthentications")
POD_MONITOR: Final = ApiResource("PodMonitor", "monitoring.coreos.com", "v1", "podmonitors")

BUILT_IN_CHILDREN: Final = (
    ApiResource("ConfigMap", "", "v1", "configmaps"),
    ApiResource("Service", "", "v1", "services"),
    ApiResource("Job", "batch", "v1", "jobs"),
    DEPLOYMENT,
    ApiResource("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets"),
    ApiResource("NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies"),
)
KEDA_CHILDREN: Final = (TRIGGER_AUTHENTICATION, SCALED_OBJECT)
CHILDREN: Final = (*BUILT_IN_CHILDREN, *KEDA_CHILDREN, POD_MONITOR)

ALWAYS_WATCHED: Final = (MODEL_DEPLOYMENT, *BUILT_IN_CHILDREN, POD)
"""The others are watched while the API server knows their kind."""

BY_KIND: Final = {resource.kind: resource for resource in (MODEL_DEPLOYMENT, *CHILDREN, POD)}
