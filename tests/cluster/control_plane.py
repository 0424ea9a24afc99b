"""Pure: the commands of etcd, the API server, the controllers and the scheduler."""

import json
from dataclasses import dataclass
from pathlib import Path

from cluster import addresses

_REQUEST_HEADERS = {"username-headers": "X-Remote-User", "group-headers": "X-Remote-Group"}
_WRITES = ["create", "update", "patch", "delete", "deletecollection"]

AUDIT_POLICY = json.dumps(
    {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [{"level": "Metadata", "verbs": _WRITES}, {"level": "None"}],
    }
)
"""Who wrote what: a test that says *zero writes* reads it."""


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """Where one control plane listens and keeps its files."""

    folder: Path
    address: str
    port: int
    etcd_port: int
    etcd_peer_port: int

    @property
    def url(self) -> str:
        return f"https://{self.address}:{self.port}"

    @property
    def certificates(self) -> Path:
        return self.folder / "pki"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def audit_policy(self) -> Path:
        return self.folder / "audit-policy.json"

    @property
    def audit_log(self) -> Path:
        return self.folder / "audit.log"

    @property
    def etcd_url(self) -> str:
        return f"http://127.0.0.1:{self.etcd_port}"


def etcd_command(etcd: str, plane: ControlPlane) -> list[str]:
    peer = f"http://127.0.0.1:{plane.etcd_peer_port}"
    return [
        etcd,
        *("--name", "default", "--data-dir", str(plane.folder / "etcd")),
        *("--listen-client-urls", plane.etcd_url, "--advertise-client-urls", plane.etcd_url),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"),
        "--unsafe-no-fsync",  # what is in it ends with the test run
        *("--quota-backend-bytes", str(4 * 2**30), "--log-level", "warn"),
    ]


def api_server_command(api_server: str, plane: ControlPlane) -> list[str]:
    pki = plane.certificates
    flags = {
        "etcd-servers": plane.etcd_url,
        "bind-address": plane.address,
        "advertise-address": plane.address,
        "secure-port": str(plane.port),
        "tls-cert-file": str(pki / "api-server.crt"),
        "tls-private-key-file": str(pki / "api-server.key"),
        "client-ca-file": str(pki / "ca.crt"),
        "service-cluster-ip-range": addresses.SERVICES,
        "authorization-mode": "Node,RBAC",
        "allow-privileged": "true",
        "service-account-key-file": str(pki / "service-account.key"),
        "service-account-signing-key-file": str(pki / "service-account.key"),
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "audit-policy-file": str(plane.audit_policy),
        "audit-log-path": str(plane.audit_log),
        # KEDA's metrics adapter trusts the aggregation layer by what these publish in kube-system.
        "requestheader-client-ca-file": str(pki / "front-proxy-ca.crt"),
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        **{f"requestheader-{name}": value for name, value in _REQUEST_HEADERS.items()},
        "proxy-client-cert-file": str(pki / "front-proxy.crt"),
        "proxy-client-key-file": str(pki / "front-proxy.key"),
        "enable-aggregator-routing": "true",
        # An address of the loopback may not be an endpoint of the service `kubernetes`.
        "endpoint-reconciler-type": "none" if plane.address.startswith("127.") else "lease",
        "kubelet-preferred-address-types": "InternalIP",  # logs and exec need the node, whose name is in no DNS
    }
    return [api_server, *_flags(flags)]


def controller_manager_command(controller_manager: str, plane: ControlPlane) -> list[str]:
    pki = plane.certificates
    flags = {
        "kubeconfig": str(plane.kubeconfig),
        "use-service-account-credentials": "true",  # KEDA's roles name the autoscaler's service account
        "service-account-private-key-file": str(pki / "service-account.key"),
        "root-ca-file": str(pki / "ca.crt"),
        "leader-elect": "false",
        "allocate-node-cidrs": "false",
        "horizontal-pod-autoscaler-sync-period": "1s",  # of 15 s: the part of scaling that is not under test
        "bind-address": "127.0.0.1",
    }
    return [controller_manager, *_flags(flags)]


def scheduler_command(scheduler: str, plane: ControlPlane) -> list[str]:
    flags = {"kubeconfig": str(plane.kubeconfig), "leader-elect": "false", "bind-address": "127.0.0.1"}
    return [scheduler, *_flags(flags)]


def _flags(flags: dict[str, str]) -> list[str]:
    return [f"--{name}={value}" for name, value in flags.items()]
