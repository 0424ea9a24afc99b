"""What there is before the first ModelDeployment: kinds, namespaces, the operator's account, other people's objects."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from cluster import go_programs
from cluster.go_build import module_folder
from penstock_operator.api.v1alpha1 import API_VERSION
from scale.api import Api
from support.custom_resources.definition import definition
from support.custom_resources.documents import first_document

NAMESPACE: Final = "scale"
FOREIGN: Final = "foreign"
ACCOUNT: Final = "penstock-operator"
USER: Final = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
"""The operator's, as the audit log names it."""
RESOURCES: Final = f"/apis/{API_VERSION}/namespaces/{NAMESPACE}/modeldeployments"

_AT_ONCE: Final = 12
_TOKEN_SECONDS: Final = 24 * 3600
_KEDA_KINDS: Final = ("scaledobjects", "triggerauthentications")
_FOREIGN_BYTES: Final = 1024


def keda_definitions() -> list[dict[str, Any]]:
    bases = module_folder(go_programs.KEDA_OPERATOR.module) / "config" / "crd" / "bases"
    return [yaml.load((bases / f"keda.sh_{kind}.yaml").read_text(), yaml.CSafeLoader) for kind in _KEDA_KINDS]


async def furnish(api: Api, *, foreign_config_maps: int) -> None:
    for crd in (definition(), *keda_definitions()):
        await api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
    for namespace in (NAMESPACE, FOREIGN):
        await api.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    # No controller makes the account that every pod has.
    for account in ("default", ACCOUNT):
        await api.create(f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts", {"metadata": {"name": account}})
    await api.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", _binding())
    path = f"/api/v1/namespaces/{FOREIGN}/configmaps"
    data = {"settings": "x" * _FOREIGN_BYTES}
    await _all(
        api.create, path, ({"metadata": {"name": f"config-{n}"}, "data": data} for n in range(foreign_config_maps))
    )


def _binding() -> dict[str, Any]:
    return {
        "metadata": {"name": ACCOUNT},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}],
    }


async def operator_token(api: Api) -> str:
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{ACCOUNT}/token"
    answer = await api.create(path, {"spec": {"expirationSeconds": _TOKEN_SECONDS}})
    token: str = answer["status"]["token"]
    return token


def operator_kubeconfig(administrators: Path, token: str) -> Path:
    """Beside the administrator's. Another user, so that the audit log tells the operator's writes from all others."""
    document = json.loads(administrators.read_text())
    document["users"][0]["user"] = {"token": token}
    file = administrators.with_name("operator.kubeconfig")
    file.touch(mode=0o600)
    file.write_text(json.dumps(document))
    return file


async def create_resources(api: Api, count: int) -> None:
    await _all(api.create, RESOURCES, (_resource(number) for number in range(count)))


def _resource(number: int) -> dict[str, Any]:
    return {**first_document(), "metadata": {"name": f"model-{number}"}}


async def _all(
    create: Callable[[str, dict[str, Any]], Awaitable[object]], path: str, manifests: Iterable[dict[str, Any]]
) -> None:
    """A few at a time, in order."""
    left = iter(manifests)

    async def creating() -> None:
        for manifest in left:
            await create(path, manifest)

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(creating())
