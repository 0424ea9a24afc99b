"""What a fake API server says that it serves. Pure."""

from collections.abc import Collection
from typing import Any

from penstock_operator.state.kinds import MODEL_DEPLOYMENT, ApiResource
from support.custom_resources.definition import definition

_VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]

EVENT = ApiResource("Event", "events.k8s.io", "v1", "events")
NAMESPACE = ApiResource("Namespace", "", "v1", "namespaces")
DEFINITION = ApiResource("CustomResourceDefinition", "apiextensions.k8s.io", "v1", "customresourcedefinitions")

ALWAYS = (EVENT, NAMESPACE, DEFINITION)


def groups(served: Collection[ApiResource]) -> dict[str, Any]:
    """`/apis`."""
    found = sorted({(each.group, each.version) for each in (*served, *ALWAYS) if each.group})
    versions = {group: {"groupVersion": f"{group}/{version}", "version": version} for group, version in found}
    return {
        "kind": "APIGroupList",
        "groups": [{"name": group, "versions": [v], "preferredVersion": v} for group, v in versions.items()],
    }


def resources(served: Collection[ApiResource], group_path: str) -> dict[str, Any] | None:
    """`/apis/GROUP/VERSION` or `/api/v1`; None where nothing of it is served."""
    found = [each for each in (*served, *ALWAYS) if each.group_path == group_path]
    if not found:
        return None
    return {
        "kind": "APIResourceList",
        "groupVersion": found[0].api_version,
        "resources": [
            {
                "name": each.plural,
                "singularName": each.kind.lower(),
                "kind": each.kind,
                "namespaced": each not in (NAMESPACE, DEFINITION),
                "verbs": _VERBS,
            }
            for each in found
        ],
    }


def openapi(served: Collection[ApiResource]) -> dict[str, Any] | None:
    """`/openapi/v3/apis/serving.penstock.dev/v1alpha1`."""
    if MODEL_DEPLOYMENT not in served:
        return None
    (version,) = definition()["spec"]["versions"]
    of_kind = {"group": MODEL_DEPLOYMENT.group, "version": MODEL_DEPLOYMENT.version, "kind": MODEL_DEPLOYMENT.kind}
    schema = version["schema"]["openAPIV3Schema"] | {"x-kubernetes-group-version-kind": [of_kind]}
    return {"openapi": "3.0.0", "components": {"schemas": {"ModelDeployment": schema}}}
