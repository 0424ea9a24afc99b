"""etcd and kube-apiserver alone, on this machine's loopback: for tests that need the API but no pods.

    with ApiServer() as server:
        server.kubectl("get", "namespaces")

Nothing stands behind it: no controller, no scheduler, no node. Needs no root once the programs are there.
"""

import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from cluster import commands, go_programs, versions
from cluster.control_plane import ControlPlane, api_server_command, etcd_command
from cluster.control_plane_files import is_ready, write_files
from cluster.go_build import binary, ensure_built
from cluster.kubectl import Kubectl
from cluster.packages import ensure_installed
from support.ports import free_ports
from support.process import ChildProcess
from support.waiting import wait_until

_ADDRESS = "127.0.0.1"
_START_SECONDS = 60
_STOP_SECONDS = 20


def ensure_available() -> None:
    """Install and build what is missing: minutes, the first time on a machine."""
    ensure_installed({"etcd": versions.PACKAGES["etcd"]})
    ensure_built(go_programs.API_SERVER_ALONE)


class ApiServer:
    """A context manager; its objects last as long as it does, over any number of ends and starts of the server."""

    def __init__(self) -> None:
        ensure_available()
        self.folder = Path(tempfile.mkdtemp(prefix="penstock-api-"))
        self._plane = ControlPlane(self.folder, _ADDRESS, *free_ports(3, _ADDRESS))
        self._etcd: ChildProcess | None = None
        self._server: ChildProcess | None = None

    def __enter__(self) -> Self:
        try:
            write_files(self._plane)
            self._etcd = ChildProcess(etcd_command(commands.find("etcd") or "etcd", self._plane), log=self._log("etcd"))
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for process in (self._server, self._etcd):
            if process is not None:
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self._plane.kubeconfig

    @property
    def audit_log(self) -> Path:
        """A JSON object per write (no reads): verb, objectRef, userAgent, responseStatus."""
        return self._plane.audit_log

    @property
    def kubectl(self) -> Kubectl:
        return Kubectl(binary(go_programs.KUBECTL), self.kubeconfig)

    @property
    def pid(self) -> int:
        return self._running.pid

    # The server may go down and come back

    def start(self) -> None:
        """Returns when it is ready."""
        command = api_server_command(str(binary(go_programs.API_SERVER)), self._plane)
        self._server = ChildProcess(command, log=self._log("kube-apiserver"))
        try:
            wait_until("the API server is ready", self._ready, _START_SECONDS)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self._running.log_tail()}") from None

    def stop(self) -> None:
        self._running.stop(_STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL."""
        self._running.kill()

    def _ready(self) -> bool:
        if not self._running.running:
            raise RuntimeError(f"kube-apiserver ended with {self._running.exit_code}:\n{self._running.log_tail()}")
        return is_ready(self._plane)

    @property
    def _running(self) -> ChildProcess:
        if self._server is None:
            raise RuntimeError("the API server was never started")
        return self._server

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"
