"""Edge: ends a cluster, whole or half-started or half-dead, and leaves nothing of it but images and logs.

The order matters: kubelet first, or it starts anew what is ended; containers before their shims, or they go on as
children of init; mounts last, since processes hold them.
"""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from cluster import commands, network, processes
from cluster.errors import ClusterUnavailableError
from cluster.layout import Layout

_CGROUPS = Path("/sys/fs/cgroup")
_PODS = "kubepods"
_CNI_RESULTS = Path("/var/lib/cni/results")
_UNMOUNT_SECONDS = 20
_PATIENCE_SECONDS = 10


def tear_down(layout: Layout) -> None:
    """Nothing happens where nothing is."""
    for name in ("kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager"):
        processes.end(layout, name)
    _end_containers(layout)
    for name in processes.names(layout):
        processes.end(layout, name, signal.SIGTERM if name == "containerd" else signal.SIGKILL)
    _end_shims(layout)
    _unmount_below(layout.root)
    _remove_cgroups()
    network.remove()
    _remove_pod_namespaces()
    shutil.rmtree(layout.run, ignore_errors=True)


def foreign_pods() -> bool:
    """Whether pods run on this machine although no cluster of ours does: another kubelet's."""
    return any(_pids_below(folder) for folder in _pod_cgroups())


def _end_containers(layout: Layout) -> None:
    if not layout.run.exists():
        return  # what runs is not ours
    for pid in {pid for folder in _pod_cgroups() for pid in _pids_below(folder)}:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if processes.running(layout, "containerd"):
        _forget_containers(layout)


def _forget_containers(layout: Layout) -> None:
    """containerd's kept folder would know them for ever."""
    ctr = ["ctr", f"--address={layout.containerd_socket}", "--namespace=k8s.io"]
    for kind, remove in (("tasks", ("rm", "--force")), ("containers", ("rm",))):
        with contextlib.suppress(ClusterUnavailableError):  # a dying containerd; the next one sees them again
            known = commands.run([*ctr, kind, "ls", "-q"], timeout_seconds=_PATIENCE_SECONDS).split()
            if known:
                commands.run([*ctr, kind, *remove, *known], timeout_seconds=_PATIENCE_SECONDS)


def _end_shims(layout: Layout) -> None:
    socket = str(layout.containerd_socket).encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().split(b"\0")
            if command[0].endswith(b"containerd-shim-runc-v2") and socket in command:
                os.kill(int(folder.name), signal.SIGKILL)


def _unmount_below(root: Path) -> None:
    mounted = (line.split()[1] for line in Path("/proc/mounts").read_text().splitlines())
    ours = [place for place in mounted if place.startswith(f"{root}/")]
    for place in reversed(ours):
        try:
            commands.run(["umount", place], timeout_seconds=_UNMOUNT_SECONDS)
        except ClusterUnavailableError:
            commands.run(["umount", "--lazy", place], timeout_seconds=_UNMOUNT_SECONDS)


def _pod_cgroups() -> Iterator[Path]:
    """One per controller, and the unified one."""
    yield from (folder for folder in (_CGROUPS / _PODS, *_CGROUPS.glob(f"*/{_PODS}")) if folder.is_dir())


def _pids_below(folder: Path) -> set[int]:
    found: set[int] = set()
    for file in folder.rglob("cgroup.procs"):
        with contextlib.suppress(OSError):
            found.update(map(int, file.read_text().split()))
    return found


def _remove_cgroups() -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS  # a cgroup is busy until its last process has been collected
    while any([not _removed(folder) for folder in _pod_cgroups()]) and time.monotonic() < deadline:  # noqa: C419 - each
        time.sleep(0.1)


def _removed(folder: Path) -> bool:
    if _pids_below(folder):
        return False
    for inner in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        with contextlib.suppress(OSError):
            inner.rmdir()
    with contextlib.suppress(OSError):
        folder.rmdir()
    return not folder.exists()


def _remove_pod_namespaces() -> None:
    """Those of pods that the killed kubelet could not take down; CNI's results file names each."""
    for file in Path("/run/netns").glob("cni-*"):
        with contextlib.suppress(ClusterUnavailableError):
            commands.run(["ip", "netns", "delete", file.name], timeout_seconds=_PATIENCE_SECONDS)
    for file in _CNI_RESULTS.glob("pods-*"):
        file.unlink(missing_ok=True)
