"""The operator as a process of this machine, with the administrator's kubeconfig."""

import http.client
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from cluster.session import Cluster
from support.ports import free_port
from support.process import ChildProcess
from support.waiting import wait_until

_START_SECONDS = 30
_STOP_SECONDS = 30


class OperatorProcess:
    """May end and start any number of times."""

    def __init__(self, cluster: Cluster, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """`settings`: more of its environment variables."""
        self.log = folder / "operator.log"
        self._port = free_port()
        self._process: ChildProcess | None = None
        self._environment = {
            "KUBECONFIG": str(cluster.kubectl.kubeconfig),
            "PENSTOCK_WORKER_IMAGE": cluster.images.worker,
            "PENSTOCK_PORT": str(self._port),
            "PENSTOCK_LOG_LEVEL": "Debug",
            **(settings or {}),
        }

    def start(self) -> None:
        """Returns when it is ready."""
        command = (sys.executable, "-m", "penstock_operator", "run")
        self._process = ChildProcess(command, log=self.log, env=self._environment)
        wait_until("the operator is ready", self._ready, _START_SECONDS)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._running.stop(_STOP_SECONDS)

    def kill(self) -> None:
        self._running.send(signal.SIGKILL)
        self._running.wait(_STOP_SECONDS)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def _ready(self) -> bool:
        if not self._running.running:
            raise RuntimeError(f"the operator ended with {self._running.exit_code}:\n{self._running.log_tail()}")
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    @property
    def _running(self) -> ChildProcess:
        if self._process is None:
            raise RuntimeError("the operator was never started")
        return self._process
