"""Pure: where the one cluster of this machine keeps its files."""

from dataclasses import dataclass
from pathlib import Path

from cluster import addresses
from cluster.control_plane import ControlPlane


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything below `root`. What one cluster leaves ends with it, except images and logs."""

    root: Path

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def pids(self) -> Path:
        return self.run / "pids"

    @property
    def complete(self) -> Path:
        """There while a whole cluster runs; what it says tells of which recipe."""
        return self.run / "complete"

    @property
    def control_plane(self) -> ControlPlane:
        return ControlPlane(
            self.run,
            addresses.NODE,
            addresses.API_SERVER_PORT,
            etcd_port=addresses.ETCD_PORT,
            etcd_peer_port=addresses.ETCD_PEER_PORT,
        )

    @property
    def images(self) -> Path:
        return self.root / "images"

    @property
    def containerd_root(self) -> Path:
        """Outlives the cluster: an image is imported once."""
        return self.root / "containerd"

    @property
    def containerd_state(self) -> Path:
        return self.run / "containerd-state"

    @property
    def containerd_socket(self) -> Path:
        return self.run / "containerd.sock"

    @property
    def containerd_config(self) -> Path:
        return self.run / "containerd.toml"

    @property
    def cni(self) -> Path:
        return self.run / "cni"

    @property
    def kubelet(self) -> Path:
        return self.run / "kubelet"

    @property
    def kubelet_config(self) -> Path:
        return self.run / "kubelet.json"
