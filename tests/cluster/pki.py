"""Certificates of a control plane: real ones, since clients inside pods check them and aggregation needs two CAs."""

from collections.abc import Sequence
from pathlib import Path

import trustme

_SERVICE_NAMES = tuple(
    f"kubernetes{suffix}" for suffix in ("", ".default", ".default.svc", ".default.svc.cluster.local")
)


def write_certificates(folder: Path, addresses: Sequence[str]) -> None:
    """Everything that a control plane reads, into `folder`; `addresses` are the API server's."""
    folder.mkdir(parents=True)
    ca, front_proxy_ca = trustme.CA(), trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.crt")
    front_proxy_ca.cert_pem.write_to_path(folder / "front-proxy-ca.crt")
    _write(folder, "api-server", ca.issue_cert(*_SERVICE_NAMES, *addresses, common_name="kube-apiserver"))
    # A host name for clients too: Go refuses a certificate whose critical list of names is empty.
    _write(folder, "admin", ca.issue_cert("admin", common_name="admin", organization_name="system:masters"))
    _write(folder, "front-proxy", front_proxy_ca.issue_cert("front-proxy", common_name="front-proxy-client"))
    _write(folder, "service-account", ca.issue_cert("service-account", common_name="service-account"))


def _write(folder: Path, name: str, leaf: trustme.LeafCert) -> None:
    leaf.private_key_pem.write_to_path(folder / f"{name}.key")
    leaf.cert_chain_pems[0].write_to_path(folder / f"{name}.crt")
