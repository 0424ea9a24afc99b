"""Pure: the cluster's DNS, as the manifests of one Deployment."""

from typing import Any

from cluster import addresses

Manifest = dict[str, Any]

NAMESPACE = "kube-system"
NAME = "coredns"
_PORT = 1053  # a port that needs no capability
_READY_PORT = 8181
_LABELS = {"k8s-app": "kube-dns"}
_COREFILE = f"""\
.:{_PORT} {{
    errors
    ready :{_READY_PORT}
    cache 5
    hosts {{
        {addresses.NODE} kafka.penstock.test
        fallthrough
    }}
    kubernetes cluster.local {{
        pods insecure
        ttl 5
    }}
}}
"""


def manifests(image: str) -> list[Manifest]:
    return [
        _object("v1", "ServiceAccount", {}),
        _object("rbac.authorization.k8s.io/v1", "ClusterRole", {"rules": _RULES}, namespaced=False),
        _object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", _binding(), namespaced=False),
        _object("v1", "ConfigMap", {"data": {"Corefile": _COREFILE}}),
        _object("apps/v1", "Deployment", {"spec": _deployment(image)}),
        _object("v1", "Service", {"spec": _service()}, name="kube-dns"),
    ]


_RULES = [
    {"apiGroups": [""], "resources": ["services", "pods", "namespaces", "endpoints"], "verbs": ["list", "watch"]},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
]


def _object(version: str, kind: str, body: Manifest, *, name: str = NAME, namespaced: bool = True) -> Manifest:
    metadata = {"name": name, **({"namespace": NAMESPACE} if namespaced else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}


def _binding() -> Manifest:
    return {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAME},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}],
    }


def _deployment(image: str) -> Manifest:
    container = {
        "name": NAME,
        "image": image,
        "imagePullPolicy": "Never",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": _READY_PORT}, "periodSeconds": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns"}],
    }
    pod = {
        "serviceAccountName": NAME,
        "dnsPolicy": "Default",
        "containers": [container],
        "volumes": [{"name": "config", "configMap": {"name": NAME}}],
    }
    return {"selector": {"matchLabels": _LABELS}, "template": {"metadata": {"labels": _LABELS}, "spec": pod}}


def _service() -> Manifest:
    ports = [
        {"name": f"dns-{protocol.lower()}", "port": 53, "targetPort": _PORT, "protocol": protocol}
        for protocol in ("UDP", "TCP")
    ]
    return {"clusterIP": addresses.DNS_SERVICE, "selector": _LABELS, "ports": ports}
