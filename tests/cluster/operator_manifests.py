"""Pure: the operator as a Deployment, with exactly the rights that it uses."""

from typing import Any

Manifest = dict[str, Any]

NAMESPACE = "penstock-system"
NAME = "penstock-operator"
_PORT = 8080
_LABELS = {"app.kubernetes.io/name": NAME}
_READ = ["get", "list", "watch"]
_WRITE = ["create", "patch", "update", "delete"]


def manifests(image: str, worker_image: str) -> list[Manifest]:
    rbac = "rbac.authorization.k8s.io"
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        _object("v1", "ServiceAccount", {}),
        _object(f"{rbac}/v1", "ClusterRole", {"rules": RULES}, namespaced=False),
        _object(
            f"{rbac}/v1",
            "ClusterRoleBinding",
            {
                "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": NAME},
                "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}],
            },
            namespaced=False,
        ),
        _object("apps/v1", "Deployment", {"spec": _deployment(image, worker_image)}),
    ]


def _rule(group: str, resources: list[str], verbs: list[str]) -> Manifest:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


RULES = [
    _rule("serving.penstock.dev", ["modeldeployments"], _READ),
    _rule("serving.penstock.dev", ["modeldeployments/status"], ["update"]),
    _rule("", ["configmaps", "services"], [*_READ, *_WRITE]),
    _rule("", ["pods"], _READ),
    _rule("batch", ["jobs"], [*_READ, *_WRITE]),
    _rule("apps", ["deployments"], [*_READ, *_WRITE]),
    _rule("apps", ["deployments/scale"], ["get", "patch", "update"]),
    _rule("policy", ["poddisruptionbudgets"], [*_READ, *_WRITE]),
    _rule("networking.k8s.io", ["networkpolicies"], [*_READ, *_WRITE]),
    _rule("keda.sh", ["scaledobjects", "triggerauthentications"], [*_READ, *_WRITE]),
    _rule("monitoring.coreos.com", ["podmonitors"], [*_READ, *_WRITE]),
    _rule("events.k8s.io", ["events"], ["create", "patch"]),
]
"""No verb on Secrets, and none on definitions: the API server's OpenAPI document tells what it serves."""


def _object(version: str, kind: str, body: Manifest, *, namespaced: bool = True) -> Manifest:
    metadata = {"name": NAME, **({"namespace": NAMESPACE} if namespaced else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}


def _deployment(image: str, worker_image: str) -> Manifest:
    security = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {
        "name": "operator",
        "image": image,
        "env": [
            {"name": "PENSTOCK_WORKER_IMAGE", "value": worker_image},
            {"name": "PENSTOCK_PORT", "value": str(_PORT)},
        ],
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": _PORT}, "periodSeconds": 1},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": _PORT}, "failureThreshold": 3},
        "resources": {"limits": {"memory": "300Mi"}},
        "securityContext": security,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    pod = {"serviceAccountName": NAME, "containers": [container], "volumes": [{"name": "tmp", "emptyDir": {}}]}
    return {
        "replicas": 1,
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": _LABELS},
        "template": {"metadata": {"labels": _LABELS}, "spec": pod},
    }
