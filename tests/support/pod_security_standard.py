"""The restricted Pod Security Standard, as Kubernetes publishes it: what a pod's spec breaks, in words.

https://kubernetes.io/docs/concepts/security/pod-security-standards/, Baseline and Restricted, for Linux pods.
"""

from collections.abc import Iterator
from typing import Any

Fields = dict[str, Any]

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
SECCOMP_PROFILES = {"RuntimeDefault", "Localhost"}


def violations(pod: Fields) -> list[str]:
    return [
        *_pod(pod),
        *(f"{name}: {text}" for name, container in _containers(pod) for text in _container(pod, container)),
    ]


def _pod(pod: Fields) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            yield f"{field} is set"
    for volume in pod.get("volumes", []):
        if not set(volume) - {"name"} <= VOLUMES:
            yield f"volume {volume['name']} is of a kind that is not allowed"
    context = pod.get("securityContext", {})
    for field in ("sysctls", "seLinuxOptions", "appArmorProfile", "windowsOptions"):
        if field in context:
            yield f"securityContext.{field} is set"
    if context.get("runAsUser") == 0:
        yield "runAsUser is 0"


def _containers(pod: Fields) -> Iterator[tuple[str, Fields]]:
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        yield from ((container["name"], container) for container in pod.get(kind, []))


def _container(pod: Fields, container: Fields) -> Iterator[str]:
    context = container.get("securityContext", {})
    effective = {**pod.get("securityContext", {}), **context}
    if context.get("privileged"):
        yield "is privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "allows privilege escalation"
    if effective.get("runAsNonRoot") is not True:
        yield "may run as root"
    if effective.get("runAsUser") == 0:
        yield "runs as root"
    if effective.get("seccompProfile", {}).get("type") not in SECCOMP_PROFILES:
        yield "has no seccomp profile"
    capabilities = context.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []):
        yield "keeps capabilities"
    if not set(capabilities.get("add", [])) <= {"NET_BIND_SERVICE"}:
        yield "adds capabilities"
    if context.get("procMount", "Default") != "Default":
        yield "unmasks /proc"
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield "uses a port of the node"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        for handler in ("httpGet", "tcpSocket"):
            if container.get(probe, {}).get(handler, {}).get("host"):
                yield f"{probe} asks another host"
