"""Commands and configuration of the test cluster's parts."""

import json
import tomllib
from pathlib import Path

import pytest

from cluster import control_plane as plane
from cluster import dns, network, node
from cluster.kubeconfig import kubeconfig
from cluster.layout import Layout

LAYOUT = Layout(Path("/cache/cluster"))
PLANE = LAYOUT.control_plane


def test_what_a_cluster_leaves_is_below_its_run_folder() -> None:
    written = [
        *plane.etcd_command("etcd", PLANE),
        *plane.api_server_command("kube-apiserver", PLANE),
        *node.kubelet_command("kubelet", LAYOUT),
        node.kubelet_config(LAYOUT),
        node.pod_network(LAYOUT),
    ]
    paths = [word for text in written for word in text.replace('"', " ").replace("=", " ").split() if "/cache" in word]
    assert paths
    assert all("/cache/cluster/run" in path for path in paths)


def test_images_outlive_the_cluster() -> None:
    config = tomllib.loads(node.containerd_config(LAYOUT, "localhost/pause:1"))
    assert not Path(config["root"]).is_relative_to(LAYOUT.run)
    assert Path(config["state"]).is_relative_to(LAYOUT.run)
    assert config["plugins"]["io.containerd.grpc.v1.cri"]["sandbox_image"] == "localhost/pause:1"


def test_the_unix_socket_fits_into_an_address_of_the_kernel() -> None:
    assert len(str(Layout(Path("/home/a-rather-long-user-name/.cache/penstock/cluster")).containerd_socket)) < 108


def test_the_audit_log_has_writes_alone() -> None:
    rules = json.loads(plane.AUDIT_POLICY)["rules"]
    assert rules[-1] == {"level": "None"}
    assert "get" not in rules[0]["verbs"]


def test_a_kubeconfig_carries_its_certificates() -> None:
    document = json.loads(kubeconfig("https://server:6443", ca=b"ca", certificate=b"certificate", key=b"key"))
    assert document["clusters"][0]["cluster"]["certificate-authority-data"] == "Y2E="
    assert set(document["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}


def test_the_network_is_made_inside_its_own_namespace_but_for_the_cable() -> None:
    first, *others = network.set_up_commands()
    assert first == ["ip", "netns", "add", "penstock"]
    outside = [command for command in others if command[:3] != ["ip", "-n", "penstock"] and command[0] != "nsenter"]
    assert [command[1] for command in outside] == ["link", "address", "link", "route", "route"]


@pytest.mark.parametrize("kind", ["Deployment", "Service", "ConfigMap", "ServiceAccount"])
def test_the_dns_has_what_it_needs_in_its_namespace(kind: str) -> None:
    found = [manifest for manifest in dns.manifests("localhost/coredns:1") if manifest["kind"] == kind]
    assert [manifest["metadata"]["namespace"] for manifest in found] == ["kube-system"]
