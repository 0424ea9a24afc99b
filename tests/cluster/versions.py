"""What the test cluster is made of. Another version is another name in the cache, so nothing stale is ever used."""

KUBERNETES = "1.34.4"
KEDA = "2.21.0"
COREDNS = "1.15.0"

# Debian's; versions as the distribution has them.
DEBIAN_RELEASE = "bookworm"
PACKAGES = {
    "buildah": "buildah",
    "containerd": "containerd",
    "debootstrap": "debootstrap",
    "etcd": "etcd-server",
    "iptables": "iptables",
    "runc": "runc",
}
"""Program -> the package that brings it."""
CNI_PACKAGE = "containernetworking-plugins"
