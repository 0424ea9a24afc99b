"""Edge: what a control plane reads from files, and whether it answers."""

import http.client
import ssl
from urllib.parse import urlsplit

from cluster.control_plane import AUDIT_POLICY, ControlPlane
from cluster.kubeconfig import kubeconfig
from cluster.pki import write_certificates

_ANSWER_SECONDS = 2


def write_files(plane: ControlPlane, *more_addresses: str) -> None:
    """Certificates, audit policy and the administrator's kubeconfig."""
    plane.folder.mkdir(parents=True, exist_ok=True)
    pki = plane.certificates
    write_certificates(pki, (plane.address, *more_addresses))
    plane.audit_policy.write_text(AUDIT_POLICY)
    ca, certificate, key = ((pki / name).read_bytes() for name in ("ca.crt", "admin.crt", "admin.key"))
    plane.kubeconfig.touch(mode=0o600)
    plane.kubeconfig.write_text(kubeconfig(plane.url, ca=ca, certificate=certificate, key=key))


def is_ready(plane: ControlPlane) -> bool:
    """Whether the API server answers the administrator's /readyz with 200."""
    pki = plane.certificates
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
    address = urlsplit(plane.url).netloc
    connection = http.client.HTTPSConnection(address, timeout=_ANSWER_SECONDS, context=context)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
