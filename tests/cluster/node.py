"""Pure: what containerd, the pod network, kubelet and kube-proxy are told."""

import json

from cluster import addresses
from cluster.layout import Layout

RUNC = "/usr/sbin/runc"
CNI_PLUGINS = "/usr/lib/cni"


def containerd_command(containerd: str, layout: Layout) -> list[str]:
    return [containerd, "--config", str(layout.containerd_config)]


def containerd_config(layout: Layout, sandbox_image: str) -> str:
    """`restrict_oom_score_adj`: a pod may not be given a score below our own, and inside a container ours is not 0."""
    return f"""\
version = 2
root = "{layout.containerd_root}"
state = "{layout.containerd_state}"
[grpc]
  address = "{layout.containerd_socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{sandbox_image}"
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{CNI_PLUGINS}"
  conf_dir = "{layout.cni}"
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  BinaryName = "{RUNC}"
  SystemdCgroup = false
"""


def pod_network(layout: Layout) -> str:
    """A CNI configuration list. It enforces no NetworkPolicy."""
    ranges = {"ranges": [[{"subnet": addresses.PODS}]], "routes": [{"dst": "0.0.0.0/0"}]}
    ipam = {"type": "host-local", "dataDir": str(layout.cni / "leases"), **ranges}
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": True, "hairpinMode": True, "ipam": ipam}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge, ports]})


def kubelet_command(kubelet: str, layout: Layout) -> list[str]:
    return [
        kubelet,
        f"--config={layout.kubelet_config}",
        f"--kubeconfig={layout.control_plane.kubeconfig}",
        f"--root-dir={layout.kubelet}",
        f"--cert-dir={layout.kubelet / 'pki'}",
        f"--hostname-override={addresses.NODE_NAME}",
        f"--node-ip={addresses.NODE}",
    ]


def kubelet_config(layout: Layout) -> str:
    return json.dumps(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "containerRuntimeEndpoint": f"unix://{layout.containerd_socket}",
            "cgroupDriver": "cgroupfs",
            "failCgroupV1": False,
            "failSwapOn": False,
            "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
            "authorization": {"mode": "AlwaysAllow"},  # nobody but this machine reaches the node
            "clusterDNS": [addresses.DNS_SERVICE],
            "clusterDomain": "cluster.local",
            "resolvConf": str(layout.run / "resolv.conf"),
            "podLogsDir": str(layout.run / "pod-logs"),
            "address": addresses.NODE,
            "healthzBindAddress": "127.0.0.1",
            "syncFrequency": "5s",  # of 1 min: changed Secrets reach pods sooner
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
            "imageGCHighThresholdPercent": 100,  # no registry could bring back what it collects
            "maxPods": 200,
        }
    )


# The nameserver is nobody: what the cluster's DNS does not know is unknown, at once.
RESOLV_CONF = "nameserver 127.0.0.1\n"


def proxy_command(kube_proxy: str, layout: Layout) -> list[str]:
    return [
        kube_proxy,
        f"--kubeconfig={layout.control_plane.kubeconfig}",
        f"--hostname-override={addresses.NODE_NAME}",
        f"--cluster-cidr={addresses.PODS}",
        "--proxy-mode=iptables",
        "--conntrack-max-per-core=0",  # that setting of the kernel is read-only outside the first network namespace
        "--healthz-bind-address=127.0.0.1:10256",
        "--metrics-bind-address=127.0.0.1:10249",
    ]
