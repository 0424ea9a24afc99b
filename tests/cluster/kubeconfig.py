"""Pure: a kubeconfig that needs no other file."""

import json
from base64 import b64encode


def kubeconfig(server: str, *, ca: bytes, certificate: bytes, key: bytes) -> str:
    """JSON, which every reader of kubeconfigs takes as the YAML it is."""
    name = "penstock-test"
    cluster = {"server": server, "certificate-authority-data": _text(ca)}
    user = {"client-certificate-data": _text(certificate), "client-key-data": _text(key)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(document, indent=1)


def _text(content: bytes) -> str:
    return b64encode(content).decode()
