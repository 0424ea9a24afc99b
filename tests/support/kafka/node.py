"""One broker process: its folder, its start, and the ways it may end."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.kafka.properties import NodePlan, properties_file
from support.process import ChildProcess


class Node:
    """A formatted node; its records survive any number of ends and starts."""

    def __init__(self, plan: NodePlan, settings: Mapping[str, str], command: Sequence[str]) -> None:
        self.plan = plan
        self.log = plan.folder / "server.log"
        self._properties = plan.folder / "server.properties"
        self._settings = settings
        self._command = (*command, str(self._properties))
        self._process: ChildProcess | None = None

    def format(self, cluster_id: str, bootstrap_checkpoint: Path) -> None:
        """What `StorageTool format` does, without its JVM: the node's identity, and the first records of every node."""
        self.plan.log_dir.mkdir(parents=True)
        meta = f"version=1\ncluster.id={cluster_id}\nnode.id={self.plan.node_id}\n"
        (self.plan.log_dir / "meta.properties").write_text(meta)
        shutil.copy(bootstrap_checkpoint, self.plan.log_dir)
        self._properties.write_text(properties_file(self._settings))

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    @property
    def pid(self) -> int:
        return self._started.pid

    @property
    def _started(self) -> ChildProcess:
        if self._process is None:
            raise RuntimeError(f"broker {self.plan.node_id} was never started")
        return self._process

    def start(self) -> None:
        if self.running:
            raise RuntimeError(f"broker {self.plan.node_id} already runs")
        self._process = ChildProcess(self._command, log=self.log)

    def stop(self, timeout_seconds: float = 30) -> None:
        """SIGTERM: the broker hands its partitions over first. SIGKILL at the timeout."""
        self._started.stop(timeout_seconds)

    def kill(self) -> None:
        self._started.kill()

    def check(self) -> None:
        """Raise with the end of its log if the process ended by itself."""
        if not self._started.running:
            code = self._started.exit_code
            raise RuntimeError(f"broker {self.plan.node_id} ended with {code}:\n{self._started.log_tail()}")
