"""Pure: who lives where in the cluster's network namespace."""

NAMESPACE = "penstock"
"""The network namespace, as `ip netns` lists it."""

NODE_NAME = "node0"
NODE_BRIDGE = "node0"
NODE = "10.77.0.1"
"""Node, API server and Kafka's brokers."""
OUTSIDE = "10.77.0.254"
"""This machine, as the cluster sees it: the outer end of a virtual cable."""
NODE_PREFIX_BITS = 24
CABLE_OUTSIDE, CABLE_INSIDE = "penstock-out", "penstock-in"

PODS = "10.78.0.0/16"
SERVICES = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
API_SERVER_PORT = 6443
ETCD_PORT, ETCD_PEER_PORT = 12379, 12380

ENTER = ("nsenter", f"--net=/run/netns/{NAMESPACE}")
"""Before a command that runs inside. Not `ip netns exec`: that mounts /sys anew and hides the cgroups from kubelet."""
