"""Edge: brings the cluster up, in order. Its end is `teardown`."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping

from cluster import addresses, commands, dns, go_programs, images, keda, network, node, processes, versions
from cluster import control_plane as plane
from cluster.control_plane_files import is_ready, write_files
from cluster.errors import ClusterUnavailableError
from cluster.go_build import binary, ensure_built
from cluster.go_programs import GoProgram
from cluster.image_recipes import Image
from cluster.image_store import ImageStore
from cluster.kubectl import Kubectl, KubectlError
from cluster.layout import Layout
from cluster.packages import ensure_installed
from cluster.teardown import foreign_pods, tear_down
from support.cache import cache_root, locked
from support.waiting import wait_until

_START_SECONDS = 60
_POD_SECONDS = 90

LAYOUT = Layout(cache_root() / "cluster")


def ensure_available() -> None:
    """Install and build what the cluster is made of: minutes, the first time on a machine."""
    _check_machine()
    cni = {f"{node.CNI_PLUGINS}/{plugin}": versions.CNI_PACKAGE for plugin in ("bridge", "host-local", "portmap")}
    ensure_installed({**versions.PACKAGES, **cni})
    ensure_built(go_programs.ALL)


def ensure_images(wanted: tuple[Image, ...]) -> None:
    """Archives of the cluster's own images and of these."""
    for image in (*images.of_the_cluster(), *wanted):
        images.builder().archive(image)


def _check_machine() -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        raise ClusterUnavailableError(
            "a Kubernetes node needs Linux and root (network namespaces, cgroups, overlay mounts); "
            "run as root in a throw-away machine, or point CLUSTER=existing and KUBECONFIG at a cluster"
        )


def kubectl() -> Kubectl:
    return Kubectl(binary(go_programs.KUBECTL), LAYOUT.control_plane.kubeconfig)


def image_store() -> ImageStore:
    return ImageStore(LAYOUT.containerd_socket, images.builder())


def is_up() -> bool:
    """A whole cluster of the present recipe, every process of it alive."""
    if not LAYOUT.complete.exists() or LAYOUT.complete.read_text() != _recipe():
        return False
    return all(processes.running(LAYOUT, name) for name in processes.names(LAYOUT)) and is_ready(LAYOUT.control_plane)


def up() -> bool:
    """Whether it was brought up just now; otherwise it ran already. Raises `ClusterUnavailableError`."""
    ensure_available()
    LAYOUT.root.mkdir(parents=True, exist_ok=True)
    with locked(LAYOUT.lock):
        if is_up():
            return False
        tear_down(LAYOUT)
        if foreign_pods():
            raise ClusterUnavailableError("another kubelet runs pods on this machine; two would fight over its cgroups")
        started = time.monotonic()
        try:
            _bring_up()
        except BaseException:
            tear_down(LAYOUT)
            raise
        LAYOUT.complete.write_text(_recipe())
        print(f"cluster: up after {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        return True


def down() -> None:
    LAYOUT.root.mkdir(parents=True, exist_ok=True)
    with locked(LAYOUT.lock):
        tear_down(LAYOUT)


def _recipe() -> str:
    return json.dumps([program.file_name for program in go_programs.ALL])


def _bring_up() -> None:
    references = {image.name: image.reference for image in images.of_the_cluster()}
    network.set_up()
    _start_control_plane()
    _start_node(references)
    _start_dns(references["coredns"])
    _start_keda(references)


def _start_control_plane() -> None:
    write_files(LAYOUT.control_plane, addresses.API_SERVICE, "127.0.0.1")
    _start("etcd", plane.etcd_command(commands.find("etcd") or "etcd", LAYOUT.control_plane))
    _start_program(go_programs.API_SERVER, plane.api_server_command)
    _wait("the API server is ready", lambda: is_ready(LAYOUT.control_plane))
    _start_program(go_programs.CONTROLLER_MANAGER, plane.controller_manager_command)
    _start_program(go_programs.SCHEDULER, plane.scheduler_command)


def _start_node(references: Mapping[str, str]) -> None:
    for folder in (LAYOUT.cni, LAYOUT.kubelet):
        folder.mkdir(parents=True)
    LAYOUT.containerd_config.write_text(node.containerd_config(LAYOUT, references["pause"]))
    LAYOUT.kubelet_config.write_text(node.kubelet_config(LAYOUT))
    (LAYOUT.cni / "10-pods.conflist").write_text(node.pod_network(LAYOUT))
    (LAYOUT.run / "resolv.conf").write_text(node.RESOLV_CONF)
    _start("containerd", node.containerd_command(commands.find("containerd") or "containerd", LAYOUT))
    _wait("containerd listens", LAYOUT.containerd_socket.exists)
    image_store().load(images.of_the_cluster())
    _start("kubelet", node.kubelet_command(str(binary(go_programs.KUBELET)), LAYOUT))
    _start("kube-proxy", node.proxy_command(str(binary(go_programs.KUBE_PROXY)), LAYOUT))
    _wait("the node is there", lambda: kubectl().find("node", addresses.NODE_NAME) is not None)
    kubectl().wait("condition=Ready", f"node/{addresses.NODE_NAME}", timeout_seconds=_START_SECONDS)
    # Pods made before it are refused.
    _wait("the default service account", lambda: kubectl().of("default").find("serviceaccount", "default") is not None)


def _start_dns(image: str) -> None:
    kubectl().apply(*dns.manifests(image))
    kubectl().of(dns.NAMESPACE).wait("condition=Available", f"deployment/{dns.NAME}", timeout_seconds=_POD_SECONDS)


def _start_keda(references: Mapping[str, str]) -> None:
    manifests = keda.adapted(keda.upstream(binary(go_programs.KUBECTL)), references)
    kubectl().apply(*manifests, server_side=True)
    names = [manifest["metadata"]["name"] for manifest in manifests if manifest["kind"] == "CustomResourceDefinition"]
    kubectl().wait("condition=Established", *(f"crd/{name}" for name in names), timeout_seconds=_START_SECONDS)
    kubectl().apply(*keda.probe(references["pause"]))
    _wait("KEDA answers for a metric", _keda_answers, _POD_SECONDS)
    kubectl()("delete", "namespace", keda.PROBE_NAMESPACE, "--wait=false")


def _keda_answers() -> bool:
    """Not that its pods are ready: they are so some 20 s before anything is reconciled."""
    try:
        path = keda.probe_metric(kubectl().of(keda.PROBE_NAMESPACE).get("scaledobject", keda.PROBE_NAME))
        return path is not None and bool(kubectl()("get", f"--raw={path}"))
    except KubectlError:
        return False


def _start_program(program: GoProgram, command: Callable[[str, plane.ControlPlane], list[str]]) -> None:
    _start(program.name, command(str(binary(program)), LAYOUT.control_plane))


def _start(name: str, command: list[str]) -> None:
    processes.start(LAYOUT, name, [*addresses.ENTER, *command])


def _wait(what: str, holds: Callable[[], bool], timeout_seconds: float = _START_SECONDS) -> None:
    """Raises `ClusterUnavailableError` with what the dead said last, or when time is up."""

    def check() -> bool:
        for name in processes.names(LAYOUT):
            if not processes.running(LAYOUT, name):
                raise ClusterUnavailableError(f"{name} ended:\n{processes.log_tail(LAYOUT, name)}")
        return holds()

    try:
        wait_until(what, check, timeout_seconds, step_seconds=0.2)
    except TimeoutError as error:
        raise ClusterUnavailableError(f"{error}; logs are in {LAYOUT.logs}") from None
