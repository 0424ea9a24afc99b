"""The operator as one process of this machine."""

import sys
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from bench.process_sample import cpu_seconds, peak_mib
from scale.exposition import total
from support.ports import free_ports
from support.process import ChildProcess

_STOP_SECONDS: Final = 30
_ANSWER_SECONDS: Final = 10
_RECONCILES: Final = "penstock_operator_reconciles_total"
_QUEUE: Final = "penstock_operator_queue_depth"


class OperatorEndedError(Exception):
    """It ended by itself; the text is the end of its log."""


class OperatorProcess:
    """Runs from construction until `stop`."""

    def __init__(self, kubeconfig: Path, log: Path) -> None:
        (self._port,) = free_ports(1, "127.0.0.1")
        self._process = ChildProcess(
            [sys.executable, "-m", "penstock_operator", "run"],
            log=log,
            env={
                "KUBECONFIG": str(kubeconfig),
                "PENSTOCK_PORT": str(self._port),
                "PENSTOCK_WORKER_IMAGE": "registry.example/penstock-worker:0.1.0",
            },
        )

    def reconciles(self) -> int:
        """Passes so far; -1 while some wait for their turn, or nothing can be read yet."""
        text = self._metrics()
        return -1 if not text or total(text, _QUEUE) else int(total(text, _RECONCILES))

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.pid)

    def peak_mib(self) -> float:
        return peak_mib(self.pid)

    def stop(self) -> None:
        self._process.stop(_STOP_SECONDS)

    def log_tail(self) -> str:
        return self._process.log_tail()

    def _metrics(self) -> str:
        if not self._process.running:
            raise OperatorEndedError(self._process.log_tail())
        try:
            with urlopen(f"http://127.0.0.1:{self._port}/metrics", timeout=_ANSWER_SECONDS) as response:
                text: str = response.read().decode()
                return text
        except URLError:
            return ""
